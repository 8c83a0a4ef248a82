package alarm

import (
	"time"

	"toancanh/server/sensor"
)

// Judge judges the readings of one sensor by every type that applies to it, and by the parts of joints. One goroutine at a
// time may use it.
type Judge struct{}

// Applies reports whether a condition is one of the readings of a sensor and asks for this one.
func Applies(c Condition, s *sensor.Sensor) bool { return false }

// NewJudge makes the judge of a sensor by those of the types that are enabled and apply. The sensor must not change.
func NewJudge(s *sensor.Sensor, types []Type) *Judge { return &Judge{} }

// Take judges a reading and appends what changed. A reading not newer than the newest taken is ignored: late data change
// history only. Delays that ran out before it are settled first. It allocates only for changes.
func (j *Judge) Take(at time.Time, value float64, out []Change) []Change { return out }

// Pass appends what changed by time alone, up to to on the sensor's clock (see Clock). A delay is held to have run out
// five seconds after its end, for a reading of that time may still be on its way; the change is dated at its end.
func (j *Judge) Pass(to time.Time, out []Change) []Change { return out }

// Due is when Pass next has something to do, on the sensor's clock; false when time alone changes nothing.
func (j *Judge) Due() (time.Time, bool) { return time.Time{}, false }

// Newest is the time of the newest reading taken; zero when there is none.
func (j *Judge) Newest() time.Time { return time.Time{} }

// Idle reports whether no type applies.
func (j *Judge) Idle() bool { return true }

// Save is all that the judge knows.
func (j *Judge) Save() ([]byte, error) { return nil, nil }

// Resume takes up what a judge of this sensor saved, which then goes on as that one would. Of a type that changed since it
// keeps whether it is raised, so that it returns when the new condition does not hold, and forgets the rest.
func (j *Judge) Resume(saved []byte) error { return nil }
