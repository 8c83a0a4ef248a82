package opendata

import (
	"encoding/json"
	"fmt"
	"maps"

	"toancanh/server/door"
)

// schema is a JSON Schema in the making.
type schema map[string]any

// schema is that of what a column holds in JSON.
func (c column) schema() schema {
	s := schema{"title": c.say[1], "description": c.say[0]}
	kind := string(c.kind)
	switch c.kind {
	case day, instant:
		kind, s["format"] = "string", kind
	case texts:
		kind, s["items"] = "array", schema{"type": "string"}
	case limits:
		kind, s["items"] = "array", schema{
			"type": "object", "additionalProperties": false, "required": []string{"at", "state", "label", "source"},
			"properties": schema{
				"at": schema{"type": "number"}, "state": schema{"type": "string"}, "label": schema{"type": "string"}, "source": schema{"type": "string", "minLength": 1},
			},
		}
	case text, whole, number, yesNo:
	}
	s["type"] = kind
	if c.maybe {
		s["type"] = []string{kind, "null"}
	}
	if c.among != nil {
		var all []any
		for _, v := range c.among {
			all = append(all, v)
		}
		if c.maybe {
			all = append(all, nil)
		}
		s["enum"] = all
	}
	return s
}

// schema describes the answers of a dataset: $defs/row names every column, also of its CSV.
func (s set) schema() schema {
	properties, names := schema{}, []string{}
	for _, c := range s.columns {
		properties[c.name], names = c.schema(), append(names, c.name)
	}
	members, needed := s.members()
	defs := schema{
		"row":  schema{"type": "object", "additionalProperties": false, "required": names, "properties": properties},
		"json": answerOf(members, needed, "items", schema{"$ref": "#/$defs/row"}, nil),
	}
	either := []schema{{"$ref": "#/$defs/json"}}
	if s.Places {
		defs["geometry"] = schema{
			"type": []string{"object", "null"}, "required": []string{"type", "coordinates"}, "additionalProperties": false,
			"properties": schema{"type": schema{"enum": []string{"Point", "Polygon", "MultiPolygon"}}, "coordinates": schema{"type": "array"}},
		}
		defs["geojson"] = answerOf(members, needed, "features", schema{
			"type": "object", "additionalProperties": false, "required": []string{"type", "geometry", "properties"},
			"properties": schema{"type": schema{"const": "Feature"}, "geometry": schema{"$ref": "#/$defs/geometry"}, "properties": schema{"$ref": "#/$defs/row"}},
		}, schema{"const": "FeatureCollection"})
		either = append(either, schema{"$ref": "#/$defs/geojson"})
	}
	return schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": Base + "schema/" + s.ID + ".json",
		"title": s.Title[1], "description": s.Text[0] + " " + s.Text[1], "oneOf": either, "$defs": defs,
	}
}

// members are those every answer in JSON has around its rows, and which of them are always there.
func (s set) members() (members schema, needed []string) {
	str, at, flag := schema{"type": "string"}, schema{"type": "string", "format": "date-time"}, schema{"type": "boolean"}
	members = schema{
		"dataset": schema{"const": s.ID}, "title": str, "attribution": str, "origin": str, "notice": str, "as_of": at, "modified": at, "old": flag,
		"old_notice": str, "protection": str, "schema": str, "total": schema{"type": "integer", "minimum": 0},
		"next": schema{"type": []string{"string", "null"}},
		"licence": schema{
			"type": "object", "additionalProperties": false, "required": []string{"id", "name", "url"},
			"properties": schema{"id": str, "name": str, "url": schema{"type": "string", "format": "uri"}},
		},
	}
	return members, []string{"dataset", "title", "licence", "attribution", "origin", "as_of", "modified", "old", "schema", "total", "next"}
}

// answerOf is the schema of an answer with its rows in a member of their own.
func answerOf(members schema, needed []string, name string, item, kind schema) schema {
	properties := schema{name: schema{"type": "array", "items": item, "maxItems": mostPage}}
	maps.Copy(properties, members)
	required := append([]string{name}, needed...)
	if kind != nil {
		properties["type"], required = kind, append(required, "type")
	}
	return schema{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
}

func prepareSchema(s set) (*door.Prepared, error) {
	body, err := json.Marshal(s.schema())
	if err != nil {
		return nil, fmt.Errorf("make schema of %s: %w", s.ID, err)
	}
	return door.Prepare(door.Content{Body: body, Type: "application/schema+json", Cache: "public, max-age=3600"}), nil
}
