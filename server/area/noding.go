package area

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/tidwall/rtree"
)

// Lines of different hands cross where neither has a corner, or run side by side a hair apart. Before anything can be
// said about such a map its lines must meet in nodes only. This is snap rounding (J. Hobby, "Practical segment
// intersection with finite precision output", 1999): a line is led through every node whose square of the grid it
// passes, crossings become nodes, and all of it is repeated until no line passes a node any more.

// nodingRounds bounds the repetition; maps need two to four.
const nodingRounds = 25

var errNoding = errors.New("lines do not come to rest on the grid")

// tangle is lines with what each separates: the numbers of the pieces it bounds an odd number of times. The key is the
// line from its smaller node to its larger.
type tangle map[edge][]int32

// flip adds a line of a piece, or takes it away when it is there: a line walked to and fro bounds nothing.
func (t tangle) flip(a, b node, pieces ...int32) {
	e := edge{a, b}
	switch compareNodes(a, b) {
	case 0:
		return
	case 1:
		e = e.reversed()
	}
	list := t[e]
	for _, p := range pieces {
		if i, there := slices.BinarySearch(list, p); there {
			list = slices.Delete(slices.Clone(list), i, i+1)
		} else {
			list = slices.Insert(slices.Clone(list), i, p)
		}
	}
	if len(list) == 0 {
		delete(t, e)
		return
	}
	t[e] = list
}

// lines lists the lines in order.
func (t tangle) lines() []edge {
	list := make([]edge, 0, len(t))
	for e := range t {
		list = append(list, e)
	}
	slices.SortFunc(list, compareEdges)
	return list
}

// noded is the tangle with all lines meeting in nodes only. crossed is told where lines of one piece crossed.
func (t tangle) noded(crossed func(piece int32, at node)) (tangle, error) {
	for range nodingRounds {
		lines := t.lines()
		cuts := t.cuts(lines, crossed)
		if len(cuts) == 0 {
			return t, nil
		}
		next := make(tangle, len(t)+len(cuts))
		for i, e := range lines {
			from := e.from
			for _, via := range cuts[i] {
				next.flip(from, via, t[e]...)
				from = via
			}
			next.flip(from, e.to, t[e]...)
		}
		t = next
	}
	return nil, errNoding
}

// cuts lists for each line the nodes it has to be led through, from its start on.
func (t tangle) cuts(lines []edge, crossed func(int32, node)) map[int][]node {
	var segments rtree.RTreeG[int]
	var nodes rtree.RTreeG[node]
	seen := make(map[node]bool, len(lines))
	hot := func(n node) {
		if !seen[n] {
			seen[n] = true
			at := [2]float64{float64(n.x), float64(n.y)}
			nodes.Insert(at, at, n)
		}
	}
	for i, e := range lines {
		low, high := boxOf(e, 0)
		segments.Insert(low, high, i)
		hot(e.from)
		hot(e.to)
	}
	for i, e := range lines {
		low, high := boxOf(e, 0)
		segments.Search(low, high, func(_, _ [2]float64, j int) bool {
			if j <= i {
				return true
			}
			if at, ok := meet(e, lines[j]); ok {
				hot(at)
				for _, p := range t[e] {
					if _, both := slices.BinarySearch(t[lines[j]], p); both {
						crossed(p, at)
					}
				}
			}
			return true
		})
	}
	cuts := make(map[int][]node)
	for i, e := range lines {
		low, high := boxOf(e, 0.5)
		var through []node
		nodes.Search(low, high, func(_, _ [2]float64, n node) bool {
			if n != e.from && n != e.to && passes(e, n) {
				through = append(through, n)
			}
			return true
		})
		if len(through) == 0 {
			continue
		}
		slices.SortFunc(through, func(a, b node) int {
			return cmp.Or(cmp.Compare(along(e, a), along(e, b)), compareNodes(a, b))
		})
		cuts[i] = through
	}
	return cuts
}

func boxOf(e edge, margin float64) (low, high [2]float64) {
	return [2]float64{float64(min(e.from.x, e.to.x)) - margin, float64(min(e.from.y, e.to.y)) - margin},
		[2]float64{float64(max(e.from.x, e.to.x)) + margin, float64(max(e.from.y, e.to.y)) + margin}
}

// along is how far along a line a node lies, times the line's length.
func along(e edge, n node) int64 {
	return int64(n.x-e.from.x)*int64(e.to.x-e.from.x) + int64(n.y-e.from.y)*int64(e.to.y-e.from.y)
}

// meet is the node nearest to where two lines cross inside both.
func meet(a, b edge) (node, bool) {
	b1, b2 := turn(a, b.from), turn(a, b.to)
	a1, a2 := turn(b, a.from), turn(b, a.to)
	if (b1 > 0) == (b2 > 0) || b1 == 0 || b2 == 0 || (a1 > 0) == (a2 > 0) || a1 == 0 || a2 == 0 {
		return node{}, false
	}
	t := float64(a1) / float64(a1-a2)
	return node{
		int32(math.Round(float64(a.from.x) + t*float64(a.to.x-a.from.x))),
		int32(math.Round(float64(a.from.y) + t*float64(a.to.y-a.from.y))),
	}, true
}

// passes tells that a line runs through the square of the grid around a node: the corners of the square do not all lie
// on one side of it. The caller has looked at the line's own box.
func passes(e edge, n node) bool {
	dx, dy := int64(e.to.x-e.from.x), int64(e.to.y-e.from.y)
	middle := 2 * (dx*int64(n.y-e.from.y) - dy*int64(n.x-e.from.x))
	reach := max(dx, -dx) + max(dy, -dy)
	return middle < reach && -middle < reach
}
