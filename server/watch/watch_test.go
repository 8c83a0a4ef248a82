package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/schema/sample"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/intake"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
	"toancanh/server/watch"
)

func TestMain(m *testing.M) { testpg.Main(m) }

const (
	division = "vn-2022"
	rootWall = "wall/vn-2022/67"
)

// room is a watch that leads on a database of its own, and what it announced.
type room struct {
	db     testpg.DB
	store  *store.Store
	intake *intake.Intake
	watch  *watch.Watch
	seat   interface {
		Stamp(context.Context, int) ([]schema.Announced, error)
	}

	mu     sync.Mutex
	silent map[string]time.Time    // by code: what alarms say of sensors
	levels map[string]schema.Level // by topic and key, the newest
	stale  int                     // levels that came with a version not above the last
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db := testpg.New(t)
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	r := &room{db: db, levels: map[string]schema.Level{}}
	if r.store, err = store.Open(t.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 3, Read: 3}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.store.Close)
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	rules, _, err := report.Load(sample.Files(), zone)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	r.intake, err = intake.New(intake.Config{
		Store: r.store, Rules: rules, Atlas: atlas, Division: division, Sealer: sealer, Origin: report.Simulated,
		Location: zone, Now: time.Now, Wake: func() {}, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.watch = watch.New(watch.Config{
		Store: r.store, Actor: r.intake, Atlas: atlas, Rules: rules, Division: division, Origin: report.Simulated, Location: zone,
		Keep: store.Retention{Readings: 400 * 24 * time.Hour, Events: 48 * time.Hour}, Now: time.Now, Log: log,
		Silent: r.hushed,
	})
	seat, err := store.NewSeats(db.DSN("toancanh_app"), "test").TakeSeat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(seat.Close)
	r.seat = seat
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.intake.Run(ctx) })
	running.Go(func() { r.watch.Lead(ctx, r.announce) })
	t.Cleanup(func() { stop(); running.Wait() })
	return r
}

func (r *room) hushed() map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent
}

func (r *room) announce(levels []schema.Level) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range levels {
		key := l.Topic + " " + l.Key
		if old, ok := r.levels[key]; ok && l.Version <= old.Version {
			r.stale++
		}
		r.levels[key] = l
	}
}

// relay numbers what waits and tells the watch, as the relay does.
func (r *room) relay(t *testing.T) {
	t.Helper()
	for {
		events, err := r.seat.Stamp(t.Context(), 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return
		}
		r.watch.Stamped(events)
	}
}

// number reads a field of a level; ok is false when it is absent or null.
func (r *room) number(topic, key, field string) (float64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.levels[topic+" "+key]
	if !ok {
		return 0, false
	}
	var data map[string]any
	_ = json.Unmarshal(l.Data, &data)
	v, ok := data[field].(float64)
	return v, ok
}

// origin is what a level says its numbers are.
func (r *room) origin(topic, key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var data struct{ Origin string }
	_ = json.Unmarshal(r.levels[topic+" "+key].Data, &data)
	return data.Origin
}

// areas is how many areas the list of a topic counts.
func (r *room) areas(topic string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var data struct{ Areas []kpi.Row }
	_ = json.Unmarshal(r.levels[topic+" kpi/areas"].Data, &data)
	return len(data.Areas)
}

func (r *room) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never seen: %s", what)
		}
		<-tick.C
	}
}

func (r *room) untilNumber(t *testing.T, topic, key, field string, want float64) {
	t.Helper()
	r.until(t, topic+" "+key+"."+field, func() bool { got, ok := r.number(topic, key, field); return ok && got == want })
}

func draft(at report.Point) report.Draft {
	return report.Draft{Category: "MT", Description: "Rác", Location: at, Source: report.FromAPI}
}

