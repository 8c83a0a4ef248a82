package boundary_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"toancanh/server/area"
	"toancanh/server/boundary"
)

// land is an invented province of two districts with two communes each, in squares of a tenth of a degree; one name is
// there twice.
func land(t *testing.T) *area.Tree {
	t.Helper()
	rows, err := area.ReadRows(fstest.MapFS{
		"divisions.csv": {Data: []byte("code,label_vi,label_en,valid_from,valid_to,default,cells_of,outline\nd,x,x,,,yes,,\n")},
		"areas.csv": {Data: []byte(`division,code,parent,level,kind_vi,name_vi,name_en,lat,lon,aliases
d,09,,province,Tỉnh,Núi Xanh,Nui Xanh,12.1,107.6,
d,101,09,district,Huyện,Tây Hồ,,12.1,107.55,
d,102,09,district,Huyện,Đông Hồ,,12.1,107.65,
d,00001,101,commune,Xã,Đăk R'Moan,,12.05,107.55,
d,00002,101,commune,Thị trấn,Quảng Hoà,,12.15,107.55,
d,00003,102,commune,Xã,Tân Lập,,12.05,107.65,
d,00004,102,commune,Phường,Mỹ Lý,,12.15,107.65,Mĩ Lí Cũ
`)},
		"crosswalk.csv": {Data: []byte("from_division,from_code,to_division,to_code\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := area.NewTree(rows)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func square(x, y, width, height float64) orb.Polygon {
	return orb.Polygon{{{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}, {x, y}}}
}

// thing is a feature with a code and a name.
func thing(code, name string, polygons ...orb.Polygon) boundary.Feature {
	return boundary.Feature{Kind: "Polygon", Attributes: map[string]string{"ma": code, "ten": name}, Shape: polygons}
}

func layerOf(features ...boundary.Feature) boundary.Layer {
	for i := range features {
		features[i].Number = i + 1
	}
	return boundary.Layer{Format: "GeoJSON", Columns: []string{"ma", "ten"}, Features: features}
}

// four are the communes as they should come.
func four() []boundary.Feature {
	return []boundary.Feature{
		thing("00001", "Xã Đắk R’Moan", square(107.5, 12, 0.1, 0.1)), thing("00002", "Thị trấn Quảng Hòa", square(107.5, 12.1, 0.1, 0.1)),
		thing("00003", "Xã Tân Lập", square(107.6, 12, 0.1, 0.1)), thing("00004", "Phường Mỹ Lý", square(107.6, 12.1, 0.1, 0.1)),
	}
}

func with(change func(f []boundary.Feature) []boundary.Feature) boundary.Layer {
	return layerOf(change(four())...)
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	tree := land(t)
	same := func(f []boundary.Feature) []boundary.Feature { return f }
	for name, c := range map[string]struct {
		layer boundary.Layer
		order boundary.Order
		told  []string // kinds
	}{
		"what fits":                   {layer: with(same)},
		"codes that lost their zeros": {layer: with(func(f []boundary.Feature) []boundary.Feature { f[2].Attributes["ma"] = "3.0"; return f })},
		"names alone, spelled in other ways": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				for i, name := range []string{"DAK R'MOAN", "TT. Quảng Hòa", "x. tân  lập", "Mĩ Lí"} {
					f[i].Attributes = map[string]string{"ma": "x" + strconv.Itoa(i), "ten": name}
				}
				return f
			}),
			told: []string{"by_name"},
		},
		"an alias": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[3].Attributes = map[string]string{"ten": "P. Mĩ Lí Cũ"}
				return f
			}),
			told: []string{"by_name"},
		},
		"an area in two features": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape = orb.MultiPolygon{square(107.5, 12, 0.05, 0.1)}
				return append(f, thing("1", "Xã Đăk R'Moan", square(107.55, 12, 0.05, 0.1)))
			}),
			told: []string{"merged"},
		},
		"a small overlap": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape[0] = square(107.5, 12, 0.1005, 0.1)
				return f
			}),
			told: []string{"overlap"},
		},
		"a slit between neighbours": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape[0] = orb.Polygon{{{107.5, 12}, {107.6, 12}, {107.5995, 12.05}, {107.6, 12.1}, {107.5, 12.1}, {107.5, 12}}}
				return f
			}),
			told: []string{"gap"},
		},
		"a lake that is nobody's": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape[0] = append(f[0].Shape[0], square(107.52, 12.02, 0.05, 0.05)[0])
				return f
			}),
			told: []string{"gap"},
		},
		"a line that crosses itself a little": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape[0][0] = append(orb.Ring{{107.5, 12}, {107.55, 12.0005}, {107.55, 11.999}, {107.54, 12.001}}, f[0].Shape[0][0][1:]...)
				return f
			}),
			told: []string{"twisted"},
		},
		"crumbs": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape = append(f[0].Shape, square(107.8, 12, 0.0005, 0.0005))
				return f
			}),
			told: []string{"crumbs"},
		},
		"a neighbour of another province": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				return append(f, thing("7", "Xã Xa", square(108, 12, 0.1, 0.1)))
			}),
			told: []string{"left_out"},
		},
		"metres of VN-2000": {layer: metres(t, with(same))},
		"rings turned the wrong way": {layer: with(func(f []boundary.Feature) []boundary.Feature {
			slices.Reverse(f[1].Shape[0][0])
			return f
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := c.order
			o.Tree, o.Division, o.Level = tree, "d", area.Commune
			got, err := boundary.Check(c.layer, o)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, f := range got.Findings {
				kinds = append(kinds, f.Kind)
			}
			if diff := cmp.Diff(c.told, kinds); diff != "" {
				t.Errorf("told (-want +got):\n%s%v", diff, got.Findings)
			}
			if len(got.Shapes) != 4 {
				t.Errorf("%d areas, want 4", len(got.Shapes))
			}
			m, err := area.NewMap(tree, area.Source{Division: "d"}, got.Shapes)
			if err != nil {
				t.Fatal(err)
			}
			if code, _ := m.Locator().Locate(area.Point{Lat: 12.09, Lon: 107.59}); code != "00001" {
				t.Errorf("the south-west is %q, want 00001", code)
			}
		})
	}
}

