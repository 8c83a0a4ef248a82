package alarm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/sensor"
)

var start = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func river() *sensor.Sensor {
	return &sensor.Sensor{
		Code: "nuoc", Name: "Trạm Đắk Nông", Kind: "river", Unit: "m", Area: "24611", Path: []string{"67", "660", "24611"}, StaleAfter: 30 * time.Minute,
		Levels: []sensor.Level{
			{At: 588, State: sensor.Attention, Label: "chưa có ngưỡng xác nhận"},
			{At: 588.5, State: sensor.Attention, Label: "BĐ1", Source: "bản tin"},
			{At: 589.5, State: sensor.Warning, Label: "BĐ2", Source: "bản tin"},
		},
	}
}

func gauge() *sensor.Sensor {
	return &sensor.Sensor{Code: "mua", Kind: "rain", Unit: "mm", Area: "24611", Path: []string{"67", "660", "24611"}}
}

func power() *sensor.Sensor {
	return &sensor.Sensor{Code: "dien", Kind: "power", Unit: "V", Area: "24640", Path: []string{"67", "662", "24640"}}
}

func seconds(n int) *alarm.Seconds { return new(alarm.Seconds(n)) }

func typeOf(c alarm.Condition) alarm.Type {
	return alarm.Type{Code: "t", Version: 1, Enabled: true, Source: alarm.FromSensor, Priority: alarm.High, Condition: c}
}

// level, limit and others are the conditions that tests change a little.
func level(state sensor.State, set func(*alarm.Condition)) alarm.Type {
	return shaped(alarm.Condition{Class: alarm.ByLevel, State: string(state)}, set)
}

func limit(at float64, set func(*alarm.Condition)) alarm.Type {
	return shaped(alarm.Condition{Class: alarm.ByLimit, Limit: at}, set)
}

func shaped(c alarm.Condition, set func(*alarm.Condition)) alarm.Type {
	if set != nil {
		set(&c)
	}
	return typeOf(c)
}

func atOnce(c *alarm.Condition) { c.OnDelay = seconds(0) }

// said is a reading, or with tick a moment up to which time passes without one.
type said struct {
	at    time.Duration
	value float64
	tick  bool
}

// script reads "0s 588, 1m 589, 2m tick".
func script(tb testing.TB, text string) []said {
	tb.Helper()
	var list []said
	for part := range strings.SplitSeq(text, ",") {
		at, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		span, err := time.ParseDuration(at)
		if err != nil {
			tb.Fatal(err)
		}
		x := said{at: span, tick: value == "tick"}
		if !x.tick {
			if x.value, err = strconv.ParseFloat(value, 64); err != nil {
				tb.Fatal(err)
			}
		}
		list = append(list, x)
	}
	return list
}

func tell(list []alarm.Change) []string {
	lines := []string{}
	for _, c := range list {
		line := fmt.Sprintf("%s %s", c.Kind, c.At.Sub(start))
		if c.Value != nil {
			line += " " + strconv.FormatFloat(*c.Value, 'g', 6, 64)
		}
		if c.Chattering {
			line += " latched"
		}
		lines = append(lines, line)
	}
	return lines
}

func play(j *alarm.Judge, list []said) []alarm.Change {
	var out []alarm.Change
	for _, x := range list {
		if x.tick {
			out = j.Pass(start.Add(x.at), out)
		} else {
			out = j.Take(start.Add(x.at), x.value, out)
		}
	}
	return out
}

