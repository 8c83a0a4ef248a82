package area

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"
)

// mostOutline is how many corners of real borders a schematic is drawn inside of. Finer ones are straightened first: the
// lines between them are invented anyway.
const mostOutline = 12_000

// Around makes a map of a division whose areas of one level have real shapes, as NewCover leaves them. Wider areas are
// their unions. Of narrower ones a schematic is drawn inside each shape.
func (a *Atlas) Around(source Source, level Level, shapes map[string]orb.MultiPolygon) (*Map, error) {
	levels := a.Tree.Levels(source.Division)
	source.Real = level
	if len(levels) > 0 && level == levels[len(levels)-1] {
		return NewMap(a.Tree, source, shapes)
	}
	source.Schematic = true
	borders := make(mesh)
	for code, s := range shapes {
		for _, polygon := range s {
			for i, r := range polygon {
				addRing(borders, code, r, i > 0)
			}
		}
	}
	for tolerance := 2.0; len(borders) > 2*mostOutline && tolerance < 1000; tolerance *= 2 {
		borders = borders.simplify(tolerance)
	}
	patches, err := borders.patches()
	if err != nil {
		return nil, fmt.Errorf("draw inside boundaries: %w", err)
	}
	var pieces []Piece
	for _, code := range sortedKeys(patches) {
		inside, err := a.cellsInside(source.Division, code, shape(patches[code]))
		if err != nil {
			return nil, fmt.Errorf("draw inside %s: %w", code, err)
		}
		pieces = append(pieces, inside...)
	}
	cover, err := NewCover(pieces, Tolerance{Gap: 1, GapShare: 0.01})
	if err != nil {
		return nil, err
	}
	cells, err := cover.Shapes()
	if err != nil {
		return nil, err
	}
	return NewMap(a.Tree, source, cells)
}

// cellsInside draws the leaves of one area inside its shape.
func (a *Atlas) cellsInside(division, code string, outline orb.MultiPolygon) ([]Piece, error) {
	d, _ := a.Tree.Division(division)
	base, into := division, same
	var reserved []Area
	if d.CellsOf != "" {
		from, _ := a.Tree.Division(d.CellsOf)
		base, into = d.CellsOf, a.successor(from, d)
		for _, leaf := range a.Tree.LeavesUnder(division, code) {
			at, _ := a.Tree.Get(division, leaf)
			reserved = append(reserved, at)
		}
	}
	var leaves []Area
	for _, leaf := range a.Tree.Leaves(base) {
		if slices.Contains(a.Tree.Path(division, into(leaf.Code)), code) {
			leaves = append(leaves, leaf)
		}
	}
	s, err := newSchematic(leaves, outline)
	if err != nil {
		return nil, err
	}
	for _, r := range reserved {
		s.reserve(anchor{r.Centre, a.Tree.Translate(division, r.Code, base)})
	}
	cells, err := s.draw()
	if err != nil {
		return nil, err
	}
	patches, err := s.soften(cells).dissolve(into).patches()
	if err != nil {
		return nil, err
	}
	var pieces []Piece
	for _, leaf := range sortedKeys(patches) {
		for _, p := range shape(patches[leaf]) {
			pieces = append(pieces, Piece{Code: leaf, Shape: p})
		}
	}
	return pieces, nil
}
