package area

import (
	"errors"
	"fmt"
	"math"
)

// Point is a place on earth in WGS 84 degrees.
type Point struct {
	Lat, Lon float64
}

// ErrPoint is the cause of every refusal of coordinates that are no place on earth.
var ErrPoint = errors.New("not a point on earth")

// Check refuses coordinates that are not finite or lie outside [-90, 90] and
// [-180, 180] degrees. The error matches ErrPoint.
func (p Point) Check() error {
	for _, c := range []struct {
		axis         string
		value, limit float64
	}{{"lat", p.Lat, 90}, {"lon", p.Lon, 180}} {
		// Written so that NaN, which compares with nothing, is refused too.
		if !(math.Abs(c.value) <= c.limit) {
			return fmt.Errorf("check %s %v, limit %v: %w", c.axis, c.value, c.limit, ErrPoint)
		}
	}
	return nil
}

const (
	earthRadiusKM = 6371.0088
	kmPerDegree   = earthRadiusKM * math.Pi / 180
)

// DistanceKM is the great-circle distance between two points in kilometres.
func (p Point) DistanceKM(q Point) float64 {
	sinLat := math.Sin(radians(q.Lat-p.Lat) / 2)
	sinLon := math.Sin(radians(q.Lon-p.Lon) / 2)
	h := sinLat*sinLat + math.Cos(radians(p.Lat))*math.Cos(radians(q.Lat))*sinLon*sinLon
	return 2 * earthRadiusKM * math.Asin(math.Min(1, math.Sqrt(h)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

const (
	cellZoom = 20
	// mercatorLimit is the latitude at which web mercator's square world ends.
	mercatorLimit = 85.05112877980659
)

// Cell is the number of the web-mercator tile of zoom 20 (about 38 m wide) the
// point lies in, with the bits of y and x interleaved, x lowest. The tile of a
// smaller zoom z is Cell >> 2*(20-z). The point must have passed Check.
func Cell(p Point) int64 { return interleave(tiles(p)) }

// tiles are the column and the row of the finest tile the point lies in.
func tiles(p Point) (x, y uint64) {
	lat := radians(math.Max(-mercatorLimit, math.Min(mercatorLimit, p.Lat)))
	return tile((p.Lon + 180) / 360), tile((1 - math.Asinh(math.Tan(lat))/math.Pi) / 2)
}

func interleave(x, y uint64) int64 {
	return int64(spread(y)<<1 | spread(x)) //nolint:gosec // 40 bits are used
}

// tile turns a position in [0, 1] into a tile number, the far edge included.
func tile(position float64) uint64 {
	const count = 1 << cellZoom
	return uint64(math.Max(0, math.Min(count-1, math.Floor(position*count))))
}

// spread puts a zero bit between the bits of v, which has at most 32.
func spread(v uint64) uint64 {
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & 0x5555555555555555
}
