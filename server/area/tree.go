package area

import (
	"cmp"
	"slices"
)

// key names an area: codes are unique only inside a division.
type key struct {
	division, code string
}

// Tree holds the areas of every division and the cross-walks between them. It
// does not change after NewTree and may be used by many goroutines.
type Tree struct {
	divisions []Division
	areas     map[key]Area
	children  map[key][]Area              // sorted by code
	byLevel   map[string][]Area           // per division, widest level first, then by code
	steps     map[key]map[string][]string // leaf, other division, its codes there
}

// NewTree checks the rows and builds the tree. All faults are reported at once.
func NewTree(rows Rows) (*Tree, error) {
	t := &Tree{
		divisions: slices.Clone(rows.Divisions),
		areas:     make(map[key]Area, len(rows.Areas)),
		children:  make(map[key][]Area),
		byLevel:   make(map[string][]Area),
		steps:     make(map[key]map[string][]string),
	}
	for _, a := range rows.Areas {
		if a.Folded == "" {
			a.Folded = Fold(a.Title())
		}
		t.areas[key{a.Division, a.Code}] = a
	}
	for _, a := range t.areas {
		t.byLevel[a.Division] = append(t.byLevel[a.Division], a)
		if a.Parent != "" {
			parent := key{a.Division, a.Parent}
			t.children[parent] = append(t.children[parent], a)
		}
	}
	for _, list := range t.children {
		slices.SortFunc(list, byLevelThenCode)
	}
	for _, list := range t.byLevel {
		slices.SortFunc(list, byLevelThenCode)
	}
	for _, s := range rows.Crosswalk {
		t.addStep(key{s.FromDivision, s.FromCode}, key{s.ToDivision, s.ToCode})
		t.addStep(key{s.ToDivision, s.ToCode}, key{s.FromDivision, s.FromCode})
	}
	if err := check(t, rows); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Tree) addStep(from, to key) {
	if t.steps[from] == nil {
		t.steps[from] = make(map[string][]string)
	}
	codes := append(slices.Clone(t.steps[from][to.division]), to.code)
	slices.Sort(codes)
	t.steps[from][to.division] = slices.Compact(codes)
}

func byLevelThenCode(a, b Area) int {
	return cmp.Or(cmp.Compare(a.Level.rank(), b.Level.rank()), cmp.Compare(a.Code, b.Code))
}

// Divisions lists the divisions in the order they were given.
func (t *Tree) Divisions() []Division { return slices.Clone(t.divisions) }

// Division finds a division by its code.
func (t *Tree) Division(code string) (Division, bool) {
	i := slices.IndexFunc(t.divisions, func(d Division) bool { return d.Code == code })
	if i < 0 {
		return Division{}, false
	}
	return t.divisions[i], true
}

// Default is the division shown when nobody asks for another.
func (t *Tree) Default() Division {
	i := slices.IndexFunc(t.divisions, func(d Division) bool { return d.Default })
	return t.divisions[max(i, 0)]
}

// Get finds an area.
func (t *Tree) Get(division, code string) (Area, bool) {
	a, ok := t.areas[key{division, code}]
	return a, ok
}

// Root is the one area of a division that has no parent.
func (t *Tree) Root(division string) (Area, bool) {
	list := t.byLevel[division]
	if len(list) == 0 {
		return Area{}, false
	}
	return list[0], true
}

// Path lists the codes from the root down to the area itself; nil if the area
// is unknown.
func (t *Tree) Path(division, code string) []string {
	var path []string
	for code != "" {
		a, ok := t.Get(division, code)
		if !ok {
			return nil
		}
		path = append(path, code)
		code = a.Parent
	}
	slices.Reverse(path)
	return path
}

// Ancestor is the code of the area of the given level on the path of an area,
// itself included.
func (t *Tree) Ancestor(division, code string, level Level) (string, bool) {
	for code != "" {
		a, ok := t.Get(division, code)
		if !ok {
			return "", false
		}
		if a.Level == level {
			return code, true
		}
		code = a.Parent
	}
	return "", false
}

// Children lists the areas directly under one, by code.
func (t *Tree) Children(division, code string) []Area {
	return slices.Clone(t.children[key{division, code}])
}

// Areas lists a division, widest level first, then by code.
func (t *Tree) Areas(division string) []Area { return slices.Clone(t.byLevel[division]) }

// AtLevel lists the areas of one level by code.
func (t *Tree) AtLevel(division string, level Level) []Area {
	return slices.DeleteFunc(t.Areas(division), func(a Area) bool { return a.Level != level })
}

// Levels lists the levels a division has, widest first.
func (t *Tree) Levels(division string) []Level {
	var levels []Level
	for _, a := range t.byLevel[division] {
		if !slices.Contains(levels, a.Level) {
			levels = append(levels, a.Level)
		}
	}
	return levels
}

// Leaves lists the areas of a division that have no children, by code.
func (t *Tree) Leaves(division string) []Area {
	return slices.DeleteFunc(t.Areas(division), func(a Area) bool {
		return len(t.children[key{division, a.Code}]) > 0
	})
}

// LeavesUnder lists the codes of the leaves at or below an area, sorted.
func (t *Tree) LeavesUnder(division, code string) []string {
	if _, ok := t.Get(division, code); !ok {
		return nil
	}
	under := t.children[key{division, code}]
	if len(under) == 0 {
		return []string{code}
	}
	var leaves []string
	for _, a := range under {
		leaves = append(leaves, t.LeavesUnder(division, a.Code)...)
	}
	slices.Sort(leaves)
	return leaves
}

// Translate lists what an area is called in another division: the sorted codes
// of the leaves its own leaves became or came from. A root becomes the root. An
// area translated into its own division is itself; an unknown one is nil.
func (t *Tree) Translate(from, code, to string) []string {
	a, ok := t.Get(from, code)
	if !ok {
		return nil
	}
	if from == to {
		return []string{code}
	}
	if a.Parent == "" {
		if root, ok := t.Root(to); ok {
			return []string{root.Code}
		}
		return nil
	}
	var codes []string
	for _, leaf := range t.LeavesUnder(from, code) {
		codes = append(codes, t.steps[key{from, leaf}][to]...)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Successor is the one area of another division that an area lies in whole; not
// ok when it was split among several.
func (t *Tree) Successor(from, code, to string) (string, bool) {
	codes := t.Translate(from, code, to)
	if len(codes) != 1 {
		return "", false
	}
	return codes[0], true
}
