package public_test

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/unicode/norm"

	"toancanh/server/access"
	"toancanh/server/limit"
	"toancanh/server/public"
	"toancanh/server/report"
)

// fill is a form filled in as a browser would send it.
func (h *house) fill(change map[string]string) url.Values {
	h.t.Helper()
	page := h.get("/phan-anh", nil)
	key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(page.body)
	if page.status != 200 || key == nil {
		h.t.Fatalf("form: status %d, no key", page.status)
	}
	form := url.Values{
		"category": {"MT"}, "description": {"Rác đổ trước chợ"}, "commune": {"24611"}, "lat": {""}, "lon": {""}, "address": {""},
		"name": {""}, "phone": {""}, "email": {""}, "website": {""}, "key": {key[1]},
	}
	for name, text := range change {
		form.Set(name, text)
	}
	return form
}

func TestAFormMakesAReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.fill(map[string]string{
		"description": norm.NFD.String("Nước thải chảy ra đường"), "name": "Canary Lê Thị Mận", "phone": "0905 111 222", "address": "Hẻm 5",
	})
	a := h.send("POST", "/phan-anh", form, map[string]string{"Sec-Fetch-Site": "same-origin"})
	where := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(where, "/phan-anh/") || !strings.HasSuffix(where, "?moi=1") {
		t.Fatalf("status %d, Location %q: %s", a.status, where, a.body)
	}
	page := h.get(where, nil)
	code := strings.TrimSuffix(strings.TrimPrefix(where, "/phan-anh/"), "?moi=1")
	for _, want := range []string{"Đã nhận phản ánh", code, "chờ tiếp nhận", "DỮ LIỆU MÔ PHỎNG", "Tỉnh Đắk Nông"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	holds(t, "the sender's page", h.get(where, map[string]string{"Cookie": "giu=" + h.cookieOf(a, code)}).body, "Phường Nghĩa Đức")
	for _, never := range []string{"Canary", "0905", "Nước thải", "Hẻm 5", "Nghĩa Đức"} {
		if strings.Contains(page.body, never) {
			t.Errorf("the page of a report holds %q", never)
		}
	}
	if page.header.Get("Cache-Control") != "no-store" || page.header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers %v", page.header)
	}
	r, err := h.store.Report(t.Context(), code)
	must(t, err)
	if r.Description != "Nước thải chảy ra đường" || r.Source != report.FromForm || r.Area != "24611" || !r.HasContact || r.Address != "Hẻm 5" {
		t.Errorf("stored %+v", r)
	}
	t.Run("pressing the button twice makes no second one", func(t *testing.T) {
		again := h.send("POST", "/phan-anh", form, nil)
		if again.header.Get("Location") != where {
			t.Errorf("Location %q, want %q", again.header.Get("Location"), where)
		}
	})
	t.Run("the form changed and sent again makes another", func(t *testing.T) {
		form.Set("description", "Chuyện khác")
		other := h.send("POST", "/phan-anh", form, nil)
		if other.status != 303 || other.header.Get("Location") == where {
			t.Errorf("status %d, Location %q", other.status, other.header.Get("Location"))
		}
	})
	t.Run("its code is found however it is typed", func(t *testing.T) {
		a := h.get("/phan-anh?ma="+strings.ToLower(strings.ReplaceAll(code, "-", "+")), nil)
		if a.status != 303 || a.header.Get("Location") != "/phan-anh/"+code {
			t.Errorf("status %d, Location %q", a.status, a.header.Get("Location"))
		}
	})
}

func TestAFormThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, tc := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"nothing chosen", map[string]string{"category": "", "commune": ""}, []string{"Chưa chọn xã", "Rác đổ trước chợ"}},
		{"no category", map[string]string{"category": ""}, []string{"Chưa chọn lĩnh vực", "Rác đổ trước chợ", `value="24611" selected`}},
		{"no words", map[string]string{"description": "  ", "phone": "0905"}, []string{"Chưa nhập nội dung", "Số điện thoại không đúng", `value="0905"`, `id="phone" aria-invalid="true" aria-describedby="phone-wrong"`}},
		{"a place elsewhere", map[string]string{"lat": "21,03", "lon": "105.85"}, []string{"nằm ngoài địa bàn", `value="21,03"`, "<details open>"}},
		{"half a place", map[string]string{"lat": "12"}, []string{"Tọa độ phải là hai số"}},
		{"no commune of ours", map[string]string{"commune": "1"}, []string{"Không có xã"}},
		{"a trap", map[string]string{"website": "http://spam"}, []string{"phải để trống"}},
		{"a script", map[string]string{"category": "", "description": `"><script>alert(1)</script>`}, []string{"&lt;script&gt;"}},
		{"broken UTF-8", map[string]string{"description": "r\xffc"}, []string{"không đúng mã UTF-8"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := h.send("POST", "/phan-anh", h.fill(tc.change), nil)
			if a.status != 422 || !strings.Contains(a.body, `role="alert"`) {
				t.Errorf("status %d", a.status)
			}
			for _, want := range tc.want {
				if !strings.Contains(a.body, want) {
					t.Errorf("the form lacks %q", want)
				}
			}
			if strings.Contains(a.body, "<script>alert") {
				t.Error("the form runs what was typed")
			}
		})
	}
	var n int
	must(t, h.db.Owner.QueryRow(t.Context(), "select count(*) from report").Scan(&n))
	if n != 0 {
		t.Errorf("%d reports were kept", n)
	}
}

func TestOtherSitesAndFormatsAreTurnedAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.fill(nil)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
	} {
		if a := h.send("POST", "/phan-anh", form, header); a.status != 403 {
			t.Errorf("%v: status %d, want 403", header, a.status)
		}
		if a := h.send("POST", "/bat-dau", form, header); a.status != 403 {
			t.Errorf("storm, %v: status %d, want 403", header, a.status)
		}
	}
	if a := h.send("POST", "/phan-anh", form, map[string]string{"Content-Type": "application/json"}); a.status != 415 {
		t.Errorf("JSON: status %d, want 415", a.status)
	}
	form.Set("address", strings.Repeat("x", 70<<10))
	if a := h.send("POST", "/phan-anh", form, nil); a.status != 413 {
		t.Errorf("a huge form: status %d, want 413", a.status)
	}
	for _, path := range []string{"/phan-anh/x", "/phan-anh/K7M2-Q9XD", "/phan-anh/%00", "/phan-anh?ma=x"} {
		if a := h.get(path, nil); a.status != 404 {
			t.Errorf("%s: status %d, want 404", path, a.status)
		}
	}
}

func TestAHurryIsSlowedWithTheWordsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *public.Config) {
		c.Frame.Limits = limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	})
	for range 20 {
		if a := h.send("POST", "/phan-anh", h.fill(nil), nil); a.status != 303 {
			t.Fatalf("status %d before the limit", a.status)
		}
	}
	a := h.send("POST", "/phan-anh", h.fill(nil), map[string]string{"X-Forwarded-For": "203.0.113.7"})
	if a.status != 429 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "Rác đổ trước chợ") {
		t.Errorf("status %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
	}
}

