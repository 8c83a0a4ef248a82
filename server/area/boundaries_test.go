package area_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

// readBoundaries reads real boundaries from beside the checkout. They are not
// ours to ship, so the tests that use them are skipped where they are absent.
func readBoundaries(tb testing.TB, name string) map[string]orb.MultiPolygon {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "geodata", name))
	if err != nil {
		tb.Skipf("real boundaries %s are not beside this checkout", name)
	}
	var d decoded
	if err := json.Unmarshal(raw, &d); err != nil {
		tb.Fatal(err)
	}
	shapes := make(map[string]orb.MultiPolygon)
	for _, f := range d.Features {
		code, _ := f.Properties["code"].(string)
		shapes[code] = f.Geometry.polygons(tb)
	}
	return shapes
}

func locatorOf(shapes map[string]orb.MultiPolygon) *area.Locator {
	var features []area.Feature
	for code, s := range shapes {
		features = append(features, area.Feature{Area: area.Area{Code: code}, Shape: s})
	}
	return area.NewLocator(features)
}

func TestTheSchematicAgreesWithRealBoundaries(t *testing.T) {
	t.Parallel()
	tree := sampleAtlas(t).Tree
	for _, c := range []struct {
		name, division, file string
		level                area.Level
		want                 float64 // of the grid cells inside both
	}{
		{"districts", old, "dak-nong-2022-districts.gov.geojson", area.District, 0.90},
		{"communes of then", old, "dak-nong-2022-communes.geojson", area.Commune, 0.70},
		{"communes of today", today, "dak-nong-area-2025-communes.geojson", area.Commune, 0.70},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			real, ours := locatorOf(readBoundaries(t, c.file)), sampleMap(t, c.division).Locator()
			both, same, missed := 0, 0, 0
			for lat := 11.7; lat < 12.9; lat += 0.004 {
				for lon := 107.1; lon < 108.2; lon += 0.004 {
					p := area.Point{Lat: lat, Lon: lon}
					want, inReal := real.Locate(p)
					leaf, inOurs := ours.Locate(p)
					if inReal && !inOurs {
						missed++
					}
					if !inReal || !inOurs {
						continue
					}
					both++
					if got, _ := tree.Ancestor(c.division, leaf, c.level); got == want {
						same++
					}
				}
			}
			share := float64(same) / float64(max(both, 1))
			t.Logf("%.1f %% of %d grid cells agree, %d real cells are outside the outline", share*100, both, missed)
			if share < c.want {
				t.Errorf("%.1f %% agree, want %.0f %%", share*100, c.want*100)
			}
		})
	}
}

func TestRealBoundariesMakeAMap(t *testing.T) {
	t.Parallel()
	atlas := sampleAtlas(t)
	for _, c := range []struct {
		name, division, file string
		above                area.Level
		want                 int
	}{
		{"thinned one by one, with overlaps", old, "dak-nong-2022-communes.geojson", area.District, 8},
		{"fine and clean", today, "dak-nong-area-2025-communes.geojson", area.Province, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shapes := readBoundaries(t, c.file)
			m, err := area.NewMap(atlas.Tree, area.Source{Division: c.division, Credit: "test"}, shapes)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(m.Features(c.above)); got != c.want || m.Schematic {
				t.Errorf("%d of level %s, schematic %v, want %d", got, c.above, m.Schematic, c.want)
			}
			whole, parts := totalArea(m.Features(c.above)), totalArea(m.Features(area.Commune))
			if diff := whole/parts - 1; diff > 0.001 || diff < -0.001 {
				t.Errorf("level %s covers %v of the sum of its communes", c.above, whole/parts)
			}
			if _, err := m.SVG(area.Commune, 800); err != nil {
				t.Error(err)
			}
			if got, _ := atlas.WithMap(m).Map(c.division); got != m {
				t.Error("the atlas did not take the map")
			}
			if got, _ := atlas.Map(c.division); got == m {
				t.Error("the old atlas changed")
			}
			delete(shapes, "24611")
			if _, err := area.NewMap(atlas.Tree, area.Source{Division: c.division}, shapes); err == nil {
				t.Error("a commune without a shape was accepted")
			}
		})
	}
}