// metres gives a layer coordinates of the zone of 108°30' that mean the same places, found by halving intervals.
func metres(t *testing.T, layer boundary.Layer) boundary.Layer {
	t.Helper()
	p, err := boundary.ByEPSG(9218)
	if err != nil {
		t.Fatal(err)
	}
	layer.Projection = p
	for _, f := range layer.Features {
		for k, want := range f.Shape[0][0] {
			at := orb.Point{400_000, 1_330_000}
			for range 60 {
				got := p.Degrees(at)
				at[0] += (want[0] - got[0]) * 108_000
				at[1] += (want[1] - got[1]) * 110_000
			}
			f.Shape[0][0][k] = at
		}
	}
	return layer
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	tree := land(t)
	move := func(turn func(orb.Point) orb.Point) boundary.Layer {
		layer := layerOf(four()...)
		for _, f := range layer.Features {
			for k, p := range f.Shape[0][0] {
				f.Shape[0][0][k] = turn(p)
			}
		}
		return layer
	}
	for name, c := range map[string]struct {
		layer boundary.Layer
		order boundary.Order
		kind  string
		says  []string
	}{
		"no feature":         {layer: boundary.Layer{}, kind: "empty"},
		"swapped axes":       {layer: move(func(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} }), kind: "swapped", says: []string{"đảo"}},
		"metres unexplained": {layer: move(func(p orb.Point) orb.Point { return orb.Point{p[0] * 4000, p[1] * 110_000} }), kind: "projection", says: []string{"mét", "--crs"}},
		"another country":    {layer: move(func(p orb.Point) orb.Point { return orb.Point{p[0] - 100, p[1] + 40} }), kind: "outside", says: []string{"ngoài Việt Nam", "đối tượng số 1"}},
		"points": {
			layer: layerOf(boundary.Feature{Kind: "Point", Attributes: map[string]string{"ma": "1"}}), kind: "geometry", says: []string{"1 Point"},
		},
		"an attribute that is not there": {layer: layerOf(four()...), order: boundary.Order{CodeAttribute: "code"}, kind: "attribute", says: []string{"ma, ten"}},
		"no attribute that says anything": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				for i := range f {
					f[i].Attributes = map[string]string{"ma": "x", "so": "1"}
				}
				return f
			}),
			kind: "attribute", says: []string{"--code-attribute"},
		},
		"one missing": {
			layer: with(func(f []boundary.Feature) []boundary.Feature { return f[:3] }), kind: "missing", says: []string{"Thiếu 1 trong 4", "00004 Phường Mỹ Lý"},
		},
		"one without a shape": {
			layer: with(func(f []boundary.Feature) []boundary.Feature { f[3].Shape = nil; return f }), kind: "missing", says: []string{"00004 Phường Mỹ Lý"},
		},
		"codes of others": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Attributes["ma"], f[1].Attributes["ma"] = "00002", "00001"
				return f
			}),
			kind: "names", says: []string{"00002 trong tệp là “Xã Đắk R’Moan”"},
		},
		"a large overlap": {
			layer: with(func(f []boundary.Feature) []boundary.Feature { f[0].Shape[0] = square(107.5, 12, 0.11, 0.1); return f }),
			kind:  "overlap", says: []string{"00001 Xã Đăk R'Moan và 00003 Xã Tân Lập", "10,0 %", "vĩ độ 12."},
		},
		"a bow tie": {
			layer: with(func(f []boundary.Feature) []boundary.Feature {
				f[0].Shape[0] = orb.Polygon{{{107.5, 12}, {107.6, 12.1}, {107.6, 12}, {107.5, 12.1}, {107.5, 12}}}
				return f
			}),
			kind: "twisted", says: []string{"00001 Xã Đăk R'Moan (đối tượng số 1) tự cắt ở vĩ độ 12.05", "kinh độ 107.55"},
		},
		"a level that is not there": {layer: layerOf(four()...), order: boundary.Order{Level: "hamlet"}, kind: "level"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := c.order
			o.Tree, o.Division = tree, "d"
			if o.Level == "" {
				o.Level = area.Commune
			}
			_, err := boundary.Check(c.layer, o)
			var refusal *boundary.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%v, want a refusal", err)
			}
			if diff := cmp.Diff([]string{c.kind}, refusal.Kinds()); diff != "" {
				t.Errorf("refused with %q (-want +got):\n%s", refusal, diff)
			}
			for _, part := range c.says {
				if !strings.Contains(refusal.Error(), part) {
					t.Errorf("%q does not say %q", refusal, part)
				}
			}
		})
	}
}

func TestNamesThatRepeatNeedTheAreaAbove(t *testing.T) {
	t.Parallel()
	atlas, err := area.Sample()
	if err != nil {
		t.Fatal(err)
	}
	known, _ := atlas.Schematic("vn-2022")
	layer := boundary.Layer{Columns: []string{"ten", "huyen"}}
	for i, f := range known.Features(area.Commune) {
		up, _ := atlas.Tree.Get("vn-2022", f.Area.Parent)
		layer.Features = append(layer.Features, boundary.Feature{
			Number: i + 1, Kind: "Polygon", Attributes: map[string]string{"ten": f.Area.Name, "huyen": up.Name}, Shape: f.Shape,
		})
	}
	got, err := boundary.Check(layer, boundary.Order{Tree: atlas.Tree, Division: "vn-2022", Level: area.Commune, Known: known})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range known.Features(area.Commune) {
		if a, b := area.KM2(got.Shapes[f.Area.Code]), area.KM2(f.Shape); a < b*0.999 || a > b*1.001 {
			t.Errorf("%s has %.2f km², want %.2f", f.Area.Title(), a, b)
		}
	}
}
