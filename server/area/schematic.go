package area

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// snapDistance is how near, in mesh units, two computed corners must be to be
// the same corner; two metres hides every rounding and no real corner.
const snapDistance = 2

// snapShift makes squares no smaller than that distance.
const snapShift = 2

// schematic draws the cells of areas around their centres inside an outline.
type schematic struct {
	areas   []Area
	sites   []vec           // where cells grow from: the centres, and reserved places
	owners  []string        // the area of each site
	squeeze float64         // cosine of the middle latitude
	nodes   map[node][]node // every corner so far by the square it lies in, for snapping
	outline []edge          // interior on the left
	anchors []anchor
}

// anchor is a point that has to lie in one of the areas named.
type anchor struct {
	at    Point
	codes []string
}

// newSchematic prepares the drawing. The outline is in degrees, longitude first.
func newSchematic(areas []Area, outline orb.MultiPolygon) (*schematic, error) {
	if len(areas) == 0 || len(outline) == 0 {
		return nil, errors.New("draw schematic: no areas or no outline")
	}
	s := &schematic{
		areas:   areas,
		squeeze: math.Cos(radians(outline.Bound().Center().Lat())),
		nodes:   make(map[node][]node),
	}
	seen := make(map[vec]string, len(areas))
	for _, a := range areas {
		site := s.project(a.Centre)
		if other, twice := seen[site]; twice {
			return nil, fmt.Errorf("draw schematic: areas %s and %s have one centre", other, a.Code)
		}
		seen[site] = a.Code
		s.addSite(site, a.Code)
		s.anchors = append(s.anchors, anchor{a.Centre, []string{a.Code}})
	}
	for _, polygon := range outline {
		for i, r := range polygon {
			s.addOutline(r, i > 0)
		}
	}
	return s, nil
}

func (s *schematic) project(p Point) vec {
	return vec{p.Lon * grid * s.squeeze, p.Lat * grid}
}

func (s *schematic) addSite(at vec, owner string) {
	s.sites, s.owners = append(s.sites, at), append(s.owners, owner)
}

// reserve makes a point, the centre of an area that joined several of these,
// lie in one of them: where a stranger's cell would cover it, the nearest of
// them gets a second site there.
func (s *schematic) reserve(a anchor) {
	s.anchors = append(s.anchors, a)
	at := s.project(a.at)
	if slices.Contains(a.codes, s.owners[nearest(s.sites, at)]) {
		return
	}
	owner, least := "", math.Inf(1)
	for i, site := range s.sites {
		if d := site.minus(at).length(); d < least && slices.Contains(a.codes, s.owners[i]) {
			owner, least = s.owners[i], d
		}
	}
	if owner != "" {
		s.addSite(at, owner)
	}
}

func (s *schematic) addOutline(r orb.Ring, hole bool) {
	line := make(ring, 0, len(r))
	for _, p := range r {
		line = append(line, s.snap(s.project(Point{Lat: p.Lat(), Lon: p.Lon()})))
	}
	line = slices.Compact(line)
	if len(line) > 1 && line[0] == line[len(line)-1] {
		line = line[:len(line)-1]
	}
	if (line.doubleArea() < 0) != hole {
		slices.Reverse(line)
	}
	s.outline = append(s.outline, line.edges()...)
}

// snap gives the corner at a position, the same one to all who come near it.
func (s *schematic) snap(p vec) node {
	n := node{int32(math.Round(p.x / s.squeeze)), int32(math.Round(p.y))}
	square := node{n.x >> snapShift, n.y >> snapShift}
	best, least := n, int64(snapDistance*snapDistance)+1
	for dx := int32(-1); dx <= 1; dx++ {
		for dy := int32(-1); dy <= 1; dy++ {
			for _, known := range s.nodes[node{square.x + dx, square.y + dy}] {
				dx, dy := int64(known.x)-int64(n.x), int64(known.y)-int64(n.y)
				if far := dx*dx + dy*dy; far < least {
					best, least = known, far
				}
			}
		}
	}
	if least <= snapDistance*snapDistance {
		return best
	}
	s.nodes[square] = append(s.nodes[square], n)
	return n
}

func (s *schematic) at(n node) vec { return vec{float64(n.x) * s.squeeze, float64(n.y)} }

// draw makes the mesh of straight-edged cells, one connected piece an area as
// far as the outline allows.
func (s *schematic) draw() (mesh, error) {
	m := make(mesh)
	cuts := make(map[edge][]node) // corners that borders make on the outline
	for _, b := range voronoi(s.sites, s.frame()) {
		s.drawBorder(m, b, cuts)
	}
	for _, e := range s.outline {
		s.drawOutline(m, e, cuts[e])
	}
	return s.handOver(m.dissolve(same))
}

