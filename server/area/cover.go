package area

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"
)

// Piece is a polygon that claims ground for an area. An area may have several.
type Piece struct {
	Code  string
	Shape orb.Polygon // degrees, longitude first; the first ring is the outer one
}

// Tolerance says what Cover mends without asking.
type Tolerance struct {
	Gap      float64 // km²: enclosed ground that nobody claims goes to a neighbour up to this size
	GapShare float64 // and up to this share of the smallest neighbour
	Crumb    float64 // km²: a detached piece of an area below this size goes to a neighbour or away
}

// Overlap is ground that two areas claim.
type Overlap struct {
	A, B  string  // in order
	KM2   float64 // in all
	Share float64 // of the smaller area
	At    Point   // the largest place of it
}

// Gap is enclosed ground that nobody claims.
type Gap struct {
	KM2    float64
	At     Point
	Beside []string // the areas around it, longest border first
	Filled bool     // it went to the first of them
}

// Twist is a piece whose lines cross each other so that it is not clear what it encloses.
type Twist struct {
	Piece int // number in what was given
	At    Point
	Share float64 // of its ground that is in doubt
}

// Cover is a map made of pieces from elsewhere: every border is one line for both neighbours.
type Cover struct {
	Overlaps []Overlap // largest share first; the ground went to the neighbour it has more border with
	Gaps     []Gap     // largest first
	Twists   []Twist
	Crumbs   int                // detached pieces below the tolerance
	Claimed  map[string]float64 // km² by code, as given
	Points   int                // corners as given, on the grid

	mesh mesh
}

// NewCover lays pieces onto one grid of five decimals (about a metre), makes their lines meet in nodes and gives all
// ground to one area each. It fails only when lines cannot be brought to rest.
func NewCover(pieces []Piece, tolerance Tolerance) (*Cover, error) {
	c := &Cover{Claimed: make(map[string]float64), mesh: make(mesh)}
	lines := make(tangle)
	given := make([]int64, len(pieces)) // twice the area the rings say
	for i, p := range pieces {
		for k, r := range p.Shape {
			line := onGrid(r)
			c.Points += len(line)
			for _, e := range line.edges() {
				lines.flip(e.from, e.to, int32(i)) //nolint:gosec // bounded by what a file may hold
			}
			size := line.doubleArea()
			if size = max(size, -size); k > 0 {
				size = -size
			}
			given[i] += size
		}
	}
	where := make(map[int32]node)
	lines, err := lines.noded(func(piece int32, at node) {
		if _, known := where[piece]; !known {
			where[piece] = at
		}
	})
	if err != nil {
		return nil, fmt.Errorf("cover: %w", err)
	}
	g, err := newFaces(lines)
	if err != nil {
		return nil, fmt.Errorf("cover: %w", err)
	}
	c.weigh(g, pieces, given, where)
	c.settle(g, pieces, tolerance)
	for e, sides := range g.sides() {
		if left := sides[0]; left != "" && left != sides[1] {
			c.mesh[e] = left
		}
		if right := sides[1]; right != "" && right != sides[0] {
			c.mesh[e.reversed()] = right
		}
	}
	return c, c.sweep(tolerance)
}

// onGrid rounds a ring, without its repeated last corner and without corners that fall together.
func onGrid(r orb.Ring) ring {
	line := make(ring, 0, len(r))
	for _, p := range r {
		line = append(line, node{int32(math.Round(p.Lon() * grid)), int32(math.Round(p.Lat() * grid))})
	}
	line = slices.Compact(line)
	for len(line) > 1 && line[0] == line[len(line)-1] {
		line = line[:len(line)-1]
	}
	if len(line) < 3 {
		return nil
	}
	return line
}

// Shapes are the areas after mending: neighbours share every corner of their border.
func (c *Cover) Shapes() (map[string]orb.MultiPolygon, error) {
	patches, err := c.mesh.patches()
	if err != nil {
		return nil, err
	}
	shapes := make(map[string]orb.MultiPolygon, len(patches))
	for code, list := range patches {
		shapes[code] = shape(list)
	}
	return shapes, nil
}

// KM2 is the ground of each area after mending.
func (c *Cover) KM2() map[string]float64 {
	size := make(map[string]float64)
	for e, code := range c.mesh {
		size[code] += cross(e)
	}
	for code, twice := range size {
		size[code] = twice / 2
	}
	return size
}

// KM2 is the ground of a shape whose holes run against its outer rings.
func KM2(shape orb.MultiPolygon) float64 {
	twice := 0.0
	for _, p := range shape {
		for _, r := range p {
			for _, e := range onGrid(r).edges() {
				twice += cross(e)
			}
		}
	}
	return twice / 2
}

