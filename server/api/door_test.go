package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
	"toancanh/server/api"
	"toancanh/server/auth"
	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/limit"
)

func TestEveryErrorIsAProblem(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *api.Config, app *fiber.App) {
		app.Get("/panics", func(*fiber.Ctx) error { panic("a secret in a panic") })
		app.Get("/breaks", func(*fiber.Ctx) error { return errors.New("relation report_contact does not exist") })
		app.Get("/late", func(*fiber.Ctx) error { return fmt.Errorf("wait: %w", context.DeadlineExceeded) })
		app.Get("/away", func(*fiber.Ctx) error { return fault.Unavailable("Kho dữ liệu đang nghỉ.") })
	})
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/nothing", 404},
		{"GET", "/nothing/../../etc/passwd", 404},
		{"GET", "/api/v1/%ff%fe", 404},
		{"GET", "/" + strings.Repeat("a/", 2000), 404},
		{"GET", "/" + strings.Repeat("a", 30_000), 431},
		{"DELETE", "/api/v1/reports", 405},
		{"PATCH", "/api/v1/sensors", 405},
		{"OPTIONS", "/api/v1/reports", 405},
		{"TRACE", "/api/v1/reports", 405},
		{"BREW", "/api/v1/reports", 501},
		{"GET", "/panics", 500},
		{"GET", "/breaks", 500},
		{"GET", "/late", 503},
		{"GET", "/away", 503},
	} {
		t.Run(fmt.Sprintf("%s %.30s", tc.method, tc.path), func(t *testing.T) {
			a := h.do(call{method: tc.method, path: tc.path})
			p := problem(t, a, tc.status)
			if strings.Contains(string(a.body), "secret") || strings.Contains(string(a.body), "report_contact") || strings.Contains(string(a.body), "aaaaaaa") {
				t.Errorf("the answer tells too much: %s", a.body)
			}
			if tc.status == 405 && a.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if tc.status == 503 && a.header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
				t.Error("an error without the headers that guard")
			}
			_ = p
		})
	}
	t.Run("a body past the server's own limit", func(t *testing.T) {
		// Only the head is sent: who sends the body too may find the connection cut before the answer is read.
		answer := h.raw(fmt.Sprintf("POST /api/v1/readings HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", door.BodyLimit+1))
		if !strings.Contains(answer, "413") || !strings.Contains(answer, door.ProblemType) {
			t.Errorf("it is answered %.300q", answer)
		}
	})
	t.Run("bytes that are no HTTP", func(t *testing.T) {
		for _, raw := range []string{"rác\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "\x16\x03\x01\r\n\r\n"} {
			answer := h.raw(raw)
			if !strings.Contains(answer, "400") || !strings.Contains(answer, door.ProblemType) {
				t.Errorf("%q is answered %.200q", raw, answer)
			}
		}
	})
	t.Run("by HEAD without a body", func(t *testing.T) {
		if a := h.do(call{method: "HEAD", path: "/api/v1/nothing"}); a.status != 404 || len(a.body) != 0 {
			t.Errorf("status %d, %d bytes", a.status, len(a.body))
		}
	})
	log := h.log.String()
	if !strings.Contains(log, "a secret in a panic") || !strings.Contains(log, "report_contact") {
		t.Error("the log does not say what broke")
	}
	if strings.Contains(log, "passwd") || strings.Contains(log, "aaaaaaa") {
		t.Error("the log holds strangers' paths")
	}
	families, err := h.metrics.Gather()
	must(t, err)
	series := 0
	for _, f := range families {
		if f.GetName() == "toancanh_http_requests_total" {
			series = len(f.GetMetric())
		}
		if f.GetName() == "toancanh_http_panics_total" && f.GetMetric()[0].GetCounter().GetValue() != 1 {
			t.Error("the panic was not counted")
		}
	}
	if series == 0 || series > 20 {
		t.Errorf("%d series of requests", series)
	}
}

