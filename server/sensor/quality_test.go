package sensor_test

import (
	"slices"
	"testing"
	"time"

	"toancanh/server/sensor"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	river := sensor.Sensor{Min: new(580.0), Max: new(600.0), MaxRate: new(6.0), StuckAfter: time.Hour, StaleAfter: 30 * time.Minute}
	type step struct {
		after, lag time.Duration // since start; how long after its time it was received
		value      float64
		want       sensor.Quality
		together   bool
		history    bool
	}
	for name, steps := range map[string][]step{
		"a spike is doubted, the return is not": {
			{0, 0, 587, 0, false, false}, {5 * time.Minute, 0, 595, sensor.DoubtRate, false, false}, {10 * time.Minute, 0, 587.1, 0, false, false},
		},
		"a step that lasts is believed in time": {
			{0, 0, 587, 0, false, false},
			{5 * time.Minute, 0, 589, sensor.DoubtRate, false, false},
			{15 * time.Minute, 0, 589, sensor.DoubtRate, false, false},
			{25 * time.Minute, 0, 589.1, 0, false, false},
		},
		"noise within a second is no rate": {{0, 0, 587, 0, false, false}, {time.Second, 0, 587.05, 0, false, false}},
		"what does not move is stuck, until it moves": {
			{0, 0, 587, 0, false, false},
			{59 * time.Minute, 0, 587, 0, false, false},
			{60 * time.Minute, 0, 587, sensor.DoubtStuck, false, false},
			{65 * time.Minute, 0, 587, sensor.DoubtStuck, false, false},
			{70 * time.Minute, 0, 587.01, 0, false, false},
			{75 * time.Minute, 0, 587.01, 0, false, false},
		},
		"at the end of its range it may stand": {{0, 0, 580, 0, false, false}, {5 * time.Hour, 0, 580, 0, false, false}},
		"a clock that is ahead":                {{0, -31 * time.Second, 587, sensor.DoubtSkew, false, false}, {time.Minute, -29 * time.Second, 587.05, 0, false, false}},
		"late data is late and judges nothing": {{10 * time.Minute, 0, 587, 0, false, false}, {5 * time.Minute, 5 * time.Minute, 599, sensor.Late, false, false}, {15 * time.Minute, 0, 587.1, 0, false, false}},
		"history is neither late nor skewed":   {{10 * time.Minute, 0, 587, 0, false, true}, {5 * time.Minute, -time.Hour, 599, 0, false, true}},
		"a clock that is behind by a steady hour": {
			{0, time.Hour, 587, 0, false, false},
			{10 * time.Minute, time.Hour, 587.1, 0, false, false},
			{20 * time.Minute, time.Hour, 587.2, 0, false, false},
			{30 * time.Minute, time.Hour, 587.3, sensor.DoubtSkew, false, false},
			{40 * time.Minute, 0, 587.4, 0, false, false},
		},
		"what was held back and comes in haste is not skewed": {
			{0, 2 * time.Hour, 587, 0, false, false},
			{10 * time.Minute, 110 * time.Minute, 587.1, 0, false, false},
			{20 * time.Minute, 100 * time.Minute, 587.2, 0, false, false},
			{30 * time.Minute, 90 * time.Minute, 587.3, 0, false, false},
			{40 * time.Minute, 80 * time.Minute, 587.4, 0, false, false},
		},
		"what comes in heaps is not skewed": {
			{0, time.Hour, 587, 0, true, false},
			{10 * time.Minute, time.Hour, 587.1, 0, true, false},
			{20 * time.Minute, time.Hour, 587.2, 0, true, false},
			{30 * time.Minute, time.Hour, 587.3, 0, true, false},
			{40 * time.Minute, time.Hour, 587.4, 0, true, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m sensor.Memory
			for i, x := range steps {
				at := start.Add(x.after)
				by := sensor.Receipt{At: at.Add(x.lag), Alone: !x.together}
				if x.history {
					by = sensor.Receipt{}
				}
				if got := river.Judge(&m, sensor.Reading{At: at, Value: x.value}, by); got != x.want {
					t.Errorf("reading %d: %v, want %v", i, got.Words(), x.want.Words())
				}
			}
		})
	}
}

func TestRememberedReadingsAreJudgedAsIfHeard(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	s := sensor.Sensor{MaxRate: new(6.0), StuckAfter: time.Hour, StaleAfter: time.Hour}
	m := sensor.Remember(sensor.Reading{At: start, Value: 587}, start.Add(-time.Hour), start, 0)
	next := sensor.Reading{At: start.Add(time.Minute), Value: 587}
	if got := s.Judge(&m, next, sensor.Receipt{At: next.At}); got != sensor.DoubtStuck {
		t.Errorf("after a restart: %v, want stuck", got.Words())
	}
	doubted := sensor.Remember(sensor.Reading{At: start, Value: 500}, start, start, sensor.DoubtRate)
	if got := s.Judge(&doubted, next, sensor.Receipt{At: next.At}); got != 0 {
		t.Errorf("after a doubted value: %v, want no doubt", got.Words())
	}
}

func TestQualityWords(t *testing.T) {
	t.Parallel()
	all := sensor.DoubtRate | sensor.DoubtStuck | sensor.DoubtSkew | sensor.Late
	if got := all.Words(); !slices.Equal(got, []string{"rate", "stuck", "skew", "late"}) || sensor.Quality(0).Words() != nil {
		t.Errorf("words %v", got)
	}
}

//nolint:paralleltest // allocations are those of the whole process
func TestJudgeAllocatesNothing(t *testing.T) {
	s := sensor.Sensor{MaxRate: new(6.0), StuckAfter: time.Hour, StaleAfter: time.Hour}
	var m sensor.Memory
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	if n := testing.AllocsPerRun(100, func() {
		at = at.Add(time.Second)
		s.Judge(&m, sensor.Reading{At: at, Value: 1}, sensor.Receipt{At: at})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
