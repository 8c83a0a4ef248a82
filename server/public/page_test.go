package public_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"toancanh/server/disclosure"
	"toancanh/server/report"
)

func TestTheFrontPageSaysWhatTheProjectionHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		h.act(h.report(report.Point{Lat: 12.007, Lon: 107.696}), report.Act{Name: report.Accept})
	}
	h.report(report.Point{Lat: 12.007, Lon: 107.696}) // not accepted: nobody's business yet
	code := h.publish("Đã dọn sạch, liên hệ 0912345678 nếu còn rác <b>")
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "Đã dọn sạch") })
	page := h.get("/", nil)
	for _, want := range []string{
		"DỮ LIỆU MÔ PHỎNG", "Thành phố Gia Nghĩa", "<dd>3</div>", "Sơ đồ, không phải địa giới", "112", "113", "114", "115", `lang="vi"`, "Tăng tương phản",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !regexp.MustCompile(`Số liệu lúc <time datetime="[^"]+">\d\d:\d\d:\d\d \d\d/\d\d/\d{4}</time>`).MatchString(page.body) {
		t.Error("the page does not say the time of its data")
	}
	for _, never := range []string{"0912345678", "Lời kể riêng", "nội bộ", "<b>", code} {
		if strings.Contains(page.body, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	commune := h.get("/tinh-hinh/2022/24612", nil).body
	if !strings.Contains(commune, "<dd>gộp: 3 của Tỉnh Đắk Nông</div>") || strings.Contains(commune, "<dd>3</div>") {
		t.Error("three reports of one commune are told by themselves, or not with the province")
	}
	counts := regexp.MustCompile(`<text [^>]*>(\d+|·)<tspan`).FindAllStringSubmatch(page.body, -1)
	if len(counts) != 8 {
		t.Errorf("the map draws %d districts, want 8", len(counts))
	}
}

func TestPagesAreServedAsPreparedBytes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plain := h.get("/", nil)
	t.Run("compressed as the reader takes them", func(t *testing.T) {
		for accept, want := range map[string]string{
			"": "", "identity": "", "gzip": "gzip", "br": "br", "gzip, deflate, br": "br", "br;q=0, gzip": "gzip", "*": "br",
			"gzip;q=0": "", "deflate": "",
		} {
			a := h.get("/", map[string]string{"Accept-Encoding": accept})
			if got := a.header.Get("Content-Encoding"); got != want {
				t.Errorf("Accept-Encoding %q is answered in %q, want %q", accept, got, want)
			}
			body := a.body
			switch want {
			case "gzip":
				body = gunzip(t, body)
			case "br":
				raw, err := io.ReadAll(brotli.NewReader(strings.NewReader(body)))
				must(t, err)
				body = string(raw)
			}
			if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
				t.Errorf("Accept-Encoding %q: the page is not whole", accept)
			}
		}
	})
	t.Run("and not again to who holds them", func(t *testing.T) {
		a := h.get("/", map[string]string{"If-None-Match": plain.header.Get("Etag")})
		if a.status == 200 && a.header.Get("Etag") == plain.header.Get("Etag") {
			t.Error("the same page was sent again")
		}
		if a.status == 304 && a.body != "" {
			t.Error("304 with a body")
		}
	})
	t.Run("with headers that guard", func(t *testing.T) {
		policy := plain.header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe-inline") || !strings.Contains(policy, "'sha256-") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q", policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=0, stale-if-error=86400", "Vary": "Accept-Encoding, Cookie",
			"Content-Type": "text/html; charset=utf-8",
		} {
			if got := plain.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if strings.Contains(plain.body, " style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(plain.body) {
			t.Error("the page has inline styles or scripts its policy forbids")
		}
	})
	t.Run("and by HEAD without a body", func(t *testing.T) {
		a := h.send("HEAD", "/", nil, nil)
		if a.status != 200 || a.body != "" || a.header.Get("Content-Length") == "0" {
			t.Errorf("status %d, body %q, length %s", a.status, a.body, a.header.Get("Content-Length"))
		}
	})
}

func TestAWithdrawnWordIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.publish("Một chữ rất riêng: phù sa")
	where := []string{"/", "/tinh-hinh/2022/660", "/?lang=en"}
	shown := func() (n int) {
		for _, path := range where {
			if strings.Contains(h.get(path, nil).body, "phù sa") {
				n++
			}
		}
		return n
	}
	h.wait(func() bool { return shown() == len(where) })
	h.act(code, report.Act{Name: report.Withdraw, Reason: "Sai"})
	h.wait(func() bool { return shown() == 0 })
	if a := h.get("/phan-anh/"+code, nil); a.status != 404 {
		t.Errorf("the withdrawn report's page answers %d, want 404", a.status)
	}
}

func TestADeadDatabaseIsSaidAndThePageStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.act(h.report(report.Point{Lat: 12.007, Lon: 107.696}), report.Act{Name: report.Accept})
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "<dd>1</div>") })
	h.broken.Store(true)
	h.wait(func() bool { return strings.Contains(h.get("/", nil).body, "SỐ LIỆU CŨ") })
	page := h.get("/", nil)
	if page.status != 200 || !strings.Contains(page.body, "<dd>1</div>") || !strings.Contains(page.body, "Số liệu lúc") {
		t.Errorf("status %d; the old page lost its numbers", page.status)
	}
	h.broken.Store(false)
	h.wait(func() bool { return !strings.Contains(h.get("/", nil).body, "SỐ LIỆU CŨ") })
}

func TestReadersChooseLanguageSizeAndContrast(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.get("/?tuongphan=tang", nil)
	cookie := a.header.Get("Set-Cookie")
	if a.status != 303 || a.header.Get("Location") != "/" || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Fatalf("status %d, Location %q, cookie %q", a.status, a.header.Get("Location"), cookie)
	}
	kept, _, _ := strings.Cut(cookie, ";")
	page := h.get("/", map[string]string{"Cookie": kept})
	if !strings.Contains(page.body, `class="high"`) || !strings.Contains(page.body, "Giảm tương phản") {
		t.Error("high contrast was not kept")
	}
	english := h.get("/?lang=en", nil)
	if english.status != 200 || !strings.Contains(english.body, `lang="en"`) || !strings.Contains(english.body, "Not yet resolved") ||
		!strings.Contains(english.body, "SIMULATED DATA") {
		t.Error("the English page is not English")
	}
	if large := h.get("/?co=to", nil); large.status != 303 {
		t.Errorf("larger letters: status %d", large.status)
	}
	for _, bad := range []string{"nhin=x", "nhin=en.9.9", "nhin=" + strings.Repeat("a", 2000)} {
		if a := h.get("/", map[string]string{"Cookie": bad}); a.status != 200 {
			t.Errorf("cookie %.20q: status %d", bad, a.status)
		}
	}
}

func TestPagesOfAreas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range disclosure.Few {
		h.act(h.report(report.Point{Lat: 12.007, Lon: 107.696}), report.Act{Name: report.Accept})
	}
	h.wait(func() bool { return strings.Contains(h.get("/tinh-hinh/2022/660", nil).body, "<dd>5</div>") })
	for path, want := range map[string]int{
		"/tinh-hinh/vn-2022/660": 200, "/tinh-hinh/2022/660": 200, "/tinh-hinh/2022/67": 200, "/tinh-hinh/2022/24611": 200,
		"/tinh-hinh/2022/1": 404, "/tinh-hinh/1999/67": 404, "/tinh-hinh/2022/..%2f67": 404, "/tinh-hinh/2022": 404, "/xyz": 404,
	} {
		if a := h.get(path, nil); a.status != want {
			t.Errorf("%s: status %d, want %d", path, a.status, want)
		}
	}
	if a := h.get("/tinh-hinh/2022/661", nil); strings.Contains(a.body, "<dd>5</div>") {
		t.Error("a report is counted in a district it does not lie in")
	}
	t.Run("a reader's error is a page, a program's is a problem", func(t *testing.T) {
		page := h.get("/xyz", map[string]string{"Accept": "text/html,*/*"})
		if page.status != 404 || !strings.Contains(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.body, "Không tìm thấy") {
			t.Errorf("status %d, %s", page.status, page.header.Get("Content-Type"))
		}
		if a := h.get("/xyz", nil); a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("content type %q", a.header.Get("Content-Type"))
		}
	})
}

// TestEveryLookIsServedAlikeBeforeAndAfterRouting asks twice: the first answer is made by the route, the second lies ready.
func TestEveryLookIsServedAlikeBeforeAndAfterRouting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/", "/tinh-hinh/2022/660"} {
		for _, cookie := range []string{"", "nhin=en.0.0", "nhin=vi.+.1", "a=b; nhin=en.-.0"} {
			header := map[string]string{"Cookie": cookie}
			first, second := h.get(path, header), h.get(path, header)
			for range 5 {
				if first.header.Get("Etag") == second.header.Get("Etag") && second.header.Get("X-Request-Id") == "" {
					break
				}
				first, second = second, h.get(path, header) // the page was made anew between them
			}
			if first.status != 200 || second.status != 200 || first.body != second.body {
				t.Errorf("%s with %q: %d, then %d, the same page: %t", path, cookie, first.status, second.status, first.body == second.body)
			}
			for name := range first.header {
				if name != "X-Request-Id" && name != "Date" && first.header.Get(name) != second.header.Get(name) {
					t.Errorf("%s with %q: %s is %q, then %q", path, cookie, name, first.header.Get(name), second.header.Get(name))
				}
			}
			if second.header.Get("X-Request-Id") != "" {
				t.Errorf("%s with %q: a page that lies ready went through routing", path, cookie)
			}
		}
	}
}