// raw sends bytes and returns what comes back.
func (h *house) raw(text string) string {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.base, "http://"))
	must(h.t, err)
	defer conn.Close()
	must(h.t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte(text))
	must(h.t, err)
	var out bytes.Buffer
	_, _ = io.Copy(&out, conn)
	return out.String()
}

func TestRequestIDsAreTakenWhenSane(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for given, kept := range map[string]bool{
		"0123456789abcdef": true, "0192F0C1-0000-7000-8000-00000000000a": true, strings.Repeat("f", 64): true,
		"abcdef": false, "with space here ok": false, strings.Repeat("f", 65): false, "ký-tự-lạ-lùng-dài": false,
		"nguyen-van-an.0978631452": false, "4111111111111111": false, "0978-631-452-0978": false,
	} {
		a := h.do(call{method: "GET", path: "/healthz", header: map[string]string{"X-Request-Id": given}})
		if got := a.header.Get("X-Request-Id"); (got == given) != kept || got == "" {
			t.Errorf("given %q, got %q", given, got)
		}
	}
}

func TestTheDeskIsForThisMachine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.post("Rác")
	desk := []call{
		{method: "GET", path: "/api/v1/reports"},
		{method: "GET", path: "/api/v1/reports/" + r.ID},
		{method: "POST", path: "/api/v1/reports/" + r.ID + "/acts", body: map[string]any{"act": "accept", "version": 1}},
		{method: "POST", path: "/api/v1/tickets", body: map[string]any{"topics": []string{"wall/vn-2022/67"}}},
		{method: "GET", path: "/api/v1/screens/tinh"},
		{method: "GET", path: "/api/v1/screens"},
		{method: "PUT", path: "/api/v1/screens/tinh", body: map[string]any{}},
		{method: "POST", path: "/api/v1/screens/orders", body: map[string]any{"screens": "all", "show": map[string]any{"scene": "mua-bao"}}},
		{method: "POST", path: "/api/v1/meetings", body: map[string]any{"presenter": "tinh", "screens": []string{"660"}}},
		{method: "GET", path: "/api/v1/kpis"},
		{method: "GET", path: "/api/v1/sensors"},
	}
	for _, header := range []map[string]string{
		{"X-Forwarded-For": "203.0.113.7"},
		{"X-Forwarded-For": "127.0.0.1"},
		{"Forwarded": "for=127.0.0.1"},
		{"X-Real-Ip": "127.0.0.1"},
		{"Host": "ioc.example.vn"},
		{"Host": "127.0.0.1.nip.io"},
	} {
		for _, c := range desk {
			c.header = header
			problem(t, h.do(c), 401)
		}
	}
	t.Run("or for a partner's key", func(t *testing.T) {
		key := h.key(auth.RightReports, auth.RightScreens)
		for _, c := range desk {
			c.header, c.key = map[string]string{"Host": "ioc.example.vn"}, key
			if a := h.do(c); a.status != 200 {
				t.Errorf("%s %s: status %d", c.method, c.path, a.status)
			}
		}
		if got := h.get(r.ID).Acts[1].Actor; !strings.HasPrefix(got, "key:") {
			t.Errorf("actor %q", got)
		}
	})
	t.Run("or for everybody when the house is open", func(t *testing.T) {
		open := newHouse(t, func(c *api.Config, _ *fiber.App) { c.Open = true })
		if a := open.do(call{method: "GET", path: "/api/v1/reports", header: map[string]string{"Host": "ioc.example.vn"}}); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("and a report may come from anywhere", func(t *testing.T) {
		a := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: map[string]string{"Host": "ioc.example.vn"}})
		read[receipt](t, a, 201)
	})
}