func TestTheNewcomersPageIsForThisMachineAndTheSample(t *testing.T) {
	t.Parallel()
	entered := make(chan string, 10)
	enter := func(_ *fiber.Ctx, role string) error { entered <- role; return nil }
	h := newHouse(t, func(c *public.Config) { c.Enter = enter })
	a := h.get("/bat-dau", nil)
	for _, link := range []string{`href="/wall/tinh"`, `href="/console"`, `href="/"`, `href="/phan-anh"`} {
		if !strings.Contains(a.body, link) {
			t.Errorf("the page lacks %s", link)
		}
	}
	if a := h.send("POST", "/bat-dau", url.Values{}, map[string]string{"Sec-Fetch-Site": "same-origin"}); a.status != 303 || len(h.storms) != 1 {
		t.Errorf("status %d, %d storms", a.status, len(h.storms))
	}
	for _, role := range access.PersonRoles() {
		if !strings.Contains(a.body, `name="vai" value="`+string(role)+`"`) {
			t.Errorf("nobody can enter as %s", role)
		}
	}
	lead := url.Values{"vai": {"truong_ca"}}
	if a := h.send("POST", "/bat-dau", lead, map[string]string{"Sec-Fetch-Site": "same-origin"}); a.status != 303 || a.header.Get("Location") != "/console" || len(entered) != 1 || len(h.storms) != 1 {
		t.Errorf("status %d, %d entered, %d storms", a.status, len(entered), len(h.storms))
	}
	for _, header := range []map[string]string{{"Host": "ioc.example.vn"}, {"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}} {
		if a := h.send("POST", "/bat-dau", lead, header); a.status != 404 {
			t.Errorf("enter, %v: status %d, want 404", header, a.status)
		}
		if a := h.get("/bat-dau", header); a.status != 404 {
			t.Errorf("%v: status %d, want 404", header, a.status)
		}
		if a := h.get("/console", header); a.status != 200 { // an empty shell: what fills it asks who is there
			t.Errorf("console, %v: status %d, want 200", header, a.status)
		}
	}
	real := newHouse(t, func(c *public.Config) { c.Sample, c.Enter = false, enter })
	if a := real.get("/bat-dau", nil); a.status != 404 {
		t.Errorf("without the sample: status %d, want 404", a.status)
	}
	if a := real.send("POST", "/bat-dau", lead, nil); a.status != 404 {
		t.Errorf("enter without the sample: status %d, want 404", a.status)
	}
	if len(entered) != 1 {
		t.Errorf("%d entered, want the one of this machine", len(entered))
	}
}

func TestFacesAreServedWithTheirTwins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, want := range map[string]string{"/wall/tinh": "wall", "/wall/660": "wall", "/console": "console"} {
		a := h.get(path, nil)
		if a.status != 200 || !strings.Contains(a.body, "<title>"+want) || !strings.Contains(a.header.Get("Content-Security-Policy"), "worker-src") {
			t.Errorf("%s: status %d, policy %q", path, a.status, a.header.Get("Content-Security-Policy"))
		}
	}
	for _, path := range []string{"/wall/tinh", "/console", "/wall/worker.js"} {
		first := h.get(path, nil)
		again := h.get(path, map[string]string{"If-None-Match": first.header.Get("Etag")})
		policy := "Content-Security-Policy"
		if got, want := again.header.Get(policy), first.header.Get(policy); again.status != 304 || got != want {
			t.Errorf("%s: status %d with policy %q, want 304 with %q", path, again.status, got, want)
		}
	}
	for accept, want := range map[string]string{"br": "brotli twin", "gzip": "gzip twin"} {
		a := h.get("/assets/wall-AbCd1234.js", map[string]string{"Accept-Encoding": accept})
		if a.body != want || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %q, %q", accept, a.body, a.header.Get("Cache-Control"))
		}
	}
	for path, forever := range map[string]bool{"/assets/icon-AbCd1234.svg": true, "/assets/plain.svg": false} {
		a := h.get(path, nil)
		if strings.Contains(a.header.Get("Cache-Control"), "immutable") != forever || a.header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
	worker := h.get("/wall/worker.js", nil)
	if worker.status != 200 || worker.header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(worker.header.Get("Content-Type"), "text/javascript") ||
		!strings.Contains(worker.header.Get("Content-Security-Policy"), "connect-src 'self'") {
		t.Errorf("service worker: status %d, %v", worker.status, worker.header)
	}
	for _, path := range []string{"/assets/", "/assets/../wall.html", "/assets/%2e%2e/wall.html", "/assets/x.js", "/assets/wall-AbCd1234.js.br"} {
		if a := h.get(path, nil); a.status != 404 {
			t.Errorf("%s: status %d, want 404", path, a.status)
		}
	}
	bare := newHouse(t, func(c *public.Config) { c.Faces = nil })
	if a := bare.get("/wall/tinh", nil); a.status != 404 || !strings.Contains(a.body, "make build") {
		t.Errorf("not built in: status %d", a.status)
	}
}

