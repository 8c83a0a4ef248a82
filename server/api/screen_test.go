package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/embedded/testpg"
	"toancanh/server/view"
)

type screenAnswer struct {
	ID, Screen, Title, Area, Scene, Density, Point string
	Version                                        int64
	PanelMM                                        *int `json:"panel_mm"`
	Topics                                         []string
	Show                                           struct {
		Scene, Presenter string
		Area             *struct{ Division, Code string }
		Highlight        *struct{ Kind, ID string }
		Message          *struct {
			Text, State string
			Until       *time.Time
		}
		Reload int64
	}
	Settings  struct{ Point, Area string }
	Connected bool
	Beat      *struct {
		At      time.Time
		Seq     int64
		Phase   string
		Version int64
		FPS     *float64
	}
	Seen *struct {
		At      time.Time
		Version int64
		Applied bool
		Reason  string
	}
}

type ordered struct {
	Screens []struct {
		ID      string
		Version int64
	}
	Refused []struct {
		Screen, Part, Detail string
		PX                   float64
		NeedPX               float64 `json:"need_px"`
	}
}

func (h *house) order(to any, show map[string]any) answer {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/api/v1/screens/orders", body: map[string]any{"screens": to, "show": show}})
}

func (h *house) set(id string, settings map[string]any) ordered {
	h.t.Helper()
	return read[ordered](h.t, h.do(call{method: "PUT", path: "/api/v1/screens/" + id, body: settings}), 200)
}

func (h *house) screen(id string) screenAnswer {
	h.t.Helper()
	return read[screenAnswer](h.t, h.do(call{method: "GET", path: "/api/v1/screens/" + id}), 200)
}

// listed are the screens of the list, by id.
func (h *house) listed() map[string]screenAnswer {
	h.t.Helper()
	list := read[struct{ Screens []screenAnswer }](h.t, h.do(call{method: "GET", path: "/api/v1/screens"}), 200)
	byID := map[string]screenAnswer{}
	for _, s := range list.Screens {
		byID[s.ID] = s
	}
	return byID
}

// events are those of screen topics as they wait for the relay, "screen tinh 2 [screen/tinh]".
func (h *house) events() []string {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.db.DSN(testpg.App))
	must(h.t, err)
	defer conn.Close(context.Background())
	rows, err := conn.Query(h.t.Context(), `select e.kind || ' ' || e.thing || ' ' || e.version || ' ' || e.topics::text
		from outbox o join event e on e.id = o.event_id where e.audience = 'screen' order by e.id`)
	must(h.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(h.t, err)
	return list
}

func TestAScreenNeedsNotBeSetUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for id, want := range map[string]struct{ area, topic string }{
		"tinh": {"67", "wall/vn-2022/67"}, "660": {"660", "wall/vn-2022/67/660"}, "24611": {"24611", "wall/vn-2022/67/660/24611"},
	} {
		got := h.screen(id)
		if got.Version != 0 || got.Scene != "ngay-thuong" || got.Density != "auto" || got.PanelMM != nil || got.Area != want.area {
			t.Errorf("%s: %+v", id, got)
		}
		if diff := cmp.Diff([]string{want.topic, "screen/" + id}, got.Topics); diff != "" {
			t.Errorf("%s: topics (-want +got):\n%s", id, diff)
		}
	}
	for _, id := range []string{"nowhere", "%00", "Tinh"} {
		problem(t, h.do(call{method: "GET", path: "/api/v1/screens/" + id}), 404)
		problem(t, h.do(call{method: "POST", path: "/api/v1/screens/" + id + "/beat", body: map[string]any{"phase": "live"}}), 404)
	}
}

