package api

import (
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/fault"
)

// deskLife is how long a browser keeps what makes it a desk; it begins anew each time its page asks who sits there.
const deskLife = 400 * 24 * time.Hour

// dutyShown is the desk that a machine is, and who is on duty.
type dutyShown struct {
	Desk     string            `json:"desk"`
	Label    string            `json:"label"`
	Areas    []string          `json:"areas"`
	Standing auth.DeskStanding `json:"standing"`
	IdleS    int               `json:"idle_s"` // seconds without a hand until it locks
	// Rights of the desk itself, whoever sits there.
	Rights map[access.Action]string `json:"rights"`
}

type deskShown struct {
	ID       string    `json:"id"`
	Label    string    `json:"label"`
	Areas    []string  `json:"areas"`
	PairedAt time.Time `json:"paired_at"`
	PairedBy string    `json:"paired_by"`
}

func showDesk(d auth.Desk) deskShown {
	return deskShown{d.ID, d.Label, some(d.Areas), d.PairedAt, d.PairedBy}
}

// deskHere is the desk that the asking machine is; nil when it is none. A desk that was ended is none.
func (a *API) deskHere(ctx context.Context, c *fiber.Ctx) (*auth.Desk, error) {
	name, ok := a.cookieName(c)
	if !ok || a.Keeper == nil {
		return nil, nil
	}
	token := c.Cookies(name + partDesk)
	if token == "" {
		return nil, nil
	}
	d, err := a.Keeper.Desk(ctx, token)
	switch {
	case fault.Is(err, fault.KindUnauthenticated):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &d, nil
}

// needDesk is the desk, for what only a desk can do.
func (a *API) needDesk(ctx context.Context, c *fiber.Ctx) (auth.Desk, error) {
	if err := a.mayKnock(c); err != nil {
		return auth.Desk{}, err
	}
	if err := ownPage(c); err != nil {
		return auth.Desk{}, err
	}
	d, err := a.deskHere(ctx, c)
	if err != nil {
		return auth.Desk{}, err
	}
	if d == nil {
		return auth.Desk{}, fault.Unauthenticated("Máy này không phải bàn trực.").Because("desk")
	}
	return *d, nil
}

// renewDesk keeps the desk's cookie from ageing, and clears one that makes no desk any more. Where a key or a screen asks,
// nobody has looked for a desk, and its cookie stays.
func (a *API) renewDesk(c *fiber.Ctx, who caller) error {
	if who.Key != nil || who.Pairing != nil {
		return nil
	}
	name, ok := a.cookieName(c)
	if !ok {
		return nil
	}
	token := c.Cookies(name + partDesk)
	switch {
	case token == "":
		return nil
	case who.Desk == nil:
		token = ""
	}
	return a.deskCookie(c, token)
}

func (a *API) deskCookie(c *fiber.Ctx, token string) error {
	return a.putCookie(c, fiber.Cookie{
		Name: partDesk, Value: token, MaxAge: int(deskLife.Seconds()), SameSite: fiber.CookieSameSiteStrictMode,
	})
}

// showDuty says how the desk stands. The desk's own rights are told apart from those of the person on duty.
func (a *API) showDuty(shown *whoShown, who caller) {
	duty := &dutyShown{
		Desk: who.Desk.ID, Label: who.Desk.Label, Areas: some(who.Desk.Areas), Standing: auth.Vacant,
		IdleS: int(a.Keeper.DeskIdle.Seconds()), Rights: access.RightsOf(who.desk),
	}
	if who.Session != nil {
		duty.Standing = who.Session.Standing(a.Now(), a.Keeper.DeskIdle)
	}
	shown.Duty = duty
	if who.Person == nil {
		shown.Stage, shown.Roles, shown.Rights = "none", []roleShown{}, map[access.Action]string{}
	}
	if duty.Standing == auth.Locked {
		shown.Roles = showRoles(who.Session.Person.Roles)
	}
}

// postDesk makes a desk of the machine whose page asks. Who pairs it stands before it, and is on duty there.
func (a *API) postDesk(ctx context.Context, c *fiber.Ctx) error {
	who := asking(c)
	if who.Session == nil {
		return errNobody
	}
	if who.Desk != nil {
		return fault.Conflict("Máy này đã là bàn trực.").Because("paired")
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	d := auth.Desk{Label: o.text("label"), Areas: a.readAreas(o)}
	a.needSight(o, who.Principal, d.Areas)
	if err := o.done(); err != nil {
		return err
	}
	token, d, err := a.Keeper.PairDesk(ctx, d, *who.Session)
	if err != nil {
		return err
	}
	if err := a.deskCookie(c, token); err != nil {
		return err
	}
	return send(c, fiber.StatusCreated, showDesk(d))
}

// needSight refuses areas whose reports somebody may not read: a desk shows them to whoever sits there. Who gives rights to
// people gives them to desks too.
func (a *API) needSight(o *object, who access.Principal, areas []string) {
	if access.May(who, access.ChangePeople) {
		return
	}
	for _, name := range areas {
		division, code, _ := strings.Cut(name, "/")
		path := a.Atlas.Tree.Path(division, code)
		about := access.Object{Place: access.Place{Division: division, Path: path}}
		if path != nil && access.Decide(who, access.ListReports, about) != access.Allow {
			o.wrong("areas", "out_of_scope", "Địa bàn %q nằm ngoài phạm vi của bạn.", clip(name))
		}
	}
}

func (a *API) listDesks(ctx context.Context, c *fiber.Ctx) error {
	list, err := a.People.Desks(ctx)
	if err != nil {
		return err
	}
	shown := make([]deskShown, len(list))
	for i, d := range list {
		shown[i] = showDesk(d)
	}
	return send(c, fiber.StatusOK, map[string]any{"desks": shown})
}

func (a *API) deleteDesk(ctx context.Context, c *fiber.Ctx) error {
	if err := a.People.EndDesk(ctx, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// proofOf is what somebody shows at a desk.
func (a *API) proofOf(c *fiber.Ctx, o *object) auth.Credentials {
	return auth.Credentials{
		Password: o.text("secret"), Address: a.Frame.Caller(c.Context()), Agent: agentOf(c.Get(fiber.HeaderUserAgent)),
	}
}

// postDeskPerson puts somebody on duty in one step. What was on the screen stays: it is the desk's.
func (a *API) postDeskPerson(ctx context.Context, c *fiber.Ctx) error {
	d, err := a.needDesk(ctx, c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	shown := a.proofOf(c, o)
	shown.Login, shown.Code = o.text("login"), o.text("code")
	needTexts(o, "login", "secret")
	if err := o.done(); err != nil {
		return err
	}
	token, s, err := a.Keeper.TakeDesk(ctx, d, shown)
	if err != nil {
		return slowed(c, err)
	}
	return a.admit(c, &d, admitted{token, s, nil})
}

// onDuty is the session of who is on duty at the desk, locked or not.
func (a *API) onDuty(ctx context.Context, c *fiber.Ctx) (auth.Desk, auth.Session, error) {
	d, err := a.needDesk(ctx, c)
	if err != nil {
		return d, auth.Session{}, err
	}
	s, err := a.session(ctx, c, false)
	if err == nil && !at(&d, s) {
		err = errNobody
	}
	if err == nil {
		a.sign(c, access.Principal{ID: s.Person.Principal(), Roles: s.Person.Roles})
	}
	return d, s, err
}

// postDeskUnlock lets the person on duty act again.
func (a *API) postDeskUnlock(ctx context.Context, c *fiber.Ctx) error {
	d, s, err := a.onDuty(ctx, c)
	if err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	shown := a.proofOf(c, o)
	needTexts(o, "secret")
	if err := o.done(); err != nil {
		return err
	}
	token, s, err := a.Keeper.UnlockDesk(ctx, d, s, shown)
	if err != nil {
		return slowed(c, err)
	}
	return a.admit(c, &d, admitted{token, s, nil})
}

// postDeskLock locks the desk; its list goes on.
func (a *API) postDeskLock(ctx context.Context, c *fiber.Ctx) error {
	d, s, err := a.onDuty(ctx, c)
	if err != nil {
		return err
	}
	if s, err = a.Keeper.LockDesk(c.UserContext(), s); err != nil {
		return err
	}
	return send(c, fiber.StatusOK, a.show(a.ofDesk(d, s, true)))
}

// putPIN sets the PIN that opens desks, after the password.
func (a *API) putPIN(ctx context.Context, c *fiber.Ctx) error {
	s := asking(c).Session
	if s == nil {
		return errNobody
	}
	password, pin, err := a.readSecrets(c, "password", "pin")
	if err != nil {
		return err
	}
	if err := a.Keeper.SetPIN(ctx, *s, password, pin); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) deletePIN(ctx context.Context, c *fiber.Ctx) error {
	s := asking(c).Session
	if s == nil {
		return errNobody
	}
	if err := a.Keeper.DropPIN(ctx, *s); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
