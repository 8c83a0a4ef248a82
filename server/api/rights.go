package api

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/limit"
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

		"POST /api/v1/reports":           access.SendReport,
		"GET /api/v1/reports":            access.ListReports,
		"POST /api/v1/reports/entries":   access.EnterReport,
		"POST /api/v1/reports/import":    access.EnterReport,
		"GET /api/v1/reports/rows":       access.ListReports,
		"GET /api/v1/reports/export":     access.ListReports,
		"GET /api/v1/reports/nearby":     access.SeePublic,
		"GET /api/v1/reports/:id":        access.ReadReport,
		"POST /api/v1/reports/:id/acts":  access.ReadReport, // which act, the handler asks
		"GET /api/v1/follow/:code":       access.FollowReport,
		"POST /api/v1/follow/:code/acts": access.FollowReport,
		"POST /api/v1/follow/:code/mail": access.FollowReport,

		"POST /api/v1/reports/acts":           access.ReadReport, // which act to which report, the handler asks
		"POST /api/v1/reports/undo":           access.ReadReport,
		"GET /api/v1/reports/:id/notes":       access.ReadNotes,
		"POST /api/v1/reports/:id/notes":      access.WriteNotes,
		"GET /api/v1/reports/:id/templates":   access.ReadTemplates,
		"PUT /api/v1/reports/:id/presence":    access.ShowPresence,
		"DELETE /api/v1/reports/:id/presence": access.ShowPresence,
		"POST /api/v1/redactions":             access.PreviewText,
		"GET /api/v1/handovers":               access.ReadHandovers,
		"POST /api/v1/handovers":              access.HandOver,
		"GET /api/v1/handovers/draft":         access.ReadHandovers,
		"GET /api/v1/handovers/:id":           access.ReadHandovers,
		"POST /api/v1/handovers/:id/taken":    access.HandOver,
		"GET /api/v1/drills":                  access.ReadDrills,
		"POST /api/v1/drills":                 access.HoldDrill,
		"GET /api/v1/drills/:id":              access.ReadDrills,
		"POST /api/v1/drills/:id/end":         access.HoldDrill,
		"GET /api/v1/templates":               access.ReadTemplates,
		"POST /api/v1/templates":              access.ManageTemplates,
		"PUT /api/v1/templates/:id":           access.ManageTemplates,
		"DELETE /api/v1/templates/:id":        access.ManageTemplates,
		"GET /api/v1/views":                   access.OwnViews,
		"POST /api/v1/views":                  access.OwnViews,
		"PUT /api/v1/views/:id":               access.OwnViews,
		"DELETE /api/v1/views/:id":            access.OwnViews,
		"GET /api/v1/reports/:id/transfers":   access.ReadReport,
		"GET /api/v1/transfers/:id.pdf":       access.ReadReport,
		"PUT /api/v1/transfers/:id":           access.SignTransfer,
		"GET /api/v1/bounces":                 access.ReadBounces,
		"GET /api/v1/assignment":              access.ReadAssignments,
		"PUT /api/v1/assignment":              access.ChangeAssignments,
		"GET /api/v1/assignment/overruled":    access.ReadBounces,
		"GET /api/v1/reports/:id/visits":      access.ReadReport,
		"POST /api/v1/reports/:id/visits":     access.ActOn("ask_visit"),
		"GET /api/v1/teams":                   access.ReadTeams,
		"POST /api/v1/teams":                  access.ManageTeams,
		"GET /api/v1/teams/board":             access.ReadTeams,
		"PUT /api/v1/teams/:id":               access.ManageTeams,
		"POST /api/v1/reports/:id/photos":     access.SendPhoto, // of whoever is not the sender the handler asks for the act
		"GET /api/v1/reports/:id/photos":      access.ReadReport,
		"GET /api/v1/photos/:photo":           access.ReadReport,
		"PUT /api/v1/photos/:photo/redaction": access.ActOn("redact_photo"),

		"GET /api/v1/incidents":                       access.ListIncidents,
		"POST /api/v1/incidents":                      access.RunIncidents,
		"GET /api/v1/incidents/key":                   access.ListIncidents,
		"GET /api/v1/incidents/:id":                   access.ReadIncident,
		"POST /api/v1/incidents/:id/acts":             access.ReadIncident, // which act, the handler asks
		"POST /api/v1/incidents/:id/tasks":            access.RunIncidents,
		"POST /api/v1/incidents/:id/attachments":      access.RunIncidents,
		"GET /api/v1/incidents/:id/attachments/:file": access.ReadIncident,
		"POST /api/v1/incidents/:id/update-reporters": access.LeadIncidents,
		"GET /api/v1/incidents/:id/evidence.zip":      access.TakeEvidence,
		"GET /api/v1/tasks":                           access.ListTasks,
		"POST /api/v1/tasks/:id/acts":                 access.AnswerTasks,

		"POST /api/v1/readings":              access.SendReadings,
		"OPTIONS /api/v1/events":             access.SeePublic,
		"POST /api/v1/events":                access.SendEvents,
		"GET /api/v1/sensors":                access.ReadSensors,
		"PUT /api/v1/sensors":                access.RegisterSensors,
		"GET /api/v1/sensors/:code/readings": access.ReadSensors,
		"GET /api/v1/sensors.csv":            access.ReadSensors,
		"GET /api/v1/sensors/:code":          access.ReadSensors,
		"PATCH /api/v1/sensors/:code":        access.ManageSensors,
		"GET /api/v1/sensors/:code/series":   access.ReadSensors,
		"GET /api/v1/series":                 access.ReadSensors,
		"GET /api/v1/sensor-kinds":           access.ReadSensors,
		"POST /api/v1/sensor-imports":        access.ManageSensors,
		"POST /api/v1/sensor-proposals":      access.ProposeSensors,
		"POST /api/v1/sensor-decisions":      access.ManageSensors,
		"GET /api/v1/maintenance":            access.ReadSensors,
		"POST /api/v1/maintenance":           access.MaintainSensors,
		"DELETE /api/v1/maintenance/:id":     access.MaintainSensors,
		"GET /api/v1/kpis":                   access.ReadKPIs,
		"GET /api/v1/dti":                    access.ReadDTI,
		"GET /api/v1/dti/history":            access.ReadDTI,
		"GET /api/v1/dti/export":             access.ReadDTI,
		"POST /api/v1/dti/values":            access.EnterDTI,
		"POST /api/v1/dti/withdrawals":       access.EnterDTI,
		"POST /api/v1/dti/import":            access.EnterDTI,
		"GET /api/v1/boundaries":             access.ReadBoundaries,
		"GET /api/v1/boundaries/proposals":   access.DecidePlaces,
		"POST /api/v1/boundaries/proposals":  access.DecidePlaces,
		"GET /api/v1/past":                   access.ReadPast,
		"GET /api/v1/past/changes":           access.ReadPast,
		"GET /api/v1/forecast":               access.ListReports,

		"GET /api/v1/gateways":                   access.ReadGateways,
		"GET /api/v1/gateways/:code":             access.ReadGateways,
		"PUT /api/v1/gateways/:code":             access.ManageGateways,
		"DELETE /api/v1/gateways/:code":          access.ManageGateways,
		"POST /api/v1/gateways/:code/chirpstack": access.SendReadings,
		"POST /api/v1/gateways/:code/tts":        access.SendReadings,

		"GET /api/v1/alarms":                     access.ListAlarms,
		"POST /api/v1/alarms/group-acts":         access.AckAlarm,
		"GET /api/v1/alarms/:id":                 access.ReadAlarm,
		"POST /api/v1/alarms/:id/acts":           access.AckAlarm, // of the other acts the handler asks
		"GET /api/v1/alarm-flood":                access.ListAlarms,
		"GET /api/v1/alarm-health":               access.ReadAlarmHealth,
		"GET /api/v1/alarm-types":                access.ReadAlarmTypes,
		"GET /api/v1/alarm-types/:code":          access.ReadAlarmTypes,
		"PUT /api/v1/alarm-types/:code":          access.ChangeAlarmTypes,
		"POST /api/v1/alarm-types/:code/enable":  access.ChangeAlarmTypes,
		"POST /api/v1/alarm-types/:code/disable": access.ChangeAlarmTypes,
		"GET /api/v1/warning-templates":          access.ReadWarnings,
		"GET /api/v1/warning-feeds":              access.ReadWarnings,
		"GET /api/v1/warnings":                   access.ReadWarnings,
		"POST /api/v1/warnings":                  access.WriteWarnings,
		"POST /api/v1/warnings/preview":          access.ReadWarnings,
		"POST /api/v1/warnings/import":           access.ImportWarnings,
		"GET /api/v1/warnings/received":          access.ReadWarnings,
		"GET /api/v1/warnings/received/:id":      access.ReadWarnings,
		"GET /api/v1/warnings/:id":               access.ReadWarnings,
		"PUT /api/v1/warnings/:id":               access.WriteWarnings,
		"POST /api/v1/warnings/:id/acts":         access.ReadWarnings, // which act, the handler asks
		"POST /api/v1/warnings/:id/update":       access.WriteWarnings,
		"POST /api/v1/warnings/:id/cancel":       access.WriteWarnings,

		"POST /api/v1/tickets":                   access.GetTicket,
		"POST /api/v1/screens/pairing":           access.AskScreen,
		"PUT /api/v1/screens/:screen/pairing":    access.ManageScreen,
		"DELETE /api/v1/screens/:screen/pairing": access.ManageScreen,
		"GET /api/v1/screens":                    access.ReadScreen,
		"GET /api/v1/screens/:screen":            access.ReadScreen,
		"GET /api/v1/screens/:id":                access.ReadScreen,
		"PUT /api/v1/screens/:id":                access.ManageScreen,
		"PUT /api/v1/screens/:screen":            access.ManageScreen,
		"DELETE /api/v1/screens/:id":             access.ManageScreen,
		"DELETE /api/v1/screens/:screen":         access.ManageScreen,
		"POST /api/v1/screens/:id/beat":          access.ReportScreen,
		"POST /api/v1/screens/:screen/beat":      access.ReportScreen,
		"POST /api/v1/screens/:id/seen":          access.ReportScreen,
		"POST /api/v1/screens/:screen/seen":      access.ReportScreen,
		"POST /api/v1/screens/orders":            access.OrderScreen,
		"POST /api/v1/meetings":                  access.HoldMeeting,
		"DELETE /api/v1/meetings/:presenter":     access.HoldMeeting,

		"POST /api/v1/history":          access.LoadHistory,
		"POST /api/v1/history/readings": access.LoadHistory,
		"POST /api/v1/simulation":       access.PlayStorm,

		"POST /api/v1/desks":       access.ManageDesks,
		"GET /api/v1/desks":        access.ManageDesks,
		"DELETE /api/v1/desks/:id": access.ManageDesks,
		"POST /api/v1/desk/person": access.OpenSession, // what a desk may, and with which proof, the handlers ask
		"POST /api/v1/desk/unlock": access.OpenSession,
		"POST /api/v1/desk/lock":   access.OpenSession,

		"GET /api/v1/oidc":              access.OpenSession,
		"GET /api/v1/oidc/return":       access.OpenSession,
		"GET /api/v1/session":           access.OpenSession,
		"POST /api/v1/session":          access.OpenSession,
		"DELETE /api/v1/session":        access.OpenSession,
		"POST /api/v1/session/code":     access.OpenSession,
		"POST /api/v1/session/factor":   access.OpenSession,
		"POST /api/v1/invitations":      access.OpenSession,
		"POST /api/v1/session/password": access.OwnSession,
		"PUT /api/v1/session/pin":       access.OwnSession,
		"DELETE /api/v1/session/pin":    access.OwnSession,
		"GET /api/v1/sessions":          access.OwnSession,
		"DELETE /api/v1/sessions/:id":   access.OwnSession,

		"GET /api/v1/people":                access.ListPeople,
		"POST /api/v1/people":               access.ChangePeople,
		"GET /api/v1/people/:id":            access.ListPeople,
		"PUT /api/v1/people/:id":            access.ChangePeople,
		"POST /api/v1/people/:id/link":      access.ChangePeople,
		"DELETE /api/v1/people/:id/factor":  access.ChangePeople,
		"PUT /api/v1/people/:id/subject":    access.ChangePeople,
		"DELETE /api/v1/people/:id/subject": access.ChangePeople,
		"GET /api/v1/keys":                  access.ManageKeys,
		"POST /api/v1/keys":                 access.ManageKeys,
		"PUT /api/v1/keys/:id":              access.ManageKeys,
		"POST /api/v1/keys/:id/rotation":    access.ManageKeys,
		"DELETE /api/v1/keys/:id":           access.ManageKeys,
		"POST /api/v1/units":                access.ChangeUnits,
		"PUT /api/v1/units/:id":             access.ChangeUnits,
		"GET /api/v1/rights":                access.ReadRights,
		"GET /api/v1/audit":                 access.ReadAudit,

		"GET /api/v1/hooks":               access.ManageHooks,
		"POST /api/v1/hooks":              access.ManageHooks,
		"PUT /api/v1/hooks/:id":           access.ManageHooks,
		"POST /api/v1/hooks/:id/rotation": access.ManageHooks,
		"POST /api/v1/hooks/:id/ping":     access.ManageHooks,
		"DELETE /api/v1/hooks/:id":        access.ManageHooks,

		"GET /api/v1/duty/positions":      access.ReadDuty,
		"GET /api/v1/duty/now":            access.ReadDuty,
		"GET /api/v1/duty/shifts":         access.ReadDuty,
		"POST /api/v1/duty/shifts":        access.ChangeDuty,
		"PUT /api/v1/duty/shifts/:id":     access.ChangeDuty,
		"DELETE /api/v1/duty/shifts/:id":  access.ChangeDuty,
		"POST /api/v1/duty/pattern":       access.ChangeDuty,
		"GET /api/v1/duty/people":         access.ChangeDuty,
		"GET /api/v1/duty/ladder":         access.ReadDuty,
		"PUT /api/v1/duty/ladder":         access.ChangeDuty,
		"GET /api/v1/duty/ways":           access.OwnWays,
		"POST /api/v1/duty/ways/push":     access.OwnWays,
		"PUT /api/v1/duty/ways/sms":       access.OwnWays,
		"PUT /api/v1/duty/ways/mail":      access.OwnWays,
		"POST /api/v1/duty/ways/test":     access.OwnWays,
		"DELETE /api/v1/duty/ways/:id":    access.OwnWays,
		"POST /api/v1/duty/tests":         access.TestContact,
		"GET /api/v1/duty/tests/last":     access.ReadDuty,
		"GET /api/v1/duty/tests/:id":      access.ReadDuty,
		"GET /api/v1/alarms/:id/attempts": access.ReadCalls,
		"POST /api/v1/callout/arrivals":   access.TellArrived,
		"POST /api/v1/callout/reports":    access.TellArrived,

		"POST /api/v1/subscriptions":      access.Subscribe,
		"POST /api/v1/subscriptions/move": access.Subscribe,
		"POST /api/v1/subscriptions/end":  access.Subscribe,

		"POST /api/v1/reports/:id/contact":        access.RevealContact,
		"GET /api/v1/reveals":                     access.ListReveals,
		"POST /api/v1/reveals/:id/seen":           access.ListReveals,
		"POST /api/v1/reports/:id/callbacks":      access.CallBack,
		"GET /api/v1/callbacks":                   access.CallBack,
		"POST /api/v1/callbacks/:id/confirmation": access.CallBack,
		"POST /api/v1/callbacks/:id/refusal":      access.CallBack,
		"POST /api/v1/callbacks/:id/number":       access.CallBack,

		"GET /open311/discovery.:format":         access.SeePublic, // the door of server/open311
		"GET /open311/v2/services.:format":       access.SeePublic,
		"GET /open311/v2/services/:code.:format": access.SeePublic,
		"GET /open311/v2/requests.:format":       access.SeePublic,
		"POST /open311/v2/requests.:format":      access.SendReport,
		"GET /open311/v2/requests/:id.:format":   access.SeePublic,
		"GET /open311/v2/tokens/:token.:format":  access.SeePublic,

		"GET /api/open/v1/catalogue":            access.SeePublic, // the door of server/opendata
		"GET /api/open/v1/schema/:dataset.json": access.SeePublic,
		"GET /api/open/v1/:dataset.:format":     access.SeePublic,

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

