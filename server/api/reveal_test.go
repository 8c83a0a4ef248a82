package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/auth"
)

const (
	senderName  = "Trần Văn Bảy"
	senderPhone = "0912 345 678"
)

// postFrom sends a report with a contact.
func (h *house) postFrom(emergency bool, contact map[string]string) receipt {
	h.t.Helper()
	body := newReport("Cây đổ")
	body["emergency"], body["contact"] = emergency, contact
	return read[receipt](h.t, h.do(call{method: "POST", path: "/api/v1/reports", body: body}), 201)
}

func sender() map[string]string { return map[string]string{"name": senderName, "phone": senderPhone} }

type contactAnswer struct {
	Contact struct{ Name, Phone, Email string }
}

type revealsAnswer struct {
	Reveals []struct {
		ID        string
		Report    struct{ ID, Code string }
		Person    struct{ ID, Name string }
		Kind      string
		Reason    string
		Confirmer string
		SeenAt    *time.Time `json:"seen_at"`
	}
	Counts []struct {
		Person             struct{ ID string }
		Day, Month, Unseen int
	}
	Next string
}

func because(reason string) map[string]string { return map[string]string{"reason": reason} }

const goodReason = "Cần hỏi lại vị trí cây đổ"

func TestAContactIsShownOnceToWhoSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.postFrom(false, sender())
	path := "/api/v1/reports/" + r.ID + "/contact"
	lead, foreigner := h.as(access.ShiftLead, district()), h.as(access.ShiftLead, foreign())
	operator := h.as(access.Operator, district())
	for _, reason := range []string{"", "ngắn", strings.Repeat("a", 501), "một dòng\nhai dòng"} {
		if p := problem(t, lead.try("POST", path, because(reason)), 422); !hasFault(p, "reason", "format") {
			t.Errorf("%q: %+v", reason, p.Errors)
		}
	}
	problem(t, lead.try("POST", path, map[string]any{}), 422)
	problem(t, foreigner.try("POST", path, because(goodReason)), 404)
	problem(t, operator.try("POST", path, because(goodReason)), 403)
	problem(t, h.do(call{method: "POST", path: path, body: because(goodReason), key: h.key(auth.RightReports)}), 403)
	problem(t, h.do(call{method: "POST", path: path, body: because(goodReason)}), 401)
	a := lead.try("POST", path, because("  "+goodReason+" "))
	if got := read[contactAnswer](t, a, 200).Contact; got.Name != senderName || got.Phone != senderPhone || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v, Cache-Control %q", got, a.header.Get("Cache-Control"))
	}
	if a := h.do(call{method: "GET", path: "/api/v1/reports/" + r.ID, key: h.key(auth.RightReports)}); strings.Contains(string(a.body), senderPhone) {
		t.Error("the report shows the number")
	}
	problem(t, lead.try("POST", "/api/v1/reports/"+h.post("Rác").ID+"/contact", because(goodReason)), 409)
	problem(t, lead.try("POST", "/api/v1/reports/K7M2-Q9XD/contact", because(goodReason)), 404)

	problem(t, lead.try("GET", "/api/v1/reveals", nil), 403)
	officer := h.as(access.DataOfficer, province())
	list := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals?seen=false", nil), 200)
	if len(list.Reveals) != 1 || list.Reveals[0].Person.ID != lead.person.ID || list.Reveals[0].Reason != goodReason || list.Reveals[0].Kind != "reveal" ||
		list.Reveals[0].Report.Code != r.Code || len(list.Counts) != 1 || list.Counts[0].Day != 1 || list.Counts[0].Unseen != 1 {
		t.Fatalf("%+v", list)
	}
	read[contactAnswer](t, officer.try("POST", path, because(goodReason)), 200)
	own := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals?person="+officer.person.ID, nil), 200)
	if len(own.Reveals) != 1 {
		t.Fatalf("%+v", own)
	}
	if p := problem(t, officer.try("POST", "/api/v1/reveals/"+own.Reveals[0].ID+"/seen", nil), 403); !hasFault(p, "", "same_person") {
		t.Errorf("%+v", p)
	}
	for range 2 { // also again
		if a := officer.try("POST", "/api/v1/reveals/"+list.Reveals[0].ID+"/seen", nil); a.status != 204 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	problem(t, officer.try("POST", "/api/v1/reveals/999/seen", nil), 404)
	if seen := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals?seen=true", nil), 200); len(seen.Reveals) != 1 || seen.Reveals[0].SeenAt == nil {
		t.Errorf("%+v", seen)
	}
	page := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals?limit=1", nil), 200)
	if second := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals?limit=1&cursor="+page.Next, nil), 200); len(second.Reveals) != 1 || second.Reveals[0].ID == page.Reveals[0].ID {
		t.Errorf("%+v", second)
	}
	problem(t, officer.try("GET", "/api/v1/reveals?seen=x", nil), 422)

	var done, refused int
	must(t, h.db.Owner.QueryRow(t.Context(), `select count(*) filter (where result = 'done' and object = $1),
		count(*) filter (where result = 'refused' and who = $2) from audit where what = 'contact.reveal'`,
		"report:"+r.ID, "person:"+operator.person.ID).Scan(&done, &refused))
	if done != 2 || refused != 1 {
		t.Errorf("the audit has %d reveals and %d refusals, want 2 and 1", done, refused)
	}
	h.hidesTheSender()
}

