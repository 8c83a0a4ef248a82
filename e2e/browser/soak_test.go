//go:build e2e

package browser_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The load of a soak.
const (
	soakMarks = 2000
	soakRate  = 20 // events a second
)

// How long a wall is soaked, and how often it is weighed.
const (
	soakWarm      = 45 * time.Second
	soakShort     = 135 * time.Second
	soakLongest   = 30 * time.Minute
	weighEvery    = 5 * time.Second
	weighPatience = 30 * time.Second
)

// What may grow, and by how much.
const (
	mostSlope  = 1 << 20 // bytes an hour
	mostSpread = 0.02    // of the elements, from the first third to the last
	// leakSeen is the leak that even the short soak must be able to prove, in bytes an hour.
	leakSeen = 16 << 20
)

// trend is a straight line through samples: the slope an hour, and twice its standard error, which holds the true slope
// 95 times in 100. Neighbouring samples of a heap resemble each other and so tell less than as many independent ones:
// the error is widened by their correlation (the effective sample size of a first-order process).
type trend struct{ slope, twice float64 }

func fit(at []time.Duration, value []float64) trend {
	n := float64(len(at))
	if n < 4 {
		return trend{0, math.Inf(1)}
	}
	var mt, mv float64
	for i := range at {
		mt += at[i].Hours() / n
		mv += value[i] / n
	}
	var sxx, sxy float64
	for i := range at {
		d := at[i].Hours() - mt
		sxx += d * d
		sxy += d * (value[i] - mv)
	}
	slope := sxy / sxx
	var square, lagged, last float64
	for i := range at {
		rest := value[i] - mv - slope*(at[i].Hours()-mt)
		square += rest * rest
		if i > 0 {
			lagged += rest * last
		}
		last = rest
	}
	alike := 0.0
	if square > 0 {
		alike = min(0.9, max(0, lagged/square))
	}
	return trend{slope, 2 * math.Sqrt(square/(n-2)/sxx*(1+alike)/(1-alike))}
}

// leaks says that a slope above the limit is proven; tight that one is excluded.
func (l trend) leaks(limit float64) bool { return l.slope-l.twice > limit }
func (l trend) tight(limit float64) bool { return l.slope+l.twice <= limit }

func (l trend) String() string {
	return fmt.Sprintf("%+.2f ± %.2f MiB an hour", l.slope/(1<<20), l.twice/(1<<20))
}

func TestATrendIsFoundOrNotClaimed(t *testing.T) {
	t.Parallel()
	noise := func(i int) float64 { return 60e3 * math.Sin(float64(i)*2.4) } // 60 kB up and down
	for _, c := range []struct {
		name         string
		perHour      float64
		samples      int
		leaks, tight bool
	}{
		{"a short soak proves a large leak", leakSeen, 27, true, false},
		{"a short soak claims nothing about a small one", 1.2 * mostSlope, 27, false, false},
		{"a long soak proves a small leak", 1.5 * mostSlope, 360, true, false},
		{"a long soak excludes one", 0.2 * mostSlope, 360, false, true},
		{"a heap that shrinks does not leak", -leakSeen, 27, false, true},
	} {
		var at []time.Duration
		var heap []float64
		for i := range c.samples {
			at = append(at, time.Duration(i)*weighEvery)
			heap = append(heap, 20e6+c.perHour*at[i].Hours()+noise(i))
		}
		got := fit(at, heap)
		if got.leaks(mostSlope) != c.leaks || got.tight(mostSlope) != c.tight {
			t.Errorf("%s: %v, leaks %t, excluded %t", c.name, got, got.leaks(mostSlope), got.tight(mostSlope))
		}
	}
}

// weight is what a page weighs after its garbage is collected.
type weight struct{ Heap, Nodes, Listeners float64 }

