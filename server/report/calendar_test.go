package report_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"toancanh/server/report"
)

func hours(n int) report.Limit {
	return report.Limit{Clock: report.WorkingTime, Time: time.Duration(n) * time.Hour}
}

func days(n int) report.Limit { return report.Limit{Clock: report.WorkingTime, Days: n} }

func TestAddCountsWorkingTime(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	cases := []struct {
		name  string
		from  string
		limit report.Limit
		want  string
	}{
		{"within a morning", "2026-11-23 08:00", hours(2), "2026-11-23 10:00"},
		{"over the midday break", "2026-11-23 10:30", hours(2), "2026-11-23 14:30"},
		{"to the very end of the morning", "2026-11-23 07:30", hours(4), "2026-11-23 11:30"},
		{"from within the break", "2026-11-23 12:00", hours(1), "2026-11-23 14:30"},
		{"over a night and a day off for culture", "2026-11-23 16:30", hours(2), "2026-11-25 08:30"},
		{"from before the office opens", "2026-11-23 03:00", hours(1), "2026-11-23 08:30"},
		{"a working day to the end of the same day", "2026-11-23 07:30", days(1), "2026-11-23 17:30"},
		{"a working day at the same hour of the next", "2026-11-19 09:00", days(1), "2026-11-20 09:00"},
		{"over a weekend", "2026-11-20 16:00", hours(3), "2026-11-23 09:00"}, // Friday
		{"from a Sunday", "2026-11-22 20:00", days(1), "2026-11-23 17:30"},
		{"over all of Tết 2026", "2026-02-13 17:00", hours(1), "2026-02-23 08:00"},
		{"three working days over Tết 2023", "2023-01-19 08:00", days(3), "2023-01-31 08:00"},
		{"a Saturday that is worked", "2026-08-21 16:30", hours(2), "2026-08-22 08:30"},
		{"and the Monday it was exchanged for", "2026-08-28 17:00", hours(1), "2026-09-03 08:00"},
		{"over a Giỗ Tổ that fell on a Sunday", "2022-04-08 17:00", hours(1), "2022-04-12 08:00"},
		{"nothing ends at once, also at night", "2026-11-22 23:00", hours(0), "2026-11-22 23:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := cal.Add(at(t, c.from), c.limit)
			if want := at(t, c.want); !got.Equal(want) {
				t.Errorf("Add(%s, %v) = %s, want %s", c.from, c.limit, got.In(cal.Location()), want)
			}
			if got.Location() != time.UTC {
				t.Errorf("Add answers in %v, want UTC", got.Location())
			}
		})
	}
}

func TestAddOnTheClockIgnoresHolidays(t *testing.T) {
	t.Parallel()
	got := calendar(t).Add(at(t, "2026-02-16 23:00"), report.Limit{Clock: report.ClockTime, Time: 6 * time.Hour})
	if want := at(t, "2026-02-17 05:00"); !got.Equal(want) {
		t.Errorf("Add = %s, want %s", got, want)
	}
}

func TestBetweenIsTheInverseOfAdd(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	random := rand.New(rand.NewPCG(1, 2))
	begin := at(t, "2022-01-01 00:00")
	for range 2000 {
		from := begin.Add(time.Duration(random.Int64N(int64(9 * 365 * 24 * time.Hour)))).Truncate(time.Second)
		limit := report.Limit{Clock: report.WorkingTime, Time: time.Duration(1+random.IntN(60*60*60)) * time.Second}
		end := cal.Add(from, limit)
		if got := cal.Between(from, end, report.WorkingTime); got != limit.Time {
			t.Fatalf("Between(%s, Add(…, %s)) = %s", from, limit.Time, got)
		}
		middle := from.Add(time.Duration(random.Int64N(int64(end.Sub(from)))))
		parts := cal.Between(from, middle, report.WorkingTime) + cal.Between(middle, end, report.WorkingTime)
		if parts != limit.Time {
			t.Fatalf("the parts of %s to %s sum to %s, want %s", from, end, parts, limit.Time)
		}
	}
	if got := cal.Between(begin, begin.Add(-time.Hour), report.WorkingTime); got != 0 {
		t.Errorf("Between backwards = %s, want 0", got)
	}
}

