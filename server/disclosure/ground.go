package disclosure

import (
	"slices"

	"toancanh/server/area"
)

// Ground is where reports lie: the communes of the division in use, and every area of every division as a set of them. It
// does not change and may be used by many goroutines.
type Ground struct {
	division string
	leaves   []string
	index    map[string]int // of a leaf
	paths    [][]string     // of each leaf, root first
	levels   []level        // of the areas around, narrowest first
	within   []level        // the same without what other divisions ask for
	areas    []place
	places   map[[2]string]int // by division and code
}

// place is an area of a division.
type place struct {
	division, code string
	path           []string // from the root, itself last
	leaves         []int    // rising
	unknown        bool     // which communes of ours lie in it cannot be said
}

// NewGround lays the ground of a division.
func NewGround(tree *area.Tree, division string) *Ground {
	g := &Ground{division: division, index: map[string]int{}, places: map[[2]string]int{}}
	for i, leaf := range tree.Leaves(division) {
		g.leaves = append(g.leaves, leaf.Code)
		g.index[leaf.Code] = i
		g.paths = append(g.paths, tree.Path(division, leaf.Code))
	}
	for _, d := range tree.Divisions() {
		g.addAreas(tree, d.Code)
	}
	g.addLevels(tree)
	return g
}

// addAreas adds a division's areas. Where a commune of ours has no single successor, nothing below the root is known there.
func (g *Ground) addAreas(tree *area.Tree, division string) {
	root, ok := tree.Root(division)
	if !ok {
		return
	}
	in := map[string][]int{}
	split := false
	for i, leaf := range g.leaves {
		code, ok := tree.Successor(g.division, leaf, division)
		if !ok {
			split = true
			break
		}
		for _, up := range tree.Path(division, code) {
			in[up] = append(in[up], i)
		}
	}
	for _, a := range tree.Areas(division) {
		p := place{division: division, code: a.Code, path: tree.Path(division, a.Code), leaves: in[a.Code]}
		if a.Code == root.Code {
			p.leaves = all(len(g.leaves))
		}
		p.unknown = split && a.Code != root.Code
		g.places[[2]string{division, a.Code}] = len(g.areas)
		g.areas = append(g.areas, p)
	}
}

// all are the first n numbers.
func all(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// addLevels lists the areas around a commune, from the narrowest to the whole. Between the commune and what is around it come
// the areas that other divisions made of the same communes, so that their numbers can be told too.
func (g *Ground) addLevels(tree *area.Tree) {
	depth := 0
	for _, path := range g.paths {
		depth = max(depth, len(path))
	}
	around := func(i, up int) string { // the area so many steps below the root
		path := g.paths[i]
		return path[min(up, len(path)-1)]
	}
	for up := depth - 2; up >= 0; up-- {
		if up == depth-2 {
			for _, d := range tree.Divisions() {
				if d.Code == g.division {
					continue
				}
				g.levels = append(g.levels, g.level(false, func(i int) string {
					code, _ := tree.Successor(g.division, g.leaves[i], d.Code)
					return around(i, up) + " " + code
				}))
			}
		}
		own := g.level(true, func(i int) string { return around(i, up) })
		g.levels, g.within = append(g.levels, own), append(g.within, own)
	}
	if depth < 2 {
		own := g.level(true, func(int) string { return "" })
		g.levels, g.within = append(g.levels, own), append(g.within, own)
	}
}

func (g *Ground) level(merges bool, name func(i int) string) level {
	l := level{merges: merges}
	numbers := map[string]int{}
	for i := range g.leaves {
		n := name(i)
		if _, ok := numbers[n]; !ok {
			numbers[n] = len(numbers)
		}
		l.keys = append(l.keys, numbers[n])
	}
	return l
}

// around is how many codes of their paths all communes of a group share.
func (g *Ground) around(items []int) int {
	first := g.paths[items[0]]
	n := len(first)
	for _, i := range items[1:] {
		path := g.paths[i]
		k := 0
		for k < min(n, len(path)) && path[k] == first[k] {
			k++
		}
		n = k
	}
	return max(n, 1)
}

// covers reports whether an area is made of whole groups.
func covers(groups []group, leaves []int) bool {
	for _, g := range groups {
		inside := 0
		for _, i := range g.items {
			if _, ok := slices.BinarySearch(leaves, i); ok {
				inside++
			}
		}
		if inside > 0 && inside < len(g.items) {
			return false
		}
	}
	return true
}
