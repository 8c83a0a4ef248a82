package api_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/store"
)

const goodPassword = "trâu ngựa ghế đèn"

// visitor is somebody with a cookie, from another machine behind a proxy that ends TLS.
type visitor struct {
	h      *house
	person auth.Person
	cookie string
}

// real makes a house of real data: nobody has rights without showing who they are.
func real(c *api.Config, _ *fiber.App) { c.Sample = false }

// person keeps somebody with a password.
func (h *house) person(login string, scope access.Scope, roles ...access.Role) auth.Person {
	h.t.Helper()
	id, err := auth.NewPersonID()
	must(h.t, err)
	p := auth.Person{ID: id, Login: login, Name: "Nguyễn Văn An", Roles: roles, Units: scope.Units}
	for _, place := range scope.Places {
		p.Areas = append(p.Areas, place.Division+"/"+place.Path[len(place.Path)-1])
	}
	token, hash, err := auth.NewSecret()
	must(h.t, err)
	must(h.t, h.store.AddPerson(h.t.Context(), p, store.Invitation{Hash: hash, ExpiresAt: time.Now().Add(time.Hour)}))
	a := h.do(call{method: "POST", path: "/api/v1/invitations", body: map[string]string{"token": token, "password": goodPassword}})
	if a.status != 200 {
		h.t.Fatalf("invitation: %d %s", a.status, a.body)
	}
	return p
}

