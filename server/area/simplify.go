package area

import (
	"slices"
)

// simplify straightens borders by at most tolerance mesh units. A border is
// straightened once for both neighbours and its ends, where three areas meet,
// stay: the result is again a mesh.
func (m mesh) simplify(tolerance float64) mesh {
	lines := m.neighbours()
	out := make(mesh, len(m))
	for _, arc := range m.arcs(lines) {
		code, inside := m[edge{arc[0], arc[1]}]
		back, outside := m[edge{arc[1], arc[0]}]
		line := straighten(arc, tolerance)
		if len(line) < len(arc) && collapsed(line, m, out) {
			line = arc
		}
		for i, to := range line[1:] {
			if inside {
				out[edge{line[i], to}] = code
			}
			if outside {
				out[edge{to, line[i]}] = back
			}
		}
	}
	return out
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

// straighten is the rule of Douglas and Peucker; a closed line is cut at the
// node farthest from its start.
func straighten(line []node, tolerance float64) []node {
	if len(line) < 3 {
		return line
	}
	far, distance := 0, -1.0
	first, last := vecOf(line[0]), vecOf(line[len(line)-1])
	for i := 1; i < len(line)-1; i++ {
		if d := distanceToEdge(vecOf(line[i]), first, last); d > distance {
			far, distance = i, d
		}
	}
	if distance <= tolerance {
		return []node{line[0], line[len(line)-1]}
	}
	head := straighten(line[:far+1], tolerance)
	tail := straighten(line[far:], tolerance)
	return append(slices.Clone(head), tail[1:]...)
}

func vecOf(n node) vec { return vec{float64(n.x), float64(n.y)} }
