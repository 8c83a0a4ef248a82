package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/api"
)

const goodPIN = "582914"

type dutyAnswer struct {
	Stage  string
	Person *struct {
		Login string
		PIN   bool
	}
	Rights map[string]string
	Duty   *struct {
		Desk, Label, Standing string
		IdleS                 int `json:"idle_s"`
		Rights                map[string]string
	}
}

// machine is a browser of the control room with its cookies.
type machine struct {
	h       *house
	cookies map[string]string
}

func (m *machine) try(method, path string, body any) answer {
	m.h.t.Helper()
	var pairs []string
	for name, value := range m.cookies {
		pairs = append(pairs, name+"="+value)
	}
	a := m.h.do(call{method: method, path: path, body: body, header: map[string]string{"Cookie": strings.Join(pairs, "; "), "X-Toancanh": "1"}})
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Value == "" || c.Expires.Year() == 1970 {
			delete(m.cookies, c.Name)
		} else {
			m.cookies[c.Name] = c.Value
		}
	}
	return a
}

func (m *machine) who() dutyAnswer {
	m.h.t.Helper()
	return read[dutyAnswer](m.h.t, m.try("GET", "/api/v1/session", nil), 200)
}

// pairedDesk is a machine that a shift lead of the district made a desk.
func (h *house) pairedDesk(lead string) *machine {
	h.t.Helper()
	m := &machine{h, map[string]string{}}
	read[dutyAnswer](h.t, m.try("POST", "/api/v1/session", map[string]string{"login": lead, "password": goodPassword}), 200)
	if a := m.try("POST", "/api/v1/desks", map[string]any{"label": "Bàn trực 1", "areas": []string{"vn-2022/660"}}); a.status != 201 {
		h.t.Fatalf("pair: %d %s", a.status, a.body)
	}
	return m
}

func (m *machine) subject() string {
	m.h.t.Helper()
	a := m.try("POST", "/api/v1/tickets", map[string]any{"topics": []string{"ops/vn-2022/67/660"}})
	token := read[struct{ Ticket string }](m.h.t, a, 200).Ticket
	ticket, err := schema.OpenTicket(m.h.signer.Public(), token, time.Now())
	must(m.h.t, err)
	return ticket.Subject
}

