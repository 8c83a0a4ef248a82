package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/report"
)

const (
	// mapKept is how long a drawing is served before it is made anew.
	mapKept = 3 * time.Second
	// usualDivision in an address stands for the division in which reports are placed.
	usualDivision = "default"
	svgType       = "image/svg+xml; charset=utf-8"
)

// mapSheet is one area's map: what never changes of it, and its newest drawing. Callers of one sheet wait for each
// other, so that a drawing is made once.
type mapSheet struct {
	mu    sync.Mutex
	of    *area.Map // what the base was drawn from
	base  *mapBase
	drawn *door.Prepared
	at    time.Time
}

// mapSheets holds at most one sheet an area there is.
type mapSheets struct {
	mu     sync.Mutex
	sheets map[string]*mapSheet
}

func (m *mapSheets) sheet(division, code string) *mapSheet {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sheets == nil {
		m.sheets = map[string]*mapSheet{}
	}
	key := division + "/" + code
	if m.sheets[key] == nil {
		m.sheets[key] = &mapSheet{}
	}
	return m.sheets[key]
}

// getMapSVG answers with the map as it is now, for screens without WebGL and pages without JavaScript.
func (a *API) getMapSVG(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "area")
	if err != nil {
		return err
	}
	division := c.Params("division")
	if division == usualDivision {
		division = a.Division
	}
	root, ok := a.Atlas.Tree.Root(division)
	if !ok {
		return errNoDivision
	}
	who := asking(c)
	code := q["area"]
	if code == "" {
		code = first(who.Scope, division, root.Code)
	}
	here, ok := a.Atlas.Tree.Get(division, code)
	about := access.Object{Place: access.Place{Division: division, Path: a.Atlas.Tree.Path(division, code)}}
	if !ok || access.Decide(who.Principal, access.ReadKPIs, about) != access.Allow {
		return fault.NotFound("Không có địa bàn mang mã này.")
	}
	m, ok := a.Atlas.Map(division)
	if !ok {
		return fault.NotFound("Bộ địa giới này không có bản đồ.")
	}
	p, err := a.drawnMap(ctx, m, here)
	if err != nil {
		return err
	}
	return servePrepared(c, p)
}

// drawnMap is the newest drawing of an area, made now when it is older than mapKept.
func (a *API) drawnMap(ctx context.Context, m *area.Map, here area.Area) (*door.Prepared, error) {
	sheet := a.sheets.sheet(m.Division, here.Code)
	sheet.mu.Lock()
	defer sheet.mu.Unlock()
	now := a.Now()
	if sheet.of == m && sheet.drawn != nil && now.Sub(sheet.at) < mapKept {
		return sheet.drawn, nil
	}
	if sheet.of != m {
		base, err := a.drawBase(m, here)
		if err != nil {
			return nil, fault.Internal(err)
		}
		sheet.base, sheet.of = base, m
	}
	picture, err := a.mapPicture(ctx, sheet.base, now)
	if err != nil {
		return nil, err
	}
	sheet.drawn = door.Prepare(door.Content{Body: sheet.base.draw(picture), Type: svgType, Cache: door.CacheAsk})
	sheet.at = now
	return sheet.drawn, nil
}

// mapPicture is what the map shows at an instant.
type mapPicture struct {
	marks   []mapMark
	open    map[string]int // reports by commune; nil: the colours of communes say nothing
	missing int            // reports that the wall leaves out too
	at      time.Time
	origin  report.Origin
}

// mapPicture reads what a wall of the whole division draws; positions hold in every division.
func (a *API) mapPicture(ctx context.Context, base *mapBase, now time.Time) (mapPicture, error) {
	p := mapPicture{open: map[string]int{}, at: now.In(a.Location), origin: a.Origin}
	counts, err := a.Store.CountAreas(ctx, base.division, a.Origin == report.Real, now)
	if err != nil {
		return p, err
	}
	for code, n := range counts {
		p.open[code] = n.Open
	}
	if err := a.addReports(ctx, base, &p); err != nil {
		return p, err
	}
	return p, a.addSensors(ctx, base, &p)
}

func (a *API) addReports(ctx context.Context, base *mapBase, p *mapPicture) error {
	if a.Live == nil {
		return fault.Unavailable("Máy chủ này không phát tình hình.")
	}
	root, _ := a.Atlas.Tree.Root(a.Division)
	held, err := a.Live.Snapshot(ctx, schema.AreaTopic(schema.Wall, a.Division, root.Code))
	if err != nil {
		return err
	}
	var snap schema.Snapshot
	if err := json.Unmarshal(held.Data, &snap); err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	p.missing = snap.Truncated
	for _, raw := range snap.Reports {
		var r struct {
			ID       string
			Lat, Lon *float64
			State    string
			Open     bool
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return fmt.Errorf("read report of snapshot: %w", err)
		}
		if r.Open && r.Lat != nil && r.Lon != nil {
			base.add(p, mapMark{id: r.ID, kind: 'r', state: r.State}, area.Point{Lat: *r.Lat, Lon: *r.Lon})
		}
	}
	return nil
}

func (a *API) addSensors(ctx context.Context, base *mapBase, p *mapPicture) error {
	shown, err := a.sensorsNow(ctx, access.Bounds{})
	if err != nil {
		return err
	}
	for _, s := range shown {
		base.add(p, mapMark{id: "sensor/" + s.Code, kind: 's', state: s.State}, area.Point{Lat: s.Lat, Lon: s.Lon})
	}
	return nil
}

// add places a mark when it lies on the sheet.
func (b *mapBase) add(p *mapPicture, m mapMark, at area.Point) {
	m.x, m.y = b.svg.Project(at)
	if stateRank(m.state) >= 0 && m.x >= b.left && m.x <= b.left+b.width && m.y >= b.top && m.y <= b.top+b.height {
		p.marks = append(p.marks, m)
	}
}

// namedOn are the areas whose names a map of an area carries: its children, or itself.
func namedOn(tree *area.Tree, here area.Area) []area.Area {
	if children := tree.Children(here.Division, here.Code); len(children) > 0 {
		return children
	}
	return []area.Area{here}
}

// inside reports whether an area lies in another, or is it.
func inside(tree *area.Tree, code string, here area.Area) bool {
	return slices.Contains(tree.Path(here.Division, code), here.Code)
}
