package reading_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"toancanh/server/area"
	"toancanh/server/boundary"
	"toancanh/server/boundary/reading"
)

func TestWalk(t *testing.T) {
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("../../../../shared/geodata/*json")
	for _, f := range files {
		raw, _ := os.ReadFile(f)
		for _, d := range []string{"vn-2022", "vn-2025"} {
			for _, l := range []area.Level{"province", "district", "commune"} {
				known, _ := atlas.Map(d)
				layer, err := reading.File(f, raw, reading.Options{})
				var a *boundary.Accepted
				if err == nil {
					a, err = boundary.Check(layer, boundary.Order{Tree: atlas.Tree, Division: d, Level: l, Known: known})
				}
				if err != nil {
					var r *boundary.Refusal
					if !errors.As(err, &r) {
						t.Error(err)
					}
					t.Logf("%s %s %s: REFUSED %v", filepath.Base(f), d, l, err)
					continue
				}
				t.Logf("%s %s %s: ok %d areas %d points %.0f km2", filepath.Base(f), d, l, len(a.Shapes), a.Points, a.KM2)
				for _, x := range a.Findings {
					t.Logf("      %s", x.Text)
				}
			}
		}
	}
}
