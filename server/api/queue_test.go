package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"toancanh/server/access"
)

type notesAnswer struct {
	Notes []struct {
		N    int64
		Text string
		By   struct{ ID, Name string }
	}
}

func TestNotesAreForColleaguesAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác ở Gia Nghĩa")
	first, second := h.as(access.Operator, district()), h.as(access.ShiftLead, province())
	path := "/api/v1/reports/" + r.ID + "/notes"
	const words = "Đã gọi tổ dân phố, chiều nay có người đến"
	note := func(v *visitor, text, key string) answer {
		header := map[string]string{"Cookie": v.cookie, "X-Toancanh": "1"}
		if key != "" {
			header["Idempotency-Key"] = key
		}
		return h.do(call{method: "POST", path: path, body: map[string]string{"text": text}, header: header})
	}
	made := note(first, words, "one")
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if again := note(first, words, "one"); string(again.body) != string(made.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same key again: %d %s", again.status, again.body)
	}
	if other := note(first, "Khác", "one"); other.status != 422 {
		t.Errorf("the key with another text: %d", other.status)
	}
	if a := note(second, "Rõ", ""); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	got := read[notesAnswer](t, first.try("GET", path, nil), 200)
	if len(got.Notes) != 2 || got.Notes[0].Text != words || got.Notes[0].N != 1 || got.Notes[1].N != 2 || got.Notes[1].By.ID != second.person.Principal() {
		t.Errorf("notes: %+v", got)
	}
	if p := problem(t, note(first, " \n ", ""), 422); !hasFault(p, "text", "required") {
		t.Errorf("an empty note: %+v", p)
	}
	for who, want := range map[*visitor]int{h.as(access.Operator, foreign()): 404, h.as(access.UnitOfficer, district()): 403, h.as(access.Leader, district()): 200} {
		if a := who.try("GET", path, nil); a.status != want {
			t.Errorf("%v reads notes: %d, want %d", who.person.Roles, a.status, want)
		}
		if a := note(who, "Không được", ""); a.status < 400 {
			t.Errorf("%v writes a note: %d", who.person.Roles, a.status)
		}
	}
	// Colleagues are told that there is one; its words are in no event.
	var told, spoken int
	must(t, h.db.Owner.QueryRow(t.Context(), `select count(*), count(*) filter (where data like '%tổ dân phố%') from event
		where kind = 'note' and audience = 'ops' and topics[1] = 'ops/vn-2022/67' and data::jsonb ->> 'report' = $1`, r.ID).Scan(&told, &spoken))
	if told != 2 || spoken != 0 {
		t.Errorf("%d events tell of notes, %d with words", told, spoken)
	}
	// Once the report is withdrawn, what was said of it is gone too.
	if a := second.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "withdraw", "version": 1, "reason": "yêu cầu của người gửi"}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := read[notesAnswer](t, first.try("GET", path, nil), 200); strings.Contains(got.Notes[0].Text, "dân phố") {
		t.Errorf("a withdrawn report's note says %q", got.Notes[0].Text)
	}
	problem(t, note(first, "Nữa", ""), 409)
}

type templateAnswer struct {
	ID, Name, Text, Area, Category string
	Version                        int64
	MayChange                      bool `json:"may_change"`
}

func TestTemplatesFillInWhatTheReportSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, operator, stranger := h.as(access.ShiftLead, province()), h.as(access.Operator, district()), h.as(access.ShiftLead, foreign())
	r := h.post("Rác ở Gia Nghĩa")
	read[opsAnswer](t, lead.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "accept", "version": 1}), 200)
	read[opsAnswer](t, lead.try("POST", "/api/v1/reports/"+r.ID+"/acts", map[string]any{"act": "assign", "version": 2, "unit": "so-xd"}), 200)
	add := func(name, text, category string) templateAnswer {
		return read[templateAnswer](t, lead.try("POST", "/api/v1/templates", map[string]any{"name": name, "text": text, "category": category}), 201)
	}
	common := add("Cảm ơn", "Cảm ơn đã phản ánh.", "")
	own := add("Hẹn rác", "Phản ánh {ma} do {don_vi} xử lý trước {han}.", "MT")
	add("Cháy", "Không hợp", "CR")
	list := read[struct{ Templates []templateAnswer }](t, operator.try("GET", "/api/v1/reports/"+r.ID+"/templates", nil), 200).Templates
	if len(list) != 2 || list[0].ID != own.ID || list[1].ID != common.ID || list[0].MayChange {
		t.Fatalf("templates of the report: %+v", list)
	}
	if text := list[0].Text; !strings.Contains(text, r.Code) || !strings.Contains(text, "Sở Xây dựng") || strings.ContainsAny(text, "{}–") {
		t.Errorf("filled in: %q", text)
	}
	body := map[string]any{"name": "Hẹn dọn rác", "text": "{ma}", "category": "MT", "version": own.Version}
	if p := problem(t, lead.try("PUT", "/api/v1/templates/"+own.ID, map[string]any{"name": "x", "text": "{gi}", "act": "x", "version": 1}), 422); len(p.Errors) != 2 {
		t.Errorf("a wrong template: %+v", p.Errors)
	}
	for who, want := range map[*visitor]int{operator: 403, stranger: 404} {
		if a := who.try("PUT", "/api/v1/templates/"+own.ID, body); a.status != want {
			t.Errorf("%v changes a template of the province: %d, want %d: %s", who.person.Roles, a.status, want, a.body)
		}
	}
	changed := read[templateAnswer](t, lead.try("PUT", "/api/v1/templates/"+own.ID, body), 200)
	if changed.Version != 2 || changed.Name != "Hẹn dọn rác" || !changed.MayChange {
		t.Errorf("changed: %+v", changed)
	}
	problem(t, lead.try("PUT", "/api/v1/templates/"+own.ID, body), 409) // an old version
	if a := lead.try("DELETE", "/api/v1/templates/"+own.ID, nil); a.status != 204 {
		t.Errorf("dropping it: %d", a.status)
	}
	problem(t, lead.try("DELETE", "/api/v1/templates/"+own.ID, nil), 404)
	problem(t, lead.try("DELETE", "/api/v1/templates/x", nil), 404)
}

type viewAnswer struct {
	ID, Name string
	Version  int64
	Own      bool
	Filter   map[string]string
	Shared   *struct{ Division, Area string }
}

func TestViewsAreOnesOwnUntilShared(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, operator, stranger := h.as(access.ShiftLead, province()), h.as(access.Operator, district()), h.as(access.Operator, foreign())
	filter := map[string]string{"open": "true", "area": "660", "q": "rác", "sort": "due"}
	mine := read[viewAnswer](t, operator.try("POST", "/api/v1/views", map[string]any{"name": "Rác quá hạn", "filter": filter}), 201)
	shared := read[viewAnswer](t, lead.try("POST", "/api/v1/views", map[string]any{
		"name": "Gia Nghĩa", "filter": map[string]string{"area": "660"}, "shared": map[string]string{"area": "660"},
	}), 201)
	names := func(v *visitor) string {
		var list []string
		for _, x := range read[struct{ Views []viewAnswer }](t, v.try("GET", "/api/v1/views", nil), 200).Views {
			list = append(list, fmt.Sprintf("%s %t", x.Name, x.Own))
		}
		return strings.Join(list, ", ")
	}
	if got := names(operator); got != "Gia Nghĩa false, Rác quá hạn true" {
		t.Errorf("the operator has %s", got)
	}
	if got := names(lead); got != "Gia Nghĩa true" {
		t.Errorf("the lead has %s", got)
	}
	if got := names(stranger); got != "" {
		t.Errorf("a stranger has %s", got)
	}
	problem(t, operator.try("POST", "/api/v1/views", map[string]any{"name": "x", "filter": filter, "shared": map[string]string{"area": "660"}}), 403)
	bad := problem(t, operator.try("POST", "/api/v1/views", map[string]any{"name": "x", "filter": map[string]string{"open": "1", "cursor": "x"}}), 422)
	if !hasFault(bad, "open", "format") || !hasFault(bad, "filter.cursor", "unknown_field") {
		t.Errorf("a filter no list takes: %+v", bad.Errors)
	}
	problem(t, lead.try("PUT", "/api/v1/views/"+mine.ID, map[string]any{"name": "x", "filter": filter, "version": 1}), 404)
	after := read[viewAnswer](t, operator.try("PUT", "/api/v1/views/"+mine.ID, map[string]any{"name": "Rác", "filter": filter, "version": 1}), 200)
	if after.Version != 2 || after.Name != "Rác" || after.Filter["q"] != "rác" || after.Shared != nil {
		t.Errorf("changed: %+v", after)
	}
	problem(t, operator.try("DELETE", "/api/v1/views/"+shared.ID, nil), 404)
	for v, id := range map[*visitor]string{operator: mine.ID, lead: shared.ID} {
		if a := v.try("DELETE", "/api/v1/views/"+id, nil); a.status != 204 {
			t.Errorf("dropping a view: %d %s", a.status, a.body)
		}
	}
}