// enter signs a person in on this machine; the second factor is set up when the role needs one.
func (h *house) enter(login string) *visitor {
	h.t.Helper()
	v := &visitor{h: h}
	a := v.try("POST", "/api/v1/session", map[string]string{"login": login, "password": goodPassword})
	if a.status != 200 {
		h.t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	v.take(a)
	if strings.Contains(string(a.body), `"stage":"enrol"`) {
		secret := read[map[string]string](h.t, v.try("POST", "/api/v1/session/factor", nil), 200)["secret"]
		raw := unbase32(h.t, secret)
		a = v.try("POST", "/api/v1/session/code", map[string]string{"code": auth.TOTPCode(raw, time.Now())})
		if a.status != 200 {
			h.t.Fatalf("code: %d %s", a.status, a.body)
		}
		v.take(a)
	}
	return v
}

func (v *visitor) take(a answer) {
	v.h.t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
}

func (v *visitor) try(method, path string, body any) answer {
	v.h.t.Helper()
	return v.h.do(call{method: method, path: path, body: body, header: map[string]string{"Cookie": v.cookie, "X-Toancanh": "1"}})
}

// as is a person with a role, signed in.
func (h *house) as(role access.Role, scope access.Scope) *visitor {
	h.t.Helper()
	login := strings.ToLower(rand.Text())
	p := h.person(login, scope, role)
	v := h.enter(login)
	v.person = p
	return v
}

// district is the scope of district 660 (Gia Nghĩa), where newReport lies, and of the unit so-xd.
func district() access.Scope {
	return access.Scope{Places: []access.Place{{Division: "vn-2022", Path: []string{"67", "660"}}}, Units: []string{"so-xd"}}
}

// province is the whole of it.
func province() access.Scope {
	return access.Scope{Places: []access.Place{{Division: "vn-2022", Path: []string{"67"}}}, Units: []string{"so-xd"}}
}

func foreign() access.Scope {
	return access.Scope{Places: []access.Place{{Division: "vn-2022", Path: []string{"67", "661"}}}, Units: []string{"so-yt"}}
}

func TestEveryRouteHasItsRight(t *testing.T) {
	t.Parallel()
	var app *fiber.App
	newHouse(t, func(_ *api.Config, a *fiber.App) { app = a })
	known := map[access.Action]bool{}
	for _, rule := range access.Table() {
		known[rule.Action] = true
	}
	for _, r := range app.GetRoutes(true) {
		if r.Method == fiber.MethodHead {
			continue
		}
		action, ok := api.ActionOf(r.Method, r.Path)
		if !ok || !known[action] {
			t.Errorf("%s %s has no right: name its action in routeActions (server/api/rights.go)", r.Method, r.Path)
		}
	}
}

// TestEveryRouteAsksForItsRight walks every route as every role, in a house where nobody has rights for nothing: who may
// not do the route's action to anything is refused before anything is looked up, and everybody else is not.
func TestEveryRouteAsksForItsRight(t *testing.T) {
	t.Parallel()
	var app *fiber.App
	h := newHouse(t, real, func(_ *api.Config, a *fiber.App) { app = a })
	h.person("dau", access.Scope{}, access.Administrator) // another, so that none below is the last
	who := map[access.Role]func(method, path string) answer{
		access.Public: func(method, path string) answer { return h.do(call{method: method, path: path}) },
	}
	for _, role := range access.PersonRoles() {
		v := h.as(role, province())
		who[role] = func(method, path string) answer { return v.try(method, path, nil) }
	}
	wall := h.paired(h.as(access.ShiftLead, province()), "660")
	who[access.Screen] = func(method, path string) answer { return wall.send(method, path, nil) }
	for _, right := range auth.Rights() {
		key := h.key(right)
		who[access.Role("may:"+string(right))] = func(method, path string) answer {
			return h.do(call{method: method, path: path, key: key})
		}
	}
	fill := strings.NewReplacer(":division", "vn-2022", ":id", "0192f0c1-0000-7000-8000-000000000000", ":code", "mua-1", ":screen", "tinh", ":presenter", "tinh")
	tried := 0
	for _, r := range app.GetRoutes(true) {
		if r.Method == fiber.MethodHead || strings.HasPrefix(r.Path, "/internal/") || r.Method == fiber.MethodDelete && r.Path == "/api/v1/session" {
			continue
		}
		action, _ := api.ActionOf(r.Method, r.Path)
		if action == access.OpenSession || action == access.SendPhoto {
			continue // open to all; what each stage, or each sender of a photo, may, the tests of those say
		}
		for role, ask := range who {
			a := ask(r.Method, fill.Replace(r.Path))
			tried++
			refused := a.status == 401 || a.status == 403
			hidden := action == access.PlayStorm && a.status == 404
			may := access.May(access.Principal{Roles: []access.Role{role}}, action)
			if !may && !refused && !hidden || may && refused {
				t.Errorf("%s %s as %s: status %d, may %t: %s", r.Method, r.Path, role, a.status, may, a.body)
			}
			if role == access.Public && !may && a.status != 401 && !hidden {
				t.Errorf("%s %s as nobody: status %d, want 401", r.Method, r.Path, a.status)
			}
		}
	}
	if tried < 300 {
		t.Errorf("tried only %d", tried)
	}
}

func TestAReportIsThereOnlyForThoseWhoseItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.post("Rác ở Gia Nghĩa")
	read[opsAnswer](t, h.act(mine.ID, map[string]any{"act": "accept", "version": 1}), 200)
	read[opsAnswer](t, h.act(mine.ID, map[string]any{"act": "assign", "version": 2, "unit": "so-xd"}), 200)
	area := access.Scope{Places: district().Places}
	otherArea := access.Scope{Places: foreign().Places}
	type page struct {
		Reports []struct{ ID string }
	}
	for _, tc := range []struct {
		name  string
		role  access.Role
		scope access.Scope
		sees  bool
		acts  map[string]int // act -> status
	}{
		{"an operator of the area", access.Operator, area, true, map[string]int{"publish": 403, "start": 403}},
		{"an operator of another", access.Operator, otherArea, false, map[string]int{"assign": 404, "publish": 404}},
		{"a leader of the area", access.Leader, area, true, map[string]int{"accept": 403}},
		{"a leader of another", access.Leader, otherArea, false, map[string]int{"accept": 404}},
		{"an officer of the unit", access.UnitOfficer, access.Scope{Units: []string{"so-xd"}}, true, map[string]int{"return": 403, "assign": 403}},
		{"an officer of another unit", access.UnitOfficer, access.Scope{Units: []string{"so-yt"}}, false, map[string]int{"start": 404}},
		{"an officer without a unit", access.UnitOfficer, area, false, map[string]int{"start": 404}},
		{"a shift lead of another area", access.ShiftLead, otherArea, false, map[string]int{"withdraw": 404}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := h.as(tc.role, tc.scope)
			for _, id := range []string{mine.ID, mine.Code} {
				a := v.try("GET", "/api/v1/reports/"+id, nil)
				if tc.sees {
					read[opsAnswer](t, a, 200)
				} else if p := problem(t, a, 404); strings.Contains(string(a.body), mine.Code) || p.Detail == "" {
					t.Errorf("the refusal tells of the report: %s", a.body)
				}
			}
			list := read[page](t, v.try("GET", "/api/v1/reports", nil), 200)
			if (len(list.Reports) == 1) != tc.sees {
				t.Errorf("lists %d reports", len(list.Reports))
			}
			for act, want := range tc.acts {
				a := v.try("POST", "/api/v1/reports/"+mine.ID+"/acts", map[string]any{"act": act, "version": 3, "reason": "lý do đủ dài", "unit": "so-xd", "text": "x"})
				if a.status != want {
					t.Errorf("%s: status %d, want %d: %s", act, a.status, want, a.body)
				}
			}
		})
	}
	if got := h.get(mine.ID); got.Report.Version != 3 {
		t.Errorf("somebody changed it: version %d", got.Report.Version)
	}
	v := h.as(access.UnitOfficer, access.Scope{Units: []string{"so-xd"}})
	got := read[opsAnswer](t, v.try("POST", "/api/v1/reports/"+mine.ID+"/acts", map[string]any{"act": "start", "version": 3}), 200)
	if strings.Join(got.Allowed, " ") != "resolve request_extension" {
		t.Errorf("an officer is offered %v", got.Allowed)
	}
	full := h.get(mine.ID)
	if last := full.Acts[len(full.Acts)-1]; !strings.HasPrefix(last.Actor, "person:") {
		t.Errorf("the timeline names %q", last.Actor)
	}
}

