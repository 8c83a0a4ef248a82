package subscribe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/callout"
	"toancanh/server/callout/calltest"
	"toancanh/server/embedded/testpg"
	"toancanh/server/fault"
	"toancanh/server/hook"
	"toancanh/server/store"
	"toancanh/server/subscribe"
	"toancanh/server/warning"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a desk with a database of its own, a push service, and a clock we hold.
type house struct {
	t      *testing.T
	db     testpg.DB
	store  *store.Store
	desk   *subscribe.Desk
	config subscribe.Config
	push   *calltest.PushService
	log    bytes.Buffer
	now    time.Time
	n      int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, db: testpg.New(t), push: calltest.NewPushService(t)}
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	must(t, err)
	h.now = time.Date(2026, 11, 16, 9, 0, 0, 0, zone).UTC()
	h.store, err = store.Open(t.Context(), h.db.DSN(testpg.App), store.Sizes{Write: 3, Read: 2})
	must(t, err)
	t.Cleanup(h.store.Close)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	here, err := hook.ParseNetworks([]string{"127.0.0.1"})
	must(t, err)
	push, err := callout.OpenPush(filepath.Join(t.TempDir(), "push.key"), []string{"127.0.0.1", "*.push.example"}, "mailto:truc@example.vn")
	must(t, err)
	atlas, err := area.Sample()
	must(t, err)
	categories := map[string]string{"MT": "Môi trường", "GT": "Giao thông"}
	h.config = subscribe.Config{
		Store: h.store, Sealer: sealer, Client: hook.NewClient(here), Push: push,
		Ground: subscribe.Ground{Tree: atlas.Tree, Division: "vn-2022", Category: func(code string) bool { return categories[code] != "" }},
		Place: func(division, code string) string {
			at, _ := atlas.Tree.Get(division, code)
			return at.Title()
		},
		Category: func(code string) string { return categories[code] }, Location: zone, Now: func() time.Time { return h.now },
		Log: slog.New(slog.NewJSONHandler(&h.log, nil)),
	}
	h.open()
	return h
}

// open makes a desk as a process that starts does.
func (h *house) open() {
	h.t.Helper()
	var err error
	h.desk, err = subscribe.New(h.config)
	must(h.t, err)
}

func (h *house) do(sql string, args ...any) {
	h.t.Helper()
	_, err := h.db.Owner.Exec(h.t.Context(), sql, args...)
	must(h.t, err)
}

func ask[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	rows, err := h.db.Owner.Query(h.t.Context(), sql, args...)
	must(h.t, err)
	one, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	must(h.t, err)
	return one
}

func browser(b *calltest.Browser) callout.Browser {
	return callout.Browser{Endpoint: b.Endpoint, Key: b.Key, Auth: b.Auth}
}

func (h *house) subscribes(c subscribe.Choice) *calltest.Browser {
	h.t.Helper()
	b := h.push.Subscribe()
	must(h.t, h.desk.Keep(h.t.Context(), browser(b), c))
	return b
}

// leaves lets a result leave with the batch of now.
func (h *house) leaves(category, commune string, path ...string) {
	h.t.Helper()
	h.n++
	h.do(`insert into public_record (code, version, category, division, area, path, status, is_open, received_hour, published_at, origin, text, changed_at)
		values ($1, 1, $2, 'vn-2022', $3, $4, 'published', false, $5::timestamptz, $5::timestamptz, 'real', 'Lời văn riêng của kết quả', $5::timestamptz)`,
		"K"+strconv.Itoa(h.n), category, commune, append(path, commune), h.now.Add(-15*time.Minute))
	h.do("update public_state set batch_at = $1", h.now)
}

