package alarm_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/sensor"
)

// A day of a province: what its sensors said and when that was heard, and the types it is judged by.
type day struct {
	sensors []*sensor.Sensor
	types   []alarm.Type
	said    [][]said
	rows    []row // in the order in which they are heard
	length  time.Duration
}

// row is a reading of a sensor as it comes in: at most three seconds late.
type row struct {
	sensor int
	late   time.Duration // its time and how late it is
}

func newDay(sensors int, length time.Duration) *day {
	d := &day{length: length}
	for i := range sensors {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		s := []func() *sensor.Sensor{river, gauge, power}[i%3]()
		s.Code = fmt.Sprintf("%d-%s-%04d", 660+i%8, s.Code, i)
		d.sensors = append(d.sensors, s)
		list := speak(r, s.Kind, i%30 == 29, length)
		d.said = append(d.said, list)
		for _, x := range list {
			d.rows = append(d.rows, row{i, x.at + time.Duration(r.Int64N(int64(3*time.Second)))})
		}
	}
	// What a sensor says comes in its order, and else as late as it is.
	slices.SortStableFunc(d.rows, func(a, b row) int { return cmp.Compare(a.late, b.late) })
	d.types = dayTypes()
	return d
}

// speak makes what a sensor says: once a minute, and every five seconds while it flaps.
func speak(r *rand.Rand, kind string, flaps bool, length time.Duration) []said {
	var list []said
	phase, storm := r.Float64()*2*math.Pi, r.Float64()
	at := time.Duration(r.IntN(60)) * time.Second
	for down := 0; at < length; at += time.Minute {
		t := at.Hours()
		value := 230 + r.NormFloat64()*2
		switch kind {
		case "river":
			value = 588 + 2.2*math.Sin(t/2+phase)*storm + r.NormFloat64()*0.04
		case "rain":
			value = max(0, 18*math.Sin(t/2+phase)*storm+r.NormFloat64())
		case "power":
			if down--; down > 0 {
				value = 0
			} else if r.IntN(300) == 0 {
				down = r.IntN(20)
			}
		}
		if r.IntN(200) == 0 { // a false reading
			value *= 0.5 + r.Float64()
		}
		list = append(list, said{at: at, value: value})
		if flaps && r.IntN(60) == 0 {
			for range 8 {
				at += 5 * time.Second
				list = append(list, said{at: at, value: value * float64(r.IntN(2))})
			}
		}
	}
	return list
}

func dayTypes() []alarm.Type {
	var list []alarm.Type
	add := func(code string, kind string, c alarm.Condition) {
		t := typeOf(c)
		if t.Code = code; c.Class != alarm.ByJoint {
			t.Condition.Kinds = []string{kind}
		}
		list = append(list, t)
	}
	add("bd1", "river", alarm.Condition{Class: alarm.ByLevel, State: "attention"})
	add("bd2", "river", alarm.Condition{Class: alarm.ByLevel, State: "warning", OffDelay: seconds(300)})
	add("len_nhanh", "river", alarm.Condition{Class: alarm.ByRate, Limit: 0.3})
	add("xuong_nhanh", "river", alarm.Condition{Class: alarm.ByRate, Limit: 0.3, Below: true, Over: seconds(1800), OnDelay: seconds(120)})
	add("mua_to", "rain", alarm.Condition{Class: alarm.ByLimit, Limit: 15, OnDelay: seconds(0)})
	add("mua_3h", "rain", alarm.Condition{Class: alarm.ByTotal, Limit: 38})
	add("mat_dien", "power", alarm.Condition{Class: alarm.ByLimit, Limit: 180, Below: true, OnDelay: seconds(300)})
	add("sut_ap", "power", alarm.Condition{Class: alarm.ByLimit, Limit: 210, Below: true, OnDelay: seconds(0), OffDelay: seconds(30)})
	add("qua_ap", "power", alarm.Condition{Class: alarm.ByLimit, Limit: 240, OnDelay: seconds(0)})
	add("mua_lu", "", alarm.Condition{Class: alarm.ByJoint, Level: "district", Over: seconds(3600), Parts: []alarm.Condition{
		{Class: alarm.ByTotal, Kinds: []string{"rain"}, Limit: 38}, {Class: alarm.ByLevel, Kinds: []string{"river"}, State: "attention"},
	}})
	return list
}

