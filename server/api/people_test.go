package api_test

import (
	"net/netip"
	"strings"
	"testing"

	"toancanh/server/access"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

type personAnswer struct {
	ID, Login, Name     string
	Roles, Units, Areas []string
	Version             int64
	DisabledAt          *string `json:"disabled_at"`
	HasPassword         bool    `json:"has_password"`
	HasFactor           bool    `json:"has_factor"`
}

type linkAnswer struct {
	Person personAnswer
	Link   string
}

func token(link string) string { _, t, _ := strings.Cut(link, "#loi-moi="); return t }

func TestAnAdministratorBringsSomebodyIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	admin := h.as(access.Administrator, access.Scope{})
	bad := problem(t, admin.try("POST", "/api/v1/people", map[string]any{
		"login": "A", "name": "", "roles": []string{"vua"}, "units": []string{"không có"}, "areas": []string{"vn-2022/99999", "660"}, "password": "x",
	}), 422)
	for field, reason := range map[string]string{"login": "format", "name": "format", "roles": "unknown", "units": "unknown", "areas": "unknown", "password": "unknown_field"} {
		if !hasFault(bad, field, reason) {
			t.Errorf("%s is not said to be %s: %+v", field, reason, bad.Errors)
		}
	}
	made := read[linkAnswer](t, admin.try("POST", "/api/v1/people", map[string]any{
		"login": "Binh", "name": "Trần Thị Bình", "roles": []string{"don_vi_can_bo"}, "units": []string{"so-xd"}, "areas": []string{},
	}), 201)
	if made.Person.Login != "binh" || made.Person.HasPassword || token(made.Link) == "" {
		t.Fatalf("%+v", made)
	}
	problem(t, admin.try("POST", "/api/v1/people", map[string]any{"login": "binh", "name": "Khác", "roles": []string{"lanh_dao"}}), 409)
	take := func(link, password string) answer {
		return h.do(call{method: "POST", path: "/api/v1/invitations", body: map[string]string{"token": token(link), "password": password}})
	}
	problem(t, take(made.Link, "ngắn"), 422)
	if a := take(made.Link, goodPassword); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	problem(t, take(made.Link, goodPassword), 404)
	v := h.enter("binh")
	if a := v.try("GET", "/api/v1/reports", nil); a.status != 200 {
		t.Errorf("status %d", a.status)
	}
	problem(t, v.try("GET", "/api/v1/people", nil), 403)

	p := read[personAnswer](t, admin.try("GET", "/api/v1/people/"+made.Person.ID, nil), 200)
	body := map[string]any{"version": p.Version, "name": p.Name, "roles": p.Roles, "units": p.Units, "areas": p.Areas, "disabled": true}
	p = read[personAnswer](t, admin.try("PUT", "/api/v1/people/"+p.ID, body), 200)
	if p.DisabledAt == nil {
		t.Error("not disabled")
	}
	problem(t, v.try("GET", "/api/v1/reports", nil), 401)
	problem(t, admin.try("PUT", "/api/v1/people/"+p.ID, body), 409) // an old version
	problem(t, admin.try("POST", "/api/v1/people/"+p.ID+"/link", nil), 409)
	problem(t, admin.try("GET", "/api/v1/people/khong-co", nil), 404)
}

func TestALostFactorIsTakenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	admin := h.as(access.Administrator, access.Scope{})
	officer := h.as(access.DataOfficer, district())
	link := read[linkAnswer](t, admin.try("DELETE", "/api/v1/people/"+officer.person.ID+"/factor", nil), 200).Link
	problem(t, officer.try("GET", "/api/v1/people", nil), 401)
	a := h.do(call{method: "POST", path: "/api/v1/invitations", body: map[string]string{"token": token(link), "password": goodPassword}})
	if a.status != 200 {
		t.Fatal(a.status)
	}
	h.enter(officer.person.Login) // through enrolment again
}

func TestUnitsComeAndGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(access.Administrator, access.Scope{})
	problem(t, admin.try("POST", "/api/v1/units", map[string]string{"code": "Sở Mới", "name": ""}), 422)
	if a := admin.try("POST", "/api/v1/units", map[string]string{"code": "so-moi", "name": "Sở Mới"}); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	problem(t, admin.try("POST", "/api/v1/units", map[string]string{"code": "so-moi", "name": "Sở Mới"}), 409)
	r := h.post("Rác")
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "accept", "version": 1}), 200)
	if got := read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "assign", "version": 2, "unit": "so-moi"}), 200); got.Report.Unit != "so-moi" {
		t.Errorf("unit %q", got.Report.Unit)
	}
	if a := admin.try("PUT", "/api/v1/units/so-moi", map[string]any{"name": "Sở Mới", "disabled": true}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	p := problem(t, h.act(r.ID, map[string]any{"act": "assign", "version": 3, "unit": "so-moi"}), 422)
	if !hasFault(p, "unit", "disabled") {
		t.Errorf("%+v", p.Errors)
	}
	problem(t, admin.try("PUT", "/api/v1/units/khong-co", map[string]any{"name": "x"}), 404)
	if list := string(h.do(call{method: "GET", path: "/api/v1/units"}).body); strings.Contains(list, "so-moi") || !strings.Contains(list, "so-xd") {
		t.Errorf("units: %s", list)
	}
}

func TestTheAuditNamesEveryDeed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(access.Administrator, access.Scope{})
	v := h.as(access.ShiftLead, district())
	r := h.post("Rác của ông Bảy 0912345678")
	read[opsAnswer](t, v.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "accept", "version": 1}), 200)
	officer := h.as(access.Operator, access.Scope{Places: district().Places})
	problem(t, officer.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "withdraw", "version": 2, "reason": "lý do đủ dài"}), 403)
	problem(t, officer.try("POST", "/api/v1/people", map[string]any{}), 403)
	_ = h.do(call{method: "POST", path: "/api/v1/session", body: map[string]string{"login": v.person.Login, "password": "sai rồi sai rồi"}})
	if a := v.try("DELETE", "/api/v1/session", nil); a.status != 204 {
		t.Fatal(a.status)
	}
	type page struct {
		Rows []struct{ Who, Role, What, Object, Why, Network, Trace, Result, Detail string }
		Next string
	}
	all := map[string]bool{}
	cursor := ""
	for range 20 {
		p := read[page](t, admin.try("GET", "/api/v1/audit?limit=3&cursor="+cursor, nil), 200)
		for _, row := range p.Rows {
			if row.Who == "" || row.Result == "" || row.Trace == "" && row.Who != "system" {
				t.Errorf("%+v names too little", row)
			}
			all[row.What+" "+row.Who+" "+row.Result] = true
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	me := "person:" + v.person.ID
	for _, want := range []string{"session.open " + me + " done", "act.accept " + me + " done", "session.end " + me + " done", "act.withdraw person:" + officer.person.ID + " refused", "person.change person:" + officer.person.ID + " refused", "session.open public refused", "session.password " + me + " done"} {
		if !all[want] {
			t.Errorf("the audit lacks %q: %v", want, all)
		}
	}
	var private int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where audit::text ~ '0912345678|ông Bảy|trâu ngựa'").Scan(&private))
	if private > 0 {
		t.Error("the audit holds what is private")
	}
	byObject := read[page](t, admin.try("GET", "/api/v1/audit?object=report:"+r.ID, nil), 200)
	if len(byObject.Rows) != 2 || byObject.Rows[1].Role != "truong_ca" || byObject.Rows[1].Network != "127.0.0.0/24" {
		t.Errorf("%+v", byObject.Rows)
	}
}
