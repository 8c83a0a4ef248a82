package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/auth"
)

func TestAReportIsTakenAndReadBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác đổ trước chợ Nghĩa Thành, 3 ngày chưa dọn")})
	r := read[receipt](t, a, 201)
	if r.Status != "moi" || r.Place != "du_kien" || r.AreaName == "" || r.ReceivedAt.IsZero() {
		t.Errorf("receipt = %+v", r)
	}
	if got := a.header.Get("Location"); got != "/phan-anh/"+r.Code {
		t.Errorf("Location %q", got)
	}
	for _, id := range []string{r.ID, r.Code, strings.ToLower(r.Code), strings.ReplaceAll(r.Code, "-", "")} {
		got := h.get(id)
		if got.Report.ID != r.ID || got.Report.Description != "Rác đổ trước chợ Nghĩa Thành, 3 ngày chưa dọn" {
			t.Errorf("GET %s = %+v", id, got.Report)
		}
		if got.Report.Origin != "simulated" || got.Report.Source != "api" || len(got.Acts) != 1 || got.Acts[0].Act != "receive" {
			t.Errorf("GET %s = %+v", id, got)
		}
	}
}

func TestTheDoorOfAReportIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, real)
	key := h.key(auth.RightReports)
	for want, header := range map[string]map[string]string{
		"form": {"X-Toancanh": "1"}, "api": {}, "api of a partner": {"X-Toancanh": "1", "Authorization": "Bearer " + key},
	} {
		r := read[receipt](t, h.do(call{method: "POST", path: "/api/v1/reports", body: newReport(want), header: header}), 201)
		if got := h.text("select source from report where id = $1", r.ID); got != strings.TrimSuffix(want, " of a partner") {
			t.Errorf("%s is kept as %q", want, got)
		}
	}
}

func TestWhatIsWrongWithAReportIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const fine = `"category":"MT","description":"Rác","location":{"lat":12.007,"lon":107.696}`
	for _, tc := range []struct {
		name, body    string
		status        int
		field, reason string
	}{
		{"nothing", ``, 400, "", ""},
		{"no JSON", `rác`, 400, "", ""},
		{"cut short", `{` + fine, 400, "", ""},
		{"two values", `{` + fine + `}{}`, 400, "", ""},
		{"broken UTF-8", "{\"category\":\"MT\",\"description\":\"\xff\"}", 400, "", ""},
		{"very deep", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), 400, "", ""},
		{"an array", `[]`, 422, "", ""},
		{"a number", `7`, 422, "", ""},
		{"nothing in it", `{}`, 422, "location", "required"},
		{"an unknown field", `{` + fine + `,"status":"hoan_thanh"}`, 422, "status", "unknown_field"},
		{"an unknown field inside", `{"category":"MT","description":"Rác","location":{"lat":12.007,"lon":107.696,"alt":3}}`, 422, "location.alt", "unknown_field"},
		{"a sender's own time of receipt", `{` + fine + `,"received_at":"2020-01-01T00:00:00Z"}`, 422, "received_at", "unknown_field"},
		{"a sender's own origin", `{` + fine + `,"origin":"real"}`, 422, "origin", "unknown_field"},
		{"a field twice", `{` + fine + `,"category":"XD"}`, 422, "category", "duplicate"},
		{"a field in capitals", `{"Category":"MT","description":"Rác","location":{"lat":12.007,"lon":107.696}}`, 422, "Category", "unknown_field"},
		{"a text for a number", `{"category":"MT","description":"Rác","location":{"lat":"12","lon":107.696}}`, 422, "location.lat", "type"},
		{"a number for a text", `{"category":7,"description":"Rác","location":{"lat":12.007,"lon":107.696}}`, 422, "category", "type"},
		{"an endless number", `{"category":"MT","description":"Rác","location":{"lat":1e999,"lon":107.696}}`, 422, "location.lat", "out_of_range"},
		{"half a place", `{"category":"MT","description":"Rác","location":{"lat":12.007}}`, 422, "location.lon", "required"},
		{"a null place", `{"category":"MT","description":"Rác","location":null}`, 422, "location", "required"},
		{"a place on the moon", `{"category":"MT","description":"Rác","location":{"lat":1200,"lon":107.696}}`, 422, "location.lat", "out_of_range"},
		{"a place in Hà Nội", `{"category":"MT","description":"Rác","location":{"lat":21.03,"lon":105.85}}`, 422, "location", "outside"},
		{"an unknown category", `{"category":"ZZ","description":"Rác","location":{"lat":12.007,"lon":107.696}}`, 422, "category", "unknown"},
		{"blank words", `{"category":"MT","description":" \n\t","location":{"lat":12.007,"lon":107.696}}`, 422, "description", "required"},
		{"a lone surrogate", `{"category":"MT","description":"a\ud800","location":{"lat":12.007,"lon":107.696}}`, 422, "description", "control_character"},
		{"a zero byte", `{"category":"MT","description":"a\u0000","location":{"lat":12.007,"lon":107.696}}`, 422, "description", "control_character"},
		{"too many words", `{"category":"MT","description":"` + strings.Repeat("rác ", 2000) + `","location":{"lat":12.007,"lon":107.696}}`, 422, "description", "too_long"},
		{"no time", `{` + fine + `,"occurred_at":"hôm qua"}`, 422, "occurred_at", "format"},
		{"a time to come", `{` + fine + `,"occurred_at":"2999-01-01T00:00:00Z"}`, 422, "occurred_at", "future"},
		{"a wrong phone", `{` + fine + `,"contact":{"phone":"không có"}}`, 422, "contact.phone", "format"},
		{"an unknown contact", `{` + fine + `,"contact":{"zalo":"1"}}`, 422, "contact.zalo", "unknown_field"},
		{"a yes for a truth", `{` + fine + `,"emergency":"yes"}`, 422, "emergency", "type"},
		{"far too much", `{` + fine + `,"address":"` + strings.Repeat("x", 70<<10) + `"}`, 413, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: tc.body}), tc.status)
			if tc.field != "" && !hasFault(p, tc.field, tc.reason) {
				t.Errorf("problem names %+v, want %s %s", p.Errors, tc.field, tc.reason)
			}
		})
	}
	t.Run("everything at once", func(t *testing.T) {
		t.Parallel()
		p := problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: `{"x":1,"category":2,"location":{}}`}), 422)
		if len(p.Errors) != 4 {
			t.Errorf("named %d faults, want 4: %+v", len(p.Errors), p.Errors)
		}
	})
	t.Run("another media type", func(t *testing.T) {
		t.Parallel()
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
			problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: "{}", header: map[string]string{"Content-Type": media}}), 415)
		}
		problem(t, h.do(call{method: "POST", path: "/api/v1/reports", body: "{}", header: map[string]string{"Content-Encoding": "gzip"}}), 415)
	})
	t.Run("a charset is welcome", func(t *testing.T) {
		t.Parallel()
		a := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: map[string]string{"Content-Type": "Application/JSON; charset=utf-8"}})
		read[receipt](t, a, 201)
	})
}