func TestADeskReadsWhoeverSitsThereAndActsForNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	h.person("binh", access.Scope{Places: foreign().Places}, access.Operator)
	mine := h.post("Rác ở Gia Nghĩa")
	m := h.pairedDesk("an")
	got := m.who()
	if got.Stage != "full" || got.Duty == nil || got.Duty.Standing != "manned" || got.Duty.IdleS != 600 || got.Rights["act.accept"] != "area" {
		t.Fatalf("%+v", got)
	}
	if got.Duty.Rights["report.list"] != "area" || got.Duty.Rights["act.accept"] != "" {
		t.Errorf("the desk itself may %v", got.Duty.Rights)
	}
	subject := m.subject()
	if subject != "desk:"+got.Duty.Desk {
		t.Errorf("its tickets name %q", subject)
	}
	sees := func(when string, acts bool) {
		t.Helper()
		if list := m.try("GET", "/api/v1/reports", nil); list.status != 200 || !strings.Contains(string(list.body), mine.ID) {
			t.Errorf("%s: the list is %d", when, list.status)
		}
		one := read[opsAnswer](t, m.try("GET", "/api/v1/reports/"+mine.ID, nil), 200)
		if (len(one.Allowed) > 0) != acts {
			t.Errorf("%s: it is offered %v", when, one.Allowed)
		}
		if s := m.subject(); s != subject {
			t.Errorf("%s: its tickets name %q", when, s)
		}
	}
	accept := func() answer {
		return m.try("POST", "/api/v1/reports/"+mine.ID+"/acts", map[string]any{"act": "accept", "version": 1})
	}
	sees("manned", true)
	if a := m.try("POST", "/api/v1/desk/lock", nil); a.status != 200 {
		t.Fatalf("lock: %d %s", a.status, a.body)
	}
	if got := m.who(); got.Duty.Standing != "locked" || got.Person == nil || got.Person.Login != "an" || len(got.Rights) != 0 {
		t.Errorf("locked: %+v", got)
	}
	sees("locked", false)
	if !hasFault(problem(t, accept(), 401), "", "desk_locked") {
		t.Error("a locked desk acts")
	}
	for _, path := range []string{"/api/v1/people", "/api/v1/sessions"} {
		if a := m.try("GET", path, nil); a.status != 401 {
			t.Errorf("locked, %s answers %d", path, a.status)
		}
	}
	for _, path := range []string{"/api/v1/session/factor", "/api/v1/session/code"} { // whoever passes by
		if a := m.try("POST", path, map[string]string{"code": "000000"}); a.status != 401 {
			t.Errorf("locked, %s answers %d %s", path, a.status, a.body)
		}
	}
	if a := m.try("POST", "/api/v1/desk/unlock", map[string]string{"secret": "sai rồi sai rồi"}); a.status != 401 {
		t.Errorf("a wrong password unlocks: %d", a.status)
	}
	if a := m.try("POST", "/api/v1/desk/person", map[string]string{"login": "binh", "secret": goodPassword}); a.status != 200 {
		t.Fatalf("change of person: %d %s", a.status, a.body)
	}
	sees("with somebody of another area on duty", false)
	if a := accept(); a.status != 404 {
		t.Errorf("who answers for another area acts here: %d", a.status)
	}
	if a := m.try("DELETE", "/api/v1/session", nil); a.status != 204 {
		t.Errorf("leaving: %d", a.status)
	}
	if got := m.who(); got.Stage != "none" || got.Duty == nil || got.Duty.Standing != "vacant" {
		t.Errorf("vacant: %+v", got)
	}
	sees("vacant", false)
	if !hasFault(problem(t, accept(), 401), "", "desk_vacant") {
		t.Error("a vacant desk acts")
	}
	if a := m.try("POST", "/api/v1/desk/person", map[string]string{"login": "an", "secret": goodPassword}); a.status != 200 {
		t.Fatalf("back: %d %s", a.status, a.body)
	}
	read[opsAnswer](t, accept(), 200)
	acts, err := h.store.Timeline(t.Context(), mine.ID)
	must(t, err)
	if last := acts[len(acts)-1]; !strings.HasPrefix(last.Actor, "person:") {
		t.Errorf("the act is by %q", last.Actor)
	}
}

func TestAPINUnlocksADeskAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	m := h.pairedDesk("an")
	bad := problem(t, m.try("PUT", "/api/v1/session/pin", map[string]string{"password": goodPassword, "pin": "123456"}), 422)
	if !hasFault(bad, "pin", "common") {
		t.Errorf("%+v", bad)
	}
	problem(t, m.try("PUT", "/api/v1/session/pin", map[string]string{"password": "sai rồi sai rồi", "pin": goodPIN}), 422)
	if a := m.try("PUT", "/api/v1/session/pin", map[string]string{"password": goodPassword, "pin": goodPIN}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	m.try("POST", "/api/v1/desk/lock", nil)
	if got := read[dutyAnswer](t, m.try("POST", "/api/v1/desk/unlock", map[string]string{"secret": goodPIN}), 200); got.Duty.Standing != "manned" || !got.Person.PIN {
		t.Errorf("%+v", got)
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": "an", "password": goodPIN}}), 401)
	elsewhere := &machine{h, map[string]string{}}
	if !hasFault(problem(t, elsewhere.try("POST", "/api/v1/desk/person", map[string]string{"login": "an", "secret": goodPIN}), 401), "", "desk") {
		t.Error("a machine that is no desk takes a PIN")
	}
	// What a thief of the session's cookie alone, or of the desk's alone, has.
	thief := &machine{h, map[string]string{"toancanh-local": m.cookies["toancanh-local"]}}
	if got := thief.who(); got.Stage != "none" {
		t.Errorf("a desk's session works at another machine: %+v", got)
	}
	if a := m.try("DELETE", "/api/v1/session/pin", nil); a.status != 204 {
		t.Errorf("%d", a.status)
	}
	m.try("POST", "/api/v1/desk/lock", nil)
	problem(t, m.try("POST", "/api/v1/desk/unlock", map[string]string{"secret": goodPIN}), 401)
	if strings.Contains(h.log.String(), goodPIN) {
		t.Error("the log holds a PIN")
	}
}

func TestADeskIsPairedOnceAndEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	h.person("binh", district(), access.Operator)
	stranger := &machine{h, map[string]string{}}
	problem(t, stranger.try("POST", "/api/v1/desks", map[string]any{"label": "x", "areas": []string{"vn-2022/660"}}), 401)
	stranger.try("POST", "/api/v1/session", map[string]string{"login": "binh", "password": goodPassword})
	problem(t, stranger.try("POST", "/api/v1/desks", map[string]any{"label": "x", "areas": []string{"vn-2022/660"}}), 403)
	m := h.pairedDesk("an")
	problem(t, m.try("POST", "/api/v1/desks", map[string]any{"label": "x", "areas": []string{"vn-2022/660"}}), 409)
	bad := problem(t, h.as(access.ShiftLead, district()).try("POST", "/api/v1/desks", map[string]any{"label": "", "areas": []string{"vn-2022/99999"}}), 422)
	if !hasFault(bad, "areas", "unknown") {
		t.Errorf("%+v", bad)
	}
	lead := h.as(access.ShiftLead, district())
	list := read[struct{ Desks []struct{ ID, Label string } }](t, lead.try("GET", "/api/v1/desks", nil), 200).Desks
	if len(list) != 1 || list[0].Label != "Bàn trực 1" {
		t.Fatalf("%+v", list)
	}
	if a := lead.try("DELETE", "/api/v1/desks/"+list[0].ID, nil); a.status != 204 {
		t.Fatalf("end: %d %s", a.status, a.body)
	}
	problem(t, m.try("GET", "/api/v1/reports", nil), 401)
	if got := m.who(); got.Duty != nil || got.Stage != "none" || len(m.cookies) > 1 {
		t.Errorf("after its end: %+v, cookies %d", got, len(m.cookies))
	}
	problem(t, lead.try("DELETE", "/api/v1/desks/"+list[0].ID, nil), 404)
	var token int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from desk where length(token_hash) <> 32").Scan(&token))
	if token != 0 {
		t.Error("a desk's token is not kept as a hash")
	}
}

// TestNobodyMakesADeskThatSeesMoreThanThey tries to see another area by sitting down at a desk of it.
func TestADesksCookieGoesWithTheDeskAndNotWithAKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	h.person("an", district(), access.ShiftLead)
	m := h.pairedDesk("an")
	set := func(header map[string]string) (found *http.Cookie) {
		var pairs []string
		for name, value := range m.cookies {
			pairs = append(pairs, name+"="+value)
		}
		header["Cookie"] = strings.Join(pairs, "; ")
		a := h.do(call{method: "GET", path: "/api/v1/session", header: header})
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			if strings.HasSuffix(c.Name, "-desk") {
				found = c
			}
		}
		return found
	}
	if c := set(map[string]string{"Authorization": "Bearer " + h.key("reports")}); c != nil {
		t.Errorf("a question with a key sets %v", c)
	}
	id := m.who().Duty.Desk
	if a := m.try("DELETE", "/api/v1/desks/"+id, nil); a.status != 204 {
		t.Fatalf("end the desk: %d %s", a.status, a.body)
	}
	if c := set(map[string]string{}); c == nil || c.Value != "" || c.MaxAge > 0 || c.Expires.Year() != 1970 {
		t.Errorf("the cookie of a desk that ended: %v, want it gone at once", c)
	}
}

