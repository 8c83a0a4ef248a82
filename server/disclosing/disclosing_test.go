package disclosing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/disclosing"
	"toancanh/server/disclosure"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is an intake and a teller on one database and one clock, which we hold.
type house struct {
	t      *testing.T
	db     testpg.DB
	store  *store.Store
	public *store.PublicStore
	intake *intake.Intake
	teller *disclosing.Teller
	clock  atomic.Pointer[time.Time]
}

func (h *house) now() time.Time { return *h.clock.Load() }

// at sets the clock, to a time of this morning.
func (h *house) at(clock string) {
	h.t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", "2026-11-16 "+clock)
	must(h.t, err)
	h.clock.Store(&at)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, db: testpg.New(t)}
	h.at("03:00:00")
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	h.public, err = store.OpenPublic(t.Context(), h.db.DSN(testpg.Public))
	must(t, err)
	t.Cleanup(h.public.Close)
	_, err = h.store.Born(t.Context(), "real")
	must(t, err)
	atlas, err := area.Sample()
	must(t, err)
	rules, _, err := report.Load(sample.Files(), zone)
	must(t, err)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules, Atlas: atlas, Division: "vn-2022", Sealer: sealer, Origin: report.Real, Location: zone,
		Now: h.now, Wake: func() {}, Log: log,
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	h.teller = disclosing.New(disclosing.Config{
		Store: h.store, Ground: disclosure.NewGround(atlas.Tree, "vn-2022"), Categories: []string{"GT", "MT", "AN"},
		Places: disclosure.Places{"GT": true, "MT": true, "AN": false}, Division: "vn-2022", Location: zone, Real: true,
		Every: disclosure.Batch, Wake: func() {}, Now: h.now, Log: log,
	})
	return h
}

func (h *house) look() {
	h.t.Helper()
	must(h.t, h.teller.Look(h.t.Context()))
}

// send sends a report of a category and takes it in.
func (h *house) send(category string) string {
	h.t.Helper()
	code := h.receive(category)
	h.act(code, report.Act{Name: report.Accept})
	return code
}

// receive sends a report of a category.
func (h *house) receive(category string) string {
	h.t.Helper()
	raw, _, err := h.intake.AcceptReport(h.t.Context(), intake.Submission{Draft: report.Draft{
		Category: category, Description: "Lời kể riêng", Location: report.Point{Lat: 12.0071, Lon: 107.6963}, Source: report.FromAPI,
	}})
	must(h.t, err)
	var receipt struct{ Code string }
	must(h.t, json.Unmarshal(raw, &receipt))
	return receipt.Code
}

func (h *house) act(code string, acts ...report.Act) {
	h.t.Helper()
	for _, act := range acts {
		act.Actor = "test"
		if act.Name == report.Rate {
			act.Actor = report.Citizen
		}
		_, err := h.intake.Act(h.t.Context(), code, act)
		must(h.t, err)
	}
}

func (h *house) publish(code, text string) {
	h.t.Helper()
	h.act(code, report.Act{Name: report.Assign, Unit: "so-tnmt"}, report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: text})
}

// left is what the public role reads of single reports: their codes with area, hour and change.
func (h *house) left() map[string]string {
	h.t.Helper()
	list, err := h.public.Records(h.t.Context(), store.PublicFilter{Real: true, Limit: 1000})
	must(h.t, err)
	got := map[string]string{}
	for _, r := range list {
		got[r.Code] = fmt.Sprintf("%s %s %s", r.Area, r.Status, r.ChangedAt.UTC().Format("15:04:05"))
	}
	return got
}

