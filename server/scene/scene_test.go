package scene_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"toancanh/schema"
	"toancanh/server/scene"
)

func shipped(t *testing.T) map[string]scene.Scene {
	t.Helper()
	list, err := scene.Load(schema.Scenes)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]scene.Scene{}
	for _, s := range list {
		byID[s.ID] = s
	}
	return byID
}

func TestTheShippedScenesAreValid(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	for _, id := range []string{"ngay-thuong", "mua-bao"} {
		if _, ok := all[id]; !ok {
			t.Errorf("scene %s is missing", id)
		}
	}
}

// golden are cases that the browser's tests read too.
type golden struct {
	Heights []struct {
		Arcmin    float64
		ViewingMM float64 `json:"viewing_mm"`
		MM        float64
	}
	Needed []struct {
		Arcmin, PX float64
		PanelMM    float64 `json:"panel_mm"`
		ViewingMM  float64 `json:"viewing_mm"`
	}
	Checks []struct {
		Scene, Part, Role string
		PanelMM           float64 `json:"panel_mm"`
		ViewingMM         float64 `json:"viewing_mm"`
		Density           scene.Density
		PX                float64
		NeedPX            float64 `json:"need_px"`
	}
}

func TestLegibilityAsInTheGoldenCases(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/legibility.json")
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 0.001 }
	for _, c := range want.Heights {
		if got := scene.Height(c.Arcmin, c.ViewingMM); !near(got, c.MM) {
			t.Errorf("Height(%v, %v) = %v, want %v", c.Arcmin, c.ViewingMM, got, c.MM)
		}
	}
	for _, c := range want.Needed {
		if got := (scene.Panel{HeightMM: c.PanelMM, ViewingMM: c.ViewingMM}).NeededPX(c.Arcmin); !near(got, c.PX) {
			t.Errorf("%v mm at %v mm need %v px for %v', want %v", c.PanelMM, c.ViewingMM, got, c.Arcmin, c.PX)
		}
	}
	all := shipped(t)
	for _, c := range want.Checks {
		got, err := scene.Check(all[c.Scene], scene.Panel{HeightMM: c.PanelMM, ViewingMM: c.ViewingMM})
		if got != c.Density {
			t.Errorf("Check(%s, %v mm at %v mm) = %q, %v; want %q", c.Scene, c.PanelMM, c.ViewingMM, got, err, c.Density)
		}
		if c.Part == "" {
			continue
		}
		var small *scene.TooSmallError
		if !errors.As(err, &small) || small.Part != c.Part || small.Role != c.Role || !near(small.PX, c.PX) || !near(small.NeedPX, c.NeedPX) {
			t.Errorf("Check(%s, %v mm at %v mm): %v; want %s %s at %v px of %v", c.Scene, c.PanelMM, c.ViewingMM, err, c.Part, c.Role, c.PX, c.NeedPX)
		}
	}
}

func TestAPanelWithoutASizeFitsNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []scene.Panel{{}, {HeightMM: 685}, {HeightMM: -1, ViewingMM: 5000}, {HeightMM: math.NaN(), ViewingMM: 1}} {
		if d, err := scene.Check(shipped(t)["mua-bao"], p); err == nil {
			t.Errorf("Check on %+v = %q, want an error", p, d)
		}
	}
}

// A scene that a hand has spoiled must be refused with words that name what is wrong.
func TestAWrongSceneIsRefusedByName(t *testing.T) {
	t.Parallel()
	raw, err := schema.Scenes.ReadFile("scenes/ngay-thuong.json")
	if err != nil {
		t.Fatal(err)
	}
	far := func(s *scene.Scene) scene.Layout { return s.Densities[scene.Far] }
	wide := func(s *scene.Scene, change func(*scene.Grid)) {
		g := far(s).Shapes[scene.Wide]
		change(&g)
		far(s).Shapes[scene.Wide] = g
	}
	without := func(part string) func(*scene.Scene) {
		return func(s *scene.Scene) {
			wide(s, func(g *scene.Grid) {
				var rest []scene.Cell
				for _, c := range g.Cells {
					if c.Part != part {
						rest = append(rest, c)
					}
				}
				g.Cells = rest
			})
		}
	}
	for name, c := range map[string]struct {
		spoil func(*scene.Scene)
		want  string
	}{
		"no id":               {func(s *scene.Scene) { s.ID = "Á" }, "its id"},
		"a name decomposed":   {func(s *scene.Scene) { s.Name.VI = "a\u0301" }, "composed"},
		"an unknown type":     {func(s *scene.Scene) { s.Parts[1].Type = "gauge" }, `part map: there is no type "gauge"`},
		"a part twice":        {func(s *scene.Scene) { s.Parts = append(s.Parts, s.Parts[0]) }, "part header stands twice"},
		"an unknown tile":     {func(s *scene.Scene) { s.Parts[2].Tiles[0] = "kpi/joy" }, `no tile "kpi/joy"`},
		"a cell of no part":   {func(s *scene.Scene) { wide(s, func(g *scene.Grid) { g.Cells[0].Part = "ghost" }) }, "part ghost"},
		"overlapping cells":   {func(s *scene.Scene) { wide(s, func(g *scene.Grid) { g.Cells[2].X = 0 }) }, "part tiles overlaps part map"},
		"outside the grid":    {func(s *scene.Scene) { wide(s, func(g *scene.Grid) { g.Cells[0].W = 3 }) }, "part header stands outside"},
		"a track of nothing":  {func(s *scene.Scene) { wide(s, func(g *scene.Grid) { g.Rows[0] = "12px" }) }, `"12px" among the rows`},
		"no clock":            {without("header"), "there is no header"},
		"no map":              {without("map"), "there is no map"},
		"no ticker":           {without("ticker"), "there is no ticker"},
		"no size for a role":  {func(s *scene.Scene) { delete(far(s).Text["tiles"], "label") }, "part tiles has no size for label"},
		"an unknown role":     {func(s *scene.Scene) { far(s).Text["tiles"]["joke"] = 4.1 }, `part tiles has no text "joke"`},
		"text too small far":  {func(s *scene.Scene) { far(s).Text["tiles"]["label"] = 3 }, "part tiles shows label at 48.0 px"},
		"text too small near": {func(s *scene.Scene) { s.Densities[scene.Near].Text["areas"]["row"] = 1 }, "part areas shows row at 1.00 rem"},
		"a density missing":   {func(s *scene.Scene) { delete(s.Densities, scene.Middle) }, "density middle is missing"},
		"a shape missing":     {func(s *scene.Scene) { delete(far(s).Shapes, scene.Tall) }, "for a tall picture is missing"},
		"no room for rows":    {func(s *scene.Scene) { wide(s, func(g *scene.Grid) { g.Cells[3].Most = 0 }) }, "part ticker: lists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := scene.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(&s)
			spoilt, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := scene.Parse(spoilt); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Parse says %v, want %q in it", err, c.want)
			}
		})
	}
	for name, text := range map[string]string{
		"a field nobody knows": `{"id":"x","blink":true}`,
		"something after it":   string(raw) + "{}",
		"no JSON":              "{",
	} {
		if _, err := scene.Parse([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"scenes/ngay-thuong.json", "scenes/mua-bao.json"} {
		raw, err := schema.Scenes.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := scene.Parse(raw)
		if err != nil {
			return
		}
		if _, err := scene.Check(s, scene.DefaultPanel()); err != nil {
			t.Errorf("a valid scene cannot be read at the default panel: %v", err)
		}
	})
}