func TestDecomposedTextIsStoredComposed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const text = "Đường Nguyễn Tất Thành ngập nước"
	r := h.post(norm.NFD.String(text))
	if got := h.get(r.ID).Report.Description; got != text {
		t.Errorf("stored %q, want %q", got, text)
	}
	type list struct{ Reports []struct{ ID string } }
	for _, q := range []string{"nguyen+tat+thanh", "Nguy%E1%BB%85n", "ngap"} {
		got := read[list](t, h.do(call{method: "GET", path: "/api/v1/reports?q=" + q}), 200)
		if len(got.Reports) != 1 {
			t.Errorf("search %s finds %d reports, want 1", q, len(got.Reports))
		}
	}
}

func TestAKeySentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	send := func(key string, body any, token string) answer {
		return h.do(call{method: "POST", path: "/api/v1/reports", body: body, key: token, header: map[string]string{"Idempotency-Key": key}})
	}
	first := send("a-1", newReport("Rác"), "")
	r := read[receipt](t, first, 201)
	t.Run("with the same body gets the first answer", func(t *testing.T) {
		for _, key := range []string{"a-1", `"a-1"`} {
			again := send(key, newReport("Rác"), "")
			if diff := cmp.Diff(string(first.body), string(again.body)); diff != "" || again.status != 201 {
				t.Errorf("status %d, answer differs: %s", again.status, diff)
			}
			if again.header.Get("Idempotency-Replayed") != "true" {
				t.Error("a repeat does not say so")
			}
		}
	})
	t.Run("with another body is refused", func(t *testing.T) {
		p := problem(t, send("a-1", newReport("Rác khác"), ""), 422)
		if p.Type != "/problems/idempotency-reuse" {
			t.Errorf("type %q", p.Type)
		}
	})
	t.Run("by another caller is another key", func(t *testing.T) {
		other := read[receipt](t, send("a-1", newReport("Rác khác"), h.key(auth.RightReports)), 201)
		if other.ID == r.ID {
			t.Error("another caller got the first one's report")
		}
	})
	t.Run("must be 1 to 255 visible characters", func(t *testing.T) {
		for _, key := range []string{`""`, strings.Repeat("x", 256), "a b", "a\tb", "khóa"} {
			problem(t, send(key, newReport("Rác"), ""), 400)
		}
		read[receipt](t, send(strings.Repeat("x", 255), newReport("Rác"), ""), 201)
	})
	t.Run("twenty times at once makes one report", func(t *testing.T) {
		var mu sync.Mutex
		ids := map[string]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				a, err := h.try(call{
					method: "POST", path: "/api/v1/reports", body: newReport("Hai mươi lần"),
					header: map[string]string{"Idempotency-Key": "a-20"},
				})
				mu.Lock()
				defer mu.Unlock()
				if err != nil || a.status != 201 {
					t.Errorf("status %d: %v %s", a.status, err, a.body)
					return
				}
				ids[string(a.body)]++
			})
		}
		wg.Wait()
		if len(ids) != 1 {
			t.Errorf("got %d different answers, want 1", len(ids))
		}
	})
}