// warns publishes a message to everybody.
func (h *house) warns(m warning.MsgType, status warning.Status, severity, title string, areas ...string) {
	h.t.Helper()
	id := uuid.NewString()
	shown, err := json.Marshal(warning.Shown{Severity: severity, Areas: areas, Status: status, MsgType: m})
	must(h.t, err)
	h.do(`insert into warning (id, created_at, changed_at, published_at, expires_at, version, stage, msg_type, origin, division, path, writers, chain, draft)
		values ($1, $2, $2, $2, $3, 1, 'published', $4, 'real', 'vn-2022', '{67}', '{person:nguoi-soan-thao}', '{}', '{}')`, id, h.now, h.now.Add(6*time.Hour), m)
	h.do(`insert into public_warning (id, sent_at, expires_at, msg_type, status, origin, title, title_en, summary, shown, body)
		values ($1, $2, $3, $4, $5, 'real', $6, $6 || ' EN', 'Lời văn riêng', $7, '<alert/>')`, id, h.now, h.now.Add(6*time.Hour), m, status, title, shown)
}

func (h *house) turn() {
	h.t.Helper()
	must(h.t, h.desk.Queue(h.t.Context()))
	must(h.t, h.desk.Deliver(h.t.Context()))
}

// told is what a browser was shown: "title | body | path | lang".
func (h *house) told(b *calltest.Browser) []string {
	h.t.Helper()
	var list []string
	for _, p := range h.push.Got(b) {
		var n struct{ Title, Body, Path, Tag, Lang string }
		must(h.t, json.Unmarshal(p.Data, &n))
		if n.Tag == "" || strings.Contains(string(p.Data), "riêng") {
			h.t.Errorf("notice %s", p.Data)
		}
		list = append(list, strings.Join([]string{n.Title, n.Body, n.Path, n.Lang}, " | "))
	}
	return list
}

func (h *house) wants(what string, b *calltest.Browser, want ...string) {
	h.t.Helper()
	got := h.told(b)
	slices.Sort(got) // pushes of one batch are sent at once
	if !slices.Equal(got, want) {
		h.t.Errorf("%s: told\n%q, want\n%q", what, got, want)
	}
}

func TestBrowsersHearOfWhatTheyChoseOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	province := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Categories: []string{"*"}, Severity: "Severe"})
	district := h.subscribes(subscribe.Choice{Areas: []string{"660"}, Categories: []string{"MT"}, Severity: "Minor", English: true})
	commune := h.subscribes(subscribe.Choice{Areas: []string{"24616"}, Severity: "Extreme"})
	h.leaves("MT", "24611", "67", "660")
	h.leaves("GT", "24611", "67", "660")
	h.warns(warning.New, warning.Actual, "Moderate", "Mưa lớn", "24611")
	h.warns(warning.New, warning.Exercise, "Extreme", "Diễn tập lũ", "67")
	h.warns(warning.New, warning.Actual, "Extreme", "Lũ quét", "67")
	h.turn()
	const sim = "[MÔ PHỎNG] "
	h.wants("the province", province,
		sim+"Cảnh báo: Lũ quét | Tỉnh Đắk Nông. Chạm để xem chi tiết. | /tinh-hinh/2022/67 | vi",
		sim+"Kết quả xử lý phản ánh | 2 kết quả mới: Phường Nghĩa Đức. | /tinh-hinh/2022/24611 | vi")
	if got := h.told(district); len(got) != 3 || !strings.Contains(strings.Join(got, "\n"), "[SIMULATED] Warning: Mưa lớn EN | Thành phố Gia Nghĩa. Tap for details. | /tinh-hinh/2022/660 | en") {
		t.Errorf("the district was told %q", got)
	}
	h.wants("the commune", commune, sim+"Cảnh báo: Lũ quét | "+h.config.Place("vn-2022", "24616")+". Chạm để xem chi tiết. | /tinh-hinh/2022/24616 | vi")
	first, second := h.push.Got(province)[0], h.push.Got(province)[1] // sent at once, in any order
	if first.Header.Get("Urgency") != "high" {
		first, second = second, first
	}
	if first.Header.Get("Urgency") != "high" || first.Header.Get("TTL") != "21600" || len(first.Header.Get("Topic")) != 32 ||
		first.Claims.Subject != "mailto:truc@example.vn" || first.Claims.Key != h.desk.Key() {
		t.Errorf("warning with %v, %+v", first.Header, first.Claims)
	}
	if second.Header.Get("Urgency") != "low" || second.Header.Get("TTL") != "43200" || second.Header.Get("Topic") != "ket-qua" {
		t.Errorf("results with %v", second.Header)
	}
	// Another process, the same batch again, and a cancellation.
	h.open()
	h.turn()
	h.do("update public_state set batch_at = $1", h.now.Add(time.Second))
	h.warns(warning.Cancel, warning.Actual, "Extreme", "Lũ quét", "67")
	h.turn()
	if got := h.told(province); len(got) != 3 || !strings.HasPrefix(got[2], sim+"Hủy cảnh báo: Lũ quét") {
		t.Errorf("told %q", got)
	}
	if left := ask[int](h, "select count(*)::int from push_outbox"); left != 0 {
		t.Errorf("%d wait in the outbox", left)
	}
}