func TestJudge(t *testing.T) {
	t.Parallel()
	warning := level(sensor.Warning, nil)
	cases := map[string]struct {
		of     *sensor.Sensor
		by     alarm.Type
		script string
		want   []string
	}{
		"what holds for the delay is raised at its end": {
			river(), warning, "0s 589.6, 30s 589.7, 90s 589.65", []string{"raise 1m0s 589.7"},
		},
		"a limit reached exactly is reached":     {river(), warning, "0s 589.5, 60s 589.5", []string{"raise 1m0s 589.5"}},
		"a spike as short as the delay is none":  {river(), warning, "0s 589.6, 60s 589.4, 10m tick", nil},
		"a fall within the delay begins it anew": {river(), warning, "0s 589.6, 30s 589.4, 40s 589.6, 99s 589.6, 100s 589.6", []string{"raise 1m40s 589.6"}},
		"time alone raises, five seconds late":   {river(), warning, "0s 589.6, 64s tick, 65s tick", []string{"raise 1m0s 589.6"}},
		"what time has not yet raised a reading may undo": {
			river(), warning, "0s 589.6, 64s tick, 60s 589.4, 10m tick", nil,
		},
		"within the dead-band it is not over": {
			river(), warning, "0s 589.6, 60s 589.6, 2m 589.41, 3m 589.39", []string{"raise 1m0s 589.6", "return 3m0s 589.6"},
		},
		"the off-delay wants it normal all the time": {
			river(), level(sensor.Warning, func(c *alarm.Condition) { atOnce(c); c.OffDelay = seconds(120) }),
			"0s 589.6, 1m 589, 2m 589.45, 3m 589, 4m 589, 5m 589, 6m 589",
			[]string{"raise 0s 589.6", "return 5m0s 589.6"},
		},
		"time alone returns": {
			river(), level(sensor.Warning, func(c *alarm.Condition) { atOnce(c); c.OffDelay = seconds(120) }),
			"0s 589.6, 1m 589, 184s tick, 185s tick",
			[]string{"raise 0s 589.6", "return 3m0s 589.6"},
		},
		"another level is worse, and so is a dead-band more": {
			river(), level(sensor.Attention, atOnce), "0s 588.6, 1m 588.65, 2m 588.71, 3m 589.4, 4m 589.5, 5m 589.2, 6m 588",
			[]string{"raise 0s 588.6", "worse 2m0s 588.71", "worse 3m0s 589.4", "worse 4m0s 589.5", "return 6m0s 589.5"},
		},
		"silence ends nothing":             {river(), warning, "0s 589.6, 60s 589.6, 72h tick", []string{"raise 1m0s 589.6"}},
		"a level without a source is none": {river(), level(sensor.Attention, atOnce), "0s 588.2", nil},
		"late data change nothing":         {river(), level(sensor.Warning, atOnce), "10m 589, 9m 589.9, 10m 589.9, 11m 589", nil},
		"below a limit": {
			power(), limit(180, func(c *alarm.Condition) { c.Below = true; c.OnDelay = seconds(300) }),
			"0s 180, 1m 120, 5m 130, 6m 183.6, 7m 183.61",
			[]string{"raise 5m0s 120", "return 7m0s 120"},
		},
		"a dead-band of one's own, in units": {
			power(), limit(240, func(c *alarm.Condition) { atOnce(c); c.DeadBand = new(10.0) }),
			"0s 241, 1m 230, 2m 229.9",
			[]string{"raise 0s 241", "return 2m0s 241"},
		},
		"a dead-band of one's own, as a share": {
			power(), limit(200, func(c *alarm.Condition) { atOnce(c); c.DeadBandShare = new(0.1) }),
			"0s 201, 1m 180, 2m 179.9",
			[]string{"raise 0s 201", "return 2m0s 201"},
		},
		"a rate over an hour": {
			river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3}, nil),
			"0s 587, 20m 587.1, 40m 587.2, 60m 587.3, 61m 587.305, 80m 587.35, 100m 587.4, 120m 587.45",
			// From 20m on half of the span is known; before, nothing was.
			[]string{"raise 41m0s 0.3", "return 1h20m0s 0.3"},
		},
		"a rate needs half of its span": {
			river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3, OnDelay: seconds(0)}, nil), "0s 587, 29m 588", nil,
		},
		"a rate across a hole is none": {
			river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3, OnDelay: seconds(0)}, nil), "0s 587, 121m 589", nil,
		},
		"silence ends no rate": {
			river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3, OnDelay: seconds(0)}, nil),
			"0s 587, 30m 588, 4h 588, 4h20m 588, 4h29m tick, 4h30m 588",
			[]string{"raise 30m0s 2", "return 4h30m0s 2"},
		},
		"falling": {
			river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3, Below: true, OnDelay: seconds(0)}, nil),
			"0s 588, 60m 587.6, 120m 587.4",
			[]string{"raise 1h0m0s -0.4", "return 2h0m0s -0.4"},
		},
		"rain of three hours": {
			gauge(), shaped(alarm.Condition{Class: alarm.ByTotal, Limit: 38, OnDelay: seconds(0)}, nil),
			"0s 20, 60m 10, 120m 7.9, 180m 20.1, 240m 0, 300m 0",
			[]string{"raise 3h0m0s 38", "return 4h0m0s 38"},
		},
		"three raises within a minute are one that chatters, until ten minutes are quiet": {
			power(), limit(240, atOnce), "0s 250, 10s 200, 20s 250, 30s 200, 40s 250, 50s 200, 1m 260, 70s 200, 11m9s 200, 11m10s 200, 11m11s 200",
			[]string{"raise 0s 250", "return 10s 250", "raise 20s 250", "return 30s 250", "raise 40s 250 latched", "again 1m0s 260 latched", "return 11m10s 260"},
		},
		"three raises in more than a minute are three": {
			power(), limit(240, atOnce), "0s 250, 10s 200, 20s 250, 30s 200, 61s 250, 70s 200",
			[]string{"raise 0s 250", "return 10s 250", "raise 20s 250", "return 30s 250", "raise 1m1s 250", "return 1m10s 250"},
		},
		"what chattered and holds is calm, not over": {
			power(), limit(240, atOnce), "0s 250, 10s 200, 20s 250, 30s 200, 40s 250, 10m44s tick, 10m45s tick, 11m 200",
			[]string{"raise 0s 250", "return 10s 250", "raise 20s 250", "return 30s 250", "raise 40s 250 latched", "calm 10m40s 250", "return 11m0s 250"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tell(play(alarm.NewJudge(c.of, []alarm.Type{c.by}), script(t, c.script)))
			if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAChangeSaysWhatWasReached(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		of     *sensor.Sensor
		by     alarm.Type
		script string
	}{
		"BĐ2 589,50 m":           {river(), level(sensor.Attention, atOnce), "0s 589.5"},
		"BĐ1 588,50 m":           {river(), level(sensor.Attention, atOnce), "0s 588.6"},
		"≤ 180 V":                {power(), limit(180, func(c *alarm.Condition) { atOnce(c); c.Below = true }), "0s 0"},
		"≥ 240,50 V":             {power(), limit(240.5, atOnce), "0s 250"},
		"tăng ≥ 0,30 m/giờ":      {river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 0.3}, atOnce), "0s 1, 1h 2"},
		"giảm ≥ 1 m/giờ":         {river(), shaped(alarm.Condition{Class: alarm.ByRate, Limit: 1, Below: true}, atOnce), "0s 2, 1h 1"},
		"≥ 38 mm trong 90 phút":  {gauge(), shaped(alarm.Condition{Class: alarm.ByTotal, Limit: 38, Over: seconds(5400)}, atOnce), "0s 20, 1h 30"},
		"≥ 38 mm trong 3 giờ":    {gauge(), shaped(alarm.Condition{Class: alarm.ByTotal, Limit: 38}, atOnce), "0s 20, 1h 20, 2h 20"},
		"≥ 10 mm trong 601 giây": {gauge(), shaped(alarm.Condition{Class: alarm.ByTotal, Limit: 10, Over: seconds(601)}, atOnce), "0s 20"},
	} {
		got := play(alarm.NewJudge(c.of, []alarm.Type{c.by}), script(t, c.script))
		if len(got) != 1 || got[0].Limit != want || got[0].Target != c.of.Code || got[0].Source != alarm.FromSensor || got[0].Type != "t" {
			t.Errorf("%+v, want one with %q", got, want)
		}
	}
}

func TestWhichSensorsATypeIsFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   *sensor.Sensor
		by   alarm.Condition
		want bool
	}{
		"any":                           {power(), alarm.Condition{Class: alarm.ByLimit}, true},
		"its kind":                      {power(), alarm.Condition{Class: alarm.ByRate, Kinds: []string{"river", "power"}}, true},
		"another kind":                  {power(), alarm.Condition{Class: alarm.ByLimit, Kinds: []string{"river"}}, false},
		"its district":                  {power(), alarm.Condition{Class: alarm.ByLimit, Area: "662"}, true},
		"another district":              {power(), alarm.Condition{Class: alarm.ByLimit, Area: "660"}, false},
		"its code":                      {power(), alarm.Condition{Class: alarm.ByLimit, Sensors: []string{"dien"}}, true},
		"another code":                  {power(), alarm.Condition{Class: alarm.ByLimit, Sensors: []string{"x"}}, false},
		"a level it has":                {river(), alarm.Condition{Class: alarm.ByLevel, State: "warning"}, true},
		"a level it has not":            {river(), alarm.Condition{Class: alarm.ByLevel, State: "critical"}, false},
		"a state that is no level":      {river(), alarm.Condition{Class: alarm.ByLevel, State: "normal"}, false},
		"a total of what is not rain":   {power(), alarm.Condition{Class: alarm.ByTotal}, false},
		"absence is not of its reading": {power(), alarm.Condition{Class: alarm.ByAbsence}, false},
		"a report neither":              {power(), alarm.Condition{Class: alarm.ByReport}, false},
	} {
		if got := alarm.Applies(c.by, c.of); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := !alarm.NewJudge(c.of, []alarm.Type{typeOf(c.by)}).Idle(); got != c.want {
			t.Errorf("%s: the judge is busy: %v, want %v", name, got, c.want)
		}
	}
	off := limit(1, nil)
	off.Enabled = false
	if !alarm.NewJudge(power(), []alarm.Type{off}).Idle() {
		t.Error("a type that is not enabled is judged by")
	}
	joint := typeOf(alarm.Condition{Class: alarm.ByJoint, Area: "660", Parts: []alarm.Condition{{Class: alarm.ByLimit}}})
	if !alarm.NewJudge(power(), []alarm.Type{joint}).Idle() {
		t.Error("a joint of another district is judged by")
	}
}

