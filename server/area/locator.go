package area

import (
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"
)

// ErrOutside is the cause of refusing a point that no area contains.
var ErrOutside = errors.New("outside every area")

// OutsideError says how far outside a point is. It matches ErrOutside.
type OutsideError struct {
	Nearest Area
	KM      float64 // to the border of the nearest area
	Swapped bool    // with latitude and longitude exchanged it would lie inside
}

func (e *OutsideError) Error() string {
	return fmt.Sprintf("%v: %.1f km from %s", ErrOutside, e.KM, e.Nearest.Title())
}

// Is makes errors.Is(err, ErrOutside) hold.
func (e *OutsideError) Is(target error) bool { return target == ErrOutside }

// Locator finds the area a point lies in. It does not change and may be used by
// many goroutines.
type Locator struct {
	features []Feature
	shapes   []prepared
	index    rtree.RTreeG[int]
}

// NewLocator prepares features that do not overlap: the leaves of a division.
func NewLocator(features []Feature) *Locator {
	l := &Locator{features: features, shapes: make([]prepared, len(features))}
	for i, f := range features {
		l.shapes[i] = prepare(f.Shape)
		bound := f.Shape.Bound()
		l.index.Insert(bound.Min, bound.Max, i)
	}
	return l
}

// Locate is the code of the area a point lies in; not ok outside of all, and
// for coordinates that are no point on earth. A point on a border belongs to
// one area, always the same.
func (l *Locator) Locate(p Point) (code string, ok bool) {
	i := l.find(p)
	if i < 0 {
		return "", false
	}
	return l.features[i].Area.Code, true
}

// find is the number of the feature around a point, the lowest where shapes
// that were brought in overlap; -1 outside.
func (l *Locator) find(p Point) int {
	if p.Check() != nil {
		return -1
	}
	at, found := [2]float64{p.Lon, p.Lat}, -1
	l.index.Search(at, at, func(_, _ [2]float64, i int) bool {
		if (found < 0 || i < found) && l.shapes[i].contains(p) {
			found = i
		}
		return true
	})
	return found
}

// Place is Locate for callers that must explain a refusal: the error matches
// ErrPoint or is an *OutsideError. Coordinates given in the wrong order are
// recognised where that would help.
func (l *Locator) Place(p Point) (Area, error) {
	if i := l.find(p); i >= 0 {
		return l.features[i].Area, nil
	}
	_, swapped := l.Locate(Point{Lat: p.Lon, Lon: p.Lat})
	if err := p.Check(); err != nil {
		if swapped {
			return Area{}, fmt.Errorf("latitude and longitude are swapped: %w", err)
		}
		return Area{}, err
	}
	i, km := l.nearest(p)
	if i < 0 {
		return Area{}, ErrOutside
	}
	return Area{}, &OutsideError{Nearest: l.features[i].Area, KM: km, Swapped: swapped}
}

// Nearest is the code of the area a point lies in or is nearest to, and the
// kilometres to its border, 0 inside. It is empty only for coordinates that are
// no point on earth or a locator without features.
func (l *Locator) Nearest(p Point) (code string, km float64) {
	if i := l.find(p); i >= 0 {
		return l.features[i].Area.Code, 0
	}
	if p.Check() != nil {
		return "", 0
	}
	i, km := l.nearest(p)
	if i < 0 {
		return "", 0
	}
	return l.features[i].Area.Code, km
}

// nearest walks all borders: it is asked about the few points that lie outside.
func (l *Locator) nearest(p Point) (feature int, km float64) {
	feature, km = -1, math.Inf(1)
	for i, f := range l.features {
		for _, polygon := range f.Shape {
			for _, r := range polygon {
				if d := ringDistanceKM(r, p); d < km {
					feature, km = i, d
				}
			}
		}
	}
	return feature, km
}

// ringDistanceKM finds the nearest point of the ring in a plane around p and
// measures to it on the sphere.
func ringDistanceKM(r orb.Ring, p Point) float64 {
	squeeze := math.Cos(radians(p.Lat))
	at := vec{p.Lon * squeeze, p.Lat}
	best, least := vec{}, math.Inf(1)
	for i, b := range r[1:] {
		a := r[i]
		q := nearestOnEdge(at, vec{a.Lon() * squeeze, a.Lat()}, vec{b.Lon() * squeeze, b.Lat()})
		if d := q.minus(at).length(); d < least {
			best, least = q, d
		}
	}
	if squeeze == 0 {
		squeeze = 1
	}
	return p.DistanceKM(Point{Lat: best.y, Lon: best.x / squeeze})
}
