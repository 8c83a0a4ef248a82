package public_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"toancanh/server/auth"
	"toancanh/server/report"
)

// sent is a report sent by the form: its code, its secret, and the cookie that a browser keeps.
type sent struct{ code, secret, cookie string }

func (h *house) sendReport(change map[string]string) sent {
	h.t.Helper()
	a := h.send("POST", "/phan-anh", h.fill(change), map[string]string{"Sec-Fetch-Site": "same-origin"})
	m := regexp.MustCompile(`^/phan-anh/([0-9A-Z-]{9})\?moi=1$`).FindStringSubmatch(a.header.Get("Location"))
	if a.status != 303 || m == nil {
		h.t.Fatalf("status %d, Location %q", a.status, a.header.Get("Location"))
	}
	return sent{m[1], h.cookieOf(a, m[1]), "giu=" + h.cookieOf(a, m[1])}
}

// cookieOf is the secret in an answer's cookie, whose bounds it checks.
func (h *house) cookieOf(a answer, code string) string {
	h.t.Helper()
	for _, c := range a.header.Values("Set-Cookie") {
		if m := regexp.MustCompile(`^giu=([^;]*);`).FindStringSubmatch(c); m != nil {
			for _, part := range []string{"path=/phan-anh/" + code, "HttpOnly", "SameSite=Strict"} {
				if !strings.Contains(c+";", part+";") {
					h.t.Errorf("cookie %q lacks %s", c, part)
				}
			}
			return m[1]
		}
	}
	h.t.Fatalf("no cookie in %v", a.header)
	return ""
}

func (h *house) post(path string, form url.Values, cookie string) answer {
	h.t.Helper()
	return h.send("POST", path, form, map[string]string{"Sec-Fetch-Site": "same-origin", "Cookie": cookie})
}

// handled brings a report to its published result.
func (h *house) handled(code, text string) {
	h.t.Helper()
	for _, act := range []report.Act{
		{Name: report.Accept},
		{Name: report.Assign, Unit: "so-xd"},
		{Name: report.Return, Reason: "Không đúng thẩm quyền"},
		{Name: report.Assign, Unit: "so-tnmt"},
		{Name: report.Resolve, Text: "nội bộ"},
		{Name: report.Publish, Text: text},
	} {
		h.act(code, act)
	}
}

func holds(t *testing.T, what, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %q", what, want)
		}
	}
}

func lacks(t *testing.T, what, body string, nevers ...string) {
	t.Helper()
	for _, never := range nevers {
		if strings.Contains(body, never) {
			t.Errorf("%s holds %q", what, never)
		}
	}
}

