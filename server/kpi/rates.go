package kpi

import "time"

// Proven is how long a published result has to stand before it counts as resolved: so long its sender may have it opened again.
const Proven = 15 * day

// Ripe is how long after its last day of receipt a cohort is old enough: a month to be handled, and Proven.
const Ripe = 30*day + Proven

// Targets of the three rates, and the most that may be opened again, in per cent.
const (
	ResponseTarget     = 98.0
	ResolutionTarget   = 90.0
	SatisfactionTarget = 92.0
	ReopenLimit        = 3.0
)

// Case is what the rates need to know of one accepted report that was not refused, merged or withdrawn. Its cohort is that
// of its receipt.
type Case struct {
	Area, Unit string     // Unit is the one that replied first; else the one it was given to last; empty: none yet
	Limit      *time.Time // of the first reply, as approved extensions and pauses moved it; nil while none runs
	Replied    *time.Time // the unit's first result
	Published  *time.Time // the first publication
	Reopened   *time.Time // the first time it was opened again after that
	Rated      bool
	Content    bool // satisfied, or accepting
}

// Rates are the counts behind the rates. Sums of them are rates again.
type Rates struct {
	Accepted           int
	Due, Met           int // the first reply's limit has ended; replied by it
	Resolved, Reopened int // published at least Proven ago: not opened again in that time, or opened again
	Rated, Content     int // of those published at least Proven ago
}

// Count is what a case adds to the rates as of now.
func (c Case) Count(now time.Time) Rates {
	r := Rates{Accepted: 1}
	if c.Limit != nil && !now.Before(*c.Limit) {
		r.Due = 1
		r.Met = one(c.Replied != nil && !c.Replied.After(*c.Limit))
	}
	if c.Published == nil || now.Before(c.Published.Add(Proven)) {
		return r
	}
	r.Reopened = one(c.Reopened != nil && c.Reopened.Before(c.Published.Add(Proven)))
	r.Resolved = 1 - r.Reopened
	r.Rated = one(c.Rated)
	r.Content = one(c.Rated && c.Content)
	return r
}

// Asked are those whose sender was asked how content they are.
func (r Rates) Asked() int { return r.Resolved + r.Reopened }

// Plus is the sum of both.
func (r Rates) Plus(o Rates) Rates {
	return Rates{
		Accepted: r.Accepted + o.Accepted, Due: r.Due + o.Due, Met: r.Met + o.Met, Resolved: r.Resolved + o.Resolved,
		Reopened: r.Reopened + o.Reopened, Rated: r.Rated + o.Rated, Content: r.Content + o.Content,
	}
}

// Quarter is the newest whole quarter before now: its first day, and the day after its last one.
func Quarter(now time.Time) (from, until time.Time) {
	const months = 3
	first := (int(now.Month())-1)/months*months + 1
	until = time.Date(now.Year(), time.Month(first), 1, 0, 0, 0, 0, now.Location())
	return until.AddDate(0, -months, 0), until
}
