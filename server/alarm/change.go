package alarm

import "time"

// ChangeKind says what happened to a condition.
type ChangeKind string

// The kinds of changes.
const (
	Raised   ChangeKind = "raise"  // it has held for its on-delay
	Returned ChangeKind = "return" // it has been normal for its off-delay
	Worse    ChangeKind = "worse"  // it holds still, and reached another level or grew by its dead-band
	Again    ChangeKind = "again"  // it came again while latched: it only counts
	Calm     ChangeKind = "calm"   // it ceased to chatter and holds still
)

// Change is what became of a condition of a type on a target. A Part is no alarm: it belongs to Joints.
type Change struct {
	Type       string
	Part       int // of a joint, from 1; 0 is the type itself
	Source     Source
	Target     string
	Kind       ChangeKind
	At         time.Time // by the clock of its readings
	Value      *float64  // the worst so far; nil where there is none
	Unit       string    // of Value where it is not the sensor's
	Limit      string    // what was reached, "BĐ2 589,50 m"
	Members    []string  // sensors of a gateway, or those a joint rests on
	Chattering bool      // whether it is latched after this change
}

// Clock is how late it is for a thing that sends times: its newest time plus what has passed here since that was heard. So
// the same readings are judged the same at every speed, and time in which nobody listened does not exist. The zero Clock
// has heard nothing.
type Clock struct{ newest, heard time.Time }

// Hear takes a time that arrived at now. An older one than the newest changes nothing.
func (c *Clock) Hear(at, now time.Time) {
	if at.After(c.newest) {
		c.newest, c.heard = at, now
	}
}

// Listen says that this process has listened only since now: what passed before is not counted.
func (c *Clock) Listen(now time.Time) { c.heard = now }

// At is how late it is at now; the zero time when nothing was heard.
func (c *Clock) At(now time.Time) time.Time {
	if c.newest.IsZero() {
		return time.Time{}
	}
	return c.newest.Add(max(0, now.Sub(c.heard)))
}

// When is at what time here the thing's clock shows at.
func (c *Clock) When(at time.Time) time.Time { return c.heard.Add(at.Sub(c.newest)) }