// OpenReads are the routes that anybody may read without saying who they are, such as "/api/v1/follow/:code".
func OpenReads() []string {
	var paths []string
	for route, action := range routeActions() {
		if path, ok := strings.CutPrefix(route, fiber.MethodGet+" "); ok && access.May(access.Anybody(), action) {
			paths = append(paths, path)
		}
	}
	return paths
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

func (g guarded) Patch(path string, handlers ...fiber.Handler) {
	g.add(fiber.MethodPatch, path, handlers)
}

func (g guarded) Options(path string, handlers ...fiber.Handler) {
	g.add(fiber.MethodOptions, path, handlers)
}

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
	class, counted := classOf(method, path)
	return func(c *fiber.Ctx) error {
		if open {
			a.sign(c, access.Anybody())
			if counted {
				if err := a.Frame.Limit(c, class, ""); err != nil {
					return err
				}
			}
			return c.Next()
		}
		if !counted {
			class = limit.Class{}
		}
		if err := a.letIn(c, action, class); err != nil {
			return err
		}
		return c.Next()
	}
}

// letIn finds out who asks, counts them unless the class is none, and notes them for asking when they may do the action to
// anything at all.
func (a *API) letIn(c *fiber.Ctx, action access.Action, class limit.Class) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	who, err := a.who(ctx, c, active(c))
	if class.Name != "" && !fault.Is(err, fault.KindTooMany) { // also who may not: refusals cost too
		if slow := a.slow(c, class, who); slow != nil {
			return slow
		}
	}
	if err != nil {
		return err
	}
	who = who.reading(c, action)
	if !access.May(who.Principal, action) || who.cannotAct() && !safeMethod(c) && action != access.GetTicket {
		a.sign(c, who.Principal)
		return a.refuse(c, refused{action: action, why: refusal(who, action)})
	}
	if who.Session != nil || who.Desk != nil {
		if err := ownPage(c); err != nil {
			return err
		}
	}
	a.sign(c, who.Principal)
	c.Locals(callerKey{}, who)
	return nil
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
	case who.Desk != nil && who.Session != nil && who.Session.Locked:
		return errLocked
	case who.cannotAct():
		return fault.Unauthenticated("Bàn trực chưa có người; xin đăng nhập rồi làm lại.").Because("desk_vacant")
	case who.Known():
		return fault.Forbidden("Vai trò của bạn không có quyền này.").Because("right")
	}
	return fault.Unauthenticated("Cần đăng nhập.").Because("sign_in")
}

