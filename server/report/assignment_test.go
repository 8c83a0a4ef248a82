package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestHoursAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	c := calendar(t)
	for when, want := range map[string]report.Hours{
		"2026-11-23 07:29": report.OutsideHours, // a Monday
		"2026-11-23 07:30": report.OfficeHours,
		"2026-11-23 11:30": report.OutsideHours,
		"2026-11-23 13:30": report.OfficeHours,
		"2026-11-23 17:29": report.OfficeHours,
		"2026-11-23 17:30": report.OutsideHours,
		"2026-11-22 09:00": report.OutsideHours, // Sunday
		"2026-02-17 09:00": report.HolidayHours, // the first day of Tết
		"2026-02-17 23:59": report.HolidayHours,
		"2026-09-02 03:00": report.HolidayHours,
	} {
		if got := c.HoursAt(at(t, when)); got != want {
			t.Errorf("HoursAt(%s) = %q, want %q", when, got, want)
		}
	}
}

// The rules of these tests: the same category with and without area and hours.
func someRules() report.AssignmentRules {
	return report.AssignmentRules{Version: 4, List: []report.AssignmentRule{
		{Hours: report.HolidayHours, Unit: "ioc"},
		{Category: "MT", Unit: "a"},
		{Division: "vn-2022", Area: "660", Unit: "b"},
		{Category: "MT", Division: "vn-2022", Area: "660", Unit: "c"},
		{Category: "MT", Division: "vn-2022", Area: "24612", Unit: "d"},
		{Category: "MT", Division: "vn-2022", Area: "660", Hours: report.OutsideHours, Unit: "e"},
		{Category: "MT", Division: "vn-2025", Area: "67", Unit: "f"},
	}}
}

func TestTheMostParticularRuleProposes(t *testing.T) {
	t.Parallel()
	const office, night, tet = "2026-11-23 09:00", "2026-11-23 20:00", "2026-02-17 09:00"
	everybody := func(string) bool { return true }
	for name, c := range map[string]struct {
		category, division string
		path               []string
		when               string
		takes              func(string) bool
		unit               string
		rule               int
	}{
		"the nearest area":                      {"MT", "vn-2022", []string{"67", "660", "24612"}, office, everybody, "d", 5},
		"the area around":                       {"MT", "vn-2022", []string{"67", "660", "24611"}, office, everybody, "c", 4},
		"its hours before all hours":            {"MT", "vn-2022", []string{"67", "660", "24611"}, night, everybody, "e", 6},
		"a nearer area before hours":            {"MT", "vn-2022", []string{"67", "660", "24612"}, night, everybody, "d", 5},
		"the category alone":                    {"MT", "vn-2022", []string{"67", "661", "24616"}, night, everybody, "a", 2},
		"a category before an area":             {"MT", "vn-2022", []string{"67", "661", "24616"}, office, everybody, "a", 2},
		"an area alone":                         {"XD", "vn-2022", []string{"67", "660", "24612"}, office, everybody, "b", 3},
		"the same code of another division":     {"MT", "vn-2025", []string{"67", "24611"}, office, everybody, "f", 7},
		"hours alone":                           {"XD", "vn-2022", []string{"67", "661", "24616"}, tet, everybody, "ioc", 1},
		"none but the category's own":           {"XD", "vn-2022", []string{"67", "661", "24616"}, office, everybody, "so-xd", 0},
		"the next when the unit takes none":     {"MT", "vn-2022", []string{"67", "660", "24612"}, office, func(u string) bool { return u != "d" }, "c", 4},
		"the own unit when no other takes more": {"MT", "vn-2022", []string{"67", "660", "24612"}, office, func(u string) bool { return u == "so-tnmt" }, "so-tnmt", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report.Report{Category: c.category, Division: c.division, Path: c.path}
			got, ok := rulebook(t).Propose(someRules(), r, at(t, c.when), c.takes)
			if !ok || got.Unit != c.unit || got.Rule != c.rule || got.Version != 4 {
				t.Errorf("Propose = %+v, %v; want %s by rule %d", got, ok, c.unit, c.rule)
			}
		})
	}
	if got, ok := rulebook(t).Propose(someRules(), report.Report{Category: "XD"}, at(t, office), func(string) bool { return false }); ok {
		t.Errorf("Propose = %+v while no unit takes reports", got)
	}
}

func TestAProposalSaysWhy(t *testing.T) {
	t.Parallel()
	rules := someRules()
	matched := func(n int) report.Proposed { return report.Proposed{Version: 4, Rule: n, Matched: rules.List[n-1]} }
	for want, p := range map[string]report.Proposed{
		"Đơn vị của lĩnh vực “Môi trường”":                                               {Version: 4},
		"Quy tắc 6, bản 4: lĩnh vực “Môi trường”, địa bàn Gia Nghĩa, ngoài giờ làm việc": matched(6),
		"Quy tắc 1, bản 4: ngày nghỉ lễ":                                                 matched(1),
	} {
		if got := p.Why("Môi trường", "Gia Nghĩa"); got != want {
			t.Errorf("Why = %q, want %q", got, want)
		}
	}
}

