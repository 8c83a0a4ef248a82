// Package forecast says which open reports will probably miss their due date within the next four working hours, by
// counting what became of those that once stood like them, and measures on the past whether that is worth showing.
// Everything here is a pure function of its arguments, the clock included; nothing is stored, sent or logged.
package forecast

import "toancanh/server/report"

// leastAlike is how many reports must have stood alike before anything is said from them; fewer are counted together with
// what is less alike.
const leastAlike = 10

// Alike is what reports that are counted together have in common; an empty field says nothing.
type Alike struct {
	Stage    Stage
	Left     Left
	Category string
	Unit     string
}

// Model is what was counted. It is immutable.
type Model struct {
	counts  map[Alike]tally
	reports int
}

// tally counts reports.
type tally struct{ kept, missed int }

// levels are the groups a report is counted in, the closest first.
func (s Standing) levels() []Alike {
	return []Alike{
		{s.Stage, s.Left, s.Category, s.Unit},
		{s.Stage, s.Left, s.Category, ""},
		{s.Stage, s.Left, "", ""},
		{},
	}
}

// Learn counts cases whose outcome is known. A report counts once a due date in each group, however many hours it stood
// there.
func Learn(cases []Case) *Model {
	m := &Model{counts: map[Alike]tally{}}
	type one struct {
		report string
		alike  Alike
		due    int64
	}
	counted := map[one]bool{}
	reports := map[string]bool{}
	for _, c := range cases {
		if c.Outcome == Unknown {
			continue
		}
		reports[c.Report] = true
		for _, alike := range c.levels() {
			who := one{c.Report, alike, c.Due.UnixMicro()}
			if counted[who] {
				continue
			}
			counted[who] = true
			t := m.counts[alike]
			if c.Outcome == Missed {
				t.missed++
			} else {
				t.kept++
			}
			m.counts[alike] = t
		}
	}
	m.reports = len(reports)
	return m
}

// Estimate is how likely a report misses its due date, and the count that says so.
type Estimate struct {
	Alike
	Kept, Of int     // of so many reports that stood alike, so many were resolved in time
	Chance   float64 // to miss, 0 to 1
}

// Estimate counts what became of those that stood like s; false when too few ever stood so.
func (m *Model) Estimate(s Standing) (Estimate, bool) {
	for _, alike := range s.levels() {
		t := m.counts[alike]
		if n := t.kept + t.missed; n >= leastAlike {
			// One more of each, so that a few reports never make a certainty.
			return Estimate{alike, t.kept, n, float64(t.missed+1) / float64(n+2)}, true
		}
	}
	return Estimate{}, false
}

// Act is the cheapest thing that may still help.
type Act string

// The acts.
const (
	Assign Act = "assign" // give it to a unit again
	Remind Act = "remind" // the unit has it and has not begun
	Extend Act = "extend" // it is worked on: the unit asks for more time
	Decide Act = "decide" // the unit has asked for more time, and nobody has answered
)

// Help is the act that may still help a report.
func Help(r report.Report, s Stage) Act {
	switch {
	case r.Status == report.XinGiaHan:
		return Decide
	case s == Reopened || r.Unit == "":
		return Assign
	case s == Assigned:
		return Remind
	}
	return Extend
}
