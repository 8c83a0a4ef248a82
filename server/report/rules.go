package report

import (
	"fmt"
	"slices"
	"time"

	"toancanh/server/fault"
)

// Clock says which hours count.
type Clock string

// The clocks.
const (
	WorkingTime Clock = "working" // only the hours offices work
	ClockTime   Clock = "clock"   // every hour
)

// Limit is how long something may take. On the working clock Days are working days, each as long as offices
// work in a day; on the other they are 24 hours.
type Limit struct {
	Clock Clock
	Days  int
	Time  time.Duration
}

// String is the limit as it stands in categories.csv: "30m", "4h", "3d".
func (l Limit) String() string {
	switch {
	case l.Days > 0:
		return fmt.Sprintf("%dd", l.Days)
	case l.Time%time.Hour == 0:
		return fmt.Sprintf("%dh", l.Time/time.Hour)
	}
	return fmt.Sprintf("%dm", l.Time/time.Minute)
}

// Category is a kind of report with its deadlines.
type Category struct {
	Code     string
	Name     string // Vietnamese
	Clock    Clock
	Accept   Limit // T1
	Assign   Limit // T2
	Resolve  Limit // T3
	Unit     string
	Priority Priority // of a report that is no emergency
	Share    float64  // part of all reports, 0 to 1, for generated samples
}

// Limits are T1, T2 and T3 of one report.
type Limits struct{ Accept, Assign, Resolve Limit }

// Limits are the category's own, or those of an emergency: 5 and 10 minutes, and a day counted on the clock
// (which never holds more than one working day) unless the category is quicker.
func (c Category) Limits(emergency bool) Limits {
	own := Limits{Accept: c.Accept, Assign: c.Assign, Resolve: c.Resolve}
	if !emergency {
		return own
	}
	urgent := Limits{
		Accept:  Limit{Clock: ClockTime, Time: 5 * time.Minute},
		Assign:  Limit{Clock: ClockTime, Time: 10 * time.Minute},
		Resolve: Limit{Clock: ClockTime, Days: 1},
	}
	if c.Clock == ClockTime {
		urgent.Accept = shorter(own.Accept, urgent.Accept)
		urgent.Assign = shorter(own.Assign, urgent.Assign)
		urgent.Resolve = shorter(own.Resolve, urgent.Resolve)
	}
	return urgent
}

// shorter is the shorter of two limits of ClockTime.
func shorter(a, b Limit) Limit {
	const day = 24 * time.Hour
	if time.Duration(a.Days)*day+a.Time < time.Duration(b.Days)*day+b.Time {
		return a
	}
	return b
}

// publishLimit is T4.
func publishLimit() Limit { return Limit{Clock: WorkingTime, Days: 1} }

// Unit is a department or office that acts. It is never a place.
type Unit struct{ ID, Name string }

// Rules are one version of categories and calendar.
type Rules struct {
	Version    int
	Categories []Category
	Calendar   *Calendar
}

// Category finds a category by its code.
func (k Rules) Category(code string) (Category, bool) {
	i := slices.IndexFunc(k.Categories, func(c Category) bool { return c.Code == code })
	if i < 0 {
		return Category{}, false
	}
	return k.Categories[i], true
}

// Rulebook holds every version of the rules; a report is born under the newest and keeps its own. It is
// immutable.
type Rulebook struct {
	versions map[int]Rules
	current  Rules
}

// NewRulebook makes a rulebook; the highest version is in force.
func NewRulebook(versions ...Rules) (*Rulebook, error) {
	b := &Rulebook{versions: make(map[int]Rules, len(versions))}
	for _, k := range versions {
		switch {
		case k.Version < 1:
			return nil, fmt.Errorf("rules version %d: must be 1 or more", k.Version)
		case k.Calendar == nil || len(k.Categories) == 0:
			return nil, fmt.Errorf("rules version %d: needs categories and a calendar", k.Version)
		}
		if _, twice := b.versions[k.Version]; twice {
			return nil, fmt.Errorf("rules version %d: given twice", k.Version)
		}
		b.versions[k.Version] = k
		if k.Version > b.current.Version {
			b.current = k
		}
	}
	if len(b.versions) == 0 {
		return nil, fmt.Errorf("a rulebook needs rules")
	}
	return b, nil
}

// Current is the version in force.
func (b *Rulebook) Current() Rules { return b.current }

// Category finds a category of the version in force.
func (b *Rulebook) Category(code string) (Category, bool) { return b.current.Category(code) }

// of finds the rules and the category a report was born under.
func (b *Rulebook) of(r Report) (Rules, Category, error) {
	k, ok := b.versions[r.Rules]
	if !ok {
		return Rules{}, Category{}, fault.Internal(fmt.Errorf("report %s: rules version %d is not loaded", r.ID, r.Rules))
	}
	c, ok := k.Category(r.Category)
	if !ok {
		return Rules{}, Category{}, fault.Internal(fmt.Errorf("report %s: category %q is not in rules version %d", r.ID, r.Category, r.Rules))
	}
	return k, c, nil
}

// ClockOf is the calendar and the clock by which the time of a report is counted, of the rules it was born under.
func (b *Rulebook) ClockOf(r Report) (*Calendar, Clock, error) {
	k, c, err := b.of(r)
	if r.Emergency {
		return k.Calendar, ClockTime, err
	}
	return k.Calendar, c.Clock, err
}
