package area_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

func TestASchematicIsDrawnInsideRealBorders(t *testing.T) {
	t.Parallel()
	atlas := sampleAtlas(t)
	for _, c := range []struct {
		name, division, file string
		level                area.Level
	}{
		{"districts, coarse", old, "dak-nong-2022-districts.cc0.geojson", area.District},
		{"districts, fine", old, "dak-nong-2022-districts.gov.geojson", area.District},
		{"the province of then", old, "dak-nong-2022-province.gov.geojson", area.Province},
		{"the province of today takes the cells of another division", today, "dak-nong-2022-province.cc0.geojson", area.Province},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shapes := readBoundaries(t, c.file)
			if root, _ := atlas.Tree.Root(c.division); c.level == area.Province {
				for _, s := range shapes { // the outline of both divisions is the same
					shapes = map[string]orb.MultiPolygon{root.Code: s}
				}
			}
			m, err := atlas.Around(area.Source{Division: c.division, Credit: "Ai đó", Version: 7}, c.level, shapes)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range m.Features(c.level) {
				if got, want := area.KM2(f.Shape), math.Abs(area.KM2(shapes[f.Area.Code])); math.Abs(got/want-1) > 0.002 {
					t.Errorf("%s has %.1f km², want %.1f", f.Area.Title(), got, want)
				}
			}
			if got, want := len(m.Features(area.Commune)), len(atlas.Tree.Leaves(c.division)); got != want {
				t.Errorf("%d communes, want %d", got, want)
			}
			if m.SchematicAt(c.level) || !m.SchematicAt(area.Commune) || m.CreditAt(c.level) != "Ai đó" || m.CreditAt(area.Commune) != "Ai đó; cấp xã: sơ đồ" {
				t.Errorf("credits %q and %q", m.CreditAt(c.level), m.CreditAt(area.Commune))
			}
			for _, leaf := range atlas.Tree.Leaves(c.division) {
				if got, _ := m.Locator().Locate(leaf.Centre); got != leaf.Code {
					t.Logf("the centre of %s lies in %q", leaf.Title(), got) // centres were measured on other borders
				}
			}
		})
	}
}

func TestDetailsFollowTheSameBordersMoreOrLessClosely(t *testing.T) {
	t.Parallel()
	shapes := readBoundaries(t, "dak-nong-area-2025-communes.geojson")
	m, err := area.NewMap(sampleAtlas(t).Tree, area.Source{Division: today, Real: area.Commune, Version: 3}, shapes)
	if err != nil {
		t.Fatal(err)
	}
	least := 0
	for _, detail := range area.Details() {
		raw, err := m.GeoJSON(area.Commune, detail)
		if err != nil {
			t.Fatal(err)
		}
		var pieces []area.Piece
		var d decoded
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Features {
			for _, p := range f.Geometry.polygons(t) {
				pieces = append(pieces, area.Piece{f.Properties["code"].(string), p})
			}
		}
		c := cover(t, pieces...)
		t.Logf("%s: %d kB, %d corners", detail, len(raw)/1000, c.Points)
		if c.Points < least || len(c.Overlaps)+len(c.Gaps)+len(c.Twists) != 0 {
			t.Errorf("%s has %d corners, %d overlaps, %d gaps: neighbours do not share their borders", detail, c.Points, len(c.Overlaps), len(c.Gaps))
		}
		least = c.Points
	}
}

func TestMapsAreExchangedAndGivenBack(t *testing.T) {
	t.Parallel()
	drawn := sampleMap(t, old)
	atlas := sampleAtlas(t).WithMap(drawn) // the shared one stays as it is
	m, err := atlas.Around(area.Source{Division: old, Credit: "Ai đó", Version: 4}, area.Commune, shapesOfMap(drawn))
	if err != nil {
		t.Fatal(err)
	}
	atlas.Use(m)
	if got, _ := atlas.Map(old); got != m || got.Schematic || got.Version != 4 {
		t.Errorf("the atlas uses %+v", got.Source)
	}
	atlas.UseSchematic(old, 5)
	if got, _ := atlas.Map(old); !got.Schematic || got.Version != 5 || got.Credit != drawn.Credit {
		t.Errorf("the atlas went back to %+v", got.Source)
	}
}

func shapesOfMap(m *area.Map) map[string]orb.MultiPolygon {
	shapes := map[string]orb.MultiPolygon{}
	for _, f := range m.Features(area.Commune) {
		shapes[f.Area.Code] = f.Shape
	}
	return shapes
}

func TestPlacesJustOutsideAreTheNearestAreas(t *testing.T) {
	t.Parallel()
	drawn := sampleMap(t, old)
	real, err := sampleAtlas(t).Around(area.Source{Division: old}, area.Commune, shapesOfMap(drawn))
	if err != nil {
		t.Fatal(err)
	}
	west := drawn.Features(area.Province)[0].Shape.Bound().Min.Lon()
	for _, f := range drawn.Features(area.Province)[0].Shape[0][0] {
		if f.Lon() != west {
			continue
		}
		for km, want := range map[float64][2]bool{0.5: {true, true}, 3: {true, false}, 8: {false, false}} {
			p := area.Point{Lat: f.Lat(), Lon: f.Lon() - km/108.8}
			_, errDrawn := drawn.Place(p)
			_, errReal := real.Place(p)
			if (errDrawn == nil) != want[0] || (errReal == nil) != want[1] {
				t.Errorf("%.1f km outside: %v on the schematic, %v at a real border", km, errDrawn, errReal)
			}
		}
	}
}
