package area

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/paulmach/orb"
)

// The parts of GeoJSON (RFC 7946) that are written and read here. Foreign
// members of the collection carry what every drawing must say.
type (
	collection struct {
		Type      string     `json:"type"`
		BBox      [4]float64 `json:"bbox"`
		Division  string     `json:"division"`
		Level     Level      `json:"level"`
		Credit    string     `json:"credit"`
		Schematic bool       `json:"schematic"`
		Features  []feature  `json:"features"`
	}
	feature struct {
		Type       string     `json:"type"`
		ID         string     `json:"id"`
		Geometry   geometry   `json:"geometry"`
		Properties properties `json:"properties"`
	}
	geometry struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}
	properties struct {
		Code     string     `json:"code"`
		Name     string     `json:"name"`
		Title    string     `json:"title"`
		NameEN   string     `json:"name_en"`
		Level    Level      `json:"level"`
		Division string     `json:"division"`
		Parent   string     `json:"parent,omitempty"`
		Label    [2]float64 `json:"label"` // longitude, latitude
	}
)

// GeoJSON writes a level as an RFC 7946 feature collection, five decimals,
// media type application/geo+json; nil when the division has no such level.
// Callers that serve it should keep the bytes.
func (m *Map) GeoJSON(level Level) ([]byte, error) {
	features := m.levels[level]
	if len(features) == 0 {
		return nil, nil
	}
	out := collection{
		Type: "FeatureCollection", Division: m.Division, Level: level,
		Credit: m.Credit, Schematic: m.Schematic,
	}
	bound := features[0].Shape.Bound()
	for _, f := range features {
		bound = bound.Union(f.Shape.Bound())
		out.Features = append(out.Features, encodeFeature(f))
	}
	out.BBox = [4]float64{bound.Min[0], bound.Min[1], bound.Max[0], bound.Max[1]}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode %s of %s: %w", level, m.Division, err)
	}
	return raw, nil
}

func encodeFeature(f Feature) feature {
	g := geometry{Type: "MultiPolygon", Coordinates: f.Shape}
	if len(f.Shape) == 1 {
		g = geometry{Type: "Polygon", Coordinates: f.Shape[0]}
	}
	return feature{
		Type: "Feature", ID: f.Area.Code, Geometry: g,
		Properties: properties{
			Code: f.Area.Code, Name: f.Area.Name, Title: f.Area.Title(), NameEN: f.Area.NameEN,
			Level: f.Area.Level, Division: f.Area.Division, Parent: f.Area.Parent,
			Label: [2]float64{f.Label.Lon, f.Label.Lat},
		},
	}
}

var errGeometry = errors.New("neither Polygon nor MultiPolygon")

// readOutline reads a GeoJSON feature whose geometry is a Polygon or
// MultiPolygon and whose property credit says where it is from.
func readOutline(raw []byte) (orb.MultiPolygon, string, error) {
	var f struct {
		Geometry struct {
			Type        string          `json:"type"`
			Coordinates json.RawMessage `json:"coordinates"`
		} `json:"geometry"`
		Properties struct {
			Credit string `json:"credit"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, "", fmt.Errorf("decode outline: %w", err)
	}
	shape, err := decodeShape(f.Geometry.Type, f.Geometry.Coordinates)
	if err != nil {
		return nil, "", fmt.Errorf("decode outline: %w", err)
	}
	return shape, f.Properties.Credit, nil
}

func decodeShape(kind string, coordinates json.RawMessage) (orb.MultiPolygon, error) {
	var shape orb.MultiPolygon
	switch kind {
	case "Polygon":
		var p orb.Polygon
		if err := json.Unmarshal(coordinates, &p); err != nil {
			return nil, fmt.Errorf("polygon: %w", err)
		}
		shape = orb.MultiPolygon{p}
	case "MultiPolygon":
		if err := json.Unmarshal(coordinates, &shape); err != nil {
			return nil, fmt.Errorf("multi-polygon: %w", err)
		}
	default:
		return nil, fmt.Errorf("%q: %w", kind, errGeometry)
	}
	for _, p := range shape {
		for _, r := range p {
			if len(r) < 4 || !r.Closed() {
				return nil, errors.New("a ring is not closed or has fewer than four positions")
			}
			for _, c := range r {
				if err := (Point{Lat: c.Lat(), Lon: c.Lon()}).Check(); err != nil {
					return nil, err
				}
			}
		}
	}
	return shape, nil
}
