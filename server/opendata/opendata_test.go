package opendata_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"toancanh/server/opendata"
	"toancanh/server/report"
)

// What open data may hold, column by column. Whoever adds one meets this list, and the question whether everybody may know it.
const openColumns = `
situation: division area area_name measure value of of_value less lat lon
categories: category category_name measure value of of_value less
received: division area area_name category category_name from until rest value lat lon
results: code category category_name division area area_name received_hour due_date resolved_date published_at text lat lon precision origin
sensors: code name kind kind_name unit division area area_name value measured_at state stale limit levels lat lon sample origin
warnings: id headline event severity areas effective expires exercise cap
areas: division code name name_en level parent others outline credit licence lat lon`

func TestDatasetsHoldTheseColumnsAndNoOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish()
	h.publish("Đã dọn sạch")
	h.warn("Exercise")
	h.tell()
	// Cells are made by the teller; those of the test come after it.
	h.furnishCells()
	var got []string
	for _, s := range opendata.Sets() {
		schema := compile(t, h.get("schema/"+s.ID+".json").body)
		rows, err := csv.NewReader(strings.NewReader(h.get(s.ID + ".csv").body)).ReadAll()
		must(t, err)
		got = append(got, s.ID+": "+strings.Join(rows[0], " "))
		for _, f := range s.Formats() {
			if f == "csv" {
				continue
			}
			a := h.get(s.ID + "." + f)
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
			must(t, err)
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s.%s does not keep to its schema: %v", s.ID, f, err)
			}
			var l list
			must(t, json.Unmarshal([]byte(a.body), &l))
			objects := l.Items
			for _, x := range l.Features {
				objects = append(objects, x.Properties)
			}
			if len(objects) == 0 || len(objects) != len(rows)-1 {
				t.Fatalf("%s.%s has %d rows, its table %d", s.ID, f, len(objects), len(rows)-1)
			}
			for i, o := range objects {
				if diff := cmp.Diff(slices.Sorted(slices.Values(rows[0])), slices.Sorted(maps.Keys(o))); diff != "" {
					t.Fatalf("%s.%s row %d (-table +object):\n%s", s.ID, f, i, diff)
				}
			}
		}
	}
	if diff := cmp.Diff(strings.Fields(openColumns), strings.Fields(strings.Join(got, "\n"))); diff != "" {
		t.Errorf("columns everybody may read (-want +got):\n%s", diff)
	}
}

func compile(t *testing.T, body string) *jsonschema.Schema {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	must(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	must(t, c.AddResource("https://example.vn/schema.json", value))
	s, err := c.Compile("https://example.vn/schema.json")
	must(t, err)
	return s
}

func TestNumbersAreToldAsTheyMayBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		h.act(h.report("MT"), report.Act{Name: report.Accept})
	}
	h.tell()
	row := func(path string) map[string]any {
		l := h.list(path)
		if len(l.Items) != 1 || l.Total != 1 {
			t.Fatalf("%s: %d rows of %d", path, len(l.Items), l.Total)
		}
		return l.Items[0]
	}
	whole, commune := row("situation.json?area=67&measure=open"), row("situation.json?area=24612&measure=open")
	if whole["value"] != 3.0 || whole["of"] != nil || whole["less"] != false {
		t.Errorf("the province: %v", whole)
	}
	if commune["value"] != nil || commune["of"] != "67" || commune["of_value"] != 3.0 {
		t.Errorf("a commune: %v", commune)
	}
	none := row("situation.json?area=24612&measure=late")
	if none["value"] != 0.0 {
		t.Errorf("nothing is overdue anywhere: %v", none)
	}
	if l := h.list("situation.json?division=vn-2025"); l.Total == 0 || l.Items[0]["division"] != "vn-2025" {
		t.Errorf("the other division: %+v", l)
	}
	if c := row("categories.json?category=MT&measure=open"); c["of"] != "*" || c["value"] != nil || c["category_name"] == "" {
		t.Errorf("a category with three: %v", c)
	}
}

func TestResultsAreRoughAndLeaveWhenTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.publish("Đã dọn sạch")
	h.act(h.report("MT"), report.Act{Name: report.Accept}) // open: in no row of its own
	h.tell()
	h.record("K7M2-Q9XD", "drill") // by whoever could write there
	h.record("K7M2-Q9XR", "real")
	h.door.Look(t.Context())
	l := h.list("results.json")
	if l.Total != 1 || len(l.Items) != 1 {
		t.Fatalf("%d results, want the one: a drill's and a real one among the simulated are none", l.Total)
	}
	r := l.Items[0]
	for name, whole := range map[string]time.Duration{"received_hour": time.Hour, "published_at": time.Millisecond} { // batches of this test are short
		at, err := time.Parse(time.RFC3339, r[name].(string))
		must(t, err)
		if !at.Truncate(whole).Equal(at) {
			t.Errorf("%s is told as %v", name, at)
		}
	}
	if r["code"] != code || r["text"] != "Đã dọn sạch" || r["origin"] != "simulated" || len(r["due_date"].(string)) != len(time.DateOnly) {
		t.Errorf("%v", r)
	}
	if r["lat"] == 12.007 || r["lon"] == 107.696 || r["precision"] == nil {
		t.Errorf("the place itself is told: %v %v %v", r["lat"], r["lon"], r["precision"])
	}
	mark := h.get("results.csv").header.Get("Etag")
	h.act(code, report.Act{Name: report.Withdraw, Reason: "Sai"})
	h.door.Look(t.Context()) // before any batch
	if l := h.list("results.json"); l.Total != 0 {
		t.Errorf("the withdrawn one is still there: %v", l.Items)
	}
	if a := h.get("results.csv", "If-None-Match", mark); a.status != 200 || strings.Contains(a.body, code) {
		t.Errorf("the table: status %d: %s", a.status, a.body)
	}
}

func TestSensorsOfDrillsAndProposalsStayInside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish()
	h.warn("Exercise")
	h.tell()
	if l := h.list("warnings.json"); l.Total != 1 || l.Items[0]["exercise"] != true {
		t.Errorf("the warning of the simulation is not marked as none: %v", l.Items)
	}
	l := h.list("sensors.geojson")
	if len(l.Features) != 1 || l.Features[0].Properties["code"] != "song-1" {
		t.Fatalf("%+v", l.Features)
	}
	s := l.Features[0].Properties
	levels, _ := s["levels"].([]any)
	if s["value"] != -1.5 || s["state"] != "normal" || len(levels) != 1 {
		t.Errorf("%v: want the value and the one level that a source confirms", s)
	}
	if got := string(l.Features[0].Geometry.Coordinates); got != "[107.69,12.05]" {
		t.Errorf("coordinates %s, want longitude first", got)
	}
	rows, err := csv.NewReader(strings.NewReader(h.get("sensors.csv").body)).ReadAll()
	must(t, err)
	if rows[1][1] != "'=cmd song-1" || rows[1][8] != "-1.5" {
		t.Errorf("the name is a formula, or the number is none: %q", rows[1])
	}
	// The same database of a province whose data are real.
	_, err = h.db.Owner.Exec(t.Context(), "update dataset set origin = 'real'")
	must(t, err)
	h.tell()
	if l := h.list("sensors.json"); l.Total != 0 || l.Origin != "real" || l.Notice != "" {
		t.Errorf("simulated sensors among the real: %+v", l)
	}
	if l := h.list("warnings.json"); l.Total != 0 {
		t.Errorf("an exercise among the real warnings: %+v", l.Items)
	}
}

func TestOutlinesAreGeoJSON(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tell()
	l := h.list("areas.geojson?limit=1000")
	if l.Type != "FeatureCollection" || l.Total != len(l.Features) || l.Total < 70 {
		t.Fatalf("%s of %d, %d features", l.Type, l.Total, len(l.Features))
	}
	for _, f := range l.Features {
		var shapes []orb.Polygon
		switch f.Geometry.Type {
		case "Polygon":
			shapes = make([]orb.Polygon, 1)
			must(t, json.Unmarshal(f.Geometry.Coordinates, &shapes[0]))
		case "MultiPolygon":
			must(t, json.Unmarshal(f.Geometry.Coordinates, &shapes))
		default:
			t.Fatalf("%v: %s", f.Properties["code"], f.Geometry.Type)
		}
		for _, s := range shapes {
			for i, ring := range s {
				if want := map[bool]orb.Orientation{true: orb.CCW, false: orb.CW}[i == 0]; !ring.Closed() || ring.Orientation() != want {
					t.Errorf("%v: ring %d is not closed or goes round the wrong way (RFC 7946, 3.1.6)", f.Properties["code"], i)
				}
				if b := ring.Bound(); b.Min.Lon() < 106 || b.Max.Lon() > 109 || b.Min.Lat() < 11 || b.Max.Lat() > 14 {
					t.Errorf("%v lies at %v", f.Properties["code"], b)
				}
			}
		}
		if f.Properties["outline"] != "schematic" || f.Properties["credit"] == "" {
			t.Errorf("%v: outline %v by %v", f.Properties["code"], f.Properties["outline"], f.Properties["credit"])
		}
	}
	if one := h.list("areas.json?level=province").Items; len(one) != 1 || len(one[0]["others"].([]any)) == 0 {
		t.Errorf("the province is called nothing in the other division: %v", one)
	}
}