func (s *schematic) frame() cell {
	points := slices.Clone(s.sites)
	for _, e := range s.outline {
		points = append(points, s.at(e.from))
	}
	return frameAround(points)
}

// drawBorder adds the parts of a border that lie inside the outline.
func (s *schematic) drawBorder(m mesh, b border, cuts map[edge][]node) {
	stops := []float64{0, 1}
	for _, e := range s.outline {
		if t, ok := crossing(b.from, b.to, s.at(e.from), s.at(e.to)); ok {
			stops = append(stops, t)
			cuts[e] = append(cuts[e], s.snap(b.from.along(b.to, t)))
		}
	}
	slices.Sort(stops)
	for i, t := range stops[1:] {
		if !s.inside(b.from.along(b.to, (stops[i]+t)/2)) {
			continue
		}
		e := edge{s.snap(b.from.along(b.to, stops[i])), s.snap(b.from.along(b.to, t))}
		if e.from != e.to {
			m[e], m[e.reversed()] = s.owners[b.left], s.owners[b.right]
		}
	}
}

// crossing is where on a to b, from 0 to 1, the line c to d cuts it.
func crossing(a, b, c, d vec) (float64, bool) {
	ab, cd, ac := b.minus(a), d.minus(c), c.minus(a)
	across := ab.x*cd.y - ab.y*cd.x
	if across == 0 {
		return 0, false
	}
	t := (ac.x*cd.y - ac.y*cd.x) / across
	u := (ac.x*ab.y - ac.y*ab.x) / across
	return t, t >= 0 && t <= 1 && u >= 0 && u <= 1
}

func (s *schematic) inside(p vec) bool {
	inside := false
	for _, e := range s.outline {
		a, b := s.at(e.from), s.at(e.to)
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)*(b.x-a.x)/(b.y-a.y) {
			inside = !inside
		}
	}
	return inside
}

// drawOutline adds an edge of the outline, cut where borders end, each part to
// the area whose centre is nearest.
func (s *schematic) drawOutline(m mesh, e edge, cuts []node) {
	start := s.at(e.from)
	stops := append([]node{e.from, e.to}, cuts...)
	slices.SortFunc(stops, func(a, b node) int {
		return cmp.Compare(s.at(a).minus(start).length(), s.at(b).minus(start).length())
	})
	stops = slices.Compact(stops)
	for i, to := range stops[1:] {
		middle := s.at(stops[i]).along(s.at(to), 0.5)
		m[edge{stops[i], to}] = s.owners[nearest(s.sites, middle)]
	}
}

// handOver gives the pieces that a bend of the outline cut off from their
// centre to the neighbour with the longest common border. Pieces that touch
// nobody, such as islands, stay.
func (s *schematic) handOver(m mesh) (mesh, error) {
	centres := make(map[string]Point, len(s.areas))
	for _, a := range s.areas {
		centres[a.Code] = a.Centre
	}
	for range s.areas {
		patches, err := m.patches()
		if err != nil {
			return nil, err
		}
		stray := make(map[edge]bool)
		var strays []patch
		for _, code := range sortedKeys(patches) {
			home := homePatch(patches[code], centres[code])
			for i, p := range patches[code] {
				if i != home {
					strays = append(strays, p)
					markEdges(stray, p)
				}
			}
		}
		if !s.giveAway(m, strays, stray) {
			return m, nil
		}
		m = m.dissolve(same)
	}
	return m, nil
}

// homePatch is the piece around the centre, else the largest, which is first.
func homePatch(patches []patch, centre Point) int {
	at := [2]float64{centre.Lon * grid, centre.Lat * grid}
	home := slices.IndexFunc(patches, func(p patch) bool {
		return insideRings([][][2]float64{p.outer.points()}, at)
	})
	return max(home, 0)
}

func markEdges(marked map[edge]bool, p patch) {
	for _, r := range append([]ring{p.outer}, p.holes...) {
		for _, e := range r.edges() {
			marked[e] = true
		}
	}
}

// giveAway renames stray pieces in place and reports whether it renamed any.
func (s *schematic) giveAway(m mesh, strays []patch, stray map[edge]bool) bool {
	gave := false
	for _, p := range strays {
		shared := make(map[string]float64)
		own := make(map[edge]bool)
		markEdges(own, p)
		for e := range own {
			code, ok := m[e.reversed()]
			if ok && !stray[e.reversed()] {
				shared[code] += s.at(e.to).minus(s.at(e.from)).length()
			}
		}
		heir := ""
		for _, code := range sortedKeys(shared) {
			if heir == "" || shared[code] > shared[heir] {
				heir = code
			}
		}
		if heir == "" {
			continue
		}
		for e := range own {
			m[e] = heir
		}
		gave = true
	}
	return gave
}

func same(code string) string { return code }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
