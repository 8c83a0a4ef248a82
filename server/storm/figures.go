package storm

import (
	"cmp"
	"math"
	"slices"
	"time"

	"toancanh/server/sensor"
)

// Figures are what the readings of one sensor say at an instant. Nil is "not known", never 0.
type Figures struct {
	At       *time.Time // of the newest reading; nil when it was never heard
	Value    float64    // the newest reading
	Rate     *float64   // river: cm/h
	Rain1h   *float64   // rain gauges: mm
	Rain3h   *float64
	Rain24h  *float64
	RaisedAt *time.Time // since when it is in a louder state than ChangedSpan before; nil when it is not
}

// ChangedSpan is how far back "what changed" looks.
const ChangedSpan = 15 * time.Minute

// Measure says what the readings of a sensor in w say at now.
func Measure(x *sensor.Sensor, w *Window, now time.Time) Figures {
	w.Advance(now)
	newest, ok := w.Newest()
	if !ok || newest.At().Before(now.Add(-Forgotten)) {
		return Figures{}
	}
	f := Heard(x, newest, now)
	if x.Stale(*f.At, now) {
		return f
	}
	made := w.sums(x.Kind, x.Unit)
	f.Rate, f.Rain3h = made.rate, made.rain3
	if x.Kind == Rain {
		f.Rain24h = made.rain24
	}
	f.RaisedAt = raised(x, w.points, now)
	return f
}

// Heard is what the newest reading of a sensor says by itself.
func Heard(x *sensor.Sensor, newest Point, now time.Time) Figures {
	f := Figures{At: new(newest.At()), Value: newest.Value}
	if x.Stale(*f.At, now) {
		return f
	}
	switch x.Kind {
	case Rain:
		f.Rain1h = new(round1(newest.Value))
	case RainDay:
		f.Rain24h = new(round1(newest.Value))
	}
	return f
}

// What a rate needs, and the most time that one reading of it stands for.
const (
	ratePoints = 3
	rateSpan   = 20 * time.Minute
	rateReach  = 10 * time.Minute
)

// rate is how fast the water moves, in cm/h, of the last 60 minutes' readings, one a minute. It is a robust line
// through the present: of the three newest readings the one in the middle by value stands for now, and the rate is the
// median of the slopes from every other reading to it, each weighing as much as the time since the one before, at most
// ten minutes: a station that speaks more often in a flood does not make the minutes it does so weigh more. So neither
// one false reading, new or old, turns it, nor does a calm half hour hide that the water has begun to rise. Fewer than
// three readings, or less than 20 minutes of them, are no rate.
func rate(points []Point, unit string) *float64 {
	n := len(points)
	factor := centimetres(unit)
	if n < ratePoints || factor == 0 || points[n-1].At().Sub(points[0].At()) < rateSpan {
		return nil
	}
	newest := slices.Clone(points[n-ratePoints:])
	slices.SortStableFunc(newest, func(a, b Point) int { return cmp.Compare(a.Value, b.Value) })
	present := newest[ratePoints/2]
	slopes := make([]slope, 0, n-1)
	before := points[n-1].Micros - minutes.Microseconds()
	for _, p := range points {
		if p != present {
			hours := float64(p.Micros-present.Micros) / float64(time.Hour.Microseconds())
			slopes = append(slopes, slope{(p.Value - present.Value) / hours, min(p.Micros-before, rateReach.Microseconds())})
		}
		before = p.Micros
	}
	return new(round1(factor * median(slopes)))
}

// slope is one line to the present and what it weighs.
type slope struct {
	steep  float64
	weight int64
}

// centimetres is how many a unit of length holds, 0 for what is none.
func centimetres(unit string) float64 {
	switch unit {
	case "m":
		return 100
	case "cm":
		return 1
	}
	return 0
}

// median is the flattest slope that, with those below it, weighs half of all.
func median(slopes []slope) float64 {
	slices.SortFunc(slopes, func(a, b slope) int { return cmp.Compare(a.steep, b.steep) })
	var all, sum int64
	for _, s := range slopes {
		all += s.weight
	}
	for _, s := range slopes {
		if sum += s.weight; 2*sum >= all {
			return s.steep
		}
	}
	return 0
}

// holesMost is the part of a window that may be without readings.
const holesMost = 0.2

// rain is what Fell, nil where it is not known.
func rain(points []Point, span time.Duration) *float64 {
	if mm, known := Fell(points, span); known {
		return new(mm)
	}
	return nil
}

// Fell is what fell in the span before the newest of rising readings, in mm. A gauge tells the rain of the last 60 minutes at each
// reading, so readings an hour apart are added: the newest, then the last that is at least an hour older, and so on; no
// drop is counted twice. What fell in a hole between two of them is not known and not counted. With holes of more than
// a fifth of the span the sum is not known: it would only look small. The first hour counted may begin before the span.
func Fell(points []Point, span time.Duration) (mm float64, known bool) {
	const hour = int64(time.Hour / time.Microsecond)
	if len(points) == 0 {
		return 0, false
	}
	i := len(points) - 1
	start := points[i].Micros - span.Microseconds()
	sum, holes := 0.0, int64(0)
	for {
		sum += points[i].Value
		covered := points[i].Micros - hour
		if covered <= start {
			break
		}
		i = lastUpTo(points[:i], covered)
		if i < 0 || points[i].Micros <= start {
			holes += covered - start
			break
		}
		holes += covered - points[i].Micros
	}
	if float64(holes) > holesMost*float64(span.Microseconds()) {
		return 0, false
	}
	return round1(sum), true
}

// raised is since when a sensor is in the state it is in now or a louder one, when it was in a quieter one at the
// beginning of ChangedSpan. What it was before is its last word then, however old: a sensor that falls silent and comes
// back as loud as before has not risen.
func raised(x *sensor.Sensor, points []Point, now time.Time) *time.Time {
	begin := now.Add(-ChangedSpan).UnixMicro()
	last := len(points) - 1
	loud := Rank(x.State(points[last].Value))
	before := lastUpTo(points, begin)
	if loud == 0 || before == last {
		return nil
	}
	known := before >= 0 && points[before].Micros >= now.Add(-Forgotten).UnixMicro()
	if known && Rank(x.State(points[before].Value)) >= loud {
		return nil
	}
	first := last
	for first-1 > before && Rank(x.State(points[first-1].Value)) >= loud {
		first--
	}
	return new(points[first].At())
}

// Rank orders states by how loud they are; what is normal or unknown is 0.
func Rank(s sensor.State) int {
	return max(0, slices.Index([]sensor.State{sensor.Normal, sensor.Attention, sensor.Warning, sensor.Critical}, s))
}

func round1(x float64) float64 { return math.Round(x*10) / 10 }
