package alarm

import (
	"math"
	"strconv"
	"strings"
	"time"

	"toancanh/server/storm"
)

// The bins of windows: of each the last reading is kept, so a window is small however often a sensor speaks.
const (
	rateBins = 60
	totalBin = 5 * time.Minute // as storm counts
)

type point = storm.Point

// window holds the newest readings of a sensor and one older than the span. Its room is made once.
type window struct {
	points      []point // rising
	span, width int64
}

func newWindow(span, bin time.Duration) window {
	w := window{span: span.Microseconds(), width: max(bin.Microseconds(), 1)}
	const beside = 4 // a bin cut in two, the one before the span, and the newest before an old one goes
	w.points = make([]point, 0, w.span/w.width+beside)
	return w
}

// add takes the newest reading.
func (w *window) add(p point) {
	if last := len(w.points) - 1; last >= 0 && w.points[last].Micros/w.width == p.Micros/w.width {
		w.points[last] = p
	} else {
		w.points = append(w.points, p)
	}
	old := 0
	for old+1 < len(w.points) && w.points[old+1].Micros <= p.Micros-w.span {
		old++
	}
	w.points = w.points[:copy(w.points, w.points[old:])]
}

// rate is the change an hour from the last reading at least a span before the newest, or the first of those there are when
// they cover half of the span. One older than two spans is of another time.
func (w *window) rate() (float64, bool) {
	newest, base := w.points[len(w.points)-1], w.points[0]
	if newest.Micros-base.Micros > 2*w.span {
		base = w.points[1]
	}
	passed := newest.Micros - base.Micros
	if passed < w.span/2 {
		return 0, false
	}
	rate := (newest.Value - base.Value) / (time.Duration(passed) * time.Microsecond).Hours()
	const exact = 1e6 // 0.30000000000001137 is 0.3
	return math.Round(rate*exact) / exact, true
}

// saved is the window as pairs of time and value.
func (w *window) saved() [][2]float64 {
	var list [][2]float64
	for _, p := range w.points {
		list = append(list, [2]float64{float64(p.Micros), p.Value})
	}
	return list
}

func (w *window) resume(list [][2]float64) {
	w.points = w.points[:0]
	for _, p := range list {
		w.points = append(w.points, point{Micros: int64(p[0]), Value: p[1]})
	}
}

// number writes a number as people here do, with two decimals at most.
func number(x float64) string {
	const digits = 2
	text := strconv.FormatFloat(x, 'f', digits, 64)
	if x == math.Trunc(x) {
		text = strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strings.Replace(text, ".", ",", 1)
}

// span writes a span of time in words.
func span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " giờ"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + " phút"
	}
	return strconv.Itoa(int(d/time.Second)) + " giây"
}
