package public

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/limit"
)

// Mails are the addresses that hear of a report, by the token in the links they get.
type Mails interface {
	Followed(ctx context.Context, token string) (code string, confirmed bool, err error)
	Confirm(ctx context.Context, token string) error
	End(ctx context.Context, token string) error
}

// mailDeed is what a link in a mail leads to. The link itself changes nothing: programs that look at mails open links, too.
type mailDeed struct {
	path string
	stop bool
	do   func(ctx context.Context, token string) error
}

func (s *Site) mailDeeds() []mailDeed {
	if s.Mails == nil {
		return nil
	}
	return []mailDeed{{"/thu/xac-nhan", false, s.Mails.Confirm}, {"/thu/ngung", true, s.Mails.End}}
}

// mailPage asks whether to do it, or says that it is done.
type mailPage struct {
	Code, Action string
	Stop, Done   bool
}

func (s *Site) getMailLink(deed mailDeed) fiber.Handler {
	return s.mailLink(func(ctx context.Context, token string) (mailPage, error) {
		code, confirmed, err := s.Mails.Followed(ctx, token)
		return mailPage{Code: code, Stop: deed.stop, Done: !deed.stop && confirmed, Action: deed.path + "?ma=" + token}, err
	})
}

func (s *Site) postMailLink(deed mailDeed) fiber.Handler {
	return s.mailLink(func(ctx context.Context, token string) (mailPage, error) {
		code, _, err := s.Mails.Followed(ctx, token)
		if deed.stop && fault.Is(err, fault.KindNotFound) {
			return mailPage{Stop: true, Done: true}, nil // ended before: what was wanted is true
		}
		if err == nil {
			err = deed.do(ctx, token)
		}
		return mailPage{Code: code, Stop: deed.stop, Done: true}, err
	})
}

func (s *Site) mailLink(do func(ctx context.Context, token string) (mailPage, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderReferrerPolicy, "same-origin")
		if err := s.Frame.Limit(c, limit.Follows(), ""); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
		defer cancel()
		page, err := do(ctx, strings.TrimSpace(c.Query("ma")))
		if err != nil {
			return err
		}
		l, _ := s.lookOf(c)
		m := s.model(c, l)
		m.Closed, m.Page, m.Here = true, page, "/phan-anh"
		m.Title = s.book.say(l, "mail confirm")
		if page.Stop {
			m.Title = s.book.say(l, "mail stop")
		}
		return s.send(c, "mail", m)
	}
}
