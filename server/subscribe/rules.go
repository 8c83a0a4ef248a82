package subscribe

import (
	"slices"
	"time"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/store"
	"toancanh/server/warning"
)

// Bounds of what one browser chooses and hears.
const (
	mostAreas    = 10
	mostResults  = 8  // pushes of results in a day
	mostWarnings = 30 // of warnings
)

// How long a push is worth sending.
const (
	resultLife  = 12 * time.Hour
	warningLife = 24 * time.Hour // at most: a warning that has ended earlier is no more
)

// cancelled begins the event of a message that cancels a warning.
const cancelled = "cancel "

// The quiet hours in the centre's zone: results that come in them wait for their end, together.
const (
	quietFrom  = 22
	quietUntil = 6
)

// AllCategories is the choice of results of all categories.
const AllCategories = "*"

// Choice is what a browser wants to hear of.
type Choice struct {
	Areas      []string // codes of the reports' division
	Categories []string // of results; AllCategories alone is all; none: no results
	Severity   string   // the least of warnings; empty: no warnings
	English    bool
}

// Ground is what a choice is made from.
type Ground struct {
	Tree     *area.Tree
	Division string
	Category func(code string) bool
}

// Check says everything that is wrong with a choice.
func (g Ground) Check(c Choice) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	if len(c.Areas) == 0 || len(c.Areas) > mostAreas {
		wrong("areas", "count", "Xin chọn từ 1 đến %d địa bàn.", mostAreas)
	}
	for _, code := range c.Areas {
		if _, ok := g.Tree.Get(g.Division, code); !ok {
			wrong("areas", "unknown", "Không có địa bàn này trong %s.", g.Division)
			break
		}
	}
	if !slices.Equal(c.Categories, []string{AllCategories}) && slices.ContainsFunc(c.Categories, func(code string) bool { return !g.Category(code) }) {
		wrong("categories", "unknown", "Lĩnh vực không có trong danh sách; %q là tất cả.", AllCategories)
	}
	if c.Severity != "" && !slices.Contains(warning.Severities(), c.Severity) {
		wrong("severity", "unknown", "Mức cảnh báo là một trong %v hoặc để trống.", warning.Severities())
	}
	if len(c.Categories) == 0 && c.Severity == "" {
		wrong("categories", "required", "Xin chọn ít nhất kết quả của một lĩnh vực hoặc một mức cảnh báo.")
	}
	return fault.Join(faults...)
}

// Results counts what of some results a browser wants to hear of, and where and of what they are: empty when of several.
func Results(s store.Subscription, list []store.NewResult) (n int, place, category string) {
	for _, r := range list {
		if !slices.ContainsFunc(r.Path, func(code string) bool { return slices.Contains(s.Areas, code) }) ||
			!slices.Contains(s.Categories, AllCategories) && !slices.Contains(s.Categories, r.Category) {
			continue
		}
		if n == 0 {
			place, category = r.Area, r.Category
		}
		if r.Area != place {
			place = ""
		}
		if r.Category != category {
			category = ""
		}
		n++
	}
	return n, place, category
}

// Warned reports whether a browser wants to hear of a warning, and where it first touches what it chose: of an area, of what
// lies in it, and of what it lies in. Exercises and tests are nobody's.
func (g Ground) Warned(s store.Subscription, w store.NewWarning) (place string, wanted bool) {
	rank := func(severity string) int { return slices.Index(warning.Severities(), severity) }
	if s.Severity == "" || w.Status != warning.Actual || rank(w.Shown.Severity) > rank(s.Severity) {
		return "", false
	}
	for _, mine := range s.Areas {
		for _, theirs := range w.Shown.Areas {
			if slices.Contains(g.Tree.Path(g.Division, theirs), mine) || slices.Contains(g.Tree.Path(g.Division, mine), theirs) {
				return mine, true
			}
		}
	}
	return "", false
}

// Due is when results that left at an instant are told.
func Due(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	switch hour := l.Hour(); {
	case hour >= quietFrom:
		return time.Date(l.Year(), l.Month(), l.Day()+1, quietUntil, 0, 0, 0, zone).UTC()
	case hour < quietUntil:
		return time.Date(l.Year(), l.Month(), l.Day(), quietUntil, 0, 0, 0, zone).UTC()
	}
	return at.UTC()
}

// Tell says what is to be sent to whom of what is new, and counts in all what each was told on a day.
func (g Ground) Tell(news store.PublicNews, all []store.Subscription, q Moment) []store.Push {
	var list []store.Push
	for i := range all {
		s := &all[i]
		if !s.ToldOn.Equal(q.Today) {
			s.ToldOn, s.Results, s.Warnings = q.Today, 0, 0
		}
		for _, w := range news.Warnings {
			place, wanted := g.Warned(*s, w)
			if !wanted || s.Warnings >= mostWarnings {
				continue
			}
			s.Warnings++
			event := "warning "
			if w.MsgType == warning.Cancel {
				event = cancelled
			}
			list = append(list, store.Push{
				Subscription: s.ID, Kind: store.PushWarning, Event: event + w.ID, N: 1, Area: place, DueAt: q.Now, Last: s.Warnings == mostWarnings,
				ExpiresAt: earlier(w.ExpiresAt, q.Now.Add(warningLife)), Headline: w.Title, HeadlineEN: w.TitleEN,
			})
		}
		n, place, category := Results(*s, news.Results)
		if n == 0 || s.Results >= mostResults {
			continue
		}
		due, event := Due(news.BatchAt, q.Zone), "result "
		if !due.Equal(news.BatchAt) {
			event = "result of the night " // the batch that leaves at its end is told beside it
		}
		s.Results++
		list = append(list, store.Push{
			Subscription: s.ID, Kind: store.PushResult, Event: event + due.Format(time.RFC3339), N: n, Area: place, Category: category,
			DueAt: due, ExpiresAt: due.Add(resultLife), Last: s.Results == mostResults,
		})
	}
	return list
}

// Moment is when it is told.
type Moment struct {
	Now   time.Time
	Today time.Time // the day in the centre's zone, as a date
	Zone  *time.Location
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
