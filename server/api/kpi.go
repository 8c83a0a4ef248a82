package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/kpi"
	"toancanh/server/report"
	"toancanh/server/store"
)

type kpisShown struct {
	AsOf     time.Time      `json:"as_of"`
	Division string         `json:"division"`
	Area     string         `json:"area"`
	Origin   report.Origin  `json:"origin"`
	KPIs     map[string]any `json:"kpis"`
	Storm    stormShown     `json:"storm"`
}

// getKPIs answers with what SQL counts of an area at this instant, in the words of the wall's levels, those of the scene
// mưa bão too: it is what a tile is held against. A number nobody knows is absent or null, never 0.
func (a *API) getKPIs(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "division", "area")
	if err != nil {
		return err
	}
	division := q["division"]
	if division == "" {
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
	path := a.Atlas.Tree.Path(division, code)
	about := access.Object{Place: access.Place{Division: division, Path: path}}
	if path == nil || access.Decide(who.Principal, access.ReadKPIs, about) != access.Allow {
		return fault.NotFound("Không có địa bàn mang mã này.")
	}
	shown := kpisShown{Division: division, Area: code, Origin: a.Origin}
	shown.AsOf = a.Now().UTC()
	counts, err := a.Store.CountAreas(ctx, division, a.Origin == report.Real, shown.AsOf)
	if err != nil {
		return err
	}
	shown.KPIs = a.counted(division, code, counts)
	here := placeAt{
		division: division, code: code, at: shown.AsOf,
		words: access.Decide(who.Principal, access.ListenWall, about) == access.Allow,
	}
	sensors, err := a.measured(ctx, here)
	if err != nil {
		return err
	}
	if err := a.handedOver(ctx, store.Span{Division: division, Area: code, Real: a.Origin == report.Real}, shown); err != nil {
		return err
	}
	windows, err := a.Store.Maintenance(ctx, shown.AsOf)
	if err != nil {
		return err
	}
	shown.KPIs["sources"], shown.KPIs["rain_1h"] = sensorTiles(sensors, store.NewUpkeep(windows), shown.AsOf)
	if shown.Storm, err = a.storm(ctx, here, sensors); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, shown)
}

// first is the area meant by somebody who names none: the whole, or the first of their own.
func first(s access.Scope, division, whole string) string {
	for _, p := range s.Places {
		if !s.Everywhere && p.Division == division {
			return p.Path[len(p.Path)-1]
		}
	}
	return whole
}

// counted shows the numbers that one SQL statement tells.
func (a *API) counted(division, code string, counts map[string]store.Counts) map[string]any {
	n := counts[code]
	rows := []kpi.Row{}
	for _, child := range a.Atlas.Tree.Children(division, code) {
		k := counts[child.Code]
		rows = append(rows, kpi.NewRow(child.Code, kpi.RowCounts{
			Open: k.Open, Overdue: k.Overdue, Critical: k.Critical, Warning: k.Warning,
		}))
	}
	return map[string]any{
		"open":         map[string]any{"value": n.Open, "day_ago": n.OpenDayAgo, "target": nil, "sources": nil},
		"overdue":      map[string]any{"value": n.Overdue, "oldest_hours": n.OldestHours, "high": n.OverdueHigh, "target": kpi.OverdueHighTarget, "sources": nil},
		"received_24h": map[string]any{"value": n.Received24h, "day_before": n.ReceivedDayBefore, "target": nil, "sources": nil},
		"on_time_30d": map[string]any{
			"value": kpi.Values{OnTimeMet: n.OnTimeMet, OnTimeDue: n.OnTimeDue}.OnTime(), "met": n.OnTimeMet, "due": n.OnTimeDue, "target": kpi.OnTimeTarget, "sources": nil,
		},
		"areas": map[string]any{"areas": rows},
	}
}
