package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
)

// openapi is the description of every route of this door (OpenAPI 3.1), kept by hand and held true by a test.
//
//go:embed openapi.json
var openapi []byte

//go:embed guide.html
var guidePage string

// described is as much of the description as the readable page shows.
type described struct {
	Info struct {
		Title, Version, Description string
	}
	Paths map[string]map[string]operation
}

type operation struct {
	Summary     string
	Description string
	Tags        []string
	Parameters  []struct{ Name, In, Description string }
	RequestBody *struct {
		Content map[string]struct{ Example json.RawMessage }
	}
	Responses map[string]struct{ Description string }
}

// row is an operation with its address, as the page lists it.
type row struct {
	Method, Path string
	operation
	Examples []example
}

type example struct{ Type, Body string }

// prepareGuide makes the description and its readable page.
func (a *API) prepareGuide() error {
	a.spec = door.Prepare(door.Content{
		Body: openapi, Type: "application/json; charset=utf-8", Cache: door.CacheAsk,
	})
	var d described
	if err := json.Unmarshal(openapi, &d); err != nil {
		return fmt.Errorf("read openapi.json: %w", err)
	}
	page, err := template.New("guide").Parse(guidePage)
	if err != nil {
		return fmt.Errorf("read guide.html: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Info": d.Info, "Rows": rows(d)}); err != nil {
		return fmt.Errorf("write guide: %w", err)
	}
	a.guide = door.Prepare(door.Content{
		Body: out.Bytes(), Type: "text/html; charset=utf-8", Cache: door.CacheAsk,
		Headers: [][2]string{{fiber.HeaderContentSecurityPolicy, door.PagePolicy(out.Bytes())}},
	})
	return nil
}

func rows(d described) []row {
	var all []row
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "delete"} {
			o, ok := d.Paths[path][method]
			if !ok {
				continue
			}
			r := row{Method: method, Path: path, operation: o}
			if o.RequestBody != nil {
				for _, media := range slices.Sorted(maps.Keys(o.RequestBody.Content)) {
					r.Examples = append(r.Examples, example{media, readable(o.RequestBody.Content[media].Example)})
				}
			}
			all = append(all, r)
		}
	}
	return all
}

// readable is an example as people read it; one that is a text, such as NDJSON, stands as it is.
func readable(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}

func (a *API) getSpec(c *fiber.Ctx) error { return servePrepared(c, a.spec) }

func (a *API) getGuide(c *fiber.Ctx) error { return servePrepared(c, a.guide) }
