package public

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/limit"
)

// Duty hears of a person on duty that a message reached them, by the secret in it.
type Duty interface {
	Arrived(ctx context.Context, token string, answered bool) (test bool, err error)
}

// pathDuty is where the link of a contact test leads.
const pathDuty = "/truc"

func (s *Site) dutyRoutes(app *fiber.App) {
	if s.Duty != nil {
		app.Get(pathDuty, s.getDutyLink)
		app.Post(pathDuty, s.postDutyLink)
	}
}

// dutyPage asks whether the message arrived, or says that it is noted.
type dutyPage struct {
	Action string
	Done   bool
}

// getDutyLink changes nothing: programs that look at mails open links, too.
func (s *Site) getDutyLink(c *fiber.Ctx) error {
	return s.sendDuty(c, dutyPage{Action: pathDuty + "?" + url.Values{"ma": {dutyToken(c)}}.Encode()})
}

func (s *Site) postDutyLink(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Follows(), ""); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	if _, err := s.Duty.Arrived(ctx, dutyToken(c), true); err != nil {
		return err
	}
	return s.sendDuty(c, dutyPage{Done: true})
}

func dutyToken(c *fiber.Ctx) string { return strings.TrimSpace(c.Query("ma")) }

func (s *Site) sendDuty(c *fiber.Ctx, page dutyPage) error {
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	l, _ := s.lookOf(c)
	m := s.model(c, l)
	m.Closed, m.Page, m.Here, m.Title = true, page, "/", s.book.say(l, "duty confirm")
	return s.send(c, "duty", m)
}
