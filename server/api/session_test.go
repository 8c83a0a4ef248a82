package api_test

import (
	"encoding/base32"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/api"
)

func unbase32(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	must(t, err)
	return raw
}

type whoAnswer struct {
	Stage  string
	Desk   bool
	Person *struct{ Login string }
	Roles  []struct{ ID, Label string }
	Rights map[string]string
}

func TestACookieIsForThisHostAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	login := map[string]string{"login": "an", "password": goodPassword}
	a := h.do(call{method: "POST", path: "/api/v1/session", body: login})
	cookie := strings.ToLower(a.header.Get("Set-Cookie"))
	if a.status != 200 || !strings.HasPrefix(cookie, "toancanh-local=") || strings.Contains(cookie, "; secure") {
		t.Errorf("on plain http of this machine: %d %q", a.status, cookie)
	}
	for _, part := range []string{"; path=/", "; httponly", "; samesite=strict"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	p := problem(t, h.do(call{method: "POST", path: "/api/v1/session", body: login, header: map[string]string{"Host": "ioc.example.vn"}}), 403)
	if !hasFault(p, "", "https") {
		t.Errorf("a password crossed an open network: %+v", p)
	}
}

func TestACookieOverTLSHasTheHostsPrefix(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, behindProxy)
	h.person("an", district(), access.ShiftLead)
	proxied := map[string]string{"Host": "ioc.example.vn", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
	a := h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": "an", "password": goodPassword}, header: proxied})
	cookie := a.header.Get("Set-Cookie")
	if a.status != 200 || !strings.HasPrefix(cookie, "__Host-toancanh=") || !strings.Contains(strings.ToLower(cookie), "; secure") || strings.Contains(strings.ToLower(cookie), "domain") {
		t.Errorf("%d %q", a.status, cookie)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("an answer with a cookie may be kept")
	}
}

// behindProxy trusts this machine as a reverse proxy.
func behindProxy(c *api.Config, _ *fiber.App) {
	c.Frame.Trusted = append(c.Frame.Trusted, loopback)
}

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	v := h.as(access.Operator, district())
	if got := read[whoAnswer](t, h.do(call{method: "GET", path: "/api/v1/session"}), 200); got.Stage != "none" || got.Person != nil {
		t.Errorf("a stranger is %+v", got)
	}
	got := read[whoAnswer](t, v.try("GET", "/api/v1/session", nil), 200)
	if got.Stage != "full" || got.Person == nil || got.Roles[0].Label != "Cán bộ trực" || got.Rights["report.read"] != "area" || got.Rights["act.publish"] != "" || got.Desk {
		t.Errorf("%+v", got)
	}
	type sessions struct {
		Sessions []struct {
			ID  string
			Own bool
		}
	}
	second := h.enter(got.Person.Login)
	list := read[sessions](t, v.try("GET", "/api/v1/sessions", nil), 200).Sessions
	if len(list) != 2 || list[0].Own || !list[1].Own {
		t.Fatalf("%+v", list)
	}
	other := h.as(access.Leader, district())
	problem(t, other.try("DELETE", "/api/v1/sessions/"+list[0].ID, nil), 404)
	if a := v.try("DELETE", "/api/v1/sessions/"+list[0].ID, nil); a.status != 204 {
		t.Errorf("status %d", a.status)
	}
	problem(t, second.try("GET", "/api/v1/reports", nil), 401)
	if a := v.try("DELETE", "/api/v1/session", nil); a.status != 204 || !strings.Contains(a.header.Get("Set-Cookie"), "toancanh-local=;") {
		t.Errorf("status %d, cookie %q", a.status, a.header.Get("Set-Cookie"))
	}
	problem(t, v.try("GET", "/api/v1/reports", nil), 401)
	if a := v.try("DELETE", "/api/v1/session", nil); a.status != 204 {
		t.Errorf("signing out twice: status %d", a.status)
	}
}

func TestAHalfSessionHasNoRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("chi", access.Scope{}, access.Administrator)
	v := &visitor{h: h}
	v.take(v.try("POST", "/api/v1/session", map[string]string{"login": "chi", "password": goodPassword}))
	got := read[whoAnswer](t, v.try("GET", "/api/v1/session", nil), 200)
	if got.Stage != "enrol" || got.Rights["person.change"] != "" {
		t.Errorf("%+v", got)
	}
	for _, path := range []string{"/api/v1/people", "/api/v1/audit", "/api/v1/sessions", "/api/v1/reports"} {
		problem(t, v.try("GET", path, nil), 401)
	}
	problem(t, v.try("POST", "/api/v1/session/password", map[string]string{"before": goodPassword, "password": "một mật khẩu khác"}), 401)
	before := v.cookie
	admin := h.enter("chi")
	if admin.cookie == before {
		t.Error("the cookie stayed the same")
	}
	if a := admin.try("GET", "/api/v1/people", nil); a.status != 200 {
		t.Errorf("status %d", a.status)
	}
}

func TestAChangeInAPersonsNameComesFromOurOwnPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	v := h.as(access.ShiftLead, district())
	for name, tc := range map[string]struct {
		header map[string]string
		want   int
	}{
		"no mark":                 {map[string]string{}, 403},
		"our header":              {map[string]string{"X-Toancanh": "1"}, 200},
		"our origin":              {map[string]string{"Origin": h.base}, 200},
		"the browser's word":      {map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"another site":            {map[string]string{"Sec-Fetch-Site": "cross-site", "X-Toancanh": "1"}, 403},
		"another origin":          {map[string]string{"Origin": "https://evil.example", "X-Toancanh": "1"}, 403},
		"typed into the address":  {map[string]string{"Sec-Fetch-Site": "none"}, 403},
		"a page of a sister site": {map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
	} {
		tc.header["Cookie"] = v.cookie
		a := h.do(call{method: "POST", path: "/api/v1/tickets", body: map[string]any{"topics": []string{"wall/vn-2022/67/660"}}, header: tc.header})
		if a.status != tc.want {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, tc.want, a.body)
		}
	}
}

func TestAFloodOfSignInsIsToldToWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	slowed := 0
	for range 12 {
		a := h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": "an", "password": "sai rồi sai rồi"}})
		switch a.status {
		case http.StatusUnauthorized:
		case http.StatusTooManyRequests:
			slowed++
			if a.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		default:
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
	if slowed < 5 {
		t.Errorf("%d of 12 guesses were slowed", slowed)
	}
	for _, secret := range []string{"sai rồi", "trâu ngựa"} {
		if strings.Contains(h.log.String(), secret) {
			t.Error("the log holds a password")
		}
	}
}
