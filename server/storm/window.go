// Package storm makes the numbers of the scene mưa bão out of readings and reports: how fast a river moves and when it
// reaches its next limit, how much rain fell, what changed in the last quarter of an hour. It invents nothing: a number
// that the readings do not carry is null. It knows no store and no screen; the SQL that checks it lives in the store.
package storm

import (
	"slices"
	"time"

	"toancanh/server/sensor"
)

// The kinds of sensors the scene is about.
const (
	River   = "river"
	Rain    = "rain"     // mm of the last 60 minutes, sliding
	RainDay = "rain_24h" // mm of the last 24 hours, sliding
)

// The bins and spans of windows. SQL uses the same, so that both work on the same readings.
const (
	minuteBin = time.Minute
	minutes   = time.Hour
	rainBin   = 5 * time.Minute
	rainSpan  = 24 * time.Hour
	// Forgotten is how far back a last word counts: a sensor unheard for longer is one never heard.
	Forgotten = 8 * 24 * time.Hour
	// aheadMost bounds what waits for its time: gateways' clocks may be five minutes fast.
	aheadMost = 512
)

// Point is one reading, in the database's microseconds.
type Point struct {
	Micros int64
	Value  float64
}

// NewPoint makes a point.
func NewPoint(at time.Time, value float64) Point { return Point{at.UnixMicro(), value} }

// At is when it was measured, UTC.
func (p Point) At() time.Time { return time.UnixMicro(p.Micros).UTC() }

// Window holds the newest readings of one sensor, of each bin of time the last one, and one reading older than its
// span. However often a sensor speaks, a window holds at most some 300 points. Readings may come late, doubled and in
// any order. One goroutine at a time may use it.
type Window struct {
	width, span int64
	points      []Point // rising
	ahead       []Point // rising; measured later than now
	made        *sums   // of the points as they are; nil when they have changed
}

// sums are what only new readings change.
type sums struct {
	kind, unit          string
	rate, rain3, rain24 *float64
}

// sums are those of a sensor of a kind that counts in unit.
func (w *Window) sums(kind, unit string) sums {
	if w.made == nil || w.made.kind != kind || w.made.unit != unit {
		w.made = &sums{kind: kind, unit: unit}
		switch kind {
		case River:
			w.made.rate = rate(w.within(), unit)
		case Rain:
			w.made.rain3, w.made.rain24 = rain(w.within(), 3*time.Hour), rain(w.within(), rainSpan)
		}
	}
	return *w.made
}

// Keeps reports whether the scene needs more of a sensor than its newest value.
func Keeps(x *sensor.Sensor) bool { return x.Kind == River || x.Kind == Rain || len(x.Levels) > 0 }

// Span is how much of a sensor of a kind is kept before its newest reading, and in what bins.
func Span(kind string) (span, bin time.Duration) {
	if kind == Rain {
		return rainSpan, rainBin
	}
	return minutes, minuteBin
}

// NewWindow makes an empty window for a sensor of a kind.
func NewWindow(kind string) *Window {
	span, bin := Span(kind)
	return &Window{width: bin.Microseconds(), span: span.Microseconds()}
}

// Add takes a reading. What was measured after now waits for its time.
func (w *Window) Add(p Point, now time.Time) {
	if p.Micros > now.UnixMicro() {
		i, held := slices.BinarySearchFunc(w.ahead, p, byTime)
		if !held && len(w.ahead) < aheadMost {
			w.ahead = slices.Insert(w.ahead, i, p)
		}
		return
	}
	w.put(p)
}

// Advance takes in what waited for now.
func (w *Window) Advance(now time.Time) {
	for len(w.ahead) > 0 && w.ahead[0].Micros <= now.UnixMicro() {
		w.put(w.ahead[0])
		w.ahead = w.ahead[1:]
	}
}

func (w *Window) put(p Point) {
	w.made = nil
	i, _ := slices.BinarySearchFunc(w.points, p, func(a, b Point) int { return compare(a.Micros/w.width, b.Micros/w.width) })
	if i < len(w.points) && w.points[i].Micros/w.width == p.Micros/w.width {
		if p.Micros > w.points[i].Micros {
			w.points[i] = p
		}
	} else {
		w.points = slices.Insert(w.points, i, p)
	}
	cutoff := w.points[len(w.points)-1].Micros - w.span
	old := 0
	for old+1 < len(w.points) && w.points[old+1].Micros <= cutoff {
		old++
	}
	w.points = slices.Delete(w.points, 0, old)
}

// Newest is the last reading; false when there is none.
func (w *Window) Newest() (Point, bool) {
	if len(w.points) == 0 {
		return Point{}, false
	}
	return w.points[len(w.points)-1], true
}

// within are the readings of the span before the newest.
func (w *Window) within() []Point {
	newest, ok := w.Newest()
	if ok && w.points[0].Micros <= newest.Micros-w.span {
		return w.points[1:]
	}
	return w.points
}

// lastUpTo is the index of the last of rising points not after micros, -1 when all are.
func lastUpTo(points []Point, micros int64) int {
	i, found := slices.BinarySearchFunc(points, Point{Micros: micros}, byTime)
	if found {
		return i
	}
	return i - 1
}

func byTime(a, b Point) int { return compare(a.Micros, b.Micros) }

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