func TestASenderGetsTheSecretOnceAndKeepsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(nil)
	page := "/phan-anh/" + r.code
	fresh := h.get(page+"?moi=1", map[string]string{"Cookie": r.cookie})
	holds(t, "the receipt", fresh.body, "Mã bí mật", r.secret, `href="/phan-anh/`+r.code+`#`+r.secret+`"`, "Chỉ bạn có mã này")
	stranger := h.get(page, nil)
	holds(t, "a stranger's page", stranger.body, "Bạn là người gửi?", "Tiến độ", "Đã nhận phản ánh")
	lacks(t, "a stranger's page", stranger.body, r.secret, "Quên mã")
	t.Run("a stale cookie is taken away", func(t *testing.T) {
		a := h.get(page, map[string]string{"Cookie": "giu=AAAAAAAAAAAAAAAAAAAAAA"})
		if a.status != 200 || h.cookieOf(a, r.code) != "" || !strings.Contains(a.body, "Bạn là người gửi?") {
			t.Errorf("status %d, cookie %v", a.status, a.header.Values("Set-Cookie"))
		}
	})
	t.Run("typed, it becomes the cookie", func(t *testing.T) {
		a := h.post(page+"/khoa", url.Values{"secret": {" " + r.secret + " "}}, "")
		if a.status != 303 || h.cookieOf(a, r.code) != r.secret || a.header.Get("Location") != page {
			t.Errorf("status %d, %v", a.status, a.header)
		}
	})
	t.Run("typed wrongly, it is said beside the field", func(t *testing.T) {
		for typed, want := range map[string]string{"AAAAAAAAAAAAAAAAAAAAAA": "Mã bí mật không đúng", "": "Chưa nhập mã bí mật"} {
			a := h.post(page+"/khoa", url.Values{"secret": {typed}}, "")
			if a.status != 422 {
				t.Errorf("%q: status %d", typed, a.status)
			}
			holds(t, "the page", a.body, want, `aria-describedby="secret-note secret-wrong"`)
		}
	})
	t.Run("forgotten, it is gone from the device", func(t *testing.T) {
		a := h.post(page+"/khoa", url.Values{"forget": {"1"}}, r.cookie)
		if a.status != 303 || h.cookieOf(a, r.code) != "" {
			t.Errorf("status %d, %v", a.status, a.header)
		}
	})
	t.Run("another site cannot act", func(t *testing.T) {
		for _, path := range []string{"/khoa", "/bo-sung", "/danh-gia", "/xu-ly-lai", "/thu", "/anh"} {
			a := h.send("POST", page+path, url.Values{"reason": {"x"}}, map[string]string{"Sec-Fetch-Site": "cross-site", "Cookie": r.cookie})
			if a.status != 403 {
				t.Errorf("%s from elsewhere: status %d", path, a.status)
			}
		}
	})
	t.Run("without the secret there is nothing to act on", func(t *testing.T) {
		for _, path := range []string{"/bo-sung", "/danh-gia", "/xu-ly-lai", "/thu", "/anh"} {
			for _, cookie := range []string{"", "giu=AAAAAAAAAAAAAAAAAAAAAA"} {
				if a := h.post(page+path, url.Values{"reason": {"x"}}, cookie); a.status != 404 {
					t.Errorf("%s with %q: status %d", path, cookie, a.status)
				}
			}
		}
	})
	t.Run("what is no form is refused", func(t *testing.T) {
		a := h.send("POST", page+"/danh-gia", nil, map[string]string{"Content-Type": "text/plain", "Cookie": r.cookie})
		if a.status != 415 {
			t.Errorf("status %d", a.status)
		}
	})
}

func TestASenderRatesAndAsksAgainWithoutAScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(nil)
	page, mine := "/phan-anh/"+r.code, map[string]string{"Cookie": r.cookie}
	h.handled(r.code, "Đã dọn sạch")
	lacks(t, "a stranger's page", h.get(page, nil).body, "danh-gia", "xu-ly-lai")
	shown := h.get(page, mine)
	holds(t, "the sender's page", shown.body, `action="`+page+`/danh-gia"`, `action="`+page+`/xu-ly-lai"`, "Đã công khai kết quả")
	lacks(t, "the sender's page", shown.body, "so-xd", "nội bộ", "thẩm quyền")
	if n := strings.Count(shown.body, "</time> Đang xử lý"); n != 1 {
		t.Errorf("a bounce between units shows as %d steps", n)
	}
	half := h.post(page+"/danh-gia", url.Values{"solved": {"partly"}}, r.cookie)
	if half.status != 422 {
		t.Errorf("half a rating: status %d", half.status)
	}
	holds(t, "half a rating", half.body, "Chưa chọn mức độ hài lòng", `value="partly" checked`)
	if a := h.post(page+"/danh-gia", url.Values{"solved": {"partly"}, "manner": {"hai_long"}}, r.cookie); a.status != 303 || a.header.Get("Location") != page {
		t.Errorf("a rating: status %d, %v", a.status, a.header)
	}
	holds(t, "the rated page", h.get(page, mine).body, `value="partly" checked`, `value="hai_long" required checked`, "Sửa đánh giá")
	if a := h.post(page+"/xu-ly-lai", url.Values{"reason": {"Vẫn còn <b>rác</b>"}}, r.cookie); a.status != 303 {
		t.Errorf("asked again: status %d %s", a.status, a.body)
	}
	again := h.post(page+"/xu-ly-lai", url.Values{"reason": {"Lần nữa"}}, r.cookie)
	if again.status != 409 {
		t.Errorf("asked again twice: status %d", again.status)
	}
	holds(t, "the conflict", again.body, `role="alert"`, "chưa được công khai")
	english := h.get(page, map[string]string{"Cookie": r.cookie + "; nhin=en.0.0"})
	holds(t, "the page in English", english.body, "Progress", "Opened again", `<html lang="en"`)
	lacks(t, "the page", english.body, "Vẫn còn")
	stored, err := h.store.Report(t.Context(), r.code)
	must(t, err)
	if stored.Status != report.MoLai || stored.Reopens != 1 {
		t.Errorf("stored %s, %d reopens", stored.Status, stored.Reopens)
	}
}

func TestASenderIsLateAfterFifteenDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(nil)
	h.handled(r.code, "Đã dọn")
	h.ahead.Store(int64(15*24*time.Hour + time.Minute))
	page := "/phan-anh/" + r.code
	lacks(t, "the page", h.get(page, map[string]string{"Cookie": r.cookie}).body, "danh-gia", "xu-ly-lai")
	a := h.post(page+"/xu-ly-lai", url.Values{"reason": {"Vẫn còn"}}, r.cookie)
	if a.status != 409 {
		t.Errorf("status %d", a.status)
	}
	holds(t, "the refusal", a.body, "Đã quá 15 ngày")
}

func TestASenderAnswersAQuestionOnThePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(map[string]string{"phone": "0905 111 222"})
	h.act(r.code, report.Act{Name: report.Ask, Reason: "Ở đoạn nào?"})
	page := "/phan-anh/" + r.code
	holds(t, "the page", h.get(page, map[string]string{"Cookie": r.cookie}).body, "Ở đoạn nào?", `action="`+page+`/bo-sung"`)
	a := h.post(page+"/bo-sung", url.Values{"text": {"  "}}, r.cookie)
	if a.status != 422 {
		t.Errorf("status %d", a.status)
	}
	holds(t, "an empty answer", a.body, `id="text-wrong"`, "Chưa nhập nội dung")
	if a := h.post(page+"/bo-sung", url.Values{"text": {"Trước chợ"}}, r.cookie); a.status != 303 {
		t.Errorf("status %d", a.status)
	}
	holds(t, "the page afterwards", h.get(page, map[string]string{"Cookie": r.cookie}).body, "Người gửi đã bổ sung")
}

// feed is as much of RFC 4287 as every feed must have.
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  struct {
		Name string `xml:"name"`
	} `xml:"author"`
	Links   []link `xml:"link"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Links   []link `xml:"link"`
		Content string `xml:"content"`
	} `xml:"entry"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

