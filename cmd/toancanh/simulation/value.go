package simulation

import (
	"fmt"
	"math"
	"time"
)

// Kinds of sensors, as in the table of sensors.
const (
	kindRain        = "rain"        // mm in the last 60 minutes
	kindRiver       = "river"       // m
	kindInflow      = "inflow"      // m³/s
	kindPM25        = "pm25"        // µg/m³, mean of 24 h
	kindPM10        = "pm10"        // µg/m³, mean of 24 h
	kindNO2         = "no2"         // µg/m³, mean of 1 h
	kindTemperature = "temperature" // °C
	kindHumidity    = "humidity"    // %
	kindPower       = "power"       // V
	kindHealth      = "health"      // of a camera, a gateway: 1 up, 0 down
	kindFire        = "fire"        // level 1 to 5
)

// value is what a sensor measures at t: the weather, a storm over it, the
// tremble of the instrument, and the steps in which it counts.
func (w *weather) value(s Sensor, t time.Time, now *storm) float64 {
	v := now.value(s, w.calm(s, t), t)
	tremble, step := grain(s.Kind)
	if tremble > 0 {
		v += tremble * wander(w.seed^hash("tremble"+s.Code), float64(t.UnixMilli())/7000)
	}
	v = math.Round(v/step) * step
	if s.Min != nil {
		v = math.Max(v, *s.Min)
	}
	if s.Max != nil {
		v = math.Min(v, *s.Max)
	}
	return math.Round(v*1e6) / 1e6
}

// grain is how much an instrument of a kind trembles and in what steps it counts.
func grain(kind string) (tremble, step float64) {
	switch kind {
	case kindRain:
		return 0, 0.2 // a tipping bucket
	case kindRiver:
		return 0.012, 0.01
	case kindInflow:
		return 1.5, 1
	case kindPM25, kindPM10, kindNO2:
		return 0.3, 0.1
	case kindTemperature:
		return 0.12, 0.1
	case kindHumidity:
		return 0.4, 0.1
	case kindPower:
		return 1.2, 0.1
	default:
		return 0, 1
	}
}

func (w *weather) calm(s Sensor, t time.Time) float64 {
	switch s.Kind {
	case kindRain:
		return w.rainHour(s.Point(), t)
	case kindRiver, kindInflow:
		return w.river(s, t)
	case kindPM25, kindPM10:
		return w.dustDay(s, t)
	case kindNO2:
		return w.exhaust(s, t)
	case kindTemperature:
		return w.temperature(s.Base, s.Point(), t)
	case kindHumidity:
		return w.humidity(s.Base, s.Point(), t)
	case kindFire:
		return w.fireLevel(s.Point(), t)
	case kindPower:
		return w.working(s, t, 25*time.Minute) * (s.Base + 3*wander(w.seed^hash(s.Code), float64(t.Unix())/3600))
	case kindHealth:
		return w.working(s, t, 6*time.Minute)
	default:
		return s.Base
	}
}

// working is 0 during an outage of about the given length, else 1.
func (w *weather) working(s Sensor, t time.Time, about time.Duration) float64 {
	if w.within(s.Code+" outage", t, interruption{every: 12 * time.Hour, odds: 0.02, lasts: about}) {
		return 0
	}
	return 1
}

// silent reports whether a sensor sends nothing at t: a flat battery, a lost
// link. It happens to any of them now and then.
func (w *weather) silent(s Sensor, t time.Time) bool {
	return w.within(s.Code+" silence", t, interruption{every: 8 * time.Hour, odds: 0.055, lasts: 4 * time.Hour})
}

// interruption is something that befalls a thing with the given odds in every
// slot of time and then lasts about so long.
type interruption struct {
	every time.Duration
	odds  float64
	lasts time.Duration
}

func (w *weather) within(name string, t time.Time, i interruption) bool {
	slot := t.UnixNano() / int64(i.every)
	r := dice(w.seed, fmt.Sprintf("%s %d", name, slot))
	if r.Float64() >= i.odds {
		return false
	}
	lasts := time.Duration(float64(i.lasts) * (0.5 + r.Float64()))
	begin := time.Duration(r.Float64() * float64(i.every-min(lasts, i.every)))
	age := time.Duration(t.UnixNano() - slot*int64(i.every))
	return age >= begin && age < begin+lasts
}
