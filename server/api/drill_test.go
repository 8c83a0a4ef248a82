package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/drill"
	"toancanh/server/drilling"
)

// stage is a house with a player of drills whose clock the test moves: it begins some minutes ago, so that what is sent at a
// later instant of the drill is never in the future of the doors.
type stage struct {
	*house
	lead   *visitor
	player *drilling.Player

	mu     sync.Mutex
	now    time.Time
	levels []drilling.Level
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{now: time.Now().Add(-4 * time.Minute).Truncate(time.Millisecond)}
	s.house = newHouse(t, func(c *api.Config, _ *fiber.App) {
		c.Now = s.clock
	})
	atlas, err := sampleAtlas()
	must(t, err)
	doors := drilling.NewLoopback()
	base, err := url.Parse(s.base)
	must(t, err)
	address, err := net.ResolveTCPAddr("tcp", base.Host)
	must(t, err)
	doors.At(address)
	s.player = drilling.New(drilling.Config{
		Store: s.store, Doors: doors, Actor: s.deeds, Atlas: atlas, Division: "vn-2022", Now: s.clock,
		Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	})
	s.registerProvince()
	s.lead = s.as(access.ShiftLead, province())
	return s
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	s.now = s.now.Add(d)
	s.mu.Unlock()
	s.player.Look()
}

// leads plays until the returned function is called: a term of a leader.
func (s *stage) leads() (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.player.Lead(ctx, func(levels []schema.Level) {
			var l drilling.Level
			for _, one := range levels {
				if one.Topic == "wall/vn-2022/67" {
					_ = json.Unmarshal(one.Data, &l)
				}
			}
			s.mu.Lock()
			s.levels = append(s.levels, l)
			s.mu.Unlock()
		})
	}()
	return func() { stop(); <-done }
}

func (s *stage) registerProvince() {
	s.t.Helper()
	levels := []any{map[string]any{"at": 589.5, "state": "warning", "label": "BĐ2", "source": "05/2020/QĐ-TTg"}}
	at := func(code, kind string, levels []any) map[string]any {
		m := map[string]any{"code": code, "name": "Trạm " + code, "kind": kind, "lat": 12.002, "lon": 107.690}
		if levels != nil {
			m["levels"] = levels
		}
		return m
	}
	a := s.do(call{method: "PUT", path: "/api/v1/sensors", key: s.key(auth.RightSensors), body: map[string]any{"sensors": []any{
		at("mua-1", "rain", nil), at("mua-2", "rain", nil), at("dien-1", "power", nil), at("song-1", "river", levels),
	}}})
	if a.status != 200 {
		s.t.Fatalf("register: %d %s", a.status, a.body)
	}
}

type drillAnswer struct {
	ID, State, Problem string
	Deeds, Played      int
	Cleared            bool
	Score              *int
	Debrief            *drill.Debrief
	MayHold            bool `json:"may_hold"`
}

func (s *stage) plan(body map[string]any) drillAnswer {
	s.t.Helper()
	return read[drillAnswer](s.t, s.lead.try("POST", "/api/v1/drills", body), 201)
}

func (s *stage) drill(id string) drillAnswer {
	s.t.Helper()
	return read[drillAnswer](s.t, s.lead.try("GET", "/api/v1/drills/"+id, nil), 200)
}

// until waits for what another goroutine does.
func (s *stage) until(what string, id string, holds func(drillAnswer) bool) drillAnswer {
	s.t.Helper()
	var d drillAnswer
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if d = s.drill(id); holds(d) {
			return d
		}
	}
	s.t.Fatalf("waited in vain until %s: %+v", what, d)
	return d
}

