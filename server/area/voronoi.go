package area

import (
	"math"
	"slices"
)

// vec is a position in the plane a schematic is drawn in: mesh units, the
// longitude shrunk by the cosine of the latitude so that distances are true.
type vec struct {
	x, y float64
}

func (a vec) minus(b vec) vec            { return vec{a.x - b.x, a.y - b.y} }
func (a vec) along(b vec, t float64) vec { return vec{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
func (a vec) dot(b vec) float64          { return a.x*b.x + a.y*b.y }
func (a vec) length() float64            { return math.Hypot(a.x, a.y) }

// border is the line on which two sites are equally near; the first one lies on
// its left.
type border struct {
	from, to    vec
	left, right int
}

// cell is a convex polygon, counter-clockwise, whose edge i runs from corner i
// to the next one and faces site beyond[i]; -1 is the frame.
type cell struct {
	corners []vec
	beyond  []int
}

// voronoi lists the borders between the cells of the sites inside a frame that
// reaches well past them. It takes n² steps, plenty for the communes of a
// province and nothing to debug.
func voronoi(sites []vec, frame cell) []border {
	var borders []border
	for i, site := range sites {
		c := frame
		for j, other := range sites {
			if i != j {
				c = c.keepNearer(site, other, j)
			}
		}
		for k, j := range c.beyond {
			if j > i {
				to := c.corners[(k+1)%len(c.corners)]
				borders = append(borders, border{from: c.corners[k], to: to, left: i, right: j})
			}
		}
	}
	return borders
}

// keepNearer cuts off the part of a cell that is nearer to another site.
func (c cell) keepNearer(site, other vec, number int) cell {
	middle, normal := site.along(other, 0.5), other.minus(site)
	beyond := func(p vec) float64 { return p.minus(middle).dot(normal) }
	if !slices.ContainsFunc(c.corners, func(p vec) bool { return beyond(p) > 0 }) {
		return c
	}
	var out cell
	for k, a := range c.corners {
		b := c.corners[(k+1)%len(c.corners)]
		da, db := beyond(a), beyond(b)
		if da <= 0 {
			out.add(a, c.beyond[k])
		}
		switch {
		case da <= 0 && db > 0:
			out.add(a.along(b, da/(da-db)), number)
		case da > 0 && db <= 0:
			out.add(a.along(b, da/(da-db)), c.beyond[k])
		}
	}
	return out
}

func (c *cell) add(corner vec, beyond int) {
	c.corners = append(c.corners, corner)
	c.beyond = append(c.beyond, beyond)
}

// frameAround is a square far enough out that its sides bound no wanted cell.
func frameAround(points []vec) cell {
	low, high := points[0], points[0]
	for _, p := range points {
		low = vec{math.Min(low.x, p.x), math.Min(low.y, p.y)}
		high = vec{math.Max(high.x, p.x), math.Max(high.y, p.y)}
	}
	margin := 1 + high.minus(low).length()
	low, high = vec{low.x - margin, low.y - margin}, vec{high.x + margin, high.y + margin}
	return cell{
		corners: []vec{low, {high.x, low.y}, high, {low.x, high.y}},
		beyond:  []int{-1, -1, -1, -1},
	}
}

// nearest is the number of the site nearest to p.
func nearest(sites []vec, p vec) int {
	best, least := -1, math.Inf(1)
	for i, site := range sites {
		if d := site.minus(p).length(); d < least {
			best, least = i, d
		}
	}
	return best
}