// hidesTheSender looks for the contact in all that is kept and logged.
func (h *house) hidesTheSender() {
	h.t.Helper()
	for _, table := range []string{"audit", "event", "report", "report_act", "contact_reveal", "callback", "idempotency", "report_contact"} {
		var n int
		must(h.t, h.db.Owner.QueryRow(h.t.Context(), "select count(*) from "+table+" x where x::text like '%345 678%' or x::text like '%Văn Bảy%'").Scan(&n))
		if n > 0 {
			h.t.Errorf("%s holds the contact", table)
		}
	}
	if log := h.log.String(); strings.Contains(log, "345 678") || strings.Contains(log, "Văn Bảy") {
		h.t.Error("the log holds the contact")
	}
}

func TestAPersonSeesSoManyContactsAnHour(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHouse(t, real, c.by)
	r := h.postFrom(false, sender())
	path := "/api/v1/reports/" + r.ID + "/contact"
	lead, other := h.as(access.ShiftLead, district()), h.as(access.ShiftLead, district())
	for range auth.RevealsAnHour {
		read[contactAnswer](t, lead.try("POST", path, because(goodReason)), 200)
	}
	a := lead.try("POST", path, because(goodReason))
	if p := problem(t, a, 429); !hasFault(p, "", "hourly") || a.header.Get("Retry-After") != "600" {
		t.Errorf("%+v", p)
	}
	var refused int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'contact.reveal' and result = 'refused' and why = 'hourly'").Scan(&refused))
	if refused != 1 {
		t.Errorf("the audit has %d rows of it", refused)
	}
	read[contactAnswer](t, other.try("POST", path, because(goodReason)), 200)
	c.move(time.Hour)
	read[contactAnswer](t, lead.try("POST", path, because(goodReason)), 200)
}

