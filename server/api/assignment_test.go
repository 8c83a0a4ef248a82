package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/auth"
)

type proposalAnswer struct {
	Proposal *struct {
		Unit, Why string
		Rule      *struct{ Version, N int }
	}
	Acts []struct{ Act, Unit, Proposed, Level string }
}

func (h *house) proposal(id string) proposalAnswer {
	h.t.Helper()
	return read[proposalAnswer](h.t, h.do(call{method: "GET", path: "/api/v1/reports/" + id}), 200)
}

// taken is a report of a category that was taken in.
func (h *house) taken(category string) receipt {
	h.t.Helper()
	r := read[receipt](h.t, h.do(call{method: "POST", path: "/api/v1/reports", body: map[string]any{
		"category": category, "description": "Gọi tôi số 0912 345 678", "location": map[string]float64{"lat": 12.007, "lon": 107.696},
	}}), 201)
	read[opsAnswer](h.t, h.act(r.ID, map[string]any{"act": "accept"}), 200)
	return r
}

func (h *house) assign(id, unit string) {
	h.t.Helper()
	read[opsAnswer](h.t, h.act(id, map[string]any{"act": "assign", "unit": unit}), 200)
}

func TestTheRulesProposeAndPeopleDecide(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.taken("XD")
	got := h.proposal(r.ID)
	if p := got.Proposal; p == nil || p.Unit != "ubnd-660" || p.Rule == nil || p.Rule.Version != 1 || p.Rule.N != 1 ||
		p.Why != "Quy tắc 1, bản 1: lĩnh vực “Trật tự xây dựng”, địa bàn Thành phố Gia Nghĩa" {
		t.Fatalf("proposal %+v", p)
	}
	// Without a rule the unit of the category is proposed.
	changed := h.do(call{method: "PUT", path: "/api/v1/assignment", body: map[string]any{"version": 1, "reason": "x", "rules": []any{}}})
	if v := read[struct{ Version int }](t, changed, 200); v.Version != 2 {
		t.Fatalf("%s", changed.body)
	}
	if p := h.proposal(r.ID).Proposal; p == nil || p.Unit != "so-xd" || p.Rule != nil || p.Why != "Đơn vị của lĩnh vực “Trật tự xây dựng”" {
		t.Fatalf("proposal %+v", p)
	}
	h.assign(r.ID, "so-xd")
	h.assign(r.ID, "ioc")
	got = h.proposal(r.ID)
	var assigned []string
	for _, a := range got.Acts {
		if a.Act == "assign" {
			assigned = append(assigned, a.Unit+" for "+a.Proposed)
		}
	}
	if want := []string{"so-xd for so-xd", "ioc for so-xd"}; !slices.Equal(assigned, want) {
		t.Errorf("timeline %v, want %v", assigned, want)
	}
	over := read[struct {
		Proposed, Overruled int
		Value               *float64
		Pairs               []struct {
			Category, Proposed, Chosen string
			Times                      int
		}
	}](t, h.do(call{method: "GET", path: "/api/v1/assignment/overruled"}), 200)
	if over.Proposed != 2 || over.Overruled != 1 || over.Value == nil || *over.Value != 50 || len(over.Pairs) != 1 || over.Pairs[0].Chosen != "ioc" {
		t.Errorf("overruled %+v", over)
	}
	read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "resolve", "text": "xong"}), 200)
	if p := h.proposal(r.ID).Proposal; p != nil {
		t.Errorf("a handled report is proposed to %+v", p)
	}
}

