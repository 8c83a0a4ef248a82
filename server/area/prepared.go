package area

import (
	"math"

	"github.com/paulmach/orb"
)

// prepared is a shape cut into horizontal bands, each with the edges that pass
// through it, so that a test walks a few edges instead of all.
type prepared struct {
	south, scale float64
	bands        [][]side
}

// side is an edge from its southern to its northern end. Both neighbours of a
// border compute with the very same numbers, so a point on it, or a hair away,
// lies in exactly one of them.
type side struct {
	south, north float64 // latitudes
	lon, slope   float64 // longitude at south; longitude per latitude
}

// edgesPerBand is what a band holds on average before long edges are counted
// again in every band they pass.
const edgesPerBand = 2

func prepare(s orb.MultiPolygon) prepared {
	bound := s.Bound()
	var sides []side
	for _, polygon := range s {
		for _, r := range polygon {
			for i, a := range r[1:] {
				if a.Lat() != r[i].Lat() { // level edges bound nothing sideways
					sides = append(sides, newSide(r[i], a))
				}
			}
		}
	}
	count := max(1, len(sides)/edgesPerBand)
	p := prepared{
		south: bound.Min.Lat(),
		scale: float64(count) / math.Max(bound.Max.Lat()-bound.Min.Lat(), math.SmallestNonzeroFloat32),
		bands: make([][]side, count),
	}
	for _, e := range sides {
		for b := p.band(e.south); b <= p.band(e.north); b++ {
			p.bands[b] = append(p.bands[b], e)
		}
	}
	return p
}

func newSide(a, b orb.Point) side {
	if a.Lat() > b.Lat() {
		a, b = b, a
	}
	return side{
		south: a.Lat(), north: b.Lat(), lon: a.Lon(),
		slope: (b.Lon() - a.Lon()) / (b.Lat() - a.Lat()),
	}
}

func (p *prepared) band(lat float64) int {
	b := int((lat - p.south) * p.scale)
	return max(0, min(len(p.bands)-1, b))
}

// contains is the even-odd rule over all rings, holes and pieces alike. An
// edge owns its southern end and not its northern one, and a border belongs
// to the area east of it.
func (p *prepared) contains(q Point) bool {
	inside := false
	for _, e := range p.bands[p.band(q.Lat)] {
		if e.south <= q.Lat && q.Lat < e.north && e.lon+(q.Lat-e.south)*e.slope <= q.Lon {
			inside = !inside
		}
	}
	return inside
}
