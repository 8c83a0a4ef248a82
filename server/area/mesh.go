package area

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/paulmach/orb"
)

// grid is the number of mesh units in a degree: five decimals, about a metre.
const grid = 1e5

// node is a corner of a mesh: longitude and latitude in units of 1/grid degree.
// Whole numbers make a corner that two areas share the same for both.
type node struct {
	x, y int32
}

// edge is a straight line from one node to another, with a direction.
type edge struct {
	from, to node
}

func (e edge) reversed() edge { return edge{e.to, e.from} }

// mesh is a map without gaps or overlaps: for each directed edge the code of
// the area on its left. An edge whose reverse is missing lies on the outside.
type mesh map[edge]string

// ring is a closed line without its last node; counter-clockwise it bounds an
// area, clockwise a hole.
type ring []node

// patch is one connected piece of an area.
type patch struct {
	outer ring
	holes []ring
}

var errOpenMesh = errors.New("the border of an area is not closed")

func (m mesh) edges() []edge {
	return slices.SortedFunc(maps.Keys(m), compareEdges)
}

func compareEdges(a, b edge) int {
	return cmp.Or(compareNodes(a.from, b.from), compareNodes(a.to, b.to))
}

func compareNodes(a, b node) int {
	return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
}

// dissolve gives every area the name that rename says and drops the borders
// between areas that now have the same one.
func (m mesh) dissolve(rename func(string) string) mesh {
	out := make(mesh, len(m))
	for e, code := range m {
		name := rename(code)
		if other, inside := m[e.reversed()]; inside && rename(other) == name {
			continue
		}
		out[e] = name
	}
	return out
}

// patches traces the pieces of every area.
func (m mesh) patches() (map[string][]patch, error) {
	byCode := make(map[string][]edge)
	for _, e := range m.edges() {
		byCode[m[e]] = append(byCode[m[e]], e)
	}
	out := make(map[string][]patch, len(byCode))
	for code, edges := range byCode {
		rings, err := trace(edges)
		if err != nil {
			return nil, fmt.Errorf("trace area %s: %w", code, err)
		}
		out[code] = nest(rings)
	}
	return out, nil
}

// trace joins sorted directed edges into rings, each starting at its smallest
// unused edge so that the result does not depend on chance.
func trace(edges []edge) ([]ring, error) {
	leaving := make(map[node][]edge)
	for _, e := range edges {
		leaving[e.from] = append(leaving[e.from], e)
	}
	used := make(map[edge]bool, len(edges))
	var rings []ring
	for _, first := range edges {
		if used[first] {
			continue
		}
		r := ring{first.from}
		for e := first; ; {
			used[e] = true
			next, ok := sharpest(e, slices.DeleteFunc(slices.Clone(leaving[e.to]), func(way edge) bool {
				return used[way] && way != first
			}))
			if !ok {
				return nil, errOpenMesh
			}
			if next == first {
				break
			}
			r = append(r, next.from)
			e = next
		}
		rings = append(rings, r)
	}
	return rings, nil
}

// sharpest picks the way on that turns most to the left. Where pieces of an area
// meet in one node this keeps every ring simple: the interior, on the left, is
// the wedge between the way in and the way on.
func sharpest(in edge, ways []edge) (edge, bool) {
	if len(ways) == 0 {
		return edge{}, false
	}
	best := ways[0]
	for _, way := range ways[1:] {
		if turnsMore(in, way, best) {
			best = way
		}
	}
	return best, true
}

// turnsMore reports whether a leaves the end of in further to the left than b.
func turnsMore(in, a, b edge) bool {
	sideA, sideB := turn(in, a.to), turn(in, b.to)
	if (sideA > 0) != (sideB > 0) {
		return sideA > 0
	}
	return turn(b, a.to) > 0
}

// turn is positive when p lies left of the line through e, negative when right.
func turn(e edge, p node) int64 {
	return int64(e.to.x-e.from.x)*int64(p.y-e.from.y) - int64(e.to.y-e.from.y)*int64(p.x-e.from.x)
}

// doubleArea is twice the area of a ring in square mesh units, exactly;
// positive when it runs counter-clockwise.
func (r ring) doubleArea() int64 {
	var sum int64
	for i, a := range r {
		b := r[(i+1)%len(r)]
		sum += int64(a.x)*int64(b.y) - int64(a.y)*int64(b.x)
	}
	return sum
}

func (r ring) edges() []edge {
	edges := make([]edge, len(r))
	for i, a := range r {
		edges[i] = edge{a, r[(i+1)%len(r)]}
	}
	return edges
}

// nest puts holes into the smallest outer ring around them; larger pieces
// first. A hole around which there is nothing is the sliver that two overlapping
// shapes leave, and is dropped.
func nest(rings []ring) []patch {
	var patches []patch
	var holes []ring
	for _, r := range rings {
		if r.doubleArea() > 0 {
			patches = append(patches, patch{outer: r})
		} else {
			holes = append(holes, r)
		}
	}
	slices.SortStableFunc(patches, func(a, b patch) int {
		return cmp.Compare(b.outer.doubleArea(), a.outer.doubleArea())
	})
	for _, hole := range holes {
		owner := -1
		for i, p := range patches {
			if p.outer.containsRing(hole) {
				owner = i
			}
		}
		if owner >= 0 {
			patches[owner].holes = append(patches[owner].holes, hole)
		}
	}
	return patches
}

// containsRing tests the middle of an edge of a ring that does not cross r; a
// hole may touch its outer ring in a node, not along an edge.
func (r ring) containsRing(hole ring) bool {
	a, b := hole[0], hole[1]
	return insideRings([][][2]float64{r.points()},
		[2]float64{(float64(a.x) + float64(b.x)) / 2, (float64(a.y) + float64(b.y)) / 2})
}

func (r ring) points() [][2]float64 {
	points := make([][2]float64, len(r))
	for i, n := range r {
		points[i] = [2]float64{float64(n.x), float64(n.y)}
	}
	return points
}

// insideRings is the even-odd rule over all edges of all rings, each closed
// from its last point to its first.
func insideRings(rings [][][2]float64, p [2]float64) bool {
	inside := false
	for _, r := range rings {
		for i, a := range r {
			b := r[(i+1)%len(r)]
			if (a[1] > p[1]) != (b[1] > p[1]) &&
				p[0] < a[0]+(p[1]-a[1])*(b[0]-a[0])/(b[1]-a[1]) {
				inside = !inside
			}
		}
	}
	return inside
}

// shape turns the pieces of an area into degrees, rings closed, outer rings
// counter-clockwise and holes clockwise (RFC 7946 section 3.1.6).
func shape(patches []patch) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(patches))
	for i, p := range patches {
		out[i] = append(out[i], degrees(p.outer))
		for _, hole := range p.holes {
			out[i] = append(out[i], degrees(hole))
		}
	}
	return out
}

func degrees(r ring) orb.Ring {
	out := make(orb.Ring, 0, len(r)+1)
	for _, n := range r {
		out = append(out, orb.Point{float64(n.x) / grid, float64(n.y) / grid})
	}
	return append(out, out[0])
}
