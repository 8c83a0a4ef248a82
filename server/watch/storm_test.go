package watch_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/server/intake"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/storm"
)

// level reads a level into data; false while there is none.
func (r *room) level(topic, key string, data any) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.levels[topic+" "+key]
	if !ok {
		return false
	}
	return json.Unmarshal(l.Data, data) == nil
}

// stormSensors are rivers and gauges in several communes, some of which fall silent.
func stormSensors() []sensor.Sensor {
	half := 30 * time.Minute
	river := []sensor.Level{{At: 588.5, State: sensor.Attention, Label: "BĐ1", Source: "mẫu"}, {At: 589.5, State: sensor.Warning, Label: "BĐ2", Source: "mẫu"}}
	rain := []sensor.Level{{At: 15, State: sensor.Attention, Label: "mưa to", Source: "mẫu"}, {At: 30, State: sensor.Warning, Label: "mưa rất to", Source: "mẫu"}}
	var list []sensor.Sensor
	for i, at := range []report.Point{{Lat: 12.002, Lon: 107.690}, {Lat: 12.292, Lon: 107.905}, {Lat: 12.476, Lon: 107.96}, {Lat: 12.6, Lon: 107.88}} {
		x := sensor.Sensor{Code: fmt.Sprintf("nuoc-%d", i), Name: "Mực nước (mẫu)", Kind: "river", Unit: "m", Lat: at.Lat, Lon: at.Lon, StaleAfter: half}
		if i != 1 {
			x.Levels = river
		}
		list = append(list, x)
	}
	for i := range 12 {
		list = append(list, sensor.Sensor{
			Code: fmt.Sprintf("mua-%d", i), Name: "Mưa 1 giờ (mẫu)", Kind: "rain", Unit: "mm", Lat: 11.95 + 0.05*float64(i), Lon: 107.65 + 0.01*float64(i%3),
			StaleAfter: half, Levels: rain,
		})
	}
	return append(list,
		sensor.Sensor{Code: "mua-ngay", Name: "Mưa 24 giờ (mẫu)", Kind: "rain_24h", Unit: "mm", Lat: 12.0, Lon: 107.69, StaleAfter: half},
		sensor.Sensor{Code: "bui", Name: "Bụi (mẫu)", Kind: "pm25", Unit: "µg/m³", Lat: 12.0, Lon: 107.69, StaleAfter: half, Levels: []sensor.Level{{At: 50, State: sensor.Attention, Label: "vượt", Source: "mẫu"}}},
		sensor.Sensor{Code: "nhiet", Name: "Nhiệt độ (mẫu)", Kind: "temperature", Unit: "°C", Lat: 12.0, Lon: 107.69, StaleAfter: half},
		sensor.Sensor{Code: "chua-nghe", Name: "Mực nước (mẫu)", Kind: "river", Unit: "m", Lat: 12.1, Lon: 107.69, StaleAfter: half, Levels: river},
	)
}

// history makes the readings of the sensors over the last 26 hours: at their own paces, with holes, trembling.
func history(dice *rand.Rand, sensors []sensor.Sensor, now time.Time) []sensor.Item {
	var items []sensor.Item
	for i, x := range sensors {
		if x.Code == "chua-nghe" {
			continue
		}
		step := []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute}[i%4]
		silentFrom := time.Duration(dice.IntN(24*60)) * time.Minute
		silentTo := silentFrom + time.Duration(dice.IntN(6*60))*time.Minute
		if i%3 == 0 {
			silentFrom, silentTo = -1, -1
		}
		for ago := 26 * time.Hour; ago > 0; ago -= step + time.Duration(dice.Int64N(int64(step/4))) {
			if ago > silentFrom && ago < silentTo {
				continue
			}
			hours := ago.Hours()
			value := map[string]float64{
				"river": 588 + 0.8*math.Sin(float64(i)+hours/3) + 0.02*dice.Float64(), "rain": math.Max(0, 25*math.Sin(float64(i)+hours/2)),
				"rain_24h": 60 + 3*hours, "pm25": 48 + 4*math.Sin(hours*8), "temperature": 24,
			}[x.Kind]
			items = append(items, sensor.Item{Reading: sensor.Reading{Sensor: x.Code, At: now.Add(-ago).Truncate(time.Millisecond), Value: math.Round(value*100) / 100}})
		}
	}
	return items
}

func (r *room) send(t *testing.T, items []sensor.Item) {
	t.Helper()
	for part := range slices.Chunk(items, 4000) {
		n, refused, err := r.intake.AcceptReadings(t.Context(), part, sensor.Ordinary, "")
		if err != nil || n != len(part) {
			t.Fatalf("AcceptReadings = %d of %d, %v, %v", n, len(part), refused, err)
		}
	}
}