func TestCountersFollowAReport(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.untilNumber(t, rootWall, "kpi/open", "value", 0) // an empty province has its zeros
	if got, want := r.areas(rootWall), len(r.watch.Atlas.Tree.Children(division, "67")); got != want {
		t.Errorf("%d areas are counted in an empty province, want all %d", got, want)
	}
	for _, key := range []string{"kpi/open", "kpi/areas", "kpi/sources", "kpi/rain_1h"} {
		r.until(t, key+" of nothing has the dataset's origin", func() bool { return r.origin(rootWall, key) == string(r.watch.Origin) })
	}
	raw, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{Draft: draft(report.Point{Lat: 12.007, Lon: 107.696})})
	if err != nil {
		t.Fatal(err)
	}
	var receipt intake.Receipt
	if err := json.Unmarshal(raw, &receipt); err != nil {
		t.Fatal(err)
	}
	r.relay(t)
	stored, err := r.store.Report(t.Context(), receipt.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range schema.AreaTopics(schema.Wall, division, stored.Path...) {
		r.untilNumber(t, topic, "kpi/open", "value", 1)
		r.untilNumber(t, topic, "kpi/received_24h", "value", 1)
	}
	if _, err := r.intake.Act(t.Context(), receipt.ID, report.Act{Name: report.Refuse, Reason: "Không thuộc phạm vi", Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	r.relay(t)
	r.untilNumber(t, rootWall, "kpi/open", "value", 0)
	if v, ok := r.number(rootWall, "kpi/on_time_30d", "value"); ok {
		t.Errorf("on time without anything due = %v, want no value", v)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stale > 0 {
		t.Errorf("%d levels came without a greater version", r.stale)
	}
}

func TestCountersEqualTheirSQLAfterHistoryAndActs(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	dice := rand.New(rand.NewPCG(1, 2))
	now := time.Now()
	var list []intake.PastReport
	for range 300 {
		born := now.Add(-time.Duration(dice.Int64N(int64(40 * 24 * time.Hour))))
		p := intake.PastReport{Draft: draft(report.Point{Lat: 11.9 + 0.4*dice.Float64(), Lon: 107.5 + 0.3*dice.Float64()}), ReceivedAt: born}
		at := born
		for _, act := range []report.Act{
			{Name: report.Accept},
			{Name: report.Assign, Unit: "so-xd"},
			{Name: report.Start},
			{Name: report.Resolve, Text: "Xong"},
			{Name: report.Publish, Text: "Xong"},
		} {
			at = at.Add(time.Duration(dice.Int64N(int64(30 * time.Hour))))
			if at.After(now) || dice.IntN(8) == 0 {
				break
			}
			act.Actor = "x"
			p.Acts = append(p.Acts, intake.PastAct{Act: act, At: at})
		}
		list = append(list, p)
	}
	taken := 0
	body := intake.PastBody{Reports: list, Answer: func(n int, _ error) (json.RawMessage, error) {
		taken = n
		return nil, nil
	}}
	if _, _, err := r.intake.AcceptHistory(t.Context(), body); err != nil || taken < 200 {
		t.Fatalf("AcceptHistory took %d, %v", taken, err)
	}
	r.relay(t)
	counts, err := r.store.CountAreas(t.Context(), division, false, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if counts["67"].OnTimeDue == 0 || counts["67"].Overdue == 0 || counts["67"].OnTimeMet == counts["67"].OnTimeDue {
		t.Fatalf("the history shows nothing: %+v", counts["67"])
	}
	for code, c := range counts {
		path := r.path(t, code)
		topic := schema.AreaTopic(schema.Wall, division, path...)
		for _, tile := range []struct {
			key, field string
			want       int
		}{
			{"kpi/open", "value", c.Open},
			{"kpi/overdue", "value", c.Overdue},
			{"kpi/received_24h", "value", c.Received24h},
			{"kpi/on_time_30d", "met", c.OnTimeMet},
			{"kpi/on_time_30d", "due", c.OnTimeDue},
		} {
			r.untilNumber(t, topic, tile.key, tile.field, float64(tile.want))
		}
	}
}

func (r *room) path(t *testing.T, code string) []string {
	t.Helper()
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return atlas.Tree.Path(division, code)
}

func TestReadingsBecomeLevelsOfEveryAreaAbove(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	sensors := []sensor.Sensor{
		{Code: "mua-1", Name: "Mưa 1 giờ (mẫu)", Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute},
		{Code: "mua-2", Name: "Mưa 1 giờ (mẫu)", Kind: "rain", Unit: "mm", Lat: 12.5, Lon: 107.67, StaleAfter: 30 * time.Minute},
	}
	if err := r.intake.RegisterSensors(t.Context(), sensors); err != nil {
		t.Fatal(err)
	}
	item := sensor.Item{Reading: sensor.Reading{Sensor: "mua-1", At: time.Now().Add(-time.Minute), Value: 12.34}}
	if n, refused, err := r.intake.AcceptReadings(t.Context(), []sensor.Item{item}, sensor.Ordinary, ""); err != nil || n != 1 {
		t.Fatalf("AcceptReadings = %d, %v, %v", n, refused, err)
	}
	r.untilNumber(t, rootWall, "sensor/mua-1", "value", 12.34)
	r.untilNumber(t, rootWall, "kpi/rain_1h", "value", 12.3)
	r.untilNumber(t, rootWall, "kpi/sources", "live", 1)
	r.untilNumber(t, rootWall, "kpi/sources", "total", 2)
}

func TestASilentSensorIsMarkedAtOnceAndUntilItSpeaks(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if err := r.intake.RegisterSensors(t.Context(), []sensor.Sensor{
		{Code: "mua-1", Name: "Mưa 1 giờ (mẫu)", Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute},
	}); err != nil {
		t.Fatal(err)
	}
	item := sensor.Item{Reading: sensor.Reading{Sensor: "mua-1", At: time.Now().Add(-time.Minute), Value: 3}}
	if n, _, err := r.intake.AcceptReadings(t.Context(), []sensor.Item{item}, sensor.Ordinary, ""); err != nil || n != 1 {
		t.Fatalf("AcceptReadings = %d, %v", n, err)
	}
	r.untilNumber(t, rootWall, "sensor/mua-1", "value", 3)
	say := func(silent map[string]time.Time, want string) {
		t.Helper()
		r.mu.Lock()
		r.silent = silent
		r.mu.Unlock()
		r.until(t, "the sensor's level holds "+want, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			data := string(r.levels[rootWall+" sensor/mua-1"].Data)
			return strings.Contains(data, `"silent":true`) == (want != "") && strings.Contains(data, want)
		})
	}
	say(map[string]time.Time{"mua-1": time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}, `"since":"2026-11-23T02:00:00Z"`)
	say(nil, "")
}

func TestRollupMakesLateBucketsAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if err := r.intake.RegisterSensors(t.Context(), []sensor.Sensor{
		{Code: "mua-1", Name: "Mưa 1 giờ (mẫu)", Kind: "rain", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: 30 * time.Minute},
	}); err != nil {
		t.Fatal(err)
	}
	late := time.Now().Add(-24 * time.Hour).Truncate(5 * time.Minute)
	for i, value := range []float64{1, 3} {
		item := sensor.Item{Reading: sensor.Reading{Sensor: "mua-1", At: late.Add(time.Duration(i) * time.Minute), Value: value}}
		if n, _, err := r.intake.AcceptReadings(t.Context(), []sensor.Item{item}, sensor.Ordinary, ""); err != nil || n != 1 {
			t.Fatalf("AcceptReadings = %d, %v", n, err)
		}
		if err := r.store.Rollup(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		var count int
		var sum float64
		err := r.db.Owner.QueryRow(t.Context(), "select n, sum from reading_5m where bucket = $1", late).Scan(&count, &sum)
		if want := []float64{1, 4}[i]; err != nil || count != i+1 || sum != want {
			t.Errorf("bucket after %d readings: n %d, sum %v, %v; want sum %v", i+1, count, sum, err, want)
		}
	}
}