func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for header, want := range map[[2]string]int{
		{"Sec-Fetch-Site", "cross-site"}: 403, {"Sec-Fetch-Site", "same-site"}: 403, {"Origin", "https://evil.example"}: 403, {"Origin", "null"}: 403,
		{"Sec-Fetch-Site", "same-origin"}: 201, {"Sec-Fetch-Site", "none"}: 201, {"Origin", h.base}: 201,
	} {
		a := h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), header: map[string]string{header[0]: header[1]}})
		if a.status != want {
			t.Errorf("%s: %s: status %d, want %d", header[0], header[1], a.status, want)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("another site may read the answer")
		}
	}
}

func TestAnAddressIsSlowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config, _ *fiber.App) {
		c.Frame.Limits = limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	})
	send := func(key string, i int) answer {
		// What a caller writes into X-Forwarded-For chooses no bucket.
		return h.do(call{method: "POST", path: "/api/v1/reports", body: newReport("Rác"), key: key, header: map[string]string{
			"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", i),
		}})
	}
	passed := 0
	var last answer
	for i := range 40 {
		if last = send("", i); last.status == 201 {
			passed++
		}
	}
	// A token grows in two seconds: a slow machine lets one or two more through.
	if passed < 20 || passed > 35 {
		t.Errorf("%d of 40 passed, want about 20", passed)
	}
	if last.status == 429 {
		p := problem(t, last, 429)
		if p.Type != "/problems/rate-limited" || last.header.Get("Retry-After") == "" || !strings.HasPrefix(last.header.Get("RateLimit"), `"reports";r=0`) {
			t.Errorf("%+v %v", p, last.header)
		}
	}
	if a := send(h.key(auth.RightReports), 0); a.status != 201 {
		t.Errorf("a partner's key is slowed too: status %d", a.status)
	}
}

func TestPlacesAreServedAsPreparedBytes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type collection struct {
		Type, Credit string
		Features     []struct {
			Properties struct {
				Code, Name, Level string
				Label             []float64
			}
		}
	}
	for path, want := range map[string]int{
		"/api/v1/areas/vn-2022/geometry": 71, "/api/v1/areas/vn-2022/geometry?level=commune": 71,
		"/api/v1/areas/vn-2022/geometry?level=district": 8, "/api/v1/areas/vn-2022/geometry?level=province": 1,
		"/api/v1/areas/vn-2025/geometry": 28,
	} {
		got := read[collection](t, h.do(call{method: "GET", path: path}), 200)
		if len(got.Features) != want || got.Credit == "" || len(got.Features[0].Properties.Label) != 2 {
			t.Errorf("%s: %d features, want %d; credit %q", path, len(got.Features), want, got.Credit)
		}
	}
	const path = "/api/v1/areas/vn-2022/geometry"
	plain := h.do(call{method: "GET", path: path})
	for coding, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	} {
		a := h.do(call{method: "GET", path: path, header: map[string]string{"Accept-Encoding": coding}})
		r, err := open(bytes.NewReader(a.body))
		must(t, err)
		got, err := io.ReadAll(r)
		must(t, err)
		if a.header.Get("Content-Encoding") != coding || !bytes.Equal(got, plain.body) || len(a.body)*2 > len(plain.body) {
			t.Errorf("%s: %d of %d bytes", coding, len(a.body), len(plain.body))
		}
		again := h.do(call{method: "GET", path: path, header: map[string]string{"If-None-Match": a.header.Get("Etag")}})
		if again.status != 304 || len(again.body) != 0 {
			t.Errorf("%s: held already, yet status %d", coding, again.status)
		}
	}
	for path, status := range map[string]int{
		"/api/v1/areas/vn-1900": 404, "/api/v1/areas/vn-1900/geometry": 404, "/api/v1/areas/vn-2022/geometry?level=street": 422,
		"/api/v1/areas/vn-2025/geometry?level=district": 404, "/api/v1/areas/vn-2022/geometry?x=1": 422,
	} {
		problem(t, h.do(call{method: "GET", path: path}), status)
	}
	type lists struct {
		Divisions []struct {
			Code, Root string
			ValidTo    *string `json:"valid_to"`
			Current    bool
		}
		Default    string
		Areas      []struct{ Code, Parent, Level, Kind, Name string }
		Categories []struct{ Code, Name, Clock, Accept string }
		Units      []struct{ Code, Name string }
	}
	if got := read[lists](t, h.do(call{method: "GET", path: "/api/v1/divisions"}), 200); len(got.Divisions) != 2 || got.Default != "vn-2022" || got.Divisions[0].Root != "67" {
		t.Errorf("%+v", got)
	}
	if got := read[lists](t, h.do(call{method: "GET", path: "/api/v1/areas/vn-2022"}), 200); len(got.Areas) != 80 {
		t.Errorf("%d areas, want 80", len(got.Areas))
	}
	if got := read[lists](t, h.do(call{method: "GET", path: "/api/v1/categories"}), 200); len(got.Categories) != 15 || got.Categories[0].Accept != "4h" {
		t.Errorf("%+v", got.Categories)
	}
	if got := read[lists](t, h.do(call{method: "GET", path: "/api/v1/units"}), 200); len(got.Units) != 23 || got.Units[0].Code != "ioc" {
		t.Errorf("%+v", got.Units)
	}
}

func TestListsAreWalkedWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	want := map[string]bool{}
	for i := range 23 {
		r := h.post(fmt.Sprintf("Phản ánh %d", i))
		want[r.ID] = true
		if i%3 == 0 {
			read[opsAnswer](t, h.act(r.ID, map[string]any{"act": "accept", "version": 1}), 200)
		}
	}
	type page struct {
		Reports []struct{ ID, Status string }
		Next    string
	}
	for _, sort := range []string{"received", "due", "changed"} {
		got := map[string]bool{}
		path := "/api/v1/reports?limit=5&area=660&sort=" + sort
		for n := 0; path != ""; n++ {
			if n > 10 {
				t.Fatal("the list does not end")
			}
			a := h.do(call{method: "GET", path: path})
			p := read[page](t, a, 200)
			for _, r := range p.Reports {
				if got[r.ID] {
					t.Errorf("%s: %s twice", sort, r.ID)
				}
				got[r.ID] = true
			}
			if n == 0 {
				h.post("Đến giữa chừng")
			}
			path = nextLink(t, a, p.Next)
		}
		for id := range want {
			if !got[id] {
				t.Errorf("%s: %s was never listed", sort, id)
			}
		}
	}
	for filter, n := range map[string]int{"status=da_tiep_nhan": 8, "status=da_tiep_nhan,moi&open=true": 26, "open=false": 0, "category=XD": 0, "area=661": 0, "limit=9999": 26, "q=" + url.QueryEscape("GIUA CHUNG"): 3} {
		if got := read[page](t, h.do(call{method: "GET", path: "/api/v1/reports?" + filter}), 200); len(got.Reports) != n {
			t.Errorf("%s: %d reports, want %d", filter, len(got.Reports), n)
		}
	}
	for _, bad := range []string{
		"limit=0", "limit=-1", "limit=abc", "limit=1e9", "status=x", "sort=x", "open=1", "area=1", "division=x", "category=x", "unit=x", "cursor=x",
		"cursor=" + strings.Repeat("a", 400), "cursor=eyJhdCI6IjIwMjYifQ", "q=%00", "q=%ff", "q=" + strings.Repeat("a", 300), "x=1", "limit=5&limit=6",
	} {
		problem(t, h.do(call{method: "GET", path: "/api/v1/reports?" + bad}), 422)
	}
}

