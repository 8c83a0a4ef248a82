package area

import (
	"math"

	"github.com/paulmach/orb"
)

// labelSteps is how many candidates are tried in each direction, and
// labelRounds how often around the best one, each time on a finer raster.
const (
	labelSteps  = 10
	labelRounds = 3
)

// labelPoint is the point of a shape that is farthest from its border, roughly:
// the best place for a name. It lies inside the piece that holds the centre.
func labelPoint(s orb.MultiPolygon, centre Point) Point {
	squeeze := math.Cos(radians(s.Bound().Center().Lat()))
	rings, low, high := plane(pieceAround(s, centre), squeeze)
	best, depth := vec{}, math.Inf(-1)
	middle, span := low.along(high, 0.5), high.minus(low)
	for range labelRounds {
		for i := range labelSteps * labelSteps {
			p := vec{
				middle.x + span.x*((float64(i%labelSteps)+0.5)/labelSteps-0.5),
				middle.y + span.y*((float64(i/labelSteps)+0.5)/labelSteps-0.5),
			}
			if d := depthOf(rings, p); d > depth {
				best, depth = p, d
			}
		}
		middle, span = best, vec{span.x * 2 / labelSteps, span.y * 2 / labelSteps}
	}
	return Point{Lat: round5(best.y), Lon: round5(best.x / squeeze)}
}

// pieceAround is the piece a point lies in, else the largest, which is first.
func pieceAround(s orb.MultiPolygon, at Point) orb.Polygon {
	for _, piece := range s {
		if p := prepare(orb.MultiPolygon{piece}); p.contains(at) {
			return piece
		}
	}
	return s[0]
}

// plane squeezes the rings of a polygon and bounds them.
func plane(p orb.Polygon, squeeze float64) (rings [][][2]float64, low, high vec) {
	bound := p.Bound()
	for _, r := range p {
		line := make([][2]float64, 0, len(r))
		for _, c := range r[:len(r)-1] {
			line = append(line, [2]float64{c[0] * squeeze, c[1]})
		}
		rings = append(rings, line)
	}
	low = vec{bound.Min[0] * squeeze, bound.Min[1]}
	high = vec{bound.Max[0] * squeeze, bound.Max[1]}
	return rings, low, high
}

// depthOf is the distance to the border, negative outside.
func depthOf(rings [][][2]float64, p vec) float64 {
	least := math.Inf(1)
	for _, r := range rings {
		for i, a := range r {
			b := r[(i+1)%len(r)]
			least = math.Min(least, distanceToEdge(p, vec{a[0], a[1]}, vec{b[0], b[1]}))
		}
	}
	if insideRings(rings, [2]float64{p.x, p.y}) {
		return least
	}
	return -least
}

// round5 keeps five decimals, about a metre; the quotient of two whole numbers
// prints without a tail.
func round5(degrees float64) float64 { return math.Round(degrees*grid) / grid }