func TestWhatBecomesOfAPush(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Severity: "Minor"})
	state := func() string {
		return ask[string](h, `select coalesce(string_agg(concat_ws(' ', problem, tries, case when dead_at is null then 'waits' else 'dead' end), '; ' order by headline), '') from push_outbox`)
	}
	h.push.Answer(500)
	h.warns(warning.New, warning.Actual, "Severe", "Một", "67")
	h.turn()
	h.turn() // not yet again
	if got := state(); got != "500 1 waits" {
		t.Errorf("after 500: %q", got)
	}
	h.push.Answer(429)
	h.now = h.now.Add(31 * time.Second)
	h.turn()
	if got := state(); got != "429 2 waits" {
		t.Errorf("after 429: %q", got)
	}
	h.push.Answer(201)
	h.now = h.now.Add(61 * time.Second)
	h.turn()
	if got := state(); got != "" || len(h.told(b)) != 1 {
		t.Errorf("after 201: %q, told %q", got, h.told(b))
	}
	h.push.Answer(413)
	h.warns(warning.New, warning.Actual, "Severe", "Hai", "67")
	h.turn()
	h.now = h.now.Add(time.Hour)
	h.turn()
	if got := state(); got != "413 1 dead" {
		t.Errorf("after 413: %q", got)
	}
	h.push.Answer(201)
	h.warns(warning.New, warning.Actual, "Severe", "Ba", "67")
	// Killed after the push went out and before that was noted.
	must(t, h.desk.Queue(t.Context()))
	dying, kill := context.WithCancel(t.Context())
	h.config.Store = killed{h.store, kill}
	h.open()
	_ = h.desk.Deliver(dying)
	h.config.Store = h.store
	h.open()
	h.turn() // somebody else may still have it
	if got := h.told(b); len(got) != 2 {
		t.Errorf("told %q", got)
	}
	h.now = h.now.Add(3 * time.Minute)
	h.turn()
	tags := map[string]bool{}
	for _, p := range h.push.Got(b)[1:] {
		var n struct{ Tag string }
		must(t, json.Unmarshal(p.Data, &n))
		tags[n.Tag+p.Header.Get("Topic")] = true
	}
	if got := h.told(b); len(got) != 3 || len(tags) != 1 || got[1] != got[2] {
		t.Errorf("sent again with other marks: %q %v", got, tags)
	}
	h.push.Answer(410)
	h.warns(warning.New, warning.Actual, "Severe", "Bốn", "67")
	h.turn()
	if n := ask[int](h, "select (select count(*) from push_subscription) + (select count(*) from push_outbox)"); n != 0 {
		t.Errorf("a browser that is gone left %d rows", n)
	}
	for _, secret := range []string{b.Endpoint, b.Auth, b.Key} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestAPushServiceThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.config.Patience = 200 * time.Millisecond
	h.open()
	b := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Severity: "Minor"})
	other := h.push
	h.push = calltest.NewPushService(t)
	c := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Severity: "Minor"})
	h.push, other = other, h.push
	h.push.Hang(true)
	h.warns(warning.New, warning.Actual, "Severe", "Lũ", "67")
	h.turn()
	if got := len(other.Got(c)); got != 1 {
		t.Errorf("behind the service that answers %d were told", got)
	}
	if got := ask[string](h, "select concat_ws(' ', count(*), max(problem), max(tries), max(dead_at)) from push_outbox"); got != "1 timeout 1" {
		t.Errorf("what hung is %q", got)
	}
	h.push.Hang(false)
	h.now = h.now.Add(31 * time.Second)
	h.turn()
	if got := len(h.told(b)); got != 1 || ask[int](h, "select count(*)::int from push_outbox") != 0 {
		t.Errorf("told %d times after it hung", got)
	}
}

