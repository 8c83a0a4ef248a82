package kpi_test

import (
	"testing"
	"time"

	"toancanh/server/kpi"
)

func TestTheRatesOfOneReport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) // results are counted as of it
	ago := func(days int) *time.Time { return new(now.AddDate(0, 0, -days)) }
	span := kpi.Span{Until: now.Add(-kpi.Ripe)}
	replies := kpi.Ripe - kpi.Settled // are counted so long before
	for _, c := range []struct {
		name string
		is   kpi.Case
		want kpi.Rates
	}{
		{"its limit ran when replies were counted", kpi.Case{Limit: new(now.Add(time.Second - replies)), Replied: ago(33)}, kpi.Rates{Accepted: 1}},
		{"given to nobody, or waiting for its sender", kpi.Case{}, kpi.Rates{Accepted: 1}},
		{"never replied", kpi.Case{Limit: new(now.Add(-replies))}, kpi.Rates{Accepted: 1, Due: 1}},
		{"replied at the limit", kpi.Case{Limit: ago(40), Replied: ago(40)}, kpi.Rates{Accepted: 1, Due: 1, Met: 1}},
		{"replied late, and it stood", kpi.Case{Limit: ago(41), Replied: ago(40), Published: ago(39)}, kpi.Rates{Accepted: 1, Due: 1, Resolved: 1}},
		{"published too lately to be proven", kpi.Case{Limit: ago(40), Replied: ago(41), Published: ago(14), Rated: true, Content: true}, kpi.Rates{Accepted: 1, Due: 1, Met: 1}},
		{"opened again within 15 days", kpi.Case{Published: ago(30), Reopened: ago(16)}, kpi.Rates{Accepted: 1, Reopened: 1}},
		{"opened again after 15 days", kpi.Case{Published: ago(30), Reopened: ago(15)}, kpi.Rates{Accepted: 1, Resolved: 1}},
		{"content", kpi.Case{Published: ago(30), Rated: true, Content: true}, kpi.Rates{Accepted: 1, Resolved: 1, Rated: 1, Content: 1}},
		{"not content", kpi.Case{Published: ago(30), Rated: true}, kpi.Rates{Accepted: 1, Resolved: 1, Rated: 1}},
	} {
		if got := c.is.Count(span); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func local(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, text, vietnam(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheSpanThatIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, now, newest, ripe string }{
		{"2025-01-20", "2026-11-30", "2026-07-01 2026-10-01", "2026-07-01 2026-10-01"},
		{"2025-01-20", "2026-10-15", "2026-04-01 2026-07-01", "2026-04-01 2026-07-01"},
		{"2025-01-20", "2026-10-16", "2026-07-01 2026-10-01", "2026-04-01 2026-07-01"},
		{"2025-01-20", "2026-11-14", "2026-07-01 2026-10-01", "2026-04-01 2026-07-01"},
		{"2025-01-20", "2027-01-20", "2026-10-01 2027-01-01", "2026-07-01 2026-10-01"},
		{"2026-10-26", "2026-11-15", "", ""},
		{"2026-10-26", "2026-11-16", "2026-10-26 2026-11-01", ""},
		{"2026-10-26", "2026-11-30", "2026-10-26 2026-11-01", ""},
		{"2026-10-26", "2026-12-03", "2026-11-01 2026-11-16", ""},
		{"2026-10-26", "2026-12-16", "2026-11-16 2026-12-01", "2026-10-26 2026-11-01"},
		{"2026-10-26", "2027-04-16", "2027-03-16 2027-04-01", "2027-02-16 2027-03-01"},
		{"2026-10-26", "2027-06-30", "2027-03-16 2027-04-01", "2027-03-16 2027-04-01"}, // no quarter that half months were told of
		{"2026-10-26", "2027-07-16", "2027-04-01 2027-07-01", "2027-03-16 2027-04-01"},
		{"2026-10-01", "2027-04-16", "2027-01-01 2027-04-01", "2026-12-16 2027-01-01"}, // a quarter that begins with the first report is whole
	} {
		now, first := local(t, c.now), local(t, c.first)
		newest, _ := kpi.Newest(now, first)
		ripe, _ := kpi.NewestRipe(now, first)
		if shown(newest) != c.newest || shown(ripe) != c.ripe {
			t.Errorf("at %s, first report on %s: %q and ripe %q, want %q and %q", c.now, c.first, shown(newest), shown(ripe), c.newest, c.ripe)
		}
	}
	if s, ok := kpi.Newest(local(t, "2026-11-30"), time.Time{}); ok {
		t.Errorf("without any report: %+v", s)
	}
}

func shown(s kpi.Span) string {
	if s.From.IsZero() {
		return ""
	}
	return s.From.Format(time.DateOnly) + " " + s.Until.Format(time.DateOnly)
}

// Whoever keeps all that was ever told holds spans that have no day in common, so that none can be taken from another. A sample
// of five weeks has one on every day of the year.
func TestSpansNeverOverlap(t *testing.T) {
	t.Parallel()
	for begin := range 370 {
		first := local(t, "2026-01-01").AddDate(0, 0, begin).Add(7 * time.Hour)
		var last kpi.Span
		told := map[kpi.Span]bool{}
		for after := range 900 {
			now := first.AddDate(0, 0, after)
			s, ok := kpi.Newest(now, first)
			if !ok {
				if after > 34 {
					t.Fatalf("first report on %s: nothing is told on %s", first, now)
				}
				continue
			}
			if s != last && s.From.Before(last.Until) {
				t.Fatalf("first report on %s: %s to %s is told after %s to %s", first, s.From, s.Until, last.From, last.Until)
			}
			if s.Replies().After(now) {
				t.Fatalf("at %s: %+v", now, s)
			}
			told[s], last = true, s
			if ripe, ok := kpi.NewestRipe(now, first); ok && (!told[ripe] || ripe.Results().After(now)) {
				t.Fatalf("at %s: %+v is called ripe, or was never told as the newest", now, ripe)
			}
		}
	}
}
