package area

import (
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
	"github.com/tidwall/rtree"
)

// simplify straightens borders by at most tolerance mesh units. A border is straightened once for both neighbours and
// its ends, where three areas meet, stay: the result is again a mesh. A border that would fall together with another
// or cross one stays as it is.
func (m mesh) simplify(tolerance float64) mesh {
	lines := m.neighbours()
	arcs := m.arcs(lines)
	plain := make([][]node, len(arcs))
	for i, arc := range arcs {
		plain[i] = straighten(arc, tolerance)
	}
	for crossed := restoreCollapsed(m, arcs, plain); crossed; {
		crossed = restoreCrossed(arcs, plain)
	}
	out := make(mesh, len(m))
	for i, arc := range arcs {
		code, inside := m[edge{arc[0], arc[1]}]
		back, outside := m[edge{arc[1], arc[0]}]
		for k, to := range plain[i][1:] {
			if inside {
				out[edge{plain[i][k], to}] = code
			}
			if outside {
				out[edge{to, plain[i][k]}] = back
			}
		}
	}
	return out
}

// restoreCollapsed gives back their bends to borders that fell together with themselves or another. It is always true.
func restoreCollapsed(m mesh, arcs, plain [][]node) bool {
	straight := make(mesh)
	for i, line := range plain {
		if len(line) < len(arcs[i]) && collapsed(line, m, straight) {
			plain[i] = arcs[i]
		}
		if len(plain[i]) == 2 {
			straight[edge{plain[i][0], plain[i][1]}] = ""
		}
	}
	return true
}

// restoreCrossed gives back their bends to borders that cross or touch another where they did not before, and reports
// whether there were any.
func restoreCrossed(arcs, plain [][]node) bool {
	type part struct {
		line edge
		arc  int
	}
	var parts rtree.RTreeG[part]
	for i, line := range plain {
		for k, to := range line[1:] {
			e := edge{line[k], to}
			low, high := boxOf(e, 0)
			parts.Insert(low, high, part{e, i})
		}
	}
	restored := false
	for i, line := range plain {
		if len(line) == len(arcs[i]) {
			continue // whoever crosses it has been straightened and is looked at itself
		}
		touched := false
		for k, to := range line[1:] {
			e := edge{line[k], to}
			low, high := boxOf(e, 0)
			parts.Search(low, high, func(_, _ [2]float64, other part) bool {
				_, touched = meet(e, other.line)
				touched = touched || onLine(e, other.line.from) || onLine(e, other.line.to) ||
					onLine(other.line, e.from) || onLine(other.line, e.to)
				return !touched
			})
			if touched {
				plain[i], restored = arcs[i], true
				break
			}
		}
	}
	return restored
}

// onLine tells that a node lies on a line, not at its ends.
func onLine(e edge, n node) bool {
	return n != e.from && n != e.to && turn(e, n) == 0 && along(e, n) > 0 && along(e.reversed(), n) > 0
}

// collapsed tells that a straightened border would fall together with another
// one, straight from the first or straightened before, or with itself.
func collapsed(line []node, before, after mesh) bool {
	first, last := line[0], line[len(line)-1]
	if first == last {
		return len(line) < 4
	}
	return len(line) == 2 && (before.has(first, last) || after.has(first, last))
}

func (m mesh) has(a, b node) bool {
	_, there := m[edge{a, b}]
	_, back := m[edge{b, a}]
	return there || back
}

// neighbours lists for every node the nodes an edge leads to, sorted.
func (m mesh) neighbours() map[node][]node {
	lines := make(map[node][]node)
	for _, e := range m.edges() {
		lines[e.from] = append(lines[e.from], e.to)
		lines[e.to] = append(lines[e.to], e.from)
	}
	for n, list := range lines {
		slices.SortFunc(list, compareNodes)
		lines[n] = slices.Compact(list)
	}
	return lines
}

// arcs cuts the borders into lines from one meeting of borders to the next;
// closed borders that meet no other start at their smallest node.
func (m mesh) arcs(lines map[node][]node) [][]node {
	used := make(map[edge]bool)
	var arcs [][]node
	walk := func(from, to node) {
		arc := []node{from, to}
		for len(lines[to]) == 2 && to != arc[0] {
			next := lines[to][0]
			if next == from {
				next = lines[to][1]
			}
			from, to = to, next
			arc = append(arc, to)
		}
		for i, n := range arc[1:] {
			used[edge{arc[i], n}], used[edge{n, arc[i]}] = true, true
		}
		arcs = append(arcs, arc)
	}
	edges := m.edges()
	for _, start := range []bool{true, false} { // meetings first, closed borders then
		for _, e := range edges {
			for _, way := range []edge{e, e.reversed()} {
				if !used[way] && (len(lines[way.from]) != 2) == start {
					walk(way.from, way.to)
				}
			}
		}
	}
	return arcs
}

// straighten leaves out corners by the rule of Douglas and Peucker.
func straighten(line []node, tolerance float64) []node {
	points := make(orb.LineString, len(line))
	for i, n := range line {
		points[i] = orb.Point{float64(n.x), float64(n.y)}
	}
	points = simplify.DouglasPeucker(tolerance).LineString(points)
	plain := make([]node, len(points))
	for i, p := range points {
		plain[i] = node{int32(p[0]), int32(p[1])}
	}
	return plain
}
