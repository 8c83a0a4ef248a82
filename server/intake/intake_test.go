package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/relay"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/view"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// house is an intake on a database of its own, and the relay's seat of it.
type house struct {
	db     testpg.DB
	store  *store.Store
	intake *intake.Intake
	seat   relay.Seat
	zone   *time.Location
	end    func() // ends the intake and waits until it has noted everything
}

func newHouse(t *testing.T) house {
	t.Helper()
	h := house{db: testpg.New(t)}
	var err error
	if h.store, err = store.Open(t.Context(), h.db.DSN("toancanh_app"), store.Sizes{Write: 3, Read: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.store.Close)
	if h.zone, err = time.LoadLocation("Asia/Ho_Chi_Minh"); err != nil {
		t.Fatal(err)
	}
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	h.intake, err = intake.New(intake.Config{
		Store: h.store, Rules: rules(t, h.zone), Atlas: atlas, Division: "vn-2022", Sealer: sealer,
		Origin: report.Simulated, Location: h.zone, Now: time.Now, Wake: func() {}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.intake.Run(ctx) }()
	h.end = func() { stop(); <-done }
	t.Cleanup(h.end)
	h.seat, err = store.NewSeats(h.db.DSN("toancanh_app"), "test").TakeSeat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.seat.Close)
	return h
}

func rules(t *testing.T, zone *time.Location) *report.Rulebook {
	t.Helper()
	book, _, err := report.Load(sample.Files(), zone)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func submission(text string) intake.Submission {
	return intake.Submission{Draft: report.Draft{
		Category: "MT", Description: text, Location: report.Point{Lat: 12.007, Lon: 107.696}, Source: report.FromAPI,
	}}
}

func (h house) accept(t *testing.T, s intake.Submission) intake.Receipt {
	t.Helper()
	raw, _, err := h.intake.AcceptReport(t.Context(), s)
	if err != nil {
		t.Fatalf("AcceptReport: %v", err)
	}
	var r intake.Receipt
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (h house) count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := h.db.Owner.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestAcceptedReportIsStoredAnnouncedAndReadBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	receipt := h.accept(t, submission("Rác đổ ở chợ Nghĩa Thành"))
	got, err := h.store.Report(t.Context(), receipt.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Description != "Rác đổ ở chợ Nghĩa Thành" || got.Code != receipt.Code || got.Origin != report.Simulated || got.Path[0] != "67" {
		t.Errorf("stored report = %+v", got)
	}
	events, err := h.seat.Stamp(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	seqs := map[string]int64{}
	for _, e := range events {
		seqs[e.Topic] = e.Seq
		if e.ID != receipt.ID || e.Kind != schema.KindReport || e.Version != 1 {
			t.Errorf("event = %+v", e)
		}
	}
	for _, topic := range append(schema.AreaTopics(schema.Ops, "vn-2022", got.Path...), schema.AreaTopics(schema.Wall, "vn-2022", got.Path...)...) {
		if seqs[topic] != 1 {
			t.Errorf("topic %s has seq %d, want 1", topic, seqs[topic])
		}
	}
	since, err := h.live().Since(t.Context(), "wall/vn-2022/67", 0, 10)
	if err != nil || len(since.Events) != 1 || since.Head != 1 || since.TooOld {
		t.Errorf("Since = %+v, %v", since, err)
	}
	snap, err := h.live().Snapshot(t.Context(), "wall/vn-2022/67")
	if err != nil || snap.Seq != 1 || !bytes.Contains(snap.Data, []byte(receipt.Code)) {
		t.Errorf("Snapshot = %s, %v", snap.Data, err)
	}
}

func TestSameKeyIsOneReportWhateverTheRace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	answers := make([]string, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			s := submission("Cùng một phản ánh")
			s.Key = &intake.Key{Scope: "api", Key: "k1", BodyHash: []byte("h")}
			raw, _, err := h.intake.AcceptReport(t.Context(), s)
			if err != nil {
				t.Errorf("try %d: %v", i, err)
			}
			answers[i] = string(raw)
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a != answers[0] {
			t.Errorf("try %d got %s, the first %s", i, a, answers[0])
		}
	}
	if n := h.count(t, "select count(*) from report"); n != 1 {
		t.Errorf("%d reports are stored, want 1", n)
	}
	other := submission("Nội dung khác")
	other.Key = &intake.Key{Scope: "api", Key: "k1", BodyHash: []byte("other")}
	if _, _, err := h.intake.AcceptReport(t.Context(), other); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("the key with another body: %v, want invalid", err)
	}
}

func TestParallelReportsKeepTheirOwnWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	want := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			text := fmt.Sprintf("Phản ánh số %d – ổ gà trước nhà", i)
			r := h.accept(t, submission(text))
			mu.Lock()
			want[r.ID] = text
			mu.Unlock()
		})
	}
	wg.Wait()
	for id, text := range want {
		got, err := h.store.Report(t.Context(), id)
		if err != nil || got.Description != text {
			t.Fatalf("report %s = %q, %v; want %q", id, got.Description, err, text)
		}
	}
	if n := h.count(t, "select count(*) from report"); n != 200 {
		t.Errorf("%d reports are stored, want 200", n)
	}
}

func TestContactIsSealedAndNowhereElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := submission("Đèn đường hỏng")
	s.Contact = report.Contact{Name: "Ngọc Canari", Phone: "0912345678", Email: "canari@example.vn"}
	s.Key = &intake.Key{Scope: "api", Key: "contact", BodyHash: []byte("h")}
	receipt := h.accept(t, s)
	if n := h.count(t, "select count(*) from report_contact where report_id = $1::text::uuid", receipt.ID); n != 1 {
		t.Fatalf("%d sealed contacts, want 1", n)
	}
	for _, table := range []string{"report", "report_act", "event", "idempotency", "public_report", "report_contact"} {
		n := h.count(t, "select count(*) from "+table+" x where x::text ~* '(canari|912345678)'")
		if n != 0 {
			t.Errorf("table %s shows the contact", table)
		}
	}
}

func TestActMovesEverySideOfAReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.accept(t, submission("Nước thải chảy ra đường"))
	do := func(a report.Act) report.Report {
		t.Helper()
		a.Actor = "truong_ca"
		after, err := h.intake.Act(t.Context(), r.ID, a)
		if err != nil {
			t.Fatalf("%s: %v", a.Name, err)
		}
		return after
	}
	do(report.Act{Name: report.Accept})
	do(report.Act{Name: report.Assign, Unit: "so-tnmt"})
	do(report.Act{Name: report.Start})
	do(report.Act{Name: report.Resolve, Text: "Đã thông cống."})
	after := do(report.Act{Name: report.Publish, Text: "Đã thông cống thoát nước."})
	if after.Version != 6 || after.Status != report.CongKhai {
		t.Errorf("after five acts: version %d, status %s", after.Version, after.Status)
	}
	entries, err := h.store.Timeline(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := report.Fold(entries)
	if err != nil || folded.Status != after.Status || folded.Version != after.Version {
		t.Errorf("the timeline folds to %+v, %v", folded, err)
	}
	if n := h.count(t, "select count(*) from public_report where code = $1 and published_at is not null", r.Code); n != 1 {
		t.Error("the published result is not in the public projection")
	}
	if _, err := h.intake.Act(t.Context(), r.ID, report.Act{Name: report.Accept, Actor: "x"}); !fault.Is(err, fault.KindConflict) {
		t.Errorf("accepting a published report: %v, want conflict", err)
	}
	if _, err := h.intake.Act(t.Context(), r.ID, report.Act{Name: report.Reopen, Version: 2, Reason: "Chưa xong", Actor: "x"}); !fault.Is(err, fault.KindConflict) {
		t.Errorf("an act on an old version: %v, want conflict", err)
	}
}