func TestAPartOfAJointIsNamedByItsPlace(t *testing.T) {
	t.Parallel()
	joint := typeOf(alarm.Condition{Class: alarm.ByJoint, Level: "district", Parts: []alarm.Condition{
		{Class: alarm.ByTotal, Limit: 38, OnDelay: seconds(0)}, {Class: alarm.ByLevel, State: "attention", OnDelay: seconds(0)},
	}})
	got := alarm.NewJudge(river(), []alarm.Type{joint}).Take(start, 589, nil)
	if len(got) != 1 || got[0].Part != 2 || got[0].Kind != alarm.Raised {
		t.Errorf("%+v, want part 2 raised", got)
	}
}

// many are types of every class with delays of every length.
func many() []alarm.Type {
	var list []alarm.Type
	add := func(c alarm.Condition) {
		t := typeOf(c)
		t.Code = "t" + strconv.Itoa(len(list))
		list = append(list, t)
	}
	add(alarm.Condition{Class: alarm.ByLevel, State: "attention", OnDelay: seconds(0)})
	add(alarm.Condition{Class: alarm.ByLevel, State: "warning"})
	add(alarm.Condition{Class: alarm.ByLevel, State: "attention", OffDelay: seconds(90), DeadBand: new(0.5)})
	add(alarm.Condition{Class: alarm.ByLimit, Limit: 588, OnDelay: seconds(0), DeadBand: new(0.0)})
	add(alarm.Condition{Class: alarm.ByLimit, Limit: 588.2, Below: true, OnDelay: seconds(15), OffDelay: seconds(15), DeadBand: new(0.2)})
	add(alarm.Condition{Class: alarm.ByLimit, Limit: 589, OnDelay: seconds(600)})
	add(alarm.Condition{Class: alarm.ByRate, Limit: 0.3})
	add(alarm.Condition{Class: alarm.ByRate, Limit: 2, Over: seconds(600), OnDelay: seconds(0)})
	add(alarm.Condition{Class: alarm.ByRate, Limit: 1, Below: true, Over: seconds(1800), OffDelay: seconds(60)})
	add(alarm.Condition{Class: alarm.ByJoint, Level: "district", Parts: []alarm.Condition{
		{Class: alarm.ByLevel, State: "attention"}, {Class: alarm.ByLimit, Limit: 587.5, OnDelay: seconds(5)},
	}})
	return list
}

