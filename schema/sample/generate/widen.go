package main

import (
	"errors"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

const (
	// step is the raster, in degrees, on which the widened outline is traced.
	step = 0.006
	// blend is over how many degrees a bulge runs into the old outline.
	blend = 0.03
)

// widen is the outline of everything inside the ring or within room of a
// centre: the line on which a height, positive inside, is zero.
func widen(r orb.Ring, centres []orb.Point, room float64) (orb.Ring, error) {
	bound := r.Bound()
	for _, c := range centres {
		bound = bound.Extend(c)
	}
	bound = bound.Pad(room + blend)
	height := func(p orb.Point) float64 {
		near := math.Inf(-1)
		for _, c := range centres {
			near = math.Max(near, room-distance(p, c))
		}
		return blended(depth(r, p), near)
	}
	return trace(bound, height)
}

// depth is the distance to the ring, negative outside.
func depth(r orb.Ring, p orb.Point) float64 {
	d := planar.DistanceFrom(r, p)
	if !planar.RingContains(r, p) {
		return -d
	}
	return d
}

// distance squeezes the longitude, so that room is as wide as it is high.
func distance(a, b orb.Point) float64 {
	return math.Hypot((a[0]-b[0])*math.Cos(a[1]*math.Pi/180), a[1]-b[1])
}

// blended is the greater of the two, rounded off where they are about equal.
func blended(a, b float64) float64 {
	h := math.Max(blend-math.Abs(a-b), 0) / blend
	return math.Max(a, b) + h*h*blend/4
}

// crossing is an edge of the raster on which the height changes its sign: from
// corner (x, y) to the right or upwards.
type crossing struct {
	x, y int
	up   bool
}

// trace follows the longest zero line of the height by marching squares.
func trace(bound orb.Bound, height func(orb.Point) float64) (orb.Ring, error) {
	columns := int((bound.Max[0]-bound.Min[0])/step) + 2
	rows := int((bound.Max[1]-bound.Min[1])/step) + 2
	at := func(x, y int) orb.Point {
		return orb.Point{bound.Min[0] + float64(x)*step, bound.Min[1] + float64(y)*step}
	}
	heights := make([][]float64, columns+1)
	for x := range heights {
		heights[x] = make([]float64, rows+1)
		for y := range heights[x] {
			heights[x][y] = height(at(x, y))
		}
	}
	next := make(map[crossing]crossing)
	for x := range columns {
		for y := range rows {
			march(heights, x, y, next)
		}
	}
	place := func(c crossing) orb.Point {
		x, y := c.x+1, c.y
		if c.up {
			x, y = c.x, c.y+1
		}
		a, b, from, to := heights[c.x][c.y], heights[x][y], at(c.x, c.y), at(x, y)
		t := a / (a - b)
		return orb.Point{from[0] + (to[0]-from[0])*t, from[1] + (to[1]-from[1])*t}
	}
	return longest(next, place)
}

// march links the crossings of one square so that the inside stays on the left.
func march(heights [][]float64, x, y int, next map[crossing]crossing) {
	// Corners and sides run counter-clockwise from the lower left.
	corners := [4]bool{
		heights[x][y] > 0, heights[x+1][y] > 0, heights[x+1][y+1] > 0, heights[x][y+1] > 0,
	}
	sides := [4]crossing{{x, y, false}, {x + 1, y, true}, {x, y + 1, false}, {x, y, true}}
	for i := range 4 {
		// The line enters where, walking round, the inside ends ...
		if !corners[i] || corners[(i+1)%4] {
			continue
		}
		// ... and leaves where, walking back, the same inside began.
		j := i
		for corners[j] {
			j = (j + 3) % 4
		}
		next[sides[i]] = sides[j]
	}
}

// longest walks every closed line and keeps the one with most corners.
func longest(next map[crossing]crossing, place func(crossing) orb.Point) (orb.Ring, error) {
	var best orb.Ring
	seen := make(map[crossing]bool, len(next))
	for start := range next {
		var r orb.Ring
		c, ok := start, true
		for ok && !seen[c] {
			seen[c] = true
			r = append(r, place(c))
			c, ok = next[c]
		}
		if ok && len(r) > len(best) {
			best = r
		}
	}
	if len(best) < 3 {
		return nil, errors.New("no closed line")
	}
	best = rotated(best)
	return append(best, best[0]), nil
}

// rotated starts a ring at its westernmost point: maps have no order.
func rotated(r orb.Ring) orb.Ring {
	west := 0
	for i, p := range r {
		if p[0] < r[west][0] {
			west = i
		}
	}
	return append(append(orb.Ring{}, r[west:]...), r[:west]...)
}
