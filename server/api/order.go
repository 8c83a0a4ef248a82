package api

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/screen"
)

// mostAddressed bounds the screens one order names.
const mostAddressed = 500

// orderAnswer says which versions to wait for, and who was left out because it cannot show the scene.
type orderAnswer struct {
	Screens []screenVersion `json:"screens"`
	Refused []refusalShown  `json:"refused"`
}

type screenVersion struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type refusalShown struct {
	Screen string  `json:"screen"`
	Part   string  `json:"part"`
	PX     float64 `json:"px"`
	NeedPX float64 `json:"need_px"`
	Detail string  `json:"detail"`
}

// postOrder gives screens something to show.
func (a *API) postOrder(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	sending := screen.Sending{SkipRefused: o.flag("skip_refused"), Legible: a.legible}
	sending.Screens = o.addressees("screens", true)
	show, ok := o.child("show")
	if !ok && !o.given("show") {
		o.wrong("show", "required", "Thiếu trường show.")
	}
	order := a.readShow(show).Clean()
	if err := o.done(); err != nil {
		return err
	}
	if err := order.Check(a.world()); err != nil {
		return err
	}
	if order.Highlight.To, err = a.findHighlight(ctx, order.Highlight.To); err != nil {
		return err
	}
	sending.Order = order
	var refused []screen.Refusal
	changed, err := a.Intake.ChangeScreens(ctx, func(b screen.Board) (changed []screen.Screen, err error) {
		changed, refused, err = b.Send(sending)
		return changed, err
	})
	if err != nil {
		return err
	}
	return sendOrdered(c, changed, refused)
}

func sendOrdered(c *fiber.Ctx, changed []screen.Screen, refused []screen.Refusal) error {
	answer := orderAnswer{Screens: []screenVersion{}, Refused: []refusalShown{}}
	for _, one := range changed {
		answer.Screens = append(answer.Screens, screenVersion{one.ID, one.Version})
	}
	for _, r := range refused {
		answer.Refused = append(answer.Refused, refusalShown(r))
	}
	return send(c, fiber.StatusOK, answer)
}

// addressees are the screens that a member names; nil for the word all, where that is allowed.
func (o *object) addressees(name string, all bool) []string {
	for _, m := range o.value.members {
		if all && m.name == name && m.value.kind == isText && unquote(m.value.raw) == "all" {
			o.text(name)
			return nil
		}
	}
	items := o.list(name)
	if len(items) > mostAddressed {
		o.wrong(name, "too_long", "Chỉ nhận tối đa %d màn hình một lần.", mostAddressed)
		return []string{}
	}
	ids := []string{}
	for _, v := range items {
		if v.kind != isText {
			o.wrongType(o.field(name), isText, v.kind)
			break
		}
		ids = append(ids, unquote(v.raw))
	}
	return ids
}

// readShow reads a partial show: what is absent stays, null takes back.
func (a *API) readShow(o *object) screen.Order {
	var order screen.Order
	if o.named("scene") {
		order.Scene = screen.To(o.text("scene"))
	}
	if o.named("area") {
		order.Area = screen.To[*screen.Place](nil)
		if p, ok := o.child("area"); ok {
			order.Area.To = &screen.Place{Division: p.text("division"), Code: p.text("code")}
			p.refuseUnknown()
		}
	}
	if o.named("highlight") {
		order.Highlight = screen.To[*screen.Highlight](nil)
		if h, ok := o.child("highlight"); ok {
			order.Highlight.To = &screen.Highlight{Kind: h.text("kind"), ID: h.text("id")}
			h.refuseUnknown()
		}
	}
	if o.named("message") {
		order.Message = screen.To[*screen.Message](nil)
		if m, ok := o.child("message"); ok {
			order.Message.To = &screen.Message{Text: m.text("text"), State: m.text("state"), Until: m.instant("until")}
			m.refuseUnknown()
		}
	}
	order.Reload = o.flag("reload")
	o.refuseUnknown()
	return order
}