// walk are n readings that wander about the limits, now and then with a hole.
func walk(r *rand.Rand, n int) []said {
	list := make([]said, 0, n)
	at, value := time.Duration(0), 588.0
	for range n {
		at += time.Duration(r.IntN(60)+1) * time.Second
		if r.IntN(50) == 0 {
			at += time.Duration(r.IntN(7200)) * time.Second
		}
		value = min(max(value+r.NormFloat64()*0.3, 586.5), 590)
		list = append(list, said{at: at, value: value})
	}
	return list
}

func TestReadingsAreJudgedTheSameAtEveryPaceAndAfterEveryKill(t *testing.T) {
	t.Parallel()
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := walk(r, 400)
		types := many()
		want := play(alarm.NewJudge(river(), types), list)
		if len(want) < 40 {
			t.Fatalf("seed %d: only %d changes", seed, len(want))
		}

		// Time passes between readings in ticks of any pace, until just before the next is heard; doubled and late readings come;
		// and at any instant the process is killed, and goes on from any earlier checkpoint.
		j := alarm.NewJudge(river(), types)
		var got []alarm.Change
		checkpoint, from, kept := save(t, j), 0, 0
		for i := 0; i < len(list); i++ {
			got = j.Take(start.Add(list[i].at), list[i].value, got)
			if i > 0 && r.IntN(4) == 0 {
				got = j.Take(start.Add(list[r.IntN(i)].at), r.Float64()*1000, got)
			}
			if i+1 < len(list) && r.IntN(2) == 0 {
				gap := list[i+1].at - list[i].at
				for to := time.Duration(0); to < gap; to += time.Duration(r.Int64N(int64(gap)) + 1) {
					got = j.Pass(start.Add(list[i].at+to), got)
				}
			}
			switch r.IntN(10) {
			case 0:
				checkpoint, from, kept = save(t, j), i+1, len(got)
			case 1:
				j = alarm.NewJudge(river(), types)
				if err := j.Resume(checkpoint); err != nil {
					t.Fatal(err)
				}
				i, got = from-1, got[:kept]
			}
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// sorted are changes rule by rule: what ticks find does not come in the order of rules.
func sorted(list []alarm.Change) []alarm.Change {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b alarm.Change) int {
		if a.Type != b.Type {
			return strings.Compare(a.Type, b.Type)
		}
		return a.Part - b.Part
	})
	return list
}

func save(tb testing.TB, j *alarm.Judge) []byte {
	tb.Helper()
	data, err := j.Save()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestChangesOfARuleAlternateAndNeverGoBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		j := alarm.NewJudge(river(), many())
		list := walk(r, 600)
		// Here time may have passed beyond what the next reading says.
		for i := range list {
			if r.IntN(3) == 0 {
				list[i].tick = true
			}
		}
		last := map[string]alarm.Change{}
		for _, c := range play(j, list) {
			key := fmt.Sprint(c.Type, c.Part)
			before, ok := last[key]
			open := ok && before.Kind != alarm.Returned
			if open == (c.Kind == alarm.Raised) || c.At.Before(before.At) {
				t.Fatalf("seed %d: %s after %s", seed, tell([]alarm.Change{c}), tell([]alarm.Change{before}))
			}
			if (c.Kind == alarm.Again || c.Kind == alarm.Calm) && !before.Chattering || c.Kind == alarm.Again && !c.Chattering || c.Kind == alarm.Returned && c.Chattering {
				t.Fatalf("seed %d: %+v after %+v", seed, c, before)
			}
			last[key] = c
		}
	}
}

