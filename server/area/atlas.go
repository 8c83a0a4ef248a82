package area

import (
	"fmt"
	"io/fs"
	"maps"
	"sync"

	"toancanh/schema/sample"
)

// Atlas is a province: its areas in every division and a map of each. Maps may
// be exchanged while others read; whoever needs two things of one map asks for
// it once.
type Atlas struct {
	Tree *Tree

	mu         sync.RWMutex
	maps       map[string]*Map // guarded by mu
	schematics map[string]*Map // what the atlas was drawn with
}

// Sample is the province that ships with the product.
func Sample() (*Atlas, error) { return Load(sample.Files()) }

// Load reads divisions.csv, areas.csv, crosswalk.csv and the outlines they name
// and draws a schematic of every division that has an outline. A division that
// takes the cells of another is exactly their union: a point's area in the one
// is always the successor of its area in the other, even where that leaves an
// area in two pieces.
func Load(files fs.FS) (*Atlas, error) {
	rows, err := ReadRows(files)
	if err != nil {
		return nil, fmt.Errorf("load areas: %w", err)
	}
	tree, err := NewTree(rows)
	if err != nil {
		return nil, fmt.Errorf("load areas: %w", err)
	}
	a := &Atlas{Tree: tree, schematics: make(map[string]*Map)}
	for _, d := range tree.Divisions() {
		if d.Outline == "" || d.CellsOf != "" {
			continue
		}
		if err := a.draw(files, d); err != nil {
			return nil, fmt.Errorf("draw division %s: %w", d.Code, err)
		}
	}
	a.maps = maps.Clone(a.schematics)
	return a, nil
}

// draw makes the cells of a division and the maps of all that consist of them.
func (a *Atlas) draw(files fs.FS, d Division) error {
	raw, err := fs.ReadFile(files, d.Outline)
	if err != nil {
		return fmt.Errorf("read outline: %w", err)
	}
	outline, credit, err := readOutline(raw)
	if err != nil {
		return err
	}
	s, err := newSchematic(a.Tree.Leaves(d.Code), outline)
	if err != nil {
		return err
	}
	users := []Division{d}
	for _, other := range a.Tree.Divisions() {
		if other.CellsOf == d.Code {
			users = append(users, other)
			for _, leaf := range a.Tree.Leaves(other.Code) {
				s.reserve(anchor{leaf.Centre, a.Tree.Translate(other.Code, leaf.Code, d.Code)})
			}
		}
	}
	cells, err := s.draw()
	if err != nil {
		return err
	}
	cells = s.soften(cells)
	for _, user := range users {
		source := Source{Division: user.Code, Credit: credit, Schematic: true}
		if a.schematics[user.Code], err = newMap(a.Tree, source, cells.dissolve(a.successor(d, user))); err != nil {
			return err
		}
	}
	return nil
}

// successor names the area of another division that a leaf went into.
func (a *Atlas) successor(from, to Division) func(string) string {
	return func(code string) string {
		successor, _ := a.Tree.Successor(from.Code, code, to.Code)
		return successor
	}
}

// Map is the map of a division.
func (a *Atlas) Map(division string) (*Map, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	m, ok := a.maps[division]
	return m, ok
}

// Schematic is the map of a division as it was drawn from centres.
func (a *Atlas) Schematic(division string) (*Map, bool) {
	m, ok := a.schematics[division]
	return m, ok
}

// Use exchanges the map of a division.
func (a *Atlas) Use(m *Map) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.maps[m.Division] = m
}

// UseSchematic goes back to the schematic, as that version of the boundaries.
func (a *Atlas) UseSchematic(division string, version int64) {
	drawn, ok := a.schematics[division]
	if !ok {
		return
	}
	back := &Map{Source: drawn.Source, tree: drawn.tree, leaves: drawn.leaves, levels: drawn.levels, finder: drawn.finder}
	back.Version = version
	a.Use(back)
}

// WithMap is the same atlas with another map. The receiver does not change.
func (a *Atlas) WithMap(m *Map) *Atlas {
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := maps.Clone(a.maps)
	all[m.Division] = m
	return &Atlas{Tree: a.Tree, maps: all, schematics: a.schematics}
}
