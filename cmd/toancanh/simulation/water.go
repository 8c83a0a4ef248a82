package simulation

import (
	"math"
	"time"

	"toancanh/server/area"
)

const (
	waveSteps  = 48
	waveStep   = 30 * time.Minute
	catchments = 4
)

// river is a level or a flow: its base, the season, and the rain of the last
// day over its catchment, each shower arriving as a wave that is highest after
// the lag and then runs out slowly.
func (w *weather) river(s Sensor, t time.Time) float64 {
	lag := s.Lag.Hours()
	var wave float64
	for i := range waveSteps {
		hours := (float64(i) + 0.5) * waveStep.Hours()
		// A gamma shape, 1 at the lag.
		weight := hours / lag * math.Exp(1-hours/lag)
		wave += weight * w.catchmentRain(s.Point(), t.Add(-time.Duration(hours*float64(time.Hour)))) * waveStep.Hours()
	}
	// The season lifts the water by its own share of the gain.
	season := w.season(monthFlow, t) * 12 * s.Gain
	ripple := 0.25 * s.Gain * wander(w.seed^hash(s.Code), float64(t.Unix())/5400)
	return s.Base + season + s.Gain*wave + ripple
}

// catchmentRain is the mean rain over a few points upstream, mm/h; rivers of
// the plateau come from the higher south-west.
func (w *weather) catchmentRain(p area.Point, t time.Time) float64 {
	var sum float64
	for i := range catchments {
		step := 0.06 * float64(i)
		sum += w.intensity(area.Point{Lat: p.Lat - step, Lon: p.Lon - step/2}, t)
	}
	return sum / catchments
}
