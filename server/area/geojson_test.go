package area_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

// decoded is what a stranger reads of our GeoJSON.
type decoded struct {
	Type      string    `json:"type"`
	BBox      []float64 `json:"bbox"`
	Credit    string    `json:"credit"`
	Schematic bool      `json:"schematic"`
	Geometry  *shape    `json:"geometry"`
	Features  []struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Geometry   shape          `json:"geometry"`
		Properties map[string]any `json:"properties"`
	} `json:"features"`
}

type shape struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

func (s shape) polygons(tb testing.TB) orb.MultiPolygon {
	tb.Helper()
	var p orb.Polygon
	var m orb.MultiPolygon
	var err error
	switch s.Type {
	case "Polygon":
		err = json.Unmarshal(s.Coordinates, &p)
		m = orb.MultiPolygon{p}
	case "MultiPolygon":
		err = json.Unmarshal(s.Coordinates, &m)
	default:
		tb.Fatalf("geometry is a %q", s.Type)
	}
	if err != nil {
		tb.Fatalf("decode %s: %v", s.Type, err)
	}
	return m
}

func decodePolygons(t *testing.T, raw []byte) orb.MultiPolygon {
	t.Helper()
	var d decoded
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d.Geometry.polygons(t)
}

func TestGeoJSONIsWhatAStrangerExpects(t *testing.T) {
	t.Parallel()
	m := sampleMap(t, today)
	raw, err := m.GeoJSON(area.Commune, area.Full)
	if err != nil {
		t.Fatal(err)
	}
	if tail := regexp.MustCompile(`\d\.\d{6}`).Find(raw); tail != nil {
		t.Errorf("more than five decimals: %s", tail)
	}
	var got decoded
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "FeatureCollection" || len(got.Features) != 28 || !got.Schematic || got.Credit == "" {
		t.Errorf("a %s of %d features, schematic %v, credit %q", got.Type, len(got.Features), got.Schematic, got.Credit)
	}
	if len(got.BBox) != 4 || got.BBox[0] < 107 || got.BBox[2] > 108.3 || got.BBox[1] < 11.5 || got.BBox[3] > 13 {
		t.Errorf("bbox is %v, want west south east north of the sample", got.BBox)
	}
	f := got.Features[0]
	want := map[string]any{
		"code": "24611", "name": "Bắc Gia Nghĩa", "title": "Phường Bắc Gia Nghĩa",
		"name_en": "Bac Gia Nghia Ward", "level": "commune", "division": "vn-2025", "parent": "68",
	}
	for name, value := range want {
		if f.Properties[name] != value {
			t.Errorf("property %s is %v, want %v", name, f.Properties[name], value)
		}
	}
	if f.ID != "24611" || f.Type != "Feature" || len(f.Properties) != len(want)+1 {
		t.Errorf("feature %s %s has properties %v", f.Type, f.ID, f.Properties)
	}
	if p := f.Geometry.polygons(t); p[0][0][0].Lon() < 100 {
		t.Errorf("first position is %v, want longitude first", p[0][0][0])
	}
}

func TestGeoJSONOfALevelTheDivisionHasNotIsNil(t *testing.T) {
	t.Parallel()
	raw, err := sampleMap(t, today).GeoJSON(area.District, area.Full)
	if raw != nil || err != nil {
		t.Errorf("got %s, %v, want nothing", raw, err)
	}
}