// announced are the public events there are.
func (h *house) announced() []string {
	h.t.Helper()
	rows, err := h.db.Owner.Query(h.t.Context(), `select concat_ws(' ', kind, thing, case when purge then 'purge' end, array_to_string(topics, ' '), to_char(at at time zone 'UTC', 'HH24:MI:SS'))
		from event where audience = 'public' order by id`)
	must(h.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(h.t, err)
	return list
}

func TestFactsOfSingleReportsLeaveOnTheQuarterHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.look() // the quarter hour of now has left, with nothing in it
	h.at("03:07:41")
	early := h.send("GT")
	h.at("03:14:59")
	h.look()
	if got := h.left(); len(got) != 0 {
		t.Fatalf("before the quarter hour everybody knows %v", got)
	}
	if got := h.announced(); len(got) != 0 {
		t.Fatalf("before the quarter hour everybody hears %v", got)
	}
	h.at("03:15:02")
	late := h.send("GT") // after the quarter hour, before anybody looked
	h.look()
	h.look()
	if diff := cmp.Diff(map[string]string{early: "67 da_tiep_nhan 03:15:00"}, h.left()); diff != "" {
		t.Errorf("on the quarter hour (-want +got):\n%s", diff)
	}
	first := "report " + early + " public/vn-2022/67 03:15:00"
	if diff := cmp.Diff([]string{first}, h.announced()); diff != "" {
		t.Errorf("announced (-want +got):\n%s", diff)
	}
	h.act(early, report.Act{Name: report.Assign, Unit: "so-tnmt"})
	h.at("03:47:10") // the leader was away for two batches
	h.look()
	if diff := cmp.Diff(map[string]string{early: "67 dang_xu_ly 03:45:00", late: "67 da_tiep_nhan 03:45:00"}, h.left()); diff != "" {
		t.Errorf("two batches later (-want +got):\n%s", diff)
	}
	told := len(h.announced())
	h.act(early, report.Act{Name: report.Start}) // nothing that everybody could tell apart
	h.at("04:00:01")
	h.look()
	if got := h.announced(); len(got) != told {
		t.Errorf("an officer's touch is announced: %v", got[told:])
	}
	h.act(early, report.Act{Name: report.Return, Reason: "không đúng"})
	h.at("04:15:01")
	h.look()
	if got := h.left(); got[early] != "" || len(got) != 1 {
		t.Errorf("what is nobody's business any more is still there: %v", got)
	}
	var body string
	must(t, h.db.Owner.QueryRow(t.Context(), "select string_agg(data::text, ' ') from event where audience = 'public'").Scan(&body))
	for _, never := range []string{"03:07", "07:41", "24612", "660", "so-tnmt", "Lời kể"} {
		if strings.Contains(body, never) {
			t.Errorf("the public events hold %q: %s", never, body)
		}
	}
}

// The number of the province is told at once, those of narrower places with the batch, also by whoever leads next.
func TestNumbersAreToldInTimeAndProtected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.public.Picture(t.Context(), "vn-2022"); err == nil {
		t.Error("a picture is drawn before anybody counted")
	}
	open := func(division, code string) disclosure.Number {
		p, err := h.public.Picture(t.Context(), division)
		must(t, err)
		i := slices.IndexFunc(p.Counts, func(c store.PublicCount) bool { return c.Division == division && c.Area == code })
		return p.Counts[i].Open
	}
	for n := 1; n <= 5; n++ {
		h.send("GT")
		h.look()
		if got, want := open("vn-2022", "67"), (disclosure.Number{N: n}); got != want {
			t.Errorf("%d sent: the province is told as %+v", n, got)
		}
		if got, want := open("vn-2022", "24612"), (disclosure.Number{N: n, Of: "67"}); got != want {
			t.Errorf("%d sent: the commune is told as %+v, want %+v", n, got, want)
		}
	}
	tells := func(when string, province, commune int) {
		t.Helper()
		if got, want := [2]disclosure.Number{open("vn-2022", "67"), open("vn-2022", "24612")}, [2]disclosure.Number{{N: province}, {N: commune}}; got != want {
			t.Errorf("%s: province and commune are told as %+v, want %+v", when, got, want)
		}
	}
	h.at("03:15:02")
	h.look()
	tells("on the quarter hour", 5, 5)
	h.send("GT")
	h.look()
	tells("then a sixth is sent", 6, 5)
	h.teller = disclosing.New(h.teller.Config)
	h.look()
	tells("somebody else leads", 6, 5)
	h.at("03:30:00")
	h.look()
	tells("on the next quarter hour", 6, 6)
	var small int
	must(t, h.db.Public.QueryRow(t.Context(), "select count(*) from public_count where wider = '' and value between 1 and 4 and area not in ('67', '68')").Scan(&small))
	if small != 0 {
		t.Errorf("the public role reads %d small numbers", small)
	}
}

func TestAPlaceIsToldWhenFiveStandForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 4 {
		h.send("GT")
	}
	for range 5 {
		h.send("AN")
	}
	result := h.send("MT")
	h.publish(result, "Đã dọn")
	h.at("03:15:00")
	h.look()
	told := func() map[string]int {
		rows, err := h.db.Public.Query(t.Context(), "select category || ' ' || area || ' ' || coalesce(lat || ' ' || lon, 'no square') from public_record")
		must(t, err)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		counts := map[string]int{}
		for _, line := range list {
			counts[line]++
		}
		return counts
	}
	const square = " 24612 12.00817 107.6948"
	want := map[string]int{"GT 67 no square": 4, "AN 24612 no square": 5, "MT" + square: 1}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("four, five of a crime, and a result (-want +got):\n%s", diff)
	}
	h.send("GT")
	h.at("03:30:00")
	h.look()
	delete(want, "GT 67 no square")
	want["GT"+square] = 5
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("and five (-want +got):\n%s", diff)
	}
}

func TestWhatIsTakenBackLeavesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send("MT")
	h.publish(code, "Một chữ rất riêng: phù sa")
	other := h.send("MT")
	h.publish(other, "Đã dọn sạch")
	h.at("03:15:00")
	h.look()
	holds := func(word string) bool {
		var found bool
		must(t, h.db.Public.QueryRow(t.Context(), "select exists (select from public_record p where p::text like '%' || $1 || '%')", word).Scan(&found))
		return found
	}
	if !holds("phù sa") || !holds("dọn sạch") {
		t.Fatal("the results have not left")
	}
	h.at("03:16:00")
	h.act(other, report.Act{Name: report.Reopen, Reason: "còn"})
	if holds("dọn sạch") {
		t.Error("a result that was taken down waits for the next batch")
	}
	h.act(code, report.Act{Name: report.Withdraw, Reason: "Sai"})
	if holds(code) {
		t.Error("a withdrawn report waits for the next batch")
	}
	events := h.announced()
	want := "gone " + code + " purge public/vn-2022/67 public/vn-2022/67/660 public/vn-2022/67/660/24612 03:16:00"
	if got := events[len(events)-1]; got != want {
		t.Errorf("announced %q, want %q", got, want)
	}
	var kept int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from event where thing = $1 and data is not null", code).Scan(&kept))
	if kept != 0 {
		t.Errorf("%d stored events still hold it", kept)
	}
}

// A batch and a withdrawal at the same moment: whoever comes first, nothing of the report is left.
func TestABatchNeverOvertakesAWithdrawal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := range 12 {
		code := h.send("MT")
		h.publish(code, fmt.Sprintf("phù sa %d", n))
		next := h.now().Add(disclosure.Batch)
		h.clock.Store(&next)
		done := make(chan error, 1)
		go func() { done <- h.teller.Look(context.Background()) }()
		h.act(code, report.Act{Name: report.Withdraw, Reason: "Sai"})
		must(t, <-done)
		if got := h.left(); got[code] != "" {
			t.Fatalf("round %d: %s is left after its withdrawal", n, code)
		}
		var data int
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from event where thing = $1 and data is not null", code).Scan(&data))
		if data != 0 {
			var all string
			must(t, h.db.Owner.QueryRow(t.Context(), "select string_agg(concat_ws(' ', id, version, kind, purge, at, data), E'\\n' order by id) from event where thing = $1", code).Scan(&all))
			t.Fatalf("round %d: an event still holds it: %s", n, all)
		}
	}
}

func TestAnybodyWhoListensGetsWhatHasLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.send("GT")
	live := h.store.Live(view.Lens{Location: time.UTC}, func(schema.Topic) bool { return true })
	reports := func(topic string) []string {
		s, err := live.Snapshot(t.Context(), topic)
		must(t, err)
		var snap struct{ Reports []view.PublicReport }
		must(t, json.Unmarshal(s.Data, &snap))
		var list []string
		for _, r := range snap.Reports {
			list = append(list, r.Code+" "+strings.Join(r.Path, "/"))
		}
		return list
	}
	if got := reports("public/vn-2022/67"); len(got) != 0 {
		t.Errorf("before the batch: %v", got)
	}
	h.at("03:15:00")
	h.look()
	if diff := cmp.Diff([]string{code + " 67"}, reports("public/vn-2022/67")); diff != "" {
		t.Errorf("after it (-want +got):\n%s", diff)
	}
	if got := reports("public/vn-2022/67/660"); len(got) != 0 {
		t.Errorf("of the district, while it is told of the province alone: %v", got)
	}
}

func TestWeeksThatAreOverAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 6 {
		h.send("GT")
	}
	h.send("AN")
	next := h.now().AddDate(0, 0, 8)
	h.clock.Store(&next)
	h.look()
	got, err := h.public.Cells(t.Context(), "vn-2022")
	must(t, err)
	monday := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	want := []disclosure.Cell{{Area: "24612", Category: "GT", From: monday, Until: monday.AddDate(0, 0, 6), N: 6}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func TestThePictureHoldsSensorsWarningsAndItsOwnAge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.look()
	_, err := h.db.Owner.Exec(t.Context(), `
		insert into sensor (code, name, kind, unit, lat, lon, stale_after, division, area, path, origin, levels)
		select c, 'Trạm', 'river', 'm', 12, 107.7, '30 min', 'vn-2022', '24611', '{67,660,24611}', 'real',
			'[{"At":588.5,"State":"attention","Label":"BĐ1","Source":"05/2020/QĐ-TTg"}]' from unnest('{a,b,c}'::text[]) c;
		insert into reading_latest (sensor_id, value, ts) select id, 588.82, now() - case code when 'a' then '1 min'::interval else '31 min' end
			from sensor where code in ('a', 'b');
		insert into warning (created_at, changed_at, version, id, stage, msg_type, origin, division, path, writers, chain, draft, ended_at)
		select now(), now(), 1, i::uuid, 'published', 'Alert', o, 'vn-2022', '{67}', '{}', '{}', '{}', e
		from (values ('00000000-0000-7000-8000-000000000001', 'real', null), ('00000000-0000-7000-8000-000000000002', 'real', now()),
			('00000000-0000-7000-8000-000000000003', 'drill', null), ('00000000-0000-7000-8000-000000000004', 'real', null)) as w(i, o, e);
		insert into public_warning (id, sent_at, expires_at, msg_type, status, origin, title, summary, shown, body)
		select id, now(), now() + case when id::text like '%4' then '-1 min'::interval else '1 hour' end, 'Alert', 'Actual', origin, 'x', 'x',
			json_build_object('id', id, 'headline', 'Lũ trên sông', 'severity', 'Severe', 'areas', '["24611"]'::json, 'status', 'Actual',
				'effective', now(), 'expires', now() + '1 hour'::interval), 'x' from warning`)
	must(t, err)
	p, err := h.public.Picture(t.Context(), "vn-2022")
	must(t, err)
	var got []string
	for _, s := range p.Sensors {
		got = append(got, fmt.Sprintf("%s %s %q %t %t", s.Code, s.State, s.Limit, s.Stale, s.At.IsZero()))
	}
	want := []string{`a attention "BĐ1 588,50 m" false false`, `b unknown "" true false`, `c unknown "" true true`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sensors (-want +got):\n%s", diff)
	}
	if len(p.Warnings) != 1 || p.Warnings[0].Headline != "Lũ trên sông" || p.Warnings[0].Exercise {
		t.Errorf("in force: %+v, want the one that is neither ended nor over nor a drill", p.Warnings)
	}
	if p.Idle || p.BatchAt.IsZero() {
		t.Errorf("just counted: idle %t, batch at %s", p.Idle, p.BatchAt)
	}
	_, err = h.db.Owner.Exec(t.Context(), "update public_state set counted_at = now() - interval '9 seconds'")
	must(t, err)
	if p, err = h.public.Picture(t.Context(), "vn-2022"); err != nil || !p.Idle {
		t.Errorf("nobody has counted for 9 s: idle %t, %v", p.Idle, err)
	}
}

func TestALoadedPastNeedNotWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.look()
	_, err := h.db.Owner.Exec(t.Context(), `
		insert into public_report (code, version, category, division, area, path, status, is_open, received_hour, origin, changed_at)
		values ('K7M2-Q9XD', 3, 'GT', 'vn-2022', '24611', '{67,660,24611}', 'dang_xu_ly', true, '2026-10-01 01:00Z', 'real', '2026-10-01 01:22Z');
		update public_state set loads = loads + 1`)
	must(t, err)
	h.at("03:02:00")
	fresh := h.send("GT")
	h.look()
	if got := h.left(); got["K7M2-Q9XD"] != "67 dang_xu_ly 01:15:00" || got[fresh] != "" {
		t.Errorf("left: %v, want the past alone, with its own quarter hour", got)
	}
}
