// Package sensor holds what a reading means: whether it may be taken, how loud it is and when it is too old
// to be believed. It also reads the bodies in which readings arrive. It never stores, sends or logs anything.
package sensor

import (
	"math"
	"strconv"
	"strings"
	"time"
)

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

// Confirmed reports whether somebody says so. A threshold nobody confirms is kept and means nothing: no value reaches it
// and no face draws it.
func (l Level) Confirmed() bool { return strings.TrimSpace(l.Source) != "" }

// Confirmed are the sensor's thresholds that mean something, rising.
func (s *Sensor) Confirmed() []Level {
	var sure []Level
	for _, l := range s.Levels {
		if l.Confirmed() {
			sure = append(sure, l)
		}
	}
	return sure
}

// Doubtful names the limits that no source confirms, with and without a value.
func (s *Sensor) Doubtful() []string {
	var names []string
	for _, l := range s.Levels {
		if !l.Confirmed() {
			names = append(names, l.Label)
		}
	}
	return append(names, s.Unconfirmed...)
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

	Thing       string        // the device behind it (SensorThings Thing): a DevEUI, the number of a station
	Field       string        // the name of this datastream within what the device sends
	Gateway     string        // code of the gateway it speaks through; empty when it speaks for itself
	Owner       string        // id of the unit that answers for it
	Standing    Standing      // the empty one is Active
	Sample      bool          // made up for a demonstration: faces say "mẫu"
	MaxRate     *float64      // the quickest believable change, unit of measure per hour; nil: none is known
	StuckAfter  time.Duration // a value unchanged for longer is doubted; 0: it may stand still
	Observed    time.Duration // usual time between two readings, as measured; 0: not yet known
	StaleAuto   bool          // SilenceLimit follows Observed
	Unconfirmed []string      // names of limits that no source confirms: no value, no band
	Note        string
}

// Standing says whether a sensor is one of ours.
type Standing string

// The standings. Readings are taken only of active sensors.
const (
	Proposed Standing = "proposed" // a key registered it, nobody has approved it
	Active   Standing = "active"
	Retired  Standing = "retired"
)

// InUse reports whether the sensor is one whose readings count.
func (s *Sensor) InUse() bool { return s.Standing == Active || s.Standing == "" }

// Known reports whether s is a standing.
func (s Standing) Known() bool { return s == Proposed || s == Active || s == Retired }

// staleFactor is how many usual intervals make a silence, after Signal K.
const staleFactor = 5

// leastSilence keeps a sensor that speaks many times a second from being called silent at each breath.
const leastSilence = 10 * time.Second

// SilenceLimit is how long after its newest value a sensor is silent and the value too old to be believed: StaleAfter,
// or five of its usual intervals where that is asked for and shorter.
func (s *Sensor) SilenceLimit() time.Duration {
	if !s.StaleAuto || s.Observed <= 0 {
		return s.StaleAfter
	}
	return min(max(staleFactor*s.Observed, leastSilence), s.StaleAfter)
}

// Reading is one measured value at a time.
type Reading struct {
	Sensor string
	At     time.Time
	Value  float64
}

// Reason says why a reading is refused, in the words of the API; the empty one is Taken.
type Reason string

// The reasons.
const (
	Taken         Reason = ""
	UnknownSensor Reason = "unknown_sensor"
	BadValue      Reason = "bad_value"
	OutOfRange    Reason = "out_of_range"
	Future        Reason = "future"
	TooOld        Reason = "too_old"
	Duplicate     Reason = "duplicate"
	Malformed     Reason = "malformed"
	OutOfScope    Reason = "out_of_scope" // not a sensor the sender's key is for
	NotApproved   Reason = "not_approved" // the sensor is proposed or retired
)

// Detail is the reason as a Vietnamese sentence, empty for Taken.
func (r Reason) Detail() string {
	switch r {
	case UnknownSensor:
		return "Cảm biến chưa được đăng ký"
	case BadValue:
		return "Giá trị không phải là một số hữu hạn"
	case OutOfRange:
		return "Giá trị nằm ngoài khoảng hợp lý của cảm biến"
	case Future:
		return "Thời điểm đo nằm trong tương lai"
	case TooOld:
		return "Thời điểm đo đã quá cũ"
	case Duplicate:
		return "Đã có giá trị của cảm biến này tại thời điểm đó"
	case Malformed:
		return "Bản ghi không đúng định dạng"
	case OutOfScope:
		return "Cảm biến nằm ngoài phạm vi của khóa"
	case NotApproved:
		return "Cảm biến chưa được duyệt hoặc đã ngừng dùng"
	default:
		return ""
	}
}

// Door says by which door a reading came.
type Door int

// The doors. History takes readings of any age since 2000.
const (
	Ordinary Door = iota
	History
)

const (
	futureAllowed = 5 * time.Minute // clocks of gateways differ
	oldest        = 48 * time.Hour  // for the ordinary door
	firstUnix     = 946_684_800     // 1 January 2000; an older time is a device without a clock
)

// Check says whether a reading may be taken from the sensor. It allocates nothing.
func (s *Sensor) Check(r Reading, now time.Time, door Door) Reason {
	switch {
	case !s.InUse():
		return NotApproved
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
		return BadValue
	case s.Min != nil && r.Value < *s.Min, s.Max != nil && r.Value > *s.Max:
		return OutOfRange
	case r.At.After(now.Add(futureAllowed)):
		return Future
	case door == Ordinary && r.At.Before(now.Add(-oldest)), r.At.Unix() < firstUnix:
		return TooOld
	}
	return Taken
}

// State is how loud a value is: that of the highest level it reaches.
func (s *Sensor) State(value float64) State {
	if math.IsNaN(value) {
		return Unknown
	}
	if l := s.reached(value); l != nil {
		return l.State
	}
	return Normal
}

// grade is the unit of what is given in grades: the name of a level says its value already.
const grade = "cấp"

// Limit names the highest level a value reaches, "BĐ1 588,50 m", "cấp IV – nguy hiểm"; empty when it reaches none.
func (s *Sensor) Limit(value float64) string {
	l := s.reached(value)
	if l == nil {
		return ""
	}
	if s.Unit == grade {
		return l.Label
	}
	// Two decimals, as bulletins have it, unless the threshold is a whole number.
	at := strconv.FormatFloat(l.At, 'f', 2, 64)
	if l.At == math.Trunc(l.At) && l.At < 1000 && s.Unit != "m" {
		at = strconv.FormatFloat(l.At, 'f', 0, 64)
	}
	return strings.TrimSpace(l.Label + " " + strings.Replace(at, ".", ",", 1) + " " + s.Unit)
}

func (s *Sensor) reached(value float64) *Level {
	for i := len(s.Levels) - 1; i >= 0; i-- {
		if value >= s.Levels[i].At && s.Levels[i].Confirmed() {
			return &s.Levels[i]
		}
	}
	return nil
}

// Stale reports whether a value measured at at is too old at now to be believed. A value never measured is.
func (s *Sensor) Stale(at, now time.Time) bool {
	return at.IsZero() || now.Sub(at) > s.SilenceLimit()
}