func TestDueIsWhenTimeAloneChangesSomething(t *testing.T) {
	t.Parallel()
	calm, slow := limit(1000, nil), limit(589, func(c *alarm.Condition) { c.OnDelay = seconds(600) })
	calm.Code, slow.Code = "calm", "slow"
	j := alarm.NewJudge(river(), []alarm.Type{slow, level(sensor.Warning, nil), calm})
	if _, ok := j.Due(); ok || !j.Newest().IsZero() {
		t.Error("a judge that heard nothing waits")
	}
	j.Take(start, 589.6, nil)
	due, ok := j.Due()
	if want := start.Add(65 * time.Second); !ok || !due.Equal(want) || !j.Newest().Equal(start) {
		t.Fatalf("due at %s (%v), want %s", due, ok, want)
	}
	if out := j.Pass(due.Add(-time.Microsecond), nil); len(out) != 0 {
		t.Errorf("before it is due: %v", tell(out))
	}
	if out := j.Pass(due, nil); len(out) != 1 {
		t.Errorf("when it is due: %v", tell(out))
	}
	if due, ok := j.Due(); !ok || !due.Equal(start.Add(605*time.Second)) {
		t.Errorf("next due at %s (%v), want what is slow", due, ok)
	}
	if j.Pass(due.Add(time.Hour), nil); j.Newest() != start {
		t.Error("time alone is a reading")
	}
	if due, ok := j.Due(); ok {
		t.Errorf("due at %s still", due)
	}
}

func TestATypeThatChangedLetsItsAlarmReturn(t *testing.T) {
	t.Parallel()
	old := level(sensor.Warning, atOnce)
	for name, set := range map[string]func(*alarm.Type, *sensor.Sensor){
		"the type":            func(t *alarm.Type, _ *sensor.Sensor) { t.Version, t.Condition.State = 2, "critical" },
		"a limit of a sensor": func(_ *alarm.Type, _ *sensor.Sensor) {},
	} {
		j := alarm.NewJudge(river(), []alarm.Type{old})
		j.Take(start, 589.6, nil)
		data := save(t, j)

		now, s := old, river()
		set(&now, s)
		s.Levels = append(s.Levels[:2], sensor.Level{At: 590, State: sensor.Critical, Label: "BĐ3", Source: "quyết định"})
		j = alarm.NewJudge(s, []alarm.Type{now})
		if err := j.Resume(data); err != nil {
			t.Fatal(err)
		}
		if got := tell(j.Take(start.Add(time.Minute), 589.6, nil)); !slices.Equal(got, []string{"return 1m0s 589.6"}) {
			t.Errorf("%s changed: %v, want its return", name, got)
		}
	}
	if err := alarm.NewJudge(river(), nil).Resume([]byte("{")); err == nil {
		t.Error("half a checkpoint is taken up")
	}
}

func TestAReadingCostsNoMemory(t *testing.T) {
	j := alarm.NewJudge(river(), many())
	at := start
	var out []alarm.Change
	if got := testing.AllocsPerRun(2000, func() {
		at = at.Add(20 * time.Second)
		out = j.Take(at, 587, out[:0])
		out = j.Pass(at.Add(10*time.Second), out)
		j.Due()
	}); got != 0 {
		t.Errorf("%.1f allocations a reading, want none", got)
	}
}

// BenchmarkTake judges a reading by ten types.
func BenchmarkTake(b *testing.B) {
	j := alarm.NewJudge(river(), many())
	at := start
	var out []alarm.Change
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Minute)
		out = j.Take(at, 587, out[:0])
	}
}

func FuzzResume(f *testing.F) {
	j := alarm.NewJudge(river(), many())
	play(j, walk(rand.New(rand.NewPCG(1, 1)), 50))
	data, _ := j.Save()
	f.Add(data)
	f.Add([]byte(`{"newest":1,"rules":[{"type":"t6","version":1,"limit":0.3,"state":{"raises":[0,0]},"window":[[1e300,0]]}]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		j := alarm.NewJudge(river(), many())
		if j.Resume(data) == nil {
			j.Take(start, 589, nil)
			j.Pass(start.Add(time.Hour), nil)
		}
	})
}
