package simulation

import (
	"fmt"
	"math"
	"sync"
	"time"

	"toancanh/server/area"
)

// weather is the sky over the province as a pure function of the instant: no
// state moves with the clock, so that any moment of the past or the present can
// be asked for in any order and always answers the same.
type weather struct {
	seed   uint64
	loc    *time.Location
	centre area.Point

	mu   sync.Mutex
	days map[int64][]shower // guarded by mu; by day number, bounded by keptDays
}

// keptDays bounds the days whose showers are remembered.
const keptDays = 64

// shower is a patch of rain that drifts over the province.
type shower struct {
	from, until time.Time
	x, y        float64 // km east and north of the centre, at from
	vx, vy      float64 // km/h
	radius      float64 // km
	peak        float64 // mm/h
}

// Monthly figures of the Central Highlands: the wet season lasts from May to
// October; January first.
var (
	showersPerDay = [12]float64{0.15, 0.15, 0.4, 1.2, 2.6, 3.0, 3.2, 3.4, 3.2, 2.4, 1.2, 0.5}    //nolint:gochecknoglobals // a table
	monthWarmth   = [12]float64{-2.4, -0.9, 0.9, 1.8, 1.6, 0.9, 0.3, 0.2, 0.1, -0.3, -1.1, -2.3} //nolint:gochecknoglobals // a table
	monthFlow     = [12]float64{0, -0.1, -0.15, -0.1, 0.1, 0.3, 0.5, 0.7, 0.8, 0.7, 0.4, 0.15}   //nolint:gochecknoglobals // a table
	monthDust     = [12]float64{1.35, 1.4, 1.4, 1.2, 0.9, 0.75, 0.7, 0.65, 0.7, 0.8, 0.95, 1.15} //nolint:gochecknoglobals // a table
)

func newWeather(seed uint64, loc *time.Location, centre area.Point) *weather {
	return &weather{seed: seed, loc: loc, centre: centre, days: make(map[int64][]shower)}
}

// season interpolates a monthly table, so that no value jumps at midnight of
// the first.
func (w *weather) season(table [12]float64, t time.Time) float64 {
	local := t.In(w.loc)
	month := int(local.Month()) - 1
	f := (float64(local.Day()) - 1 + float64(local.Hour())/24) / 30.5
	if f < 0.5 {
		before := table[(month+11)%12]
		return before + (table[month]-before)*(f+0.5)
	}
	return table[month] + (table[(month+1)%12]-table[month])*(f-0.5)
}

// hours is the local time of day.
func (w *weather) hours(t time.Time) float64 {
	local := t.In(w.loc)
	return float64(local.Hour()) + float64(local.Minute())/60 + float64(local.Second())/3600
}

// showersOf are the showers born on the local day of t.
func (w *weather) showersOf(t time.Time) []shower {
	local := t.In(w.loc)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, w.loc)
	w.mu.Lock()
	defer w.mu.Unlock()
	showers, ok := w.days[day.Unix()]
	if !ok {
		if len(w.days) >= keptDays {
			clear(w.days)
		}
		showers = w.makeShowers(day)
		w.days[day.Unix()] = showers
	}
	return showers
}

func (w *weather) makeShowers(day time.Time) []shower {
	r := dice(w.seed, fmt.Sprintf("showers %s", day.Format(time.DateOnly)))
	expected := w.season(showersPerDay, day) * math.Exp(0.5*r.NormFloat64())
	var showers []shower
	for n := expected; n > 0 && r.Float64() < n && len(showers) < 8; n -= 0.8 {
		// The monsoon builds showers up in the afternoon, most at about 15:30.
		hour := math.Max(0, math.Min(23.5, 15.5+3*r.NormFloat64()))
		from := day.Add(time.Duration(hour * float64(time.Hour)))
		heading := math.Pi/4 + 0.5*r.NormFloat64() // from the south-west
		speed := 8 + 14*r.Float64()
		lasts := 1 + 2.5*r.Float64()
		// Aim: somewhere over the province when the shower is strongest.
		x, y := 35*r.NormFloat64()*0.7, 45*r.NormFloat64()*0.7
		vx, vy := speed*math.Cos(heading), speed*math.Sin(heading)
		showers = append(showers, shower{
			from: from, until: from.Add(time.Duration(lasts * float64(time.Hour))),
			x: x - vx*lasts/2, y: y - vy*lasts/2, vx: vx, vy: vy,
			radius: 6 + 9*r.Float64(), peak: 6 + 34*r.Float64()*r.Float64(),
		})
	}
	return showers
}

// intensity is the rain at a point, mm/h.
func (w *weather) intensity(p area.Point, t time.Time) float64 {
	return w.fall(p, t, w.showersOf(t)) + w.fall(p, t, w.showersOf(t.Add(-24*time.Hour)))
}

func (w *weather) fall(p area.Point, t time.Time, showers []shower) float64 {
	var sum float64
	for _, s := range showers {
		if t.Before(s.from) || !t.Before(s.until) {
			continue
		}
		x, y := w.km(p)
		h := t.Sub(s.from).Hours()
		dx, dy := x-s.x-s.vx*h, y-s.y-s.vy*h
		life := math.Sin(math.Pi * h / s.until.Sub(s.from).Hours())
		sum += s.peak * life * math.Exp(-(dx*dx+dy*dy)/(s.radius*s.radius))
	}
	return sum
}

// km is a point in kilometres east and north of the centre, flat enough for
// the size of a province.
func (w *weather) km(p area.Point) (x, y float64) {
	const perDegree = 111.2
	return (p.Lon - w.centre.Lon) * perDegree * math.Cos(w.centre.Lat*math.Pi/180),
		(p.Lat - w.centre.Lat) * perDegree
}

// rain is what fell at a point in the time before t, mm, added up in steps.
func (w *weather) rain(p area.Point, t time.Time, span, step time.Duration) float64 {
	var sum float64
	for back := step / 2; back < span; back += step {
		sum += w.intensity(p, t.Add(-back)) * step.Hours()
	}
	return sum
}

// rainHour is the rain of the last 60 minutes, mm: what a rain gauge reports.
func (w *weather) rainHour(p area.Point, t time.Time) float64 {
	return w.rain(p, t, time.Hour, 5*time.Minute)
}

// temperature in °C around the mean of a place: coolest before dawn, warmest at
// about 14:00, cooler in rain.
func (w *weather) temperature(mean float64, p area.Point, t time.Time) float64 {
	swing := 4.6 - 0.45*w.season(showersPerDay, t)
	daily := swing * math.Cos(2*math.Pi*(w.hours(t)-14)/24)
	days := float64(t.Unix()) / 86400
	mood := 1.2 * wander(w.seed^hash("warmth"), days/3)
	return mean + w.season(monthWarmth, t) + daily + mood - 3.5*(1-math.Exp(-w.rainHour(p, t)/6))
}

// humidity in per cent: the drier the warmer, near full in rain.
func (w *weather) humidity(mean float64, p area.Point, t time.Time) float64 {
	daily := -14 * math.Cos(2*math.Pi*(w.hours(t)-14)/24)
	mood := 4 * wander(w.seed^hash("damp"), float64(t.Unix())/86400/2)
	dry := mean + 2.5*(w.season(showersPerDay, t)-1.5) + daily + mood
	wet := 1 - math.Exp(-w.rainHour(p, t)/3)
	return math.Max(30, math.Min(99, dry+(97-dry)*wet))
}
