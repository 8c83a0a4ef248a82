package api

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/drill"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// Drills keeps exercises.
type Drills interface {
	Drills(ctx context.Context) ([]drill.Drill, error)
	Drill(ctx context.Context, id string) (drill.Drill, error)
	PlanDrill(ctx context.Context, d drill.Drill) error
	ChangeDrill(ctx context.Context, id, why string, change func(drill.Drill) (drill.Drill, error)) (drill.Drill, error)
}

type drillShown struct {
	ID        string         `json:"id"`
	Version   int64          `json:"version"`
	Scenario  string         `json:"scenario"`
	Title     string         `json:"title"`
	Division  string         `json:"division"`
	Area      string         `json:"area"`
	Speed     float64        `json:"speed"`
	Note      string         `json:"note"`
	State     drill.State    `json:"state"`
	StartsAt  time.Time      `json:"starts_at"`
	StartedAt *time.Time     `json:"started_at"`
	EndedAt   *time.Time     `json:"ended_at"`
	EndsAt    *time.Time     `json:"ends_at"` // of a running one: when it ends by itself
	LastsS    int            `json:"lasts_s"`
	Sensors   int            `json:"sensors"`
	Deeds     int            `json:"deeds"`
	Played    int            `json:"played"`
	Problem   string         `json:"problem"`
	Cleared   bool           `json:"cleared"`
	Score     *int           `json:"score"`
	Debrief   *drill.Debrief `json:"debrief,omitempty"`
	MayHold   bool           `json:"may_hold"`
}

// showDrill shows a drill; its debrief only where it is asked for alone.
func showDrill(d drill.Drill, who access.Principal, whole bool) drillShown {
	shown := drillShown{
		ID: d.ID, Version: d.Version, Scenario: d.Scenario, Title: d.Title, Division: d.Division, Area: d.Area, Speed: d.Speed, Note: d.Note,
		State: d.State, StartsAt: d.StartsAt, StartedAt: d.StartedAt, EndedAt: d.EndedAt, LastsS: int(d.Length().Seconds()),
		Sensors: len(d.Script.Actors), Deeds: len(d.Script.Deeds), Played: d.Played, Problem: d.Problem, Cleared: d.Cleared,
		MayHold: allow(access.Decide(who, access.HoldDrill, access.Object{Place: placeOfDrill(d)}), errNoDrill) == nil,
	}
	if d.State == drill.Running && d.StartedAt != nil {
		shown.EndsAt = new(d.StartedAt.Add(d.Length()))
	}
	if d.Debrief != nil {
		shown.Score = d.Debrief.Score
		if whole {
			shown.Debrief = d.Debrief
		}
	}
	return shown
}

func placeOfDrill(d drill.Drill) access.Place {
	return access.Place{Division: d.Division, Path: d.Path}
}

// errNoDrill says that there is no such drill, or none that the caller may see.
//
//nolint:gochecknoglobals // an error value
var errNoDrill = fault.NotFound("Không có cuộc diễn tập này.")

func (a *API) listDrills(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.Drills.Drills(ctx)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	shown := []drillShown{}
	for _, d := range list {
		if works(who, access.ReadDrills, placeOfDrill(d)) {
			shown = append(shown, showDrill(d, who, false))
		}
	}
	type scenario struct {
		Code    string `json:"code"`
		Title   string `json:"title"`
		About   string `json:"about"`
		Minutes int    `json:"minutes"`
		Sensors int    `json:"sensors"`
		Reports int    `json:"reports"`
	}
	scenarios := make([]scenario, len(a.scripts))
	for i, s := range a.scripts {
		scenarios[i] = scenario{s.Code, s.Title, s.About, s.Minutes, len(s.Cast), len(s.Reports)}
	}
	return send(c, fiber.StatusOK, map[string]any{"drills": shown, "scenarios": scenarios})
}

func (a *API) getDrill(ctx context.Context, c *fiber.Ctx) error {
	d, err := a.drillFor(ctx, c, access.ReadDrills)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, showDrill(d, asking(c).Principal, true))
}