func TestRulesOfAssignmentAreChecked(t *testing.T) {
	t.Parallel()
	is := func(list ...string) func(string) bool {
		return func(s string) bool { return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ") }
	}
	names := report.AssignmentNames{Category: is("MT", "XD"), Unit: is("so-xd", "ioc"), Area: func(division, code string) bool { return division == "vn-2022" && code == "660" }}
	good := report.AssignmentRules{List: []report.AssignmentRule{{Unit: "ioc"}, {Category: "MT", Division: "vn-2022", Area: "660", Hours: report.OfficeHours, Unit: "so-xd"}}}
	if err := good.Check(names); err != nil {
		t.Errorf("Check = %v", err)
	}
	bad := report.AssignmentRules{List: []report.AssignmentRule{
		{Category: "XD", Unit: "ioc"},
		{Category: "ZZ", Division: "vn-2022", Area: "1", Hours: "noon", Unit: "so-yt"},
		{Category: "XD", Unit: "so-xd"},
		{Category: "MT"},
		{Category: "MT", Division: "vn-2022", Hours: report.OfficeHours, Unit: "ioc"},
	}}
	type found struct {
		Index         int
		Field, Reason string
	}
	var got []found
	for _, e := range fault.Items(bad.Check(names)) {
		got = append(got, found{*e.Index, e.Field, e.Reason})
	}
	want := []found{
		{1, "category", "unknown"},
		{1, "area", "unknown"},
		{1, "hours", "unknown"},
		{1, "unit", "unknown"},
		{2, "rules", "duplicate"},
		{3, "unit", "required"},
		{4, "area", "unknown"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if err := (report.AssignmentRules{List: make([]report.AssignmentRule, 2001)}).Check(names); fault.Items(err)[0].Reason != "too_many_items" {
		t.Errorf("Check of too many = %v", err)
	}
}

func TestTheSamplesRulesOfAssignmentHold(t *testing.T) {
	t.Parallel()
	list, err := report.ParseAssignments(open(t, "assignments.csv"))
	if err != nil {
		t.Fatal(err)
	}
	units, err := report.ParseUnits(open(t, "units.csv"))
	if err != nil {
		t.Fatal(err)
	}
	known := report.AssignmentNames{
		Category: func(code string) bool { _, ok := rulebook(t).Category(code); return ok },
		Area: func(division, code string) bool {
			return division == "vn-2022" && len(code) == 3 || division+code == ""
		},
		Unit: func(id string) bool { return has(units, id) },
	}
	if err := (report.AssignmentRules{List: list}).Check(known); err != nil || len(list) == 0 {
		t.Errorf("%d rules: %v", len(list), err)
	}
	for name, text := range map[string]string{
		"another first line": "category,unit\n",
		"hours unknown":      "category,division,area,hours,unit\nMT,,,noon,ioc\n",
		"half an area":       "category,division,area,hours,unit\nMT,,660,,ioc\n",
		"no unit":            "category,division,area,hours,unit\nMT,,,,\n",
	} {
		if got, err := report.ParseAssignments(strings.NewReader(text)); err == nil {
			t.Errorf("%s: ParseAssignments = %v, want an error", name, got)
		}
	}
}

func has(units []report.Unit, id string) bool {
	for _, u := range units {
		if u.ID == id {
			return true
		}
	}
	return false
}

func TestAReturnCostsTheHoursOfTheReport(t *testing.T) {
	t.Parallel()
	b := rulebook(t)
	given, back := at(t, "2026-11-20 16:30"), at(t, "2026-11-23 08:30") // Friday to Monday
	for name, c := range map[string]struct {
		category  string
		emergency bool
		hours     float64
		clock     report.Clock
	}{
		"working hours":              {"MT", false, 2, report.WorkingTime},
		"clock hours":                {"CR", false, 64, report.ClockTime},
		"clock hours of emergencies": {"MT", true, 64, report.ClockTime},
	} {
		v := report.Bounce{Report: report.Report{Category: c.category, Emergency: c.emergency, Rules: 1}, Given: given, Returned: back}
		lost, clock, err := b.Lost(v)
		if err != nil || lost.Hours() != c.hours || clock != c.clock {
			t.Errorf("%s: Lost = %v %s, %v; want %v h", name, lost, clock, err, c.hours)
		}
	}
	if _, _, err := b.Lost(report.Bounce{Report: report.Report{Category: "MT", Rules: 9}}); err == nil {
		t.Error("Lost under unknown rules: want an error")
	}
}
