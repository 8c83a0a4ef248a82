package api_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/api"
	"toancanh/server/callout/calltest"
	"toancanh/server/limit"
)

func TestABrowserSubscribesWithoutAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config, _ *fiber.App) {
		c.Frame.Limits = limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	})
	push := calltest.NewPushService(t)
	first, second := push.Subscribe(), push.Subscribe()
	post := func(path string, body map[string]any) answer {
		return h.do(call{method: "POST", path: "/api/v1/subscriptions" + path, body: body})
	}
	wants := func(what string, a answer, status int) {
		t.Helper()
		if a.status != status {
			t.Errorf("%s: %d %s, want %d", what, a.status, a.body, status)
		}
	}
	refused := func(a answer, field string) {
		t.Helper()
		if p := problem(t, a, 422); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("want %s to be named: %s", field, a.body)
		}
	}
	choice := map[string]any{
		"endpoint": first.Endpoint, "p256dh": first.Key, "auth": first.Auth, "areas": []string{"67"}, "categories": []string{"*"}, "severity": "Severe", "language": "vi",
	}
	wants("subscribe", post("", choice), 204)
	choice["endpoint"] = "https://169.254.169.254/x"
	refused(post("", choice), "endpoint")
	choice["endpoint"], choice["areas"] = first.Endpoint, []string{}
	refused(post("", choice), "areas")
	wants("move", post("/move", map[string]any{
		"old_endpoint": first.Endpoint, "old_auth": first.Auth, "endpoint": second.Endpoint, "p256dh": second.Key, "auth": second.Auth,
	}), 204)
	wants("end of what was moved", post("/end", map[string]any{"endpoint": first.Endpoint, "auth": first.Auth}), 404)
	wants("end without the secret", post("/end", map[string]any{"endpoint": second.Endpoint, "auth": first.Auth}), 404)
	wants("end", post("/end", map[string]any{"endpoint": second.Endpoint, "auth": second.Auth}), 204)
	for range limit.Subscriptions().Burst {
		if post("/end", map[string]any{"endpoint": second.Endpoint, "auth": first.Auth}).status == 429 {
			return
		}
	}
	t.Error("guesses never run out")
}