func TestTheDeskWithoutANameSeesNoContact(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.postFrom(true, sender())
	for path, body := range map[string]map[string]string{
		"/contact": because(goodReason), "/callbacks": because("xac_minh_vi_tri"),
	} {
		if p := problem(t, h.do(call{method: "POST", path: "/api/v1/reports/" + r.ID + path, body: body}), 403); !hasFault(p, "", "person") {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

type callbackAnswer struct {
	ID, State, Reason string
	Report            struct{ Code string }
	Own               bool
}

type callbacksAnswer struct {
	Callbacks []callbackAnswer
	Reasons   []struct{ Code, Label string }
}

func TestACallBackTakesTwoPeople(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := newHouse(t, real, c.by)
	r := h.postFrom(true, sender())
	asks := "/api/v1/reports/" + r.ID + "/callbacks"
	an, binh := h.as(access.Operator, district()), h.as(access.ShiftLead, district())
	foreigner, leader := h.as(access.Operator, foreign()), h.as(access.Leader, district())

	problem(t, an.try("POST", asks, because("tò mò")), 422)
	problem(t, foreigner.try("POST", asks, because("xac_minh_vi_tri")), 404)
	problem(t, leader.try("POST", asks, because("xac_minh_vi_tri")), 403)
	for why, id := range map[string]string{
		"not_urgent": h.postFrom(false, sender()).ID, "no_contact": h.postFrom(true, nil).ID,
		"no_phone": h.postFrom(true, map[string]string{"email": "bay@example.vn"}).ID,
	} {
		if p := problem(t, an.try("POST", "/api/v1/reports/"+id+"/callbacks", because("xac_minh_vi_tri")), 409); !hasFault(p, "", why) {
			t.Errorf("%s: %+v", why, p)
		}
	}
	asked := an.try("POST", asks, because("xac_minh_vi_tri"))
	k := read[callbackAnswer](t, asked, 201)
	if k.State != "waiting" || !k.Own || strings.Contains(string(asked.body), "345") {
		t.Fatalf("%s", asked.body)
	}
	if p := problem(t, an.try("POST", asks, because("mat_lien_lac")), 409); !hasFault(p, "", "open") {
		t.Errorf("%+v", p)
	}
	step := func(v *visitor, name string) answer { return v.try("POST", "/api/v1/callbacks/"+k.ID+"/"+name, nil) }
	refused := func(a answer, status int, reason string) {
		t.Helper()
		if p := problem(t, a, status); !hasFault(p, "", reason) {
			t.Errorf("%+v, want %s", p.Errors, reason)
		}
	}
	refused(step(an, "number"), 409, "waiting")
	refused(step(an, "confirmation"), 403, "same_person")
	problem(t, step(foreigner, "confirmation"), 404)
	problem(t, step(leader, "confirmation"), 403)
	list := read[callbacksAnswer](t, binh.try("GET", "/api/v1/callbacks", nil), 200)
	if len(list.Callbacks) != 1 || list.Callbacks[0].Own || list.Callbacks[0].Report.Code != r.Code || len(list.Reasons) != len(auth.CallbackReasons()) {
		t.Errorf("%+v", list)
	}
	if got := read[callbacksAnswer](t, foreigner.try("GET", "/api/v1/callbacks", nil), 200); len(got.Callbacks) != 0 {
		t.Errorf("another area lists %+v", got)
	}
	if got := read[callbackAnswer](t, step(binh, "confirmation"), 200); got.State != "confirmed" {
		t.Errorf("%+v", got)
	}
	refused(step(binh, "number"), 403, "not_requester")
	a := step(an, "number")
	if got := read[map[string]any](t, a, 200); got["phone"] != senderPhone || got["visible_s"] != 60.0 || a.header.Get("Cache-Control") != "no-store" || strings.Contains(string(a.body), "Bảy") {
		t.Errorf("%s", a.body)
	}
	refused(step(an, "number"), 409, "shown")
	refused(step(an, "refusal"), 409, "shown")

	// Another, confirmed and left alone; and one that is taken back.
	k = read[callbackAnswer](t, an.try("POST", asks, because("mat_lien_lac")), 201)
	read[callbackAnswer](t, step(binh, "confirmation"), 200)
	c.move(auth.ShowWithin)
	refused(step(an, "number"), 409, "expired")
	k = read[callbackAnswer](t, binh.try("POST", asks, because("mat_lien_lac")), 201)
	read[callbackAnswer](t, step(binh, "refusal"), 200)
	refused(step(an, "confirmation"), 409, "refused")
	k = read[callbackAnswer](t, binh.try("POST", asks, because("mat_lien_lac")), 201)
	c.move(auth.ConfirmWithin)
	refused(step(an, "confirmation"), 409, "expired")

	officer := h.as(access.DataOfficer, province())
	reveals := read[revealsAnswer](t, officer.try("GET", "/api/v1/reveals", nil), 200).Reveals
	if len(reveals) != 1 || reveals[0].Kind != "callback" || reveals[0].Person.ID != an.person.ID || reveals[0].Confirmer != binh.person.Name || reveals[0].Reason != "xac_minh_vi_tri" {
		t.Errorf("%+v", reveals)
	}
	var steps string
	must(t, h.db.Owner.QueryRow(t.Context(), `select string_agg(detail::json->>'step', ' ' order by id) from audit
		where what = 'contact.callback' and result = 'done' and object = $1`, "report:"+r.ID).Scan(&steps))
	if want := "asked confirmed shown asked confirmed asked refused asked"; steps != want {
		t.Errorf("the audit says %q, want %q", steps, want)
	}
	h.hidesTheSender()
}

func TestACallBackIsForWhatIsStillUrgent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.postFrom(true, sender())
	an, binh := h.as(access.ShiftLead, district()), h.as(access.ShiftLead, district())
	k := read[callbackAnswer](t, an.try("POST", "/api/v1/reports/"+r.ID+"/callbacks", because("xac_minh_vi_tri")), 201)
	read[opsAnswer](t, an.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "refuse", "version": 1, "reason": "Báo nhầm, không có sự việc"}), 200)
	p := problem(t, binh.try("POST", "/api/v1/callbacks/"+k.ID+"/confirmation", nil), 409)
	if !hasFault(p, "", "not_urgent") {
		t.Errorf("%+v", p)
	}
}

func TestAContactWhoseKeyIsGoneIsNotShownAndNotNoted(t *testing.T) {
	t.Parallel()
	other, err := auth.NewSealer([]byte(strings.Repeat("k", 32)))
	must(t, err)
	h := newHouse(t, real, func(c *api.Config, _ *fiber.App) { c.Sealer = other })
	r := h.postFrom(false, sender())
	lead := h.as(access.ShiftLead, district())
	problem(t, lead.try("POST", "/api/v1/reports/"+r.ID+"/contact", because(goodReason)), 503)
	var n int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from contact_reveal").Scan(&n))
	if n != 0 {
		t.Errorf("%d reveals are noted", n)
	}
}
