package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/limit"
)

// The cookie of a session. A browser takes the first only over HTTPS, for this host alone and for every path; the second is
// the same on this machine's own plain HTTP, where no network lies between.
const (
	cookieSession = "__Host-toancanh"
	cookieLocal   = "toancanh-local"
)

// Parts of the names of further cookies: the desk that this machine is, and what waits for the sign-in provider.
const (
	partDesk     = "-desk"
	partProvider = "-oidc"
)

// pathSession is where a page asks who sits there.
const pathSession = "/api/v1/session"

// cookieName is the session's cookie on this connection; ok is false where a session would cross a network in the clear.
func (a *API) cookieName(c *fiber.Ctx) (name string, ok bool) {
	switch {
	case a.Frame.HTTPS(c.Context()):
		return cookieSession, true
	case a.Frame.Loopback(c.Context()):
		return cookieLocal, true
	}
	return "", false
}

func (a *API) setCookie(c *fiber.Ctx, token string) error {
	return a.putCookie(c, fiber.Cookie{Value: token, SameSite: fiber.CookieSameSiteStrictMode})
}

// putCookie sets a cookie whose name ends as given, or clears it when it has no value.
func (a *API) putCookie(c *fiber.Ctx, cookie fiber.Cookie) error {
	name, ok := a.cookieName(c)
	if !ok {
		return errPlain
	}
	cookie.Name, cookie.Path, cookie.HTTPOnly, cookie.Secure = name+cookie.Name, "/", true, name == cookieSession
	if cookie.Value == "" {
		cookie.Expires, cookie.MaxAge = time.Unix(1, 0), 0 // an age would outlive the date
	}
	c.Cookie(&cookie)
	return nil
}

//nolint:gochecknoglobals // an error value
var errPlain = fault.Forbidden("Chỉ đăng nhập được qua HTTPS, hoặc trên chính máy chủ.").Because("https")

var errNobody = fault.Unauthenticated("Cần đăng nhập.").Because("sign_in") //nolint:gochecknoglobals // an error value

// session finds the caller's session.
func (a *API) session(ctx context.Context, c *fiber.Ctx, active bool) (auth.Session, error) {
	name, ok := a.cookieName(c)
	if !ok || a.Keeper == nil {
		return auth.Session{}, errNobody
	}
	token := c.Cookies(name)
	if token == "" {
		return auth.Session{}, errNobody
	}
	s, err := a.Keeper.Open(ctx, token, active)
	if err == nil && s.Sample && !(a.Sample && a.Frame.Loopback(c.Context())) {
		return auth.Session{}, errNobody
	}
	return s, err
}

type roleShown struct {
	ID    access.Role `json:"id"`
	Label string      `json:"label"`
}

func showRoles(roles []access.Role) []roleShown {
	shown := make([]roleShown, len(roles))
	for i, r := range roles {
		shown[i] = roleShown{r, r.Label()}
	}
	return shown
}

// whoShown is who somebody is, and what they may.
type whoShown struct {
	Stage   string                   `json:"stage"` // none, code, enrol, full
	Desk    bool                     `json:"desk"`  // the sample's own machine, without signing in
	Person  *personBrief             `json:"person"`
	Session *sessionShown            `json:"session"`
	Duty    *dutyShown               `json:"duty"`     // null where the machine is no desk
	Sign    *providerShown           `json:"provider"` // null where passwords are the only way in
	Roles   []roleShown              `json:"roles"`
	Rights  map[access.Action]string `json:"rights"`
	// Recovery are the codes of a factor just set up, shown this once.
	Recovery []string `json:"recovery,omitempty"`
}

type personBrief struct {
	ID    string   `json:"id"`
	Login string   `json:"login"`
	Name  string   `json:"name"`
	Units []string `json:"units"`
	Areas []string `json:"areas"`
	PIN   bool     `json:"pin"` // they have one
}

type sessionShown struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	EndsAt    time.Time `json:"ends_at"`
	Agent     string    `json:"agent"`
	Network   string    `json:"network"`
	Own       bool      `json:"own"`
}

func showSession(s auth.Session, own bool) sessionShown {
	return sessionShown{s.ID, s.CreatedAt, s.SeenAt, s.Ends(), s.Agent, s.Network, own}
}