func TestWithdrawnWordsAreInNoPayload(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.accept(t, submission("Từ khóa bí mật: chimcanari"))
	if _, err := h.seat.Stamp(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if _, err := h.intake.Act(t.Context(), r.ID, report.Act{Name: report.Withdraw, Reason: "Lộ thông tin cá nhân", Actor: "truong_ca"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.seat.Stamp(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, "select count(*) from event where data like '%chimcanari%'"); n != 0 {
		t.Errorf("%d stored payloads hold the withdrawn word", n)
	}
	since, err := h.live().Since(t.Context(), "wall/vn-2022/67", 0, 10)
	if err != nil || len(since.Events) != 2 || since.Events[0].Kind != schema.KindGone || since.Events[1].Kind != schema.KindGone {
		t.Errorf("Since = %+v, %v; want two gone", since.Events, err)
	}
	snap, err := h.live().Snapshot(t.Context(), "wall/vn-2022/67")
	if err != nil || bytes.Contains(snap.Data, []byte("chimcanari")) {
		t.Errorf("snapshot = %s, %v", snap.Data, err)
	}
}

func TestReadingsAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	low, high := 0.0, 300.0
	err := h.intake.RegisterSensors(t.Context(), []sensor.Sensor{{
		Code: "mua-1", Name: "Mưa (mẫu)", Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute, Min: &low, Max: &high,
	}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	item := func(i int, code string, at time.Time, v float64) sensor.Item {
		return sensor.Item{Index: i, Reading: sensor.Reading{Sensor: code, At: at, Value: v}}
	}
	items := []sensor.Item{
		item(0, "mua-1", now, 1),
		item(1, "mua-1", now.Add(-time.Minute), 2),
		item(2, "mua-1", now, 3),
		item(3, "khong-co", now, 1),
		item(4, "mua-1", now.Add(-2*time.Minute), 5000),
		item(5, "mua-1", now.Add(time.Hour), 1),
		item(6, "mua-1", now.Add(-72*time.Hour), 1),
	}
	for _, pass := range []struct {
		name     string
		accepted int
		refused  map[int]sensor.Reason
	}{
		{"first", 2, map[int]sensor.Reason{2: sensor.Duplicate, 3: sensor.UnknownSensor, 4: sensor.OutOfRange, 5: sensor.Future, 6: sensor.TooOld}},
		{"again", 0, map[int]sensor.Reason{0: sensor.Duplicate, 1: sensor.Duplicate, 2: sensor.Duplicate, 3: sensor.UnknownSensor, 4: sensor.OutOfRange, 5: sensor.Future, 6: sensor.TooOld}},
	} {
		accepted, refused, err := h.intake.AcceptReadings(t.Context(), items, sensor.Ordinary, "")
		if err != nil {
			t.Fatal(err)
		}
		if accepted != pass.accepted || len(refused) != len(pass.refused) {
			t.Errorf("%s: accepted %d, refused %+v", pass.name, accepted, refused)
		}
		for _, r := range refused {
			if pass.refused[r.Index] != sensor.Reason(r.Reason) {
				t.Errorf("%s: item %d refused for %s, want %s", pass.name, r.Index, r.Reason, pass.refused[r.Index])
			}
		}
	}
	latest, _, err := h.store.LatestSince(t.Context(), time.Time{})
	if err != nil || len(latest) != 1 || latest[0].Value != 1 || !latest[0].At.Equal(now) {
		t.Errorf("newest = %+v, %v", latest, err)
	}
}

func TestHistoryIsAnnouncedByResets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	born := time.Now().Add(-10 * 24 * time.Hour)
	draft := submission("Phản ánh cũ").Draft
	list := []intake.PastReport{
		{Draft: draft, ReceivedAt: born, Acts: []intake.PastAct{{Act: report.Act{Name: report.Accept, Actor: "x"}, At: born.Add(time.Hour)}}},
		{Draft: draft, ReceivedAt: time.Now().Add(time.Hour)},
	}
	if got, _, err := h.intake.AcceptHistory(t.Context(), pastBody(nil, list...)); err != nil || string(got) != `"1 taken, refused: true"` {
		t.Fatalf("AcceptHistory = %s, %v", got, err)
	}
	events, err := h.seat.Stamp(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind != schema.KindReset {
			t.Errorf("event = %+v, want a reset", e)
		}
	}
	if len(events) < 6 {
		t.Errorf("%d resets, want one for each touched topic", len(events))
	}
}

func pastBody(key *intake.Key, list ...intake.PastReport) intake.PastBody {
	return intake.PastBody{Reports: list, Key: key, Answer: func(taken int, refused error) (json.RawMessage, error) {
		return json.Marshal(fmt.Sprintf("%d taken, refused: %t", taken, refused != nil))
	}}
}

// The key lives and dies with the transaction of the deed: a process that ends right after the commit, before it could
// answer, does not load the same past twice.
func TestABodyOfThePastIsKeptOnceAKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	past := intake.PastReport{Draft: submission("Phản ánh cũ").Draft, ReceivedAt: time.Now().Add(-24 * time.Hour)}
	key := &intake.Key{Scope: "test", Key: "k1", BodyHash: []byte("one")}
	var answers []string
	for range 2 {
		answer, _, err := h.intake.AcceptHistory(t.Context(), pastBody(key, past))
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, string(answer))
	}
	if answers[0] != answers[1] {
		t.Errorf("answers differ: %q", answers)
	}
	other := &intake.Key{Scope: "test", Key: "k1", BodyHash: []byte("two")}
	if _, _, err := h.intake.AcceptHistory(t.Context(), pastBody(other, past)); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("the same key with another body: %v, want an invalid fault", err)
	}
	list, _, err := h.store.List(t.Context(), store.Filter{Limit: 10, Reach: access.Reached{All: true}})
	if err != nil || len(list) != 1 {
		t.Errorf("%d reports kept, %v, want 1", len(list), err)
	}
}

