package simulation

import (
	"math"
	"time"

	"toancanh/server/area"
)

// A storm takes six minutes from the first drops to its height and the last
// reports; then the water falls. It is a play on top of the weather: faster
// than nature, so that a visitor sees all of it. One that lasts longer has the
// same phases, stretched: over ten hours its rain and its rivers are those of a
// flash flood of the Highlands.
const (
	stormLasts = 6 * time.Minute
	stormRains = 150 * time.Second // rain has risen to its full height
	stormPeaks = 270 * time.Second // rivers stand highest
	stormEases = 330 * time.Second // and begin to fall
	stormFades = 4 * time.Minute   // time constant of the fall
	stormGone  = 40 * time.Minute  // nothing of it is left
	stormReach = 28.0              // km
	gaugeSpan  = time.Hour         // of the rain that a gauge tells
)

// storm is one such play, around a centre.
type storm struct {
	from   time.Time
	lasts  time.Duration
	centre area.Point
}

// age is how far the storm has come at t, in the time of one that lasts six
// minutes.
func (s *storm) age(t time.Time) time.Duration {
	return time.Duration(float64(t.Sub(s.from)) / s.slowness())
}

// slowness is how many times longer than six minutes the storm lasts.
func (s *storm) slowness() float64 { return float64(s.lasts) / float64(stormLasts) }

// stretched is a pause of the six minutes, as long as it is in this storm.
func (s *storm) stretched(d time.Duration) time.Duration {
	return time.Duration(float64(d) * s.slowness())
}

// over reports whether the storm has left no trace at t, or there is none. Its
// rain stands in the gauges for an hour after the last drop.
func (s *storm) over(t time.Time) bool {
	return s == nil || t.Before(s.from) || s.ebbed(t) && s.age(t.Add(-gaugeSpan)) >= stormRains
}

// ebbed reports whether the water has fallen again at t, or there is no storm.
func (s *storm) ebbed(t time.Time) bool {
	return s == nil || t.Before(s.from) || s.age(t) >= stormGone
}

// raging reports whether people are still reporting it.
func (s *storm) raging(t time.Time) bool {
	return !s.over(t) && s.age(t) < stormLasts
}

// near is 1 at the centre and falls to nothing some reaches away.
func (s *storm) near(p area.Point) float64 {
	km := p.DistanceKM(s.centre)
	return math.Exp(-km * km / (stormReach * stormReach))
}

// height is how far the storm has come, 0 to 1, for what follows with a delay:
// it rises from 0 to full between begin and full, holds until stormEases, then
// fades.
func (s *storm) height(t time.Time, begin, full time.Duration) float64 {
	age := s.age(t)
	switch {
	case age < begin:
		return 0
	case age < full:
		x := float64(age-begin) / float64(full-begin)
		return x * x * (3 - 2*x)
	case age < stormEases:
		return 1
	default:
		return math.Exp(-float64(age-stormEases) / float64(stormFades))
	}
}

// fallen is the part of the storm's rain that has fallen by t.
func (s *storm) fallen(t time.Time) float64 {
	x := math.Max(0, math.Min(1, float64(s.age(t))/float64(stormRains)))
	return x * x * (3 - 2*x)
}

// value lays the storm over the weather: what a sensor shows instead of calm.
func (s *storm) value(sensor Sensor, calm float64, t time.Time) float64 {
	if s.over(t) {
		return calm
	}
	switch sensor.Kind {
	case kindRain:
		return calm + target(sensor, 0)*s.near(sensor.Point())*(s.fallen(t)-s.fallen(t.Add(-gaugeSpan)))
	case kindRiver, kindInflow:
		// Water follows rain.
		return calm + math.Max(0, target(sensor, calm)-calm)*s.height(t, 40*time.Second, stormPeaks)
	case kindTemperature:
		return calm - 4.5*s.near(sensor.Point())*s.height(t, 0, stormRains)
	case kindHumidity:
		return calm + (98-calm)*s.near(sensor.Point())*s.height(t, 0, stormRains)
	case kindPower, kindHealth:
		if age := s.age(t); sensor.Storm != nil && age > 2*time.Minute && age < 12*time.Minute {
			return *sensor.Storm
		}
	}
	return calm
}

func target(s Sensor, otherwise float64) float64 {
	if s.Storm == nil {
		return otherwise
	}
	return *s.Storm
}
