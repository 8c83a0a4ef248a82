package area

import (
	"hash/fnv"
)

// scatterTries bounds the search for a point inside; a shape that fills a tenth
// of its box is missed once in a thousand keys and then gets its label point.
const scatterTries = 64

// Scatter gives a foreign place, known by any text, a place of this map: always
// the same point for the same text, in an area that every text is equally
// likely to meet. The point has five decimals and Locate finds it in that area.
func (l *Locator) Scatter(text string) (Point, string) {
	if len(l.features) == 0 {
		return Point{}, ""
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))
	dice := dice(hash.Sum64())
	i := int(dice.roll() * float64(len(l.features)))
	f := l.features[i]
	bound := f.Shape.Bound()
	for range scatterTries {
		p := Point{
			Lon: round5(bound.Min.Lon() + dice.roll()*(bound.Max.Lon()-bound.Min.Lon())),
			Lat: round5(bound.Min.Lat() + dice.roll()*(bound.Max.Lat()-bound.Min.Lat())),
		}
		if l.find(p) == i {
			return p, f.Area.Code
		}
	}
	return f.Label, f.Area.Code
}

// dice is splitmix64: a few lines whose numbers stay the same in every release,
// unlike those of a library.
type dice uint64

// roll is a number from 0 up to but not including 1.
func (d *dice) roll() float64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}
