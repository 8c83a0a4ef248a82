//go:build e2e

package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnOfficerEntersACallAndATable writes down a call by keyboard alone, brings a table of which one line is bad, and finds all of
// it in the queue. The pages beside it are looked at on the way.
func TestAnOfficerEntersACallAndATable(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, nil)
	employ(t, p)
	desk := browse(t, p, "/console#ghi-phan-anh", size{1366, 768})
	desk.hurt = true // a refusal is what the browser complains about
	desk.signIn()
	eventually(t, "the first channel has the focus", shownWithin, func() bool { return desk.focused("input[value=phone]") && desk.options() > 1 }, desk.body)

	enterCall(t, desk)
	importTable(t, desk)
	desk.visit("/console#phan-anh")
	eventually(t, "the queue has heard of the call and the two good lines", heardWithin, func() bool {
		return strings.Contains(desk.text("main"), "Có 3 phản ánh mới")
	}, desk.body)

	desk.visit("/console#mau-tra-loi")
	eventually(t, "the templates have come", shownWithin, func() bool { return desk.text("#template-new") != "" }, desk.body)
	desk.tabTo("#template-new")
	desk.press("Enter")
	desk.write("Cảm ơn")
	desk.tabTo("#template-text")
	desk.write("Đã nhận phản ánh ")
	desk.press("Tab", "Enter")
	desk.keep("templates", true)
	desk.sound()
	desk.tabTo("#template-form button[type=submit]")
	desk.press("Enter")
	eventually(t, "the template is kept", shownWithin, func() bool {
		return strings.Contains(desk.text("main li"), "Đã nhận phản ánh {ma}")
	}, desk.body)
}

// options is how many categories the form offers.
func (g *tab) options() int {
	g.t.Helper()
	var n int
	g.eval(`document.querySelectorAll('select option').length`, &n)
	return n
}

func enterCall(t *testing.T, desk *tab) {
	t.Helper()
	desk.press("Enter")
	eventually(t, "all that is missing is said, and the first of it has the focus", shownWithin, func() bool {
		var faults int
		desk.eval(`document.querySelectorAll('form .fault[id]').length`, &faults)
		return faults == 4 && desk.focused("input[value=phone]")
	}, desk.body)
	desk.keep("entry-missing", true)
	desk.sound()
	desk.press("Space")
	desk.tabTo("select")
	desk.press("ArrowDown")
	desk.tabTo("textarea")
	desk.write("Cầu gỗ gãy, xe không qua được.")
	desk.tabTo("[role=combobox]")
	desk.write("nghia duc")
	eventually(t, "the commune is found without diacritics", shownWithin, func() bool { return strings.Contains(desk.text("[role=option]"), "Nghĩa Đức") }, desk.body)
	desk.keep("entry-commune", false)
	desk.sound()
	desk.press("Enter")
	desk.tabTo("[type=tel]")
	desk.write("123")
	desk.press("Enter")
	eventually(t, "the server's judgement stands at the field, which has the focus", shownWithin, func() bool {
		return desk.focused("[type=tel][aria-invalid=true]")
	}, desk.body)
	desk.press("Control+a")
	desk.write("0912 345 678")
	loseSession(t, desk)
	desk.tabTo("[type=tel]")
	desk.press("Enter", "Enter")
	eventually(t, "the code is shown", shownWithin, func() bool { return desk.text("main .code") != "" }, desk.body)
	desk.keep("entry-kept", false)
	desk.sound()
	desk.tabTo("main button.main")
	desk.press("Enter")
	eventually(t, "the next begins with the same channel", shownWithin, func() bool { return desk.focused("input[value=phone]:checked") }, desk.body)
	var kept string
	desk.eval(`document.querySelector('[type=tel]').value + document.querySelector('textarea').value`, &kept)
	if kept != "" {
		t.Errorf("the next form begins with %q", kept)
	}
}

// loseSession ends the session behind the page's back: what was typed waits for its writer.
func loseSession(t *testing.T, desk *tab) {
	t.Helper()
	desk.eval(`fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Toancanh': '1' } }).then((answer) => answer.ok)`, nil)
	desk.press("Enter")
	eventually(t, "the console asks who is there", shownWithin, func() bool { return desk.focused("#password") }, desk.body)
	desk.write(staffPassword)
	desk.press("Enter")
	eventually(t, "the form is there again", shownWithin, func() bool { return desk.focused("input[value=phone]:checked") }, desk.body)
	var typed string
	desk.eval(`[...document.querySelectorAll('textarea, [role=combobox], [type=tel]')].map((field) => field.value).join('|')`, &typed)
	if want := "Cầu gỗ gãy, xe không qua được.|phường Nghĩa Đức, thành phố Gia Nghĩa|0912 345 678"; typed != want {
		t.Errorf("after the session was lost the form says %q, want %q", typed, want)
	}
}

func importTable(t *testing.T, desk *tab) {
	t.Helper()
	table := filepath.Join(t.TempDir(), "so-tay.csv")
	const lines = "Lĩnh vực;Nội dung;Xã, phường;Ghi chú\nMT;Rác trước chợ;24611;a\nGT;Ổ gà;phường Nghĩa Thành;\nZZ;Rác;xã Không Có;\n"
	if err := os.WriteFile(table, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	desk.visit("/console#ghi-phan-anh/bang")
	eventually(t, "the page asks for a table", shownWithin, func() bool { return desk.text("main .fields") != "" }, desk.body)
	desk.do("choose", map[string]any{"selector": "#import-file", "files": table}, nil)
	eventually(t, "it is tried, and every fault told", shownWithin, func() bool {
		said := desk.text("main .panel")
		return strings.Contains(said, "Bảng có 3 dòng, 2 dòng nhập được") && strings.Contains(said, "Cột không dùng đến: Ghi chú") &&
			strings.Contains(said, "4 Lĩnh vực") && strings.Contains(said, "4 Xã, phường")
	}, desk.body)
	desk.keep("import-tried", true)
	desk.sound()
	desk.tabTo("#import-take")
	desk.press("Enter")
	eventually(t, "the good lines are taken, and their codes shown", shownWithin, func() bool {
		return strings.Contains(desk.text("main .panel"), "Đã nhập 2 dòng.") && desk.text("#import-result") != ""
	}, desk.body)
	desk.keep("import-done", true)
	desk.eval(`(() => { const make = URL.createObjectURL.bind(URL);
		URL.createObjectURL = (blob) => { void blob.text().then((text) => (window.file = text)); return make(blob); }; })()`, nil)
	desk.tabTo("#import-result")
	desk.press("Enter")
	var file string
	eventually(t, "the result is a file", shownWithin, func() bool {
		desk.eval(`window.file ?? ''`, &file)
		return file != ""
	}, nil)
	if rows := strings.Split(strings.TrimSpace(file), "\r\n"); len(rows) != 5 || !strings.Contains(desk.text("main table"), strings.Split(rows[1], ";")[1]) {
		t.Errorf("the result is %q, the page says %q", file, desk.text("main table"))
	}
}
