package disclosure

import (
	"cmp"
	"slices"
)

// group is a set of items that are only counted together. Sums are its counts, each of which has to stand for Few.
type group struct {
	items []int // rising
	sums  []int
	plain bool // that there is none of something is no secret of one item
}

// enough reports whether each count may be told: it is not small, or it is none among so many that nobody is singled out.
func (g group) enough() bool {
	for _, n := range g.sums {
		if n < Few && (n > 0 || !g.plain && len(g.items) < Few) {
			return false
		}
	}
	return true
}

// none reports whether there is nothing at all.
func (g group) none() bool {
	for _, n := range g.sums {
		if n > 0 {
			return false
		}
	}
	return true
}

func (g group) with(other group) group {
	items := slices.Concat(g.items, other.items)
	slices.Sort(items)
	sums := slices.Clone(g.sums)
	for i, n := range other.sums {
		sums[i] += n
	}
	return group{items, sums, g.plain}
}

// level says which items belong together there, by a number for each. At a level that merges, what is too small alone joins
// the smallest group of its place, or hides among those where there is nothing; otherwise it waits for a wider level.
type level struct {
	keys   []int
	merges bool
}

// of is the key that all items of a group share.
func (l level) of(g group) (int, bool) {
	key := l.keys[g.items[0]]
	for _, i := range g.items {
		if l.keys[i] != key {
			return 0, false
		}
	}
	return key, true
}

// gather joins groups, the narrowest level first, until each is enough. Whatever is told of the result are sums over whole
// groups, so that no sum or difference of anything told is a count below Few. Only if all together are not enough, one group
// remains that is not.
func gather(start []group, levels []level) []group {
	var whole, waiting []group
	for _, g := range start {
		if g.enough() {
			whole = append(whole, g)
		} else {
			waiting = append(waiting, g)
		}
	}
	for _, l := range levels {
		whole, waiting = l.gather(whole, waiting)
	}
	all := slices.Concat(whole, waiting)
	slices.SortFunc(all, func(a, b group) int { return cmp.Compare(a.items[0], b.items[0]) })
	return all
}

// gather joins what waits at one level.
func (l level) gather(whole, waiting []group) (told, still []group) {
	joined := map[int]group{}
	for _, g := range waiting {
		key, ok := l.of(g)
		if !ok {
			still = append(still, g)
			continue
		}
		if other, ok := joined[key]; ok {
			g = other.with(g)
		}
		joined[key] = g
	}
	for _, key := range sortedKeys(joined) {
		g := joined[key]
		if g.enough() {
			whole = append(whole, g)
			continue
		}
		if i := l.smallest(whole, key, g); l.merges && i >= 0 {
			whole[i] = whole[i].with(g)
			continue
		}
		if l.merges {
			whole, g = l.hide(whole, key, g)
		}
		still = append(still, g)
	}
	return whole, still
}

// hide joins a group with those of its key where there is nothing.
func (l level) hide(whole []group, key int, g group) ([]group, group) {
	var left []group
	for _, one := range whole {
		if at, ok := l.of(one); ok && at == key && one.none() {
			g = g.with(one)
			continue
		}
		left = append(left, one)
	}
	return left, g
}

// smallest finds the smallest group in a key that is enough together with another; -1 when none is.
func (l level) smallest(whole []group, key int, other group) int {
	found := -1
	for i, g := range whole {
		if at, ok := l.of(g); !ok || at != key || !g.with(other).enough() {
			continue
		}
		if found < 0 || slices.Compare(g.sums, whole[found].sums) < 0 {
			found = i
		}
	}
	return found
}

func sortedKeys[K cmp.Ordered, T any](m map[K]T) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
