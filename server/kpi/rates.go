package kpi

import "time"

// Proven is how long a published result has to stand before it counts as resolved: so long its sender may have it opened again.
const Proven = 15 * day

// Settled is how long after its last day of receipt it is counted how a cohort was replied to, and Ripe what came of it: a month
// to be handled, and Proven.
const (
	Settled = 15 * day
	Ripe    = 30*day + Proven
)

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

// Count is what a case adds to the rates of its span. Each is counted as of one moment, so that nobody learns from one telling and
// the next what came between.
func (c Case) Count(s Span) Rates {
	r, now := Rates{Accepted: 1}, s.Results()
	if c.Limit != nil && !s.Replies().Before(*c.Limit) {
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

// Span is a time of receipt whose reports are rated together: its first day, and the day after its last one.
type Span struct{ From, Until time.Time }

// Replies is as of when replies are counted, and what was accepted.
func (s Span) Replies() time.Time { return s.Until.Add(Settled) }

// Results is as of when it is counted what came of it.
func (s Span) Results() time.Time { return s.Until.Add(Ripe) }

const monthsOfQuarter = 3

// Newest is the newest span whose replies have been counted, by when the first report ever came; false while there is none.
func Newest(now, first time.Time) (Span, bool) { return ended(now.Add(-Settled), first) }

// NewestRipe is the newest span whose results have been counted.
func NewestRipe(now, first time.Time) (Span, bool) { return ended(now.Add(-Ripe), first) }

// ended is the newest span that had ended at a time. Spans never overlap, so that nobody can take one from another: quarters from
// the second that begins after the first report, and until then half months, the first of which begins on the day of that report.
func ended(at, first time.Time) (s Span, ok bool) {
	first = first.In(at.Location())
	quarters := quarterOf(first.Add(-1)).AddDate(0, 2*monthsOfQuarter, 0)
	s.Until = quarterOf(at)
	s.From = s.Until.AddDate(0, -monthsOfQuarter, 0)
	if s.From.Before(quarters) {
		s.Until = halfOf(at)
		if s.Until.After(quarters) {
			s.Until = quarters
		}
		s.From = halfOf(s.Until.Add(-1))
	}
	if day := dayOf(first); s.From.Before(day) {
		s.From = day
	}
	if first.IsZero() || !s.From.Before(s.Until) {
		return Span{}, false
	}
	return s, true
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}

// halfOf is the beginning of the half of a month.
func halfOf(t time.Time) time.Time {
	const middle = 15
	if t.Day() <= middle {
		return monthOf(t)
	}
	return monthOf(t).AddDate(0, 0, middle)
}

func quarterOf(t time.Time) time.Time {
	return monthOf(t).AddDate(0, -(int(t.Month())-1)%monthsOfQuarter, 0)
}
