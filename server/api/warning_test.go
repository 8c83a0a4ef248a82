package api_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
	"toancanh/server/api"
	"toancanh/server/report"
	"toancanh/server/warning"
)

type warningAnswer struct {
	ID, Stage, Title, CAP, Approver, Publisher, Reason, Follows string
	Version                                                     int64
	MsgType                                                     string `json:"msg_type"`
	InForce                                                     bool   `json:"in_force"`
	EndedBy                                                     string `json:"ended_by"`
	Writers, Allowed, References                                []string
	Draft                                                       warning.Draft
	Entries                                                     []struct{ Act, Actor, Reason string }
	Public                                                      struct {
		Infos  []struct{ Language, Headline, Description string }
		XML    string
		Faults []struct{ Field, Reason string }
	}
}

// genuine is a house whose data are real: there a warning may be, too.
func genuine(c *api.Config, _ *fiber.App) { c.Sample, c.Origin = false, report.Real }

func flood(areas ...string) map[string]any {
	return map[string]any{
		"template": "lu", "areas": areas,
		"values": map[string]string{"song": "Đắk Nông", "tram": "Đắk Nông", "muc_nuoc": "589,61 m", "xu_the": "tiếp tục lên"},
	}
}

func (v *visitor) warn(body map[string]any) warningAnswer {
	v.h.t.Helper()
	return read[warningAnswer](v.h.t, v.try("POST", "/api/v1/warnings", body), 201)
}

func (v *visitor) onWarning(id, act string, more ...map[string]any) answer {
	v.h.t.Helper()
	body := map[string]any{"act": act}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return v.try("POST", "/api/v1/warnings/"+id+"/acts", body)
}

// sends takes a draft of v's out over another person.
func (v *visitor) sends(w warningAnswer, second *visitor) warningAnswer {
	v.h.t.Helper()
	read[warningAnswer](v.h.t, v.onWarning(w.ID, "send"), 200)
	read[warningAnswer](v.h.t, second.onWarning(w.ID, "approve"), 200)
	return read[warningAnswer](v.h.t, v.onWarning(w.ID, "publish"), 200)
}