func isKeyAction(a access.Action) bool {
	return a == access.SendReadings || a == access.SendEvents || a == access.RegisterSensors || a == access.ProposeSensors ||
		a == access.LoadHistory
}

//nolint:gochecknoglobals // an error value
var errLocked = fault.Unauthenticated("Bàn trực đang khóa; xin mở khóa rồi làm lại.").Because("desk_locked")

// caller is who asks, with the session when it is a person, the key when it is one, and the pairing when it is a screen. At a
// desk the principal is the person on duty while they may act, and the desk itself while nobody may.
type caller struct {
	access.Principal
	Session *auth.Session
	Key     *auth.Key
	Pairing *auth.Pairing
	Desk    *auth.Desk        // the desk they sit at; nil elsewhere
	Person  *access.Principal // at a desk, who acts; nil while nobody may
	desk    access.Principal
}

// reading lets the desk itself ask for whatever it may see: the list on its screen is the same whoever is on duty, and
// goes on while nobody is.
func (w caller) reading(c *fiber.Ctx, action access.Action) caller {
	if w.Desk != nil && (safeMethod(c) || action == access.GetTicket) && access.May(w.desk, action) {
		w.Principal = w.desk
	}
	return w
}

// cannotAct reports whether this is a desk where nobody may act now.
func (w caller) cannotAct() bool { return w.Desk != nil && w.Person == nil }

