package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"toancanh/server/area"
)

// places are where reports come from: the communes, towns more often.
type places struct {
	division string
	tree     *area.Tree
	locator  *area.Locator
	centre   area.Point
	communes []area.Area
	weights  []float64
}

// place is where one report comes from.
type place struct {
	point area.Point
	area  area.Area
}

const (
	townWeight   = 3.0
	spreadKM     = 1.3 // around the centre of a commune
	insideTries  = 12
	kmPerDegree  = 111.2
	fiveDecimals = 1e5
)

func newPlaces(atlas *area.Atlas) (*places, error) {
	division := atlas.Tree.Default().Code
	drawn, ok := atlas.Map(division)
	if !ok {
		return nil, fmt.Errorf("simulate: division %s has no map", division)
	}
	root, _ := atlas.Tree.Root(division)
	p := &places{
		division: division, tree: atlas.Tree, locator: drawn.Locator(),
		centre: root.Centre, communes: atlas.Tree.Leaves(division),
	}
	for _, commune := range p.communes {
		weight := 1.0
		if commune.Kind == "Phường" || commune.Kind == "Thị trấn" {
			weight = townWeight
		}
		p.weights = append(p.weights, weight)
	}
	return p, nil
}

func (p *places) draw(r *rand.Rand) place {
	return p.inside(r, p.communes[pickWeighted(r, p.weights)])
}

// near draws a place not far from a point.
func (p *places) near(r *rand.Rand, at area.Point, km float64) place {
	weights := make([]float64, len(p.communes))
	for i, commune := range p.communes {
		d := commune.Centre.DistanceKM(at) / km
		weights[i] = p.weights[i] * math.Exp(-d*d)
	}
	return p.inside(r, p.communes[pickWeighted(r, weights)])
}

// inside draws a point around the centre of a commune that lies in it.
func (p *places) inside(r *rand.Rand, commune area.Area) place {
	for range insideTries {
		at := area.Point{
			Lat: commune.Centre.Lat + spreadKM/kmPerDegree*r.NormFloat64(),
			Lon: commune.Centre.Lon + spreadKM/kmPerDegree*r.NormFloat64(),
		}
		at.Lat = math.Round(at.Lat*fiveDecimals) / fiveDecimals
		at.Lon = math.Round(at.Lon*fiveDecimals) / fiveDecimals
		if code, ok := p.locator.Locate(at); ok && code == commune.Code {
			return place{point: at, area: commune}
		}
	}
	// A narrow commune: any point of the province serves.
	at, code := p.locator.Scatter(fmt.Sprint(commune.Code, r.Uint64()))
	found, _ := p.tree.Get(p.division, code)
	return place{point: at, area: found}
}