// builtForm adds the built form to the faces.
func builtForm(c *public.Config) {
	built, ok := c.Faces.(fstest.MapFS)
	if !ok {
		panic("the faces of the house are a map")
	}
	built["report.html"] = &fstest.MapFile{Data: []byte(`<script type="module" crossorigin src="/assets/report-AbCd1234.js"></script>
		<link rel="modulepreload" crossorigin href="/assets/part-AbCd1234.js"><link rel="stylesheet" crossorigin href="/assets/report-AbCd1234.css">`)}
	built["report-worker.js"] = &fstest.MapFile{Data: []byte("self.skipWaiting()")}
}

func TestTheFormBringsWhatIsBuiltOnTopOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, builtForm)
	page := h.get("/phan-anh", nil)
	for _, want := range []string{
		`<script type="module" src="/assets/report-AbCd1234.js"></script>`, `<link rel="stylesheet" href="/assets/report-AbCd1234.css">`,
		`<link rel="modulepreload" href="/assets/part-AbCd1234.js">`, `<link rel="manifest" href="/phan-anh/app.webmanifest">`,
		`<div id="mau-phan-anh" data-division="vn-2022">`, `<form method="post" action="/phan-anh"`,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if at := regexp.MustCompile(`<option value="24611" data-at="(1[12]\.\d{5},10[78]\.\d{5})">`); !at.MatchString(page.body) {
		t.Error("the form does not say where the middle of a commune is")
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "manifest-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	t.Run("one that was sent without it and is wrong stays plain", func(t *testing.T) {
		a := h.send("POST", "/phan-anh", h.fill(map[string]string{"category": ""}), nil)
		if !strings.Contains(a.body, `data-division="vn-2022" data-wrong>`) {
			t.Error("the page does not say that it shows faults")
		}
	})
	t.Run("its worker may answer for the page above it, and speaks with this house only", func(t *testing.T) {
		a := h.get("/phan-anh/worker.js", nil)
		if a.status != 200 || a.header.Get("Service-Worker-Allowed") != "/phan-anh" || a.header.Get("Cache-Control") != "no-cache" ||
			!strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") || !strings.Contains(a.header.Get("Content-Security-Policy"), "connect-src 'self'") {
			t.Errorf("status %d, %v", a.status, a.header)
		}
	})
	t.Run("a phone may keep it among its apps", func(t *testing.T) {
		a := h.get("/phan-anh/app.webmanifest", nil)
		var m struct {
			Name  string
			Start string `json:"start_url"`
			Scope string
			Icons []struct{ Src, Sizes, Type string }
		}
		must(t, json.Unmarshal([]byte(a.body), &m))
		if a.header.Get("Content-Type") != "application/manifest+json" || m.Start != "/phan-anh" || m.Scope != "/phan-anh" ||
			!strings.Contains(m.Name, "Đắk Nông") || len(m.Icons) == 0 {
			t.Fatalf("%v %+v", a.header, m)
		}
		for _, icon := range m.Icons {
			if got := h.get(icon.Src, nil); got.status != 200 || got.header.Get("Content-Type") != icon.Type {
				t.Errorf("%s: status %d, %q", icon.Src, got.status, got.header.Get("Content-Type"))
			}
		}
	})
	bare := newHouse(t)
	if a := bare.get("/phan-anh", nil); strings.Contains(a.body, "type=\"module\"") || strings.Contains(a.body, "webmanifest") {
		t.Error("the plain form names what is not built in")
	}
	for _, path := range []string{"/phan-anh/worker.js", "/phan-anh/app.webmanifest"} {
		if a := bare.get(path, nil); a.status != 404 {
			t.Errorf("not built in, %s: status %d", path, a.status)
		}
	}
}
