package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/limit"
)

type keyAnswer struct {
	ID, Label string
	Rights    []string
	Scope     struct{ Sensors, Categories, Areas []string }
	PerMinute int `json:"per_minute"`
	Burst     int
	Version   int64
	Former    *time.Time `json:"former_until"`
	UsedAt    *time.Time `json:"used_at"`
}

type tokenAnswer struct {
	Key   keyAnswer
	Token string
}

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now().UTC().Truncate(time.Second)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// by gives a house's door the clock.
func (c *clock) by(a *api.Config, _ *fiber.App) { a.Now = c.now }

// scoped makes a key with a scope and returns its token.
func (h *house) scoped(scope auth.KeyScope, rights ...auth.Right) string {
	h.t.Helper()
	k, token, err := auth.NewKey("test", rights...)
	must(h.t, err)
	k.Scope = scope
	must(h.t, h.store.AddKey(h.t.Context(), k))
	return token
}

func TestAKeyFromTheConsole(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHouse(t, real, c.by)
	admin := h.as(access.Administrator, access.Scope{})
	bad := problem(t, admin.try("POST", "/api/v1/keys", map[string]any{
		"label": "", "rights": []string{"tất cả"}, "per_minute": 0, "scope": map[string]any{"sensors": []string{"*"}, "areas": []string{"660"}, "x": 1},
	}), 422)
	for field, reason := range map[string]string{
		"label": "format", "rights": "unknown", "per_minute": "out_of_range", "scope.sensors": "unknown", "scope.areas": "unknown", "scope.x": "unknown_field",
	} {
		if !hasFault(bad, field, reason) {
			t.Errorf("%s is not said to be %s: %+v", field, reason, bad.Errors)
		}
	}
	made := read[tokenAnswer](t, admin.try("POST", "/api/v1/keys", map[string]any{
		"label": "Trạm mưa Gia Nghĩa", "rights": []string{"readings"}, "scope": map[string]any{"sensors": []string{"mua-*"}},
	}), 201)
	if made.Key.PerMinute != auth.UsualRate().PerMinute || made.Key.UsedAt != nil || !strings.HasPrefix(made.Token, "tck_"+made.Key.ID) {
		t.Fatalf("%+v", made)
	}
	list := admin.try("GET", "/api/v1/keys", nil)
	secret := made.Token[len("tck_")+len(made.Key.ID)+1:]
	if strings.Contains(string(list.body), secret) || !strings.Contains(string(list.body), made.Key.ID) {
		t.Errorf("the list is %s", list.body)
	}
	try := func(token string) int {
		return h.do(call{method: "POST", path: "/api/v1/readings", key: token, body: []any{}}).status
	}
	if got := try(made.Token); got != 200 {
		t.Fatalf("a new key: %d", got)
	}
	path := "/api/v1/keys/" + made.Key.ID
	problem(t, admin.try("PUT", path, map[string]any{"version": 7, "label": "x"}), 409)
	changed := read[keyAnswer](t, admin.try("PUT", path, map[string]any{
		"version": 1, "label": "Trạm mưa", "per_minute": 60, "scope": map[string]any{"categories": []string{"MT"}},
	}), 200)
	if changed.Version != 2 || changed.PerMinute != 60 || changed.Burst != made.Key.Burst || !slices.Equal(changed.Scope.Categories, []string{"MT"}) || len(changed.Scope.Sensors) > 0 {
		t.Errorf("%+v", changed)
	}

	problem(t, admin.try("POST", path+"/rotation", map[string]any{"overlap_hours": 721}), 422)
	problem(t, admin.try("POST", path+"/rotation", map[string]any{"overlap_hours": int64(1) << 62}), 422)
	rotated := read[tokenAnswer](t, admin.try("POST", path+"/rotation", map[string]any{"overlap_hours": 2}), 200)
	c.move(2 * time.Second) // past what this process remembers
	if first, second := try(made.Token), try(rotated.Token); first != 200 || second != 200 || rotated.Key.Former == nil {
		t.Errorf("during the overlap the old secret answers %d, the new one %d", first, second)
	}
	c.move(2 * time.Hour)
	p := problem(t, h.do(call{method: "POST", path: "/api/v1/readings", key: made.Token, body: []any{}}), 401)
	if !hasFault(p, "", "rotated") || try(rotated.Token) != 200 {
		t.Errorf("after the overlap: %+v", p)
	}
	if a := admin.try("DELETE", path, nil); a.status != 204 {
		t.Fatal(a.status)
	}
	c.move(2 * time.Second)
	if p := problem(t, h.do(call{method: "POST", path: "/api/v1/readings", key: rotated.Token, body: []any{}}), 401); !hasFault(p, "", "revoked") {
		t.Errorf("a revoked key: %+v", p)
	}
	problem(t, admin.try("DELETE", path, nil), 404)
	problem(t, admin.try("PUT", path, map[string]any{"version": 2, "label": "x"}), 404)
	problem(t, admin.try("POST", path+"/rotation", map[string]any{}), 404)

	var rows []string
	must(t, h.db.Owner.QueryRow(t.Context(), "select array_agg(why order by id) from audit where what = 'key.manage' and object = $1", "key:"+made.Key.ID).Scan(&rows))
	if want := []string{"made", "changed", "rotated", "revoked"}; !slices.Equal(rows, want) {
		t.Errorf("the audit says %v, want %v", rows, want)
	}
	var leaks int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit a, api_key k where a::text like '%' || $1 || '%' or k::text like '%' || $1 || '%'", secret).Scan(&leaks))
	if leaks > 0 || strings.Contains(h.log.String(), secret) {
		t.Error("a secret was kept")
	}
}

