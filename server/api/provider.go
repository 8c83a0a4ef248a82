package api

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

// providerLimit bounds both steps of signing in elsewhere; the provider itself has less.
const providerLimit = 9 * time.Second

type providerShown struct {
	Label string `json:"label"`
}

// PathReturn is where the sign-in provider sends people back to.
const PathReturn = "/api/v1/oidc/return"

// consoleFault is the console with a word about why somebody did not come in. It stands behind the #, which no browser
// sends.
const consoleFault = "/console#dang-nhap="

// getProvider sends a browser to the sign-in provider.
func (a *API) getProvider(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayLeave(c); err != nil {
		return err
	}
	d, err := a.deskHere(ctx, c)
	if err != nil {
		return err
	}
	deskID := ""
	if d != nil {
		deskID = d.ID
	}
	address, sealed, err := a.Provider.Begin(ctx, deskID)
	if err != nil {
		return a.backToConsole(c, err)
	}
	// Lax, for the provider's page is another site and sends the browser back from there.
	err = a.putCookie(c, fiber.Cookie{
		Name: partProvider, Value: base64.RawURLEncoding.EncodeToString(sealed), SameSite: fiber.CookieSameSiteLaxMode,
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Redirect(address, fiber.StatusSeeOther)
}

func (a *API) mayLeave(c *fiber.Ctx) error {
	if a.Provider == nil {
		return fiber.ErrNotFound
	}
	return a.mayKnock(c)
}

// getReturned takes what the provider sent the browser back with, and opens a session.
func (a *API) getReturned(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayLeave(c); err != nil {
		return err
	}
	name, _ := a.cookieName(c)
	sealed, _ := base64.RawURLEncoding.DecodeString(c.Cookies(name + partProvider)) // what does not hold is refused below
	if err := a.putCookie(c, fiber.Cookie{Name: partProvider, SameSite: fiber.CookieSameSiteLaxMode}); err != nil {
		return err
	}
	id, err := a.Provider.Finish(ctx, auth.Returned{
		Sealed: sealed, State: c.Query("state"), Code: strings.Clone(c.Query("code")), Issuer: c.Query("iss"), Fault: c.Query("error"),
	})
	if err != nil {
		return a.backToConsole(c, err)
	}
	shown := auth.Credentials{Address: a.Frame.Caller(c.Context()), Agent: agentOf(c.Get(fiber.HeaderUserAgent))}
	token, _, err := a.Keeper.SignInBy(ctx, id, shown)
	if err != nil {
		return a.backToConsole(c, err)
	}
	if err := a.setCookie(c, token); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Redirect("/console", fiber.StatusSeeOther)
}

// backToConsole shows a person why they did not come in where they can do something about it. Whatever has no word for
// them is answered as any fault.
func (a *API) backToConsole(c *fiber.Ctx, err error) error {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok || known.Reason == "" {
		return err
	}
	if fault.Is(err, fault.KindUnavailable) {
		a.Frame.Log.LogAttrs(c.UserContext(), slog.LevelWarn, "sign-in provider is away", slog.Any("err", err))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Redirect(consoleFault+known.Reason, fiber.StatusSeeOther)
}

const mostSubject = 255 // OpenID Connect Core 1.0, section 2

// putSubject links a person to whom the provider knows under a subject.
func (a *API) putSubject(ctx context.Context, c *fiber.Ctx) error {
	if a.Provider == nil {
		return fiber.ErrNotFound
	}
	p, err := a.People.Person(ctx, c.Params("id"))
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	subject := o.text("subject")
	if subject == "" || len(subject) > mostSubject {
		o.wrong("subject", "format", "Mã của người dùng ở hệ thống đăng nhập ngoài có từ 1 đến %d ký tự.", mostSubject)
	}
	if err := o.done(); err != nil {
		return err
	}
	err = a.People.LinkSubject(ctx, auth.Linking{PersonID: p.ID, Issuer: a.Provider.Issuer(), Subject: subject, Why: "administrator"})
	if fault.Is(err, fault.KindConflict) {
		return fault.Conflict("Người này hoặc mã này đã được nối rồi.").Because("linked").Wrap(err)
	}
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) deleteSubject(ctx context.Context, c *fiber.Ctx) error {
	if a.Provider == nil {
		return fiber.ErrNotFound
	}
	if err := a.People.UnlinkSubject(ctx, c.Params("id"), a.Provider.Issuer()); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