func TestAnOrderIsKeptWithItsEvent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Rác")
	show := map[string]any{
		"scene": "mua-bao", "area": map[string]any{"division": "vn-2022", "code": "663"},
		"highlight": map[string]any{"kind": "report", "id": r.Code},
		"message":   map[string]any{"text": "Ho\u0323p giao ban", "state": "warning", "until": "2099-01-01T00:00:00Z"},
	}
	got := read[ordered](t, h.order([]string{"tinh"}, show), 200)
	if len(got.Screens) != 1 || got.Screens[0].Version != 1 || len(got.Refused) != 0 {
		t.Errorf("answer %+v", got)
	}
	s := h.screen("tinh")
	if s.Version != 1 || s.Scene != "mua-bao" || s.Area != "663" || s.Topics[0] != "wall/vn-2022/67/663" ||
		s.Show.Highlight.ID != r.ID || s.Show.Message.Text != "Họp giao ban" || s.Show.Message.Until == nil {
		t.Errorf("screen %+v %+v", s, s.Show)
	}
	read[ordered](t, h.order([]string{"tinh"}, map[string]any{"scene": "", "message": nil, "reload": true}), 200)
	s = h.screen("tinh")
	if s.Version != 2 || s.Scene != "ngay-thuong" || s.Show.Message != nil || s.Show.Reload != 1 || s.Area != "663" || s.Show.Highlight == nil {
		t.Errorf("a part that is not named stays, null takes back: %+v %+v", s, s.Show)
	}
	if diff := cmp.Diff([]string{"screen tinh 1 {screen/tinh}", "screen tinh 2 {screen/tinh}"}, h.events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAnOrderNamesWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	message := func(m map[string]any) map[string]any { return map[string]any{"message": m} }
	for name, c := range map[string]struct {
		to            any
		show          map[string]any
		field, reason string
	}{
		"an unknown screen":    {[]string{"nowhere"}, map[string]any{"scene": "mua-bao"}, "screens", "unknown"},
		"no screen":            {[]string{}, map[string]any{"scene": "mua-bao"}, "screens", "required"},
		"a word for screens":   {"every", map[string]any{"scene": "mua-bao"}, "screens", "type"},
		"a number for one":     {[]int{1}, map[string]any{"scene": "mua-bao"}, "screens", "type"},
		"an unknown scene":     {[]string{"tinh"}, map[string]any{"scene": "tet"}, "show.scene", "unknown"},
		"an unknown area":      {[]string{"tinh"}, map[string]any{"area": map[string]any{"division": "vn-2022", "code": "1"}}, "show.area", "unknown"},
		"an unknown report":    {[]string{"tinh"}, map[string]any{"highlight": map[string]any{"kind": "report", "id": "AAAA-AAAA"}}, "show.highlight", "unknown"},
		"an unknown sensor":    {[]string{"tinh"}, map[string]any{"highlight": map[string]any{"kind": "sensor", "id": "mua-0"}}, "show.highlight", "unknown"},
		"an area pointed at":   {[]string{"tinh"}, map[string]any{"highlight": map[string]any{"kind": "area", "id": "1"}}, "show.highlight", "unknown"},
		"a long message":       {[]string{"tinh"}, message(map[string]any{"text": strings.Repeat("ệ", 141)}), "show.message.text", "too_long"},
		"a message of lines":   {[]string{"tinh"}, message(map[string]any{"text": "a\nb"}), "show.message.text", "encoding"},
		"a message of before":  {[]string{"tinh"}, message(map[string]any{"text": "a", "until": "2020-01-01T00:00:00Z"}), "show.message.until", "past"},
		"a part that is none":  {[]string{"tinh"}, map[string]any{"presenter": "660"}, "show.presenter", "unknown_field"},
		"a part within a part": {[]string{"tinh"}, message(map[string]any{"text": "a", "sound": true}), "show.message.sound", "unknown_field"},
		"nothing":              {[]string{"tinh"}, map[string]any{}, "show", "required"},
	} {
		if p := problem(t, h.order(c.to, c.show), 422); !hasFault(p, c.field, c.reason) {
			t.Errorf("%s: %+v, want %s %s", name, p.Errors, c.field, c.reason)
		}
	}
	if got := h.events(); len(got) > 0 {
		t.Errorf("what was refused was announced: %v", got)
	}
}

func TestASceneThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("phong", map[string]any{"panel_mm": 1370, "viewing_mm": 3000, "density": "near"})
	// A density of its own that its panel cannot keep.
	p := problem(t, h.do(call{method: "PUT", path: "/api/v1/screens/nho", body: map[string]any{"panel_mm": 685, "viewing_mm": 5000, "density": "near"}}), 422)
	if !hasFault(p, "screens", "illegible") || !strings.Contains(p.Detail, "nho") || !strings.Contains(p.Detail, "px") {
		t.Errorf("settings: %+v", p)
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/screens/nho"}), 404)

	// A panel whose last row sits too far for any density is set by hand: no door lets it in.
	h.set("nho", map[string]any{})
	conn, err := pgx.Connect(t.Context(), h.db.DSN(testpg.App))
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), "update screen set viewing_mm = 50000 where id = 'nho'")
	must(t, err)
	p = problem(t, h.order("all", map[string]any{"scene": "mua-bao"}), 422)
	if !hasFault(p, "screens", "illegible") || !strings.Contains(p.Detail, "Màn hình nho") {
		t.Errorf("order to all: %+v", p)
	}
	if got := h.screen("phong").Show.Scene; got != "" {
		t.Errorf("another screen was sent %q all the same", got)
	}
	body := map[string]any{"screens": "all", "show": map[string]any{"scene": "mua-bao"}, "skip_refused": true}
	got := read[ordered](t, h.do(call{method: "POST", path: "/api/v1/screens/orders", body: body}), 200)
	if len(got.Screens) != 1 || got.Screens[0].ID != "phong" || len(got.Refused) != 1 {
		t.Fatalf("skipping: %+v", got)
	}
	if r := got.Refused[0]; r.Screen != "nho" || r.Part == "" || r.PX <= 0 || r.NeedPX <= r.PX || r.Detail == "" {
		t.Errorf("refusal %+v", r)
	}
}

func TestAMeetingIsOneTransaction(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("xa-1", map[string]any{"point": "UBND xã"})
	meeting := map[string]any{"presenter": "tinh", "screens": []string{"xa-1", "660"}}
	got := read[ordered](t, h.do(call{method: "POST", path: "/api/v1/meetings", body: meeting}), 200)
	if len(got.Screens) != 2 {
		t.Errorf("meeting %+v", got)
	}
	read[ordered](t, h.order([]string{"tinh"}, map[string]any{"scene": "mua-bao"}), 200)
	for _, id := range []string{"xa-1", "660"} {
		s := h.screen(id)
		if s.Scene != "mua-bao" || s.Show.Presenter != "tinh" || s.Area != "67" {
			t.Errorf("%s follows: %+v %+v", id, s, s.Show)
		}
	}
	// One transaction has one time: of the order's three rows and three events.
	conn, err := pgx.Connect(t.Context(), h.db.DSN(testpg.App))
	must(t, err)
	defer conn.Close(context.Background())
	var rows, events int
	must(t, conn.QueryRow(t.Context(), `select (select count(*) from screen where xmin = t.xmin),
		(select count(*) from event where xmin = t.xmin and audience = 'screen') from screen t where id = 'tinh'`).Scan(&rows, &events))
	if rows != 3 || events != 3 {
		t.Errorf("the order's transaction wrote %d screens and %d events, want 3 and 3", rows, events)
	}
	if p := problem(t, h.order([]string{"660"}, map[string]any{"scene": "mua-bao"}), 422); !hasFault(p, "screens", "following") {
		t.Errorf("an order for a follower: %+v", p)
	}
	if a := h.do(call{method: "DELETE", path: "/api/v1/meetings/tinh"}); a.status != 204 {
		t.Errorf("end: status %d", a.status)
	}
	problem(t, h.do(call{method: "DELETE", path: "/api/v1/meetings/tinh"}), 404)
	if s := h.screen("660"); s.Show.Presenter != "" || s.Scene != "ngay-thuong" || s.Area != "660" {
		t.Errorf("after the meeting: %+v %+v", s, s.Show)
	}
}

func TestWhatAPageSaysIsListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	beat := map[string]any{
		"build": "b", "seq": 12, "heap_bytes": 50_000_000, "nodes": 900, "long_tasks": 1, "fps": 59.5, "skew_ms": -20, "width": 3840,
		"height": 2160, "scene": "ngay-thuong", "area": "67", "density": "near", "phase": "live", "version": 0,
	}
	h.set("phong", map[string]any{"point": "Phòng họp", "area": "660"})
	for range 3 {
		if a := h.do(call{method: "POST", path: "/api/v1/screens/663/beat", body: beat}); a.status != 204 {
			t.Fatalf("beat: status %d %s", a.status, a.body)
		}
	}
	list := h.listed()
	if len(list) != 2 {
		t.Fatalf("listed %v", list)
	}
	if s := list["663"]; !s.Connected || s.Beat == nil || s.Beat.Seq != 12 || *s.Beat.FPS != 59.5 || s.Seen != nil {
		t.Errorf("who speaks: %+v", s)
	}
	if s := list["phong"]; s.Connected || s.Beat != nil || s.Point != "Phòng họp" || s.Settings.Area != "660" {
		t.Errorf("who is silent: %+v", s)
	}
	beat["phase"] = "dead"
	if p := problem(t, h.do(call{method: "POST", path: "/api/v1/screens/663/beat", body: beat}), 422); !hasFault(p, "phase", "unknown") {
		t.Errorf("a phase of its own: %+v", p)
	}
	if a := h.do(call{method: "POST", path: "/api/v1/screens/663/beat", body: map[string]any{"build": strings.Repeat("x", 5000)}}); a.status != 413 {
		t.Errorf("a large beat: status %d", a.status)
	}

	read[ordered](t, h.order([]string{"phong"}, map[string]any{"scene": "mua-bao"}), 200)
	seen := func(version int, applied bool, reason string) answer {
		return h.do(call{method: "POST", path: "/api/v1/screens/phong/seen", body: map[string]any{"version": version, "applied": applied, "reason": reason}})
	}
	if a := seen(2, false, "Chữ quá nhỏ"); a.status != 204 {
		t.Fatalf("seen: status %d %s", a.status, a.body)
	}
	seen(1, true, "") // a late one
	if s := h.listed()["phong"]; s.Seen == nil || s.Seen.Version != 2 || s.Seen.Applied || s.Seen.Reason != "Chữ quá nhỏ" {
		t.Errorf("confirmation %+v", s.Seen)
	}
	problem(t, seen(9, true, ""), 409)
	problem(t, seen(-1, true, ""), 422)

	if a := h.do(call{method: "DELETE", path: "/api/v1/screens/phong"}); a.status != 204 {
		t.Errorf("delete: status %d", a.status)
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/screens/phong"}), 404)
	if _, ok := h.listed()["phong"]; ok {
		t.Error("a deleted screen is listed")
	}
	events := h.events()
	if got := events[len(events)-1]; got != "gone phong 3 {screen/phong}" {
		t.Errorf("last event %q", got)
	}
	// It comes back with a version its old pages have not seen.
	if got := h.set("phong", map[string]any{}); got.Screens[0].Version != 4 {
		t.Errorf("made again as version %d", got.Screens[0].Version)
	}
}

func TestAScreensTopicHoldsTheScreen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	live := h.store.Live(view.NewLens(time.UTC, nil), func(t schema.Topic) bool { return t.Area() == "660" })
	h.set("phong", map[string]any{"panel_mm": 1370, "viewing_mm": 3000})
	for topic, want := range map[string]int64{"screen/phong": 1, "screen/660": 0} {
		snap, err := live.Snapshot(t.Context(), topic)
		must(t, err)
		var data struct {
			Reports   []json.RawMessage
			Truncated int
			Screen    screenAnswer
		}
		must(t, json.Unmarshal(snap.Data, &data))
		if data.Reports == nil || len(data.Reports) != 0 || "screen/"+data.Screen.ID != topic || data.Screen.Version != want {
			t.Errorf("%s: %s", topic, snap.Data)
		}
	}
	if _, err := live.Snapshot(t.Context(), "screen/nowhere"); err == nil {
		t.Error("a screen that is not there has a topic")
	}
	for topic, want := range map[string]int{"screen/phong": 200, "screen/663": 200, "screen/nowhere": 422} {
		a := h.do(call{method: "POST", path: "/api/v1/tickets", body: map[string]any{"topics": []string{topic}, "screen": "phong"}})
		if a.status != want {
			t.Errorf("ticket for %s: status %d, want %d", topic, a.status, want)
		}
	}
}

func TestOrdersAtOnceAreGivenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const orders = 12
	done := make(chan error, orders)
	for i := range orders {
		go func() {
			a, err := h.try(call{method: "POST", path: "/api/v1/screens/orders", body: map[string]any{
				"screens": []string{"tinh", "660"}, "show": map[string]any{"message": map[string]any{"text": fmt.Sprint(i)}},
			}})
			if err == nil && a.status != 200 {
				err = fmt.Errorf("status %d %s", a.status, a.body)
			}
			done <- err
		}()
	}
	for range orders {
		must(t, <-done)
	}
	var want []string
	for i := range orders {
		want = append(want, fmt.Sprintf("screen 660 %d {screen/660}", i+1), fmt.Sprintf("screen tinh %d {screen/tinh}", i+1))
	}
	if diff := cmp.Diff(want, h.events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
