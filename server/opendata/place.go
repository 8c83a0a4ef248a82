package opendata

import (
	"encoding/json"
	"fmt"
	"strconv"

	"toancanh/server/area"
)

// place is an area with what may be told of its outline.
type place struct {
	area                     area.Area
	label                    *area.Point // inside it; nil: nobody knows where
	shape                    []byte      // GeoJSON
	outline, credit, licence string
}

func (p place) title() string { return p.area.Title() }

func (p place) lat() any {
	if p.label == nil {
		return nil
	}
	return p.label.Lat
}

func (p place) lon() any {
	if p.label == nil {
		return nil
	}
	return p.label.Lon
}

func (p place) point() []byte {
	if p.label == nil {
		return nil
	}
	return point(p.label.Lat, p.label.Lon)
}

// point is a GeoJSON point: longitude first (RFC 7946, 3.1.1).
func point(lat, lon float64) []byte {
	return []byte(`{"type":"Point","coordinates":[` + degrees(lon) + "," + degrees(lat) + "]}")
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// layOut lists the areas of all divisions with their outlines.
func (d *Door) layOut(src *source) error {
	src.places = map[[2]string]place{}
	for _, division := range d.Atlas.Tree.Divisions() {
		shapes, labels := map[string][]byte{}, map[string]area.Point{}
		m, drawn := d.Atlas.Map(division.Code)
		for _, level := range d.Atlas.Tree.Levels(division.Code) {
			if !drawn {
				break
			}
			for _, f := range m.Features(level) {
				labels[f.Area.Code] = f.Label
			}
			if err := outlines(m, level, shapes); err != nil {
				return err
			}
		}
		for _, a := range d.Atlas.Tree.Areas(division.Code) {
			p := place{area: a, outline: "withheld"}
			if label, ok := labels[a.Code]; ok {
				p.label = &label
			}
			if drawn {
				p.draw(m, shapes[a.Code])
			}
			src.places[[2]string{division.Code, a.Code}] = p
			src.areas = append(src.areas, p)
		}
	}
	return nil
}

// draw gives the area its outline where the terms of the map let everybody have it, else a point. What was drawn inside
// somebody's borders is theirs as well.
func (p *place) draw(m *area.Map, shape []byte) {
	p.credit, p.licence = m.CreditAt(p.area.Level), m.Licence
	switch {
	case m.Real != "" && !openMap(m.Licence) || shape == nil:
		p.shape = p.point()
	case m.SchematicAt(p.area.Level):
		p.shape, p.outline = shape, "schematic"
	default:
		p.shape, p.outline = shape, "real"
	}
}

// outlines reads the geometry of a level, as closely as a screen needs it.
func outlines(m *area.Map, level area.Level, into map[string][]byte) error {
	raw, err := m.GeoJSON(level, area.Console)
	if err != nil || raw == nil {
		return err
	}
	var collection struct {
		Features []struct {
			ID       string          `json:"id"`
			Geometry json.RawMessage `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(raw, &collection); err != nil {
		return fmt.Errorf("read outlines of %s: %w", level, err)
	}
	for _, f := range collection.Features {
		into[f.ID] = f.Geometry
	}
	return nil
}