// readFeed reads a feed and holds it to what RFC 4287 asks: one id, title and updated each, an author, links that are
// absolute, ids that are IRIs and differ, times of RFC 3339, the feed's as late as its newest entry's.
func readFeed(t *testing.T, a answer) feed {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || a.header.Get("ETag") == "" {
		t.Fatalf("status %d, headers %v", a.status, a.header)
	}
	if _, err := exec.LookPath("xmllint"); err == nil {
		lint := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--relaxng", "testdata/atom.rng", "-")
		lint.Stdin = strings.NewReader(a.body)
		if out, err := lint.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", out, a.body)
		}
	} else if os.Getenv("CI") == "true" {
		t.Fatal("xmllint is missing: .ci/test-deps installs it")
	}
	var f feed
	must(t, xml.Unmarshal([]byte(a.body), &f))
	if f.Title == "" || f.Author.Name == "" || len(f.Links) < 2 || f.Links[0].Rel != "self" {
		t.Errorf("feed %+v", f)
	}
	seen := map[string]bool{}
	check := func(id, updated string, links []link) {
		if !strings.HasPrefix(id, "urn:uuid:") || seen[id] {
			t.Errorf("id %q", id)
		}
		seen[id] = true
		if at, err := time.Parse(time.RFC3339, updated); err != nil || at.Format(time.RFC3339) > f.Updated {
			t.Errorf("updated %q, the feed's %q", updated, f.Updated)
		}
		for _, l := range links {
			if !strings.HasPrefix(l.Href, "http://127.0.0.1:") {
				t.Errorf("link %+v", l)
			}
		}
	}
	check(f.ID, f.Updated, f.Links)
	for _, e := range f.Entries {
		if e.Title == "" {
			t.Errorf("entry %+v", e)
		}
		check(e.ID, e.Updated, e.Links)
	}
	return f
}

