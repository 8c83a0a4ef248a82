package api

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/limit"
	"toancanh/server/screen"
	"toancanh/server/store"
)

// headerScreen names the screen a wall's page is: only with it does a screen's token count, so that no page of another
// kind speaks as a screen, and no form of another site can.
const headerScreen = "X-Toancanh-Screen"

// The cookie of a screen's token, before the screen's id; see cookieSession. A browser may hold those of several screens.
const (
	cookieScreen      = "__Host-toancanh-screen-"
	cookieScreenLocal = "toancanh-screen-"
)

// tokenKept is how long a browser keeps a token that is not renewed: as long as browsers keep anything.
const tokenKept = 400 * 24 * time.Hour

//nolint:gochecknoglobals // an error value
var errPlainScreen = fault.Forbidden("Màn hình chỉ ghép được qua HTTPS, hoặc trên chính máy chủ.").Because("https")

// screenCookie is the name of a screen's cookie on this connection.
func (a *API) screenCookie(c *fiber.Ctx, id string) (name string, ok bool) {
	switch name, ok = a.cookieName(c); name {
	case cookieSession:
		return cookieScreen + id, ok
	case cookieLocal:
		return cookieScreenLocal + id, ok
	}
	return "", false
}

// keepToken has the browser store a screen's token; an empty one is dropped.
func (a *API) keepToken(c *fiber.Ctx, id, token string) error {
	name, ok := a.screenCookie(c, id)
	if !ok {
		return errPlainScreen
	}
	cookie := &fiber.Cookie{
		Name: name, Value: token, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		Secure: strings.HasPrefix(name, cookieScreen), MaxAge: int(tokenKept.Seconds()),
	}
	if token == "" {
		cookie.MaxAge, cookie.Expires = 0, time.Unix(1, 0)
	}
	c.Cookie(cookie)
	return nil
}

// pairing finds the pairing of the page that asks. Unauthenticated when no screen asks, or one that is not paired.
func (a *API) pairing(ctx context.Context, c *fiber.Ctx) (auth.Pairing, error) {
	id := strings.Clone(c.Get(headerScreen))
	if a.Walls == nil || id == "" || screen.CheckID(id) != nil {
		return auth.Pairing{}, errNobody
	}
	name, ok := a.screenCookie(c, id)
	if !ok || c.Cookies(name) == "" {
		return auth.Pairing{}, errNobody
	}
	return a.Walls.Open(ctx, id, strings.Clone(c.Cookies(name)))
}

// ofScreen is a paired screen: its own topic, and the walls of its own area and of the one it was sent to.
func (a *API) ofScreen(ctx context.Context, p auth.Pairing) (access.Principal, error) {
	who := access.Principal{ID: p.Principal(), Roles: []access.Role{access.Screen}}
	one, err := a.screen(ctx, p.Screen)
	if err != nil {
		return who, unlessNotFound(err) // a screen that is no more has no area
	}
	own := one
	own.Show.Area = nil
	for _, each := range []screen.Screen{own, one} {
		path := a.Atlas.Tree.Path(a.Division, a.Intake.Ground().AreaOf(each).Code)
		who.Scope.Places = append(who.Scope.Places, access.Place{Division: a.Division, Path: path})
	}
	return who, nil
}

// How a browser that wants to be a screen stands.
const (
	standsPaired  = "paired"  // it is the screen named in the answer
	standsWaiting = "waiting" // it shows a code
	standsDesk    = "desk"    // nobody is asked here: it may show the screen, and speaks as it
	standsPerson  = "person"  // somebody looks at the screen under their own name
)

type standingShown struct {
	State     string     `json:"state"`
	Screen    string     `json:"screen"`
	Code      string     `json:"code"`
	ExpiresAt *time.Time `json:"expires_at"`
	Lost      string     `json:"lost"` // why an earlier pairing ended: revoked, replaced, deleted
	Build     string     `json:"build"`
}

// postPairing is what a wall's page asks at its start, while it waits, and once in a while: whose it is. It gives a code to
// show when it is nobody's, and a new token when the one it has is old.
func (a *API) postPairing(ctx context.Context, c *fiber.Ctx) error {
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	asking := auth.Asking{
		Screen: o.text("screen"), Address: a.Frame.Caller(c.Context()), Agent: agentOf(c.Get(fiber.HeaderUserAgent)),
	}
	needTexts(o, "screen")
	if err := o.done(); err != nil {
		return err
	}
	if screen.CheckID(asking.Screen) != nil {
		return errNoScreen
	}
	if name, ok := a.screenCookie(c, asking.Screen); ok {
		asking.Token = strings.Clone(c.Cookies(name))
	}
	standing, err := a.Walls.Look(ctx, asking)
	if err != nil {
		return err
	}
	if standing.Screen != "" {
		return a.sendStanding(c, asking, standing)
	}
	if state, err := a.seesUnpaired(ctx, c, asking, standing); err != nil || state != "" {
		if err == nil && state == standsPaired {
			standing, err = a.pairOwn(c, asking)
		}
		if err != nil {
			return err
		}
		if standing.Screen != "" {
			return a.sendStanding(c, asking, standing)
		}
		return send(c, fiber.StatusOK, standingShown{State: state, Screen: asking.Screen, Build: a.Build})
	}
	if standing.Code == "" {
		if _, ok := a.screenCookie(c, asking.Screen); !ok {
			return errPlainScreen
		}
		if err := a.Frame.Limit(c, limit.ScreenCodes(), ""); err != nil {
			return err
		}
		if standing, err = a.Walls.Wait(ctx, asking, standing); err != nil {
			return err
		}
	}
	return a.sendStanding(c, asking, standing)
}

