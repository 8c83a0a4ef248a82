package area_test

import (
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"toancanh/schema/sample"
	"toancanh/server/area"
)

func totalArea(features []area.Feature) float64 {
	sum := 0.0
	for _, f := range features {
		sum += planar.Area(f.Shape)
	}
	return sum
}

func TestCellsCoverTheOutline(t *testing.T) {
	t.Parallel()
	outline := readSampleOutline(t)
	for _, division := range []string{old, today} {
		m := sampleMap(t, division)
		for _, level := range []area.Level{area.Province, area.District, area.Commune} {
			features := m.Features(level)
			if len(features) == 0 {
				continue
			}
			got, want := totalArea(features), planar.Area(outline)
			if math.Abs(got-want) > want/1000 {
				t.Errorf("%s of %s cover %.6f square degrees, the outline %.6f", level, division, got, want)
			}
		}
	}
}

func TestEveryPointLiesInExactlyOneShape(t *testing.T) {
	t.Parallel()
	outline := readSampleOutline(t)
	features := sampleMap(t, old).Features(area.Commune)
	bound := outline.Bound()
	for lon := bound.Min[0]; lon < bound.Max[0]; lon += 0.0137 {
		for lat := bound.Min[1]; lat < bound.Max[1]; lat += 0.0131 {
			p, count := orb.Point{lon, lat}, 0
			for _, f := range features {
				if f.Shape.Bound().Contains(p) && planar.MultiPolygonContains(f.Shape, p) {
					count++
				}
			}
			want := 0
			if planar.PolygonContains(outline, p) {
				want = 1
			}
			if count != want {
				t.Errorf("%v lies in %d communes, want %d", p, count, want)
			}
		}
	}
}

func TestCentresAndLabelsLieInTheirOwnArea(t *testing.T) {
	t.Parallel()
	for _, division := range []string{old, today} {
		m := sampleMap(t, division)
		for _, f := range m.Features(area.Commune) {
			for what, p := range map[string]area.Point{"centre": f.Area.Centre, "label": f.Label} {
				if got, _ := m.Locator().Locate(p); got != f.Area.Code {
					t.Errorf("%s of %s %s lies in %q", what, f.Area.Code, f.Area.Title(), got)
				}
			}
		}
		for _, f := range m.Features(area.District) {
			leaf, _ := m.Locator().Locate(f.Label)
			if got, _ := sampleAtlas(t).Tree.Ancestor(division, leaf, area.District); got != f.Area.Code {
				t.Errorf("label of %s lies in %s", f.Area.Title(), got)
			}
		}
	}
}

func TestCommunesOfTheirOwnCentresAreInOnePiece(t *testing.T) {
	t.Parallel()
	for _, f := range sampleMap(t, old).Features(area.Commune) {
		if len(f.Shape) != 1 || len(f.Shape[0]) != 1 {
			t.Errorf("%s has %d pieces", f.Area.Title(), len(f.Shape))
		}
	}
}

func TestRingsFollowTheRightHandRule(t *testing.T) {
	t.Parallel()
	for _, division := range []string{old, today} {
		for _, level := range []area.Level{area.Province, area.District, area.Commune} {
			for _, f := range sampleMap(t, division).Features(level) {
				for _, polygon := range f.Shape {
					for i, r := range polygon {
						if !r.Closed() || len(r) < 4 {
							t.Errorf("%s: ring %d is not closed", f.Area.Title(), i)
						}
						if hole := i > 0; (r.Orientation() == orb.CW) != hole {
							t.Errorf("%s: ring %d runs the wrong way", f.Area.Title(), i)
						}
					}
				}
			}
		}
	}
}

// The commune of today is always the successor of the commune of then, so both
// maps and the cross-walk can be used side by side.
func TestTheMapsOfTwoDivisionsAgreeWithTheCrosswalk(t *testing.T) {
	t.Parallel()
	atlas := sampleAtlas(t)
	before, after := sampleMap(t, old).Locator(), sampleMap(t, today).Locator()
	for i := range 2000 {
		p, code := before.Scatter(fmt.Sprint("place ", i))
		want, _ := atlas.Tree.Successor(old, code, today)
		if got, _ := after.Locate(p); got != want {
			t.Errorf("%v is in %s of then and %s of today, want %s", p, code, got, want)
		}
	}
}

func TestTheSchematicIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	draw := func() string {
		atlas, err := area.Sample()
		if err != nil {
			t.Fatal(err)
		}
		m, _ := atlas.Map(old)
		raw, err := m.GeoJSON(area.Commune, area.Full)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	first := draw()
	for range 3 {
		if draw() != first {
			t.Fatal("two drawings of one province differ")
		}
	}
}