func TestRulesOfAssignmentAreVersions(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	rule := map[string]any{"category": "MT", "division": "vn-2022", "area": "660", "hours": "outside", "unit": "ioc"}
	change := func(v *visitor, version int, rules ...any) answer {
		return v.try("PUT", "/api/v1/assignment", map[string]any{"version": version, "reason": "Trực đêm", "rules": rules})
	}
	read[map[string]any](t, change(lead, 1, rule), 200)
	if p := problem(t, change(lead, 1, rule), 409); p.Detail == "" {
		t.Errorf("%+v", p)
	}
	p := problem(t, change(lead, 2, rule, rule, map[string]any{"category": "ZZ", "division": "vn-2022", "area": "9", "hours": "noon", "unit": "no", "x": 1}), 422)
	if !hasFault(p, "rules.x", "unknown_field") {
		t.Errorf("%+v", p.Errors)
	}
	p = problem(t, change(lead, 2, rule, rule, map[string]any{"category": "ZZ", "division": "vn-2022", "area": "9", "hours": "noon", "unit": "no"}), 422)
	for field, reason := range map[string]string{"rules": "duplicate", "category": "unknown", "area": "unknown", "hours": "unknown", "unit": "unknown"} {
		if !hasFault(p, field, reason) {
			t.Errorf("%s is not said to be %s: %+v", field, reason, p.Errors)
		}
	}
	p = problem(t, lead.try("PUT", "/api/v1/assignment", map[string]any{"reason": " "}), 422)
	for field, reason := range map[string]string{"version": "required", "reason": "format", "rules": "required"} {
		if !hasFault(p, field, reason) {
			t.Errorf("%s is not said to be %s: %+v", field, reason, p.Errors)
		}
	}
	type version struct {
		Version int
		Reason  string
		MadeBy  string `json:"made_by"`
		Rules   []struct{ Category, Division, Area, Hours, Unit string }
	}
	now := read[version](t, lead.try("GET", "/api/v1/assignment", nil), 200)
	if now.Version != 2 || now.Reason != "Trực đêm" || now.MadeBy != lead.person.Principal() || len(now.Rules) != 1 || now.Rules[0].Hours != "outside" {
		t.Errorf("%+v", now)
	}
	if first := read[version](t, lead.try("GET", "/api/v1/assignment?version=1", nil), 200); first.Version != 1 || len(first.Rules) != 18 {
		t.Errorf("version 1 has %d rules", len(first.Rules))
	}
	problem(t, lead.try("GET", "/api/v1/assignment?version=9", nil), 404)
	problem(t, change(h.as(access.ShiftLead, district()), 2, rule), 403)
	var audited int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'assignment.change' and result = 'done'").Scan(&audited))
	if audited != 1 {
		t.Errorf("%d rows of audit", audited)
	}
}

type noteAnswer struct {
	ID, Symbol, From, To, Subject, State, Serial, PDF string
	Number, Year                                      int
	N                                                 int64
	Due                                               *time.Time
	ToName                                            string     `json:"to_name"`
	StateAt                                           *time.Time `json:"state_at"`
	StateBy                                           string     `json:"state_by"`
}

func (v *visitor) notes(id string) []noteAnswer {
	v.h.t.Helper()
	return read[struct{ Transfers []noteAnswer }](v.h.t, v.try("GET", "/api/v1/reports/"+id+"/transfers", nil), 200).Transfers
}