// house judges a day as the product does. What is stored outlives a kill; what is in memory does not.
type house struct {
	*day
	t testing.TB

	// Stored.
	heard       []int // rows of each sensor
	checkpoints [][]byte
	joined      []byte
	alarms      map[string]alarm.Alarm // open, by type and target
	log         map[string][]string    // of each type and target
	raised      int

	// In memory.
	judges []*alarm.Judge
	judged []int
	clocks []alarm.Clock
	joints *alarm.Joints
	clock  alarm.Clock // of the newest reading of all
	out    []alarm.Change
}

func (d *day) house(tb testing.TB) *house {
	n := len(d.sensors)
	h := &house{
		day: d, t: tb, heard: make([]int, n), checkpoints: make([][]byte, n), alarms: map[string]alarm.Alarm{}, log: map[string][]string{},
	}
	h.wake(start)
	return h
}

// wake begins a process.
func (h *house) wake(now time.Time) {
	h.joints, h.clock = alarm.NewJoints(h.types, district), alarm.Clock{}
	if h.joined != nil {
		if err := h.joints.Resume(h.joined); err != nil {
			h.t.Fatal(err)
		}
	}
	h.judges, h.judged, h.clocks = nil, nil, make([]alarm.Clock, len(h.sensors))
	for i, s := range h.sensors {
		j := alarm.NewJudge(s, h.types)
		if h.checkpoints[i] != nil {
			if err := j.Resume(h.checkpoints[i]); err != nil {
				h.t.Fatal(err)
			}
		}
		h.judges = append(h.judges, j)
		newest := j.Newest()
		n, _ := slices.BinarySearchFunc(h.said[i], newest, func(x said, at time.Time) int {
			if start.Add(x.at).After(at) {
				return 1
			}
			return -1
		})
		h.judged = append(h.judged, n)
		if !newest.IsZero() {
			h.clocks[i].Hear(newest, now)
			h.clock.Hear(newest, now)
		}
	}
	for i := range h.sensors {
		h.judge(i, now)
	}
}

// judge judges what is heard of a sensor and not judged.
func (h *house) judge(i int, now time.Time) {
	for ; h.judged[i] < h.heard[i]; h.judged[i]++ {
		x := h.said[i][h.judged[i]]
		at := start.Add(x.at)
		h.out = h.judges[i].Take(at, x.value, h.out[:0])
		h.clocks[i].Hear(at, now)
		h.clock.Hear(at, now)
		h.commit(i, now)
	}
}

// tick lets time alone do what it does.
func (h *house) tick(now time.Time) {
	for i, j := range h.judges {
		at := h.clocks[i].At(now)
		if due, ok := j.Due(); ok && !due.After(at) {
			h.out = j.Pass(at, h.out[:0])
			h.commit(i, now)
		}
	}
	if due, ok := h.joints.Due(); ok && !due.After(h.clock.At(now)) {
		h.out = h.joints.Pass(h.clock.At(now), h.out[:0])
		h.commit(-1, now)
	}
}