// TestARevokedKeyIsRefusedByEveryProcessWithinTwoSeconds asks two doors on one database.
func TestARevokedKeyIsRefusedByEveryProcessWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	var config api.Config
	h := newHouse(t, func(c *api.Config, _ *fiber.App) { config = *c })
	app := fiber.New(config.Frame.AppConfig())
	config.Frame.Install(app)
	other, err := api.New(config)
	must(t, err)
	other.Routes(app)
	doors := []string{h.base, serve(t, app)}
	token := h.key(auth.RightReadings)
	try := func(base string) int {
		at := *h
		at.base = base
		return at.do(call{method: "POST", path: "/api/v1/readings", key: token, body: []any{}}).status
	}
	for _, base := range doors {
		if got := try(base); got != 200 {
			t.Fatalf("before: %d", got)
		}
	}
	id, _, _ := auth.SplitKey(token)
	must(t, h.store.RevokeKey(t.Context(), id))
	until := time.Now().Add(2 * time.Second)
	for _, base := range doors {
		for try(base) != 401 {
			if time.Now().After(until) {
				t.Fatalf("%s still takes the key", base)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func TestReadingsOutsideTheScopeAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(3)
	at := time.Now().Add(-time.Minute)
	body := []any{reading("mua-0", at, 1), reading("mua-1", at, 2), reading("khong-co", at, 3)}
	type taken struct {
		Accepted int
		Refused  []struct {
			Index          int
			Sensor, Reason string
			Detail         string
		}
	}
	for _, tc := range []struct {
		name     string
		scope    auth.KeyScope
		accepted int
		refused  string
	}{
		{"one sensor", auth.KeyScope{Sensors: []string{"mua-1"}}, 1, "mua-0 out_of_scope, khong-co unknown_sensor"},
		{"none of them", auth.KeyScope{Sensors: []string{"gio-*"}}, 0, "mua-0 out_of_scope, mua-1 out_of_scope, khong-co unknown_sensor"},
		{"another area", auth.KeyScope{Areas: []string{"vn-2022/661"}}, 0, "mua-0 out_of_scope, mua-1 out_of_scope, khong-co unknown_sensor"},
		{"their area, the other sensor", auth.KeyScope{Sensors: []string{"mua-0*"}, Areas: []string{"vn-2022/660"}}, 1, "mua-1 out_of_scope, khong-co unknown_sensor"},
	} {
		key := h.scoped(tc.scope, auth.RightReadings, auth.RightHistory)
		for _, path := range []string{"/api/v1/readings", "/api/v1/history/readings"} {
			at = at.Add(-time.Second)
			body[0], body[1] = reading("mua-0", at, 1), reading("mua-1", at, 2)
			got := read[taken](t, h.do(call{method: "POST", path: path, key: key, body: body}), 200)
			var refused []string
			for _, r := range got.Refused {
				refused = append(refused, r.Sensor+" "+r.Reason)
				if r.Detail == "" {
					t.Errorf("%s says no sentence", r.Reason)
				}
			}
			if got.Accepted != tc.accepted || strings.Join(refused, ", ") != tc.refused {
				t.Errorf("%s, %s: %d taken, refused %v", tc.name, path, got.Accepted, refused)
			}
		}
	}
	event := map[string]any{"specversion": "1.0", "id": "1", "source": "/g", "type": "vn.toancanh.reading", "data": reading("mua-0", at.Add(-time.Hour), 1)}
	p := problem(t, h.do(call{
		method: "POST", path: "/api/v1/events", key: h.scoped(auth.KeyScope{Sensors: []string{"mua-1"}}, auth.RightReadings), body: event,
		header: map[string]string{"Content-Type": "application/cloudevents+json"},
	}), 422)
	if !hasFault(p, "data", "out_of_scope") {
		t.Errorf("an event: %+v", p)
	}
}

func TestSensorsOutsideTheScopeAreNeitherShownNorRegistered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(2)
	scope := auth.KeyScope{Sensors: []string{"mua-1"}}
	reader := h.scoped(scope, auth.RightReports)
	type list struct{ Sensors []struct{ Code string } }
	got := read[list](t, h.do(call{method: "GET", path: "/api/v1/sensors", key: reader}), 200)
	if len(got.Sensors) != 1 || got.Sensors[0].Code != "mua-1" {
		t.Errorf("lists %+v", got)
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/sensors/mua-0/readings", key: reader}), 404)
	if a := h.do(call{method: "GET", path: "/api/v1/sensors/mua-1/readings", key: reader}); a.status != 200 {
		t.Errorf("its own: %d", a.status)
	}
	one := func(code string, lat, lon float64) map[string]any {
		return map[string]any{"code": code, "name": "Mưa", "kind": "rain", "unit": "mm", "lat": lat, "lon": lon, "stale_after_s": 1800}
	}
	p := problem(t, h.do(call{
		method: "PUT", path: "/api/v1/sensors", key: h.scoped(auth.KeyScope{Sensors: []string{"mua-*"}, Areas: []string{"vn-2022/660"}}, auth.RightSensors),
		body: map[string]any{"sensors": []any{one("mua-7", 12.007, 107.696), one("gio-7", 12.007, 107.696)}},
	}), 422)
	if len(p.Errors) != 1 || *p.Errors[0].Index != 1 || p.Errors[0].Field != "code" || p.Errors[0].Reason != "out_of_scope" {
		t.Errorf("%+v", p.Errors)
	}
	at := pointIn(t, "661")
	neighbour := h.scoped(auth.KeyScope{Areas: []string{"vn-2022/661"}}, auth.RightSensors)
	for code, want := range map[string]int{"mua-0": 422, "mua-9": 200} { // the first stands in the area 660
		a := h.do(call{method: "PUT", path: "/api/v1/sensors", key: neighbour, body: map[string]any{"sensors": []any{one(code, at.Lat, at.Lon)}}})
		if a.status != want {
			t.Errorf("%s: %d, want %d: %s", code, a.status, want, a.body)
		}
	}
}

// pointIn is a point of an area.
func pointIn(t *testing.T, code string) area.Point {
	t.Helper()
	atlas, err := sampleAtlas()
	must(t, err)
	m, _ := atlas.Map("vn-2022")
	for lat := 11.7; lat < 12.9; lat += 0.02 {
		for lon := 107.2; lon < 108.2; lon += 0.02 {
			p := area.Point{Lat: lat, Lon: lon}
			if a, err := m.Place(p); err == nil && slices.Contains(atlas.Tree.Path("vn-2022", a.Code), code) {
				return p
			}
		}
	}
	t.Fatalf("no point lies in %s", code)
	return area.Point{}
}

func TestReportsOutsideTheScopeAreRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine, theirs := h.post("Rác ở Gia Nghĩa"), read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: map[string]any{
		"category": "AN", "description": "Mất trật tự", "location": map[string]float64{"lat": 12.007, "lon": 107.696},
	}}), 201)
	partner := h.scoped(auth.KeyScope{Categories: []string{"MT"}, Areas: []string{"vn-2022/660"}}, auth.RightReports, auth.RightHistory)
	elsewhere := h.scoped(auth.KeyScope{Areas: []string{"vn-2022/661"}}, auth.RightReports, auth.RightHistory)
	post := func(key, category string) answer {
		body := newReport("Rác")
		body["category"] = category
		return h.do(call{method: "POST", path: "/api/v1/reports", key: key, body: body})
	}
	if a := post(partner, "MT"); a.status != 201 {
		t.Errorf("inside: %d %s", a.status, a.body)
	}
	if p := problem(t, post(partner, "AN"), 422); !hasFault(p, "category", "out_of_scope") || hasFault(p, "location", "out_of_scope") {
		t.Errorf("another category: %+v", p.Errors)
	}
	if p := problem(t, post(elsewhere, "AN"), 422); !hasFault(p, "location", "out_of_scope") {
		t.Errorf("another area: %+v", p.Errors)
	}
	if p := problem(t, h.do(call{
		method: "POST", path: "/api/v1/events", key: elsewhere, header: map[string]string{"Content-Type": "application/cloudevents+json"},
		body: map[string]any{"specversion": "1.0", "id": "1", "source": "/g", "type": "vn.toancanh.report", "data": newReport("Rác")},
	}), 422); !hasFault(p, "location", "out_of_scope") {
		t.Errorf("an event: %+v", p.Errors)
	}
	past := newReport("Rác hôm qua")
	past["received_at"] = time.Now().Add(-24 * time.Hour)
	type loaded struct {
		Accepted int
		Refused  []struct {
			Index         int
			Field, Reason string
		}
	}
	got := read[loaded](t, h.do(call{method: "POST", path: "/api/v1/history", key: elsewhere, body: map[string]any{"reports": []any{past}}}), 200)
	if got.Accepted != 0 || len(got.Refused) != 1 || got.Refused[0].Field != "location" || got.Refused[0].Reason != "out_of_scope" {
		t.Errorf("the past: %+v", got)
	}
	type page struct {
		Reports []struct{ ID, Category string }
	}
	for key, want := range map[string]int{partner: 2, elsewhere: 0} {
		list := read[page](t, h.do(call{method: "GET", path: "/api/v1/reports", key: key}), 200)
		if len(list.Reports) != want {
			t.Errorf("lists %+v, want %d", list.Reports, want)
		}
	}
	for _, tc := range []struct {
		method, path string
		body         any
		status       int
	}{
		{"GET", "/api/v1/reports/" + mine.ID, nil, 200},
		{"GET", "/api/v1/reports/" + theirs.ID, nil, 404},
		{"POST", "/api/v1/reports/" + mine.ID + "/acts", map[string]any{"act": "accept", "version": 1}, 200},
		{"POST", "/api/v1/reports/" + theirs.ID + "/acts", map[string]any{"act": "accept", "version": 1}, 404},
		{"GET", "/api/v1/kpis", nil, 403}, // they count every category
		{"GET", "/api/v1/screens", nil, 403},
		{"GET", "/api/v1/boundaries", nil, 403},
		{"POST", "/api/v1/simulation", map[string]any{}, 404},
		{"POST", "/api/v1/tickets", map[string]any{"topics": []string{"ops/vn-2022/67/660"}}, 422},
		{"POST", "/api/v1/tickets", map[string]any{"topics": []string{"public/vn-2022/67"}}, 200},
	} {
		if a := h.do(call{method: tc.method, path: tc.path, key: partner, body: tc.body}); a.status != tc.status {
			t.Errorf("%s %s: %d, want %d: %s", tc.method, tc.path, a.status, tc.status, a.body)
		}
	}
	for path, want := range map[string]int{
		"/api/v1/kpis": 200, "/api/v1/kpis?area=661": 200, "/api/v1/kpis?area=660": 404, "/api/v1/kpis?area=67": 404,
		"/api/v1/areas/vn-2022/map.svg": 200, "/api/v1/areas/vn-2022/map.svg?area=661": 200,
		"/api/v1/areas/vn-2022/map.svg?area=660": 404, "/api/v1/areas/vn-2022/map.svg?area=67": 404,
	} {
		if a := h.do(call{method: "GET", path: path, key: elsewhere}); a.status != want {
			t.Errorf("%s: %d, want %d: %s", path, a.status, want, a.body)
		}
	}
}