// invented makes a province of one level of communes under a root.
func invented(outline string, centres ...area.Point) fstest.MapFS {
	var areas strings.Builder
	areas.WriteString("division,code,parent,level,name_vi,lat,lon\nx,1,,province,Gốc,0,0\n")
	for i, c := range centres {
		fmt.Fprintf(&areas, "x,%d,1,commune,Xã %d,%v,%v\n", i+10, i+10, c.Lat, c.Lon)
	}
	return fstest.MapFS{
		"divisions.csv": {Data: []byte("code,default,outline\nx,yes,o\n")},
		"areas.csv":     {Data: []byte(areas.String())},
		"crosswalk.csv": {Data: []byte("from_division\n")},
		"o":             {Data: []byte(`{"type":"Feature","properties":{"credit":"drawn by hand"},"geometry":` + outline + `}`)},
	}
}

func TestSchematicOfInventedProvinces(t *testing.T) {
	t.Parallel()
	square := `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`
	var raster []area.Point
	for i := range 25 {
		raster = append(raster, area.Point{Lat: 0.1 + 0.2*float64(i/5), Lon: 0.1 + 0.2*float64(i%5)})
	}
	for _, c := range []struct {
		name, outline string
		centres       []area.Point
		want          float64 // square degrees
		pieces        []int
	}{
		{"one commune is the whole", square, []area.Point{{Lat: 0.3, Lon: 0.3}}, 1, []int{1}},
		{"two halves", square, []area.Point{{Lat: 0.5, Lon: 0.25}, {Lat: 0.5, Lon: 0.75}}, 1, []int{1, 1}},
		{
			"a raster where four cells meet in every corner", square, raster, 1,
			[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		},
		{
			"a hole and an island",
			`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1],[0,0]],[[0.4,0.4],[0.4,0.6],[0.6,0.6],[0.6,0.4],[0.4,0.4]]],[[[2,0],[2.1,0],[2.1,0.1],[2,0.1],[2,0]]]]}`,
			[]area.Point{{Lat: 0.5, Lon: 0.2}, {Lat: 0.5, Lon: 0.8}},
			0.97,
			[]int{1, 2},
		},
		{
			"a bay cuts a cell in two and the far part goes to the neighbour", // a U whose left arm reaches the right one's cell
			`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0.6,1],[0.6,0.2],[0.4,0.2],[0.4,1],[0,1],[0,0]]]}`,
			[]area.Point{{Lat: 0.1, Lon: 0.1}, {Lat: 0.9, Lon: 0.65}},
			0.84,
			[]int{1, 1},
		},
		{"an outline the wrong way round", `{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0],[0,0]]]}`, []area.Point{{Lat: 0.3, Lon: 0.3}, {Lat: 0.6, Lon: 0.6}}, 1, []int{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			atlas, err := area.Load(invented(c.outline, c.centres...))
			if err != nil {
				t.Fatal(err)
			}
			m, _ := atlas.Map("x")
			var pieces []int
			for _, f := range m.Features(area.Commune) {
				pieces = append(pieces, len(f.Shape))
				if got, _ := m.Locator().Locate(f.Area.Centre); got != f.Area.Code {
					t.Errorf("centre of %s lies in %q", f.Area.Code, got)
				}
			}
			if diff := cmp.Diff(c.pieces, pieces); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			if got := totalArea(m.Features(area.Commune)); math.Abs(got-c.want) > c.want/1000 {
				t.Errorf("communes cover %v, want %v", got, c.want)
			}
			if got := totalArea(m.Features(area.Province)); math.Abs(got-c.want) > c.want/1000 {
				t.Errorf("the root covers %v, want %v", got, c.want)
			}
			if m.Credit != "drawn by hand" || !m.Schematic {
				t.Errorf("credit %q, schematic %v", m.Credit, m.Schematic)
			}
		})
	}
}

func TestLoadRefusesWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	square := `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`
	here := area.Point{Lat: 0.5, Lon: 0.5}
	for _, c := range []struct {
		name, outline, want string
		centres             []area.Point
	}{
		{"two communes in one place", square, "have one centre", []area.Point{here, here}},
		{"a line", `{"type":"LineString","coordinates":[[0,0],[1,1]]}`, "neither Polygon", []area.Point{here}},
		{"an open ring", `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`, "not closed", []area.Point{here}},
		{"swapped axes", `{"type":"Polygon","coordinates":[[[12,107],[13,107],[13,108],[12,107]]]}`, "lat 107", []area.Point{here}},
		{"a centre far outside", square, "no room inside the outline", []area.Point{here, {Lat: 9, Lon: 9}}},
		{"no json", `{`, "decode outline", []area.Point{here}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := area.Load(invented(c.outline, c.centres...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

func readSampleOutline(t *testing.T) orb.Polygon {
	t.Helper()
	raw, err := fs.ReadFile(sample.Files(), "outline.geojson")
	if err != nil {
		t.Fatal(err)
	}
	return decodePolygons(t, raw)[0]
}

func BenchmarkLoadSample(b *testing.B) {
	for b.Loop() {
		if _, err := area.Sample(); err != nil {
			b.Fatal(err)
		}
	}
}