// seesUnpaired says whether a browser that is nobody's may show the screen all the same: the sample's own machine is paired
// without a code, until it is revoked; where nobody is asked who they are it shows what it likes; and a person may look.
func (a *API) seesUnpaired(ctx context.Context, c *fiber.Ctx, asking auth.Asking, s auth.Standing) (string, error) {
	if _, err := a.screen(ctx, asking.Screen); err != nil {
		return "", unlessNotFound(err)
	}
	if s.Lost == "" && a.Sample && a.Frame.Loopback(c.Context()) {
		return standsPaired, nil
	}
	who, err := a.whoever(ctx, c, false)
	switch {
	case err != nil:
		return "", err
	case who.Session != nil && access.May(who.Principal, access.ReadScreen):
		return standsPerson, nil
	case s.Lost == "" && who.ID == desk().ID:
		return standsDesk, nil
	}
	return "", nil
}

func (a *API) pairOwn(c *fiber.Ctx, asking auth.Asking) (auth.Standing, error) {
	a.sign(c, desk())
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	return a.Walls.PairOwn(ctx, asking)
}

// sendStanding answers how a browser stands, and has it store what is new. A browser that became another screen than its
// address names goes there, and keeps nothing here.
func (a *API) sendStanding(c *fiber.Ctx, asking auth.Asking, s auth.Standing) error {
	shown := standingShown{State: standsWaiting, Screen: asking.Screen, Code: s.Code, Lost: s.Lost, Build: a.Build}
	if s.Screen != "" {
		shown.State, shown.Screen = standsPaired, s.Screen
	} else {
		ends := s.ExpiresAt
		shown.ExpiresAt = &ends
	}
	if s.Token != "" {
		if err := a.keepToken(c, shown.Screen, s.Token); err != nil {
			return err
		}
		if shown.Screen != asking.Screen {
			if err := a.keepToken(c, asking.Screen, ""); err != nil {
				return err
			}
		}
	}
	return send(c, fiber.StatusOK, shown)
}

// toldWhoPaired reports whether somebody reads by whom and from where a screen was paired: people do, and whoever looks after
// screens; machines that only read them do not, nor the screen itself.
func toldWhoPaired(who caller) bool {
	return who.Session != nil && !who.cannotAct() || access.May(who.acting(), access.ManageScreen)
}

// pairingShown is a screen's newest pairing. By, ByName, Agent and Network are empty for who is not toldWhoPaired.
type pairingShown struct {
	PairedAt time.Time  `json:"paired_at"`
	By       string     `json:"by"`
	ByName   string     `json:"by_name"`
	Own      bool       `json:"own"` // on the sample's own machine, without a code
	Agent    string     `json:"agent"`
	Network  string     `json:"network"`
	SeenAt   time.Time  `json:"seen_at"`
	EndedAt  *time.Time `json:"ended_at"`
	EndedWhy string     `json:"ended_why"`
}

func showPairing(k *store.KnownPairing) *pairingShown {
	if k == nil {
		return nil
	}
	return &pairingShown{k.PairedAt, k.PairedBy, k.ByName, k.Own, k.Agent, k.Network, k.SeenAt, k.EndedAt, k.EndedWhy}
}

// putPairing makes the browser that shows a code the screen, in place of the one that was it.
func (a *API) putPairing(ctx context.Context, c *fiber.Ctx) error {
	one, err := a.screen(ctx, strings.Clone(c.Params("screen")))
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	code := o.text("code")
	needTexts(o, "code")
	if err := o.done(); err != nil {
		return err
	}
	who := asking(c)
	guesser := auth.Guesser{ID: who.ID, Address: a.Frame.Caller(c.Context()), Shared: who.Session == nil}
	p, err := a.Walls.Pair(ctx, guesser, one.ID, code)
	if err != nil {
		return slowed(c, err)
	}
	return send(c, fiber.StatusOK, showPairing(&store.KnownPairing{Pairing: p}))
}

// deletePairing takes from a screen's browsers the right to be it.
func (a *API) deletePairing(ctx context.Context, c *fiber.Ctx) error {
	if err := a.Walls.Revoke(ctx, strings.Clone(c.Params("screen"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// mayBe says whether the caller may look at a screen, or speak as it; of one that is not theirs it says that there is none.
func mayBe(c *fiber.Ctx, action access.Action, id string) error {
	switch access.Decide(asking(c).Principal, action, access.Object{Owner: "screen:" + id}) {
	case access.Allow:
		return nil
	case access.Forbid:
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	case access.Hide:
	}
	return errNoScreen
}