// scene is what a topic says of rivers and rain, sensor by sensor, and as of when.
type scene struct {
	rivers storm.RiversLevel
	rain   storm.RainLevel
	news   storm.ChangedLevel
}

func (r *room) scene(topic string) (s scene, ok bool) {
	ok = r.level(topic, storm.KeyRivers, &s.rivers) && r.level(topic, storm.KeyRain, &s.rain) && r.level(topic, storm.KeyChanged, &s.news)
	return s, ok
}

// bySQL makes the same scene from SQL at an instant; words stay empty.
func (r *room) bySQL(t *testing.T, code string, at time.Time) scene {
	t.Helper()
	figures, err := r.store.SensorFigures(t.Context(), division, nil, at)
	if err != nil {
		t.Fatal(err)
	}
	sensors, err := r.store.Sensors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []storm.Measured
	for _, x := range sensors {
		if slices.Contains(x.Path, code) {
			list = append(list, storm.Measured{Sensor: &x.Sensor, Figures: figures[x.Code]})
		}
	}
	p := storm.Proof{AsOf: at, Origin: "simulated"}
	s := scene{storm.Rivers(list, p), storm.RainOf(list, p), storm.NewChanged(p)}
	rises := storm.Rises(list)
	s.news.Count(storm.SensorRose, len(rises))
	s.news.Tell(rises...)
	counts, err := r.store.ChangedCounts(t.Context(), division, false, at)
	if err != nil {
		t.Fatal(err)
	}
	for kind, n := range counts[code] {
		s.news.Count(kind, n)
	}
	items, err := r.store.ChangedItems(t.Context(), division, code, false, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range items {
		s.news.Tell(storm.Change{At: h.At, Kind: h.Kind, Text: h.Report.Description, Area: h.Report.Area, State: string(h.Report.State()), ID: h.Report.ID})
	}
	return s
}

func TestTheSceneEqualsItsSQLAtItsInstant(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	dice := rand.New(rand.NewPCG(11, 3))
	sensors := stormSensors()
	if err := r.intake.RegisterSensors(t.Context(), sensors); err != nil {
		t.Fatal(err)
	}
	if err := r.store.KeepReadingDays(t.Context(), time.Now().Add(-48*time.Hour), time.Now()); err != nil {
		t.Fatal(err)
	}
	items := history(dice, sensors, time.Now())
	// A part comes late and in any order, after the watch has read the windows.
	var late, first []sensor.Item
	for _, x := range items {
		if dice.IntN(10) == 0 {
			late = append(late, x)
		} else {
			first = append(first, x)
		}
	}
	r.send(t, first)
	r.until(t, "the rivers", func() bool { s, ok := r.scene(rootWall); return ok && len(s.rivers.Rivers) == 5 })
	dice.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	r.send(t, late)
	for i := range 30 {
		at := report.Point{Lat: 11.95 + 0.4*dice.Float64(), Lon: 107.55 + 0.2*dice.Float64()}
		_, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{Draft: report.Draft{
			Category: "MT", Description: fmt.Sprintf("Ngập lần %d", i), Location: at, Source: report.FromAPI, Emergency: i%5 == 0,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.relay(t)
	if err := r.store.Rollup(t.Context(), r.watch.NoteLate); err != nil { // names the late buckets, as the leader's own does
		t.Fatal(err)
	}
	for _, code := range []string{"67", "660", "664"} {
		topic := schema.AreaTopic(schema.Wall, division, r.path(t, code)...)
		var diff string
		r.until(t, "the scene of "+code+" as SQL has it", func() bool {
			got, ok := r.scene(topic)
			if !ok || got.rain.AsOf != got.rivers.AsOf || got.news.AsOf != got.rivers.AsOf {
				return false
			}
			diff = cmp.Diff(r.bySQL(t, code, got.rivers.AsOf), got, cmp.AllowUnexported(scene{}), near())
			if diff != "" {
				t.Logf("not yet (-sql +level):\n%s", diff)
			}
			return diff == ""
		})
	}
	s, _ := r.scene(rootWall)
	rates := slices.ContainsFunc(s.rivers.Rivers, func(x storm.RiverRow) bool { return x.Rate != nil && *x.Rate != 0 })
	days := slices.ContainsFunc(s.rain.Communes, func(x storm.RainRow) bool { return x.MM24h != nil && *x.MM24h > 0 })
	if !rates || !days || s.news.Received != 30 || s.news.Raised == 0 || len(s.news.Items) != storm.ItemsMost {
		t.Errorf("the data set shows too little: rates %v, days %v, %+v", rates, days, s.news)
	}
}

// near finds figures alike that differ by a rounding.
func near() cmp.Option {
	return cmp.Comparer(func(a, b *float64) bool {
		return a == b || a != nil && b != nil && math.Abs(*a-*b) < 0.1+1e-6
	})
}

func TestWhatChangedIsRedactedAndAWithdrawnReportIsGoneFromItAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	raw, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{Draft: report.Draft{
		Category: "MT", Description: "Ngập, gọi 0912 345 678", Location: report.Point{Lat: 12.007, Lon: 107.696}, Source: report.FromAPI,
	}})
	if err != nil {
		t.Fatal(err)
	}
	var receipt intake.Receipt
	if err := json.Unmarshal(raw, &receipt); err != nil {
		t.Fatal(err)
	}
	stored, err := r.store.Report(t.Context(), receipt.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.relay(t)
	topics := append(schema.AreaTopics(schema.Wall, division, stored.Path...), schema.AreaTopics(schema.Ops, division, stored.Path...)...)
	for _, topic := range topics {
		r.until(t, topic+" tells of it", func() bool { s, ok := r.scene(topic); return ok && len(s.news.Items) == 1 })
		s, _ := r.scene(topic)
		want := storm.Change{At: stored.ReceivedAt, Kind: "received", Text: "Ngập, gọi [ẩn số]", Area: stored.Area, State: "normal", ID: stored.ID}
		if diff := cmp.Diff([]storm.Change{want}, s.news.Items); diff != "" || s.news.Received != 1 {
			t.Errorf("%s: received %d (-want +got):\n%s", topic, s.news.Received, diff)
		}
	}
	if _, err := r.intake.Act(t.Context(), stored.ID, report.Act{Name: report.Withdraw, Reason: "Nhầm", Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	r.relay(t)
	for _, topic := range topics {
		r.until(t, topic+" tells of nothing", func() bool {
			s, ok := r.scene(topic)
			return ok && len(s.news.Items) == 0 && s.news.Received == 0 && s.news.Closed == 0
		})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, l := range r.levels {
		if strings.Contains(string(l.Data), stored.ID) {
			t.Errorf("%s still names the withdrawn report", key)
		}
	}
}

func TestAClosedAndAnOverdueReportAreAmongWhatChanged(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	raw, _, err := r.intake.AcceptReport(t.Context(), intake.Submission{Draft: draft(report.Point{Lat: 12.007, Lon: 107.696})})
	if err != nil {
		t.Fatal(err)
	}
	var receipt intake.Receipt
	if err := json.Unmarshal(raw, &receipt); err != nil {
		t.Fatal(err)
	}
	if _, err := r.intake.Act(t.Context(), receipt.ID, report.Act{Name: report.Refuse, Reason: "Không thuộc phạm vi", Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	// An emergency received before: its five minutes to be accepted ran out two minutes ago.
	past := intake.PastReport{Draft: draft(report.Point{Lat: 12.007, Lon: 107.696}), ReceivedAt: time.Now().Add(-7 * time.Minute)}
	past.Draft.Emergency, past.Draft.Category = true, "TT"
	taken := 0
	body := intake.PastBody{Reports: []intake.PastReport{past}, Answer: func(n int, _ error) (json.RawMessage, error) {
		taken = n
		return json.RawMessage(`{}`), nil
	}}
	if _, _, err := r.intake.AcceptHistory(t.Context(), body); err != nil || taken != 1 {
		t.Fatalf("AcceptHistory took %d, %v", taken, err)
	}
	r.relay(t)
	r.until(t, "what changed", func() bool {
		s, ok := r.scene(rootWall)
		kinds := map[string]int{}
		for _, c := range s.news.Items {
			kinds[c.Kind]++
		}
		return ok && s.news.Received == 2 && s.news.Closed == 1 && s.news.BecameOverdue == 1 &&
			maps.Equal(kinds, map[string]int{"received": 2, "closed": 1, "overdue": 1})
	})
}

func TestEveryAreaHasTheSceneAndNothingIsSaidTwice(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for _, a := range r.watch.Atlas.Tree.Areas(division) {
		for _, audience := range []schema.Audience{schema.Wall, schema.Ops} {
			topic := schema.AreaTopic(audience, division, r.path(t, a.Code)...)
			r.until(t, topic, func() bool { _, ok := r.scene(topic); return ok })
		}
	}
	var empty struct {
		Rivers, Communes, Items []any
	}
	for _, key := range []string{storm.KeyRivers, storm.KeyRain, storm.KeyChanged} {
		if !r.level(rootWall, key, &empty) {
			t.Fatalf("%s is missing", key)
		}
	}
	if empty.Rivers == nil || empty.Communes == nil || empty.Items == nil {
		t.Errorf("a list of nothing is null: %+v", empty)
	}
}