// A drill comes through the doors, twice with a leader that dies in between, is a drill wherever it is seen, counts nowhere, is
// judged, and leaves nothing behind.
func TestADrillIsPlayedOnceJudgedAndTakenAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	d := s.plan(map[string]any{"scenario": "mua-bao", "area": "67", "speed": 20})
	end := s.leads()
	s.until("it runs", d.ID, func(d drillAnswer) bool { return d.State == "running" && d.Played > 0 })
	s.pass(80 * time.Second) // 27 minutes of the script
	half := s.until("half is played", d.ID, func(d drillAnswer) bool { return d.Played > 60 })
	end()
	if half.Played == half.Deeds {
		t.Fatalf("all of it is played already: %+v", half)
	}
	end = s.leads()
	defer end()
	s.pass(110 * time.Second)
	s.until("all is played", d.ID, func(d drillAnswer) bool { return d.Played == d.Deeds })

	if n := s.text("select count(*)::text from report where origin = 'drill' and withdrawn_at is null"); n != "10" {
		t.Errorf("%s reports of the drill, want 10", n)
	}
	if n := s.text("select count(*)::text from report where origin <> 'drill'"); n != "0" {
		t.Errorf("%s reports that are none of it", n)
	}
	if n := s.text("select count(*)::text from reading r join sensor s on s.id = r.sensor_id where r.origin <> 4 or s.origin <> 'drill'"); n != "0" {
		t.Errorf("%s readings are of another origin", n)
	}
	counts, err := s.store.CountAreas(t.Context(), "vn-2022", false, time.Now())
	must(t, err)
	if c := counts["67"]; c.Open != 0 {
		t.Errorf("the drill is counted: %+v", c)
	}
	figures := read[struct {
		KPIs struct{ Sources struct{ Total int } }
	}](t, s.lead.try("GET", "/api/v1/kpis", nil), 200)
	if n := figures.KPIs.Sources.Total; n != 4 {
		t.Errorf("of %d sensors is told, the province has 4", n)
	}
	emergency := s.text("select id::text from report where origin = 'drill' and emergency order by received_at limit 1")
	if a := s.lead.try("POST", "/api/v1/reports/"+emergency+"/acts", map[string]any{"act": "accept", "version": 1}); a.status != 200 {
		t.Fatalf("accept: %d %s", a.status, a.body)
	}
	if n := s.text("select count(*)::text from public_report"); n != "0" {
		t.Errorf("%s of the drill's reports are public", n)
	}

	river := s.text("select code from sensor where origin = 'drill' and kind = 'river'")
	s.alarmRow(river, "high", "unacked", "", "level", "drill", 1)
	s.alarmRow("song-1", "high", "unacked", "", "level", "simulated", 1)
	s.pass(50 * time.Second) // to its end by itself
	s.until("it is judged", d.ID, func(d drillAnswer) bool { return d.Debrief != nil })
	s.pass(11 * time.Second)
	done := s.until("it is over", d.ID, func(d drillAnswer) bool { return d.Cleared })
	if done.State != "ended" || done.Problem != "" || done.Score == nil || done.Debrief == nil || len(done.Debrief.Reports) != 4 {
		t.Errorf("ended as %+v", done)
	}
	if n := s.text("select count(*)::text from report where origin = 'drill' and withdrawn_at is null"); n != "0" {
		t.Errorf("%s reports are left", n)
	}
	if n := s.text("select count(*)::text from sensor where origin = 'drill' and standing = 'active'"); n != "0" {
		t.Errorf("%s sensors are left", n)
	}
	if open := s.text("select string_agg(target, ' ') from alarm where state <> 'closed'"); open != "song-1" {
		t.Errorf("open are alarms of %s", open)
	}
	if len(done.Debrief.Alarms) != 1 || done.Debrief.Alarms[0].Met {
		t.Errorf("judged are %+v", done.Debrief.Alarms)
	}
	if n := s.text("select count(*)::text from api_key where label like 'Diễn tập%' and revoked_at is null"); n != "0" {
		t.Errorf("%s keys are left", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.levels, func(l drilling.Level) bool { return l.Running != nil && l.Running.ID == d.ID }) ||
		s.levels[len(s.levels)-1].Running != nil {
		t.Errorf("the screens heard %+v", s.levels)
	}
}