func TestNobodyMakesADeskThatSeesMoreThanThey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	for area, want := range map[string]int{"vn-2022/660": 201, "vn-2022/661": 422, "vn-2022/67": 422} {
		lead := h.as(access.ShiftLead, district())
		a := lead.try("POST", "/api/v1/desks", map[string]any{"label": "Bàn trực", "areas": []string{"vn-2022/660", area}})
		if a.status != want {
			t.Errorf("a shift lead of 660 makes a desk of %s: %d %s", area, a.status, a.body)
		}
		if want == 422 && !hasFault(problem(t, a, want), "areas", "out_of_scope") {
			t.Errorf("%s: %s", area, a.body)
		}
	}
	if a := h.as(access.Administrator, access.Scope{}).try("POST", "/api/v1/desks", map[string]any{"label": "Bàn trực", "areas": []string{"vn-2022/67"}}); a.status != 201 {
		t.Errorf("an administrator makes a desk: %d %s", a.status, a.body)
	}
}

func TestADesksCookieIsForThisHostAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real, behindProxy)
	h.person("an", district(), access.ShiftLead)
	proxied := map[string]string{"Host": "ioc.example.vn", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Toancanh": "1"}
	a := h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": "an", "password": goodPassword}, header: proxied})
	proxied["Cookie"], _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	a = h.do(call{method: "POST", path: "/api/v1/desks", body: map[string]any{"label": "Bàn 1", "areas": []string{"vn-2022/660"}}, header: proxied})
	cookie := strings.ToLower(a.header.Get("Set-Cookie"))
	for _, part := range []string{"__host-toancanh-desk=", "max-age=34560000", "; path=/", "; httponly", "; secure", "; samesite=strict"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q lacks %q", cookie, part)
		}
	}
	delete(proxied, "X-Toancanh")
	deskCookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	proxied["Cookie"] += "; " + deskCookie
	for _, path := range []string{"/api/v1/desk/lock", "/api/v1/desk/unlock", "/api/v1/desk/person", "/api/v1/tickets"} {
		a := h.do(call{method: "POST", path: path, body: map[string]any{}, header: proxied})
		if !hasFault(problem(t, a, 403), "", "csrf") {
			t.Errorf("%s is taken without our page's mark", path)
		}
	}
}

// TestADeskWalksEveryRoute holds a vacant and a locked desk to the table as the other roles are.
func TestADeskWalksEveryRoute(t *testing.T) {
	t.Parallel()
	var app *fiber.App
	h := newHouse(t, real, func(_ *api.Config, a *fiber.App) { app = a })
	h.person("an", district(), access.ShiftLead)
	vacant, locked := h.pairedDesk("an"), h.pairedDesk("an")
	vacant.try("DELETE", "/api/v1/session", nil)
	locked.try("POST", "/api/v1/desk/lock", nil)
	desk := access.Principal{Roles: []access.Role{access.Desk}}
	fill := strings.NewReplacer(":division", "vn-2022", ":id", "0192f0c1-0000-7000-8000-000000000000", ":code", "mua-1", ":screen", "tinh", ":presenter", "tinh")
	for _, r := range app.GetRoutes(true) {
		action, _ := api.ActionOf(r.Method, r.Path)
		if r.Method == fiber.MethodHead || strings.HasPrefix(r.Path, "/internal/") || action == access.OpenSession || action == access.SendPhoto || action == access.PlayStorm {
			continue
		}
		reads := r.Method == fiber.MethodGet || action == access.GetTicket || access.May(access.Anybody(), action)
		taken := strings.HasSuffix(r.Path, "/export") // what leaves the house is a person's deed, though it reads
		may := access.May(desk, action) && reads && !taken
		for name, m := range map[string]*machine{"vacant": vacant, "locked": locked} {
			a := m.try(r.Method, fill.Replace(r.Path), nil)
			if refused := a.status == 401 || a.status == 403; may == refused {
				t.Errorf("%s %s at a %s desk: status %d, may %t", r.Method, r.Path, name, a.status, may)
			}
		}
	}
}