// commit stores what changed with the checkpoint that follows from it: all of it or nothing.
func (h *house) commit(i int, now time.Time) {
	if len(h.out) == 0 {
		return
	}
	joined := i < 0
	for _, c := range h.out {
		if c.Part > 0 {
			h.joints.Take(c)
			joined = true
			continue
		}
		h.keep(c, now)
	}
	var err error
	if i >= 0 {
		if h.checkpoints[i], err = h.judges[i].Save(); err != nil {
			h.t.Fatal(err)
		}
	}
	if joined {
		if h.joined, err = h.joints.Save(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// keep makes alarms of a change. Every other one is acknowledged at once.
func (h *house) keep(c alarm.Change, now time.Time) {
	key := c.Type + "/" + c.Target
	a, open := h.alarms[key]
	if open {
		a, _ = a.Take(c, now)
	} else if c.Kind != alarm.Returned {
		a, _ = alarm.Raise(alarm.Type{Code: c.Type, Priority: alarm.Low}, alarm.Target{Source: c.Source, Code: c.Target}, c, "", now)
		if h.raised++; len(h.log[key])%2 == 0 {
			a = must(h.t, a, actOf(alarm.DoAck), now)
		}
	}
	value := ""
	if a.Value != nil {
		value = strconv.FormatFloat(*a.Value, 'g', -1, 64)
	}
	h.log[key] = append(h.log[key], fmt.Sprint(c.Kind, c.At.Sub(start), a.State, a.Count, a.Chattering, value, a.Limit, a.Members))
	if h.alarms[key] = a; a.State == alarm.Closed {
		delete(h.alarms, key)
	}
}

// pace is how a day is played.
type pace struct {
	speed float64
	every time.Duration // a tick, of the house's own time
	batch int           // most rows taken in at once, of one second of the house's time
	kills int
}

// play plays the day at a pace.
func (d *day) play(tb testing.TB, p pace, r *rand.Rand) *house {
	h := d.house(tb)
	here := func(at time.Duration) time.Time { return start.Add(time.Duration(float64(at) / p.speed)) }
	next := here(0)
	kills := make([]bool, len(d.rows))
	for range p.kills {
		kills[r.IntN(len(kills))] = true
	}
	for i := 0; i < len(d.rows); {
		batch := d.rows[i:min(len(d.rows), i+1+r.IntN(p.batch))]
		late := slices.IndexFunc(batch, func(x row) bool { return here(x.late).Sub(here(batch[0].late)) > time.Second })
		if late > 0 {
			batch = batch[:late]
		}
		now := here(batch[len(batch)-1].late)
		for ; next.Before(now); next = next.Add(p.every) {
			h.tick(next)
		}
		var said []int
		for k, row := range batch {
			h.heard[row.sensor]++
			said = append(said, row.sensor)
			if kills[i+k] { // some of the batch is stored, some of that judged
				h.judge(said[r.IntN(len(said))], now)
				h.wake(now)
			}
		}
		for _, i := range said {
			h.judge(i, now)
		}
		i += len(batch)
	}
	return h.end()
}

// end lets all delays run out.
func (h *house) end() *house {
	for _, after := range []time.Duration{time.Hour, 3 * time.Hour, 6 * time.Hour} {
		now := start.Add(h.length + after)
		for i := range h.judges {
			h.out = h.judges[i].Pass(now, h.out[:0])
			h.commit(i, now)
		}
		h.out = h.joints.Pass(now, h.out[:0])
		h.commit(-1, now)
	}
	return h
}

// TestADayGivesTheSameAlarmsAtEveryPace plays a day of sensors that speak once a minute: sensor by sensor as fast as it goes,
// as it was with ticks of a second, and faster and faster in batches of any size with kills at any instant. 1,000 sensors and
// 24 hours with TOANCANH_LONG=1.
func TestADayGivesTheSameAlarmsAtEveryPace(t *testing.T) {
	t.Parallel()
	d := newDay(48, 4*time.Hour)
	kills := 12
	if os.Getenv("TOANCANH_LONG") != "" {
		d, kills = newDay(1000, 24*time.Hour), 40
	}
	began := time.Now()
	want := d.house(t)
	for i := range d.sensors {
		want.heard[i] = len(d.said[i])
		want.judge(i, start)
	}
	want.end()
	t.Logf("%d readings of %d sensors judged by %d types in %s: %d alarms", len(d.rows), len(d.sensors), len(d.types), time.Since(began).Round(time.Millisecond), want.raised)
	seen := map[string]bool{}
	for _, typ := range d.types {
		for key := range want.log {
			code, _, _ := strings.Cut(key, "/")
			seen[code] = seen[code] || code == typ.Code
		}
		if !seen[typ.Code] {
			t.Errorf("no alarm of type %s: the day shows nothing of it", typ.Code)
		}
	}
	for _, p := range []pace{
		{1, time.Second, 1, 0},
		{1, 700 * time.Millisecond, 100, kills},
		{60, time.Second, 200, kills},
		{1440, 100 * time.Millisecond, 5000, kills},
		{1e6, time.Millisecond, len(d.rows), kills},
	} {
		t.Run(fmt.Sprintf("%v times as fast, %d at once, killed %d times", p.speed, p.batch, p.kills), func(t *testing.T) {
			began := time.Now()
			got := d.play(t, p, rand.New(rand.NewPCG(uint64(p.speed), 8)))
			if diff := gocmp.Diff(want.log, got.log); diff != "" {
				t.Errorf("(-want +got):\n%.3000s", diff)
			}
			if got.raised != want.raised || len(got.alarms) != len(want.alarms) {
				t.Errorf("%d alarms, %d of them open; want %d and %d", got.raised, len(got.alarms), want.raised, len(want.alarms))
			}
			t.Logf("in %s", time.Since(began).Round(time.Millisecond))
		})
	}
}
