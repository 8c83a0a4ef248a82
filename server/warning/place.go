package warning

import (
	"slices"
	"strings"

	"toancanh/server/area"
)

// Ground is where the house warns: the tree of areas and the map of the division in force.
type Ground struct {
	Tree *area.Tree
	Map  *area.Map
}

// Places finds areas of the division in force, with their outlines where these are no drawing of ours. Each level's are made
// once.
func (g Ground) Places() func(code string) (Place, bool) {
	made := map[area.Level]map[string][][]Point{}
	return func(code string) (Place, bool) {
		a, ok := g.Tree.Get(g.Map.Division, code)
		if !ok {
			return Place{}, false
		}
		if made[a.Level] == nil {
			made[a.Level] = g.outlines(a.Level)
		}
		return Place{
			Code: code, Division: a.Division, Title: g.title(a), TitleEN: g.titleEN(a), Polygons: made[a.Level][code],
		}, true
	}
}

// title names an area so that nobody takes it for another of the same name: with the district it lies in.
func (g Ground) title(a area.Area) string {
	if above, ok := g.Tree.Get(a.Division, a.Parent); ok && above.Level == area.District {
		return a.Title() + " (" + above.Title() + ")"
	}
	return a.Title()
}

func (g Ground) titleEN(a area.Area) string {
	if above, ok := g.Tree.Get(a.Division, a.Parent); ok && above.Level == area.District {
		return a.NameEN + " (" + above.NameEN + ")"
	}
	return a.NameEN
}

// outlines are the outer rings of a level's areas: CAP knows no holes. Shapes that cannot be made coarser are left out, the
// codes say the same.
func (g Ground) outlines(level area.Level) map[string][][]Point {
	list := map[string][][]Point{}
	shapes, err := g.Map.Outlines(level)
	if err != nil {
		return list
	}
	for code, shape := range shapes {
		for _, polygon := range shape {
			if len(polygon) == 0 || len(polygon[0]) < 4 {
				continue
			}
			ring := make([]Point, len(polygon[0]))
			for i, p := range polygon[0] {
				ring[i] = Point{Lat: p.Lat(), Lon: p.Lon()}
			}
			list[code] = append(list[code], ring)
		}
	}
	return list
}

// PathOf is the path of the innermost area that all of some areas lie in; nil when one of them is unknown.
func (g Ground) PathOf(codes []string) []string {
	var path []string
	for i, code := range codes {
		one := g.Tree.Path(g.Map.Division, code)
		if one == nil {
			return nil
		}
		if i == 0 {
			path = one
			continue
		}
		n := 0
		for n < min(len(path), len(one)) && path[n] == one[n] {
			n++
		}
		path = path[:n]
	}
	return path
}

// Touches reports whether a warning for some areas concerns whoever looks at an area: one of them lies in it, or it in one
// of them.
func (g Ground) Touches(codes []string, path []string) bool {
	return slices.ContainsFunc(codes, func(code string) bool {
		if slices.Contains(path, code) {
			return true
		}
		return len(path) > 0 && slices.Contains(g.Tree.Path(g.Map.Division, code), path[len(path)-1])
	})
}

// mostCorners bounds the corners of a polygon that are looked up one by one.
const mostCorners = 2000

// Locate finds the areas of ours that a message of somebody else touches. Outside is true when it says where it holds and
// that is elsewhere; no area and not outside means that nobody can tell.
func (g Ground) Locate(a Alert) (areas []string, outside bool) {
	found := map[string]bool{}
	told := false
	for _, i := range a.Infos {
		for _, x := range i.Areas {
			codes, known := g.byCode(x)
			if !known {
				codes, known = g.byShape(x)
			}
			if !known {
				codes = g.byName(x.Description)
			}
			told = told || known
			for _, code := range codes {
				found[code] = true
			}
		}
	}
	for code := range found {
		areas = append(areas, code)
	}
	slices.Sort(areas)
	return areas, told && len(areas) == 0
}

// byCode reads geocodes of our own lists, those of other divisions by what became of them.
func (g Ground) byCode(x Area) (codes []string, known bool) {
	for _, code := range x.Geocodes {
		if _, ok := g.Tree.Division(code.Name); ok {
			known = true
			codes = append(codes, g.Tree.Translate(code.Name, code.Value, g.Map.Division)...)
		}
	}
	return codes, known
}

func (g Ground) byShape(x Area) (codes []string, known bool) {
	if len(x.Polygons)+len(x.Circles) == 0 {
		return nil, false
	}
	levels := g.Tree.Levels(g.Map.Division)
	for _, leaf := range g.Map.Features(levels[len(levels)-1]) {
		if x.holds(Point{leaf.Label.Lat, leaf.Label.Lon}) {
			codes = append(codes, leaf.Area.Code)
		}
	}
	for _, ring := range x.Polygons {
		for i := 0; i < len(ring); i += 1 + len(ring)/mostCorners {
			if code, ok := g.Map.Locator().Locate(area.Point{Lat: ring[i].Lat, Lon: ring[i].Lon}); ok {
				codes = append(codes, code)
			}
		}
	}
	for _, c := range x.Circles {
		if code, ok := g.Map.Locator().Locate(area.Point{Lat: c.Centre.Lat, Lon: c.Centre.Lon}); ok {
			codes = append(codes, code)
		}
	}
	return codes, true
}

// byName reads an area's words when there is nothing better: the province by its name in any division, or areas of ours by
// their whole titles.
func (g Ground) byName(words string) (codes []string) {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(",;.:()", r) {
			return ' '
		}
		return r
	}, words)
	folded := " " + area.Fold(plain) + " "
	for _, a := range g.Tree.Areas(g.Map.Division) {
		if a.Level != area.Province && strings.Contains(folded, " "+a.Folded+" ") {
			codes = append(codes, a.Code)
		}
	}
	if len(codes) > 0 {
		return codes
	}
	for _, d := range g.Tree.Divisions() {
		root, ok := g.Tree.Root(d.Code)
		here, isHere := g.Tree.Root(g.Map.Division)
		named := func(name string) bool { return strings.Contains(folded, " "+name+" ") }
		if ok && isHere && slices.ContainsFunc(provinceNames(root), named) {
			return []string{here.Code}
		}
	}
	return nil
}

// provinceNames are the names that a root's own name is made of, folded: "Đắk Nông (cũ), tỉnh Lâm Đồng" is dak nong and
// lam dong. A name of one word could be a part of any text and is none.
func provinceNames(root area.Area) (names []string) {
	for _, part := range strings.FieldsFunc(area.Fold(root.Name), func(r rune) bool { return strings.ContainsRune(",()-", r) }) {
		name := strings.TrimPrefix(strings.TrimSpace(part), "tinh ")
		if strings.Contains(name, " ") && !strings.ContainsAny(name, "0123456789") {
			names = append(names, name)
		}
	}
	return names
}

// holds reports whether a point lies in one of an area's shapes.
func (x Area) holds(p Point) bool {
	return slices.ContainsFunc(x.Circles, func(c Circle) bool {
		return area.Point(c.Centre).DistanceKM(area.Point(p)) <= c.KM
	}) || slices.ContainsFunc(x.Polygons, func(ring []Point) bool { return inRing(ring, p) })
}

// inRing counts how often a ray to the east crosses the ring.
func inRing(ring []Point, p Point) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < (b.Lon-a.Lon)*(p.Lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
			in = !in
		}
	}
	return in
}
