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
	// soakHaste is the rate while a wall becomes warm. The library of the map keeps four tables by a number that it counts
	// up for every mark that comes. V8 holds such a table as an array of as many places as the highest number until that is
	// some 37,000, then as a hash table of what is in it. At soakRate they would grow by 0.5 MiB in the first half hour,
	// shrink at its end, and stay.
	soakHaste = 150
)

// bath says how long a wall is under load, and how often it is weighed. The rests in which it is weighed do not count.
type bath struct{ warm, during, every time.Duration }

func shortBath() bath {
	return bath{warm: 45 * time.Second, during: 90 * time.Second, every: 10 * time.Second}
}

// longBath warms up as long as the page itself takes for that (watchdog.ts).
func longBath() bath {
	return bath{warm: 5 * time.Minute, during: 30 * time.Minute, every: 20 * time.Second}
}

const (
	// restBefore is longer than the map takes to draw what was said last (pace.ts).
	restBefore    = 4 * time.Second
	weighPatience = 30 * time.Second
)

// What may grow, and by how much.
const (
	mostSlope  = 1 << 20 // bytes an hour
	mostSpread = 0.02    // of the elements, from the first third to the last
	// mostGrowth is that of the heap in a short soak, from the first third to the last.
	mostGrowth = 3 << 19
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
	const weighEvery = 5 * time.Second
	for _, c := range []struct {
		name         string
		perHour      float64
		samples      int
		leaks, tight bool
	}{
		{"a short soak proves a large leak", 16 * mostSlope, 27, true, false},
		{"a short soak claims nothing about a small one", 1.2 * mostSlope, 27, false, false},
		{"a long soak proves a small leak", 1.5 * mostSlope, 360, true, false},
		{"a long soak excludes one", 0.2 * mostSlope, 360, false, true},
		{"a heap that shrinks does not leak", -16 * mostSlope, 27, false, true},
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

// weight is what a page weighs after its garbage is collected: the bytes of its script heap, of what the browser keeps
// for it beside that (Blink), of its workers' heaps, nodes and listeners.
type weight struct{ Heap, Blink, Workers, Nodes, Listeners float64 }

// weights are those of one soak, in their order.
type weights struct {
	at                                     []time.Duration
	heap, blink, workers, nodes, listeners []float64
}

func (w *weights) add(at time.Duration, one weight) {
	w.at, w.heap, w.blink, w.workers = append(w.at, at), append(w.heap, one.Heap), append(w.blink, one.Blink), append(w.workers, one.Workers)
	w.nodes, w.listeners = append(w.nodes, one.Nodes), append(w.listeners, one.Listeners)
}

func (w *weights) slope() trend { return fit(w.at, w.heap) }

func (w *weights) String() string {
	const mib = 1 << 20
	said := func(of []float64) string {
		l := levelOf(of)
		return fmt.Sprintf("%.2f to %.2f MiB, %v", l.early/mib, l.late/mib, fit(w.at, of))
	}
	return fmt.Sprintf("%d weighings: heap %s; Blink %s; workers %s; nodes %v, listeners %v", len(w.at),
		said(w.heap), said(w.blink), said(w.workers), levelOf(w.nodes), levelOf(w.listeners))
}

// steady holds what does not depend on how busy a machine is.
func (w *weights) steady(t *testing.T) {
	t.Helper()
	if l := levelOf(w.nodes); l.moved() > mostSpread {
		t.Errorf("the nodes went from %v, want within %.0f %%", l, mostSpread*100)
	}
	if l := levelOf(w.listeners); l.late > l.early {
		t.Errorf("the listeners went from %v", l)
	}
}

// TestAWallWeighsTheSameMinutesLater soaks one wall for three minutes: 2,000 marks, 20 events a second, every level four
// times a second, garbage collected before each weighing. A busy machine changes neither nodes nor listeners nor which
// numbers arrive. The heap is bounded, not fitted: within so short a time its slope is that of a page which becomes warm
// (40 MiB an hour). But whatever kept each event would keep 1,200 of them between the thirds that are compared, about
// 1 KiB each with their words, beside the 0.6 MiB of caches and code that still fill up.
func TestAWallWeighsTheSameMinutesLater(t *testing.T) {
	t.Parallel()
	w := weighFor(t, shortBath())
	for what, of := range map[string][]float64{"the heap": w.heap, "what the browser keeps beside it": w.blink} {
		if l := levelOf(of); l.late-l.early > mostGrowth {
			t.Errorf("%s went from %.2f to %.2f MiB, want %.1f MiB more at most", what, l.early/(1<<20), l.late/(1<<20), mostGrowth/float64(1<<20))
		}
	}
}

// TestAWallWeighsTheSameHoursLater is the long soak, TOANCANH_SOAK=1 or TOANCANH_LONG=1: with a slope b of the heap and
// twice its standard error e, more than 1 MiB an hour is excluded when b+e is not above it. So it is of the workers'.
func TestAWallWeighsTheSameHoursLater(t *testing.T) {
	t.Parallel()
	needSoak(t)
	w := weighFor(t, longBath())
	for what, line := range map[string]trend{"the page": w.slope(), "its workers": fit(w.at, w.workers)} {
		if !line.tight(mostSlope) {
			t.Errorf("a leak of 1 MiB an hour in %s is not excluded: %v", what, line)
		}
	}
}

// needSoak skips what takes too long for every run.
func needSoak(t *testing.T) {
	t.Helper()
	if !long() && os.Getenv("TOANCANH_SOAK") == "" {
		t.Skip("takes long; set TOANCANH_SOAK=1 or TOANCANH_LONG=1 (make soak)")
	}
}

// weighFor weighs a wall under load for a time, after it has become warm, and holds what any soak must. It is weighed at
// rest: what is on its way through a page comes to half a MiB, more the busier the machine is, and would hide what stays.
func weighFor(t *testing.T, how bath) *weights {
	t.Helper()
	p := settle(t, nil, quiet())
	s := play(t, p, ordinaryShow(soakMarks))
	wall := s.browse("/wall/tinh", size{1366, 768})
	wall.hurt = true // a machine with other work may cost it its socket
	wall.awaitLive(liveWithin)
	warming, warm := context.WithTimeout(context.Background(), how.warm)
	s.perform(warming, soakHaste)
	warm()
	ctx, end := context.WithCancel(context.Background())
	var performing sync.WaitGroup
	performing.Go(func() { s.perform(ctx, soakRate) })
	defer performing.Wait()
	defer end()

	var w weights
	for played := time.Duration(0); played < how.during; played += how.every {
		time.Sleep(how.every) //nolint:forbidigo // the wait is the test
		s.alone(func() {
			s.awaitAll(wall)
			time.Sleep(restBefore) //nolint:forbidigo // nothing says that a map rests
			w.add(played, wall.weigh())
		})
	}
	end()
	performing.Wait()
	head, joined := s.at()
	s.awaitAll(wall)
	t.Logf("%v; %d events, none missed, over %d sockets", &w, head-stageHead, joined)
	w.steady(t)
	return &w
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

// awaitAll waits until a wall has every number that was said.
func (s *stage) awaitAll(wall *tab) {
	s.t.Helper()
	head, _ := s.at()
	eventually(s.t, "the wall has every number", weighPatience, func() bool { return wall.seq() == head && wall.live() == "live" },
		func() string { return fmt.Sprintf("at %d, want %d: %s", wall.seq(), head, wall.text("header")) })
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
