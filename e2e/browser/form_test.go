//go:build e2e

package browser_test

import (
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
	page.tabTo("main form[method=post] button[type=submit]")
	page.press("Enter")
	eventually(t, "the report is received", shownWithin, func() bool { return page.text(".code") != "" }, func() string { return page.body() })
	code := page.text(".code")
	if !regexp.MustCompile(`^[0-9A-Z]{4}-[0-9A-Z]{4}$`).MatchString(code) {
		t.Errorf("the code is %q, want eight letters and digits", code)
	}
	page.keep("form-received-320", true)
	page.tabTo(`main a[href="/phan-anh/` + code + `"]`)
	page.press("Enter")
	eventually(t, "the report can be followed", shownWithin, func() bool { return page.text("h1") == "Phản ánh "+code }, func() string { return page.body() })
	if body := page.body(); strings.Contains(body, "Ễnh") || strings.Contains(body, words) {
		t.Errorf("the page that anybody with the code sees holds the contact or the unread words: %s", body)
	}
	if over := overflow(page); over > 0 {
		t.Errorf("the page is %d px wider than the phone", over)
	}
	page.keep("follow-320", true)
}

// overflow is how many pixels a page is wider than its screen.
func overflow(g *tab) int {
	g.t.Helper()
	var over int
	g.eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &over)
	return max(0, over)
}
