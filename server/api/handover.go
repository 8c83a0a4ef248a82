package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/handover"
	"toancanh/server/store"
)

// Handovers keeps shifts handed over.
type Handovers interface {
	Handovers(ctx context.Context, p access.Place) ([]handover.Handover, error)
	Handover(ctx context.Context, id string) (handover.Handover, error)
	HandoverContent(ctx context.Context, shift store.Shift) (handover.Content, error)
	SignHandover(ctx context.Context, h handover.Handover) error
	TakeHandover(ctx context.Context, id string, take func(handover.Handover) (handover.Handover, error)) (handover.Handover, error)
}

type handoverShown struct {
	ID      string            `json:"id"`
	Area    string            `json:"area"`
	Content *handover.Content `json:"content,omitempty"`
	Spoken  []string          `json:"spoken,omitempty"`
	Note    string            `json:"note"`
	OutName string            `json:"out_name"`
	OutAt   time.Time         `json:"out_at"`
	InName  string            `json:"in_name"`
	InAt    *time.Time        `json:"in_at"`
	Reply   string            `json:"reply"`
	// MayTake says that the caller may sign as who comes.
	MayTake bool `json:"may_take"`
}

func (a *API) showHandover(h handover.Handover, who caller, whole bool) handoverShown {
	shown := handoverShown{
		ID: h.ID, Area: h.Area, Note: h.Note, OutName: h.OutName, OutAt: h.OutAt, InName: h.InName, InAt: h.InAt, Reply: h.Reply,
		MayTake: h.InAt == nil && who.ID != h.OutBy &&
			allow(access.Decide(who.Principal, access.HandOver, access.Object{Place: placeOfHandover(h)}), errNoHandover) == nil,
	}
	if whole {
		shown.Content, shown.Spoken = &h.Content, a.spoken(h.Content)
	}
	return shown
}

func (a *API) spoken(c handover.Content) []string {
	return c.Spoken(a.Location, func(code string) string {
		if area, ok := a.Atlas.Tree.Get(a.Division, code); ok {
			return area.Title()
		}
		return code
	})
}

func placeOfHandover(h handover.Handover) access.Place {
	return access.Place{Division: h.Division, Path: h.Path}
}

//nolint:gochecknoglobals // an error value
var errNoHandover = fault.NotFound("Không có lần bàn giao này.")

// placeAsked is the area a request is about: the one it names, or the whole province.
func (a *API) placeAsked(code string) (access.Place, error) {
	if code == "" {
		root, _ := a.Atlas.Tree.Root(a.Division)
		code = root.Code
	}
	path := a.Atlas.Tree.Path(a.Division, code)
	if path == nil {
		return access.Place{}, fault.Invalid("area", "Không có địa bàn này.").Because("unknown")
	}
	return access.Place{Division: a.Division, Path: path}, nil
}

func (a *API) listHandovers(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "area")
	if err != nil {
		return err
	}
	place, err := a.placeAsked(q["area"])
	if err != nil {
		return err
	}
	list, err := a.Handovers.Handovers(ctx, place)
	if err != nil {
		return err
	}
	who := asking(c)
	shown := []handoverShown{}
	for _, h := range list {
		if works(who.Principal, access.ReadHandovers, placeOfHandover(h)) {
			shown = append(shown, a.showHandover(h, who, false))
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"handovers": shown})
}

// getHandoverDraft is what would be handed over now.
func (a *API) getHandoverDraft(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "area")
	if err != nil {
		return err
	}
	place, err := a.placeAsked(q["area"])
	if err != nil {
		return err
	}
	if err := allow(access.Decide(asking(c).Principal, access.ReadHandovers, access.Object{Place: place}), errNoHandover); err != nil {
		return err
	}
	content, err := a.handoverContent(ctx, place)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]any{"content": content, "spoken": a.spoken(content)})
}

