package report

import (
	"fmt"
	"slices"
	"time"
)

// Standing is what a timeline alone says about a report.
type Standing struct {
	Status      Status
	Version     int64
	AcceptedAt  *time.Time
	AssignedAt  *time.Time
	ResolvedAt  *time.Time
	PublishedAt *time.Time
	ClosedAt    *time.Time
	WithdrawnAt *time.Time
	Unit        string
	Level       Level
	Bounces     int
	Reopens     int
}

// Standing is the same of the report itself.
func (r Report) Standing() Standing {
	return Standing{
		Status: r.Status, Version: r.Version, AcceptedAt: r.AcceptedAt, AssignedAt: r.AssignedAt, ResolvedAt: r.ResolvedAt,
		PublishedAt: r.PublishedAt, ClosedAt: r.ClosedAt, WithdrawnAt: r.WithdrawnAt, Unit: r.Unit, Level: r.Level, Bounces: r.Bounces, Reopens: r.Reopens,
	}
}

// Fold reads a timeline from its first entry. The error says where the chain is broken: a number left out, a
// status that does not follow, an act from before its predecessor.
func Fold(entries []Entry) (Standing, error) {
	var s Standing
	var last time.Time
	for _, e := range entries {
		if err := follows(s, e, last); err != nil {
			return Standing{}, fmt.Errorf("entry %d (%s): %w", e.N, e.Act, err)
		}
		s = s.after(e)
		last = e.At
	}
	return s, nil
}

func follows(s Standing, e Entry, last time.Time) error {
	switch {
	case e.N != s.Version+1:
		return fmt.Errorf("follows entry %d", s.Version)
	case e.From != s.Status:
		return fmt.Errorf("begins at %q, the report stands at %q", e.From, s.Status)
	case e.At.Before(last):
		return fmt.Errorf("is older than the entry before it")
	case e.N == 1 && (e.Act != Receive || e.To != Moi):
		return fmt.Errorf("is not a birth")
	case e.N > 1 && !slices.Contains(transitionOf(e.Act).from, e.From):
		return fmt.Errorf("is not lawful at %q", e.From)
	case e.Act == Rate && e.To != rated(e):
		return fmt.Errorf("leads to %q", e.To)
	case e.N > 1 && transitionOf(e.Act).to != "" && transitionOf(e.Act).to != e.To:
		return fmt.Errorf("leads to %q", e.To)
	case s.WithdrawnAt != nil:
		return fmt.Errorf("comes after the withdrawal")
	}
	return nil
}

// rated is where a rating leads.
func rated(e Entry) Status {
	if e.Rating.Solved == SolvedYes {
		return HoanThanh
	}
	return e.From
}

func (s Standing) after(e Entry) Standing {
	at := e.At
	s.Status, s.Version = e.To, e.N
	switch e.Act {
	case Receive:
		s.Level = FirstLevel
	case Escalate:
		s.Level = e.Level
	case Accept:
		s.AcceptedAt = &at
	case Assign:
		s.Unit = e.Unit
		if s.AssignedAt == nil {
			s.AssignedAt = &at
		}
	case Return:
		s.Unit = ""
		s.Bounces++
	case Resolve:
		s.ResolvedAt = &at
	case Publish:
		s.PublishedAt = &at
	case Reopen:
		s.ResolvedAt, s.PublishedAt, s.ClosedAt = nil, nil, nil
		s.Reopens++
	case Refuse, Merge, Complete:
		s.ClosedAt = &at
	case Rate:
		if e.From != e.To {
			s.ClosedAt = &at
		}
	case Withdraw:
		s.WithdrawnAt = &at
	default: // the others change the status at most
	}
	return s
}
