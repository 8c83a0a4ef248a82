package reading

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"toancanh/server/boundary"
)

// topology is a TopoJSON file, by its specification of Bostock and Metcalf, version 1.
type topology struct {
	Transform *struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Objects map[string]topoGeometry `json:"objects"`
	Arcs    [][][]float64           `json:"arcs"`
}

type topoGeometry struct {
	Type       string          `json:"type"`
	ID         any             `json:"id"`
	Properties members         `json:"properties"`
	Arcs       json.RawMessage `json:"arcs"`
	Geometries []topoGeometry  `json:"geometries"`
}

// readTopology takes one object of a topology; the geometries of a collection are features.
func readTopology(raw []byte, wanted string) (boundary.Layer, error) {
	layer := boundary.Layer{Format: "TopoJSON"}
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return layer, badJSON(raw, err)
	}
	names := make([]string, 0, len(t.Objects))
	for name := range t.Objects {
		names = append(names, name)
	}
	slices.Sort(names)
	if wanted == "" && len(names) == 1 {
		wanted = names[0]
	}
	object, ok := t.Objects[wanted]
	if !ok {
		return layer, boundary.Refuse("layer", "Tệp TopoJSON có các lớp: %s. Hãy chọn một lớp bằng --layer.", strings.Join(names, ", "))
	}
	arcs, err := t.positions()
	if err != nil {
		return layer, err
	}
	list := object.Geometries
	if object.Type != "GeometryCollection" {
		list = []topoGeometry{object}
	}
	seen := map[string]bool{}
	for i, g := range list {
		f := boundary.Feature{Attributes: attributes(&layer, seen, g.Properties)}
		if id, ok := textOf(g.ID); ok && id != "" {
			f.Attributes[idColumn] = id
			if !seen[idColumn] {
				seen[idColumn] = true
				layer.Columns = append(layer.Columns, idColumn)
			}
		}
		if err := arcs.take(&f, g, 0); err != nil {
			return layer, boundary.Refuse("geometry", "Đối tượng số %d: %v.", i+1, err)
		}
		layer.Features = append(layer.Features, f)
	}
	return layer, nil
}

// shared are the arcs of a topology in the file's coordinates.
type shared [][]orb.Point

// positions undoes quantisation: of a transformed topology every position but an arc's first is a step from the last.
func (t topology) positions() (shared, error) {
	arcs := make(shared, len(t.Arcs))
	for i, arc := range t.Arcs {
		var x, y float64
		for _, c := range arc {
			if len(c) < 2 {
				return nil, boundary.Refuse("geometry", "Cung số %d của tệp TopoJSON: %v.", i, errCoordinates)
			}
			if t.Transform == nil {
				x, y = c[0], c[1]
				arcs[i] = append(arcs[i], orb.Point{x, y})
				continue
			}
			x, y = x+c[0], y+c[1]
			arcs[i] = append(arcs[i], orb.Point{
				x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1],
			})
		}
	}
	return arcs, nil
}

// take adds the areas of a geometry to a feature.
func (s shared) take(f *boundary.Feature, g topoGeometry, depth int) error {
	if depth > deepest {
		return errDeep
	}
	if f.Kind == "" || f.Kind == "GeometryCollection" {
		f.Kind = g.Type
	}
	var polygons [][][]int
	switch g.Type {
	case "Polygon":
		polygons = make([][][]int, 1)
		if json.Unmarshal(g.Arcs, &polygons[0]) != nil {
			return errCoordinates
		}
	case "MultiPolygon":
		if json.Unmarshal(g.Arcs, &polygons) != nil {
			return errCoordinates
		}
	case "GeometryCollection":
		for _, part := range g.Geometries {
			if err := s.take(f, part, depth+1); err != nil {
				return err
			}
		}
	}
	for _, rings := range polygons {
		lines := make([][]orb.Point, 0, len(rings))
		for _, numbers := range rings {
			line, err := s.ring(numbers)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			f.Shape = append(f.Shape, polygonOf(lines))
		}
	}
	return nil
}

// ring joins arcs; a negative number is the arc of its complement, walked backwards. The end of one arc is the start of
// the next and counts once.
func (s shared) ring(numbers []int) ([]orb.Point, error) {
	var line []orb.Point
	for _, n := range numbers {
		back := n < 0
		if back {
			n = ^n
		}
		if n >= len(s) {
			return nil, errCoordinates
		}
		arc := s[n]
		if back {
			arc = slices.Clone(arc)
			slices.Reverse(arc)
		}
		if len(line) > 0 && len(arc) > 0 {
			arc = arc[1:]
		}
		if line = append(line, arc...); len(line) > boundary.MostPoints {
			return nil, errCoordinates
		}
	}
	if len(line) < 3 {
		return nil, errShort
	}
	return line, nil
}
