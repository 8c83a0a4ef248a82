package report_test

import (
	"os"
	"testing"
	"time"
	_ "time/tzdata"

	"toancanh/server/report"
)

// The places of a report in these tests.
func placed() report.Placed {
	return report.Placed{Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"}}
}

func vietnam(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

// at reads "2026-11-23 09:00" as an instant in Vietnam.
func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", text, vietnam(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return when
}

func open(tb testing.TB, name string) *os.File {
	tb.Helper()
	f, err := os.Open("../../schema/sample/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

func holidays(tb testing.TB) []report.Holiday {
	tb.Helper()
	hs, err := report.ParseHolidays(open(tb, "holidays.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	return hs
}

func calendar(tb testing.TB) *report.Calendar {
	tb.Helper()
	return report.NewCalendar(1, vietnam(tb), holidays(tb))
}

func categories(tb testing.TB) []report.Category {
	tb.Helper()
	cs, err := report.ParseCategories(open(tb, "categories.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	return cs
}

func rulebook(tb testing.TB) *report.Rulebook {
	tb.Helper()
	b, err := report.NewRulebook(report.Rules{Version: 1, Categories: categories(tb), Calendar: calendar(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func draft() report.Draft {
	return report.Draft{
		Category: "MT", Description: "Rác thải chất đống bên đường", Location: report.Point{Lat: 12.0, Lon: 107.69},
		HasContact: true, Source: report.FromForm, Origin: report.Real,
	}
}

func born(when time.Time) report.Birth {
	return report.Birth{ID: "0193a0b0-0000-7000-8000-000000000001", Code: "K7M2-Q9XD", Placed: placed(), At: when}
}
