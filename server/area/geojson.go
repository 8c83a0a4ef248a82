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
		Version   int64      `json:"version"`
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

// Detail is how closely a level's borders are followed.
type Detail string

// The details. Wall keeps within half a pixel of a province 2,160 pixels high,
// Console within five metres; Full is everything that was brought.
const (
	Wall    Detail = "wall"
	Console Detail = "console"
	Full    Detail = "full"
)

// Details lists the details, coarsest first.
func Details() []Detail { return []Detail{Wall, Console, Full} }

// tolerance in mesh units, about a metre each.
func (d Detail) tolerance() float64 {
	switch d {
	case Wall:
		return 25
	case Console:
		return 5
	default:
		return 0
	}
}

// GeoJSON writes a level as an RFC 7946 feature collection, five decimals,
// media type application/geo+json; nil when the division has no such level.
// Every level of one detail has the same borders. The lines of a schematic are
// few: it has one detail. Callers that serve it should keep the bytes.
func (m *Map) GeoJSON(level Level, detail Detail) ([]byte, error) {
	features := m.levels[level]
	if len(features) == 0 {
		return nil, nil
	}
	if m.Real != "" && detail.tolerance() > 0 {
		var err error
		if features, err = m.plainer(level, detail.tolerance()); err != nil {
			return nil, err
		}
	}
	out := collection{
		Type: "FeatureCollection", Division: m.Division, Level: level,
		Credit: m.CreditAt(level), Schematic: m.SchematicAt(level), Version: m.Version,
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

// plain is the leaves with borders straightened by a tolerance, made once.
func (m *Map) plain(tolerance float64) mesh {
	if kept, ok := m.plains.Load(tolerance); ok {
		return kept.(mesh) //nolint:forcetypeassert // nothing else is kept there
	}
	made := m.leaves.simplify(tolerance)
	m.plains.Store(tolerance, made)
	return made
}

// plainer is a level with straightened borders. Labels stay where they are.
func (m *Map) plainer(level Level, tolerance float64) ([]Feature, error) {
	patches, err := m.plain(tolerance).dissolve(m.rename(level)).patches()
	if err != nil {
		return nil, fmt.Errorf("straighten %s of %s: %w", level, m.Division, err)
	}
	features := m.Features(level)
	for i, f := range features {
		if s := shape(patches[f.Area.Code]); len(s) > 0 {
			features[i].Shape = s
		}
	}
	return features, nil
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