// What lets an emergency take a day on the clock where the law says one working day at most.
func TestADayOnTheClockNeverHoldsMoreThanAWorkingDay(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	begin := at(t, "2026-01-01 00:00")
	for n := range 365 * 24 {
		from := begin.Add(time.Duration(n)*time.Hour + 13*time.Minute)
		if got := cal.Between(from, from.Add(24*time.Hour), report.WorkingTime); got > 8*time.Hour {
			t.Fatalf("a day from %s holds %s of working time", from, got)
		}
	}
}

func TestLunarHolidaysFallWhereTheGovernmentPutThem(t *testing.T) {
	t.Parallel()
	// The first day of Tết and Giỗ Tổ; those of 2030 differ by a day from the calendar of China.
	known := map[int][2]string{
		2007: {"2007-02-17", "2007-04-26"}, // Vietnam a day before China too
		2022: {"2022-02-01", "2022-04-10"},
		2023: {"2023-01-22", "2023-04-29"}, // a leap second month between
		2024: {"2024-02-10", "2024-04-18"},
		2025: {"2025-01-29", "2025-04-07"},
		2026: {"2026-02-17", "2026-04-26"},
		2027: {"2027-02-06", "2027-04-16"},
		2028: {"2028-01-26", "2028-04-04"},
		2029: {"2029-02-13", "2029-04-23"},
		2030: {"2030-02-02", "2030-04-12"},
	}
	for year, want := range known {
		var tet []report.Date
		var got [2]string
		for _, h := range report.StatutoryHolidays(year) {
			switch h.Name {
			case "Tết Nguyên đán":
				tet = append(tet, h.Date)
			case "Giỗ Tổ Hùng Vương":
				got[1] = h.Date.String()
			}
		}
		got[0] = tet[2].String()
		if got != want {
			t.Errorf("%d: Tết and Giỗ Tổ = %v, want %v", year, got, want)
		}
	}
}

func TestTheHolidayFileIsTheLawPlusTheAnnouncedExchanges(t *testing.T) {
	t.Parallel()
	// Days exchanged by announcement, which no rule computes.
	exchanged := map[string]bool{
		"2024-04-29": false, "2024-05-04": true, "2025-05-02": false, "2025-04-26": true,
		"2026-01-02": false, "2026-01-10": true, "2026-08-31": false, "2026-08-22": true,
	}
	given := map[report.Date]report.Holiday{}
	for _, h := range holidays(t) {
		if works, ok := exchanged[h.Date.String()]; ok {
			if works != h.Works {
				t.Errorf("%s works = %v, want %v", h.Date, h.Works, works)
			}
			continue
		}
		given[h.Date] = h
	}
	for year := 2022; year <= 2030; year++ {
		for _, h := range report.StatutoryHolidays(year) {
			if _, ok := given[h.Date]; !ok {
				t.Errorf("%s %s is not in the file", h.Date, h.Name)
			}
			delete(given, h.Date)
		}
	}
	for d, h := range given {
		t.Errorf("%s %s is in the file and not in the law", d, h.Name)
	}
}

func TestTheCalendarDoesNotEndWithItsFile(t *testing.T) {
	t.Parallel()
	cal := calendar(t)
	for _, off := range []report.Date{{2031, time.January, 1}, {2031, time.January, 23}, {2045, time.September, 2}, {2026, time.November, 24}} {
		if cal.Works(off) {
			t.Errorf("offices work on %s", off)
		}
	}
	if !cal.Works(report.Date{Year: 2026, Month: time.January, Day: 10}) {
		t.Error("Saturday 10 January 2026 is not worked")
	}
	if h, ok := cal.Holiday(report.Date{Year: 2031, Month: time.January, Day: 23}); !ok || !h.Expected {
		t.Errorf("Tết 2031 = %+v, %v; want an expected holiday", h, ok)
	}
}

func BenchmarkAddThreeWorkingDays(b *testing.B) {
	cal := calendar(b)
	from := at(b, "2026-11-20 16:00")
	for b.Loop() {
		cal.Add(from, days(3))
	}
}
