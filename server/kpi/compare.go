package kpi

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Difference is one number on which two Values disagree.
type Difference struct {
	Name string
	A, B string
}

// String is the difference in one line.
func (d Difference) String() string { return fmt.Sprintf("%s: %s, %s", d.Name, d.A, d.B) }

// Compare lists the numbers on which a and b disagree. They must be as of the same instant; a child without a
// row counts as one of zeros.
func Compare(a, b Values) []Difference {
	const tiny, tenth = 1e-6, 0.1 + 1e-6
	c := comparison{}
	c.text("area", a.Area.Division+"/"+a.Area.Code, b.Area.Division+"/"+b.Area.Code)
	c.text("as_of", a.AsOf.UTC().Format(time.RFC3339Nano), b.AsOf.UTC().Format(time.RFC3339Nano))
	c.text("origin", a.Origin, b.Origin)
	c.number("open", a.Open, b.Open)
	c.optional("open_day_ago", a.OpenDayAgo, b.OpenDayAgo)
	c.number("overdue", a.Overdue, b.Overdue)
	c.number("overdue_high", a.OverdueHigh, b.OverdueHigh)
	c.decimal("oldest_hours", a.OldestHours, b.OldestHours, tenth)
	c.number("received_24h", a.Received24h, b.Received24h)
	c.optional("received_day_before", a.ReceivedDayBefore, b.ReceivedDayBefore)
	c.number("on_time_met", a.OnTimeMet, b.OnTimeMet)
	c.number("on_time_due", a.OnTimeDue, b.OnTimeDue)
	c.number("critical", a.Critical, b.Critical)
	c.number("warning", a.Warning, b.Warning)
	for i := range a.Hourly {
		x, y := a.Hourly[i], b.Hourly[i]
		name := "hourly " + x.At.UTC().Format(time.RFC3339)
		c.text(name, x.At.UTC().Format(time.RFC3339), y.At.UTC().Format(time.RFC3339))
		c.number(name, x.Count, y.Count)
		c.decimal(name+" average", x.Average, y.Average, tiny)
	}
	c.rows(a.Rows, b.Rows)
	return c.found
}

type comparison struct{ found []Difference }

func (c *comparison) text(name, a, b string) {
	if a != b {
		c.found = append(c.found, Difference{name, a, b})
	}
}

func (c *comparison) number(name string, a, b int) { c.text(name, strconv.Itoa(a), strconv.Itoa(b)) }

func (c *comparison) optional(name string, a, b *int) {
	show := func(n *int) string {
		if n == nil {
			return "null"
		}
		return strconv.Itoa(*n)
	}
	c.text(name, show(a), show(b))
}

// decimal finds a and b alike when they lie as near to each other as the sum or rounding of either may err.
func (c *comparison) decimal(name string, a, b *float64, near float64) {
	show := func(x *float64) string {
		if x == nil {
			return "null"
		}
		return strconv.FormatFloat(*x, 'f', -1, 64)
	}
	if a != nil && b != nil && math.Abs(*a-*b) <= near {
		return
	}
	c.text(name, show(a), show(b))
}

func (c *comparison) rows(a, b []Row) {
	codes := map[string][2]Row{}
	for i, rows := range [][]Row{a, b} {
		for _, r := range rows {
			pair := codes[r.Area]
			pair[i] = r
			codes[r.Area] = pair
		}
	}
	for code, pair := range codes {
		x, y := pair[0], pair[1]
		c.number("area "+code+" open", x.Open, y.Open)
		c.number("area "+code+" overdue", x.Overdue, y.Overdue)
		c.number("area "+code+" critical", x.Critical, y.Critical)
		c.number("area "+code+" warning", x.Warning, y.Warning)
	}
}
