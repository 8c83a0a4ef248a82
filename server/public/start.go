package public

import (
	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
)

// startPage is the newcomer's page.
type startPage struct{ Storm, Playing, Enter bool }

// getStart shows a newcomer what there is. It exists with the sample only, and only for this machine's own user.
func (s *Site) getStart(c *fiber.Ctx) error {
	if !s.Sample || !s.Frame.Loopback(c.Context()) {
		return fiber.ErrNotFound
	}
	l, moved := s.lookOf(c)
	if moved {
		return c.Redirect(c.Path(), fiber.StatusSeeOther)
	}
	m := s.model(c, l)
	m.Title, m.Closed, m.Page = "Bắt đầu", true, startPage{Storm: s.Storm != nil, Playing: c.Query("bao") == "1", Enter: s.Enter != nil}
	if l.English {
		m.Title = "Start here"
	}
	return s.send(c, "start", m)
}

// postStart plays the storm, or signs in as the sample's person of a role.
func (s *Site) postStart(c *fiber.Ctx) error {
	if !s.Sample || !s.Frame.Loopback(c.Context()) {
		return fiber.ErrNotFound
	}
	if role := string(c.Request().PostArgs().Peek("vai")); role != "" && s.Enter != nil {
		if err := s.Enter(c, role); err != nil {
			return err
		}
		if role == string(access.CommunityTeam) && s.Visits != nil {
			return c.Redirect(pathTeam, fiber.StatusSeeOther)
		}
		return c.Redirect("/console", fiber.StatusSeeOther)
	}
	if s.Storm == nil {
		return fiber.ErrNotFound
	}
	s.Storm()
	return c.Redirect("/bat-dau?bao=1", fiber.StatusSeeOther)
}
