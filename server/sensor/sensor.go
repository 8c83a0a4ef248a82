// Package sensor holds what a reading means: whether it may be taken, how loud it is and when it is too old
// to be believed. It also reads the bodies in which readings arrive. It never stores, sends or logs anything.
package sensor

import "time"

// State is how loudly a face draws a value.
type State string

// The states.
const (
	Normal    State = "normal"
	Attention State = "attention"
	Warning   State = "warning"
	Critical  State = "critical"
	Unknown   State = "unknown"
)

// Level is a threshold: at or above At the sensor is in State.
type Level struct {
	At     float64
	State  State
	Label  string // "BĐ1"
	Source string // who says so
}

// Sensor is a device that measures one thing.
type Sensor struct {
	Code       string
	Name       string
	Kind       string
	Unit       string // unit of measure
	Lat, Lon   float64
	Division   string
	Area       string
	Path       []string
	StaleAfter time.Duration
	Min, Max   *float64 // plausible range, inclusive; nil is unbounded
	Levels     []Level  // rising
	Origin     string
}

// Reading is one measured value at a time.
type Reading struct {
	Sensor string
	At     time.Time
	Value  float64
}
