package area

import (
	"cmp"
	"slices"
	"strings"
)

// Search finds areas of a division by code or by a part of the name or of an
// alias, however it is spelled: exact matches first, then beginnings of words.
func (t *Tree) Search(division, text string) []Area {
	want := Fold(text)
	if want == "" {
		return nil
	}
	type hit struct {
		area Area
		rank int
	}
	var hits []hit
	for _, a := range t.byLevel[division] {
		if rank := matchArea(a, want); rank > 0 {
			hits = append(hits, hit{a, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	areas := make([]Area, len(hits))
	for i, h := range hits {
		areas[i] = h.area
	}
	return areas
}

// matchArea says how well an area answers to folded text: 1 exactly, 2 at the
// beginning of a word, 3 inside one, 0 not at all.
func matchArea(a Area, want string) int {
	best := 0
	for _, name := range append([]string{a.Code, a.Folded, Fold(a.Name)}, a.Aliases...) {
		rank := matchName(Fold(name), want)
		if rank > 0 && (best == 0 || rank < best) {
			best = rank
		}
	}
	return best
}

func matchName(name, want string) int {
	switch {
	case name == want:
		return 1
	case strings.HasPrefix(name, want), strings.Contains(name, " "+want):
		return 2
	case strings.Contains(name, want):
		return 3
	default:
		return 0
	}
}