// acting is who would act: at a desk the person on duty, and the public while nobody may.
func (w caller) acting() access.Principal {
	switch {
	case w.Desk == nil:
		return w.Principal
	case w.Person == nil:
		return access.Anybody()
	}
	return *w.Person
}

type callerKey struct{}

// asking is who asks a guarded route; the public where the guard let anybody through.
func asking(c *fiber.Ctx) caller {
	if who, ok := c.Locals(callerKey{}).(caller); ok {
		return who
	}
	return caller{Principal: access.Anybody()}
}

// who finds out who asks: a screen by its token, or whoever else. A screen that was revoked is not taken for the desk.
func (a *API) who(ctx context.Context, c *fiber.Ctx, active bool) (caller, error) {
	p, lost := a.pairing(ctx, c)
	if lost == nil {
		who, err := a.ofScreen(ctx, p)
		return caller{Principal: who, Pairing: &p}, err
	}
	if !fault.Is(lost, fault.KindUnauthenticated) {
		return caller{Principal: access.Anybody()}, lost
	}
	who, err := a.whoever(ctx, c, active)
	if err == nil && who.Session == nil && auth.IsLost(lost) {
		return caller{Principal: access.Anybody()}, lost
	}
	return who, err
}

// whoever finds out who asks when it is no screen: by key, by session, or as the desk of the sample's own machine. A wrong
// key is a fault everywhere; a session that is over is nobody's.
func (a *API) whoever(ctx context.Context, c *fiber.Ctx, active bool) (caller, error) {
	key, err := a.caller(ctx, c)
	switch {
	case err != nil:
		return caller{Principal: access.Anybody()}, err
	case key.ID != "":
		return caller{Principal: a.ofKey(key), Key: &key}, nil
	}
	d, err := a.deskHere(ctx, c)
	if err != nil {
		return caller{Principal: access.Anybody()}, err
	}
	// What a desk's page fetches on its own keeps nobody on duty: there only changes and the page's own word count.
	s, err := a.session(ctx, c, active && (d == nil || !safeMethod(c) || c.Path() == pathSession))
	if err == nil && !at(d, s) {
		err = errNobody
	}
	switch {
	case d != nil && (err == nil || fault.Is(err, fault.KindUnauthenticated)):
		return a.ofDesk(*d, s, err == nil), nil
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

// at reports whether a session belongs where it is shown: the sessions of a desk are good at that desk, and no others are.
func at(d *auth.Desk, s auth.Session) bool {
	if d == nil {
		return s.DeskID == ""
	}
	return s.DeskID == d.ID
}

// ofDesk is who asks at a desk.
func (a *API) ofDesk(d auth.Desk, s auth.Session, signedIn bool) caller {
	w := caller{Desk: &d, desk: access.Principal{ID: d.Principal(), Roles: []access.Role{access.Desk}, Scope: a.scope(d.Areas)}}
	w.Principal = w.desk
	if signedIn {
		w.Session = &s
	}
	if signedIn && s.Stage == auth.StageFull && !s.Locked {
		person := a.ofPerson(s.Person)
		w.Person, w.Principal = &person, person
	}
	return w
}

// ofPerson is a person with what they answer for.
func (a *API) ofPerson(p auth.Person) access.Principal {
	who := access.Principal{ID: p.Principal(), Roles: p.Roles, Scope: a.scope(p.Areas)}
	who.Scope.Units = p.Units
	return who
}

// scope is areas as paths. The root of a division is the whole province.
func (a *API) scope(areas []string) (scope access.Scope) {
	for _, name := range areas {
		division, code, _ := strings.Cut(name, "/")
		path := a.Atlas.Tree.Path(division, code)
		switch len(path) {
		case 0: // an area that is no more gives no right
		case 1:
			scope.Everywhere = true
		default:
			scope.Places = append(scope.Places, access.Place{Division: division, Path: path})
		}
	}
	return scope
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
