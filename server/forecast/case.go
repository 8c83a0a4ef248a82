package forecast

import (
	"fmt"
	"slices"
	"time"

	"toancanh/server/report"
)

// Ahead is how far a forecast looks, in hours of the report's own clock.
const Ahead = 4 * time.Hour

// Stage is how far the work on a report has come while its T3 runs.
type Stage string

// The stages.
const (
	Reopened Stage = "reopened" // asked again, and nobody has been given it since
	Assigned Stage = "assigned" // a unit has it and has not begun
	Started  Stage = "started"
)

// Left is how much time of its clock a report has, in words short enough for a sentence.
type Left string

// The spans of time left.
const (
	UnderOne  Left = "under_1h"
	OneToTwo  Left = "1_2h"
	TwoToFour Left = "2_4h"
)

func leftOf(d time.Duration) Left {
	switch {
	case d < time.Hour:
		return UnderOne
	case d < 2*time.Hour:
		return OneToTwo
	}
	return TwoToFour
}

// Standing is what a forecast knows of an open report whose T3 ends within Ahead.
type Standing struct {
	Report         string // id
	Category, Unit string
	Stage          Stage
	Left           Left
	Due            time.Time
}

// StandingOf is how a report stands at an instant; false when no T3 of its runs, has run out, or ends later than Ahead.
func StandingOf(book *report.Rulebook, r report.Report, at time.Time) (Standing, bool, error) {
	stage, runs := stageOf(r)
	if !runs || !r.Due.Resolve.After(at) {
		return Standing{}, false, nil
	}
	cal, clock, err := book.ClockOf(r)
	if err != nil {
		return Standing{}, false, err
	}
	left := cal.Between(at, *r.Due.Resolve, clock)
	return Standing{r.ID, r.Category, r.Unit, stage, leftOf(left), *r.Due.Resolve}, left <= Ahead, nil
}

// stageOf is the stage of a report; false when its T3 does not run.
func stageOf(r report.Report) (Stage, bool) {
	if r.NextAct() != report.Resolve {
		return "", false
	}
	status := r.Status
	if status == report.XinGiaHan {
		status = r.Before
	}
	switch status {
	case report.MoLai:
		return Reopened, true
	case report.DaPhanCong:
		return Assigned, true
	default:
		return Started, true
	}
}

// Outcome is what became of a report that stood before its due date.
type Outcome int

// The outcomes. Nothing is learned from a date that was moved, or a clock that was stopped, before it came.
const (
	Unknown Outcome = iota // not yet, or never
	Kept
	Missed
)

// Case is a report at a working hour of the past before its due date, and what became of it.
type Case struct {
	Standing
	At      time.Time
	Outcome Outcome
}

// Past is a report with its timeline.
type Past struct {
	Report   report.Report
	Timeline []report.Entry
}

// Span is the time whose working hours are asked.
type Span struct{ From, To time.Time }

// Cases are the reports of the past at every working hour of a span at which they stood before their due date, as they
// stood then; reports on the clock of all hours, at every hour. The earliest come first. Of To and later nothing is known.
// A report whose timeline is broken is left out; the errors say which and why.
func Cases(book *report.Rulebook, past []Past, span Span) ([]Case, []error) {
	hours := workingHours(book.Current().Calendar, span)
	var list []Case
	var broken []error
	for _, p := range past {
		more, err := casesOf(book, p, walk{hours, span})
		if err != nil {
			broken = append(broken, err)
			continue
		}
		list = append(list, more...)
	}
	slices.SortStableFunc(list, func(a, b Case) int { return a.At.Compare(b.At) })
	return list, broken
}

// walk is a span with the working hours in it.
type walk struct {
	hours []time.Time
	Span
}

func casesOf(book *report.Rulebook, p Past, w walk) ([]Case, error) {
	states, err := statesOf(book, p, w.To)
	if err != nil {
		return nil, err
	}
	var list []Case
	for i, r := range states {
		until := w.To
		if i+1 < len(states) {
			until = states[i+1].ChangedAt
		}
		more, err := stood(book, r, walk{w.hours, Span{later(r.ChangedAt, w.From), until}})
		if err != nil {
			return nil, err
		}
		for _, c := range more {
			c.Outcome = outcome(states, c.Due, w.To)
			list = append(list, c)
		}
	}
	return list, nil
}

// statesOf is the report after each act of its timeline before an instant, each as it stood then.
func statesOf(book *report.Rulebook, p Past, before time.Time) ([]report.Report, error) {
	if len(p.Timeline) == 0 {
		return nil, fmt.Errorf("report %s: has no timeline", p.Report.ID)
	}
	stays := func(string, string) []string { return nil } // where it lies is not asked
	r, err := book.Newborn(p.Report, p.Timeline[0], stays)
	states := []report.Report{r}
	for _, e := range p.Timeline[1:] {
		if err != nil || !e.At.Before(before) {
			break
		}
		r, err = book.Redo(r, e, stays)
		states = append(states, r)
	}
	return states, err
}

// stood are the hours of a walk at which a report, unchanged all the while, stood before its due date.
func stood(book *report.Rulebook, r report.Report, w walk) ([]Case, error) {
	if _, runs := stageOf(r); !runs {
		return nil, nil
	}
	_, clock, err := book.ClockOf(r)
	if err != nil {
		return nil, err
	}
	end := *r.Due.Resolve
	if w.To.Before(end) {
		end = w.To
	}
	hours := w.hours
	if clock == report.ClockTime {
		hours = everyHour(Span{later(w.From, r.Due.Resolve.Add(-Ahead)), end})
	}
	n, _ := slices.BinarySearchFunc(hours, end, time.Time.Compare)
	var list []Case
	for _, at := range slices.Backward(hours[:n]) {
		if at.Before(w.From) {
			break
		}
		s, near, err := StandingOf(book, r, at)
		if err != nil {
			return nil, err
		}
		if !near {
			break
		}
		list = append(list, Case{Standing: s, At: at})
	}
	return list, nil
}

// outcome is what became of a due date, by how the report stood when it came.
func outcome(states []report.Report, due, known time.Time) Outcome {
	if !due.Before(known) {
		return Unknown
	}
	n, _ := slices.BinarySearchFunc(states, due, func(r report.Report, at time.Time) int {
		if r.ChangedAt.After(at) {
			return 1
		}
		return -1
	})
	then := states[n-1]
	switch _, runs := stageOf(then); {
	case runs && then.Due.Resolve.Equal(due):
		return Missed
	case then.ResolvedAt != nil && then.WithdrawnAt == nil:
		return Kept
	}
	return Unknown
}

// workingHours are the instants of a span that begin an hour in which offices work, no two closer than an hour.
func workingHours(cal *report.Calendar, span Span) []time.Time {
	const half = 30 * time.Minute
	var list []time.Time
	at := span.From.UTC().Truncate(half)
	if at.Before(span.From) {
		at = at.Add(half)
	}
	for at.Before(span.To) {
		if cal.Between(at, at.Add(time.Hour), report.WorkingTime) == time.Hour {
			list = append(list, at)
			at = at.Add(half)
		}
		at = at.Add(half)
	}
	return list
}

func everyHour(span Span) []time.Time {
	var list []time.Time
	at := span.From.UTC().Truncate(time.Hour)
	if at.Before(span.From) {
		at = at.Add(time.Hour)
	}
	for ; at.Before(span.To); at = at.Add(time.Hour) {
		list = append(list, at)
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
