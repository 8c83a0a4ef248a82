package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/access"
)

type dtiEntry struct {
	N        int64
	Code     string
	Value    *float64
	Replaces *int64
	Reason   string
	ByName   string `json:"by_name"`
}

type dtiAnswer struct {
	Area    string
	Entries []dtiEntry
	Schemes []struct {
		Code    string
		Indices []struct{ Code string }
		Years   []struct {
			Year, Have, Need int
			Value            *float64
			Indices          []struct {
				Code, From string
				Value      *float64
				Entered    int
			}
		}
	}
}

// value is a body that is taken, with changes.
func value(change map[string]any) map[string]any {
	body := map[string]any{
		"scheme": "922-2022", "year": 2022, "code": "7", "value": 0.8575, "title": "Báo cáo xếp hạng năm 2022", "issuer": "Bộ TT&TT",
		"reference": "https://dti.gov.vn/xep-hang-2022", "dated": "2023-07-12",
	}
	maps.Copy(body, change)
	return body
}

func TestValuesOfTheIndexAreEnteredReplacedAndWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead, leader := h.as(access.ShiftLead, province()), h.as(access.Leader, province())
	enter := func(change map[string]any) answer { return lead.try("POST", "/api/v1/dti/values", value(change)) }
	withdraw := func(n int64, reason string) answer {
		return lead.try("POST", "/api/v1/dti/withdrawals", map[string]any{"n": n, "reason": reason})
	}
	first := read[dtiEntry](t, enter(nil), 201)
	if first.N == 0 || first.Value == nil || *first.Value != 0.8575 || first.Replaces != nil || first.ByName == "" {
		t.Errorf("%+v", first)
	}
	if p := problem(t, enter(map[string]any{"value": 0.9}), 409); !strings.Contains(p.Detail, "chỉ số 7 năm 2022") {
		t.Errorf("%+v", p)
	}
	second := read[dtiEntry](t, enter(map[string]any{"value": 0.86, "replaces": first.N}), 201)
	for code, x := range map[string]float64{"1": 1, "2": 0.9, "3": 0.8253, "4": 0.8487, "5": 0.7578, "8": 0.7836, "9": 0.5197} {
		read[dtiEntry](t, enter(map[string]any{"code": code, "value": x}), 201)
	}
	got := read[dtiAnswer](t, leader.try("GET", "/api/v1/dti", nil), 200)
	year := got.Schemes[0].Years[0]
	// Đà Nẵng's row, whose seventh value is a little higher here: 0.8002 and 0.2 × 0.0025.
	if got.Area != "67" || len(got.Entries) != 8 || year.Value == nil || *year.Value != 0.8007 || year.Have != 8 || len(got.Schemes[1].Indices) != 0 {
		t.Errorf("%+v", got)
	}
	problem(t, withdraw(first.N, "Nhầm"), 409)
	problem(t, withdraw(999999, "Nhầm"), 404)
	gone := read[dtiEntry](t, withdraw(second.N, "Nhầm năm"), 201)
	if gone.Value != nil || gone.Reason != "Nhầm năm" || gone.Replaces == nil || *gone.Replaces != second.N {
		t.Errorf("%+v", gone)
	}
	got = read[dtiAnswer](t, leader.try("GET", "/api/v1/dti", nil), 200)
	if year = got.Schemes[0].Years[0]; year.Value != nil || year.Have != 7 || year.Need != 8 {
		t.Errorf("a sum with a gap: %+v", year)
	}
	told := read[dtiAnswer](t, leader.try("GET", "/api/v1/dti/history?scheme=922-2022&year=2022&code=7", nil), 200)
	var ns []int64
	for _, e := range told.Entries {
		ns = append(ns, e.N)
	}
	if d := cmp.Diff([]int64{gone.N, second.N, first.N}, ns); d != "" {
		t.Error(d)
	}

	t.Run("every fault is named at its field", func(t *testing.T) {
		p := problem(t, enter(map[string]any{
			"code": "7.12", "value": 30, "most": 20, "title": "", "issuer": "Ông A, 0912 345 678", "reference": "ftp://x/y", "dated": "2099-01-01", "x": 1,
		}), 422)
		for field, reason := range map[string]string{
			"value": "out_of_range", "title": "required", "issuer": "personal", "reference": "format", "dated": "out_of_range", "x": "unknown_field",
		} {
			if !hasFault(p, field, reason) {
				t.Errorf("%s is not said to be %s: %+v", field, reason, p.Errors)
			}
		}
		body := value(nil)
		delete(body, "value")
		if p := problem(t, lead.try("POST", "/api/v1/dti/values", body), 422); !hasFault(p, "value", "required") {
			t.Errorf("%+v", p.Errors)
		}
		p = problem(t, enter(map[string]any{"scheme": "405-2025", "year": 2025}), 422)
		if !hasFault(p, "scheme", "no_structure") {
			t.Errorf("%+v", p.Errors)
		}
		p = problem(t, withdraw(0, " "), 422)
		if !hasFault(p, "n", "required") || !hasFault(p, "reason", "format") {
			t.Errorf("%+v", p.Errors)
		}
		if p := problem(t, lead.try("GET", "/api/v1/dti/history?year=x", nil), 422); !hasFault(p, "scheme", "required") || !hasFault(p, "year", "out_of_range") {
			t.Errorf("%+v", p.Errors)
		}
	})
	t.Run("who reads does not enter, and a district's lead does not enter for the province", func(t *testing.T) {
		for name, v := range map[string]*visitor{"leader": leader, "lead of a district": h.as(access.ShiftLead, district())} {
			if a := v.try("POST", "/api/v1/dti/values", value(nil)); a.status != 403 {
				t.Errorf("%s enters: %d", name, a.status)
			}
			if a := v.sendValues("", "x"); a.status != 403 {
				t.Errorf("%s hands a table in: %d", name, a.status)
			}
		}
		if a := h.as(access.UnitOfficer, province()).try("GET", "/api/v1/dti", nil); a.status != 403 {
			t.Errorf("a unit's officer reads who entered what: %d", a.status)
		}
	})
	var refused int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from audit where what = 'dti.enter' and result = 'refused'").Scan(&refused))
	if refused != 4 {
		t.Errorf("%d refusals are in the audit, want 4", refused)
	}
}