func (a *API) show(who caller) whoShown {
	shown := whoShown{Stage: "none", Desk: who.ID == desk().ID, Roles: []roleShown{}, Rights: access.RightsOf(who.Principal)}
	if who.Known() {
		shown.Stage, shown.Roles = string(auth.StageFull), showRoles(who.Roles)
	}
	if a.Provider != nil {
		shown.Sign = &providerShown{a.Provider.Label()}
	}
	if who.Desk != nil {
		a.showDuty(&shown, who)
	}
	if s := who.Session; s != nil {
		brief := showSession(*s, true)
		shown.Session, shown.Stage = &brief, string(s.Stage)
		shown.Person = &personBrief{s.Person.ID, s.Person.Login, s.Person.Name, some(s.Person.Units), some(s.Person.Areas), s.Person.HasPIN}
	}
	return shown
}

// some is never null in JSON.
func some(list []string) []string { return append([]string{}, list...) }

func (a *API) getSession(ctx context.Context, c *fiber.Ctx) error {
	who, err := a.who(ctx, c, active(c))
	if err != nil {
		return err
	}
	if err := a.renewDesk(c, who); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.show(who))
}

// postSession signs in by login and password.
func (a *API) postSession(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayKnock(c); err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	shown := auth.Credentials{
		Login: o.text("login"), Password: o.text("password"), Address: a.Frame.Caller(c.Context()), Agent: agentOf(c.Get(fiber.HeaderUserAgent)),
	}
	needTexts(o, "login", "password")
	if err := o.done(); err != nil {
		return err
	}
	d, err := a.deskHere(ctx, c)
	if err != nil {
		return err
	}
	if d != nil {
		shown.DeskID = d.ID
	}
	token, s, err := a.Keeper.SignIn(ctx, shown)
	if err != nil {
		return slowed(c, err)
	}
	return a.admit(c, d, admitted{token, s, nil})
}

// mayKnock slows an address and refuses a password over an open network.
func (a *API) mayKnock(c *fiber.Ctx) error {
	if a.Keeper == nil {
		return fiber.ErrNotFound
	}
	if _, ok := a.cookieName(c); !ok {
		return errPlain
	}
	return a.Frame.Limit(c, limit.SignIn(), "")
}

func needTexts(o *object, names ...string) {
	for _, name := range names {
		if !o.given(name) {
			o.wrong(name, "required", "Thiếu trường %s.", name)
		}
	}
}

// readSecrets reads the two texts, both needed, of a request that may knock.
func (a *API) readSecrets(c *fiber.Ctx, one, other string) (first, second string, err error) {
	if err := a.mayKnock(c); err != nil {
		return "", "", err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return "", "", err
	}
	first, second = o.text(one), o.text(other)
	needTexts(o, one, other)
	return first, second, o.done()
}

// slowed tells how long to wait when that is what is wrong.
func slowed(c *fiber.Ctx, err error) error {
	if wait, ok := errors.AsType[*auth.WaitError](err); ok {
		c.Set(fiber.HeaderRetryAfter, fmt.Sprint(int(math.Ceil(wait.Wait.Seconds()))))
	}
	return err
}

// admitted is a session with its token, and recovery codes that were just made.
type admitted struct {
	token    string
	session  auth.Session
	recovery []string
}

// admit hands the session's token out and says who came in.
func (a *API) admit(c *fiber.Ctx, d *auth.Desk, in admitted) error {
	if err := a.setCookie(c, in.token); err != nil {
		return err
	}
	who := caller{Principal: access.Anybody(), Session: &in.session}
	switch {
	case d != nil:
		who = a.ofDesk(*d, in.session, true)
	case in.session.Stage == auth.StageFull:
		who.Principal = a.ofPerson(in.session.Person)
	}
	shown := a.show(who)
	shown.Recovery = in.recovery
	return send(c, fiber.StatusOK, shown)
}

// half is the caller's session at whatever stage, for routes that complete it.
func (a *API) half(ctx context.Context, c *fiber.Ctx) (auth.Session, error) {
	s, err := a.session(ctx, c, true)
	if err != nil {
		return s, err
	}
	a.sign(c, access.Principal{ID: s.Person.Principal(), Roles: s.Person.Roles})
	return s, ownPage(c)
}

// unlocked is the caller's session at whatever stage but one that waits behind a locked desk: there whoever passes by
// could complete it.
func (a *API) unlocked(ctx context.Context, c *fiber.Ctx) (auth.Session, error) {
	s, err := a.half(ctx, c)
	if err == nil && s.Locked {
		err = errLocked
	}
	return s, err
}

