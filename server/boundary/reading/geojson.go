package reading

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/paulmach/orb"

	"toancanh/server/boundary"
)

func asError[T error](err error, target *T) bool { return errors.As(err, target) }

// geo is a geometry of RFC 7946, its coordinates not looked at yet.
type geo struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	Geometries  []geo           `json:"geometries"`
}

type geoFeature struct {
	Type       string          `json:"type"`
	ID         any             `json:"id"`
	Properties members         `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// deepest bounds how far collections may nest; RFC 7946 section 3.1.8 asks for no nesting at all.
const deepest = 8

// readGeoJSON takes a FeatureCollection, a Feature, or a bare geometry. A GeometryCollection at the top is a feature per
// member, without attributes.
func readGeoJSON(raw []byte, kind string) (boundary.Layer, error) {
	layer := boundary.Layer{Format: "GeoJSON"}
	var list []geoFeature
	switch kind {
	case "FeatureCollection":
		var c struct {
			Features []geoFeature `json:"features"`
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return layer, badJSON(raw, err)
		}
		list = c.Features
	case "Feature":
		list = make([]geoFeature, 1)
		if err := json.Unmarshal(raw, &list[0]); err != nil {
			return layer, badJSON(raw, err)
		}
	case "GeometryCollection":
		var c struct {
			Geometries []json.RawMessage `json:"geometries"`
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			return layer, badJSON(raw, err)
		}
		for _, g := range c.Geometries {
			list = append(list, geoFeature{Geometry: g})
		}
	case "Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString":
		list = []geoFeature{{Geometry: raw}}
	default:
		return layer, boundary.Refuse("format", "Tệp JSON có \"type\" là %q, không phải GeoJSON hay TopoJSON.", kind)
	}
	seen := map[string]bool{}
	for i, f := range list {
		feature := boundary.Feature{Attributes: attributes(&layer, seen, f.Properties)}
		if id, ok := textOf(f.ID); ok && id != "" {
			feature.Attributes[idColumn] = id
			if !seen[idColumn] {
				seen[idColumn] = true
				layer.Columns = append(layer.Columns, idColumn)
			}
		}
		if len(f.Geometry) > 0 && string(f.Geometry) != "null" {
			var g geo
			if err := json.Unmarshal(f.Geometry, &g); err != nil {
				return layer, boundary.Refuse("geometry", "Đối tượng số %d: hình không đọc được (%v).", i+1, err)
			}
			if err := takeGeometry(&feature, g, 0); err != nil {
				return layer, boundary.Refuse("geometry", "Đối tượng số %d: %v.", i+1, err)
			}
		}
		layer.Features = append(layer.Features, feature)
	}
	return layer, nil
}

// idColumn is the name under which a feature's own id stands among its attributes.
const idColumn = "(id)"

var (
	errDeep        = errors.New("các tập hợp hình lồng nhau quá sâu")
	errCoordinates = errors.New("tọa độ không đọc được")
	errShort       = errors.New("một vòng có ít hơn bốn vị trí")
)

// takeGeometry adds the areas of a geometry to a feature.
func takeGeometry(f *boundary.Feature, g geo, depth int) error {
	if depth > deepest {
		return errDeep
	}
	if f.Kind == "" || f.Kind == "GeometryCollection" {
		f.Kind = g.Type
	}
	switch g.Type {
	case "Polygon":
		var rings [][][]float64
		if json.Unmarshal(g.Coordinates, &rings) != nil {
			return errCoordinates
		}
		return takePolygon(f, rings)
	case "MultiPolygon":
		var polygons [][][][]float64
		if json.Unmarshal(g.Coordinates, &polygons) != nil {
			return errCoordinates
		}
		for _, rings := range polygons {
			if err := takePolygon(f, rings); err != nil {
				return err
			}
		}
	case "GeometryCollection":
		for _, part := range g.Geometries {
			if err := takeGeometry(f, part, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func takePolygon(f *boundary.Feature, rings [][][]float64) error {
	lines := make([][]orb.Point, 0, len(rings))
	for _, positions := range rings {
		line := make([]orb.Point, 0, len(positions))
		for _, c := range positions {
			if len(c) < 2 || math.IsNaN(c[0]+c[1]) || math.IsInf(c[0]+c[1], 0) {
				return errCoordinates
			}
			line = append(line, orb.Point{c[0], c[1]})
		}
		if len(line) < 3 || len(line) == 3 && line[0] == line[2] {
			return errShort
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		f.Shape = append(f.Shape, polygonOf(lines))
	}
	return nil
}
