package alarm

import "time"

// HealthRow is what health needs to know of an alarm that was open at some time in the span.
type HealthRow struct {
	ID         string
	Type       string
	Target     string
	Name       string // of the target
	Priority   Priority
	State      State
	Aside      Aside
	KnownAt    time.Time
	CalledAt   time.Time // Machine.CalledAt
	AckedAt    *time.Time
	ClearAt    *time.Time
	ClosedAt   *time.Time
	Count      int
	Chattering bool
	// Acted: somebody did more than acknowledge: a comment, a shelf, a service, an incident, a callout taken.
	Acted bool
}

// HealthSpan is what is asked.
type HealthSpan struct {
	From, To  time.Time
	Now       time.Time
	Positions int // operator positions the calls are shared among; at least 1
	Types     map[string]Type
}

// Health is how well the alarms of a room can be answered (domain AL-8; EEMUA 191, ISA-18.2).
type Health struct{}

// HealthOf measures.
func HealthOf(rows []HealthRow, span HealthSpan) Health { return Health{} }