func TestWithdrawalReachesTheAreasAReportHasLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.accept(t, submission("Từ khóa: chimcanari"))
	place, err := h.intake.PlaceAt("24664")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []report.Act{
		{Name: report.Accept}, {Name: report.ConfirmPlace, Place: place}, {Name: report.Withdraw, Reason: "Lộ thông tin"},
	} {
		a.Actor = "truong_ca"
		if _, err := h.intake.Act(t.Context(), r.ID, a); err != nil {
			t.Fatalf("%s: %v", a.Name, err)
		}
	}
	events, err := h.seat.Stamp(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	purged := map[string]bool{}
	for _, e := range events {
		if e.Purge {
			purged[e.Topic] = true
		}
	}
	for _, topic := range []string{"wall/vn-2022/67/663/24664", "wall/vn-2022/67/660/" + r.Area} {
		if !purged[topic] {
			t.Errorf("topic %s was not told to forget", topic)
		}
	}
}

func TestSimulatedDatabaseTakesNothingReal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := submission("Rác")
	s.Draft.Origin = report.Real
	if _, _, err := h.intake.AcceptReport(t.Context(), s); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a real report: %v, want invalid", err)
	}
	past := intake.PastReport{Draft: s.Draft, ReceivedAt: time.Now().Add(-time.Hour)}
	if n, _, err := h.intake.AcceptHistory(t.Context(), pastBody(nil, past)); err != nil || string(n) != `"0 taken, refused: true"` {
		t.Errorf("real history: %s, %v, want it refused", n, err)
	}
	if _, _, err := h.intake.AcceptReadings(t.Context(), nil, sensor.History, report.Real); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("real readings: %v, want invalid", err)
	}
}

func (h house) live() *store.Live {
	return h.store.Live(view.NewLens(h.zone, nil), func(schema.Topic) bool { return true })
}
