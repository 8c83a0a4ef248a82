package sensor

import "time"

// Reason says why a reading is refused, in the words of the API; empty is taken.
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
)

// Detail is the reason as a Vietnamese sentence.
func (r Reason) Detail() string { panic("unwritten") }

// Door says by which door a reading came.
type Door int

// The doors. History takes readings of any age.
const (
	Ordinary Door = iota
	History
)

// Check says whether a reading may be taken from the sensor. It allocates nothing.
func (s *Sensor) Check(r Reading, now time.Time, door Door) Reason { panic("unwritten") }

// Clean cleans a sensor to be registered, fills in the defaults of its kind and says all that is wrong.
func (s Sensor) Clean() (Sensor, error) { panic("unwritten") }

// State is how loud a value is.
func (s *Sensor) State(value float64) State { panic("unwritten") }

// Limit is the highest level reached, "BĐ1 588,50 m"; empty when none is.
func (s *Sensor) Limit(value float64) string { panic("unwritten") }

// Stale reports whether a value measured at is too old at now.
func (s *Sensor) Stale(at, now time.Time) bool { panic("unwritten") }

// Kind is a kind of sensor with its defaults.
type Kind struct {
	Code, Name, Unit string
	StaleAfter       time.Duration
	Min, Max         *float64
	Levels           []Level
}

// Kinds lists the kinds.
func Kinds() []Kind { panic("unwritten") }

// KindOf finds a kind.
func KindOf(code string) (Kind, bool) { panic("unwritten") }

// MaxItems is how many readings one body may hold.
const MaxItems = 10_000

// Encoding says how a body is written.
type Encoding int

// The encodings.
const (
	JSON   Encoding = iota // one object, or an array of them
	NDJSON                 // an object a line
)

// Item is one reading of a body, or why it could not be read.
type Item struct {
	Index   int
	Reading Reading
	Reason  Reason // Malformed, BadValue or Taken
	Detail  string // Vietnamese; empty when it was read
}

// DecodeReadings reads a body (already inflated). One bad item never spoils another; the error (invalid or
// too_many) is for bodies that hold no list at all or too long a one.
func DecodeReadings(body []byte, enc Encoding) ([]Item, error) { panic("unwritten") }
