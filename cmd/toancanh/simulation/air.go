package simulation

import (
	"math"
	"time"

	"toancanh/server/area"
)

// traffic is how busy the roads are, 1 on average over a day: two rush hours.
func (w *weather) traffic(t time.Time) float64 {
	h := w.hours(t)
	bump := func(at, width float64) float64 { return math.Exp(-(h - at) * (h - at) / (width * width)) }
	return 0.55 + 1.1*bump(7.5, 1.8) + 0.4*bump(11.5, 1.5) + 1.2*bump(17.5, 2.2)
}

// washed is the share of dust that rain has left in the air, 1 when it is dry.
func (w *weather) washed(p area.Point, t time.Time) float64 {
	return math.Exp(-w.rain(p, t, 3*time.Hour, 15*time.Minute) / 9)
}

// dust is the concentration of one hour, µg/m³.
func (w *weather) dust(s Sensor, t time.Time) float64 {
	mood := 1 + 0.3*wander(w.seed^hash(s.Code), float64(t.Unix())/86400)
	return s.Base * w.season(monthDust, t) * (0.7 + 0.3*w.traffic(t)) * mood * (0.35 + 0.65*w.washed(s.Point(), t))
}

// dustDay is the mean of the last 24 hours, for which the law sets its limits.
func (w *weather) dustDay(s Sensor, t time.Time) float64 {
	const samples = 24
	var sum float64
	for i := range samples {
		sum += w.dust(s, t.Add(-time.Duration(i)*time.Hour))
	}
	return sum / samples
}

// exhaust is NO2 of one hour, µg/m³.
func (w *weather) exhaust(s Sensor, t time.Time) float64 {
	mood := 1 + 0.25*wander(w.seed^hash(s.Code), float64(t.Unix())/43200)
	return s.Base * w.traffic(t) * mood * (0.6 + 0.4*w.washed(s.Point(), t))
}

// fireLevel is the forest-fire level, 1 to 5, of the local day: it climbs with
// every dry day and falls with rain.
func (w *weather) fireLevel(p area.Point, t time.Time) float64 {
	local := t.In(w.loc)
	noon := time.Date(local.Year(), local.Month(), local.Day(), 6, 0, 0, 0, w.loc)
	dry := 0.0
	for day := range 12 {
		fell := w.rain(p, noon.Add(-time.Duration(day)*24*time.Hour), 24*time.Hour, time.Hour)
		if fell >= 5 {
			break
		}
		dry += 1 - fell/5
	}
	heat := math.Max(0, 3-w.season(showersPerDay, t)) / 3 // wet months hold the forest damp
	return 1 + math.Floor(math.Min(4, dry*heat*0.42))
}