func TestATicketHoldsOnlyWhatItsBearerMayHear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(access.Operator, access.Scope{Places: district().Places})
	unit := h.as(access.UnitOfficer, access.Scope{Units: []string{"so-xd"}})
	for _, tc := range []struct {
		who    *visitor
		topic  string
		status int
	}{
		{v, "ops/vn-2022/67/660", 200},
		{v, "wall/vn-2022/67/660", 200},
		{v, "ops/vn-2022/67", 422},
		{v, "ops/vn-2022/67/661", 422},
		{v, "unit/so-xd", 422},
		{v, "control", 422},
		{v, "screen/tinh", 422},
		{unit, "unit/so-xd", 200},
		{unit, "unit/so-yt", 422},
		{unit, "ops/vn-2022/67/660", 422},
		{unit, "public/vn-2022/67", 200},
	} {
		a := tc.who.try("POST", "/api/v1/tickets", map[string]any{"topics": []string{tc.topic}, "screen": true})
		if a.status != tc.status {
			t.Errorf("%s: status %d, want %d: %s", tc.topic, a.status, tc.status, a.body)
			continue
		}
		if a.status != 200 {
			continue
		}
		token := read[struct{ Ticket string }](t, a, 200).Ticket
		ticket, err := schema.OpenTicket(h.signer.Public(), token, time.Now())
		must(t, err)
		if ticket.Screen || !strings.HasPrefix(ticket.Subject, "session:") || time.Until(ticket.ExpiresAt) > auth.PersonTicket {
			t.Errorf("a person's ticket is %+v", ticket)
		}
	}
}

func TestTheDeskWithoutSigningInIsTheSamplesOwnMachine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		sample  bool
		settled bool // somebody can sign in
		host    string
		want    int
	}{
		{"the sample on its own machine", true, false, "127.0.0.1", 200},
		{"the sample from elsewhere", true, false, "ioc.example.vn", 401},
		{"the sample on its own machine with people", true, true, "127.0.0.1", 200},
		{"real data on its own machine", false, true, "127.0.0.1", 401},
		{"real data from elsewhere", false, true, "ioc.example.vn", 401},
		{"real data before the first password", false, false, "127.0.0.1", 200},
		{"real data before the first password, from elsewhere", false, false, "ioc.example.vn", 401},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(c *api.Config, _ *fiber.App) { c.Sample = tc.sample })
			if tc.settled {
				h.as(access.Operator, access.Scope{Everywhere: true})
			}
			for _, path := range []string{"/api/v1/reports", "/api/v1/kpis", "/api/v1/sensors", "/api/v1/screens/tinh"} {
				a := h.do(call{method: "GET", path: path, header: map[string]string{"Host": tc.host}})
				if a.status != tc.want {
					t.Errorf("%s: status %d, want %d", path, a.status, tc.want)
				}
			}
			desk := bytes.Contains(h.do(call{method: "GET", path: "/api/v1/session", header: map[string]string{"Host": tc.host}}).body, []byte(`"desk":true`))
			if desk != (tc.want == 200) {
				t.Errorf("desk %t", desk)
			}
			for _, path := range []string{"/api/v1/people", "/api/v1/audit", "/api/v1/rights"} { // never the administrator
				if a := h.do(call{method: "GET", path: path, header: map[string]string{"Host": tc.host}}); a.status != 401 && a.status != 403 {
					t.Errorf("%s: status %d", path, a.status)
				}
			}
		})
	}
}

func TestARouteWithoutARightIsRefused(t *testing.T) {
	t.Parallel()
	if _, ok := api.ActionOf("GET", "/api/v1/forgotten"); ok {
		t.Fatal("a route nobody thought of has a right")
	}
	app := fiber.New()
	api.HangForgotten(app)
	req, err := http.NewRequest(http.MethodGet, "http://localhost/api/v1/forgotten", http.NoBody)
	must(t, err)
	res, err := app.Test(req)
	must(t, err)
	if res.StatusCode == 200 {
		t.Error("it was served")
	}
	must(t, res.Body.Close())
}
