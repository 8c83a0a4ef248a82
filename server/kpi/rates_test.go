package kpi_test

import (
	"testing"
	"time"

	"toancanh/server/kpi"
)

func TestTheRatesOfOneReport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	ago := func(days int) *time.Time { return new(now.AddDate(0, 0, -days)) }
	for _, c := range []struct {
		name string
		is   kpi.Case
		want kpi.Rates
	}{
		{"its limit still runs", kpi.Case{Limit: new(now.Add(time.Second)), Replied: ago(3)}, kpi.Rates{Accepted: 1}},
		{"given to nobody, or waiting for its sender", kpi.Case{}, kpi.Rates{Accepted: 1}},
		{"never replied", kpi.Case{Limit: ago(1)}, kpi.Rates{Accepted: 1, Due: 1}},
		{"replied at the limit", kpi.Case{Limit: ago(40), Replied: ago(40)}, kpi.Rates{Accepted: 1, Due: 1, Met: 1}},
		{"replied late, and it stood", kpi.Case{Limit: ago(41), Replied: ago(40), Published: ago(39)}, kpi.Rates{Accepted: 1, Due: 1, Resolved: 1}},
		{"published too lately to be proven", kpi.Case{Limit: ago(20), Replied: ago(21), Published: ago(14), Rated: true, Content: true}, kpi.Rates{Accepted: 1, Due: 1, Met: 1}},
		{"opened again within 15 days", kpi.Case{Published: ago(30), Reopened: ago(16)}, kpi.Rates{Accepted: 1, Reopened: 1}},
		{"opened again after 15 days", kpi.Case{Published: ago(30), Reopened: ago(15)}, kpi.Rates{Accepted: 1, Resolved: 1}},
		{"content", kpi.Case{Published: ago(30), Rated: true, Content: true}, kpi.Rates{Accepted: 1, Resolved: 1, Rated: 1, Content: 1}},
		{"not content", kpi.Case{Published: ago(30), Rated: true}, kpi.Rates{Accepted: 1, Resolved: 1, Rated: 1}},
	} {
		if got := c.is.Count(now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestTheNewestWholeQuarter(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-11-30": "2026-07-01 2026-10-01", "2026-10-01": "2026-07-01 2026-10-01", "2026-09-30": "2026-04-01 2026-07-01", "2027-01-05": "2026-10-01 2027-01-01",
	} {
		at, err := time.ParseInLocation(time.DateOnly, now, vietnam(t))
		if err != nil {
			t.Fatal(err)
		}
		from, until := kpi.Quarter(at)
		if got := from.Format(time.DateOnly) + " " + until.Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", now, got, want)
		}
	}
}
