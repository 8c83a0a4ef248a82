package alarm

import "time"

// Flood says whether a position is flooded: more than 10 alarms called within 10 minutes, until it is fewer than 5
// (EEMUA 191). One goroutine at a time may use it.
type Flood struct{}

// Call takes an alarm that called at at.
func (f *Flood) Call(at time.Time) {}

// Pass moves the window to now and reports whether it is a flood.
func (f *Flood) Pass(now time.Time) bool { return false }

// Rate is how many called in the 10 minutes before the last Pass.
func (f *Flood) Rate() int { return 0 }

// Since is when the flood began; nil without one.
func (f *Flood) Since() *time.Time { return nil }

// Resume takes up a flood that began at since before this process did; nil: there was none. The calls of the last 10
// minutes are to be given by Call.
func (f *Flood) Resume(since *time.Time) {}

// Group is what is shown as one during a flood.
type Group struct {
	Key      string    `json:"key"` // area|kind|cause
	Area     string    `json:"area"`
	Kind     string    `json:"kind"`
	Label    string    `json:"label"`
	Priority Priority  `json:"priority"` // the loudest in it
	Count    int       `json:"count"`
	Unacked  int       `json:"unacked"`
	NewestAt time.Time `json:"newest_at"`
	IDs      []string  `json:"ids"` // the newest 20
}

// Groups puts the open alarms that are not aside in groups of one area right below the province, one kind and one probable
// cause; the loudest first, then the largest. High ones and the journal are in none; every other is in just one.
func Groups(open []Alarm, types map[string]Type) []Group { return nil }