func TestTicketsOfAChangedKeyAreVoid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.scoped(auth.KeyScope{Areas: []string{"vn-2022/660"}}, auth.RightReports)
	subject := func() string {
		a := h.do(call{method: "POST", path: "/api/v1/tickets", key: token, body: map[string]any{"topics": []string{"ops/vn-2022/67/660"}}})
		ticket, err := schema.OpenTicket(h.signer.Public(), read[struct{ Ticket string }](t, a, 200).Ticket, time.Now())
		must(t, err)
		return ticket.Subject
	}
	voided := func(name string) (n int) {
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from event where audience = 'control' and thing = $1", name).Scan(&n))
		return n
	}
	before := subject()
	id, _, _ := auth.SplitKey(token)
	k, err := h.store.Key(t.Context(), id)
	must(t, err)
	k.Label = "khác"
	_, err = h.store.ChangeKey(t.Context(), k)
	must(t, err)
	if voided(before) != 1 {
		t.Errorf("the tickets of %s are not voided", before)
	}
	until := time.Now().Add(2 * time.Second)
	for subject() == before && time.Now().Before(until) {
		time.Sleep(50 * time.Millisecond)
	}
	after := subject()
	if after == before || voided(after) != 0 {
		t.Errorf("a new ticket names %s again", after)
	}
	must(t, h.store.RevokeKey(t.Context(), id))
	if voided(after) != 1 {
		t.Errorf("the tickets of %s are not voided", after)
	}
}

