package api

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// routeActions says of every route which action it is. A route that is missing here is refused, and a test fails.
func routeActions() map[string]access.Action {
	return map[string]access.Action{
		"GET /healthz":                         access.SeePublic,
		"GET /readyz":                          access.SeePublic,
		"GET /api":                             access.SeePublic,
		"GET /api/v1/openapi.json":             access.SeePublic,
		"GET /api/v1/divisions":                access.SeePublic,
		"GET /api/v1/categories":               access.SeePublic,
		"GET /api/v1/units":                    access.SeePublic,
		"GET /api/v1/scenes":                   access.SeePublic,
		"GET /api/v1/areas/:division":          access.SeePublic,
		"GET /api/v1/areas/:division/geometry": access.SeePublic,
		"GET /api/v1/areas/:division/map.svg":  access.ReadKPIs,

		"POST /api/v1/reports":          access.SendReport,
		"GET /api/v1/reports":           access.ListReports,
		"GET /api/v1/reports/:id":       access.ReadReport,
		"POST /api/v1/reports/:id/acts": access.ReadReport, // which act, the handler asks

		"POST /api/v1/readings":              access.SendReadings,
		"POST /api/v1/events":                access.SendEvents,
		"GET /api/v1/sensors":                access.ReadSensors,
		"PUT /api/v1/sensors":                access.RegisterSensors,
		"GET /api/v1/sensors/:code/readings": access.ReadSensors,
		"GET /api/v1/kpis":                   access.ReadKPIs,
		"GET /api/v1/boundaries":             access.ReadBoundaries,
		"GET /api/v1/boundaries/proposals":   access.DecidePlaces,
		"POST /api/v1/boundaries/proposals":  access.DecidePlaces,
		"GET /api/v1/past":                   access.ReadPast,
		"GET /api/v1/past/changes":           access.ReadPast,

		"POST /api/v1/tickets":               access.GetTicket,
		"GET /api/v1/screens":                access.ReadScreen,
		"GET /api/v1/screens/:screen":        access.ReadScreen,
		"GET /api/v1/screens/:id":            access.ReadScreen,
		"PUT /api/v1/screens/:id":            access.ManageScreen,
		"PUT /api/v1/screens/:screen":        access.ManageScreen,
		"DELETE /api/v1/screens/:id":         access.ManageScreen,
		"DELETE /api/v1/screens/:screen":     access.ManageScreen,
		"POST /api/v1/screens/:id/beat":      access.ReportScreen,
		"POST /api/v1/screens/:screen/beat":  access.ReportScreen,
		"POST /api/v1/screens/:id/seen":      access.ReportScreen,
		"POST /api/v1/screens/:screen/seen":  access.ReportScreen,
		"POST /api/v1/screens/orders":        access.OrderScreen,
		"POST /api/v1/meetings":              access.HoldMeeting,
		"DELETE /api/v1/meetings/:presenter": access.HoldMeeting,

		"POST /api/v1/history":          access.LoadHistory,
		"POST /api/v1/history/readings": access.LoadHistory,
		"POST /api/v1/simulation":       access.PlayStorm,

		"GET /api/v1/session":           access.OpenSession,
		"POST /api/v1/session":          access.OpenSession,
		"DELETE /api/v1/session":        access.OpenSession,
		"POST /api/v1/session/code":     access.OpenSession,
		"POST /api/v1/session/factor":   access.OpenSession,
		"POST /api/v1/invitations":      access.OpenSession,
		"POST /api/v1/session/password": access.OwnSession,
		"GET /api/v1/sessions":          access.OwnSession,
		"DELETE /api/v1/sessions/:id":   access.OwnSession,

		"GET /api/v1/people":               access.ListPeople,
		"POST /api/v1/people":              access.ChangePeople,
		"GET /api/v1/people/:id":           access.ListPeople,
		"PUT /api/v1/people/:id":           access.ChangePeople,
		"POST /api/v1/people/:id/link":     access.ChangePeople,
		"DELETE /api/v1/people/:id/factor": access.ChangePeople,
		"GET /api/v1/keys":                 access.ManageKeys,
		"POST /api/v1/keys":                access.ManageKeys,
		"PUT /api/v1/keys/:id":             access.ManageKeys,
		"POST /api/v1/keys/:id/rotation":   access.ManageKeys,
		"DELETE /api/v1/keys/:id":          access.ManageKeys,
		"POST /api/v1/units":               access.ChangeUnits,
		"PUT /api/v1/units/:id":            access.ChangeUnits,
		"GET /api/v1/rights":               access.ReadRights,
		"GET /api/v1/audit":                access.ReadAudit,

		"POST /api/v1/reports/:id/contact":        access.RevealContact,
		"GET /api/v1/reveals":                     access.ListReveals,
		"POST /api/v1/reveals/:id/seen":           access.ListReveals,
		"POST /api/v1/reports/:id/callbacks":      access.CallBack,
		"GET /api/v1/callbacks":                   access.CallBack,
		"POST /api/v1/callbacks/:id/confirmation": access.CallBack,
		"POST /api/v1/callbacks/:id/refusal":      access.CallBack,
		"POST /api/v1/callbacks/:id/number":       access.CallBack,

		"GET /internal/hub/snapshot": access.AskAsHub,
		"GET /internal/hub/since":    access.AskAsHub,
		"GET /internal/hub/key":      access.AskAsHub,
	}
}