func (a *API) handoverContent(ctx context.Context, place access.Place) (handover.Content, error) {
	now := a.Now().UTC().Truncate(time.Microsecond)
	list, err := a.Handovers.Handovers(ctx, place)
	if err != nil {
		return handover.Content{}, err
	}
	var last *time.Time
	for _, h := range list {
		if h.Area == place.Path[len(place.Path)-1] {
			last = &h.OutAt
			break
		}
	}
	shift := store.Shift{Place: place, At: now, Origin: string(a.Origin)}
	shift.From, shift.Next = handover.Span(last, now)
	content, err := a.Handovers.HandoverContent(ctx, shift)
	if err != nil {
		return content, err
	}
	content.Contact, err = a.lastContact(ctx, content.From)
	return content, err
}

// lastContact is what became of the newest contact test of a shift; nil when it had none. Somebody who answered by one channel
// was reached, and a position that nobody holds was not.
func (a *API) lastContact(ctx context.Context, since time.Time) (*handover.Test, error) {
	t, err := a.Duty.LastContactTest(ctx)
	if fault.Is(err, fault.KindNotFound) || err == nil && t.MadeAt.Before(since) {
		return nil, nil //nolint:nilnil // none is no fault
	}
	if err != nil {
		return nil, err
	}
	told := &handover.Test{At: t.MadeAt, Failed: []string{}}
	answered := map[[2]string]bool{}
	for _, c := range t.Calls {
		who := [2]string{string(c.Position), c.Person}
		answered[who] = answered[who] || c.AnsweredAt != nil
	}
	for _, c := range t.Calls { // in their order, each once
		who := [2]string{string(c.Position), c.Person}
		ok, waits := answered[who]
		if !waits {
			continue
		}
		delete(answered, who)
		told.Asked++
		if ok {
			told.Ok++
			continue
		}
		word := c.Position.Label()
		if c.Name != "" {
			word += " " + c.Name
		}
		told.Failed = append(told.Failed, word)
	}
	return told, nil
}

func (a *API) getHandover(ctx context.Context, c *fiber.Ctx) error {
	h, err := a.handoverFor(ctx, c)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.showHandover(h, asking(c), true))
}

func (a *API) handoverFor(ctx context.Context, c *fiber.Ctx) (handover.Handover, error) {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return handover.Handover{}, errNoHandover
	}
	h, err := a.Handovers.Handover(ctx, id.String())
	if err != nil {
		return h, err
	}
	if !works(asking(c).Principal, access.ReadHandovers, placeOfHandover(h)) {
		return h, errNoHandover
	}
	return h, nil
}

// postHandover is the signature of who leaves: what is told is read at this instant and frozen.
func (a *API) postHandover(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	code, text := o.text("area"), o.text("note")
	if err := o.done(); err != nil {
		return err
	}
	note, wrong := handover.CleanNote("note", text)
	place, unknown := a.placeAsked(code)
	if err := fault.Join(wrong, unknown); err != nil {
		return err
	}
	who := asking(c)
	if err := allow(access.Decide(who.Principal, access.HandOver, access.Object{Place: place}), errNoHandover); err != nil {
		return err
	}
	content, err := a.handoverContent(ctx, place)
	if err != nil {
		return err
	}
	h := handover.Handover{
		ID: uuid.NewString(), Division: place.Division, Area: place.Path[len(place.Path)-1], Path: place.Path, Content: content, Note: note,
		OutBy: who.ID, OutName: author(who).Name, OutAt: content.At,
	}
	if err := a.Handovers.SignHandover(ctx, h); err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/v1/handovers/"+h.ID)
	return send(c, fiber.StatusCreated, a.showHandover(h, who, true))
}

// postHandoverTaken is the signature of who comes.
func (a *API) postHandoverTaken(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	text := o.text("reply")
	if err := o.done(); err != nil {
		return err
	}
	reply, err := handover.CleanNote("reply", text)
	if err != nil {
		return err
	}
	h, err := a.handoverFor(ctx, c)
	if err != nil {
		return err
	}
	who, now := asking(c), a.Now().UTC()
	if err := allow(access.Decide(who.Principal, access.HandOver, access.Object{Place: placeOfHandover(h)}), errNoHandover); err != nil {
		return err
	}
	h, err = a.Handovers.TakeHandover(ctx, h.ID, func(h handover.Handover) (handover.Handover, error) {
		return h.Take(who.ID, author(who).Name, reply, now)
	})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.showHandover(h, who, true))
}
