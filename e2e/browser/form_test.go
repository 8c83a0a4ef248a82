//go:build e2e

package browser_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheFormNeedsNeitherScriptNorMouse fills the form on the smallest phone with keys only.
func TestTheFormNeedsNeitherScriptNorMouse(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	page := browseWithoutScript(t, p, "/phan-anh", size{320, 640})
	page.hurt = true // the refused form is a 422, which the browser notes
	page.tabTo("#category")
	page.press("ArrowDown", "ArrowDown")
	page.tabTo("#description")
	const words = "Ổ gà sâu trước cổng trường, đã hai xe ngã."
	page.write(words)
	page.tabTo("#name")
	page.write("Nguyễn Thị Ễnh")
	page.tabTo("main form[method=post] button[type=submit]")
	page.press("Enter")

	eventually(t, "the form says what is missing", shownWithin, func() bool { return page.text("[role=alert]") != "" }, func() string { return page.body() })
	if got := page.text("fieldset .wrong"); !strings.Contains(got, "Chưa chọn xã, phường") {
		t.Errorf("beside the place it says %q, want that none was chosen", got)
	}
	page.keep("form-error-320", true)
	var kept struct{ Category, Description, Name string }
	page.eval(`({category: document.getElementById('category').value, description: document.getElementById('description').value,
		name: document.getElementById('name').value})`, &kept)
	if kept.Category == "" || kept.Description != words || kept.Name != "Nguyễn Thị Ễnh" {
		t.Errorf("after the error the form holds %+v, want everything that was typed", kept)
	}

	page.tabTo("#commune")
	page.press("ArrowDown", "ArrowDown", "ArrowDown")
	// One of the files is no picture: the report is kept, and the page says which and why.
	none := filepath.Join(t.TempDir(), "anh-2.png")
	if err := os.WriteFile(none, []byte("<svg/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	page.do("choose", map[string]any{"selector": "#photo", "files": []string{photograph(t), none}}, nil)
	page.tabTo("main form[method=post] button[type=submit]")
	page.press("Enter")
	eventually(t, "the report is received", shownWithin, func() bool { return page.text(".code") != "" }, func() string { return page.body() })
	code := page.text(".code")
	if !regexp.MustCompile(`^[0-9A-Z]{4}-[0-9A-Z]{4}$`).MatchString(code) {
		t.Errorf("the code is %q, want eight letters and digits", code)
	}
	if got := page.text("main [role=alert]"); !strings.Contains(got, "Ảnh thứ 1 đã được nhận") || !strings.Contains(got, "Ảnh thứ 2 chưa được nhận: chỉ nhận ảnh JPEG") {
		t.Errorf("of the photos it says %q", got)
	}
	page.keep("form-received-320", true)
	secret := page.text("main p.secret")
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	page.tabTo(`main a[href="/phan-anh/` + code + `#` + secret + `"]`)
	page.press("Enter")
	eventually(t, "the report can be followed", shownWithin, func() bool { return page.text("h1") == "Phản ánh "+code }, func() string { return page.body() })
	if body := page.body(); strings.Contains(body, "Ễnh") || strings.Contains(body, words) {
		t.Errorf("the page that anybody with the code sees holds the contact or the unread words: %s", body)
	}
	if over := overflow(page); over > 0 {
		t.Errorf("the page is %d px wider than the phone", over)
	}
	page.keep("follow-320", true)
	followByLink(t, p, code, secret)
}

// followByLink opens the sender's own link on another device, held to the page's policy, and acts there with keys only.
func followByLink(t *testing.T, p *province, code, secret string) {
	t.Helper()
	for i, act := range []map[string]any{
		{"act": "accept"}, {"act": "assign", "unit": "so-xd"}, {"act": "resolve", "text": "nội bộ"}, {"act": "publish", "text": "Đã vá ổ gà trước cổng trường."},
	} {
		act["version"] = i + 2 // the photo came as an act of its own
		p.post("/api/v1/reports/"+code+"/acts", act, nil)
	}
	showPhotos(t, p, code)
	page := open(t, p, "/phan-anh/"+code+"#"+secret, size{320, 640}, map[string]any{"script": true, "init": refusals, "guarded": true})
	eventually(t, "the device knows the sender", shownWithin, func() bool { return page.text("#danh-gia") != "" }, page.body)
	var left struct {
		Hash, Cookie string
		Refused      []string
	}
	page.eval(`({hash: location.hash, cookie: document.cookie, refused: window.refused})`, &left)
	if left.Hash != "" || strings.Contains(left.Cookie, secret) || len(left.Refused) > 0 {
		t.Errorf("the page keeps the secret in sight or needs what it is refused: %+v", left)
	}
	page.tabTo("#solved-yes")
	page.press("ArrowDown")
	page.tabTo("#manner-good")
	page.press("Space")
	page.tabTo("form[action$='/danh-gia'] button")
	page.press("Enter")
	eventually(t, "the rating is kept", shownWithin, func() bool { return page.text("form[action$='/danh-gia'] button") == "Sửa đánh giá" }, page.body)

	look := browse(t, p, "/phan-anh/"+code+"#"+secret, size{320, 640})
	for _, way := range []struct {
		name, query string
		size        size
	}{{"follow-sender-320", "", size{320, 640}}, {"follow-sender-320-high", "?tuongphan=tang", size{320, 640}}, {"follow-sender-en", "?tuongphan=giam&lang=en", size{1366, 768}}} {
		eventually(t, "the page is the sender's", shownWithin, func() bool { return look.text("#xu-ly-lai") != "" }, look.body)
		if way.query != "" {
			look.visit("/phan-anh/" + code + way.query)
		}
		look.do("resize", map[string]any{"width": way.size.width, "height": way.size.height}, nil)
		var drawn int
		look.eval(`(async () => { let n = 0; for (const i of document.querySelectorAll('.shots img')) {
			i.loading = 'eager'; await i.decode(); n += i.naturalWidth > 100 ? 1 : 0; } return n; })()`, &drawn)
		if drawn != 2 {
			t.Errorf("%s: %d photos are drawn, want that before and that after", way.name, drawn)
		}
		look.sound()
		if over := overflow(look); over > 0 {
			t.Errorf("%s: %d px wider than the screen", way.name, over)
		}
		look.keep(way.name, true)
	}
	look.tabTo("#again")
	look.write("Ổ gà lại mở ra sau trận mưa.")
	look.tabTo("form[action$='/xu-ly-lai'] button")
	look.press("Enter")
	eventually(t, "it is asked for again", shownWithin, func() bool { return strings.Contains(look.text("ol.steps"), "Opened again") }, look.body)
}

// showPhotos adds a photo of the result, and covers and publishes it and that of the sender.
func showPhotos(t *testing.T, p *province, code string) {
	t.Helper()
	content, err := os.ReadFile(photograph(t))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.addr+"/api/v1/reports/"+code+"/photos?kind=answer", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "image/png")
	req.Header.Set("X-Toancanh", "1")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("photo of the result: status %d", res.StatusCode)
	}
	var list struct {
		Photos []struct {
			ID            string
			Width, Height int
		}
	}
	p.get("/api/v1/reports/"+code+"/photos", &list)
	for _, one := range list.Photos {
		box := map[string]int{"x": one.Width / 4, "y": one.Height / 4, "w": one.Width / 4, "h": one.Height / 4}
		p.call(http.MethodPut, "/api/v1/photos/"+one.ID+"/redaction", map[string]any{"boxes": []any{box}, "public": true}, nil)
	}
}

// overflow is how many pixels a page is wider than its screen.
func overflow(g *tab) int {
	g.t.Helper()
	var over int
	g.eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over)
	return max(0, over)
}