// postFactor draws a second factor; it counts once a code confirms it.
func (a *API) postFactor(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayKnock(c); err != nil {
		return err
	}
	s, err := a.unlocked(ctx, c)
	if err != nil {
		return err
	}
	secret, err := a.Keeper.OfferFactor(ctx, s)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]string{
		"secret": auth.TOTPText(secret), "address": auth.TOTPAddress(secret, s.Person.Login),
	})
}

// postCode takes a code of the second factor, or a recovery code.
func (a *API) postCode(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayKnock(c); err != nil {
		return err
	}
	s, err := a.unlocked(ctx, c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	code := strings.TrimSpace(o.text("code"))
	needTexts(o, "code")
	if err := o.done(); err != nil {
		return err
	}
	token, recovery, err := a.Keeper.EnterCode(ctx, s, code, a.Frame.Caller(c.Context()))
	if err != nil {
		return slowed(c, err)
	}
	if s, err = a.Keeper.Open(ctx, token, true); err != nil {
		return err
	}
	d, err := a.deskHere(ctx, c)
	if err != nil {
		return err
	}
	return a.admit(c, d, admitted{token, s, recovery})
}

// deleteSession signs out. Whoever is not signed in is signed out already.
func (a *API) deleteSession(ctx context.Context, c *fiber.Ctx) error {
	leave := ""
	s, err := a.half(ctx, c)
	switch {
	case fault.Is(err, fault.KindUnauthenticated):
	case err != nil:
		return err
	default:
		if err := a.Keeper.SignOut(c.UserContext(), s); err != nil && !fault.Is(err, fault.KindNotFound) {
			return err
		}
		if s.Provider && a.Provider != nil {
			leave = a.Provider.Leave()
		}
	}
	if _, ok := a.cookieName(c); ok {
		if err := a.setCookie(c, ""); err != nil {
			return err
		}
	}
	c.Set("Clear-Site-Data", `"cache"`)
	if leave != "" {
		return send(c, fiber.StatusOK, map[string]string{"leave": leave})
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) listSessions(ctx context.Context, c *fiber.Ctx) error {
	s := asking(c).Session
	if s == nil {
		return errNobody
	}
	list, err := a.People.Sessions(ctx, s.Person.ID, a.Now().UTC())
	if err != nil {
		return err
	}
	shown := make([]sessionShown, len(list))
	for i, each := range list {
		shown[i] = showSession(each, each.ID == s.ID)
	}
	return send(c, fiber.StatusOK, map[string]any{"sessions": shown})
}

func (a *API) endSession(ctx context.Context, c *fiber.Ctx) error {
	s := asking(c).Session
	if s == nil {
		return errNobody
	}
	if err := a.People.EndSession(ctx, s.Person.ID, c.Params("id"), "ended_by_person"); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) postPassword(ctx context.Context, c *fiber.Ctx) error {
	s := asking(c).Session
	if s == nil {
		return errNobody
	}
	before, after, err := a.readSecrets(c, "before", "password")
	if err != nil {
		return err
	}
	if err := a.Keeper.ChangePassword(ctx, *s, before, after); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// postInvitation takes a one-time link: it sets the password of whom it was made for.
func (a *API) postInvitation(ctx context.Context, c *fiber.Ctx) error {
	token, password, err := a.readSecrets(c, "token", "password")
	if err != nil {
		return err
	}
	p, err := a.Keeper.TakeInvitation(ctx, token, password)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]string{"login": p.Login})
}

// agentOf is a browser and its system in two words: enough to know one's own sessions apart.
func agentOf(header string) string {
	first := func(pairs ...[2]string) string {
		for _, p := range pairs {
			if strings.Contains(header, p[0]) {
				return p[1]
			}
		}
		return ""
	}
	browser := first([2]string{"Edg/", "Edge"}, [2]string{"Firefox/", "Firefox"}, [2]string{"CocCoc", "Cốc Cốc"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := first([2]string{"Android", "Android"}, [2]string{"iPhone", "iOS"}, [2]string{"iPad", "iOS"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS", "macOS"}, [2]string{"Linux", "Linux"})
	if browser == "" {
		return "khác"
	}
	return strings.TrimSpace(browser + " " + system)
}
