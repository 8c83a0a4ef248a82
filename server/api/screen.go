package api

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/screen"
	"toancanh/server/store"
)

//nolint:gochecknoglobals // an error value
var errNoScreen = fault.NotFound("Không có màn hình này.")

// screen finds a screen: one that was set up, or one whose id names an area.
func (a *API) screen(ctx context.Context, id string) (screen.Screen, error) {
	if !clean(id) {
		return screen.Screen{}, errNoScreen
	}
	one, ok, err := a.Store.Screen(ctx, id)
	if err != nil || ok {
		return one, err
	}
	if _, named := a.Intake.Ground().Names(id); named {
		return one, nil
	}
	return one, errNoScreen
}

// unlessNotFound is err, or nil when it says that there is no such thing.
func unlessNotFound(err error) error {
	if fault.Is(err, fault.KindNotFound) {
		return nil
	}
	return err
}

// screenShown is what a wall's page asks before it can draw. Area, title and topics are those of the area it shows now.
type screenShown struct {
	screen.State
	Screen        string        `json:"screen"` // the id; what pages of the first release read
	Title         string        `json:"title"`
	Division      string        `json:"division"`
	DivisionLabel string        `json:"division_label"`
	Area          string        `json:"area"`
	AreaName      string        `json:"area_name"`
	Topics        []string      `json:"topics"`
	Credit        string        `json:"credit"`
	Schematic     bool          `json:"schematic"`
	Boundaries    int64         `json:"boundaries"` // version of the map in use
	Tiles         string        `json:"tiles"`      // address of a PMTiles base map, or empty
	Origin        report.Origin `json:"origin"`
	Timezone      string        `json:"timezone"`
	Build         string        `json:"build"`
}

// screenListed is a screen with what its page said last.
type screenListed struct {
	screenShown
	Point     string        `json:"point"`
	Settings  settingsShown `json:"settings"`
	Beat      *screen.Beat  `json:"beat"`
	Connected bool          `json:"connected"`
	Seen      *screen.Seen  `json:"seen"`
	Pairing   *pairingShown `json:"pairing"`
}

// settingsShown is what was set, as it can be sent again.
type settingsShown struct {
	Title     string         `json:"title"`
	Point     string         `json:"point"`
	Area      string         `json:"area"`
	Scene     string         `json:"scene"`
	Density   screen.Density `json:"density"`
	PanelMM   *int           `json:"panel_mm"`
	ViewingMM *int           `json:"viewing_mm"`
}

func (a *API) getScreen(ctx context.Context, c *fiber.Ctx) error {
	one, err := a.screen(ctx, strings.Clone(c.Params("screen")))
	if err != nil {
		return err
	}
	if err := mayBe(c, access.ReadScreen, one.ID); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.showScreen(one))
}

func (a *API) showScreen(one screen.Screen) screenShown {
	division, _ := a.Atlas.Tree.Division(a.Division)
	at := a.Intake.Ground().AreaOf(one)
	name := inSentence(at)
	shown := screenShown{
		State: one.State(), Screen: one.ID, Title: one.Title, Division: a.Division, DivisionLabel: division.Label,
		Area: at.Code, AreaName: name,
		Topics: []string{
			schema.AreaTopic(schema.Wall, a.Division, a.Atlas.Tree.Path(a.Division, at.Code)...), schema.ScreenTopic(one.ID),
		},
		Origin: a.Origin, Timezone: a.Location.String(), Build: a.Build, Tiles: a.Tiles,
	}
	if shown.Title == "" {
		shown.Title = a.Title + " " + name
	}
	if m, ok := a.Atlas.Map(a.Division); ok {
		shown.Credit, shown.Schematic, shown.Boundaries = m.CreditAt(area.Commune), m.Schematic, m.Version
	}
	return shown
}

func (a *API) listScreens(ctx context.Context, c *fiber.Ctx) error {
	known, now, err := a.Store.Screens(ctx, a.Intake.Ground())
	if err != nil {
		return err
	}
	told := toldWhoPaired(asking(c))
	listed := []screenListed{}
	for _, one := range known {
		if mayBe(c, access.ReadScreen, one.ID) != nil {
			continue // a screen sees itself alone
		}
		shown := a.listScreen(one, now)
		if shown.Pairing != nil && !told {
			shown.Pairing.By, shown.Pairing.ByName, shown.Pairing.Agent, shown.Pairing.Network = "", "", "", ""
		}
		listed = append(listed, shown)
	}
	return send(c, fiber.StatusOK, struct {
		At      time.Time      `json:"at"` // the clock that beats and confirmations are dated by
		Screens []screenListed `json:"screens"`
	}{now, listed})
}

func (a *API) listScreen(one store.KnownScreen, now time.Time) screenListed {
	set := one.Settings()
	shown := settingsShown{set.Title, set.Point, "", set.Scene, set.Density, set.PanelMM, set.ViewingMM}
	if set.Area != nil {
		shown.Area = set.Area.Code
	}
	return screenListed{a.showScreen(one.Screen), set.Point, shown, one.Beat, one.Beat.Connected(now), one.Seen, showPairing(one.Pairing)}
}

// pageBody bounds what a wall's page says about itself.
const pageBody = 4 << 10

// postSeen takes a page's confirmation that it shows what was ordered, or why it does not.
func (a *API) postSeen(ctx context.Context, c *fiber.Ctx) error {
	one, err := a.screen(ctx, strings.Clone(c.Params("screen")))
	if err != nil {
		return err
	}
	if err := mayBe(c, access.ReportScreen, one.ID); err != nil {
		return err
	}
	o, _, err := readObject(c, pageBody)
	if err != nil {
		return err
	}
	if !o.given("version") {
		o.wrong("version", "required", "Thiếu trường version.")
	}
	seen := screen.Seen{Version: o.whole("version"), Applied: o.flag("applied"), Reason: o.text("reason")}.Clean()
	if err := fault.Join(o.done(), seen.Check()); err != nil {
		return err
	}
	if err := a.Store.SeeScreen(ctx, one.ID, seen); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// postBeat takes what a page says about itself.
func (a *API) postBeat(ctx context.Context, c *fiber.Ctx) error {
	one, err := a.screen(ctx, strings.Clone(c.Params("screen")))
	if err != nil {
		return err
	}
	if err := mayBe(c, access.ReportScreen, one.ID); err != nil {
		return err
	}
	o, _, err := readObject(c, pageBody)
	if err != nil {
		return err
	}
	b := screen.Beat{
		Build: o.text("build"), Seq: o.whole("seq"), HeapBytes: o.count("heap_bytes"), Nodes: o.count("nodes"),
		LongTasks: o.whole("long_tasks"), FPS: o.optional("fps"), SkewMS: o.optional("skew_ms"), Width: o.whole("width"),
		Height: o.whole("height"), Scene: o.text("scene"), Area: o.text("area"), Density: o.text("density"),
		Phase: o.text("phase"), Version: o.whole("version"),
	}
	if err := fault.Join(o.done(), b.Check()); err != nil {
		return err
	}
	if err := a.Store.BeatScreen(ctx, one.ID, b); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