func (a *API) world() screen.World {
	return screen.World{Now: a.Now(), HasScene: a.hasScene, Ground: a.Intake.Ground()}
}

// findHighlight looks the thing up. A report may be named by its code; pages know it by its UUID.
func (a *API) findHighlight(ctx context.Context, h *screen.Highlight) (*screen.Highlight, error) {
	if h == nil {
		return nil, nil //nolint:nilnil // nothing to point at
	}
	missing := fault.Invalid("show.highlight", "Không tìm thấy đối tượng cần làm nổi bật.").Because("unknown")
	found := *h
	switch h.Kind {
	case "report":
		id, err := parseReportID(h.ID)
		if err != nil {
			return nil, missing
		}
		r, err := a.Store.Report(ctx, id)
		if fault.Is(err, fault.KindNotFound) || err == nil && r.WithdrawnAt != nil {
			return nil, missing
		}
		found.ID = r.ID
		return &found, err
	case "sensor":
		sensors, err := a.Store.Sensors(ctx)
		if _, ok := sensors[h.ID]; err == nil && !ok {
			return nil, missing
		}
		return &found, err
	}
	if !a.Intake.Ground().Has(screen.Place{Division: a.Division, Code: h.ID}) {
		return nil, missing
	}
	return &found, nil
}

// putScreen sets a screen up, or sets it anew; what is absent falls back to the product's own choice.
func (a *API) putScreen(ctx context.Context, c *fiber.Ctx) error {
	id := strings.Clone(c.Params("screen"))
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	s := screen.Settings{
		Title: o.text("title"), Point: o.text("point"), Scene: o.text("scene"), Density: screen.Density(o.text("density")),
		PanelMM: o.millimetres("panel_mm"), ViewingMM: o.millimetres("viewing_mm"),
	}
	if code := o.text("area"); code != "" {
		s.Area = &screen.Place{Division: a.Division, Code: code}
	}
	s = s.Clean()
	if err := fault.Join(o.done(), s.Check(a.world())); err != nil {
		return err
	}
	changed, err := a.Intake.ChangeScreens(ctx, func(b screen.Board) ([]screen.Screen, error) {
		return b.Set(id, s, a.legible)
	})
	if err != nil {
		return err
	}
	return sendOrdered(c, changed, nil)
}

func (o *object) millimetres(name string) *int {
	n := o.count(name)
	if n == nil {
		return nil
	}
	const most = 1 << 30 // whatever is out of bounds stays so
	mm := int(min(max(*n, -1), most))
	return &mm
}

// count is a member that is a whole number, or nil.
func (o *object) count(name string) *int64 {
	if !o.given(name) {
		o.read = append(o.read, name)
		return nil
	}
	n := o.whole(name)
	return &n
}

func (a *API) deleteScreen(ctx context.Context, c *fiber.Ctx) error {
	id := strings.Clone(c.Params("screen"))
	_, err := a.Intake.ChangeScreens(ctx, func(b screen.Board) ([]screen.Screen, error) { return b.Delete(id) })
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// postMeeting lets screens follow a presenter.
func (a *API) postMeeting(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	m := screen.Meeting{Presenter: o.text("presenter"), SkipRefused: o.flag("skip_refused"), Legible: a.legible}
	m.Followers = o.addressees("screens", false)
	if err := o.done(); err != nil {
		return err
	}
	var refused []screen.Refusal
	changed, err := a.Intake.ChangeScreens(ctx, func(b screen.Board) (changed []screen.Screen, err error) {
		changed, refused, err = b.Meet(m)
		return changed, err
	})
	if err != nil {
		return err
	}
	return sendOrdered(c, changed, refused)
}

func (a *API) deleteMeeting(ctx context.Context, c *fiber.Ctx) error {
	presenter := strings.Clone(c.Params("presenter"))
	_, err := a.Intake.ChangeScreens(ctx, func(b screen.Board) ([]screen.Screen, error) { return b.EndMeeting(presenter) })
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
