package alarm

import "time"

// Target is what an alarm is about.
type Target struct {
	Source   Source
	Code     string
	Name     string
	Kind     string // of sensor
	Unit     string // of measure
	Origin   string
	Division string
	Area     string
	Path     []string
	Lat, Lon float64
}

// Entry is one line of an alarm's timeline.
type Entry struct {
	Act    ActName // what was done or, of what happened by itself, what came
	At     time.Time
	Until  *time.Time
	Value  *float64
	From   State // empty for the first
	To     State
	Aside  Aside // after it
	By     string
	As     string
	Reason string
	Text   string
}

// Raise begins an alarm.
func Raise(t Type, on Target, c Change, id string, now time.Time) (Alarm, Entry) {
	return Alarm{}, Entry{}
}

// Take is what a change of its condition makes of an alarm. Without entries nothing changed and the version is the same. A
// Raised or Worse that finds no open alarm is one to Raise; one that finds it closed changes nothing.
func (a Alarm) Take(c Change, now time.Time) (Alarm, []Entry) { return a, nil }

// Pass ends what ends by itself: a shelf, a suppression with an end, the horn's silence.
func (a Alarm) Pass(now time.Time) (Alarm, []Entry) { return a, nil }

// Due is when Pass has something to do; false when never.
func (a Alarm) Due() (time.Time, bool) { return time.Time{}, false }

// Active reports whether the condition holds.
func (a Alarm) Active() bool { return a.State == Unacked || a.State == Acked }

// Asks reports whether the alarm is annunciated and waits to be taken.
func (a Alarm) Asks() bool { return a.State == Unacked && a.Aside == "" && a.Priority != Journal }

// AckBy is when somebody should have taken it: 2 minutes after it called when high, 10 when medium, 30 when low.
func (a Alarm) AckBy() time.Time { return a.Machine.CalledAt }

// Stale reports whether it has been active for more than a day.
func (a Alarm) Stale(now time.Time) bool { return false }
