package report

import (
	"time"
)

// Date is a day of the civil calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of t in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// AddDays is the day n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, time.UTC))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()
}

// String is the day as 2026-02-17.
func (d Date) String() string {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// Holiday is a day on which offices do not work, or a Saturday or Sunday on which they do.
type Holiday struct {
	Date     Date
	Name     string
	Works    bool // a day worked in exchange for another
	Expected bool // computed or proposed: the government has not announced it
}

// Calendar knows the hours offices work: 07:30-11:30 and 13:30-17:30 from Monday to Friday, holidays left out
// and exchanged days put in. It is immutable.
type Calendar struct {
	version int
	loc     *time.Location
	days    map[Date]Holiday
}

// span is a part of a day, as time since midnight.
type span struct{ from, to time.Duration }

// officeHours are the two halves of a working day; together they make workingDay.
func officeHours() [2]span {
	const half = 30 * time.Minute
	return [2]span{{7*time.Hour + half, 11*time.Hour + half}, {13*time.Hour + half, 17*time.Hour + half}}
}

// workingDay is the time offices work in a day.
const workingDay = 8 * time.Hour

// Years that a calendar covers when nobody gave their holidays.
const (
	firstYear = 2000
	lastYear  = 2100
)

// NewCalendar makes a calendar. Years of which no holiday is given are filled by StatutoryHolidays, so that
// the calendar never ends silently; a given year is taken as it is.
func NewCalendar(version int, loc *time.Location, holidays []Holiday) *Calendar {
	c := &Calendar{version: version, loc: loc, days: make(map[Date]Holiday, len(holidays))}
	given := map[int]bool{}
	for _, h := range holidays {
		given[h.Date.Year] = true
		c.days[h.Date] = h
	}
	for year := firstYear; year <= lastYear; year++ {
		if given[year] {
			continue
		}
		for _, h := range StatutoryHolidays(year) {
			c.days[h.Date] = h
		}
	}
	return c
}

// Version is the calendar's version.
func (c *Calendar) Version() int { return c.version }

// Location is the zone whose days and hours count.
func (c *Calendar) Location() *time.Location { return c.loc }

// Works reports whether offices work on the day.
func (c *Calendar) Works(d Date) bool {
	if h, ok := c.days[d]; ok {
		return h.Works
	}
	return !weekend(d)
}

// Holiday is what the calendar says about a day that is not an ordinary one.
func (c *Calendar) Holiday(d Date) (Holiday, bool) {
	h, ok := c.days[d]
	return h, ok
}

// Add is when a limit that starts at from ends, in UTC. A limit of nothing ends where it starts; on the
// working clock any other ends within office hours, the last instant of a day included.
func (c *Calendar) Add(from time.Time, l Limit) time.Time {
	if l.Clock == ClockTime {
		return from.Add(time.Duration(l.Days)*24*time.Hour + l.Time).UTC()
	}
	return c.addWorking(from, time.Duration(l.Days)*workingDay+l.Time)
}

func (c *Calendar) addWorking(from time.Time, left time.Duration) time.Time {
	if left <= 0 {
		return from.UTC()
	}
	day := DateOf(from.In(c.loc))
	// Bounded by the calendar itself: beyond lastYear only weekends are off.
	for {
		if c.Works(day) {
			for _, s := range officeHours() {
				begin, end := c.at(day, s.from), c.at(day, s.to)
				if begin.Before(from) {
					begin = from
				}
				room := end.Sub(begin)
				if room <= 0 {
					continue
				}
				if left <= room {
					return begin.Add(left).UTC()
				}
				left -= room
			}
		}
		day = day.AddDays(1)
	}
}

// Between is how much time of the clock lies between a and b; 0 when b is not after a.
func (c *Calendar) Between(a, b time.Time, clock Clock) time.Duration {
	if !b.After(a) {
		return 0
	}
	if clock == ClockTime {
		return b.Sub(a)
	}
	var sum time.Duration
	last := DateOf(b.In(c.loc))
	for day := DateOf(a.In(c.loc)); ; day = day.AddDays(1) {
		if c.Works(day) {
			for _, s := range officeHours() {
				sum += overlap(c.at(day, s.from), c.at(day, s.to), a, b)
			}
		}
		if day == last {
			return sum
		}
	}
}

// at is the instant of a wall-clock time on a day.
func (c *Calendar) at(d Date, since time.Duration) time.Time {
	h, m := int(since/time.Hour), int(since%time.Hour/time.Minute)
	return time.Date(d.Year, d.Month, d.Day, h, m, 0, 0, c.loc)
}

func overlap(from, to, a, b time.Time) time.Duration {
	if a.After(from) {
		from = a
	}
	if b.Before(to) {
		to = b
	}
	return max(0, to.Sub(from))
}