// ActionOf is the action of a route such as "GET /api/v1/reports/:id".
func ActionOf(method, path string) (access.Action, bool) {
	action, ok := routeActions()[method+" "+path]
	return action, ok
}

// guarded hangs routes in behind their right. It takes the place of the router for every route of this door.
type guarded struct {
	api    *API
	router fiber.Router
	prefix string
}

func (g guarded) Get(path string, handlers ...fiber.Handler) { g.add(fiber.MethodGet, path, handlers) }

func (g guarded) Post(path string, handlers ...fiber.Handler) {
	g.add(fiber.MethodPost, path, handlers)
}

func (g guarded) Put(path string, handlers ...fiber.Handler) { g.add(fiber.MethodPut, path, handlers) }

func (g guarded) Delete(path string, handlers ...fiber.Handler) {
	g.add(fiber.MethodDelete, path, handlers)
}

func (g guarded) add(method, path string, handlers []fiber.Handler) {
	handlers = append([]fiber.Handler{g.api.guard(method, g.prefix+path)}, handlers...)
	if method == fiber.MethodGet {
		g.router.Get(path, handlers...) // and HEAD
		return
	}
	g.router.Add(method, path, handlers...)
}

// guard lets those through who may do the route's action to anything at all. Whether to this thing, the handler asks
// when it has found it.
func (a *API) guard(method, path string) fiber.Handler {
	action, ok := ActionOf(method, path)
	if !ok {
		return func(*fiber.Ctx) error {
			return fault.NotFound("Địa chỉ %s %s chưa có trong bảng quyền.", method, path).Because("no_right")
		}
	}
	if action == access.AskAsHub {
		return a.hub
	}
	open := access.May(access.Anybody(), action)
	return func(c *fiber.Ctx) error {
		if open {
			a.sign(c, access.Anybody())
			return c.Next()
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
		defer cancel()
		who, err := a.who(ctx, c, active(c))
		if err != nil {
			return err
		}
		if !access.May(who.Principal, action) {
			a.sign(c, who.Principal)
			return a.refuse(c, refused{action: action, why: refusal(who, action)})
		}
		if who.Session != nil {
			if err := ownPage(c); err != nil {
				return err
			}
		}
		a.sign(c, who.Principal)
		c.Locals(callerKey{}, who)
		return c.Next()
	}
}

// refused is something somebody known wanted to change and may not.
type refused struct {
	action access.Action
	object string
	why    error
}

// refuse notes in the audit that somebody known was refused a change, and returns why.
func (a *API) refuse(c *fiber.Ctx, r refused) error {
	if a.People == nil || safeMethod(c) || !fault.Is(r.why, fault.KindForbidden) {
		return r.why
	}
	row := audit.Row{What: string(r.action), Object: r.object, Result: audit.Refused, Why: "right"}
	if err := a.People.KeepAudit(c.UserContext(), row); err != nil {
		return err // what cannot be noted is not answered either
	}
	return r.why
}

// refusal says no to who may not do the action to anything.
func refusal(who caller, action access.Action) error {
	switch {
	case action == access.PlayStorm:
		return fiber.ErrNotFound // there is no such address but in the sample
	case strings.HasPrefix(who.ID, "key:"):
		return fault.Forbidden("Khóa này không có quyền %q.", action).Because("right")
	case isKeyAction(action):
		return fault.Unauthenticated("Thiếu khóa: cần dòng tiêu đề Authorization: Bearer <khóa>.")
	case who.Known():
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	}
	return fault.Unauthenticated("Cần đăng nhập.").Because("sign_in")
}

func isKeyAction(a access.Action) bool {
	return a == access.SendReadings || a == access.SendEvents || a == access.RegisterSensors || a == access.LoadHistory
}

// caller is who asks, with the session when it is a person and the key when it is one.
type caller struct {
	access.Principal
	Session *auth.Session
	Key     *auth.Key
}

type callerKey struct{}

// asking is who asks a guarded route; the public where the guard let anybody through.
func asking(c *fiber.Ctx) caller {
	if who, ok := c.Locals(callerKey{}).(caller); ok {
		return who
	}
	return caller{Principal: access.Anybody()}
}

// who finds out who asks: by key, by session, or as the desk of the sample's own machine. A wrong key is a fault
// everywhere; a session that is over is nobody's.
func (a *API) who(ctx context.Context, c *fiber.Ctx, active bool) (caller, error) {
	key, err := a.caller(ctx, c)
	switch {
	case err != nil:
		return caller{Principal: access.Anybody()}, err
	case key.ID != "":
		return caller{Principal: a.ofKey(key), Key: &key}, nil
	}
	s, err := a.session(ctx, c, active)
	switch {
	case err != nil && !fault.Is(err, fault.KindUnauthenticated):
		return caller{Principal: access.Anybody()}, err
	case err == nil && s.Stage == auth.StageFull:
		return caller{Principal: a.ofPerson(s.Person), Session: &s}, nil
	case err == nil:
		return caller{Principal: access.Anybody(), Session: &s}, nil
	case a.atDesk(ctx, c):
		return caller{Principal: desk()}, nil
	}
	return caller{Principal: access.Anybody()}, nil
}

// desk is who sits at the machine itself: the shift lead of the whole province, without signing in.
func desk() access.Principal {
	return access.Principal{ID: "desk", Roles: []access.Role{access.ShiftLead}, Scope: access.Scope{Everywhere: true}}
}

// atDesk reports whether the caller is taken for the desk: on the machine itself, in the sample province or until
// somebody can sign in, or anybody while the house was declared open. Nowhere else is there such a thing.
func (a *API) atDesk(ctx context.Context, c *fiber.Ctx) bool {
	return a.Open || a.Frame.Loopback(c.Context()) && (a.Sample || !a.peopled(ctx))
}

// peopled reports whether somebody can sign in. When nobody can tell, somebody can.
func (a *API) peopled(ctx context.Context) bool {
	if a.People == nil || a.settled.Load() {
		return true
	}
	settled, err := a.People.Settled(ctx)
	if err != nil {
		return true
	}
	a.settled.Store(settled)
	return settled
}

// ofPerson is a person with the areas of their scope as paths. The root of a division is the whole province.
func (a *API) ofPerson(p auth.Person) access.Principal {
	who := access.Principal{ID: p.Principal(), Roles: p.Roles, Scope: access.Scope{Units: p.Units}}
	for _, name := range p.Areas {
		division, code, _ := strings.Cut(name, "/")
		path := a.Atlas.Tree.Path(division, code)
		switch len(path) {
		case 0: // an area that is no more gives no right
		case 1:
			who.Scope.Everywhere = true
		default:
			who.Scope.Places = append(who.Scope.Places, access.Place{Division: division, Path: path})
		}
	}
	return who
}

// sign names the author of whatever the request changes.
func (a *API) sign(c *fiber.Ctx, p access.Principal) {
	author := audit.Author{
		Who: p.ID, Role: store.RolesText(p.Roles), Network: audit.Network(a.Frame.Caller(c.Context())),
		Trace: string(c.Response().Header.Peek(fiber.HeaderXRequestID)),
	}
	if author.Who == "" {
		author.Who = "public"
	}
	c.SetUserContext(audit.With(c.UserContext(), author))
}

// headerOwn is what our own pages send with every change, and a form of another site cannot.
const headerOwn = "X-Toancanh"

// ownPage refuses a change in a person's name that our own pages did not ask for. Requests that another site makes the
// browser send were refused before, by Frame.SameSite; what is left without any mark must bring the header.
func ownPage(c *fiber.Ctx) error {
	if safeMethod(c) || len(c.Request().Header.Peek(headerOwn)) > 0 {
		return nil
	}
	h := &c.Request().Header
	if string(h.Peek("Sec-Fetch-Site")) == "same-origin" || len(h.Peek(fiber.HeaderOrigin)) > 0 {
		return nil
	}
	return fault.Forbidden("Thiếu dòng tiêu đề %s.", headerOwn).Because("csrf")
}

func safeMethod(c *fiber.Ctx) bool {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return true
	}
	return false
}

// headerIdle marks what a page asks on its own, such as renewing its ticket: it does not keep an idle session alive.
const headerIdle = "X-Toancanh-Idle"

func active(c *fiber.Ctx) bool {
	return len(c.Request().Header.Peek(headerIdle)) == 0 && !strings.HasSuffix(c.Path(), "/tickets")
}
