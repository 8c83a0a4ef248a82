package alarm

import (
	"math"
	"time"

	"toancanh/server/sensor"
	"toancanh/server/storm"
)

// Type says when alarms of a kind are raised and what is to be done about them. It cannot be enabled without all that
// EEMUA 191 asks for: cause, consequence, response, response time, owner and whom to call.
type Type struct {
	Code        string
	Version     int64
	Label       string // Vietnamese, "Mực nước vượt BĐ2"
	Source      Source
	Priority    Priority
	Condition   Condition
	Enabled     bool
	Sample      bool // shipped as an example
	Cause       string
	Consequence string
	Response    string // at most 140 characters
	// ResponseTime is within what time somebody must have acted, else the consequence comes.
	ResponseTime time.Duration
	Owner        string   // unit
	CallList     []string // positions of the duty roster, in the order in which they are called
}

// Class is a way to judge.
type Class string

// The classes.
const (
	ByLevel   Class = "level"   // the value reaches the sensor's own level of a state, or above
	ByLimit   Class = "limit"   // the value passes a number
	ByRate    Class = "rate"    // it changes faster than a number an hour
	ByTotal   Class = "total"   // what fell within a span, of a gauge that tells the last hour's rain
	ByAbsence Class = "absence" // nothing is heard: of a sensor whose gateway lives, or of a gateway
	ByJoint   Class = "joint"   // parts hold in one area within a time
	ByReport  Class = "report"  // an emergency report is not taken in
)

// Seconds is a span of time in conditions, where a second is fine enough.
type Seconds int

// Duration is the span as Go counts it.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Condition says when a type holds. Which fields count depends on Class.
type Condition struct {
	Class Class `json:"class"`
	// Sensors the condition is judged of: of these kinds (empty: any), within this area (empty: everywhere), or just these
	// codes. For absence of gateways: gateways.
	Kinds   []string `json:"kinds,omitempty"`
	Area    string   `json:"area,omitempty"`
	Sensors []string `json:"sensors,omitempty"`

	// State is attention, warning or critical. Level: reached with the lowest level of the sensor that is as loud. A level
	// without a source is none.
	State string  `json:"state,omitempty"`
	Limit float64 `json:"limit,omitempty"` // limit, total: the number; rate: units of measure an hour
	Below bool    `json:"below,omitempty"` // limit: at or below, else at or above; rate: falling, else rising
	// DeadBand is how far back beyond the limit a value must go to be normal again, in units of measure; DeadBandShare says the
	// same as a share of the limit. With neither it is 2 % of the limit, and 0.10 m for heights of water, which have no zero.
	DeadBand      *float64 `json:"dead_band,omitempty"`
	DeadBandShare *float64 `json:"dead_band_share,omitempty"`
	// OnDelay is how long it must hold before it is an alarm; nil is 60 s, and 0 for absence and joints. Absence counts it
	// from the thing's own limit of silence.
	OnDelay  *Seconds `json:"on_delay_s,omitempty"`
	OffDelay *Seconds `json:"off_delay_s,omitempty"` // how long it must be normal before it is over; nil is 0
	// Over is the span a rate or total is measured over (nil: 1 h, 3 h), or within which all parts of a joint must have held.
	Over  *Seconds    `json:"over_s,omitempty"`
	Parts []Condition `json:"parts,omitempty"` // joint
	Level string      `json:"level,omitempty"` // joint: judged for each area of this level (commune, district, province)
}

// The defaults of domain AL-3.
const (
	defaultOnDelay       = 60 * time.Second
	defaultDeadBandShare = 0.02
	// A height of water has no zero of its own: 2 % of 589.50 m over the sea would be 11.8 m of water.
	riverDeadBand    = 0.10 // m
	defaultRateSpan  = time.Hour
	defaultTotalSpan = 3 * time.Hour
)

func (c Condition) onDelay() time.Duration {
	switch {
	case c.OnDelay != nil:
		return c.OnDelay.Duration()
	case c.Class == ByAbsence || c.Class == ByJoint || c.Class == ByReport:
		return 0
	}
	return defaultOnDelay
}

func (c Condition) offDelay() time.Duration {
	if c.OffDelay == nil {
		return 0
	}
	return c.OffDelay.Duration()
}

func (c Condition) over() time.Duration {
	switch {
	case c.Over != nil:
		return c.Over.Duration()
	case c.Class == ByRate:
		return defaultRateSpan
	case c.Class == ByTotal:
		return defaultTotalSpan
	}
	return 0
}

// band is how far back beyond a limit of a sensor is normal again.
func (c Condition) band(s *sensor.Sensor, limit float64) float64 {
	switch {
	case c.DeadBand != nil:
		return *c.DeadBand
	case c.DeadBandShare != nil:
		return *c.DeadBandShare * math.Abs(limit)
	case s.Kind == storm.River && s.Unit == "m" && c.Class != ByRate:
		return riverDeadBand
	case s.Kind == storm.River && s.Unit == "cm" && c.Class != ByRate:
		return 100 * riverDeadBand
	}
	return defaultDeadBandShare * math.Abs(limit)
}