func (a *API) drillFor(ctx context.Context, c *fiber.Ctx, action access.Action) (drill.Drill, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return drill.Drill{}, errNoDrill
	}
	d, err := a.Drills.Drill(ctx, id.String())
	if err != nil {
		return d, err
	}
	who := asking(c).Principal
	if !works(who, access.ReadDrills, placeOfDrill(d)) {
		return d, errNoDrill
	}
	if action == access.ReadDrills {
		return d, nil
	}
	return d, allow(access.Decide(who, action, access.Object{Place: placeOfDrill(d)}), errNoDrill)
}

// postDrill plans a drill: now, or for later. It is cast at once, so that what is missing is told to whoever plans.
func (a *API) postDrill(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	now := a.Now().UTC()
	d := drill.Drill{
		ID: uuid.NewString(), Version: 1, State: drill.Planned, Scenario: o.text("scenario"), Title: o.text("title"), Note: o.text("note"),
		Division: a.Division, Area: o.text("area"), Speed: 1, StartsAt: now, PlannedBy: asking(c).ID,
	}
	if o.given("speed") {
		d.Speed = o.need("speed")
	}
	if at := o.instant("starts_at"); at != nil {
		d.StartsAt = *at
	}
	i := slices.IndexFunc(a.scripts, func(s drill.Scenario) bool { return s.Code == d.Scenario })
	if i < 0 {
		o.wrong("scenario", "unknown", "Không có kịch bản này.")
	} else if d.Title == "" {
		d.Title = a.scripts[i].Title
	}
	if d.Path = a.Atlas.Tree.Path(a.Division, d.Area); d.Path == nil {
		o.wrong("area", "unknown", "Không có địa bàn này.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if err := allow(access.Decide(asking(c).Principal, access.HoldDrill, access.Object{Place: placeOfDrill(d)}), errNoDrill); err != nil {
		return err
	}
	d, wrong := d.Clean(now)
	known, err := a.knownSensors(ctx)
	if err != nil {
		return err
	}
	const short = 4 // letters are enough to tell drills of a day apart
	id := uuid.MustParse(d.ID)
	script, missing := drill.Plan(a.scripts[i], known, d.Area, hex.EncodeToString(id[:])[:short])
	if err := fault.Join(wrong, missing); err != nil {
		return err
	}
	d.Script = script
	if err := a.Drills.PlanDrill(ctx, d); err != nil {
		return err
	}
	a.DrillsChanged()
	c.Set(fiber.HeaderLocation, "/api/v1/drills/"+d.ID)
	return send(c, fiber.StatusCreated, showDrill(d, asking(c).Principal, true))
}

func (a *API) knownSensors(ctx context.Context) ([]drill.Known, error) {
	sensors, err := a.Store.Sensors(ctx)
	if err != nil {
		return nil, err
	}
	newest, _, err := a.Store.LatestSince(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	latest := make(map[int32]store.Latest, len(newest))
	for _, l := range newest {
		latest[l.SensorID] = l
	}
	known := make([]drill.Known, 0, len(sensors))
	for _, s := range sensors {
		k := drill.Known{Sensor: s.Sensor}
		if l, ok := latest[s.ID]; ok {
			k.Value = &l.Value
		}
		known = append(known, k)
	}
	return known, nil
}

// postDrillEnd ends a running drill, or calls a planned one off.
func (a *API) postDrillEnd(ctx context.Context, c *fiber.Ctx) error {
	d, err := a.drillFor(ctx, c, access.HoldDrill)
	if err != nil {
		return err
	}
	now, by := a.Now().UTC(), asking(c).ID
	d, err = a.Drills.ChangeDrill(ctx, d.ID, "ended", func(d drill.Drill) (drill.Drill, error) { return d.End(by, now) })
	if err != nil {
		return err
	}
	a.DrillsChanged()
	return send(c, fiber.StatusOK, showDrill(d, asking(c).Principal, true))
}
