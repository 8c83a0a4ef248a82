package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
)

func TestAnOfficerWritesDownACall(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	operator := h.as(access.Operator, district())
	entry := map[string]any{
		"category": "GT", "description": "Cầu gỗ gãy, xe không qua được", "commune": "phường Nghĩa Đức", "channel": "phone",
		"contact": map[string]string{"phone": "0912 345 678"},
	}
	r := read[receipt](t, operator.try("POST", "/api/v1/reports/entries", entry), 201)
	if r.Area != "24611" {
		t.Errorf("area %q, want that of the commune", r.Area)
	}
	got := read[opsAnswer](t, operator.try("GET", "/api/v1/reports/"+r.Code, nil), 200)
	if got.Report.Source != "phone" || !got.Report.HasContact || got.Acts[0].Actor != operator.person.Principal() {
		t.Errorf("report %+v, first act %+v: want the channel, a contact and the officer", got.Report, got.Acts[0])
	}

	for name, c := range map[string]struct {
		change map[string]any
		field  string
		reason string
	}{
		"no channel":            {map[string]any{"channel": nil}, "channel", "required"},
		"an unknown channel":    {map[string]any{"channel": "form"}, "channel", "unknown"},
		"an unknown commune":    {map[string]any{"commune": "xã Không Có"}, "commune", "unknown"},
		"no place":              {map[string]any{"commune": nil}, "location", "required"},
		"two places":            {map[string]any{"location": map[string]float64{"lat": 12, "lon": 107.7}}, "commune", "both"},
		"another's area":        {map[string]any{"commune": "xã Quảng Sơn"}, "location", "out_of_scope"},
		"nothing that was told": {map[string]any{"description": " "}, "description", "required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := maps.Clone(entry)
			for k, v := range c.change {
				if body[k] = v; v == nil {
					delete(body, k)
				}
			}
			if p := problem(t, operator.try("POST", "/api/v1/reports/entries", body), 422); !hasFault(p, c.field, c.reason) {
				t.Errorf("faults %+v, want %s at %s", p.Errors, c.reason, c.field)
			}
		})
	}
	problem(t, h.as(access.UnitOfficer, district()).try("POST", "/api/v1/reports/entries", entry), 403)
	problem(t, h.do(call{method: "POST", path: "/api/v1/reports/entries", body: entry}), 401)
}

type importAnswer struct {
	Lines, Accepted, Repeated int
	Refused                   []struct {
		Line                  int
		Column, Field, Reason string
	}
	Ignored []string `json:"ignored_columns"`
	Reports []struct {
		Line     int
		Code     string
		Repeated bool
	}
}

// sendTable posts a table as somebody; the query begins with a question mark.
func (v *visitor) sendTable(query, table string) answer {
	v.h.t.Helper()
	return v.sendCSV("/api/v1/reports/import"+query, table)
}

func (v *visitor) sendCSV(path, table string) answer {
	v.h.t.Helper()
	return v.h.do(call{method: "POST", path: path, body: table, header: map[string]string{
		"Cookie": v.cookie, "X-Toancanh": "1", "Content-Type": "text/csv; charset=utf-8",
	}})
}

func TestATableIsTriedThenTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	operator := h.as(access.Operator, district())
	const head = "Lĩnh vực;Nội dung;Xã, phường;Nguồn;Điện thoại;Ghi chú\n"
	const good = "MT;Rác trước chợ;24611;Zalo;0912345678;a\nGT;Ổ gà;Phường Nghĩa Thành;;;\nGT;Ổ gà;Phường Nghĩa Thành;;;\n"
	bad := head + good + "ZZ;Rác;24611;;;\nMT;Rác;xã Quảng Sơn;;;\nMT;Rác;24611;;gọi tôi;\nMT;" + strings.Repeat("x", 4001) + ";24611;;;\n"

	tried := read[importAnswer](t, operator.sendTable("?dry_run=true", bad), 200)
	var said []string
	for _, r := range tried.Refused {
		said = append(said, fmt.Sprintf("%d %s %s", r.Line, r.Column, r.Reason))
	}
	want := []string{"5 Lĩnh vực unknown", "6 Xã, phường out_of_scope", "7 Điện thoại format", "8 Nội dung too_long"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
	if tried.Lines != 7 || tried.Accepted != 3 || len(tried.Reports) != 0 || !cmp.Equal(tried.Ignored, []string{"Ghi chú"}) {
		t.Errorf("dry run = %+v", tried)
	}
	refused := read[importAnswer](t, operator.sendTable("", bad), 422)
	if refused.Accepted != 0 || len(refused.Refused) != len(want) {
		t.Errorf("a table with bad lines = %+v", refused)
	}
	if n := h.count(operator); n != 0 {
		t.Fatalf("%d reports after a dry run and a refusal, want none", n)
	}

	taken := read[importAnswer](t, operator.sendTable("?skip_bad=true&channel=paper", bad), 200)
	if taken.Accepted != 3 || len(taken.Reports) != 3 || len(taken.Refused) != len(want) {
		t.Errorf("taken = %+v", taken)
	}
	for i, source := range []string{"zalo", "paper", "paper"} {
		got := read[opsAnswer](t, operator.try("GET", "/api/v1/reports/"+taken.Reports[i].Code, nil), 200)
		if got.Report.Source != source || got.Acts[0].Actor != operator.person.Principal() {
			t.Errorf("line %d came by %q, by %q", taken.Reports[i].Line, got.Report.Source, got.Acts[0].Actor)
		}
	}
	// The same table, longer by a line above: two equal lines are two reports, and each is taken once.
	again := read[importAnswer](t, operator.sendTable("?channel=paper", head+"MT;Cống tắc;24612;;;\n"+good), 200)
	if again.Accepted != 1 || again.Repeated != 3 {
		t.Errorf("again = %+v, want one new and three known", again)
	}
	if n := h.count(operator); n != 4 {
		t.Errorf("%d reports, want 4", n)
	}

	problem(t, operator.sendTable("?dry=1", head+good), 422)
	problem(t, operator.sendTable("?channel=form", head+good), 422)
	problem(t, operator.try("POST", "/api/v1/reports/import", head+good), 415)
	problem(t, operator.sendTable("", "a;b\n1;2\n"), 422)
	problem(t, h.as(access.UnitLead, district()).sendTable("", head+good), 403)
}

func (h *house) count(v *visitor) int {
	h.t.Helper()
	return len(read[struct{ Reports []struct{ ID string } }](h.t, v.try("GET", "/api/v1/reports?limit=200", nil), 200).Reports)
}
