package replaying_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/cmd/toancanh/client"
	"toancanh/cmd/toancanh/replaying"
)

// run replays a file and returns what came of it and the lines it printed.
func run(t *testing.T, o replaying.Options, files ...string) (replaying.Summary, []string) {
	t.Helper()
	var out bytes.Buffer
	o.Files, o.Out = files, &out
	summary, err := replaying.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return summary, strings.Split(strings.TrimSpace(out.String()), "\n")
}

func newYork(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestDirtyLinesAreRefusedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	o.Zone = newYork(t)
	o.Categories = map[string]string{"odd matter": "GC"}
	got, lines := run(t, o, "testdata/requests.csv")
	want := replaying.Summary{Reports: 4, Refused: map[replaying.Reason]int{
		replaying.BadTime: 1, replaying.BadPlace: 3, replaying.Backwards: 1, replaying.Missing: 1, replaying.Malformed: 1,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	wantLines := []string{
		"testdata/requests.csv:10: line: 2 cells under 9 columns",
		`testdata/requests.csv:4: Created Date: "not a date" is no date`,
		"testdata/requests.csv:5: Latitude: empty",
		"testdata/requests.csv:6: Closed Date: lies before Created Date",
		"testdata/requests.csv:8: Latitude: outside the range of degrees",
		"testdata/requests.csv:9: Descriptor: empty",
		"testdata/requests.csv:12: Latitude: 0, 0 stands for no place",
	}
	if diff := cmp.Diff(wantLines, lines); diff != "" {
		t.Errorf("refused lines (-want +got):\n%s", diff)
	}
	byText := map[string]client.PastReport{}
	for _, r := range api.reports {
		byText[r.Description] = r
	}
	graffiti, odd, cat := byText["Graffiti: Wall"], byText["Odd Matter: Something, with a comma"], byText["Dead Animal: Cat"]
	if graffiti.Category != "DT" || odd.Category != "GC" || cat.Category != "MT" {
		t.Errorf("categories %q %q %q, want DT GC MT", graffiti.Category, odd.Category, cat.Category)
	}
	if graffiti.Location != odd.Location || graffiti.Location == cat.Location {
		t.Error("one foreign place must stay one place of ours, another one another")
	}
	if got := byText["Pothole: Inside the province"].Location; got != (client.Location{Lat: 12.007, Lon: 107.696}) {
		t.Errorf("a place of the province became %v", got)
	}
	if graffiti.Address != "12 SAMPLE STREET" {
		t.Errorf("address %q", graffiti.Address)
	}

	t.Run("dates keep their distances in the zone they were meant in", func(t *testing.T) {
		t.Parallel()
		// The night to 9 March 2025 in New York is an hour short.
		want := 10*24*time.Hour + 8*time.Hour + 25*time.Minute - time.Hour
		if got := graffiti.ReceivedAt.Sub(cat.ReceivedAt); got != want {
			t.Errorf("the reports are %s apart, want %s", got, want)
		}
		if age := time.Since(graffiti.ReceivedAt); age > time.Minute {
			t.Errorf("the newest report is %s old, want now", age)
		}
	})
	t.Run("what was closed after now is still open", func(t *testing.T) {
		t.Parallel()
		if n := len(graffiti.Acts); n != 0 {
			t.Errorf("%d acts lie in the future", n)
		}
	})
}

func TestGeoReportJSONIsRecognised(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	o.Zone = time.FixedZone("", -7*3600)
	got, lines := run(t, o, "testdata/requests.json")
	if got.Reports != 2 || got.Refused[replaying.Malformed] != 1 || got.Refused[replaying.BadPlace] != 1 {
		t.Errorf("summary %+v, lines %q", got, lines)
	}
	if gap := api.reports[1].ReceivedAt.Sub(api.reports[0].ReceivedAt); gap != 24*time.Hour {
		t.Errorf("the requests are %s apart, want a day: one date names its zone, the other does not", gap)
	}
	if got := api.reports[0].Category + " " + api.reports[1].Category; got != "CS DT" {
		t.Errorf("categories %s, want CS DT", got)
	}
}

func TestClosedReportsAreResolvedAsFastAsTheyWere(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	name := filepath.Join(t.TempDir(), "old.csv")
	text := "received,closed,description,lat,lon\n2020-01-01,2020-01-02 06:00,Old,1,1\n2024-01-01,,New,1,1\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, o, name)
	old, newest := api.reports[0], api.reports[1]
	if span := newest.ReceivedAt.Sub(old.ReceivedAt); span != replaying.DefaultSpan {
		t.Errorf("four years were squeezed into %s, want %s", span, replaying.DefaultSpan)
	}
	var acts []string
	for _, a := range old.Acts {
		acts = append(acts, a.Act+" "+a.Unit)
	}
	if diff := cmp.Diff([]string{"accept ", "assign ioc", "start ", "resolve "}, acts); diff != "" {
		t.Fatalf("acts (-want +got):\n%s", diff)
	}
	if took := old.Acts[3].At.Sub(old.ReceivedAt); took != 30*time.Hour {
		t.Errorf("handling took %s, want 30 h", took)
	}
}

func TestReadingsOfStationsBecomeSensors(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	got, lines := run(t, o, "testdata/air.csv")
	want := replaying.Summary{Readings: 2, Sensors: 2, Refused: map[replaying.Reason]int{
		replaying.BadValue: 2, replaying.Missing: 1, "duplicate": 1, "out_of_range": 1,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s\n%s", diff, lines)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "testdata/air.csv:3: reading: ngoài khoảng") {
		t.Errorf("lines %q, want the server's refusal by its line", lines)
	}
	pm, ok := api.sensors["phat-lai-tram-so-1-pm25"]
	if !ok || pm.Kind != "pm25" || pm.Name != "Bụi PM2.5 – Trạm Số 1 (phát lại)" {
		t.Errorf("sensors %+v", api.sensors)
	}
}

func TestDailyWeatherIsASlowSensor(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	got, _ := run(t, o, "testdata/daily.csv")
	if got.Readings != 3 || got.Sensors != 1 {
		t.Errorf("summary %+v", got)
	}
	s := api.sensors["phat-lai-daily-rain_24h"]
	if s.Kind != "rain_24h" || s.StaleAfterS != 3*24*3600 {
		t.Errorf("sensor %+v, want daily rain that is late after three days", s)
	}
}

func TestPlayInATimeKeepsTheOrderAndNeverTellsTheFuture(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	o.Within = 3 * time.Second
	begin := time.Now()
	summary, _ := run(t, o, "testdata/requests.csv")
	if took := time.Since(begin); took < o.Within {
		t.Errorf("a play of %s took %s", o.Within, took)
	}
	if summary.Reports != 4 {
		t.Errorf("summary %+v", summary)
	}
	for i := 1; i < len(api.reports); i++ {
		if api.reports[i].ReceivedAt.Before(api.reports[i-1].ReceivedAt) {
			t.Error("reports came out of order")
		}
	}
	if first, last := api.arrived[0], api.arrived[len(api.arrived)-1]; last.Sub(first) < 2*time.Second {
		t.Errorf("all came within %s, want them spread over the play", last.Sub(first))
	}
}

func TestOwnColumnsAreNamed(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	name := filepath.Join(t.TempDir(), "own.csv")
	text := "\ufeffngay;gio\n"
	text = strings.ReplaceAll(text, ";", ",") + "x,y\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Files = []string{name}
	if _, err := replaying.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "--map") {
		t.Errorf("unknown columns: err = %v, want the way out", err)
	}
	text = "Ngày,Nội dung,Chi tiết,Vĩ độ,Kinh độ\n2025-01-02 03:04,Rác,Chưa dọn,12.007,107.696\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Map = map[string][]string{
		"received": {"Ngày"}, "description": {"Nội dung", "Chi tiết"}, "lat": {"Vĩ độ"}, "lon": {"Kinh độ"},
	}
	if _, err := replaying.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if len(api.reports) != 1 || api.reports[0].Description != "Rác. Chưa dọn" || api.reports[0].Category != "KH" {
		t.Errorf("reports %+v", api.reports)
	}
}

func TestRealFilesOfOtherCitiesPlay(t *testing.T) {
	t.Parallel()
	shared := filepath.Join("..", "..", "..", "..", "shared", "data")
	for _, c := range []struct {
		file, zone                 string
		lines, reports, least, few int // reports: 1 for reports, 0 for readings
	}{
		{"311/nyc-animals-2025.csv", "America/New_York", 4000, 1, 3900, 100},
		{"open311/sf-2011-requests.json", "America/Los_Angeles", 500, 1, 430, 70},
		{"air/openaq-no2-pm25-2019.csv", "UTC", 5272, 0, 5272, 0},
		{"rain/seattle-daily.csv", "America/Los_Angeles", 1461, 0, 1461, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(shared, filepath.FromSlash(c.file))
			if _, err := os.Stat(name); err != nil {
				t.Skipf("the file of real data is not here: %v", err)
			}
			api, o := newFakeAPI(t)
			var err error
			if o.Zone, err = time.LoadLocation(c.zone); err != nil {
				t.Fatal(err)
			}
			got, lines := run(t, o, name)
			t.Logf("%+v, first refused %q", got, lines[0])
			refused := 0
			for _, n := range got.Refused {
				refused += n
			}
			if taken := got.Reports + got.Readings; taken+refused != c.lines || taken < c.least || refused > c.few {
				t.Errorf("%d taken and %d refused of %d lines", taken, refused, c.lines)
			}
			if c.reports == 1 && len(api.reports) != got.Reports || c.reports == 0 && len(api.readings) != got.Readings {
				t.Error("the summary counts what did not arrive")
			}
		})
	}
}

func TestPublishCarriesReportsToWhereEverybodySeesThem(t *testing.T) {
	t.Parallel()
	api, o := newFakeAPI(t)
	o.Zone, o.Span, o.Publish = newYork(t), -1, true
	run(t, o, "testdata/requests.csv")
	for _, r := range api.reports {
		last := r.Acts[len(r.Acts)-1]
		switch {
		case strings.HasPrefix(r.Description, "Graffiti"):
			if last.Act != "publish" || last.Text != r.Description || last.At.Sub(r.ReceivedAt) != 2*time.Hour {
				t.Errorf("a closed report ends with %+v", last)
			}
		case len(r.Acts) != 1 || last.Act != "accept":
			t.Errorf("an open report ends with %+v", r.Acts)
		}
	}
}