// The HTTP library reuses its buffers: what one sender wrote must never be stored for another.
func TestManyReportsAtOnceKeepTheirOwnWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const senders, each = 24, 25
	var mu sync.Mutex
	sent := map[string]string{} // code -> text
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				text := fmt.Sprintf("Người gửi %02d, phản ánh %03d: %s", s, i, strings.Repeat(fmt.Sprintf("%02d-%03d ", s, i), 1+(s*7+i)%60))
				text = strings.TrimSpace(text)
				a, err := h.try(call{
					method: "POST", path: "/api/v1/reports", body: newReport(text),
					header: map[string]string{"Idempotency-Key": fmt.Sprintf("%d-%d", s, i)},
				})
				if err != nil || a.status != 201 {
					t.Errorf("status %d: %v", a.status, err)
					return
				}
				code := a.header.Get("Location")[len("/phan-anh/"):]
				mu.Lock()
				sent[code] = text
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	rows, err := h.db.Owner.Query(t.Context(), "select code, description from report")
	must(t, err)
	stored := map[string]string{}
	for rows.Next() {
		var code, text string
		must(t, rows.Scan(&code, &text))
		stored[code] = text
	}
	must(t, rows.Err())
	if len(sent) != senders*each {
		t.Fatalf("%d reports acknowledged, want %d", len(sent), senders*each)
	}
	if diff := cmp.Diff(sent, stored); diff != "" {
		t.Errorf("stored texts differ from those sent (-sent +stored):\n%.2000s", diff)
	}
}

func TestAContactIsSealedAndSeenNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const name, phone, email = "Canary Bùi Thị Hoàng Yến", "0912 345 678", "canary.yen@example.vn"
	body := newReport("Đèn đường hỏng")
	body["contact"] = map[string]string{"name": name, "phone": phone, "email": email}
	a := h.do(call{method: "POST", path: "/api/v1/reports", body: body, header: map[string]string{"Idempotency-Key": "canary"}})
	r := read[receipt](t, a, 201)
	if !h.get(r.ID).Report.HasContact {
		t.Error("the report does not know that it has a contact")
	}
	bad := newReport("Đèn đường hỏng")
	bad["contact"] = map[string]any{"name": name, "phone": "canary-" + phone, "email": 5}
	seen := map[string]string{
		"receipt": string(a.body), "log": h.log.String(),
		"report":  string(h.do(call{method: "GET", path: "/api/v1/reports/" + r.ID}).body),
		"list":    string(h.do(call{method: "GET", path: "/api/v1/reports"}).body),
		"refusal": string(h.do(call{method: "POST", path: "/api/v1/reports", body: bad}).body),
	}
	for _, table := range []string{"report", "report_act", "report_contact", "idempotency", "event", "outbox", "public_report"} {
		var text *string
		must(t, h.db.Owner.QueryRow(t.Context(), "select string_agg(x::text, ' ') from "+table+" x").Scan(&text))
		if text != nil {
			seen["table "+table] = *text
		}
	}
	if seen["table report_contact"] == "" || seen["table event"] == "" || seen["table idempotency"] == "" {
		t.Fatal("nothing was kept to look into")
	}
	seen["log"] += h.log.String()
	for where, text := range seen {
		text = norm.NFC.String(text)
		for _, canary := range []string{name, "Hoàng Yến", phone, "912345678", email, "canary.yen"} {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds %q", where, canary)
			}
		}
	}
}

