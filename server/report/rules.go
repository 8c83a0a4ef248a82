package report

import "time"

// Clock says which hours count.
type Clock string

// The clocks.
const (
	WorkingTime Clock = "working" // only the hours offices work
	ClockTime   Clock = "clock"   // every hour
)

// Limit is how long something may take. On the working clock Days are working days (each as long as the
// office works in a day); on the other they are 24 hours.
type Limit struct {
	Clock Clock
	Days  int
	Time  time.Duration
}

// Category is a kind of report with its deadlines.
type Category struct {
	Code    string
	Name    string // Vietnamese
	Clock   Clock
	Accept  Limit
	Assign  Limit
	Resolve Limit
	Unit    string  // id of the unit responsible by default
	Share   float64 // part of all reports, 0 to 1, for generated samples
}

// Unit is a department or office that acts. It is never a place.
type Unit struct{ ID, Name string }

// Rules are one version of categories and calendar.
type Rules struct {
	Version    int
	Categories []Category
	Calendar   *Calendar
}

// Rulebook holds every version of the rules; reports are born under the newest and keep theirs.
type Rulebook struct {
	versions map[int]Rules
	current  Rules
}
