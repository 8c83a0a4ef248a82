package area

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"
)

// Feature is an area with its shape.
type Feature struct {
	Area  Area
	Shape orb.MultiPolygon // degrees, longitude first; outer rings counter-clockwise
	Label Point            // inside the shape, far from its border
}

// Map is the geometry of one division at all its levels. It does not change and
// may be used by many goroutines.
type Map struct {
	Source

	tree   *Tree
	leaves mesh
	levels map[Level][]Feature
	finder *Locator
	svgs   sync.Map // drawings by svgKey: of each level and width there is one
	plains sync.Map // leaves straightened, by tolerance: of each detail and width there is one
}

// Source is where a map comes from.
type Source struct {
	Division  string
	Credit    string // to be printed on every drawing of the map
	Licence   string // terms its borders may be used under, in the words of who brought them; empty: ours, or not said
	Schematic bool   // the leaves are: say "sơ đồ" on every drawing, a point's commune is "dự kiến"
	Real      Level  // the narrowest level whose borders are an operator's own; empty: none
	Version   int64  // of the boundaries in the database; 0: none were ever imported
}

// SchematicAt reports whether the borders of a level are drawn by us. Where only
// wider areas have real borders, the leaves inside them are still a schematic.
func (s Source) SchematicAt(level Level) bool {
	return s.Schematic && (s.Real == "" || level.rank() > s.Real.rank())
}

// CreditAt is the credit of a level.
func (s Source) CreditAt(level Level) string {
	if s.Real != "" && s.SchematicAt(level) {
		return s.Credit + "; " + level.Word() + ": sơ đồ"
	}
	return s.Credit
}

// Distances a point may lie outside the map and still be taken for its nearest
// area, in kilometres: the schematic's outline lies some kilometres from the
// true one in places; at a real border it is the receivers of phones that err.
const (
	nearSchematic = 5.0
	nearReal      = 1.0
)

// Place is the area a point lies in, or nearest to when it lies just outside.
// Otherwise the error is the locator's.
func (m *Map) Place(p Point) (Area, error) {
	a, err := m.finder.Place(p)
	near := nearReal
	if m.Schematic {
		near = nearSchematic
	}
	var far *OutsideError
	if errors.As(err, &far) && far.KM <= near {
		return far.Nearest, nil
	}
	return a, err
}

// newMap dissolves the leaves into their parents, level by level.
func newMap(tree *Tree, source Source, leaves mesh) (*Map, error) {
	m := &Map{Source: source, tree: tree, leaves: leaves.dissolve(same), levels: make(map[Level][]Feature)}
	for _, level := range tree.Levels(source.Division) {
		features, err := m.build(level)
		if err != nil {
			return nil, fmt.Errorf("draw %s of %s: %w", level, source.Division, err)
		}
		m.levels[level] = features
	}
	levels := tree.Levels(source.Division)
	m.finder = NewLocator(m.levels[levels[len(levels)-1]])
	return m, nil
}

// NewMap makes a map from the shapes of a division's leaves, such as boundaries
// an operator brought. Corners are rounded to five decimals. Parents are the
// unions of their leaves, so neighbours must share the corners of their border;
// where they do not, slivers stay as holes.
func NewMap(tree *Tree, source Source, shapes map[string]orb.MultiPolygon) (*Map, error) {
	leaves := make(mesh)
	for _, leaf := range tree.Leaves(source.Division) {
		if len(shapes[leaf.Code]) == 0 {
			return nil, fmt.Errorf("make map of %s: area %s has no shape", source.Division, leaf.Code)
		}
		for _, polygon := range shapes[leaf.Code] {
			for i, r := range polygon {
				addRing(leaves, leaf.Code, r, i > 0)
			}
		}
	}
	return newMap(tree, source, leaves)
}

func addRing(m mesh, code string, r orb.Ring, hole bool) {
	line := make(ring, 0, len(r))
	for _, p := range r {
		line = append(line, node{int32(math.Round(p.Lon() * grid)), int32(math.Round(p.Lat() * grid))})
	}
	line = slices.Compact(line)
	if len(line) > 1 && line[0] == line[len(line)-1] {
		line = line[:len(line)-1]
	}
	if len(line) < 3 {
		return
	}
	if (line.doubleArea() < 0) != hole {
		slices.Reverse(line)
	}
	for _, e := range line.edges() {
		m.claim(e, code)
	}
}

// claim gives the left of an edge to an area. Where shapes overlap along an
// edge that is taken already, the newcomer goes round by a node a metre away:
// every border stays closed at the price of a sliver.
func (m mesh) claim(e edge, code string) {
	if _, taken := m[e]; !taken {
		m[e] = code
		return
	}
	for away := int32(1); ; away++ {
		via := node{e.from.x/2 + e.to.x/2 + away, e.from.y/2 + e.to.y/2 - away}
		first, second := edge{e.from, via}, edge{via, e.to}
		_, firstTaken := m[first]
		_, secondTaken := m[second]
		if !firstTaken && !secondTaken && via != e.from && via != e.to {
			m[first], m[second] = code, code
			return
		}
	}
}

// rename gives for a leaf the code of its area at a level.
func (m *Map) rename(level Level) func(string) string {
	return func(code string) string {
		up, _ := m.tree.Ancestor(m.Division, code, level)
		return up
	}
}

func (m *Map) build(level Level) ([]Feature, error) {
	patches, err := m.leaves.dissolve(m.rename(level)).patches()
	if err != nil {
		return nil, err
	}
	var features []Feature
	for _, a := range m.tree.AtLevel(m.Division, level) {
		if len(patches[a.Code]) == 0 {
			return nil, fmt.Errorf("area %s has no room inside the outline", a.Code)
		}
		s := shape(patches[a.Code])
		features = append(features, Feature{Area: a, Shape: s, Label: labelPoint(s, a.Centre)})
	}
	return features, nil
}

// Features lists the areas of a level by code. The shapes are shared: do not
// change them.
func (m *Map) Features(level Level) []Feature { return slices.Clone(m.levels[level]) }

// Locator finds leaves by point.
func (m *Map) Locator() *Locator { return m.finder }