func TestOutlinesOfOthersAreAsOpenAsTheirTerms(t *testing.T) {
	t.Parallel()
	for terms, want := range map[string]bool{
		"CC0": true, "CC0-1.0": true, "CC BY 4.0": true, "CC-BY-SA-4.0": true, "cc-by": true, "ODbL 1.0": true, "Public domain": true,
		"": false, "CC BY-NC 4.0": false, "CC-BY-ND-4.0": false, "CC BY-NC-SA 3.0": false, "Chỉ dùng trong cơ quan": false, "© ai đó": false, "not CC0": false,
	} {
		if got := opendata.OpenMap(terms); got != want {
			t.Errorf("%q is open: %t, want %t", terms, got, want)
		}
	}
}

func TestPagesAreWalkedByTheirLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tell()
	var want []string
	for i := range 7 { // of one quarter hour
		want = append(want, fmt.Sprintf("K7M2-Q9X%d", i+2))
		h.record(want[i], "simulated")
	}
	h.door.Look(t.Context())
	var got []string
	path, pages := "/api/open/v1/results.json?limit=3&category=MT", 0
	for path != "" {
		a := h.get(path)
		var l list
		must(t, json.Unmarshal([]byte(a.body), &l))
		for _, r := range l.Items {
			got = append(got, r["code"].(string))
		}
		path = l.Next
		link := a.header.Get("Link")
		if want := `<` + path + `>; rel="next"`; path != "" && !strings.Contains(link, want) || path == "" && strings.Contains(link, `rel="next"`) {
			t.Errorf("Link %s and next %q differ", link, path)
		}
		if l.Total < 7 || !strings.Contains(link, `<https://creativecommons.org/licenses/by/4.0/>; rel="license"`) {
			t.Errorf("total %d, Link %s", l.Total, link)
		}
		if pages++; pages == 1 { // something comes on top while somebody reads
			h.record("22M2-Q9XD", "simulated")
			h.record("ZZM2-Q9XD", "simulated")
			h.door.Look(t.Context())
		}
	}
	// The new one may stand among the rest: of one quarter hour the code decides.
	for _, code := range want {
		if !slices.Contains(got, code) {
			t.Errorf("%s was left out", code)
		}
	}
	slices.Sort(got)
	if len(slices.Compact(slices.Clone(got))) != len(got) || pages != 3 {
		t.Errorf("%d pages, or rows twice in %v", pages, got)
	}
}

func TestWrongQuestionsAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tell()
	cursor := h.list("situation.json?limit=1").Next
	_, cursor, _ = strings.Cut(cursor, "cursor=")
	cursor, _, _ = strings.Cut(cursor, "&")
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=1001": "limit", "limit=abc": "limit", "limit=1e9": "limit", "limit=-1": "limit", "cursor=x": "cursor", "cursor=": "cursor",
		"area=1": "area", "division=vn-1": "division", "measure=all": "measure", "from=2026-01-01": "from", "bom=1": "bom", "x=1": "x",
		"limit=1&limit=2": "limit", "measure=late&cursor=" + cursor: "cursor", "division=vn-2025&area=67&cursor=" + strings.Repeat("a", 600): "cursor",
	} {
		a := h.get("situation.json?" + query)
		var p struct {
			Errors []struct{ Field, Detail string }
		}
		if a.status != 422 || a.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.body), &p) != nil ||
			!slices.ContainsFunc(p.Errors, func(e struct{ Field, Detail string }) bool { return e.Field == field && e.Detail != "" }) {
			t.Errorf("%s: status %d: %s", query, a.status, a.body)
		}
	}
	if a := h.get("received.json?from=1.1.2026"); a.status != 422 {
		t.Errorf("a day that is none: %d", a.status)
	}
	for _, path := range []string{"x.json", "situation.xml", "warnings.geojson", "schema/x.json", "situation"} {
		if a := h.get(path); a.status != 404 || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	if a := h.do("POST", "situation.json"); a.status != 405 {
		t.Errorf("POST: status %d", a.status)
	}
}

func TestAnswersSayHowFreshTheyAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a := h.get("situation.json"); a.status != 503 || a.header.Get("Retry-After") == "" || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("never read: status %d", a.status)
	}
	h.act(h.report("MT"), report.Act{Name: report.Accept})
	h.tell()
	a := h.get("situation.json")
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=5, stale-if-error=3600", "Content-Type": "application/json; charset=utf-8", "Data-Origin": "simulated", "Data-Old": "",
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"Last-Modified", "Data-As-Of", "Etag"} {
		if a.header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	if again := h.get("situation.json", "If-None-Match", a.header.Get("Etag")); again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("the same again: status %d", again.status)
	}
	first := h.list("situation.json")
	if first.Old || first.Origin != "simulated" || first.Notice == "" || first.Licence.ID != "CC-BY-4.0" || first.Attribution == "" {
		t.Errorf("%+v", first)
	}
	h.broken.Store(true)
	h.ahead.Store(int64(time.Minute))
	h.door.Look(t.Context())
	later := h.list("situation.json")
	if !later.Old || !later.AsOf.Equal(first.AsOf) || later.Total != first.Total || h.get("situation.csv").header.Get("Data-Old") != "true" {
		t.Errorf("without a database: old %t as of %v, want what was last read at %v", later.Old, later.AsOf, first.AsOf)
	}
	if !strings.Contains(h.get("catalogue").body, `"old":true`) {
		t.Error("the catalogue does not say that it is old")
	}
	h.broken.Store(false)
	h.door.Look(t.Context())
	if h.list("situation.json").Old {
		t.Error("the database is back and the answers are still old")
	}
}

func TestThePagesOfEverybodyMayRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tell()
	a := h.do("OPTIONS", "situation.json", "Origin", "https://truong.example", "Access-Control-Request-Method", "GET")
	if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" ||
		a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("status %d, %v", a.status, a.header)
	}
	if a := h.get("situation.json", "Origin", "https://truong.example"); !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Link, ETag") {
		t.Errorf("%v", a.header)
	}
	if a := h.do("HEAD", "situation.csv"); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: status %d", a.status)
	}
	if a := h.get("/api/open/v1x/y"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a neighbour's address is open, too")
	}
}

func TestTheCatalogueLeadsToEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish()
	h.tell()
	h.furnishCells()
	var c struct {
		Origin  string
		Dataset []struct {
			Identifier, Schema string
			Title, Description struct{ VI, EN string }
			Rows               int
			Temporal           *struct {
				Start string `json:"start_date"`
				End   string `json:"end_date"`
			}
			Distribution []struct {
				URL       string `json:"access_url"`
				MediaType string `json:"media_type"`
			}
		}
	}
	must(t, json.Unmarshal([]byte(h.get("catalogue").body), &c))
	if len(c.Dataset) != len(opendata.Sets()) || c.Origin != "simulated" {
		t.Fatalf("%d datasets of origin %q", len(c.Dataset), c.Origin)
	}
	for _, s := range c.Dataset {
		if s.Title.VI == "" || s.Title.EN == "" || s.Description.VI == "" || s.Description.EN == "" || h.get(s.Schema).status != 200 {
			t.Errorf("%s is not described", s.Identifier)
		}
		for _, x := range s.Distribution {
			if a := h.get(x.URL); a.status != 200 || a.header.Get("Content-Type") != x.MediaType {
				t.Errorf("%s: status %d, %s", x.URL, a.status, a.header.Get("Content-Type"))
			}
		}
		if s.Identifier == "received" && (s.Rows != 2 || s.Temporal == nil || s.Temporal.Start != "2026-01-05" || s.Temporal.End != "2026-02-15") {
			t.Errorf("received: %+v", s)
		}
	}
	if l := h.list("received.json?from=2026-01-06"); l.Total != 0 {
		t.Errorf("from a later day on: %d", l.Total)
	}
	if l := h.list("received.json?from=2026-01-05&to=2026-01-05&category=MT"); l.Total != 1 || l.Items[0]["value"] != 7.0 {
		t.Errorf("of that day: %+v", l.Items)
	}
	if a := h.get("received.csv?bom=1"); !strings.HasPrefix(a.body, "\ufeffdivision,") || !strings.Contains(a.body, "\r\n") {
		t.Errorf("%q", a.body)
	}
}
