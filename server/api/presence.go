package api

import (
	"context"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/presence"
)

// Presence knows who has a report before them.
type Presence interface {
	Beat(ctx context.Context, b presence.Beat) presence.State
	Leave(ctx context.Context, report, id, page string)
}

// pageName is what a page of the console may call itself.
var pageName = regexp.MustCompile(`^[A-Za-z0-9_-]{8,40}$`)

type presentShown struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
	Own   bool      `json:"own"`
}

// putPresence says that a page has a report open, and hears who else has.
func (a *API) putPresence(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	page, typing, take := o.text("page"), o.flag("typing"), o.flag("take")
	if !pageName.MatchString(page) {
		o.wrong("page", "format", "Tên trang phải có 8 đến 40 chữ cái, chữ số, gạch ngang hoặc gạch dưới.")
	}
	if err := o.done(); err != nil {
		return err
	}
	r, err := a.reportFor(ctx, c, access.ShowPresence)
	if err != nil {
		return err
	}
	who := author(asking(c))
	s := a.Presence.Beat(ctx, presence.Beat{
		Report: r.ID, Division: r.Division, Path: r.Path, ID: who.ID, Name: who.Name, Page: page, Typing: typing, Take: take,
	})
	people := []presentShown{}
	for _, p := range s.People() {
		people = append(people, presentShown{p.ID, p.Name, p.Since, p.ID == who.ID})
	}
	var lock *presentShown
	if l := s.Lock; l != nil {
		lock = &presentShown{l.ID, l.Name, l.Since, s.Held(who.ID, page)}
	}
	return send(c, fiber.StatusOK, map[string]any{"people": people, "lock": lock, "until": a.Now().UTC().Add(presence.GoneAfter)})
}

// deletePresence says that a page has closed a report.
func (a *API) deletePresence(ctx context.Context, c *fiber.Ctx) error {
	q, err := query(c, "page")
	if err != nil {
		return err
	}
	if !pageName.MatchString(q["page"]) {
		return fault.Invalid("page", "Tên trang phải có 8 đến 40 chữ cái, chữ số, gạch ngang hoặc gạch dưới.").Because("format")
	}
	r, err := a.reportFor(ctx, c, access.ShowPresence)
	if err != nil {
		return err
	}
	a.Presence.Leave(ctx, r.ID, asking(c).ID, q["page"])
	return c.SendStatus(fiber.StatusNoContent)
}