type presentAnswer struct {
	People []struct {
		Name string
		Own  bool
	}
	Lock *struct {
		ID  string
		Own bool
	}
}

func TestTwoOperatorsSeeEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	r := h.post("Rác ở Gia Nghĩa")
	first, second := h.as(access.Operator, district()), h.as(access.Operator, province())
	path := "/api/v1/reports/" + r.ID + "/presence"
	beat := func(v *visitor, more map[string]any) presentAnswer {
		body := map[string]any{"page": "page-of-" + v.person.Login[:8]}
		maps.Copy(body, more)
		return read[presentAnswer](t, v.try("PUT", path, body), 200)
	}
	if got := beat(first, map[string]any{"typing": true}); len(got.People) != 1 || got.Lock == nil || !got.Lock.Own {
		t.Errorf("the first types: %+v", got)
	}
	got := beat(second, map[string]any{"typing": true})
	if len(got.People) != 2 || got.Lock == nil || got.Lock.Own || got.Lock.ID != first.person.Principal() {
		t.Errorf("the second would type: %+v", got)
	}
	if got := beat(second, map[string]any{"typing": true, "take": true}); got.Lock == nil || !got.Lock.Own {
		t.Errorf("the second takes over: %+v", got)
	}
	if got := beat(first, map[string]any{"typing": true}); got.Lock == nil || got.Lock.Own || got.Lock.ID != second.person.Principal() {
		t.Errorf("the first sees it: %+v", got)
	}
	if a := second.try("DELETE", path+"?page=page-of-"+second.person.Login[:8], nil); a.status != 204 {
		t.Errorf("leaving: %d", a.status)
	}
	if got := beat(first, nil); len(got.People) != 1 || got.Lock != nil {
		t.Errorf("alone again: %+v", got)
	}
	problem(t, first.try("PUT", path, map[string]any{"page": "x"}), 422)
	problem(t, h.as(access.Operator, foreign()).try("PUT", path, map[string]any{"page": "page-12345678"}), 404)
}

type bulkAnswer struct {
	Done, Refused int
	Items         []struct {
		ID, Status, Reason, Detail string
		Done                       bool
		Version                    int64
		UndoUntil                  *time.Time `json:"undo_until"`
	}
}