// cross is the signed double area in km² between an edge and the first meridian, on the ellipsoid of WGS 84
// (NIMA TR8350.2: a 6378137 m, e² 0.00669437999014). Both neighbours of a border count the same.
func cross(e edge) float64 {
	const unit, a, e2 = math.Pi / 180 / grid, 6378.137, 0.00669437999014
	middle := math.Sin(float64(int64(e.from.y)+int64(e.to.y)) / 2 * unit)
	curve := 1 - e2*middle*middle
	south, north := math.Sin(float64(e.from.y)*unit), math.Sin(float64(e.to.y)*unit)
	return (float64(e.from.x) + float64(e.to.x)) * unit * (north - south) * a * a * (1 - e2) / (curve * curve)
}

// weigh finds what each piece and area claims, and the pieces that are twisted.
func (c *Cover) weigh(g *faces, pieces []Piece, given []int64, where map[int32]node) {
	units := make([]float64, len(pieces)) // twice the ground by the even-odd rule, in square mesh units
	for i, cycle := range g.cycles {
		owners := make(map[string]bool)
		for _, p := range g.labels[i] {
			units[p] += float64(cycle.twice)
			owners[pieces[p].Code] = true
		}
		for code := range owners {
			c.Claimed[code] += cycle.km2
		}
	}
	for i := range pieces {
		doubt := math.Abs(units[i]-float64(given[i])) / math.Max(units[i], math.Abs(float64(given[i])))
		at, crossed := where[int32(i)] //nolint:gosec // as above
		if crossed && doubt > 0 {
			c.Twists = append(c.Twists, Twist{Piece: i, At: at.point(), Share: doubt})
		}
	}
}

// settle gives every face to one area and notes where that was not given.
func (c *Cover) settle(g *faces, pieces []Piece, t Tolerance) {
	claims := make([][]string, len(g.km2))
	for i := range g.cycles {
		var list []string
		for _, p := range g.labels[i] {
			list = append(list, pieces[p].Code)
		}
		slices.Sort(list)
		claims[g.face(i)] = slices.Compact(list)
	}
	for f, list := range claims {
		if len(list) == 1 {
			g.owners[f] = list[0]
		}
	}
	c.shareOut(g, claims)
	c.fill(g, claims, t)
}

// shareOut notes overlaps and gives each to the claimant it has the longest border with.
func (c *Cover) shareOut(g *faces, claims [][]string) {
	type pair struct{ a, b string }
	found, largest := make(map[pair]*Overlap), make(map[pair]float64)
	var open []int
	for f, list := range claims {
		if len(list) < 2 || f == g.outside() {
			continue
		}
		open = append(open, f)
		for i, a := range list {
			for _, b := range list[i+1:] {
				k := pair{a, b}
				if found[k] == nil {
					found[k] = &Overlap{A: a, B: b}
				}
				found[k].KM2 += g.km2[f]
				if g.km2[f] > largest[k] {
					largest[k], found[k].At = g.km2[f], g.at[f].point()
				}
			}
		}
	}
	for _, o := range found {
		o.Share = o.KM2 / math.Max(math.Min(c.Claimed[o.A], c.Claimed[o.B]), 1e-9)
		c.Overlaps = append(c.Overlaps, *o)
	}
	slices.SortFunc(c.Overlaps, func(a, b Overlap) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.A+a.B, b.A+b.B))
	})
	// Overlaps beside overlaps are decided once one of them has an owner.
	for range len(open) + 1 {
		var left []int
		for _, f := range open {
			if heir := heirOf(g.beside(f), claims[f]); heir != "" {
				g.owners[f] = heir
			} else {
				left = append(left, f)
			}
		}
		if len(left) == len(open) {
			break
		}
		open = left
	}
	for _, f := range open {
		if g.owners[f] == "" {
			g.owners[f] = claims[f][0]
		}
	}
}

// heirOf is the neighbour with the longest border, of those who have a claim; nil claims: of all.
func heirOf(beside map[string]float64, claims []string) string {
	heir := ""
	for _, code := range sortedKeys(beside) {
		if (claims == nil || slices.Contains(claims, code)) && (heir == "" || beside[code] > beside[heir]) {
			heir = code
		}
	}
	return heir
}

