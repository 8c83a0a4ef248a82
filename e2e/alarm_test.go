//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/alarm"
	"toancanh/server/embedded/testpg"
	"toancanh/server/embedded/testredis"
	"toancanh/server/sensor"
)

// gauges are the rain gauges of the storm, and stormSteps how many minutes of it come between two faults.
const (
	gauges     = 30
	stormSteps = 12
)

// storm sends the readings of a storm to a program, minute after minute, each until it is taken.
type storm struct {
	t      testing.TB
	s      *server
	header http.Header
	began  time.Time
	dice   *rand.Rand
	level  [gauges]float64

	mu   sync.Mutex
	sent [gauges][]sensor.Reading // what was acknowledged, in order
}

func gauge(i int) string { return fmt.Sprintf("mua-%02d", i) }

func newStorm(t testing.TB, w *town, s *server) *storm {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "key", "new", "storm of the test", "readings", "sensors")
	cmd.Env = append(surroundings(t), "TOANCANH_DATABASE_URL="+w.postgres.DSN(testpg.App))
	token, err := cmd.Output()
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	m := &storm{
		t: t, s: s, header: http.Header{"Authorization": {"Bearer " + strings.TrimSpace(string(token))}},
		began: time.Now().Add(-40 * time.Hour).Truncate(time.Minute).UTC(), dice: rand.New(rand.NewPCG(20, 26)), //nolint:gosec // one storm
	}
	list := make([]map[string]any, gauges)
	for i := range list {
		list[i] = map[string]any{"code": gauge(i), "name": "Mưa " + gauge(i), "kind": "rain", "unit": "mm", "lat": 12.0, "lon": 107.69, "stale_after_s": 86400}
	}
	m.put("/api/v1/sensors", m.header, map[string]any{"sensors": list})
	return m
}

func (m *storm) put(path string, header http.Header, body any) {
	m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	a, err := m.s.api().send(http.MethodPut, path, header, raw)
	if err := a.into(err, path, nil); err != nil {
		m.t.Fatal(err)
	}
}

// blow sends some minutes of the storm.
func (m *storm) blow(minutes int) {
	for range minutes {
		at := m.began.Add(time.Duration(len(m.sent[0])) * time.Minute)
		body := make([]map[string]any, gauges)
		for i := range body {
			m.level[i] = max(0, min(95, m.level[i]+25*(m.dice.Float64()-0.47)))
			body[i] = map[string]any{"sensor": gauge(i), "at": at, "value": m.level[i]}
		}
		raw, err := json.Marshal(body)
		if err != nil {
			m.t.Error(err)
			return
		}
		eventually(m.t, "a minute of the storm is taken", 60*time.Second, func() bool {
			// What was kept before an answer was lost comes again as a duplicate.
			a, err := m.s.api().send(http.MethodPost, "/api/v1/readings", m.header, raw)
			return err == nil && (a.status == 200 || a.status == 422 && strings.Contains(string(a.body), "duplicate"))
		}, nil)
		m.mu.Lock()
		for i := range m.sent {
			m.sent[i] = append(m.sent[i], sensor.Reading{Sensor: gauge(i), At: at, Value: m.level[i]})
		}
		m.mu.Unlock()
	}
}

// await waits until some more minutes of the storm are taken.
func (m *storm) await(minutes int) {
	m.t.Helper()
	blown := func(least int) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.sent[0]) >= least
	}
	m.mu.Lock()
	from := len(m.sent[0])
	m.mu.Unlock()
	eventually(m.t, "the storm blows", 60*time.Second, func() bool { return blown(from + minutes) }, nil)
}

// story is what the rules make of the readings, told by themselves.
func (m *storm) story(t alarm.Type) []string {
	var list []string
	for i, readings := range m.sent {
		s := sensor.Sensor{Code: gauge(i), Kind: "rain", Unit: "mm"}
		judge := alarm.NewJudge(&s, []alarm.Type{t})
		var changes []alarm.Change
		for _, r := range readings {
			changes = judge.Take(r.At, r.Value, changes)
		}
		var a alarm.Alarm
		for _, c := range changes {
			if a.ID == "" {
				var e alarm.Entry
				a, e = alarm.Raise(t, alarm.Target{Code: s.Code}, c, s.Code, m.began)
				list = append(list, fmt.Sprintf("%s %s %s", s.Code, e.Act, e.To))
				continue
			}
			after, entries := a.Take(c, m.began)
			for _, e := range entries {
				list = append(list, fmt.Sprintf("%s %s %s", s.Code, e.Act, e.To))
			}
			a = after
		}
	}
	return list
}