func TestOneActOnManyReportsIsDecidedForEach(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	operator := h.as(access.Operator, district())
	a, b, c := h.post("Một"), h.post("Hai"), h.post("Ba")
	far := read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: map[string]any{
		"category": "MT", "description": "Xa", "location": map[string]float64{"lat": 12.034, "lon": 107.905},
	}}), 201)
	many := func(path, key string, act map[string]any, reports ...any) answer {
		body := map[string]any{"reports": reports}
		maps.Copy(body, act)
		return h.do(call{method: "POST", path: path, body: body, header: map[string]string{"Cookie": operator.cookie, "X-Toancanh": "1", "Idempotency-Key": key}})
	}
	at := func(id string, version int) map[string]any { return map[string]any{"id": id, "version": version} }
	reports := []any{at(a.ID, 1), at(b.Code, 1), at(c.ID, 7), at(far.ID, 1), at("x", 1)}
	raw := many("/api/v1/reports/acts", "accept", map[string]any{"act": "accept"}, reports...)
	got := read[bulkAnswer](t, raw, 200)
	if got.Done != 2 || got.Refused != 3 || !got.Items[0].Done || got.Items[1].ID != b.Code || got.Items[1].Version != 2 || got.Items[0].UndoUntil != nil {
		t.Fatalf("accepting: %s", raw.body)
	}
	for i, reason := range map[int]string{2: "version", 3: "not_found", 4: "not_found"} {
		if got.Items[i].Reason != reason || got.Items[i].Detail == "" {
			t.Errorf("item %d: %+v, want %s", i, got.Items[i], reason)
		}
	}
	if again := many("/api/v1/reports/acts", "accept", map[string]any{"act": "accept"}, reports...); string(again.body) != string(raw.body) {
		t.Errorf("the same key again: %s", again.body)
	}
	// After a crash nobody remembers the answer, but what was done is told from its repeat.
	_, err := h.db.Owner.Exec(t.Context(), "delete from idempotency")
	must(t, err)
	if again := read[bulkAnswer](t, many("/api/v1/reports/acts", "accept", map[string]any{"act": "accept"}, reports...), 200); again.Done != 2 || again.Items[0].Version != 2 {
		t.Errorf("after a crash: %+v", again)
	}
	assign := func(key, unit string, version int) bulkAnswer {
		return read[bulkAnswer](t, many("/api/v1/reports/acts", key, map[string]any{"act": "assign", "unit": unit}, at(a.ID, version), at(b.ID, version)), 200)
	}
	if got := assign("xd", "so-xd", 2); got.Done != 2 || got.Items[0].UndoUntil != nil {
		t.Fatalf("the first assignment has no way back: %+v", got)
	}
	if got := assign("yt", "so-yt", 3); got.Done != 2 || got.Items[0].UndoUntil == nil {
		t.Fatalf("the second has: %+v", got)
	}
	undone := read[bulkAnswer](t, many("/api/v1/reports/undo", "undo", nil, at(a.ID, 4), at(b.ID, 3), at(c.ID, 1)), 200)
	if undone.Done != 1 || undone.Items[0].Version != 5 || undone.Items[1].Reason != "version" || undone.Items[2].Reason != "no_inverse" {
		t.Errorf("undone: %+v", undone)
	}
	if r, err := h.store.Report(t.Context(), a.ID); err != nil || r.Unit != "so-xd" || r.Version != 5 {
		t.Errorf("the report is with %q at version %d, %v", r.Unit, r.Version, err)
	}
	if p := problem(t, many("/api/v1/reports/acts", "bad", map[string]any{"act": "fly"}, at(a.ID, 0), at(a.ID, 1)), 422); len(p.Errors) != 3 {
		t.Errorf("what is wrong: %+v", p.Errors)
	}
	problem(t, many("/api/v1/reports/acts", "none", map[string]any{"act": "accept"}), 422)
	var heard int
	must(t, h.db.Owner.QueryRow(t.Context(), `select count(*) from audit where what = $1 and result = 'done'`, string(access.ActOn("accept"))).Scan(&heard))
	if heard != 2 {
		t.Errorf("the audit holds %d acceptances, want 2", heard)
	}
}