// fill notes enclosed ground that nobody claims, and gives the small places to a neighbour.
func (c *Cover) fill(g *faces, claims [][]string, t Tolerance) {
	for f, list := range claims {
		if len(list) > 0 || f == g.outside() || g.root(f) != f {
			continue
		}
		beside := g.beside(f)
		gap := Gap{KM2: g.km2[f], At: g.at[f].point(), Beside: sortedKeys(beside)}
		slices.SortStableFunc(gap.Beside, func(a, b string) int { return cmp.Compare(beside[b], beside[a]) })
		smallest := math.Inf(1)
		for code := range beside {
			smallest = math.Min(smallest, c.Claimed[code])
		}
		if gap.Filled = len(beside) > 0 && gap.KM2 <= t.Gap && gap.KM2 <= t.GapShare*smallest; gap.Filled {
			g.owners[f] = gap.Beside[0]
		}
		c.Gaps = append(c.Gaps, gap)
	}
	slices.SortFunc(c.Gaps, func(a, b Gap) int { return cmp.Compare(b.KM2, a.KM2) })
}

// sweep gives detached crumbs away, or drops them where nothing is beside them.
func (c *Cover) sweep(t Tolerance) error {
	patches, err := c.mesh.patches()
	if err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	for _, code := range sortedKeys(patches) {
		for i, p := range patches[code] {
			var twice float64
			own := make(map[edge]bool)
			markEdges(own, p)
			for e := range own {
				twice += cross(e)
			}
			if i == 0 || twice/2 >= t.Crumb {
				continue // the largest piece is the area itself
			}
			c.Crumbs++
			beside := make(map[string]float64)
			for e := range own {
				if other, ok := c.mesh[e.reversed()]; ok {
					beside[other] += length(e)
				}
			}
			heir := heirOf(beside, nil)
			for e := range own {
				if heir == "" {
					delete(c.mesh, e)
				} else {
					c.mesh[e] = heir
				}
			}
		}
	}
	if c.Crumbs > 0 {
		c.mesh = c.mesh.dissolve(same)
	}
	return nil
}

func length(e edge) float64 {
	return math.Hypot(float64(e.to.x-e.from.x), float64(e.to.y-e.from.y))
}

func (n node) point() Point { return Point{Lat: float64(n.y) / grid, Lon: float64(n.x) / grid} }

// faces are the pieces of ground that lines cut the plane into.
type faces struct {
	lines  tangle
	cycles []cycle
	labels [][]int32      // by cycle: the pieces around it, sorted
	of     map[edge]int   // the cycle on the left of each directed edge
	joined []int          // by cycle: another cycle of the same face, up to the first; -1 bounds nothing finite
	km2    []float64      // by face
	at     []node         // by face: a corner
	owners []string       // by face
	around map[int][]edge // by face: its directed edges
}

// cycle is a closed walk with one piece of ground on its left.
type cycle struct {
	edges []edge
	twice int64   // twice its area in square mesh units, negative for the outside of a component
	km2   float64 // likewise
}

var errOpenLines = errors.New("a line ends nowhere")

func newFaces(lines tangle) (*faces, error) {
	g := &faces{lines: lines, of: make(map[edge]int, 2*len(lines))}
	if err := g.walk(); err != nil {
		return nil, err
	}
	g.nestComponents()
	return g, nil
}

// walk follows every directed edge round the ground on its left.
func (g *faces) walk() error {
	lines := g.lines.lines()
	leaving := make(map[node][]node, len(lines))
	for _, e := range lines {
		leaving[e.from] = append(leaving[e.from], e.to)
		leaving[e.to] = append(leaving[e.to], e.from)
	}
	for n, list := range leaving {
		if len(list) < 2 {
			return errOpenLines
		}
		slices.SortFunc(list, func(a, b node) int { return compareDirections(n, a, b) })
	}
	for _, line := range lines {
		for _, first := range []edge{line, line.reversed()} {
			if _, done := g.of[first]; done {
				continue
			}
			number := len(g.cycles)
			var c cycle
			for e := first; ; {
				g.of[e] = number
				c.edges = append(c.edges, e)
				c.twice += int64(e.from.x)*int64(e.to.y) - int64(e.to.x)*int64(e.from.y)
				c.km2 += cross(e) / 2
				// The next edge is the one before the way back, turning clockwise: the ground stays on the left.
				ways := leaving[e.to]
				i, _ := slices.BinarySearchFunc(ways, e.from, func(a, b node) int { return compareDirections(e.to, a, b) })
				e = edge{e.to, ways[(i+len(ways)-1)%len(ways)]}
				if e == first {
					break
				}
			}
			g.cycles = append(g.cycles, c)
		}
	}
	return nil
}

