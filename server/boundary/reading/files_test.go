package reading_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"toancanh/server/area"
	"toancanh/server/boundary"
	"toancanh/server/boundary/reading"
)

const geodata = "../../../../shared/geodata"

// Every file beside the checkout is tried as every level of both divisions. What is not listed as accepted must be
// refused, for one of the reasons listed for it.
func TestEveryFileBesideTheCheckout(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(geodata, "*json"))
	if err != nil || len(files) == 0 {
		t.Skip("no boundary files are beside this checkout")
	}
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	accepted := map[string]int{ // areas
		"dak-nong-2022-communes.geojson vn-2022 commune":       71,
		"dak-nong-2022-districts.cc0.geojson vn-2022 district": 8,
		"dak-nong-2022-districts.gov.geojson vn-2022 district": 8,
		"dak-nong-2022-province.cc0.geojson vn-2022 province":  1,
		"dak-nong-2022-province.gov.geojson vn-2022 province":  1,
		"dak-nong-area-2025-communes.geojson vn-2025 commune":  28,
		"lam-dong-2025-communes.geojson vn-2025 commune":       28,
	}
	reasons := map[string]string{
		"crosswalk-2022-2025.json":            "format",
		"dak-nong-2022-units.json":            "format",
		"dak-nong-places.geojson":             "geometry",
		"lam-dong-2025-province.geojson":      "attribute missing elsewhere",
		"context-provinces.ne.geojson":        "attribute missing elsewhere",
		"dak-nong-2022-communes.geojson":      "names attribute missing",
		"dak-nong-2022-districts.cc0.geojson": "names attribute missing",
		"dak-nong-2022-districts.gov.geojson": "names attribute missing",
		"dak-nong-2022-province.cc0.geojson":  "attribute missing",
		"dak-nong-2022-province.gov.geojson":  "attribute missing",
		"dak-nong-area-2025-communes.geojson": "names attribute missing",
		"lam-dong-2025-communes.geojson":      "names attribute missing",
	}
	for _, file := range files {
		for _, division := range []string{"vn-2022", "vn-2025"} {
			for _, level := range []area.Level{area.Province, area.District, area.Commune} {
				name := strings.Join([]string{filepath.Base(file), division, string(level)}, " ")
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					got, err := try(t, atlas, file, boundary.Order{Tree: atlas.Tree, Division: division, Level: level})
					if want := accepted[name]; want > 0 {
						if err != nil || len(got.Shapes) != want {
							t.Fatalf("%v, want %d areas", err, want)
						}
						t.Logf("taken: %d areas, %d points, %.0f km²", len(got.Shapes), got.Points, got.KM2)
						for _, f := range got.Findings {
							t.Logf("  told: %s", f.Text)
						}
						drawn, err := atlas.Around(area.Source{Division: division}, level, got.Shapes)
						if err != nil || len(drawn.Features(area.Commune)) != len(atlas.Tree.Leaves(division)) {
							t.Errorf("no map can be made of it: %v", err)
						}
						return
					}
					var refusal *boundary.Refusal
					if !errors.As(err, &refusal) {
						t.Fatalf("%v, want a refusal", err)
					}
					want := strings.Fields(reasons[filepath.Base(file)])
					if level == area.District && division == "vn-2025" {
						want = append(want, "level")
					}
					for _, kind := range refusal.Kinds() {
						if !slices.Contains(want, kind) {
							t.Errorf("refused for %q, want one of %v", kind, want)
						}
					}
					t.Logf("refused: %.300s", refusal)
				})
			}
		}
	}
}

func try(t *testing.T, atlas *area.Atlas, file string, o boundary.Order) (*boundary.Accepted, error) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := reading.File(file, raw, reading.Options{})
	if err != nil {
		return nil, err
	}
	o.Known, _ = atlas.Schematic(o.Division)
	return boundary.Check(layer, o)
}