// TestAKeysTicketIsShort asks for the day that only a screen's ticket lasts: a rotation takes a secret back, and voids no
// tickets.
func TestAKeysTicketIsShort(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, screen := range []any{true, "tinh"} {
		a := h.do(call{method: "POST", path: "/api/v1/tickets", key: h.key(auth.RightReports), body: map[string]any{
			"topics": []string{"ops/vn-2022/67"}, "screen": screen,
		}})
		ticket, err := schema.OpenTicket(h.signer.Public(), read[struct{ Ticket string }](t, a, 200).Ticket, time.Now())
		must(t, err)
		if ticket.Screen || ticket.ExpiresAt.Sub(ticket.IssuedAt) > auth.PersonTicket {
			t.Errorf("with screen %v: %+v", screen, ticket)
		}
	}
}

func TestAKeyThatHurriesIsToldToWait(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHouse(t, c.by, func(a *api.Config, _ *fiber.App) {
		a.Frame.Limits = limit.New(limit.Config{Now: a.Now, Log: slog.New(slog.DiscardHandler)})
	})
	k, token, err := auth.NewKey("test", auth.RightReadings)
	must(t, err)
	k.Rate = auth.KeyRate{PerMinute: 30, Burst: 3}
	must(t, h.store.AddKey(t.Context(), k))
	other := h.key(auth.RightReadings)
	send := func(key string) answer {
		return h.do(call{method: "POST", path: "/api/v1/readings", key: key, body: []any{}})
	}
	for left := 2; left >= 0; left-- {
		a := send(token)
		// Full again two seconds a request later.
		if a.status != 200 || a.header.Get("RateLimit") != fmt.Sprintf(`"key";r=%d;t=%d`, left, 2*(3-left)) || a.header.Get("RateLimit-Policy") != `"key";q=30;w=60` {
			t.Errorf("%d left: %d %q", left, a.status, a.header.Get("RateLimit"))
		}
	}
	a := send(token)
	if p := problem(t, a, 429); !hasFault(p, "", "rate_limited") || a.header.Get("Retry-After") != "2" {
		t.Errorf("%+v, Retry-After %q", p, a.header.Get("Retry-After"))
	}
	if a := send(other); a.status != http.StatusOK {
		t.Errorf("another key: %d", a.status)
	}
	c.move(2 * time.Second)
	if a := send(token); a.status != 200 {
		t.Errorf("after the wait: %d", a.status)
	}
}