func TestADrillIsCalledOffOrEndedByItsLeadAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	later := s.plan(map[string]any{"scenario": "mat-lien-lac", "area": "660", "starts_at": s.clock().Add(time.Hour), "title": "Tập cuối tháng"})
	operator := s.as(access.Operator, province())
	if a := operator.try("POST", "/api/v1/drills/"+later.ID+"/end", nil); a.status != 403 {
		t.Errorf("an operator ends a drill: %d %s", a.status, a.body)
	}
	if a := operator.try("POST", "/api/v1/drills", map[string]any{"scenario": "mua-bao", "area": "67"}); a.status != 403 {
		t.Errorf("an operator plans a drill: %d %s", a.status, a.body)
	}
	elsewhere := s.as(access.ShiftLead, foreign())
	if a := elsewhere.try("POST", "/api/v1/drills/"+later.ID+"/end", nil); a.status != 404 {
		t.Errorf("a lead of elsewhere ends a drill: %d %s", a.status, a.body)
	}
	if d := read[drillAnswer](t, s.lead.try("POST", "/api/v1/drills/"+later.ID+"/end", nil), 200); d.State != "cancelled" {
		t.Errorf("called off: %+v", d)
	}
	problem(t, s.lead.try("POST", "/api/v1/drills/"+later.ID+"/end", nil), 409)

	p := problem(t, s.lead.try("POST", "/api/v1/drills", map[string]any{"scenario": "chay-rung", "area": "67", "speed": 99}), 422)
	if !hasFault(p, "speed", "out_of_range") || !hasFault(p, "area", "no_actor") {
		t.Errorf("refused with %+v", p.Errors)
	}
	p = problem(t, s.lead.try("POST", "/api/v1/drills", map[string]any{"scenario": "gì đó", "area": "1"}), 422)
	if !hasFault(p, "scenario", "unknown") || !hasFault(p, "area", "unknown") {
		t.Errorf("refused with %+v", p.Errors)
	}
}

// Nobody but the player speaks for a drill's sensors, and the player for no others.
func TestADrillSpeaksForItsOwnSensorsOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(auth.RightSensors, auth.RightReadings, auth.RightDrill)
	river := map[string]any{"code": "dien-tap-x-1", "name": "[DIỄN TẬP] Sông", "kind": "river", "lat": 12.002, "lon": 107.690}
	if a := s.do(call{method: "PUT", path: "/api/v1/sensors", key: key, body: map[string]any{"sensors": []any{river}}}); a.status != 200 {
		t.Fatalf("register: %d %s", a.status, a.body)
	}
	river["code"] = "song-1"
	problem(t, s.do(call{method: "PUT", path: "/api/v1/sensors", key: key, body: map[string]any{"sensors": []any{river}}}), 422)
	at := s.clock().UTC().Format(time.RFC3339)
	for _, c := range []struct {
		key, sensor string
		taken       int
	}{
		{key, "dien-tap-x-1", 1},
		{key, "song-1", 0},
		{s.key(auth.RightReadings), "dien-tap-x-1", 0},
		{s.key(auth.RightReadings), "song-1", 1},
	} {
		a := s.do(call{method: "POST", path: "/api/v1/readings", key: c.key, body: map[string]any{"sensor": c.sensor, "at": at, "value": 590}})
		if got := read[struct{ Accepted int }](t, a, 200); got.Accepted != c.taken {
			t.Errorf("%s: %d taken, want %d: %s", c.sensor, got.Accepted, c.taken, a.body)
		}
	}
	p := problem(t, s.lead.try("POST", "/api/v1/keys", map[string]any{"label": "của ai", "rights": []string{"drill"}}), 403)
	if strings.Contains(p.Detail, "drill") {
		t.Errorf("told %q", p.Detail)
	}
	administrator := s.as(access.Administrator, access.Scope{})
	if p := problem(t, administrator.try("POST", "/api/v1/keys", map[string]any{"label": "của ai", "rights": []string{"drill"}}), 422); !hasFault(p, "rights", "unknown") {
		t.Errorf("refused with %+v", p.Errors)
	}
}