func TestActsFollowTheWorkflow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Ổ gà trên đường")
	got := read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "accept", "version": 1}), 200)
	if got.Report.Status != "da_tiep_nhan" || got.Report.Version != 2 || len(got.Allowed) == 0 {
		t.Errorf("after accept: %+v", got)
	}
	t.Run("an old version is a conflict", func(t *testing.T) {
		p := problem(t, h.act(r.ID, map[string]any{"act": "assign", "unit": "so-gtvt", "version": 1}), 409)
		if !hasFault(p, "", "version") {
			t.Errorf("faults %+v", p.Errors)
		}
	})
	t.Run("an act out of turn is a conflict that says what can be done", func(t *testing.T) {
		p := problem(t, h.act(r.ID, map[string]any{"act": "publish", "text": "Xong", "version": 2}), 409)
		if !strings.Contains(p.Detail, "Phân công") {
			t.Errorf("detail %q", p.Detail)
		}
	})
	for _, tc := range []struct {
		name          string
		act           map[string]any
		field, reason string
	}{
		{"no act", map[string]any{"version": 2}, "act", "required"},
		{"an unknown act", map[string]any{"act": "explode", "version": 2}, "act", "unknown"},
		{"a second birth", map[string]any{"act": "receive", "version": 2}, "act", "unknown"},
		{"no unit", map[string]any{"act": "assign", "version": 2}, "unit", "required"},
		{"an unknown unit", map[string]any{"act": "assign", "unit": "so-x", "version": 2}, "unit", "unknown"},
		{"no reason", map[string]any{"act": "refuse", "version": 2}, "reason", "required"},
		{"half a version", map[string]any{"act": "accept", "version": 1.5}, "version", "type"},
		{"an unknown area", map[string]any{"act": "confirm_place", "area": "99", "version": 2}, "area", "unknown"},
		{"an actor", map[string]any{"act": "assign", "unit": "so-gtvt", "actor": "someone", "version": 2}, "actor", "unknown_field"},
	} {
		t.Run(tc.name+" is refused by field", func(t *testing.T) {
			p := problem(t, h.act(r.ID, tc.act), 422)
			if !hasFault(p, tc.field, tc.reason) {
				t.Errorf("faults %+v, want %s %s", p.Errors, tc.field, tc.reason)
			}
		})
	}
	read[opsAnswer](t, h.act(r.Code, map[string]any{"act": "assign", "unit": "so-gtvt", "version": 2}), 200)
	t.Run("a repeat under a key gets the same answer", func(t *testing.T) {
		resolve := call{
			method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", header: map[string]string{"Idempotency-Key": "once"},
			body: map[string]any{"act": "resolve", "text": "Đã vá ổ gà", "version": 3},
		}
		first := read[opsAnswer](t, h.do(resolve), 200)
		again := h.do(resolve)
		if diff := cmp.Diff(first, read[opsAnswer](t, again, 200)); diff != "" {
			t.Errorf("answers differ: %s", diff)
		}
		resolve.body = map[string]any{"act": "resolve", "text": "Chữ khác", "version": 3}
		problem(t, h.do(resolve), 409)
	})
	whole := h.get(r.ID)
	if len(whole.Acts) != 4 || whole.Acts[3].To != "da_xu_ly" || whole.Acts[3].Actor != "operator" || whole.Report.Answer != "Đã vá ổ gà" {
		t.Errorf("timeline %+v", whole.Acts)
	}
	t.Run("a withdrawn report's words are gone from its timeline", func(t *testing.T) {
		read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "withdraw", "reason": "Nhầm", "version": 4}), 200)
		if a := h.do(call{method: "GET", path: "/api/v1/reports/" + r.ID}); strings.Contains(string(a.body), "Đã vá") || strings.Contains(string(a.body), "Ổ gà") {
			t.Errorf("withdrawn words remain: %s", a.body)
		}
	})
	for _, id := range []string{"00000000-0000-7000-8000-000000000000", "K7M2-Q9XD", "x", "%00", strings.Repeat("a", 300), "..%2f..%2fetc"} {
		problem(t, h.do(call{method: "GET", path: "/api/v1/reports/" + id}), 404)
		problem(t, h.act(id, map[string]any{"act": "accept", "version": 1}), 404)
	}
}
