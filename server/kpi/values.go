package kpi

import (
	"math"
	"slices"
	"time"
)

// Values are the numbers of an area as of the last Apply, Advance or Load. An area no fact names counts 0.
func (b *Board) Values(a Area) Values {
	class := classOther
	if b.sawReal {
		class = classReal
	}
	v := Values{Area: a, AsOf: b.now, Origin: b.worst[class]}
	held := b.areas[a]
	t := newTally()
	if held != nil {
		t = held.sums[class]
	}
	if o := t.origin(); o != "" {
		v.Origin = o
	}
	since := b.since[class]
	v.Open, v.Overdue, v.OverdueHigh, v.Received24h = t.open, t.overdue, t.overdueHigh, t.received
	v.OpenDayAgo = reaching(since, b.now.Add(-day), t.openDayAgo)
	v.ReceivedDayBefore = reaching(since, b.now.Add(-2*day), t.receivedBefore)
	v.OldestHours = t.oldestHours(b.now)
	v.OnTimeMet, v.OnTimeDue = t.met, t.due
	v.Critical, v.Warning = t.critical, t.warning
	v.Hourly = b.hourly(t, since)
	if held != nil {
		v.Rows = b.rows(a.Division, held.children, class)
	}
	return v
}

// reaching is n when the facts reach back to at, nil else: the number would only look small.
func reaching(since, at time.Time, n int) *int {
	if since.IsZero() || since.After(at) {
		return nil
	}
	return &n
}

// oldestHours is how long the fact longest overdue has been so, in hours to one decimal.
func (t *tally) oldestHours(now time.Time) *float64 {
	due, ok := t.late.oldest()
	if !ok {
		return nil
	}
	h := round1(now.Sub(due).Hours())
	return &h
}

// origin is the worst origin of what is summed, empty when nothing is.
func (t *tally) origin() string {
	worst := ""
	for o, n := range t.origins {
		if n > 0 {
			worst = worse(worst, o)
		}
	}
	return worst
}

// worse is the origin that says more loudly that a number is not about the real province.
func worse(a, b string) string {
	order := []string{"", "real", "imported", "replayed", "drill", "simulated"}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// hourly lists the last 24 clock hours with the means of the same hours of the 28 days before each. Days before
// the first receipt do not count as empty ones.
func (b *Board) hourly(t *tally, since time.Time) [shownHours]Hour {
	var list [shownHours]Hour
	current, first := b.hour(b.now), b.hour(since)
	for i := range list {
		hour := current - int64(shownHours-1-i)
		list[i] = Hour{At: b.hourStart(hour), Count: t.hours[hour]}
		sum, days := 0, 0
		for d := int64(1); d <= averageDays && !since.IsZero() && hour-24*d >= first; d++ {
			sum += t.hours[hour-24*d]
			days++
		}
		if days > 0 {
			mean := float64(sum) / float64(days)
			list[i].Average = &mean
		}
	}
	return list
}

func (b *Board) rows(division string, children map[string]struct{}, class int) []Row {
	rows := make([]Row, 0, len(children))
	for code := range children {
		t := b.areas[Area{division, code}].sums[class]
		rows = append(rows, NewRow(code, RowCounts{Open: t.open, Overdue: t.overdue, Critical: t.critical, Warning: t.warning}))
	}
	slices.SortFunc(rows, func(a, b Row) int {
		if a.Area < b.Area {
			return -1
		}
		return 1
	})
	return rows
}

// RowCounts are the numbers of a Row.
type RowCounts struct{ Open, Overdue, Critical, Warning int }

// NewRow makes a row and says how loudly to draw its area: critical with any critical report; warning when three
// or more, and a fifth of what is open, are overdue; attention with anything overdue or of high priority.
func NewRow(area string, n RowCounts) Row {
	r := Row{Area: area, Open: n.Open, Overdue: n.Overdue, Critical: n.Critical, Warning: n.Warning, State: "normal"}
	const many, part = 3, 5
	switch {
	case n.Critical > 0:
		r.State = "critical"
	case n.Overdue >= many && n.Overdue*part >= n.Open:
		r.State = "warning"
	case n.Overdue > 0 || n.Warning > 0:
		r.State = "attention"
	}
	return r
}

func round1(x float64) float64 { return math.Round(x*10) / 10 }
