package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/follow"
	"toancanh/server/limit"
	"toancanh/server/report"
)

// headerSecret carries the secret of a receipt: whoever shows it is the sender.
const headerSecret = "Report-Secret" //nolint:gosec // the name of a header

// Follow answers those who follow a report.
type Follow interface {
	Look(ctx context.Context, code, secret string) (follow.Sight, error)
	Act(ctx context.Context, code, secret string, act report.Act) (follow.Sight, error)
	Mail(ctx context.Context, code, secret string, to follow.Address) error
}

// followed is the code in the address and the secret beside it. A code that is none is a report that is not there.
func followed(c *fiber.Ctx) (code, secret string, err error) {
	code, ok := report.ParseCode(c.Params("code"))
	if !ok {
		return "", "", errNoReport
	}
	return code, c.Get(headerSecret), nil
}

// wanted is followed with the body of what the sender wants.
func wanted(c *fiber.Ctx) (code, secret string, o *object, err error) {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if code, secret, err = followed(c); err == nil {
		o, _, err = readObject(c, smallBody)
	}
	return code, secret, o, err
}

func (a *API) getFollow(ctx context.Context, c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	code, secret, err := followed(c)
	if err != nil {
		return err
	}
	sight, err := a.Follow.Look(ctx, code, secret)
	if err != nil {
		return a.lost(c, secret, err)
	}
	return send(c, fiber.StatusOK, sight)
}

// lost says that nothing was found in the same words, whether it was the code or the secret that is wrong.
func (a *API) lost(c *fiber.Ctx, secret string, err error) error {
	if secret != "" {
		err = a.Frame.Guessed(c, err)
	}
	return hideID(err)
}

func (a *API) postFollowAct(ctx context.Context, c *fiber.Ctx) error {
	code, secret, o, err := wanted(c)
	if err != nil {
		return err
	}
	act := report.Act{
		Name: report.ActName(o.text("act")), Text: o.text("text"), Reason: o.text("reason"),
		Rating: report.Rating{Solved: report.Solved(o.text("solved")), Manner: report.Manner(o.text("manner"))},
	}
	switch act.Name {
	case report.Supplement, report.Rate, report.Reopen:
	case "":
		o.wrong("act", "required", "Thiếu thao tác.")
	default:
		o.wrong("act", "unknown", "Người gửi không có thao tác này; có: supplement, rate, reopen.")
	}
	if err := o.done(); err != nil {
		return err
	}
	sight, err := a.Follow.Act(ctx, code, secret, act)
	if err != nil {
		return a.lost(c, secret, err)
	}
	return send(c, fiber.StatusOK, sight)
}

func (a *API) postFollowMail(ctx context.Context, c *fiber.Ctx) error {
	code, secret, o, err := wanted(c)
	if err != nil {
		return err
	}
	language := o.text("language")
	to := follow.Address{Mail: o.text("email"), English: language == "en"}
	if language != "" && language != "vi" && !to.English {
		o.wrong("language", "unknown", "Ngôn ngữ là vi hoặc en.")
	}
	if err := o.done(); err != nil {
		return err
	}
	if err := a.Frame.Limit(c, limit.Mails(), ""); err != nil {
		return err
	}
	if err := a.Follow.Mail(ctx, code, secret, to); err != nil {
		return a.lost(c, secret, err)
	}
	return c.SendStatus(fiber.StatusAccepted)
}