// sendValues hands a table of values in.
func (v *visitor) sendValues(query, table string) answer {
	v.h.t.Helper()
	return v.sendCSV("/api/v1/dti/import"+query, table)
}

func TestATableOfValuesIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	lead := h.as(access.ShiftLead, province())
	type result struct {
		Lines, Accepted, Replaced, Unchanged int
		Refused                              []struct {
			Line                          int
			Column, Field, Reason, Detail string
		}
		Ignored []string `json:"ignored_columns"`
	}
	there := read[dtiEntry](t, lead.try("POST", "/api/v1/dti/values", value(map[string]any{"code": "1", "value": 0.5})), 201)
	const head = "Bộ chỉ số;Năm;Mã chỉ số;Tên thành phần;Giá trị;Điểm tối đa;Văn bản minh chứng;Cơ quan ban hành;Số hiệu;Nơi tra cứu;Ngày minh chứng;Thay mục;Người lập\n"
	line := func(code, x, most, title, replaces string) string {
		return "922-2022;2022;" + code + ";;" + x + ";" + most + ";" + title + ";Bộ TT&TT;1/BC;;12/7/2023;" + replaces + ";An\n"
	}
	good := head + line("7.1", "8,5", "10", "=Báo cáo", "") + line("1", "0,6", "", "Báo cáo", fmt.Sprint(there.N))
	bad := good + line("7.1", "1", "10", "Trùng", "") + line("7.99", "1", "10", "Không có", "") + line("7.2", "12", "10", "", "") +
		line("2", "một", "", "Báo cáo", "") + line("1.1", "1", "", "Gọi 0912 345 678", "5") + line("3", "0,5", "", "Báo cáo", "77") + "rác\n"
	got := read[result](t, lead.sendValues("?dry_run=true", bad), 200)
	var faults []string
	for _, f := range got.Refused {
		faults = append(faults, fmt.Sprintf("%d %s %s", f.Line, f.Column, f.Reason))
		if f.Detail == "" || f.Field == "" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{
		"4 Mã chỉ số duplicate", "5 Mã chỉ số unknown", "6 Văn bản minh chứng required", "6 Giá trị out_of_range", "7 Giá trị format",
		"8 Văn bản minh chứng personal", "8 Điểm tối đa out_of_range", "9 Thay mục version", "10 Năm format", "10 Giá trị required",
	}
	if d := cmp.Diff(want, faults); d != "" || got.Accepted != 2 || got.Replaced != 1 || got.Lines != 9 || got.Ignored[0] != "Người lập" {
		t.Errorf("%+v (-want +got):\n%s", got, d)
	}
	if a := lead.sendValues("", bad); a.status != 422 || !strings.Contains(string(a.body), `"accepted":0`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	stale := head + line("1", "0,6", "", "Báo cáo", "")
	if a := read[result](t, lead.sendValues("?dry_run=true", stale), 200); len(a.Refused) != 1 || !strings.Contains(a.Refused[0].Detail, fmt.Sprintf("mục %d", there.N)) {
		t.Errorf("a line that replaces without saying so: %+v", a)
	}
	if n := len(read[dtiAnswer](t, lead.try("GET", "/api/v1/dti", nil), 200).Entries); n != 1 {
		t.Fatalf("%d values after tables that were refused", n)
	}
	if a := read[result](t, lead.sendValues("", good), 200); a.Accepted != 2 || a.Replaced != 1 {
		t.Errorf("%+v", a)
	}
	file := lead.try("GET", "/api/v1/dti/export", nil)
	if file.status != 200 || !strings.Contains(file.header.Get("Content-Disposition"), "chi-so-chuyen-doi-so") {
		t.Fatalf("%d %v", file.status, file.header)
	}
	if text := string(file.body); !strings.Contains(text, ",'=Báo cáo,") || !strings.HasPrefix(text, "\ufeffBộ chỉ số,Năm,") {
		t.Errorf("exported %s", text)
	}
	if a := read[result](t, lead.sendValues("", string(file.body)), 200); a.Unchanged != 2 || a.Accepted != 0 {
		t.Errorf("what was exported comes back as %+v", a)
	}
	for _, broken := range []string{"", "Năm\n", "\xff\xfe"} {
		problem(t, lead.sendValues("?dry_run=true", broken), 422)
	}
	problem(t, lead.sendValues("?skip_bad=true", good), 422)
}