func TestEachAssignmentIsANumberedNote(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := &visitor{h: h}
	r := h.taken("MT")
	h.assign(r.ID, "so-tnmt")
	h.assign(r.ID, "so-xd")
	year := time.Now().In(time.FixedZone("", 7*3600)).Year()
	list := v.notes(r.ID)
	if len(list) != 2 {
		t.Fatalf("%d notes", len(list))
	}
	for i, n := range list {
		if n.Number != i+1 || n.Symbol != fmt.Sprintf("%d/PC-IOC", i+1) || n.Year != year || n.N != int64(i+3) || n.State != "chua_ky_so" || n.Due == nil ||
			n.Subject != "Chuyển xử lý phản ánh "+r.Code+", lĩnh vực “Vệ sinh môi trường, rác thải, nước thải, tiếng ồn”, tại "+r.AreaName {
			t.Errorf("note %d: %+v", i, n)
		}
	}
	if list[1].From != "so-tnmt" || list[1].To != "so-xd" || list[1].ToName != "Sở Xây dựng" {
		t.Errorf("%+v", list[1])
	}
	// What a note says stays, whatever becomes of the unit.
	_, err := h.db.Owner.Exec(t.Context(), "update unit set name = 'Sở khác' where id = 'so-xd'")
	must(t, err)
	pdf := h.do(call{method: "GET", path: list[1].PDF})
	if pdf.status != 200 || pdf.header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(pdf.body, []byte("%PDF-")) ||
		pdf.header.Get("Content-Disposition") != fmt.Sprintf(`inline; filename="phieu-chuyen-2-PC-IOC-%d.pdf"`, year) {
		t.Errorf("%d %v", pdf.status, pdf.header)
	}
	if again := v.notes(r.ID)[1]; again.ToName != "Sở Xây dựng" {
		t.Errorf("%+v", again)
	}
	for _, id := range []string{"0193a0b0-0000-7000-8000-000000000001", "x"} {
		problem(t, h.do(call{method: "GET", path: "/api/v1/transfers/" + id + ".pdf"}), 404)
	}
	signed := read[noteAnswer](t, v.try("PUT", "/api/v1/transfers/"+list[0].ID, map[string]any{"state": "da_ky_so", "serial": "54:01:0B"}), 200)
	if signed.State != "da_ky_so" || signed.Serial != "54:01:0B" || signed.StateAt == nil || signed.StateBy != "operator" {
		t.Errorf("%+v", signed)
	}
	problem(t, v.try("PUT", "/api/v1/transfers/"+list[0].ID, map[string]any{"state": "giay"}), 409)
	if p := problem(t, v.try("PUT", "/api/v1/transfers/"+list[1].ID, map[string]any{"state": "da_ky_so"}), 422); !hasFault(p, "serial", "required") {
		t.Errorf("%+v", p)
	}
	read[noteAnswer](t, v.try("PUT", "/api/v1/transfers/"+list[1].ID, map[string]any{"state": "giay"}), 200)
	kpis := read[struct {
		KPIs struct {
			Documents struct {
				Value                   *float64
				Electronic, Signed, All int
			} `json:"e_documents_30d"`
			Bounces struct{ Assignments int } `json:"bounces_30d"`
		}
	}](t, h.do(call{method: "GET", path: "/api/v1/kpis"}), 200).KPIs
	if d := kpis.Documents; d.Value == nil || *d.Value != 50 || d.Electronic != 1 || d.Signed != 1 || d.All != 2 || kpis.Bounces.Assignments != 2 {
		t.Errorf("kpis %+v", kpis)
	}
}

// Whatever the race, and whatever fails, the numbers of a year are 1, 2, 3 without one left out.
func TestNumbersOfNotesHaveNoGap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const many = 12
	reports := make([]receipt, many)
	for i := range reports {
		reports[i] = h.taken("MT")
	}
	var all sync.WaitGroup
	for _, r := range reports {
		for _, unit := range []string{"so-xd", "so-yt"} { // of two with one version the second is refused and uses no number
			all.Go(func() {
				a, err := h.try(call{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: map[string]any{"act": "assign", "unit": unit, "version": 2}})
				if err != nil || a.status != http.StatusOK && a.status != http.StatusConflict {
					t.Errorf("%v %d %s", err, a.status, a.body)
				}
			})
		}
	}
	all.Wait()
	rows, err := h.db.Owner.Query(t.Context(), "select number from transfer order by number")
	must(t, err)
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int])
	must(t, err)
	var want []int
	for i := range many {
		want = append(want, i+1)
	}
	if diff := cmp.Diff(want, numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestAnotherLevelIsSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.taken("MT")
	after := read[struct {
		Report struct {
			Level, Status string
			Due           struct{ Assign *time.Time }
		}
	}](t, h.act(r.ID, map[string]any{"act": "escalate", "level": "trung_uong", "reason": "Vượt thẩm quyền"}), 200)
	if after.Report.Level != "trung_uong" || after.Report.Status != "da_tiep_nhan" || after.Report.Due.Assign == nil {
		t.Errorf("%+v", after)
	}
	if acts := h.proposal(r.ID).Acts; acts[len(acts)-1].Level != "trung_uong" {
		t.Errorf("%+v", acts)
	}
	if p := problem(t, h.act(r.ID, map[string]any{"act": "escalate", "level": "thon", "reason": "x"}), 422); !hasFault(p, "level", "unknown") {
		t.Errorf("%+v", p)
	}
}

func TestReturnsAreCountedWithTheirHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	moment := func(text string) string {
		zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
		must(t, err)
		at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		must(t, err)
		return at.UTC().Format(time.RFC3339)
	}
	past := func(category string, acts ...map[string]any) map[string]any {
		return map[string]any{
			"category": category, "description": "x", "location": map[string]float64{"lat": 12.007, "lon": 107.696}, "origin": "simulated",
			"received_at": moment("2026-03-02 08:00"), "acts": append([]map[string]any{{"act": "accept", "at": moment("2026-03-02 08:10")}}, acts...),
		}
	}
	act := func(name, when, unit string) map[string]any {
		a := map[string]any{"act": name, "at": moment(when), "reason": "Không đúng thẩm quyền"}
		if unit != "" {
			a["unit"] = unit
		}
		return a
	}
	body := map[string]any{"reports": []any{
		past("MT", act("assign", "2026-03-06 16:30", "so-xd"), act("return", "2026-03-09 08:30", ""), act("assign", "2026-03-09 09:00", "so-tnmt")),
		past("CR", act("assign", "2026-03-06 16:30", "so-xd"), act("return", "2026-03-07 16:30", ""), act("assign", "2026-03-07 17:00", "so-tnmt"), act("return", "2026-03-07 18:00", "")),
		past("MT", act("assign", "2026-03-06 16:30", "so-xd")),
	}}
	a := h.do(call{method: "POST", path: "/api/v1/history", key: h.key(auth.RightHistory), body: body})
	if got := read[struct{ Accepted int }](t, a, 200).Accepted; got != 3 {
		t.Fatalf("%s", a.body)
	}
	ask := func(query string) answer { return h.do(call{method: "GET", path: "/api/v1/bounces?" + query}) }
	type hours struct{ Working, Clock float64 }
	type pair struct {
		From, To string
		Bounces  int
		Hours    hours
	}
	got := read[struct {
		Bounces, Assignments int
		Value                *float64
		Target               float64
		Hours                hours
		Pairs                []pair
	}](t, ask("from="+moment("2026-03-01 00:00")+"&to="+moment("2026-03-20 00:00")), 200)
	want := []pair{{"so-xd", "so-tnmt", 2, hours{2, 24}}, {"so-tnmt", "", 1, hours{0, 1}}}
	if diff := cmp.Diff(want, got.Pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	if got.Bounces != 3 || got.Assignments != 5 || got.Value == nil || *got.Value != 60 || got.Target != 5 || got.Hours != (hours{2, 25}) {
		t.Errorf("%+v", got)
	}
	// The end is left out, and another area has none.
	for _, q := range []string{
		"from=" + moment("2026-03-01 00:00") + "&to=" + moment("2026-03-07 16:30"),
		"area=661&from=" + moment("2026-03-01 00:00") + "&to=" + moment("2026-03-20 00:00"),
	} {
		if n := read[struct{ Bounces int }](t, ask(q), 200).Bounces; n != 0 {
			t.Errorf("%s: %d bounces", q, n)
		}
	}
	for q, reason := range map[string]string{
		"from=2026-03-01": "format",
		"from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z": "order",
		"from=2024-03-02T00:00:00Z&to=2026-03-01T00:00:00Z": "too_long",
		"when=now": "unknown_field",
	} {
		if p := problem(t, ask(q), 422); p.Errors[0].Reason != reason {
			t.Errorf("%s: %+v", q, p.Errors)
		}
	}
}
