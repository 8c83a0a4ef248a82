package reading

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"toancanh/server/boundary"
)

// Kinds of shapes, of "ESRI Shapefile Technical Description", July 1998, page 4.
const (
	nullShape = 0
	polygon   = 5
	polygonZ  = 15
	polygonM  = 25
)

const shpHeader = 100 // bytes

// readShapefile takes a layer of the parts that open finds by their extension.
func readShapefile(open func(ext string) ([]byte, error), o Options) (boundary.Layer, error) {
	layer := boundary.Layer{Format: "Shapefile"}
	parts := map[string][]byte{}
	for _, ext := range []string{".shp", ".dbf", ".prj", ".cpg"} {
		body, err := open(ext)
		if err != nil {
			return layer, err
		}
		parts[ext] = body
	}
	switch {
	case parts[".dbf"] == nil:
		return layer, boundary.Refuse("format", "Thiếu tệp .dbf (bảng thuộc tính) trong .zip.")
	case parts[".prj"] == nil && o.CRS == nil:
		return layer, boundary.Refuse("projection", "Thiếu tệp .prj nên không biết hệ tọa độ. Hãy thêm .prj vào .zip, hoặc nói rõ bằng --crs, ví dụ --crs EPSG:9218.")
	}
	var err error
	if o.CRS == nil {
		if layer.Projection, err = boundary.ByWKT(string(parts[".prj"])); err != nil {
			return layer, err
		}
	}
	shapes, err := readShapes(parts[".shp"])
	if err != nil {
		return layer, err
	}
	t, err := readTable(parts[".dbf"])
	if err != nil {
		return layer, err
	}
	if len(t.rows) != len(shapes) {
		return layer, boundary.Refuse("format", "Tệp .shp có %d hình nhưng .dbf có %d dòng.", len(shapes), len(t.rows))
	}
	encoding := t.encoding(o.Encoding, parts[".cpg"])
	layer.Encoding = encoding.String()
	layer.Columns = t.columns(encoding)
	for i, f := range shapes {
		if t.deleted[i] {
			continue
		}
		f.Attributes = t.attributes(i, encoding)
		layer.Features = append(layer.Features, f)
	}
	return layer, nil
}

var shapeKinds = map[uint32]string{ //nolint:gochecknoglobals // a constant table
	nullShape: "", 1: "Point", 3: "LineString", polygon: "Polygon", 8: "MultiPoint", 11: "Point", 13: "LineString",
	polygonZ: "Polygon", 18: "MultiPoint", 21: "Point", 23: "LineString", polygonM: "Polygon", 28: "MultiPoint", 31: "MultiPatch",
}

func readShapes(raw []byte) ([]boundary.Feature, error) {
	broken := boundary.Refuse("format", "Tệp .shp hỏng hoặc bị cắt cụt.")
	if len(raw) < shpHeader || binary.BigEndian.Uint32(raw) != 9994 {
		return nil, broken
	}
	var list []boundary.Feature
	for rest := raw[shpHeader:]; len(rest) > 0; {
		if len(rest) < 12 {
			return nil, broken
		}
		size := int64(binary.BigEndian.Uint32(rest[4:])) * 2
		if size < 4 || size > int64(len(rest)-8) {
			return nil, broken
		}
		body := rest[8 : 8+size]
		rest = rest[8+size:]
		kind := binary.LittleEndian.Uint32(body)
		f := boundary.Feature{Kind: shapeKinds[kind]}
		if kind == polygon || kind == polygonZ || kind == polygonM {
			rings, ok := readRings(body)
			if !ok {
				return nil, broken
			}
			f.Shape = nest(rings)
		}
		list = append(list, f)
	}
	return list, nil
}

// readRings reads the rings of a polygon's record, page 8.
func readRings(body []byte) ([]orb.Ring, bool) {
	const fixed = 44
	if len(body) < fixed {
		return nil, false
	}
	parts, points := int64(binary.LittleEndian.Uint32(body[36:])), int64(binary.LittleEndian.Uint32(body[40:]))
	if fixed+4*parts+16*points > int64(len(body)) {
		return nil, false
	}
	starts := make([]int64, 0, parts+1)
	for i := range parts {
		starts = append(starts, int64(binary.LittleEndian.Uint32(body[fixed+4*i:])))
	}
	starts = append(starts, points)
	places := body[fixed+4*parts:]
	var rings []orb.Ring
	for i := range parts {
		if starts[i] > starts[i+1] || starts[i+1] > points {
			return nil, false
		}
		var r orb.Ring
		for k := starts[i]; k < starts[i+1]; k++ {
			x := math.Float64frombits(binary.LittleEndian.Uint64(places[16*k:]))
			y := math.Float64frombits(binary.LittleEndian.Uint64(places[16*k+8:]))
			if math.IsNaN(x+y) || math.IsInf(x+y, 0) {
				return nil, false
			}
			r = append(r, orb.Point{x, y})
		}
		if len(r) > 0 && r[0] != r[len(r)-1] {
			r = append(r, r[0])
		}
		if len(r) >= 4 {
			rings = append(rings, r)
		}
	}
	return rings, true
}

// nest finds holes by what lies in what: programs disagree about the direction of rings.
func nest(rings []orb.Ring) orb.MultiPolygon {
	slices.SortStableFunc(rings, func(a, b orb.Ring) int {
		if size(a) > size(b) {
			return -1
		}
		return 1
	})
	bounds := make([]orb.Bound, len(rings))
	var shape orb.MultiPolygon
	home := make([]int, len(rings)) // the polygon of an outer ring, -1 for a hole
	for i, r := range rings {
		bounds[i] = r.Bound()
		around, depth := -1, 0
		for j := range i {
			if covers(bounds[j], bounds[i]) && planar.RingContains(rings[j], inside(r)) {
				depth++
				if home[j] >= 0 {
					around = home[j]
				}
			}
		}
		if depth%2 == 1 {
			home[i] = -1
			shape[around] = append(shape[around], r)
			continue
		}
		home[i] = len(shape)
		shape = append(shape, orb.Polygon{r})
	}
	return shape
}

func covers(outer, inner orb.Bound) bool {
	return outer.Contains(inner.Min) && outer.Contains(inner.Max)
}

func size(r orb.Ring) float64 { return math.Abs(planar.Area(r)) }

// inside is the middle of a ring's first edge: rings may touch in a corner.
func inside(r orb.Ring) orb.Point {
	return orb.Point{(r[0][0] + r[1][0]) / 2, (r[0][1] + r[1][1]) / 2}
}