// TestAWallWeighsTheSameHoursLater soaks one wall in a real Chromium: 2,000 marks, 20 events a second, every level four
// times a second. Garbage is collected before each weighing.
//
// The rule: with a slope b of the heap and twice its standard error e, a leak is proven when b-e is above 1 MiB an hour,
// and excluded when b+e is not. The short soak fails on a proven leak, and goes on for up to twice its time while it could
// not have proven one of 16 MiB an hour; the long one (TOANCANH_LONG=1, half an hour) also fails when a leak is not
// excluded.
func TestAWallWeighsTheSameHoursLater(t *testing.T) {
	t.Parallel()
	if !long() && os.Getenv("TOANCANH_SOAK") == "" {
		t.Skip("a soak says something on a quiet machine only; set TOANCANH_SOAK=1, or TOANCANH_LONG=1 for half an hour")
	}
	p := settle(t, nil, quiet())
	s := play(t, p, ordinaryShow(soakMarks))
	wall := s.browse("/wall/tinh", size{1366, 768})
	wall.hurt = true // a machine with other work may cost it its socket
	wall.awaitLive(liveWithin)
	ctx, end := context.WithCancel(context.Background())
	var performing sync.WaitGroup
	performing.Go(func() { s.perform(ctx, soakRate) })
	defer performing.Wait()
	defer end()
	time.Sleep(soakWarm) //nolint:forbidigo // the wait is the test

	began := time.Now()
	var at []time.Duration
	var heap, nodes, listeners []float64
	for time.Since(began) < soakFor() || time.Since(began) < 2*soakFor() && fit(at, heap).twice > leakSeen-mostSlope {
		time.Sleep(weighEvery) //nolint:forbidigo // the wait is the test
		w := wall.weigh()
		at, heap = append(at, time.Since(began)), append(heap, w.Heap)
		nodes, listeners = append(nodes, w.Nodes), append(listeners, w.Listeners)
	}
	end()
	performing.Wait()

	line := fit(at, heap)
	t.Logf("%d weighings in %v: heap %.1f MiB, %v; nodes %v, listeners %v", len(at), time.Since(began).Round(time.Second),
		heap[len(heap)-1]/(1<<20), line, levelOf(nodes), levelOf(listeners))
	if line.leaks(mostSlope) {
		t.Errorf("the heap grows: %v, a leak beyond 1 MiB an hour is proven", line)
	}
	if line.twice > leakSeen-mostSlope {
		t.Logf("this machine was too busy to tell even a leak of 16 MiB an hour")
	}
	if long() && !line.tight(mostSlope) {
		t.Errorf("a leak of 1 MiB an hour is not excluded: %v", line)
	}
	if l := levelOf(nodes); l.moved() > mostSpread {
		t.Errorf("the elements went from %v, want within %.0f %%", l, mostSpread*100)
	}
	if l := levelOf(listeners); l.late > l.early*(1+mostSpread) {
		t.Errorf("the listeners went from %v", l)
	}
	head, _ := s.at()
	eventually(t, "the wall has every number", weighPatience, func() bool { return wall.seq() == head && wall.live() == "live" },
		func() string { return fmt.Sprintf("at %d, want %d: %s", wall.seq(), head, wall.text("header")) })
}

// level is what something counted was in the first and the last third of the samples: its median there, because names
// on the map come and go with the marks around them.
type level struct{ early, late float64 }

func levelOf(samples []float64) level {
	third := max(1, len(samples)/3)
	middle := func(part []float64) float64 { return slices.Sorted(slices.Values(part))[len(part)/2] }
	return level{middle(samples[:third]), middle(samples[len(samples)-third:])}
}

func (l level) moved() float64 { return math.Abs(l.late-l.early) / l.early }

func (l level) String() string { return fmt.Sprintf("%.0f to %.0f", l.early, l.late) }

func soakFor() time.Duration {
	if long() {
		return soakLongest
	}
	return soakShort
}

// weigh collects the page's garbage and weighs what is left.
func (g *tab) weigh() weight {
	g.t.Helper()
	var w weight
	g.do("weigh", nil, &w)
	return w
}

// seq is the newest number a wall has applied.
func (g *tab) seq() int64 {
	g.t.Helper()
	var text string
	g.eval(`document.documentElement.dataset.seq ?? ''`, &text)
	seq, _ := strconv.ParseInt(text, 10, 64)
	return seq
}
