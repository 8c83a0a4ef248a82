package api_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"toancanh/server/api"
	"toancanh/server/auth"
)

type description struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Summary     string
		Tags        []string
		Parameters  []struct{ Name, In string }
		RequestBody *struct {
			Content map[string]struct{ Example json.RawMessage }
		}
		Responses map[string]struct{ Description string }
	}
	Components struct{ Schemas map[string]json.RawMessage }
}

func readDescription(t *testing.T) (description, string) {
	t.Helper()
	raw, err := os.ReadFile("openapi.json")
	must(t, err)
	var d description
	must(t, json.Unmarshal(raw, &d))
	return d, string(raw)
}

func TestTheDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	d, _ := readDescription(t)
	var app *fiber.App
	newHouse(t, func(_ *api.Config, a *fiber.App) { app = a })
	var want, got []string
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range app.GetRoutes(true) {
		if r.Method == fiber.MethodHead || strings.HasPrefix(r.Path, "/internal/") {
			continue
		}
		want = append(want, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			got = append(got, strings.ToUpper(method)+" "+path)
			if o.Summary == "" || len(o.Tags) != 1 || len(o.Responses) == 0 {
				t.Errorf("%s %s: the description is not whole", method, path)
			}
			for _, name := range param.FindAllStringSubmatch(strings.NewReplacer("{", ":", "}", "").Replace(path), -1) {
				if !slices.ContainsFunc(o.Parameters, func(p struct{ Name, In string }) bool { return p.Name == name[1] && p.In == "path" }) {
					t.Errorf("%s %s: parameter %s is not described", method, path, name[1])
				}
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("routes differ (-app +description):\n%s", diff)
	}
}

func TestTheDescriptionsReferencesLead(t *testing.T) {
	t.Parallel()
	d, raw := readDescription(t)
	for _, m := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(raw, -1) {
		if d.Components.Schemas[m[1]] == nil {
			t.Errorf("no schema %s", m[1])
		}
	}
	for name := range d.Components.Schemas {
		if !strings.Contains(raw, "#/components/schemas/"+name+`"`) {
			t.Errorf("schema %s is used nowhere", name)
		}
	}
}

func TestTheDescriptionsExamplesAreTaken(t *testing.T) {
	t.Parallel()
	d, _ := readDescription(t)
	h := newHouse(t)
	key := h.key(auth.Rights()...)
	r := h.post("Rác")
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "accept", "version": 1}), 200)
	published := h.published("Rác đã dọn")
	// Sensors first: the readings of the other examples are theirs.
	paths := slices.SortedFunc(maps.Keys(d.Paths), func(a, b string) int {
		return strings.Compare(strings.Replace(a, "/sensors", "/0", 1), strings.Replace(b, "/sensors", "/0", 1))
	})
	tried := 0
	for _, path := range paths {
		for method, o := range d.Paths[path] {
			if o.RequestBody == nil {
				continue
			}
			for media, content := range o.RequestBody.Content {
				if content.Example == nil {
					continue
				}
				body := []byte(content.Example)
				var text string
				if json.Unmarshal(body, &text) == nil {
					body = []byte(text)
				}
				a := h.do(call{
					method: strings.ToUpper(method), body: body, key: key,
					path:   strings.NewReplacer("{id}", r.ID, "{screen}", "tinh", "{code}", published.Code, "/chirpstack", "/chirpstack?event=up").Replace(path),
					header: map[string]string{"Content-Type": media, "Report-Secret": published.Secret},
				})
				tried++
				// An example's fixed time is in the past or the future: only then may a reading be refused.
				if a.status == 422 && strings.Contains(string(a.body), `"data"`) {
					continue
				}
				if a.status < 200 || a.status > 299 {
					t.Errorf("%s %s %s: status %d: %s", method, path, media, a.status, a.body)
				}
			}
		}
	}
	if tried < 14 {
		t.Errorf("tried %d examples, want at least 14", tried)
	}
}

func TestTheGuideListsEveryAddress(t *testing.T) {
	t.Parallel()
	d, _ := readDescription(t)
	h := newHouse(t)
	a := h.do(call{method: "GET", path: "/api"})
	if a.status != 200 || !strings.Contains(a.header.Get("Content-Security-Policy"), "sha256-") {
		t.Fatalf("status %d, policy %q", a.status, a.header.Get("Content-Security-Policy"))
	}
	for path := range d.Paths {
		if !strings.Contains(string(a.body), path) {
			t.Errorf("the guide lacks %s", path)
		}
	}
	spec := read[description](t, h.do(call{method: "GET", path: "/api/v1/openapi.json"}), 200)
	if spec.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", spec.OpenAPI)
	}
}
