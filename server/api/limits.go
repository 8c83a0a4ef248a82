package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/limit"
)

// classOf is the class a route is counted in; ok is false where its handler counts, or nothing is counted at all: the
// probes of a supervisor, and hubs, which bring a secret.
func classOf(method, path string) (class limit.Class, ok bool) {
	action, _ := ActionOf(method, path)
	switch {
	case path == "/healthz", path == "/readyz", action == access.AskAsHub, action == access.SendReport, action == access.SendPhoto:
		return limit.Class{}, false
	case action == access.Subscribe:
		return limit.Subscriptions(), true
	case action == access.FollowReport:
		return limit.Follows(), true
	case action == access.OpenSession && method == fiber.MethodPost: // by mayKnock
		return limit.Class{}, false
	case path == "/api/v1/reports/nearby":
		return limit.Nearby(), true
	case action == access.ReadPast, action == access.ReadAudit, action == access.DecidePlaces, strings.HasSuffix(path, "/map.svg"),
		strings.HasSuffix(path, "/import"), strings.HasSuffix(path, "/export"), strings.HasSuffix(path, "/forecast"), action == access.ReadAlarmHealth:
		return limit.Costly(), true
	case method == fiber.MethodGet:
		return limit.Reads(), true
	}
	return limit.Writes(), true
}

// slow counts a request of whoever asks: who is known by themselves, everybody else by network. A key was counted, by figures
// of its own, when it was shown.
func (a *API) slow(c *fiber.Ctx, class limit.Class, who caller) error {
	switch {
	case who.Key != nil:
		return nil
	case who.ID == desk().ID: // with the house open, everybody is
		return a.Frame.Limit(c, class, "")
	case who.Session != nil: // also one that is not whole yet
		return a.Frame.Limit(c, class, who.Session.Person.Principal())
	}
	return a.Frame.Limit(c, class, who.ID)
}
