package replaying

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Layouts of dates that say month and day without doubt, and of those that do
// not; the latter are tried in the order the file was found to use.
var (
	plainLayouts = []string{ //nolint:gochecknoglobals // a table
		time.RFC3339Nano, "2006-01-02T15:04:05.999", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05.999Z07:00",
		"2006-01-02 15:04:05.999", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "20060102",
		"2006 Jan 02 03:04:05 PM",
	}
	monthFirst = []string{"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006 3:04 PM", "1/2/2006"} //nolint:gochecknoglobals // a table
	dayFirst   = []string{"2/1/2006 3:04:05 PM", "2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006 3:04 PM", "2/1/2006"} //nolint:gochecknoglobals // a table
)

// calendar reads the dates of a file.
type calendar struct {
	zone     *time.Location
	dayFirst bool
}

// calendarOf finds out from all dates of a column which of day and month comes
// first: one date that has no other reading decides.
func (p *player) calendarOf(r reader, field string) calendar {
	c := calendar{zone: p.Zone, dayFirst: p.DayFirst}
	for _, w := range r.table.rows {
		text := r.text(w, field)
		if !strings.Contains(text, "/") {
			continue
		}
		_, month := parse(monthFirst, text, p.Zone)
		_, day := parse(dayFirst, text, p.Zone)
		if month != day {
			c.dayFirst = day
			return c
		}
	}
	return c
}

var errNoTime = errors.New("empty")

// instant reads a date; one without a zone is local time of the file's.
func (c calendar) instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, errNoTime
	}
	if at, ok := parse(plainLayouts, text, c.zone); ok {
		return checkYear(at, text)
	}
	layouts := monthFirst
	if c.dayFirst {
		layouts = dayFirst
	}
	if at, ok := parse(layouts, text, c.zone); ok {
		return checkYear(at, text)
	}
	return time.Time{}, fmt.Errorf("%.40q is no date", text)
}

func parse(layouts []string, text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// checkYear refuses dates that stand for "none" in many exports.
func checkYear(at time.Time, text string) (time.Time, error) {
	if at.Year() < 1901 || at.Year() > 2100 {
		return time.Time{}, fmt.Errorf("%.40q stands for no date", text)
	}
	return at, nil
}

// shift carries the instants of a file to now: the newest becomes the end, the
// others keep their distances, squeezed where the file is longer than the span.
type shift struct {
	oldest, newest time.Time
	end            time.Time
	factor         float64 // of the distances, at most 1
}

func (p *player) shiftOf(oldest, newest, end time.Time) shift {
	s := shift{oldest: oldest, newest: newest, end: end, factor: 1}
	if length := newest.Sub(oldest); p.Span > 0 && length > p.Span {
		s.factor = float64(p.Span) / float64(length)
	}
	return s
}

func (s shift) apply(at time.Time) time.Time {
	back := time.Duration(float64(s.newest.Sub(at)) * s.factor)
	return s.end.Add(-back).Truncate(time.Millisecond)
}

// lasts is how long the play of a file takes; 0 for as fast as may be.
func (p *player) lasts(oldest, newest time.Time) time.Duration {
	if p.Speed > 0 {
		return time.Duration(float64(newest.Sub(oldest)) / p.Speed)
	}
	return p.Within
}
