package api

import (
	"encoding/json"
	"fmt"
	"slices"

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
	Code     string `json:"code"`
	Name     string `json:"name"`
	Disabled bool   `json:"disabled,omitempty"`
}

// preparePlaces makes everything about areas and categories once: none of it changes while the program runs.
func (a *API) preparePlaces() error {
	a.places = map[string]*door.Prepared{}
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
	for name, content := range map[string]any{
		"divisions":  map[string]any{"divisions": divisions, "default": a.Division, "origin": a.Origin},
		"categories": map[string]any{"categories": categories},
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
	return nil
}

// mapKey names a prepared shape of the areas.
type mapKey struct {
	division string
	version  int64
	level    area.Level
	detail   area.Detail
}

// RefreshMaps forgets prepared shapes after the atlas got other maps.
func (a *API) RefreshMaps() error {
	a.maps.Clear()
	return nil
}

// preparedMap is the shape of a level, made at the first request for it; nil where there is none.
func (a *API) preparedMap(division string, level area.Level, detail area.Detail) (*door.Prepared, error) {
	m, ok := a.Atlas.Map(division)
	if !ok {
		return nil, nil //nolint:nilnil // no map is no fault
	}
	key := mapKey{division, m.Version, level, detail}
	if p, ok := a.maps.Load(key); ok {
		return p.(*door.Prepared), nil //nolint:forcetypeassert // nothing else is kept there
	}
	a.drawing.Lock() // one at a time: it costs seconds of a core for the finest files
	defer a.drawing.Unlock()
	if p, ok := a.maps.Load(key); ok {
		return p.(*door.Prepared), nil //nolint:forcetypeassert // as above
	}
	body, err := m.GeoJSON(level, detail)
	if err != nil || body == nil {
		return nil, err
	}
	p := door.Prepare(door.Content{Body: body, Type: "application/geo+json", Cache: door.CacheAsk})
	a.maps.Store(key, p)
	return p, nil
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
	q, err := query(c, "level", "detail")
	if err != nil {
		return err
	}
	level, detail := area.Level(q["level"]), area.Detail(q["detail"])
	switch level {
	case "":
		level = area.Commune
	case area.Province, area.District, area.Commune:
	default:
		return fault.Invalid("level", "Cấp phải là commune, district hoặc province.").Because("unknown")
	}
	if detail == "" {
		detail = area.Wall
	}
	if !slices.Contains(area.Details(), detail) {
		return fault.Invalid("detail", "Độ chi tiết phải là wall, console hoặc full.").Because("unknown")
	}
	p, err := a.preparedMap(division, level, detail)
	if err != nil {
		return fault.Internal(err)
	}
	if p == nil {
		return fault.NotFound("Bộ địa giới này không có bản đồ ở cấp đó.")
	}
	return servePrepared(c, p)
}