func TestTheLastUseIsWrittenTogetherAndAtTheEnd(t *testing.T) {
	t.Parallel()
	var config api.Config
	h := newHouse(t, func(c *api.Config, _ *fiber.App) { config = *c })
	writes := &countedUse{Store: config.Store}
	config.Store = writes
	app := fiber.New(config.Frame.AppConfig())
	config.Frame.Install(app)
	a, err := api.New(config)
	must(t, err)
	a.Routes(app)
	h.base = serve(t, app)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = a.Run(ctx) }()
	keys := []string{h.key(auth.RightReadings), h.key(auth.RightReadings)}
	for range 20 {
		for _, key := range keys {
			if got := h.do(call{method: "POST", path: "/api/v1/readings", key: key, body: []any{}}); got.status != 200 {
				t.Fatal(got.status)
			}
		}
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/readings", key: keys[0][:len(keys[0])-1] + "x", body: []any{}}), 401)
	stop()
	<-ended
	if writes.n != 1 {
		t.Errorf("40 requests were written in %d statements, want 1", writes.n)
	}
	list, err := h.store.Keys(t.Context())
	must(t, err)
	used := 0
	for _, k := range list {
		if k.UsedAt != nil && k.UsedAt.Equal(k.UsedAt.Truncate(time.Minute)) && time.Since(*k.UsedAt) < 2*time.Minute {
			used++
		}
	}
	if used != len(keys) {
		t.Errorf("%d keys have a last use, want %d: %+v", used, len(keys), list)
	}
}

// countedUse counts how often uses of keys are written.
type countedUse struct {
	api.Store
	n int
}

func (c *countedUse) NoteKeyUse(ctx context.Context, used map[string]time.Time) error {
	c.n++
	return c.Store.NoteKeyUse(ctx, used)
}