// killed is a store whose process dies before it notes what it sent.
type killed struct {
	*store.Store
	kill context.CancelFunc
}

func (k killed) SettlePushes(ctx context.Context, list []store.PushSettled, now time.Time) error {
	k.kill()
	return k.Store.SettlePushes(ctx, list, now)
}

func TestResultsKeepQuietAtNightAndEndForTheDay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Categories: []string{"*"}})
	h.now = h.now.Add(13*time.Hour + 15*time.Minute) // 22:15
	h.leaves("MT", "24611", "67", "660")
	h.turn()
	h.now = h.now.Add(3 * time.Hour) // 1:15 of the next day
	h.leaves("GT", "24616", "67", "661")
	h.turn()
	h.wants("at night", b)
	h.now = h.now.Add(5 * time.Hour) // 6:15
	h.turn()
	h.wants("in the morning", b, "[MÔ PHỎNG] Kết quả xử lý phản ánh | 2 kết quả mới: các nơi bạn theo dõi. | / | vi")
	for range 12 {
		h.now = h.now.Add(15 * time.Minute)
		h.leaves("MT", "24611", "67", "660")
		h.turn()
	}
	got := h.told(b)
	if len(got) != 8 || !strings.Contains(got[7], "Hôm nay không báo thêm") || strings.Contains(got[6], "không báo thêm") {
		t.Errorf("told %d: %q", len(got), got)
	}
}

// late is a store in which something happens after pushes went out and before that is noted.
type late struct {
	*store.Store
	meanwhile func()
}

func (l late) SettlePushes(ctx context.Context, list []store.PushSettled, now time.Time) error {
	l.meanwhile()
	return l.Store.SettlePushes(ctx, list, now)
}

func TestResultsThatComeWhileAPushGoesOutAreTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.subscribes(subscribe.Choice{Areas: []string{"67"}, Categories: []string{"*"}})
	morning := h.now.Add(21 * time.Hour) // 6:00
	h.now = morning.Add(-5 * time.Hour)
	h.leaves("MT", "24611", "67", "660")
	h.turn()
	h.now = morning
	h.config.Store = late{h.store, func() { // the last batch of the night, late
		h.now = morning.Add(-15 * time.Minute)
		h.leaves("MT", "24611", "67", "660")
		must(t, h.desk.Queue(t.Context()))
		h.now = morning
	}}
	h.open()
	must(t, h.desk.Deliver(t.Context()))
	h.config.Store = h.store
	h.open()
	h.leaves("MT", "24611", "67", "660") // that of six o'clock itself
	h.turn()
	h.now = morning.Add(3 * time.Minute)
	h.turn()
	const place = " Môi trường – Phường Nghĩa Đức. | /tinh-hinh/2022/24611 | vi"
	tags := map[string]int{}
	for _, p := range h.push.Got(b) {
		var n struct{ Tag, Body string }
		must(t, json.Unmarshal(p.Data, &n))
		tags[n.Tag]++
	}
	got := h.told(b)
	if len(got) != 3 || len(tags) != 2 || !strings.Contains(got[2], "2 kết quả mới:"+place) {
		t.Errorf("told %q under %v, want the two of the night at last in one notice, and that of the morning beside it", got, tags)
	}
	if left := ask[int](h, "select count(*)::int from push_outbox"); left != 0 {
		t.Errorf("%d wait", left)
	}
}

func TestASubscriptionIsItsBrowsersOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	choice := subscribe.Choice{Areas: []string{"67"}, Categories: []string{"MT"}, Severity: "Severe"}
	b := h.subscribes(choice)
	must(t, h.desk.Keep(ctx, browser(b), choice)) // again: renewed, not doubled
	if n := ask[int](h, "select count(*)::int from push_subscription"); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
	stored := ask[string](h, "select push_subscription::text from push_subscription")
	for _, secret := range []string{b.Endpoint, b.Auth, b.Key, "127.0.0.1"} {
		if strings.Contains(stored, secret) {
			t.Errorf("the row holds %q: %s", secret, stored)
		}
	}
	other, next := h.push.Subscribe(), h.push.Subscribe()
	stolen := browser(b)
	stolen.Auth = other.Auth
	if err := h.desk.End(ctx, stolen); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("ended with another's secret: %v", err)
	}
	if err := h.desk.Move(ctx, stolen, browser(next)); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("moved with another's secret: %v", err)
	}
	must(t, h.desk.Move(ctx, browser(b), browser(next)))
	h.warns(warning.New, warning.Actual, "Severe", "Lũ", "67")
	h.turn()
	if len(h.told(b)) != 0 || len(h.told(next)) != 1 {
		t.Errorf("after the move: %q, %q", h.told(b), h.told(next))
	}
	must(t, h.desk.End(ctx, browser(next)))
	if n := ask[int](h, "select count(*)::int from push_subscription"); n != 0 {
		t.Errorf("%d are left", n)
	}
	h.subscribes(choice)
	h.now = h.now.Add(subscribe.Life - time.Hour)
	must(t, h.desk.Sweep(ctx))
	before := ask[int](h, "select count(*)::int from push_subscription")
	h.now = h.now.Add(48 * time.Hour)
	must(t, h.desk.Sweep(ctx))
	if after := ask[int](h, "select count(*)::int from push_subscription"); before != 1 || after != 0 {
		t.Errorf("half a year later: %d, then %d", before, after)
	}
}

func TestWhatIsWrongWithASubscriptionIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := subscribe.Choice{Areas: []string{"67"}, Severity: "Severe"}
	for name, want := range map[string]string{
		"http://169.254.169.254/latest": "endpoint", "https://10.0.0.8/push": "endpoint", "https://example.com/push": "endpoint",
		"https://push.example.evil.com/x": "endpoint", "http://fcm.push.example/x": "endpoint", "file:///etc/passwd": "endpoint", "": "endpoint",
		"https://user:word@a.push.example/x": "endpoint",
	} {
		b := browser(h.push.Subscribe())
		b.Endpoint = name
		if name == "http://fcm.push.example/x" {
			h.config.Client = hook.NewClient(nil) // http is for networks that were allowed
			h.open()
		}
		if err := h.desk.Keep(t.Context(), b, good); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, one := range []struct {
		field  string
		choice subscribe.Choice
	}{
		{"areas", subscribe.Choice{Severity: "Severe"}},
		{"areas", subscribe.Choice{Areas: []string{"99999"}, Severity: "Severe"}},
		{"areas", subscribe.Choice{Areas: strings.Split(strings.Repeat("67 ", 10)+"67", " "), Severity: "Severe"}},
		{"categories", subscribe.Choice{Areas: []string{"67"}, Categories: []string{"XX"}}},
		{"categories", subscribe.Choice{Areas: []string{"67"}}},
		{"severity", subscribe.Choice{Areas: []string{"67"}, Severity: "Dữ"}},
	} {
		err := h.desk.Keep(t.Context(), callout.Browser{Endpoint: "https://a.push.example/x"}, one.choice)
		for _, field := range []string{one.field, "p256dh", "auth"} {
			if err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%+v: %v does not name %s", one.choice, err, field)
			}
		}
	}
	b := h.push.Subscribe()
	s := store.Subscription{ID: uuid.NewString(), RenewedOn: h.now, Areas: []string{}, Categories: []string{}, Mark: []byte{1}, Proof: []byte{1}}
	if err := h.store.KeepSubscription(t.Context(), s, 0); !fault.Is(err, fault.KindConflict) {
		t.Errorf("beyond the bound: %v", err)
	}
	h.config.Push = nil
	h.open()
	if err := h.desk.Keep(t.Context(), browser(b), good); !fault.Is(err, fault.KindConflict) || h.desk.Key() != "" {
		t.Errorf("switched off: %v", err)
	}
}
