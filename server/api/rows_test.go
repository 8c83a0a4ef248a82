package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

type listedRow struct {
	ID, Code, Status, Summary, Category, Area string
	Version                                   int64
	Open, Overdue                             bool
}

type rowsAnswer struct {
	Rows  []listedRow
	Next  string
	Total *struct {
		Count int
		Exact bool
	}
}

func TestRowsAreTheListInLittle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 7 {
		h.post("Rác ở chợ, gọi 0905 123 456")
	}
	light := read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: map[string]any{
		"category": "CR", "description": "Cháy rẫy", "location": map[string]float64{"lat": 12.45, "lon": 107.64},
	}}), 201)
	first := read[rowsAnswer](t, h.do(call{method: "GET", path: "/api/v1/reports/rows?limit=5"}), 200)
	if len(first.Rows) != 5 || first.Next == "" || first.Total == nil || first.Total.Count != 8 || !first.Total.Exact {
		t.Fatalf("first page: %+v", first)
	}
	if r := first.Rows[0]; r.ID != light.ID || r.Version != 1 || !r.Open || r.Status != "moi" {
		t.Errorf("the newest row is %+v", r)
	}
	if s := first.Rows[1].Summary; strings.Contains(s, "0905") || !strings.Contains(s, "Rác ở chợ") {
		t.Errorf("summary %q", s)
	}
	second := read[rowsAnswer](t, h.do(call{method: "GET", path: "/api/v1/reports/rows?limit=5&cursor=" + first.Next}), 200)
	if len(second.Rows) != 3 || second.Next != "" || second.Total != nil {
		t.Errorf("second page: %+v", second)
	}
	// Names of areas and categories are searched as well as words: the fire's commune, its district, and its category.
	for query, n := range map[string]int{"rac": 7, "dak+mil": 1, "chay+rung": 1, "gia+nghia+rac": 7, "dak+nong": 8, "priority-nothing": 0} {
		got := read[rowsAnswer](t, h.do(call{method: "GET", path: "/api/v1/reports/rows?q=" + query}), 200)
		if len(got.Rows) != n {
			t.Errorf("%s: %d rows, want %d", query, len(got.Rows), n)
		}
	}
	for filter, n := range map[string]int{
		"priority=thap": 0, "emergency=true": 0, "emergency=false": 8, "source=api,form": 8, "source=staff": 0, "overdue=true": 0,
		"due_within=720": 8, "unit=-": 8, "unit=-,so-xd": 8, "unit=so-xd": 0, "has_contact=true": 0, "category=CR,XD": 1, "area=660,663": 8,
		"received_from=2026-01-01T00:00:00Z": 8, "received_to=2026-01-01T00:00:00Z": 0,
	} {
		got := read[rowsAnswer](t, h.do(call{method: "GET", path: "/api/v1/reports/rows?" + filter}), 200)
		if len(got.Rows) != n {
			t.Errorf("%s: %d rows, want %d", filter, len(got.Rows), n)
		}
	}
	for query, field := range map[string]string{
		"priority=x": "priority", "source=x": "source", "overdue=1": "overdue", "due_within=0": "due_within", "received_from=x": "received_from",
		"q=%28": "q", "q=a+b+c+d+e+f+g+h+i+k+l": "q", "sort=changed&cursor=" + first.Next: "cursor", "unit=-,x": "unit",
	} {
		p := problem(t, h.do(call{method: "GET", path: "/api/v1/reports/rows?" + query}), 422)
		if len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", query, p.Errors)
		}
	}
}

func TestRowsTravelCompressedForWhoTakesThat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Rác ở chợ")
	a := h.do(call{method: "GET", path: "/api/v1/reports/rows", header: map[string]string{"Accept-Encoding": "gzip"}})
	zip, err := gzip.NewReader(bytes.NewReader(a.body))
	must(t, err)
	raw, err := io.ReadAll(zip)
	must(t, err)
	if got := read[rowsAnswer](t, answer{a.status, a.header, raw}, 200); len(got.Rows) != 1 || got.Rows[0].ID != r.ID {
		t.Errorf("compressed rows: %+v", got)
	}
}

func TestAnExportIsWhatTheFilterShowsAndHarmless(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.post("=HYPERLINK(\"http://x\";\"Rác\"), gọi 0905 123 456\ndòng hai")
	h.post("Đèn hỏng")
	a := h.do(call{method: "GET", path: "/api/v1/reports/export?format=csv&q=hyperlink"})
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || a.header.Get("Export-Rows") != "1" ||
		!strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	text, marked := strings.CutPrefix(string(a.body), "\ufeff")
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(t, err)
	if !marked || len(lines) != 2 || len(lines[0]) != len(lines[1]) || !strings.Contains(text, "\r\n") {
		t.Fatalf("marked %t, %d lines: %q", marked, len(lines), text)
	}
	if cell := lines[1][11]; !strings.HasPrefix(cell, "'=HYPERLINK") || strings.Contains(cell, "0905") {
		t.Errorf("description %q", cell)
	}
	a = h.do(call{method: "GET", path: "/api/v1/reports/export?format=geojson"})
	var geo struct {
		Type     string
		Features []struct {
			Type     string
			Geometry struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	must(t, json.Unmarshal(a.body, &geo))
	if geo.Type != "FeatureCollection" || len(geo.Features) != 2 || geo.Features[1].Geometry.Coordinates[0] != 107.696 {
		t.Errorf("%s", a.body)
	}
	if strings.Contains(string(a.body), "0905") {
		t.Errorf("a number leaves the house: %s", a.body)
	}
	var noted int
	must(t, h.db.Owner.QueryRow(t.Context(), `select count(*) from audit where what = 'report.export' and detail like '%"reports":1%' and detail not like '%hyperlink%'`).Scan(&noted))
	if noted != 1 {
		t.Errorf("%d rows of the audit tell of the export", noted)
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/reports/export?format=xlsx"}), 422)
}
