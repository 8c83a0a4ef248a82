package api

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/report"
	"toancanh/server/store"
	"toancanh/server/view"
)

type viewShown struct {
	ID      string            `json:"id"`
	Version int64             `json:"version"`
	Name    string            `json:"name"`
	Filter  map[string]string `json:"filter"`
	Shared  *placeShown       `json:"shared"`
	Own     bool              `json:"own"`
	Owner   view.Author       `json:"owner"`
}

type placeShown struct {
	Division string `json:"division"`
	Area     string `json:"area"`
}

func showView(v store.SavedView, who access.Principal) viewShown {
	shown := viewShown{ID: v.ID, Version: v.Version, Name: v.Name, Filter: v.Filter, Own: v.Owner.ID == who.ID, Owner: v.Owner}
	if v.Place != nil {
		shown.Shared = &placeShown{v.Place.Division, v.Place.Path[len(v.Place.Path)-1]}
	}
	return shown
}

// listViews are one's own views and those shared where one works. A view shows no report: what it finds, the list asks again.
func (a *API) listViews(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	list, err := a.Queue.Views(ctx, who.ID)
	if err != nil {
		return err
	}
	shown := []viewShown{}
	for _, v := range list {
		if v.Owner.ID == who.ID || v.Place != nil && works(who, access.ListReports, *v.Place) {
			shown = append(shown, showView(v, who))
		}
	}
	return send(c, fiber.StatusOK, map[string]any{"views": shown})
}

// readView reads a view; the filter must be one that a list takes.
func (a *API) readView(ctx context.Context, c *fiber.Ctx) (store.SavedView, error) {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return store.SavedView{}, err
	}
	v := store.SavedView{Name: a.cleaned(o, "name", report.CleanName), Version: o.whole("version"), Filter: map[string]string{}}
	filter, ok := o.child("filter")
	if !ok && !o.given("filter") {
		o.wrong("filter", "required", "Thiếu trường filter.")
	}
	for _, name := range filterParams() {
		if filter.named(name) {
			v.Filter[name] = filter.text(name)
		}
	}
	filter.refuseUnknown()
	if _, err := a.filter(ctx, v.Filter); err != nil {
		*o.faults = append(*o.faults, err)
	}
	if shared, ok := o.child("shared"); ok {
		p := a.readPlace(shared)
		shared.refuseUnknown()
		v.Place = &p
	}
	return v, o.done()
}

// mayShare says whether somebody may show a view where it is to be shown.
func mayShare(who access.Principal, v store.SavedView) error {
	if v.Place == nil {
		return nil
	}
	return allow(access.Decide(who, access.ShareViews, access.Object{Place: *v.Place}), errCannotShare)
}

//nolint:gochecknoglobals // an error value
var errCannotShare = allow(access.Forbid, nil)

// mayChangeView says whether a view is somebody's own. Others' are not there.
func mayChangeView(who access.Principal) func(store.SavedView) error {
	return func(v store.SavedView) error {
		return allow(access.Decide(who, access.OwnViews, access.Object{Owner: v.Owner.ID}), store.ErrNoView)
	}
}

func (a *API) postView(ctx context.Context, c *fiber.Ctx) error {
	v, err := a.readView(ctx, c)
	if err != nil {
		return err
	}
	who := asking(c)
	v.ID, v.Version, v.Owner = uuid.NewString(), 1, author(who)
	if err = mayShare(who.Principal, v); err == nil {
		err = a.Queue.AddView(ctx, v)
	}
	if err != nil {
		return a.refuse(c, refused{access.ShareViews, "view", err})
	}
	return send(c, fiber.StatusCreated, showView(v, who.Principal))
}

func (a *API) putView(ctx context.Context, c *fiber.Ctx) error {
	v, err := a.readView(ctx, c)
	if err != nil {
		return err
	}
	who := asking(c).Principal
	v.ID = c.Params("id")
	after, err := v, mayShare(who, v)
	if err == nil {
		after, err = a.Queue.ChangeView(ctx, v, mayChangeView(who))
	}
	if err != nil {
		return a.refuse(c, refused{access.ShareViews, "view", err})
	}
	return send(c, fiber.StatusOK, showView(after, who))
}

// deleteView takes away one's own view, or one that is shared where one may share.
func (a *API) deleteView(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c).Principal
	own := mayChangeView(who)
	err := a.Queue.DropView(ctx, c.Params("id"), func(v store.SavedView) error {
		if err := own(v); err == nil || v.Place == nil {
			return err
		}
		if mayShare(who, v) != nil {
			return store.ErrNoView
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
