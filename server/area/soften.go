package area

import (
	"math"
	"slices"
)

// A border of straight edges looks like broken glass. It is softened by bending
// the plane itself: every point moves by a smooth, fixed field, so that
// neighbours keep their common border and nothing tears or folds as long as the
// field is gentle. The field fades out towards the outline, which stays.

// strengths are tried in turn until no edge crosses another and every centre is
// still in its own area; the last leaves the edges straight.
var strengths = [...]float64{1, 0.7, 0.5, 0.35, 0.2, 0} //nolint:gochecknoglobals // a constant table

// stepsPerCell is into how many pieces a border as long as a cell is cut.
const stepsPerCell = 6

// soften bends the inner borders of the mesh of straight cells.
func (s *schematic) soften(m mesh) mesh {
	for _, strength := range strengths {
		if bent := s.bend(m, strength); strength == 0 || s.sound(m, bent) {
			return bent
		}
	}
	return m
}

// bend cuts inner borders into short steps and moves their ends by the field.
func (s *schematic) bend(m mesh, strength float64) mesh {
	f := field{size: s.cellSize(m), strength: strength, shore: s.shore()}
	out := make(mesh, 2*len(m))
	for e, code := range m {
		back := e.reversed()
		other, inside := m[back]
		if !inside {
			out[e] = code
			continue
		}
		if compareEdges(e, back) > 0 {
			continue // drawn together with the other direction
		}
		a, b := s.at(e.from), s.at(e.to)
		steps := int(math.Ceil(b.minus(a).length() / f.size * stepsPerCell))
		from := s.moved(f, a)
		for i := 1; i <= steps; i++ {
			to := s.moved(f, a.along(b, float64(i)/float64(steps)))
			if from != to {
				out[edge{from, to}], out[edge{to, from}] = code, other
			}
			from = to
		}
	}
	return out
}

// cellSize is the side of a square as large as the average area.
func (s *schematic) cellSize(m mesh) float64 {
	var double int64
	for e := range m {
		double += int64(e.from.x)*int64(e.to.y) - int64(e.from.y)*int64(e.to.x)
	}
	return math.Sqrt(math.Abs(float64(double)) / 2 * s.squeeze / float64(len(s.areas)))
}

// shore is the outline with its ends in the plane.
func (s *schematic) shore() [][2]vec {
	shore := make([][2]vec, len(s.outline))
	for i, e := range s.outline {
		shore[i] = [2]vec{s.at(e.from), s.at(e.to)}
	}
	return shore
}

func (s *schematic) moved(f field, p vec) node {
	q := f.move(p)
	return node{int32(math.Round(q.x / s.squeeze)), int32(math.Round(q.y))}
}

// field is the smooth movement of the plane. Lengths are in mesh units.
type field struct {
	size     float64 // of an average cell
	strength float64 // 1 full, 0 none
	shore    [][2]vec
}

// wave is one component of the field: wavelength and height in cell sizes.
type wave struct {
	length, height, angle, phase float64
}

// waves are chosen so that the steepest slope of their sum stays below one,
// which is what keeps the plane from folding. Angles and phases only have to
// be unlike each other.
var waves = [...]wave{ //nolint:gochecknoglobals // a constant table
	{length: 1.15, height: 0.055, angle: 0.4, phase: 0.9},
	{length: 0.95, height: 0.045, angle: 1.7, phase: 2.2},
	{length: 0.55, height: 0.018, angle: 2.6, phase: 4.1},
	{length: 0.47, height: 0.016, angle: 1.1, phase: 5.3},
}

// move shifts a point; each wave pushes across its own direction, like a shear,
// so that areas keep about their size.
func (f field) move(p vec) vec {
	fade := f.strength * f.fade(p) * f.size
	out := p
	for _, w := range waves {
		sin, cos := math.Sincos(w.angle)
		push := w.height * fade * math.Sin(2*math.Pi*(p.x*cos+p.y*sin)/(w.length*f.size)+w.phase)
		out.x -= sin * push
		out.y += cos * push
	}
	return out
}

// fade is 0 on the outline and 1 from half a cell away from it.
func (f field) fade(p vec) float64 {
	least := math.Inf(1)
	for _, e := range f.shore {
		least = math.Min(least, distanceToEdge(p, e[0], e[1]))
	}
	t := math.Min(1, least/(f.size/2))
	return t * t * (3 - 2*t)
}

// distanceToEdge is how far p is from the straight line between a and b.
func distanceToEdge(p, a, b vec) float64 { return p.minus(nearestOnEdge(p, a, b)).length() }

func nearestOnEdge(p, a, b vec) vec {
	ab := b.minus(a)
	length := ab.dot(ab)
	if length == 0 {
		return a
	}
	return a.along(b, math.Max(0, math.Min(1, p.minus(a).dot(ab)/length)))
}

// sound reports whether a bent mesh is still a map of the same areas: closed
// borders that do not cross, every anchor where the straight mesh had it.
func (s *schematic) sound(straight, bent mesh) bool {
	before, errBefore := straight.patches()
	after, errAfter := bent.patches()
	if errBefore != nil || errAfter != nil || bent.crosses() {
		return false
	}
	for _, a := range s.anchors {
		if a.held(before) && !a.held(after) {
			return false
		}
	}
	return true
}

func (a anchor) held(areas map[string][]patch) bool {
	at := [2]float64{a.at.Lon * grid, a.at.Lat * grid}
	return slices.ContainsFunc(a.codes, func(code string) bool {
		return slices.ContainsFunc(areas[code], func(p patch) bool {
			return insideRings([][][2]float64{p.outer.points()}, at)
		})
	})
}

// crosses reports whether two edges cut each other elsewhere than in a node.
func (m mesh) crosses() bool {
	edges := slices.DeleteFunc(m.edges(), func(e edge) bool {
		_, inside := m[e.reversed()]
		return inside && compareNodes(e.from, e.to) > 0
	})
	slices.SortFunc(edges, func(a, b edge) int {
		return int(min(a.from.x, a.to.x)) - int(min(b.from.x, b.to.x))
	})
	for i, a := range edges {
		right := max(a.from.x, a.to.x)
		for _, b := range edges[i+1:] {
			if min(b.from.x, b.to.x) > right {
				break
			}
			if a.cuts(b) {
				return true
			}
		}
	}
	return false
}

// cuts reports whether the edges have more in common than one end.
func (e edge) cuts(f edge) bool {
	fromSide, toSide := sign(turn(e, f.from)), sign(turn(e, f.to))
	sideFrom, sideTo := sign(turn(f, e.from)), sign(turn(f, e.to))
	if e.from == f.from || e.from == f.to || e.to == f.from || e.to == f.to {
		// Two edges of one corner overlap only if they leave it the same way.
		return fromSide == 0 && toSide == 0 && e.overlapsFrom(f)
	}
	return fromSide*toSide <= 0 && sideFrom*sideTo <= 0 && !(fromSide == 0 && toSide == 0 && !e.overlapsFrom(f))
}

// overlapsFrom tells for edges on one line whether they share more than an end.
func (e edge) overlapsFrom(f edge) bool {
	lowE, highE := order(e.from, e.to)
	lowF, highF := order(f.from, f.to)
	return compareNodes(lowE, highF) < 0 && compareNodes(lowF, highE) < 0
}

func order(a, b node) (node, node) {
	if compareNodes(a, b) > 0 {
		return b, a
	}
	return a, b
}

func sign(v int64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	default:
		return 0
	}
}
