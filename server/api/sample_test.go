package api_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/store"
)

// newSampleHouse is a house with the sample's way in beside the door, as the newcomer's page has it.
func newSampleHouse(t *testing.T, sample bool) *house {
	t.Helper()
	var h *house
	h = newHouse(t, func(c *api.Config, app *fiber.App) {
		c.Sample = sample
		app.Post("/test/vao", func(c *fiber.Ctx) error { return h.api.EnterSample(c, c.FormValue("vai")) })
	})
	return h
}

// enterSample signs in as the sample's person of a role.
func (h *house) enterSample(role access.Role) *visitor {
	h.t.Helper()
	v := &visitor{h: h}
	a := h.do(call{
		method: "POST", path: "/test/vao", body: "vai=" + string(role), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	})
	if a.status != 200 {
		h.t.Fatalf("enter as %s: %d %s", role, a.status, a.body)
	}
	v.take(a)
	return v
}

func TestASampleSignInIsTheRoleAndNothingMore(t *testing.T) {
	t.Parallel()
	h := newSampleHouse(t, true)
	for _, role := range access.PersonRoles() {
		v := h.enterSample(role)
		got := read[whoAnswer](t, v.try("GET", "/api/v1/session", nil), 200)
		if got.Stage != "full" || got.Desk || len(got.Roles) != 1 || got.Roles[0].ID != string(role) {
			t.Errorf("%s: %+v", role, got)
		}
		for path, action := range map[string]access.Action{
			"/api/v1/people": access.ListPeople, "/api/v1/audit": access.ReadAudit, "/api/v1/reports": access.ListReports, "/api/v1/kpis": access.ReadKPIs,
		} {
			may := access.May(access.Principal{Roles: []access.Role{role}}, action)
			if a := v.try("GET", path, nil); (a.status == 200) != may {
				t.Errorf("%s, %s: %d, may %t", role, path, a.status, may)
			}
		}
	}
	if again := h.enterSample(access.ShiftLead); again.cookie == "" {
		t.Error("a second time is refused")
	}
	var people, passwords, sessions int
	must(t, h.db.Owner.QueryRow(t.Context(), `select (select count(*) from person), (select count(*) from credential),
		(select count(*) from audit where what = 'session.open' and detail::jsonb->>'sample' = 'true')`).Scan(&people, &passwords, &sessions))
	if people != len(access.PersonRoles()) || passwords != 0 || sessions != len(access.PersonRoles())+1 {
		t.Errorf("%d people, %d passwords, %d sessions in the audit", people, passwords, sessions)
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": "mau.quan_tri", "password": ""}}), 401)
}

func TestThereIsNoSampleSignInOutsideTheSamplesOwnMachine(t *testing.T) {
	t.Parallel()
	sample, real := newSampleHouse(t, true), newSampleHouse(t, false)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if a := real.do(call{method: "POST", path: "/test/vao", body: "vai=truong_ca", header: form}); a.status != 404 {
		t.Errorf("outside the sample: %d", a.status)
	}
	form["Host"] = "ioc.example.vn"
	if a := sample.do(call{method: "POST", path: "/test/vao", body: "vai=truong_ca", header: form}); a.status != 404 {
		t.Errorf("from elsewhere: %d", a.status)
	}
	delete(form, "Host")
	form["X-Forwarded-For"] = "203.0.113.7"
	if a := sample.do(call{method: "POST", path: "/test/vao", body: "vai=truong_ca", header: form}); a.status != 404 {
		t.Errorf("through a proxy: %d", a.status)
	}
	delete(form, "X-Forwarded-For")
	for _, role := range []string{"man_hinh", "khach", "hub", "may:reports", "x"} {
		if a := sample.do(call{method: "POST", path: "/test/vao", body: "vai=" + role, header: form}); a.status != 422 {
			t.Errorf("as %s: %d", role, a.status)
		}
	}
	var made int
	for _, h := range []*house{sample, real} {
		must(t, h.db.Owner.QueryRow(t.Context(), "select (select count(*) from person) + (select count(*) from session)").Scan(&made))
		if made != 0 {
			t.Errorf("%d people and sessions were made", made)
		}
	}
}

func TestASampleSessionDoesNotOutliveTheSample(t *testing.T) {
	t.Parallel()
	h := newSampleHouse(t, true)
	v := h.enterSample(access.Administrator)
	for name, header := range map[string]map[string]string{
		"from elsewhere":  {"Host": "ioc.example.vn"},
		"through a proxy": {"X-Forwarded-For": "203.0.113.7"},
	} {
		header["Cookie"] = v.cookie
		if a := h.do(call{method: "GET", path: "/api/v1/people", header: header}); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	real := newSampleHouse(t, false) // the same session in a house that is no sample
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(t, err)
	p := h.person("an", access.Scope{}, access.Administrator)
	must(t, real.store.AddPerson(t.Context(), p, store.Invitation{Hash: []byte{1}, ExpiresAt: time.Now()}))
	token, _, err := auth.NewKeeper(real.store, auth.NewHasher(), sealer, time.Now).EnterSample(t.Context(), p, netip.Addr{}, "")
	must(t, err)
	header := map[string]string{"Cookie": "toancanh-local=" + token}
	if who := read[whoAnswer](t, real.do(call{method: "GET", path: "/api/v1/session", header: header}), 200); who.Person != nil {
		t.Errorf("outside the sample: %+v", who)
	}
	if a := real.do(call{method: "GET", path: "/api/v1/people", header: header}); a.status != 403 { // the desk's answer
		t.Errorf("outside the sample: %d", a.status)
	}
	if strings.Contains(h.log.String(), v.cookie) {
		t.Error("the log tells the session")
	}
}