// nextLink is the target of rel="next", which must agree with the body.
func nextLink(t *testing.T, a answer, cursor string) string {
	t.Helper()
	for part := range strings.SplitSeq(a.header.Get("Link"), ", ") {
		target, rel, _ := strings.Cut(part, "; ")
		if rel != `rel="next"` {
			continue
		}
		target = strings.Trim(target, "<>")
		if !strings.Contains(target, "cursor="+url.QueryEscape(cursor)) || !strings.Contains(target, "area=660") {
			t.Errorf("next %q, cursor %q", target, cursor)
		}
		return target
	}
	if cursor != "" {
		t.Error("a cursor without a link")
	}
	return ""
}

func TestKPIsAreCountedAndNeverInvented(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type kpis struct {
		Area, Origin string
		AsOf         time.Time `json:"as_of"`
		KPIs         map[string]map[string]any
	}
	got := read[kpis](t, h.do(call{method: "GET", path: "/api/v1/kpis"}), 200)
	if got.KPIs["on_time_30d"]["value"] != nil || got.KPIs["open"]["value"] != 0.0 || got.Area != "67" || got.Origin != "simulated" {
		t.Errorf("%+v", got)
	}
	h.post("Rác")
	for area, want := range map[string]float64{"67": 1, "660": 1, "661": 0} {
		got := read[kpis](t, h.do(call{method: "GET", path: "/api/v1/kpis?division=vn-2022&area=" + area}), 200)
		if got.KPIs["open"]["value"] != want || got.KPIs["received_24h"]["value"] != want || got.AsOf.IsZero() {
			t.Errorf("%s: %+v", area, got)
		}
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/kpis?area=1"}), 404)
	problem(t, h.do(call{method: "GET", path: "/api/v1/kpis?division=x"}), 404)
}

func TestTicketsAndScreens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type answer struct {
		Ticket    string
		ExpiresAt time.Time `json:"expires_at"`
	}
	type screen struct {
		Title, Division, Area, Credit, Origin, Timezone string
		AreaName                                        string `json:"area_name"`
		Topics                                          []string
	}
	s := read[screen](t, h.do(call{method: "GET", path: "/api/v1/screens/tinh"}), 200)
	if s.Title != "Trung tâm Giám sát, điều hành thông minh tỉnh Đắk Nông" || s.Topics[0] != "wall/vn-2022/67" || s.Timezone != "Asia/Ho_Chi_Minh" || s.Credit == "" {
		t.Errorf("%+v", s)
	}
	if s := read[screen](t, h.do(call{method: "GET", path: "/api/v1/screens/660"}), 200); s.Topics[0] != "wall/vn-2022/67/660" || s.AreaName != "thành phố Gia Nghĩa" {
		t.Errorf("%+v", s)
	}
	problem(t, h.do(call{method: "GET", path: "/api/v1/screens/nobody"}), 404)
	for body, hours := range map[string]float64{
		`{"topics":["wall/vn-2022/67","ops/vn-2022/67/660/24611","unit/so-xd","screen/tinh"]}`: 0.25,
		`{"topics":["wall/vn-2022/67"],"screen":"tinh"}`:                                       24, `{"topics":["public/vn-2025/68"],"screen":true}`: 24,
	} {
		got := read[answer](t, h.do(call{method: "POST", path: "/api/v1/tickets", body: body}), 200)
		ticket, err := schema.OpenTicket(h.signer.Public(), got.Ticket, time.Now())
		must(t, err)
		if life := time.Until(got.ExpiresAt).Hours(); life > hours || life < hours-0.1 || ticket.Screen != (hours == 24) {
			t.Errorf("%s: %v hours, %+v", body, life, ticket)
		}
	}
	for _, bad := range []string{
		`{}`, `{"topics":[]}`, `{"topics":["control"]}`, `{"topics":["wall/vn-2022/68"]}`, `{"topics":["wall/vn-2022/660"]}`, `{"topics":["unit/x"]}`,
		`{"topics":[7]}`, `{"topics":["wall/vn-2022/67"],"screen":"x"}`, `{"topics":["` + strings.Repeat("a", 5000) + `"]}`,
	} {
		problem(t, h.do(call{method: "POST", path: "/api/v1/tickets", body: bad}), 422)
	}
}

func TestHistoryIsTakenOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(1)
	key := h.key(auth.RightHistory)
	past := func(change map[string]any) map[string]any {
		r := newReport("Chuyện cũ")
		r["received_at"], r["origin"] = "2026-01-05T01:00:00Z", "simulated"
		r["acts"] = []map[string]any{
			{"act": "accept", "at": "2026-01-05T02:00:00Z"},
			{"act": "assign", "unit": "so-tnmt", "at": "2026-01-05T03:00:00Z"},
			{"act": "resolve", "text": "Xong", "at": "2026-01-06T03:00:00Z", "actor": "unit:so-tnmt"},
		}
		maps.Copy(r, change)
		return r
	}
	list := []any{
		past(nil), past(map[string]any{"received_at": nil}), 7, past(map[string]any{"origin": "dreamt"}),
		past(map[string]any{"received_at": "2999-01-01T00:00:00Z"}), past(map[string]any{"acts": []any{map[string]any{"act": "publish", "text": "x", "at": "2026-01-05T02:00:00Z"}}}),
		past(map[string]any{"contact": map[string]any{"phone": "0905111222"}}), past(map[string]any{"acts": []any{map[string]any{"act": "accept", "at": "2026-01-05T02:00:00Z", "actor": "Bà Nguyễn Thị B"}}}),
		past(map[string]any{"location": map[string]any{"lat": 1, "lon": 1}}), past(nil),
	}
	send := call{method: "POST", path: "/api/v1/history", key: key, body: map[string]any{"reports": list}, header: map[string]string{"Idempotency-Key": "past-1"}}
	got := read[taken](t, h.do(send), 200)
	if got.Accepted != 2 || len(got.Refused) != 8 {
		t.Fatalf("accepted %d, refused %+v", got.Accepted, got.Refused)
	}
	for i, r := range got.Refused {
		if r.Index != []int{1, 2, 3, 4, 5, 6, 7, 8}[i] && len(got.reasons()) == 8 {
			continue
		}
		if r.Reason == "" || r.Detail == "" {
			t.Errorf("refusal %+v", r)
		}
	}
	if again := read[taken](t, h.do(send), 200); again.Accepted != 2 {
		t.Errorf("%+v", again)
	}
	var n int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from report where status = 'da_xu_ly' and received_at = '2026-01-05T01:00:00Z' and source = 'history'").Scan(&n))
	if n != 2 {
		t.Errorf("%d reports of the past, want 2", n)
	}
	a := h.do(call{method: "POST", path: "/api/v1/history/readings?origin=imported", key: key, body: []any{reading("mua-0", time.Now().AddDate(0, -2, 0), 4)}})
	if got := read[taken](t, a, 200); got.Accepted != 1 {
		t.Errorf("%s", a.body)
	}
	problem(t, h.do(call{method: "POST", path: "/api/v1/history/readings?origin=x", key: key, body: "[]"}), 422)
	problem(t, h.do(call{method: "POST", path: "/api/v1/history", key: key, body: `{"reports":[` + strings.Repeat("1,", 2000) + `1]}`}), 413)
}

func TestInsideDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	t.Run("health and readiness", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/readyz"} {
			read[map[string]string](t, h.do(call{method: "GET", path: path}), 200)
		}
		sick := newHouse(t, func(c *api.Config, _ *fiber.App) {
			c.Ready = func(context.Context) error { return errors.New("disk full") }
		})
		a := sick.do(call{method: "GET", path: "/readyz"})
		problem(t, a, 503)
		if a.header.Get("Retry-After") == "" || strings.Contains(string(a.body), "disk") {
			t.Errorf("%s", a.body)
		}
		read[map[string]string](t, sick.do(call{method: "GET", path: "/healthz"}), 200)
	})
	t.Run("hubs with the secret", func(t *testing.T) {
		r := h.post("Rác")
		secret := map[string]string{schema.HubSecretHeader: hubSecret}
		snap := read[schema.SourceSnapshot](t, h.do(call{method: "GET", path: schema.PathHubSnapshot + "?topic=wall/vn-2022/67", header: secret}), 200)
		if snap.Epoch == "" || !strings.Contains(string(snap.Data), r.Code) {
			t.Errorf("%s", snap.Data)
		}
		read[schema.SourceSince](t, h.do(call{method: "GET", path: schema.PathHubSince + "?topic=wall/vn-2022/67&seq=0&limit=10", header: secret}), 200)
		if a := h.do(call{method: "GET", path: schema.PathHubKey, header: secret}); a.status != 200 || len(a.body) != 44 {
			t.Errorf("status %d, %q", a.status, a.body)
		}
		for _, path := range []string{schema.PathHubSnapshot, schema.PathHubSince, schema.PathHubKey} {
			problem(t, h.do(call{method: "GET", path: path}), 401)
			problem(t, h.do(call{method: "GET", path: path, header: map[string]string{schema.HubSecretHeader: "x"}}), 401)
		}
		problem(t, h.do(call{method: "GET", path: schema.PathHubSnapshot + "?topic=x", header: secret}), 404)
		problem(t, h.do(call{method: "GET", path: schema.PathHubSince + "?topic=wall/vn-2022/67&seq=-1", header: secret}), 422)
		closed := newHouse(t, func(c *api.Config, _ *fiber.App) { c.HubSecret = "" })
		problem(t, closed.do(call{method: "GET", path: schema.PathHubKey, header: map[string]string{schema.HubSecretHeader: ""}}), 404)
	})
	t.Run("the storm for this machine and the sample", func(t *testing.T) {
		storm := call{method: "POST", path: "/api/v1/simulation", body: map[string]bool{"storm": true}}
		read[map[string]bool](t, h.do(storm), http.StatusAccepted)
		if len(h.storms) != 1 {
			t.Errorf("%d storms", len(h.storms))
		}
		problem(t, h.do(call{method: "POST", path: "/api/v1/simulation", body: "{}"}), 422)
		storm.header = map[string]string{"Host": "ioc.example.vn"}
		problem(t, h.do(storm), 404)
		plain := newHouse(t, func(c *api.Config, _ *fiber.App) { c.Sample = false })
		problem(t, plain.do(call{method: "POST", path: "/api/v1/simulation", body: map[string]bool{"storm": true}}), 404)
	})
}

func TestAStoreThatIsAwayIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registerSensors(1)
	key := h.key(auth.Rights()...)
	read[taken](t, h.do(call{method: "POST", path: "/api/v1/readings", key: key, body: []any{reading("mua-0", time.Now(), 1)}}), 200)
	h.store.Close()
	for _, c := range []call{
		{method: "POST", path: "/api/v1/reports", body: newReport("Rác")},
		{method: "POST", path: "/api/v1/readings", key: key, body: []any{reading("mua-0", time.Now(), 1)}},
		{method: "POST", path: "/api/v1/reports/K7M2-Q9XD/acts", body: map[string]any{"act": "accept"}},
		{method: "GET", path: "/api/v1/reports"},
		{method: "GET", path: "/api/v1/reports/K7M2-Q9XD"},
		{method: "GET", path: "/api/v1/sensors"},
		{method: "GET", path: "/api/v1/kpis"},
		{method: "GET", path: "/readyz"},
	} {
		a := h.do(c)
		problem(t, a, 503)
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%s %s: 503 without Retry-After", c.method, c.path)
		}
	}
	for _, path := range []string{"/healthz", "/api/v1/divisions", "/api/v1/areas/vn-2022/geometry"} {
		if a := h.do(call{method: "GET", path: path}); a.status != 200 {
			t.Errorf("%s: status %d although it needs no store", path, a.status)
		}
	}
}
