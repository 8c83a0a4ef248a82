package area_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/area"
)

func TestPathRunsFromTheRootToTheArea(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		division, code string
		want           []string
	}{
		{old, "24667", []string{"67", "663", "24667"}},
		{old, "663", []string{"67", "663"}},
		{old, "67", []string{"67"}},
		{today, "24611", []string{"68", "24611"}},
		{today, "663", nil},
		{"vn-1975", "67", nil},
	} {
		if diff := cmp.Diff(c.want, tree.Path(c.division, c.code)); diff != "" {
			t.Errorf("path of %s/%s (-want +got):\n%s", c.division, c.code, diff)
		}
	}
}

func TestLeavesUnder(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	if got := tree.LeavesUnder(old, "67"); len(got) != 71 {
		t.Errorf("the root has %d leaves, want 71", len(got))
	}
	if diff := cmp.Diff([]string{"24667"}, tree.LeavesUnder(old, "24667")); diff != "" {
		t.Errorf("a leaf is its own leaf (-want +got):\n%s", diff)
	}
	if got := tree.LeavesUnder(old, "nowhere"); got != nil {
		t.Errorf("nowhere has leaves %v", got)
	}
}

func TestListsMayBeChangedByTheCaller(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	tree.Children(old, "67")[0].Code = "spoilt"
	tree.Areas(old)[0].Code = "spoilt"
	tree.Divisions()[0].Code = "spoilt"
	if got := tree.Children(old, "67")[0].Code + tree.Areas(old)[0].Code + tree.Divisions()[0].Code; got != "660"+"67"+old {
		t.Errorf("the tree changed to %s", got)
	}
}

func TestNewTreeReportsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	place := area.Point{Lat: 1, Lon: 2}
	rows := area.Rows{
		Divisions: []area.Division{
			{Code: "a", Default: true, ValidFrom: "2020-02-30"},
			{Code: "b", Default: true, ValidFrom: "2021-01-01", ValidTo: "2020-01-01", CellsOf: "z"},
		},
		Areas: []area.Area{
			{Division: "a", Code: "1", Level: area.Province, Name: "Gốc", Centre: place},
			{Division: "a", Code: "2", Parent: "9", Level: area.Commune, Name: "Mồ côi", Centre: place},
			{Division: "a", Code: "3", Parent: "1", Level: "hamlet", Name: "Thôn", Centre: place},
			{Division: "a", Code: "4", Parent: "1", Level: area.Commune, Name: "", Centre: place},
			{Division: "a", Code: "5", Parent: "1", Level: area.Commune, Name: norm.NFD.String("Đắk"), Centre: area.Point{Lat: 107, Lon: 12}},
			{Division: "a", Code: "5", Parent: "1", Level: area.Commune, Name: "Hai", Centre: place},
			{Division: "a", Code: "6", Parent: "7", Level: area.Commune, Name: "Vòng", Centre: place},
			{Division: "a", Code: "7", Parent: "6", Level: area.Commune, Name: "Vòng", Centre: place},
			{Division: "c", Code: "1", Level: area.Province, Name: "Lạ", Centre: place},
			{Division: "b", Code: "1", Level: area.Province, Name: "Gốc", Centre: place},
			{Division: "b", Code: "2", Parent: "1", Level: area.Commune, Name: "Một", Centre: place},
			{Division: "b", Code: "3", Parent: "1", Level: area.Commune, Name: "Hai", Centre: place},
		},
		Crosswalk: []area.Step{
			{FromDivision: "a", FromCode: "5", ToDivision: "b", ToCode: "2"},
			{FromDivision: "a", FromCode: "5", ToDivision: "b", ToCode: "9"},
		},
	}
	_, err := area.NewTree(rows)
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, want := range []string{
		`day "2020-02-30" is not yyyy-mm-dd`, `ends on 2020-01-01`, `unknown division "z"`,
		`2 defaults`, `unknown parent "9"`, `unknown level "hamlet"`, `a/4: code or name is empty`,
		`is not in Unicode NFC`, `centre: check lat 107`, `a/5: given twice`,
		`parent 7 is a commune, not wider`, `c/1: unknown division`, `b/9 is no leaf`,
		`a/5 goes to two areas`, `a/4 goes nowhere`, `b/3 comes from nothing`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("reported:\n%v", err)
	}
}

func TestReadRowsNamesTheLine(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"divisions.csv": {Data: []byte("\ufeffcode,default\na,yes\n")},
		"areas.csv":     {Data: []byte("division,code,lat,lon\na,1,12,107\na,2,twelve,107\na,3,12\n")},
	}
	_, err := area.ReadRows(files)
	for _, want := range []string{"areas.csv line 3", "wrong number of fields", "crosswalk.csv"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to name %s", err, want)
		}
	}
}