// compareDirections orders nodes around one counter-clockwise from east.
func compareDirections(centre, a, b node) int {
	upper := func(n node) int {
		if n.y > centre.y || n.y == centre.y && n.x > centre.x {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(upper(a), upper(b)), cmp.Compare(0, turn(edge{centre, a}, b)))
}

// nestComponents finds for every connected set of lines the ground it lies in, and labels every cycle.
func (g *faces) nestComponents() {
	var segments rtree.RTreeG[edge]
	for e := range g.lines {
		low, high := boxOf(e, 0)
		segments.Insert(low, high, e)
	}
	g.labels = make([][]int32, len(g.cycles))
	g.joined = make([]int, len(g.cycles))
	labelled := make([]bool, len(g.cycles))
	for i := range g.joined {
		g.joined[i] = i
	}
	outer := make([]int, 0) // cycles around whole components, by their leftmost node
	leftmost := make(map[int]node)
	for i, c := range g.cycles {
		if c.twice < 0 {
			outer = append(outer, i)
			leftmost[i] = slices.MinFunc(c.edges, func(a, b edge) int { return compareNodes(a.from, b.from) }).from
		}
	}
	slices.SortFunc(outer, func(a, b int) int { return compareNodes(leftmost[a], leftmost[b]) })
	for _, i := range outer {
		if around, ok := g.leftOf(&segments, leftmost[i], i); ok {
			g.joined[i] = g.root(around)
			g.labels[i] = g.labels[around]
		} else {
			g.joined[i] = -1
		}
		labelled[i] = true
		g.spread(i, labelled)
	}
	g.gather()
}

// leftOf is the cycle whose ground lies directly left of the leftmost node of a component.
func (g *faces) leftOf(segments *rtree.RTreeG[edge], at node, component int) (int, bool) {
	best, found := edge{}, false
	var bestX, bestSlope float64
	low := [2]float64{math.Inf(-1), float64(at.y)}
	segments.Search(low, [2]float64{float64(at.x), float64(at.y)}, func(_, _ [2]float64, e edge) bool {
		if e.from.y > e.to.y {
			e = e.reversed()
		}
		if e.from.y > at.y || e.to.y <= at.y { // owns its southern end; level lines count for nothing
			return true
		}
		slope := float64(e.to.x-e.from.x) / float64(e.to.y-e.from.y)
		x := float64(e.from.x) + slope*float64(at.y-e.from.y)
		if x >= float64(at.x) || found && (x < bestX || x == bestX && slope <= bestSlope) {
			return true
		}
		best, bestX, bestSlope, found = e, x, slope, true
		return true
	})
	if !found {
		return 0, false
	}
	i := g.of[best.reversed()] // a line going south has the east on its left
	return i, i != component
}

// spread labels the cycles of a component from its outside: crossing a line enters or leaves the pieces it bounds.
func (g *faces) spread(from int, labelled []bool) {
	queue := []int{from}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, e := range g.cycles[i].edges {
			j := g.of[e.reversed()]
			if labelled[j] {
				continue
			}
			key := e
			if compareNodes(e.from, e.to) > 0 {
				key = e.reversed()
			}
			g.labels[j] = symmetricDifference(g.labels[i], g.lines[key])
			labelled[j] = true
			queue = append(queue, j)
		}
	}
}

func symmetricDifference(a, b []int32) []int32 {
	out := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		default:
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func (g *faces) root(i int) int {
	for i >= 0 && g.joined[i] != i {
		i = g.joined[i]
	}
	return i
}

// outside is the number of the face without end.
func (g *faces) outside() int { return len(g.cycles) }

// face is the number of a cycle's face: that of its first cycle.
func (g *faces) face(i int) int {
	if r := g.root(i); r >= 0 {
		return r
	}
	return g.outside()
}

// gather sums the cycles of each face.
func (g *faces) gather() {
	n := len(g.cycles) + 1
	g.km2, g.at, g.owners, g.around = make([]float64, n), make([]node, n), make([]string, n), make(map[int][]edge)
	for i, c := range g.cycles {
		f := g.face(i)
		g.km2[f] += c.km2
		if f == i {
			g.at[f] = c.edges[0].from
		}
		g.around[f] = append(g.around[f], c.edges...)
	}
}

// beside is the length of the border of a face with each area around it.
func (g *faces) beside(f int) map[string]float64 {
	border := make(map[string]float64)
	for _, e := range g.around[f] {
		if owner := g.owners[g.face(g.of[e.reversed()])]; owner != "" {
			border[owner] += length(e)
		}
	}
	return border
}

// sides are the areas left and right of every line.
func (g *faces) sides() map[edge][2]string {
	sides := make(map[edge][2]string, len(g.lines))
	for e := range g.lines {
		sides[e] = [2]string{g.owners[g.face(g.of[e])], g.owners[g.face(g.of[e.reversed()])]}
	}
	return sides
}
