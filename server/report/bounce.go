package report

import "time"

// Bounce is a report that a unit gave back, from the assignment to the return.
type Bounce struct {
	Report   Report // ID, Category, Emergency and Rules are enough
	From, To string // the unit that returned it, and the one it was given to next; To is empty while there is none
	Given    time.Time
	Returned time.Time
}

// Lost is how long the unit had the report before it gave it back, in the hours the report runs in.
func (b *Rulebook) Lost(v Bounce) (time.Duration, Clock, error) {
	k, c, err := b.of(v.Report)
	if err != nil {
		return 0, "", err
	}
	clock := c.Clock
	if v.Report.Emergency {
		clock = ClockTime
	}
	return k.Calendar.Between(v.Given, v.Returned, clock), clock, nil
}
