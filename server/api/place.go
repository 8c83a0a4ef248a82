package api

import (
	"encoding/json"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/report"
)

type divisionShown struct {
	Code      string  `json:"code"`
	Label     string  `json:"label"`
	LabelEN   string  `json:"label_en"`
	Root      string  `json:"root"`
	ValidFrom string  `json:"valid_from"`
	ValidTo   *string `json:"valid_to"`
	Current   bool    `json:"current"`
}

type areaShown struct {
	Code   string     `json:"code"`
	Parent string     `json:"parent"`
	Level  area.Level `json:"level"`
	Kind   string     `json:"kind"`
	Name   string     `json:"name"`
	NameEN string     `json:"name_en"`
	Lat    float64    `json:"lat"`
	Lon    float64    `json:"lon"`
}

type categoryShown struct {
	Code    string       `json:"code"`
	Name    string       `json:"name"`
	Clock   report.Clock `json:"clock"`
	Accept  string       `json:"accept"`
	Assign  string       `json:"assign"`
	Resolve string       `json:"resolve"`
	Unit    string       `json:"unit"`
}

type unitShown struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// preparePlaces makes everything about areas, categories and units once: none of it changes while the program runs.
func (a *API) preparePlaces() error {
	a.places, a.maps = map[string]*door.Prepared{}, map[string]*door.Prepared{}
	tree := a.Atlas.Tree
	today := a.Now().In(a.Location).Format("2006-01-02")
	var divisions []divisionShown
	for _, d := range tree.Divisions() {
		root, _ := tree.Root(d.Code)
		shown := divisionShown{
			Code: d.Code, Label: d.Label, LabelEN: d.LabelEN, Root: root.Code, ValidFrom: d.ValidFrom, Current: d.InForce(today),
		}
		if d.ValidTo != "" {
			shown.ValidTo = &d.ValidTo
		}
		divisions = append(divisions, shown)
		if err := a.prepareDivision(d.Code); err != nil {
			return err
		}
	}
	var categories []categoryShown
	for _, k := range a.Rules.Current().Categories {
		categories = append(categories, categoryShown{
			Code: k.Code, Name: k.Name, Clock: k.Clock, Accept: k.Accept.String(), Assign: k.Assign.String(),
			Resolve: k.Resolve.String(), Unit: k.Unit,
		})
	}
	units := []unitShown{}
	for _, u := range a.Units {
		units = append(units, unitShown{u.ID, u.Name})
	}
	for name, content := range map[string]any{
		"divisions":  map[string]any{"divisions": divisions, "default": a.Division, "origin": a.Origin},
		"categories": map[string]any{"categories": categories},
		"units":      map[string]any{"units": units},
	} {
		if err := a.keep(name, content); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) prepareDivision(division string) error {
	shown := []areaShown{}
	for _, p := range a.Atlas.Tree.Areas(division) {
		shown = append(shown, areaShown{
			Code: p.Code, Parent: p.Parent, Level: p.Level, Kind: p.Kind, Name: p.Name, NameEN: p.NameEN,
			Lat: p.Centre.Lat, Lon: p.Centre.Lon,
		})
	}
	if err := a.keep("areas/"+division, map[string]any{"division": division, "areas": shown}); err != nil {
		return err
	}
	m, ok := a.Atlas.Map(division)
	if !ok {
		return nil
	}
	for _, level := range a.Atlas.Tree.Levels(division) {
		body, err := m.GeoJSON(level)
		if err != nil {
			return err
		}
		a.maps[division+"/"+string(level)] = door.Prepare(door.Content{
			Body: body, Type: "application/geo+json", Cache: "public, max-age=3600",
		})
	}
	return nil
}

func (a *API) keep(name string, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	a.places[name] = door.Prepare(door.Content{
		Body: body, Type: "application/json; charset=utf-8", Cache: "public, max-age=3600",
	})
	return nil
}

func (a *API) place(name string) fiber.Handler {
	return func(c *fiber.Ctx) error { return servePrepared(c, a.places[name]) }
}

func servePrepared(c *fiber.Ctx, p *door.Prepared) error {
	p.Serve(c.Context())
	return nil
}

func (a *API) getAreas(c *fiber.Ctx) error {
	p, ok := a.places["areas/"+c.Params("division")]
	if !ok {
		return errNoDivision
	}
	return servePrepared(c, p)
}

//nolint:gochecknoglobals // an error value
var errNoDivision = fault.NotFound("Không có bộ địa giới này.")

func (a *API) getGeometry(c *fiber.Ctx) error {
	division := c.Params("division")
	if _, ok := a.places["areas/"+division]; !ok {
		return errNoDivision
	}
	q, err := query(c, "level")
	if err != nil {
		return err
	}
	level := area.Level(q["level"])
	switch level {
	case "":
		level = area.Commune
	case area.Province, area.District, area.Commune:
	default:
		return fault.Invalid("level", "Cấp phải là commune, district hoặc province.").Because("unknown")
	}
	p, ok := a.maps[division+"/"+string(level)]
	if !ok {
		return fault.NotFound("Bộ địa giới này không có bản đồ ở cấp đó.")
	}
	return servePrepared(c, p)
}
