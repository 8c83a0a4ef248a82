package report_test

import (
	"math"
	"strings"
	"testing"

	"toancanh/server/report"
)

func TestTheSampleCategoriesAreThoseOfTheProvince(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"XD": "working 4h 4h 3d", "DT": "working 2h 2h 3d", "GT": "working 2h 2h 3d", "AN": "clock 30m 30m 1d", "MT": "working 2h 2h 3d",
		"DL": "working 4h 4h 3d", "CS": "working 2h 2h 3d", "DN": "clock 1h 1h 24h", "TP": "working 2h 2h 2d", "RG": "clock 30m 30m 6h",
		"CR": "clock 5m 5m 6h", "TT": "clock 5m 10m 6h", "GC": "working 4h 4h 3d", "HC": "working 4h 4h 5d", "KH": "working 4h 4h 5d",
	}
	units, err := report.ParseUnits(open(t, "units.csv"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, u := range units {
		known[u.ID] = true
	}
	sum := 0.0
	for _, c := range categories(t) {
		got := strings.Join([]string{string(c.Clock), c.Accept.String(), c.Assign.String(), c.Resolve.String()}, " ")
		if got != want[c.Code] {
			t.Errorf("%s: %s, want %s", c.Code, got, want[c.Code])
		}
		if !known[c.Unit] {
			t.Errorf("%s: unit %q is not in units.csv", c.Code, c.Unit)
		}
		delete(want, c.Code)
		sum += c.Share
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if math.Abs(sum-1) > 0.01 {
		t.Errorf("the shares sum to %v", sum)
	}
}

func TestParseSaysWhichLineIsWrong(t *testing.T) {
	t.Parallel()
	const head = "code,name,clock,accept,assign,resolve,unit,priority,share\n"
	const good = "A,a,clock,5m,5m,6h,x,cao,0.1\n"
	for name, text := range map[string]string{
		"no header":           good,
		"empty":               "",
		"a code twice":        head + good + good,
		"an unknown clock":    head + good + "B,b,sun,5m,5m,6h,x,cao,0.1\n",
		"a limit of nothing":  head + good + "B,b,clock,0m,5m,6h,x,cao,0.1\n",
		"a limit of weeks":    head + good + "B,b,clock,1w,5m,6h,x,cao,0.1\n",
		"an unknown priority": head + good + "B,b,clock,5m,5m,6h,x,high,0.1\n",
		"a share above 1":     head + good + "B,b,clock,5m,5m,6h,x,cao,1.1\n",
		"a share of NaN":      head + good + "B,b,clock,5m,5m,6h,x,cao,NaN\n",
		"a column too few":    head + "A,a,clock\n",
	} {
		cs, err := report.ParseCategories(strings.NewReader(text))
		if err == nil {
			t.Errorf("%s: %v, want an error", name, cs)
			continue
		}
		if strings.HasPrefix(text, head+good) && !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v does not name line 3", name, err)
		}
	}
	for _, text := range []string{"date,day,name,source\n2026-02-30,off,x,official\n", "date,day,name,source\n2026-02-03,maybe,x,official\n", "date,day,name,source\n2026-02-03,off,x,rumour\n"} {
		if hs, err := report.ParseHolidays(strings.NewReader(text)); err == nil {
			t.Errorf("ParseHolidays = %v, want an error", hs)
		}
	}
	if us, err := report.ParseUnits(strings.NewReader("id,name\n,x\n")); err == nil {
		t.Errorf("ParseUnits = %v, want an error", us)
	}
}

func TestNewRulebookRefusesHalfARule(t *testing.T) {
	t.Parallel()
	whole := report.Rules{Version: 1, Categories: categories(t), Calendar: calendar(t)}
	noCalendar, noVersion := whole, whole
	noCalendar.Calendar, noVersion.Version = nil, 0
	for name, versions := range map[string][]report.Rules{
		"none": nil, "no calendar": {noCalendar}, "version 0": {noVersion}, "a version twice": {whole, whole},
	} {
		if _, err := report.NewRulebook(versions...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
