package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/limit"
)

// limited counts who does what, by a clock that stands still.
func limited(c *api.Config, _ *fiber.App) {
	at := time.Now()
	c.Frame.Limits = limit.New(limit.Config{Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler)})
}

// policy is the class an answer was counted in, empty for none.
func policy(a answer) string {
	name, _, _ := strings.Cut(strings.Trim(a.header.Get("RateLimit-Policy"), `"`), `"`)
	return name
}

func TestEachDoorHasItsClass(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, limited)
	v := h.as(access.ShiftLead, district())
	for path, want := range map[string]string{
		"/healthz": "", "/readyz": "", "/api/v1/categories": "reads", "/api/v1/session": "reads", "/api/v1/reports": "reads", "/api/v1/audit": "costly",
		"/api/v1/past": "costly", "/api/v1/areas/vn-2022/map.svg": "costly", "/internal/hub/key": "",
	} {
		if got := policy(v.try(http.MethodGet, path, nil)); got != want {
			t.Errorf("GET %s is counted as %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"/api/v1/session": "sign-in", "/api/v1/invitations": "sign-in", "/api/v1/reports": "reports", "/api/v1/tickets": "writes", "/api/v1/meetings": "writes",
	} {
		if got := policy(v.try(http.MethodPost, path, map[string]any{})); got != want {
			t.Errorf("POST %s is counted as %q, want %q", path, got, want)
		}
	}
	key := h.key(auth.RightReadings, auth.RightReports)
	for _, path := range []string{"/api/v1/readings", "/api/v1/events", "/api/v1/reports"} {
		if got := policy(h.do(call{method: http.MethodPost, path: path, key: key, body: map[string]any{}})); got != "key" {
			t.Errorf("a key's POST %s is counted as %q, want it counted once as a key's", path, got)
		}
	}
}

// TestWhoFloodsSlowsOnlyThemselves empties an address's bucket, then a person's.
func TestWhoFloodsSlowsOnlyThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, limited)
	one, other := h.as(access.ShiftLead, district()), h.as(access.Operator, district())
	key := h.key(auth.RightReports)
	empty := func(name string, send func() answer) {
		t.Helper()
		for range limit.Reads().Burst + 1 {
			if a := send(); a.status == http.StatusTooManyRequests {
				p := problem(t, a, http.StatusTooManyRequests)
				if p.Type != "/problems/rate-limited" || a.header.Get("Retry-After") != "1" || a.header.Get("RateLimit") != `"reads";r=0;t=1` || a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s is refused with %+v %v", name, p, a.header)
				}
				return
			}
		}
		t.Errorf("%s is never slowed", name)
	}
	empty("an address", func() answer { return h.do(call{method: http.MethodGet, path: "/api/v1/categories"}) })
	passes := func(name string, a answer) {
		t.Helper()
		if a.status == http.StatusTooManyRequests {
			t.Errorf("%s is slowed by somebody else", name)
		}
	}
	passes("a person", one.try(http.MethodGet, "/api/v1/reports", nil))
	passes("a key", h.do(call{method: http.MethodGet, path: "/api/v1/reports", key: key}))
	passes("a probe", h.do(call{method: http.MethodGet, path: "/readyz"}))
	passes("a citizen's report", h.do(call{method: http.MethodPost, path: "/api/v1/reports", body: newReport("Rác")}))
	empty("a person", func() answer { return one.try(http.MethodGet, "/api/v1/reports", nil) })
	passes("another person at the same address", other.try(http.MethodGet, "/api/v1/reports", nil))
}

// TestASiteOfIPv6IsOneAndNotThousands sprays sign-ins from the networks of one site.
func TestASiteOfIPv6IsOneAndNotThousands(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, limited, behindProxy)
	try := func(site, network int) answer {
		from := fmt.Sprintf("2001:db8:%x:%x::1", site, network)
		return h.do(call{method: http.MethodPost, path: "/api/v1/invitations", body: map[string]any{}, header: map[string]string{
			"X-Forwarded-For": from, "X-Forwarded-Proto": "https", "Host": "ioc.example.vn",
		}})
	}
	const bound = 16
	passed := 0
	for n := range 2 * bound * limit.SignIn().Burst {
		if a := try(1, n); a.status != http.StatusTooManyRequests {
			passed++
		}
	}
	if want := bound * limit.SignIn().Burst; passed != want {
		t.Errorf("%d tries pass from the networks of one site, want %d", passed, want)
	}
	a := try(2, 1)
	if want := `"sign-in";r=29;t=1`; a.status == http.StatusTooManyRequests || a.header.Get("RateLimit") != want {
		t.Errorf("a caller of another site is answered %d, RateLimit %q, want %s", a.status, a.header.Get("RateLimit"), want)
	}
	for range limit.SignIn().Burst + 5 { // one network spends its own, and nothing of the others'
		a = try(2, 1)
	}
	if other := try(2, 2); a.status != http.StatusTooManyRequests || other.status == http.StatusTooManyRequests {
		t.Errorf("a network that runs wild is answered %d, and its neighbour %d", a.status, other.status)
	}
}