// TestAlarmsOfAStormAreNeitherLostNorDoubled kills the program, the database and the bus while a storm is taken in, and holds
// the alarms that are kept to what the rules make of the readings that were acknowledged.
func TestAlarmsOfAStormAreNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve()
	m := newStorm(t, w, s)
	none := alarm.Seconds(0)
	kind := alarm.Type{
		Code: "mua_to", Version: 2, Label: "Mưa to", Source: alarm.FromSensor, Priority: alarm.Medium, Enabled: true,
		Condition: alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"rain"}, Limit: 50, OnDelay: &none},
	}
	m.put("/api/v1/alarm-types/mua_to", nil, map[string]any{
		"version": 0, "why": "trận bão của bài thử", "label": kind.Label, "source": "sensor", "priority": "medium", "cause": "Dông", "consequence": "Ngập",
		"response": "Báo xã", "response_minutes": 30, "owner": "pctt", "call_list": []string{"truc_ban"}, "condition": kind.Condition,
	})
	if err := s.api().postJSON("/api/v1/alarm-types/mua_to/enable", map[string]any{"version": 1, "why": "trận bão của bài thử"}, nil); err != nil {
		t.Fatal(err)
	}
	// The judge learns of a type within seconds, and what came before that it judges by none.
	judged := fmt.Sprintf("toancanh_alarms_sensors %d\n", gauges)
	eventually(t, "the type is in force", limit(10*time.Second), func() bool {
		a, err := s.api().get("/metrics")
		return err == nil && strings.Contains(string(a.body), judged)
	}, nil)
	eventually(t, "the first alarm", limit(30*time.Second), func() bool {
		m.blow(1)
		return w.count("select count(*) from alarm") > 0
	}, nil)
	id := w.text("select id::text from alarm limit 1")
	if err := s.api().postJSON("/api/v1/alarms/"+id+"/acts", map[string]any{"act": "shelve", "minutes": 1, "reason": "xem lại trạm"}, nil); err != nil {
		t.Fatal(err)
	}
	until := w.text("select until_at::text from alarm where id = '" + id + "'")
	faults := []func(){
		func() { s.kill(); s.start(); s.awaitReady(readyWithin) },
		func() { w.postgres.Kill(); w.postgres.Restart(); w.pool.Reset() },
		func() { command("flushall")(t, redis) },
	}
	for range times(1, 20) {
		for _, hurt := range faults {
			blown := make(chan struct{})
			go func() { defer close(blown); m.blow(stormSteps) }()
			m.await(rand.N(stormSteps / 2)) // at any instant of it
			hurt()
			<-blown
		}
	}
	s.awaitReady(readyWithin)
	m.blow(1)
	want := m.story(kind)
	eventually(t, "the alarms are those that the rules make of the readings", limit(20*time.Second), func() bool {
		return slices.Equal(want, w.kept())
	}, func() string {
		return fmt.Sprintf("%d entries (-rules +kept):\n%s", len(want), cmp.Diff(want, w.kept()))
	})
	if len(want) < gauges {
		t.Errorf("a storm of %d entries is none", len(want))
	}
	if n := w.count("select count(*) from (select type, target from alarm where state <> 'closed' group by 1, 2 having count(*) > 1) x"); n != 0 {
		t.Errorf("%d things have two open alarms of a type", n)
	}
	// What became of each was announced, and no version twice.
	if n := w.count(`select count(*) from alarm a where not exists (select from event e where e.thing = a.id::text and e.audience = 'ops'
		having max(e.version) = a.version and count(*) = count(distinct e.version))`); n != 0 {
		t.Errorf("of %d alarms the newest state was not announced, or a version twice", n)
	}
	eventually(t, "every event is numbered", limit(10*time.Second), func() bool { return w.count("select count(*) from outbox") == 0 }, nil)
	if now := w.text("select coalesce(until_at::text, 'over') from alarm where id = '" + id + "'"); now != until && now != "over" {
		t.Errorf("the shelf ends at %s, it was to end at %s", now, until)
	}
	if !long() {
		return
	}
	eventually(t, "the shelf ends by itself", 90*time.Second, func() bool {
		return w.count("select count(*) from alarm_entry where act = 'shelf_ended'") > 0
	}, nil)
	if n := w.count("select count(*) from alarm_entry where act = 'shelf_ended'"); n != 1 {
		t.Errorf("the shelf ended %d times", n)
	}
}

// kept is what the timelines of all alarms say. Who shelved one left it out of the way: that it came and went meanwhile is in its
// timeline all the same.
func (w *town) kept() []string {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `select a.target || ' ' || e.act || ' ' || e.to_state from alarm a join alarm_entry e on e.alarm_id = a.id
		where e.act not in ('shelve', 'shelf_ended') order by a.target, e.at, e.n`)
	if err != nil {
		w.t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *town) count(query string) int {
	w.t.Helper()
	var n int
	if err := w.pool.QueryRow(w.t.Context(), query).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (w *town) text(query string) string {
	w.t.Helper()
	var s string
	if err := w.pool.QueryRow(w.t.Context(), query).Scan(&s); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return s
}