func TestTheFeedOfAReportTellsItsPublicSteps(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(map[string]string{"description": "Canary kể riêng"})
	path := "/phan-anh/" + r.code + "/feed.atom"
	before := readFeed(t, h.get(path, nil))
	h.handled(r.code, "Đã dọn & sạch <b>")
	h.wait(func() bool { return len(readFeed(t, h.get(path, nil)).Entries) == 4 }) // it tells what has left
	a := h.get(path, map[string]string{"Cookie": r.cookie})
	after := readFeed(t, a)
	if len(before.Entries) != 1 || len(after.Entries) != 4 || after.ID != before.ID || after.Entries[3].ID != before.Entries[0].ID {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if newest := after.Entries[0]; newest.Title != "Đã công khai kết quả" || newest.Content != "Đã dọn & sạch <b>" {
		t.Errorf("newest %+v", newest)
	}
	for _, e := range after.Entries {
		at, err := time.Parse(time.RFC3339, e.Updated)
		must(t, err)
		if at.Minute() != 0 || at.Second() != 0 {
			t.Errorf("%s says %s, finer than the public may know", e.Title, e.Updated)
		}
	}
	lacks(t, "the feed", a.body, "Canary", r.secret, "so-xd", "so-tnmt", "nội bộ", "thẩm quyền")
	if again := h.get(path, map[string]string{"If-None-Match": a.header.Get("ETag")}); again.status != 304 || again.body != "" {
		t.Errorf("unchanged: status %d", again.status)
	}
	h.act(r.code, report.Act{Name: report.Withdraw, Reason: "Trùng"})
	if gone := h.get(path, nil); gone.status != 404 {
		t.Errorf("withdrawn: status %d", gone.status)
	}
	if none := h.get("/phan-anh/ZZZZ-ZZZZ/feed.atom", nil); none.status != 404 {
		t.Errorf("no report: status %d", none.status)
	}
}

func TestTheFeedOfAnAreaTellsItsPublishedResults(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.publish("Đã dọn, gọi 0912345678 nếu còn")
	stored, err := h.store.Report(t.Context(), code)
	must(t, err)
	h.wait(func() bool { return strings.Contains(h.get("/tinh-hinh/2022/67/feed.atom", nil).body, "Đã dọn") })
	province := h.get("/tinh-hinh/2022/67/feed.atom", nil)
	f := readFeed(t, province)
	if len(f.Entries) != 1 || !strings.HasPrefix(f.Entries[0].Content, "Đã dọn") {
		t.Fatalf("feed %+v", f)
	}
	lacks(t, "the feed", province.body, "0912345678", "nội bộ", "Lời kể riêng", code)
	for path, want := range map[string]int{
		"/tinh-hinh/vn-2022/660/feed.atom": 1, "/tinh-hinh/2022/" + stored.Area + "/feed.atom": 1, "/tinh-hinh/2022/661/feed.atom": 0,
	} {
		if got := readFeed(t, h.get(path, nil)); len(got.Entries) != want || want == 1 && got.Entries[0].ID != f.Entries[0].ID {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if none := h.get("/tinh-hinh/2022/999/feed.atom", nil); none.status != 404 {
		t.Errorf("no area: status %d", none.status)
	}
	if again := h.get("/tinh-hinh/2022/67/feed.atom", map[string]string{"If-None-Match": province.header.Get("ETag")}); again.status != 304 {
		t.Errorf("unchanged: status %d", again.status)
	}
	holds(t, "the page", h.get("/tinh-hinh/2022/660", nil).body, `href="/tinh-hinh/2022/660/feed.atom"`)
	h.act(code, report.Act{Name: report.Reopen, Reason: "Chưa sạch"})
	h.wait(func() bool { return len(readFeed(t, h.get("/tinh-hinh/2022/67/feed.atom", nil)).Entries) == 0 }) // it was taken down
}

// linkOf is the token in the links of the one address that follows.
func (h *house) linkOf() string {
	h.t.Helper()
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{1}, 32))
	must(h.t, err)
	var id, key string
	var sealed []byte
	must(h.t, h.db.Owner.QueryRow(h.t.Context(), "select id::text, key_id, sealed from mail_follower").Scan(&id, &key, &sealed))
	plain, err := sealer.Open(id, auth.Sealed{KeyID: key, Bytes: sealed})
	must(h.t, err)
	var kept struct{ Token string }
	must(h.t, json.Unmarshal(plain, &kept))
	return kept.Token
}

func TestAnAddressIsConfirmedAndEndedByPressingNotByLooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.sendReport(nil)
	page := "/phan-anh/" + r.code
	wrong := h.post(page+"/thu", url.Values{"email": {"canary"}}, r.cookie)
	if wrong.status != 422 {
		t.Errorf("a wrong address: status %d", wrong.status)
	}
	holds(t, "a wrong address", wrong.body, `id="email-wrong"`, `value="canary"`)
	a := h.post(page+"/thu", url.Values{"email": {"canary@example.vn"}}, r.cookie)
	if a.status != 303 || a.header.Get("Location") != page+"?thu=1" {
		t.Fatalf("status %d, %v", a.status, a.header)
	}
	holds(t, "the page", h.get(page+"?thu=1", map[string]string{"Cookie": r.cookie}).body, "Đã gửi thư xác nhận")
	confirm, stop := "/thu/xac-nhan?ma="+h.linkOf(), "/thu/ngung?ma="+h.linkOf()
	state := func() (confirmed, there int) {
		must(t, h.db.Owner.QueryRow(t.Context(), "select count(confirmed_at), count(*) from mail_follower").Scan(&confirmed, &there))
		return confirmed, there
	}
	for _, link := range []string{confirm, stop} {
		shown := h.get(link, nil)
		holds(t, link, shown.body, `method="post"`, r.code)
		lacks(t, link, shown.body, "canary")
	}
	if confirmed, there := state(); confirmed != 0 || there != 1 {
		t.Errorf("looking changed something: %d confirmed, %d there", confirmed, there)
	}
	holds(t, "confirming", h.send("POST", confirm, url.Values{}, nil).body, "Đã xác nhận")
	if confirmed, _ := state(); confirmed != 1 {
		t.Error("it is not confirmed")
	}
	// As a mail provider presses it (RFC 8058).
	for range 2 {
		ended := h.send("POST", stop, url.Values{"List-Unsubscribe": {"One-Click"}}, nil)
		holds(t, "ending", ended.body, "Đã xóa địa chỉ")
	}
	if _, there := state(); there != 0 {
		t.Error("the address is still there")
	}
	if gone := h.get(confirm, nil); gone.status != 404 {
		t.Errorf("a link that was ended: status %d", gone.status)
	}
}