func TestAWarningIsWrittenApprovedSentUpdatedAndCancelled(t *testing.T) {
	t.Parallel()
	h := newHouse(t, genuine)
	author, lead := h.as(access.Operator, province()), h.as(access.ShiftLead, province())
	w := author.warn(flood("24616", "24611"))
	if w.Stage != "draft" || w.Draft.Status != "Actual" || w.Draft.RiskLevel != 1 || !slices.Equal(w.Allowed, []string{"drop", "edit", "send"}) || w.CAP != "" ||
		!strings.HasPrefix(w.Title, "Cảnh báo lũ trên sông Đắk Nông: Xã Quảng Sơn (Huyện Đăk Glong)") || len(w.Public.Faults) != 0 {
		t.Errorf("%+v", w)
	}
	changed := flood("24616")
	changed["version"], changed["en"] = 1, nil
	w = read[warningAnswer](t, author.try("PUT", "/api/v1/warnings/"+w.ID, changed), 200)
	if w.Draft.En != nil || len(w.Draft.Areas) != 1 || w.Version != 2 {
		t.Errorf("%+v", w)
	}
	problem(t, author.try("PUT", "/api/v1/warnings/"+w.ID, changed), 409) // of an old version

	read[warningAnswer](t, author.onWarning(w.ID, "send"), 200)
	if p := problem(t, author.onWarning(w.ID, "approve"), 403); p.Type == "" { // the operator has no such right
		t.Error(p)
	}
	back := read[warningAnswer](t, lead.onWarning(w.ID, "reject", map[string]any{"reason": "ghi rõ giờ"}), 200)
	if back.Stage != "draft" || back.Reason != "ghi rõ giờ" {
		t.Errorf("%+v", back)
	}
	problem(t, lead.onWarning(w.ID, "publish"), 409)
	sent := author.sends(w, lead)
	if !sent.InForce || sent.CAP != "/feed/cap/"+w.ID+".xml" || sent.Approver == "" || len(sent.Writers) != 1 ||
		!slices.Equal(sent.Allowed, []string{"cancel", "update"}) || !strings.Contains(sent.Public.XML, "<status>Actual</status>") {
		t.Errorf("%+v", sent)
	}
	for name, a := range map[string]answer{
		"changed": author.try("PUT", "/api/v1/warnings/"+w.ID, flood("24616")), "dropped": author.onWarning(w.ID, "drop"), "sent again": author.onWarning(w.ID, "publish"),
	} {
		if a.status != 409 {
			t.Errorf("what was published is %s: %d %s", name, a.status, a.body)
		}
	}
	var acts []string
	for _, e := range sent.Entries {
		acts = append(acts, e.Act)
	}
	if diff := cmp.Diff([]string{"create", "edit", "send", "reject", "send", "approve", "publish"}, acts); diff != "" {
		t.Error(diff)
	}

	update := func() warningAnswer {
		return read[warningAnswer](t, author.try("POST", "/api/v1/warnings/"+w.ID+"/update", map[string]any{"reason": "nước còn lên"}), 201)
	}
	first, late := update(), update()
	if first.MsgType != "Update" || len(first.References) != 1 || first.Follows != w.ID || first.Stage != "draft" {
		t.Errorf("%+v", first)
	}
	first = author.sends(first, lead)
	if old := read[warningAnswer](t, author.try("GET", "/api/v1/warnings/"+w.ID, nil), 200); old.InForce || old.EndedBy != first.ID {
		t.Errorf("%+v", old)
	}
	read[warningAnswer](t, author.onWarning(late.ID, "send"), 200)
	read[warningAnswer](t, lead.onWarning(late.ID, "approve"), 200)
	problem(t, author.onWarning(late.ID, "publish"), 409) // another update came first
	problem(t, author.try("POST", "/api/v1/warnings/"+first.ID+"/cancel", map[string]any{}), 422)
	end := read[warningAnswer](t, author.try("POST", "/api/v1/warnings/"+first.ID+"/cancel", map[string]any{"reason": "nước đã rút"}), 201)
	end = author.sends(end, lead)
	if end.MsgType != "Cancel" || end.InForce || len(end.References) != 2 || !strings.Contains(end.Public.XML, "<responseType>AllClear</responseType>") {
		t.Errorf("%+v", end)
	}
	ours, _, err := h.store.WarningsShown(t.Context(), time.Now())
	if err != nil || len(ours) != 0 {
		t.Errorf("still in force: %+v %v", ours, err)
	}
	t.Run("the lists tell where each stands", func(t *testing.T) {
		for state, want := range map[string]int{"waiting": 1, "inforce": 0, "past": 3, "all": 4} {
			list := read[struct{ Warnings []warningAnswer }](t, author.try("GET", "/api/v1/warnings?state="+state, nil), 200)
			if len(list.Warnings) != want {
				t.Errorf("%s: %d, want %d", state, len(list.Warnings), want)
			}
		}
		page := read[struct {
			Warnings []warningAnswer
			Next     string
		}](t, author.try("GET", "/api/v1/warnings?limit=3", nil), 200)
		rest := read[struct{ Warnings []warningAnswer }](t, author.try("GET", "/api/v1/warnings?limit=3&cursor="+page.Next, nil), 200)
		if len(page.Warnings) != 3 || len(rest.Warnings) != 1 {
			t.Errorf("%d and %d", len(page.Warnings), len(rest.Warnings))
		}
		for _, query := range []string{"state=x", "limit=0", "cursor=x", "x=1"} {
			problem(t, author.try("GET", "/api/v1/warnings?"+query, nil), 422)
		}
	})
	t.Run("every act is in the audit, and no row of what went out changes", func(t *testing.T) {
		var n int
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where object like 'warning:%' and result = 'done'").Scan(&n))
		if n != 7+2+3+2+1+3 {
			t.Errorf("%d rows", n)
		}
		for _, sql := range []string{
			"update warning set draft = '{}' where stage = 'published'", "update warning set stage = 'draft' where stage = 'published'",
			"update warning set ended_at = null where ended_at is not null",
		} {
			if _, err := h.db.Owner.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "does not change") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

func TestWhoMayDoWhatWithAWarning(t *testing.T) {
	t.Parallel()
	h := newHouse(t, genuine)
	author, lead := h.as(access.Operator, district()), h.as(access.ShiftLead, province())
	w := author.warn(flood("24611"))
	read[warningAnswer](t, author.onWarning(w.ID, "send"), 200)
	path := "/api/v1/warnings/" + w.ID
	t.Run("a district's operator warns nobody else's", func(t *testing.T) {
		problem(t, author.try("POST", "/api/v1/warnings", flood("24616")), 403)
		problem(t, author.try("POST", "/api/v1/warnings", flood("24611", "24616")), 403)
	})
	t.Run("nobody of another district changes or approves it", func(t *testing.T) {
		other := h.as(access.ShiftLead, foreign())
		for _, a := range []answer{
			other.onWarning(w.ID, "approve"), other.onWarning(w.ID, "recall"), other.try("PUT", path, flood("24616")),
			other.try("POST", path+"/update", map[string]any{"reason": "x"}), other.try("POST", path+"/cancel", map[string]any{"reason": "x"}),
		} {
			if a.status != 403 && a.status != 409 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		read[warningAnswer](t, other.try("GET", path, nil), 200) // and everybody on duty reads it
	})
	t.Run("a leader approves and writes nothing", func(t *testing.T) {
		leader := h.as(access.Leader, province())
		problem(t, leader.try("POST", "/api/v1/warnings", flood("24611")), 403)
		read[warningAnswer](t, leader.onWarning(w.ID, "approve"), 200)
		problem(t, leader.onWarning(w.ID, "publish"), 403)
	})
	t.Run("a shift lead does not approve their own words", func(t *testing.T) {
		own := lead.warn(flood("24611"))
		read[warningAnswer](t, lead.onWarning(own.ID, "send"), 200)
		if p := problem(t, lead.onWarning(own.ID, "approve"), 403); !strings.Contains(p.Detail, "Người soạn không tự duyệt") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("units, teams and strangers see none", func(t *testing.T) {
		for _, role := range []access.Role{access.UnitLead, access.UnitOfficer, access.CommunityTeam, access.DataOfficer} {
			problem(t, h.as(role, province()).try("GET", "/api/v1/warnings", nil), 403)
		}
		problem(t, h.do(call{method: "GET", path: "/api/v1/warnings"}), 401)
	})
	t.Run("without a name nobody warns", func(t *testing.T) {
		sample := newHouse(t)
		if p := problem(t, sample.do(call{method: "POST", path: "/api/v1/warnings", body: flood("24611")}), 403); !strings.Contains(p.Detail, "dưới tên một người") {
			t.Errorf("%+v", p)
		}
	})
}

func TestWhatIsWrongWithADraftIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // simulated
	author := h.as(access.Operator, province())
	if w := author.warn(flood("24611")); w.Draft.Status != "Exercise" || !strings.HasPrefix(w.Title, "[DIỄN TẬP · MÔ PHỎNG] ") {
		t.Errorf("a warning of simulated data: %+v", w)
	}
	with := func(name string, value any) map[string]any {
		body := flood("24611")
		body[name] = value
		return body
	}
	for name, c := range map[string]struct {
		body          map[string]any
		field, reason string
	}{
		"no template":           {with("template", "dong_dat"), "template", "unknown"},
		"no area":               {with("areas", []string{}), "areas", "required"},
		"an area nobody knows":  {with("areas", []string{"1"}), "areas", "unknown"},
		"an area twice":         {with("areas", []string{"24611", "24611"}), "areas", "duplicate"},
		"a level above all":     {with("risk_level", 6), "risk_level", "out_of_range"},
		"a response nobody has": {with("response_types", []string{"Run"}), "response_types", "unknown"},
		"a long headline":       {with("vi", map[string]string{"headline": strings.Repeat("ạ", 161)}), "vi.headline", "too_long"},
		"a control character":   {with("vi", map[string]string{"event": "a\u0007"}), "vi.event", "control_character"},
		"turned letters":        {with("vi", map[string]string{"event": "a\u202eb"}), "vi.event", "control_character"},
		"a part nobody knows":   {with("vi", map[string]string{"title": "a"}), "vi.title", "unknown_field"},
		"a field nobody knows":  {with("danger", 1), "danger", "unknown_field"},
		"braces in a value":     {with("values", map[string]string{"song": "{x}"}), "values.song", "format"},
		"no time":               {with("expires", "mai"), "expires", "format"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := problem(t, author.try("POST", "/api/v1/warnings", c.body), 422); !hasFault(p, c.field, c.reason) {
				t.Errorf("%+v, want %s %s", p.Errors, c.field, c.reason)
			}
		})
	}
	t.Run("a preview says what is missing and keeps nothing", func(t *testing.T) {
		t.Parallel()
		body := with("status", "Actual")
		body["values"], body["areas"] = map[string]string{}, []string{}
		got := read[struct {
			Infos  []struct{ Language, Headline string }
			XML    string
			Faults []struct{ Field, Reason string }
		}](t, author.try("POST", "/api/v1/warnings/preview", body), 200)
		var faults []string
		for _, f := range got.Faults {
			faults = append(faults, f.Field+" "+f.Reason)
		}
		if len(got.Infos) != 2 || !strings.Contains(got.Infos[0].Headline, "{song}") || !slices.Contains(faults, "vi.headline placeholder") ||
			!slices.Contains(faults, "status origin") || !slices.Contains(faults, "areas required") || !strings.Contains(got.XML, "<msgType>Alert</msgType>") {
			t.Errorf("%+v", got)
		}
	})
}

type receivedAnswer struct {
	ID, Source, Title, Status, Severity string
	SenderName                          string `json:"sender_name"`
	EndedBy                             string `json:"ended_by"`
	InForce                             bool   `json:"in_force"`
	Outside                             bool
	Areas                               []string
}

func (v *visitor) imports(body string) answer {
	v.h.t.Helper()
	return v.h.do(call{method: "POST", path: "/api/v1/warnings/import", body: body, header: map[string]string{
		"Cookie": v.cookie, "X-Toancanh": "1", "Content-Type": "application/cap+xml",
	}})
}

// bulletinOf is a message of a weather service, sent a minute ago.
func bulletinOf(id, kind, references string) string {
	zone := time.FixedZone("", 7*3600)
	at := time.Now().In(zone).Add(-time.Minute)
	const layout = "2006-01-02T15:04:05-07:00"
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>%s</identifier>
		<sender>kttv@example.vn</sender><sent>%s</sent><status>Actual</status><msgType>%s</msgType><scope>Public</scope>%s
		<info><language>vi-VN</language><category>Met</category><event>Dông</event><urgency>Expected</urgency><severity>Severe</severity>
		<certainty>Likely</certainty><expires>%s</expires><senderName>Đài khí tượng thủy văn</senderName><headline>Dông &amp; lốc %s</headline>
		<area><areaDesc>Gia Nghĩa</areaDesc><circle>12.007,107.696 3</circle></area></info></alert>`,
		id, at.Format(layout), kind, references, at.Add(3*time.Hour).Format(layout), id)
}

func reference(id, message string) string {
	_, rest, _ := strings.Cut(message, "<sent>")
	sent, _, _ := strings.Cut(rest, "</sent>")
	return "<references>kttv@example.vn," + id + "," + sent + "</references>"
}

func TestWarningsOfOthersAreKeptBesideOurs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, genuine)
	v := h.as(access.Operator, province())
	one := bulletinOf("A1", "Alert", "")
	got := read[receivedAnswer](t, v.imports(one), 201)
	if !got.InForce || got.SenderName != "Đài khí tượng thủy văn" || got.Source != "import" || !slices.Contains(got.Areas, "24612") || got.Title != "Dông & lốc A1" {
		t.Errorf("%+v", got)
	}
	if again := read[receivedAnswer](t, v.imports(one), 200); again.ID != got.ID {
		t.Errorf("the same message is another: %+v", again)
	}
	shown := func() []string {
		ours, others, err := h.store.WarningsShown(t.Context(), time.Now())
		must(t, err)
		if len(ours) != 0 {
			t.Errorf("a stranger's warning is ours: %+v", ours)
		}
		list := []string{}
		for _, s := range others {
			list = append(list, s.Headline+" / "+s.Source)
		}
		return list
	}
	if diff := cmp.Diff([]string{"Dông & lốc A1 / Đài khí tượng thủy văn"}, shown()); diff != "" {
		t.Error(diff)
	}
	t.Run("an update and a cancel follow on, whichever comes first", func(t *testing.T) {
		two := bulletinOf("A2", "Update", reference("A1", one))
		end := bulletinOf("A3", "Cancel", reference("A2", two))
		read[receivedAnswer](t, v.imports(end), 201) // before what it ends
		if late := read[receivedAnswer](t, v.imports(two), 201); late.InForce || !strings.Contains(late.EndedBy, "A3") {
			t.Errorf("%+v", late)
		}
		if diff := cmp.Diff([]string{}, shown()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nobody ends the warning of another sender", func(t *testing.T) {
		three := bulletinOf("B1", "Alert", "")
		read[receivedAnswer](t, v.imports(three), 201)
		foe := strings.Replace(bulletinOf("B2", "Cancel", reference("B1", three)), "<sender>kttv@example.vn", "<sender>foe@example.vn", 1)
		read[receivedAnswer](t, v.imports(foe), 201)
		if got := shown(); len(got) != 1 || !strings.Contains(got[0], "B1") {
			t.Errorf("%q", got)
		}
	})
	t.Run("what bears our name is refused", func(t *testing.T) {
		ours := strings.Replace(bulletinOf("C1", "Alert", ""), "<sender>kttv@example.vn", "<sender>toancanh.67", 1)
		if p := problem(t, v.imports(ours), 422); !hasFault(p, "sender", "own") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("hostile files are refused by name", func(t *testing.T) {
		for name, c := range map[string]struct{ body, reason string }{
			"an external entity": {`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + one, "doctype"},
			"laughs":             {strings.Replace(one, "<alert", `<!DOCTYPE a [<!ENTITY x "y">]><alert`, 1), "doctype"},
			"levels":             {strings.Repeat("<a>", 10_000), "too_deep"},
			"another root":       {"<html/>", "root"},
			"nothing":            {"", "empty"},
		} {
			p := problem(t, v.imports(c.body), 422)
			if !hasFault(p, "", c.reason) {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if a := v.imports(strings.Repeat("a", warning.MostBytes+1)); a.status != 413 {
			t.Errorf("a megabyte and a byte: %d", a.status)
		}
		problem(t, h.do(call{method: "POST", path: "/api/v1/warnings/import", body: one, header: map[string]string{"Cookie": v.cookie, "X-Toancanh": "1"}}), 415)
	})
	t.Run("real messages of others are kept whole", func(t *testing.T) {
		files, _ := filepath.Glob("../../../shared/data/cap/*")
		more, _ := filepath.Glob("../../../../shared/data/cap/*")
		kept := 0
		for _, name := range append(files, more...) {
			raw, err := os.ReadFile(name)
			must(t, err)
			a := v.imports(string(raw))
			if strings.HasSuffix(name, ".xsd") {
				problem(t, a, 422)
				continue
			}
			if got := read[receivedAnswer](t, a, a.status); a.status > 201 || got.InForce {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			kept++
		}
		if kept == 0 {
			t.Skip("the messages of others are not beside this checkout (../shared/data/cap)")
		}
	})
	t.Run("they are read again whole", func(t *testing.T) {
		list := read[struct{ Warnings []receivedAnswer }](t, v.try("GET", "/api/v1/warnings/received?state=inforce", nil), 200)
		if len(list.Warnings) != 1 {
			t.Fatalf("%+v", list)
		}
		whole := v.try("GET", "/api/v1/warnings/received/"+list.Warnings[0].ID, nil)
		if got := read[struct{ XML string }](t, whole, 200); !strings.Contains(got.XML, "<identifier>B1</identifier>") {
			t.Errorf("%s", whole.body)
		}
		problem(t, v.try("GET", "/api/v1/warnings/received/x", nil), 404)
	})
}
