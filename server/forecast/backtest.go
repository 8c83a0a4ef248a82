package forecast

import (
	"slices"
	"time"

	"toancanh/server/report"
)

// What a backtest must have before its forecast is shown.
const (
	// LeastReports is of how many reports the rule must have been learned, and on how many it must have been judged.
	LeastReports = 50
	// LeastMissed is how many of the judged ones must have missed their due date, and how many must not.
	LeastMissed = 10
	// Margin is by how much F1 must be higher than that of what needs no forecast.
	Margin = 0.05
)

// learnPart is the part of the past, by number of cases, that is learned; what comes later judges.
const learnPart = 2.0 / 3

// Score is how well warnings met what happened, over all working hours that were judged.
type Score struct{ Hits, False, Silent int }

func (s *Score) count(warned, missed bool) {
	switch {
	case warned && missed:
		s.Hits++
	case warned:
		s.False++
	case missed:
		s.Silent++
	}
}

// Precision is the part of the warnings that came true; 0 without any.
func (s Score) Precision() float64 { return part(s.Hits, s.Hits+s.False) }

// Recall is the part of what was missed that was warned of; 0 when nothing was missed.
func (s Score) Recall() float64 { return part(s.Hits, s.Hits+s.Silent) }

// F1 is the harmonic mean of precision and recall.
func (s Score) F1() float64 { return part(2*s.Hits, 2*s.Hits+s.False+s.Silent) }

func part(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Skill is how good the forecast was on a past it had not seen.
type Skill struct {
	From, Split, To time.Time // learned from From to Split, judged from Split to To
	Learned         int       // reports
	Judged          int       // reports
	Missed          int       // of them, at least one due date
	Hours           int       // cases: each judged report at each working hour before its due date
	Threshold       float64   // the chance from which is warned

	Rule Score
	// NotStarted is "due within four working hours and not yet in progress", AllDue is "due within four working hours":
	// what anybody can see without a forecast.
	NotStarted, AllDue Score
}

// Enough reports whether there was enough to learn from and to judge by.
func (s Skill) Enough() bool {
	return s.Learned >= LeastReports && s.Judged >= LeastReports && s.Missed >= LeastMissed && s.Judged-s.Missed >= LeastMissed
}

// Better reports whether the forecast is worth showing: it was judged on enough and is better by Margin than both of what
// needs no forecast.
func (s Skill) Better() bool {
	return s.Enough() && s.Rule.F1() >= max(s.NotStarted.F1(), s.AllDue.F1())+Margin
}

// Backtest learns the first part of the past and judges the later one. The cases come as Cases gives them. What was not
// known yet at the split is not learned, and nothing of what came after it chooses the threshold.
func Backtest(cases []Case, span Span) Skill {
	cases = known(cases)
	s := Skill{From: span.From, Split: span.To, To: span.To}
	if len(cases) == 0 {
		return s
	}
	s.Split = cases[int(float64(len(cases))*learnPart)].At
	var before []Case
	var after []Case
	for _, c := range cases {
		switch {
		case !c.At.Before(s.Split):
			after = append(after, c)
		case c.Due.Before(s.Split):
			before = append(before, c)
		}
	}
	model := Learn(before)
	s.Learned, s.Threshold = model.reports, model.threshold(before)
	s.judge(model, after)
	return s
}

func known(cases []Case) []Case {
	return slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return c.Outcome == Unknown })
}

func (s *Skill) judge(m *Model, cases []Case) {
	missed := map[string]bool{}
	for _, c := range cases {
		late := c.Outcome == Missed
		missed[c.Report] = missed[c.Report] || late
		s.Rule.count(m.warns(c.Standing, s.Threshold), late)
		s.NotStarted.count(c.Stage != Started, late)
		s.AllDue.count(true, late)
	}
	s.Hours, s.Judged = len(cases), len(missed)
	for _, late := range missed {
		if late {
			s.Missed++
		}
	}
}

func (m *Model) warns(s Standing, threshold float64) bool {
	e, ok := m.Estimate(s)
	return ok && e.Chance >= threshold
}

// threshold is the chance from which warning has the highest F1 on cases; of equals the highest, which warns least. Without
// any case that is 1, which is never reached.
func (m *Model) threshold(cases []Case) float64 {
	type warned struct {
		chance float64
		late   bool
	}
	var list []warned
	var score Score // of warning of nothing
	for _, c := range cases {
		e, ok := m.Estimate(c.Standing)
		late := c.Outcome == Missed
		score.count(false, late)
		if ok {
			list = append(list, warned{e.Chance, late})
		}
	}
	slices.SortFunc(list, func(a, b warned) int {
		switch {
		case a.chance > b.chance:
			return -1
		case a.chance < b.chance:
			return 1
		}
		return 0
	})
	best, at := 0.0, 1.0
	for i, w := range list {
		if w.late {
			score.Hits++
			score.Silent--
		} else {
			score.False++
		}
		next := 0.0
		if i+1 < len(list) {
			next = list[i+1].chance
		}
		if f := score.F1(); next < w.chance && f > best {
			// Between the two, so that the chance of the same group may move a little when it is counted anew.
			best, at = f, (w.chance+next)/2
		}
	}
	return at
}

// Learned is a model of the whole past, with how good the same way of counting was on the later part of it.
type Learned struct {
	Model  *Model
	Skill  Skill
	Broken []error // reports whose timelines were left out
}

// Train learns from reports of a span of time and judges what it does.
func Train(book *report.Rulebook, past []Past, span Span) Learned {
	cases, broken := Cases(book, past, span)
	return Learned{Learn(cases), Backtest(cases, span), broken}
}

// Warn is the estimate of a report that stands so, when it is one to warn of.
func (l Learned) Warn(s Standing) (Estimate, bool) {
	e, ok := l.Model.Estimate(s)
	return e, ok && e.Chance >= l.Skill.Threshold
}
