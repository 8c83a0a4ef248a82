package kpi

import "time"

// counts are what one fact adds to each area on its path at an instant, or the sums of an area.
type counts struct {
	open, openDayAgo         int
	overdue, overdueHigh     int
	arrived                  int // received at or before now
	received, receivedBefore int
	due, met                 int
	critical, warning        int
}

func (c counts) plus(d counts, sign int) counts {
	c.open += sign * d.open
	c.openDayAgo += sign * d.openDayAgo
	c.overdue += sign * d.overdue
	c.overdueHigh += sign * d.overdueHigh
	c.arrived += sign * d.arrived
	c.received += sign * d.received
	c.receivedBefore += sign * d.receivedBefore
	c.due += sign * d.due
	c.met += sign * d.met
	c.critical += sign * d.critical
	c.warning += sign * d.warning
	return c
}

// measure is what a fact adds at now. It is the one place that defines the counters.
func measure(f *Fact, now time.Time) counts {
	var c counts
	received := f.ReceivedAt
	c.arrived = one(!now.Before(received))
	c.received = one(!now.Before(received) && now.Before(received.Add(day)))
	c.receivedBefore = one(!now.Before(received.Add(day)) && now.Before(received.Add(2*day)))
	if f.Open {
		c.open = 1
		c.openDayAgo = one(!now.Before(received.Add(day)))
		c.overdue = one(f.DueNow != nil && f.DueNow.Before(now))
		c.critical = one(f.State == "critical")
		c.warning = one(f.State == "warning")
		c.overdueHigh = c.overdue * (c.critical + c.warning)
	} else if f.EndedAt != nil {
		c.openDayAgo = one(!now.Before(received.Add(day)) && now.Before(f.EndedAt.Add(day)))
	}
	if o := f.Original; o != nil && !f.Excluded && !now.Before(*o) && now.Before(o.Add(onTimeWindow)) {
		c.due = 1
		c.met = one(f.ResolvedAt != nil && !f.ResolvedAt.After(*o))
	}
	return c
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// nextChange is the first instant after now at which measure may change; zero when time alone changes nothing
// any more.
func nextChange(f *Fact, now time.Time) time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	at(f.ReceivedAt)
	at(f.ReceivedAt.Add(day))
	at(f.ReceivedAt.Add(2 * day))
	if f.Open && f.DueNow != nil {
		at(f.DueNow.Add(1)) // overdue is after, not at, the deadline
	}
	if !f.Open && f.EndedAt != nil {
		at(*f.EndedAt) // another machine's clock may be ahead
		at(f.EndedAt.Add(day))
	}
	if f.Original != nil {
		at(*f.Original)
		at(f.Original.Add(onTimeWindow))
	}
	return next
}

// doneAt is when a fact that is not open has left every window.
func doneAt(f *Fact) time.Time {
	last := f.ReceivedAt.Add(onTimeWindow) // beyond the hours that averages look back to
	for _, t := range []*time.Time{f.EndedAt, f.Original} {
		if t != nil && t.Add(onTimeWindow).After(last) {
			last = t.Add(onTimeWindow)
		}
	}
	return last
}
