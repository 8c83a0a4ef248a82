package area_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/area"
)

const (
	old   = "vn-2022"
	today = "vn-2025"
)

// loadSample draws the sample once for all tests: an atlas does not change.
var loadSample = sync.OnceValues(area.Sample)

func sampleAtlas(tb testing.TB) *area.Atlas {
	tb.Helper()
	atlas, err := loadSample()
	if err != nil {
		tb.Fatalf("load sample: %v", err)
	}
	return atlas
}

func sampleMap(tb testing.TB, division string) *area.Map {
	tb.Helper()
	m, ok := sampleAtlas(tb).Map(division)
	if !ok {
		tb.Fatalf("no map of %s", division)
	}
	return m
}

func codes(areas []area.Area) []string {
	var list []string
	for _, a := range areas {
		list = append(list, a.Code)
	}
	return list
}

func TestSampleIsComplete(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		division string
		level    area.Level
		want     int
	}{
		{old, area.Province, 1},
		{old, area.District, 8},
		{old, area.Commune, 71},
		{today, area.Province, 1},
		{today, area.District, 0},
		{today, area.Commune, 28},
	} {
		if got := len(tree.AtLevel(c.division, c.level)); got != c.want {
			t.Errorf("%s has %d of level %s, want %d", c.division, got, c.level, c.want)
		}
	}
	perDistrict := map[string]int{}
	for _, d := range tree.AtLevel(old, area.District) {
		perDistrict[d.Code] = len(tree.Children(old, d.Code))
	}
	want := map[string]int{
		"660": 8, "661": 7, "662": 8, "663": 10, "664": 12, "665": 9, "666": 11, "667": 6,
	}
	if diff := cmp.Diff(want, perDistrict); diff != "" {
		t.Errorf("communes per district (-want +got):\n%s", diff)
	}
}

func TestSampleNamesItsRootsHonestly(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for division, want := range map[string]struct{ code, title string }{
		old:   {"67", "Tỉnh Đắk Nông"},
		today: {"68", "Khu vực Đắk Nông (cũ), tỉnh Lâm Đồng – 28/124 đơn vị"},
	} {
		root, ok := tree.Root(division)
		if !ok || root.Code != want.code || root.Title() != want.title {
			t.Errorf("root of %s is %s %q, want %s %q", division, root.Code, root.Title(), want.code, want.title)
		}
	}
	if got := tree.Default().Label; got != "địa giới 2022" {
		t.Errorf("default division is labelled %q", got)
	}
}

func TestDivisionsAreInForceOneAfterTheOther(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for day, want := range map[string]string{
		"2022-11-11": old, "2025-06-30": old, "2025-07-01": today, "2031-01-01": today,
	} {
		var got []string
		for _, d := range tree.Divisions() {
			if d.InForce(day) {
				got = append(got, d.Code)
			}
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("in force on %s (-want +got):\n%s", day, diff)
		}
	}
}

func TestCrosswalkIsCompleteAndOnto(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	reached := map[string]int{}
	for _, leaf := range tree.Leaves(old) {
		to, ok := tree.Successor(old, leaf.Code, today)
		if !ok {
			t.Errorf("%s goes nowhere", leaf.Title())
		}
		reached[to]++
		if !slices.Contains(tree.Translate(today, to, old), leaf.Code) {
			t.Errorf("%s goes to %s but does not come back", leaf.Title(), to)
		}
	}
	if len(reached) != 28 {
		t.Errorf("71 communes went into %d, want 28", len(reached))
	}
}

// The same code means another place in another division, and the name of a
// place may have moved to a neighbour's code.
func TestCodesMeanNothingWithoutTheirDivision(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		code, before, after string
	}{
		{"24670", "Đắk R'La", "Đắk Mil"},
		{"24664", "Đắk Mil", "Đức Lập"},
		{"24678", "Long Sơn", "Đắk Sắk"},
		{"24760", "Đắk Sin", "Quảng Tín"},
		{"24646", "Ea Pô", "Đắk Wil"},
		{"24722", "Thuận Hà", "Thuận Hạnh"},
		{"24611", "Nghĩa Đức", "Bắc Gia Nghĩa"},
	} {
		a, _ := tree.Get(old, c.code)
		b, _ := tree.Get(today, c.code)
		if a.Name != c.before || b.Name != c.after {
			t.Errorf("%s was %q and is %q, want %q and %q", c.code, a.Name, b.Name, c.before, c.after)
		}
	}
}

func TestNamesThatMovedToAnotherCode(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for from, want := range map[string]string{
		"24664": "24664", // the town Đắk Mil is now Đức Lập, not Đắk Mil
		"24679": "24678", // Đắk Sắk kept its name under Long Sơn's code
		"24745": "24760",
		"24643": "24646",
		"24724": "24722",
	} {
		if got, _ := tree.Successor(old, from, today); got != want {
			t.Errorf("%s became %s, want %s", from, got, want)
		}
	}
}

func TestCommunesThatCrossedADistrictLine(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for to, want := range map[string][]string{
		"24678": {"663", "664"}, // with Nam Xuân of Krông Nô
		"24611": {"660", "661"}, // with Đắk Ha of Đăk Glong
	} {
		districts := map[string]bool{}
		for _, leaf := range tree.Translate(today, to, old) {
			d, _ := tree.Ancestor(old, leaf, area.District)
			districts[d] = true
		}
		for _, d := range want {
			if !districts[d] || len(districts) != len(want) {
				t.Errorf("%s comes from districts %v, want %v", to, districts, want)
			}
		}
	}
}

func TestTranslateWiderAreas(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		name, from, code, to string
		want                 []string
	}{
		{"the root becomes the root", old, "67", today, []string{"68"}},
		{"and back", today, "68", old, []string{"67"}},
		{"a district becomes all its communes became", old, "667", today, []string{"24736", "24739", "24748"}},
		{"into its own division nothing changes", old, "661", old, []string{"661"}},
		{"an unknown code is nothing", old, "1", today, nil},
		{"an unknown division is nothing", old, "67", "vn-1975", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, tree.Translate(c.from, c.code, c.to)); diff != "" {
				t.Errorf("translate %s/%s (-want +got):\n%s", c.from, c.code, diff)
			}
		})
	}
	if _, ok := tree.Successor(old, "667", today); ok {
		t.Error("a district that was split has one successor, want none")
	}
}
