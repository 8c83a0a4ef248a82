//go:build e2e

package browser_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// heardWithin bounds how long what one operator does takes to the other's screen: a beat of presence, and the feed.
const heardWithin = 15 * time.Second

// TestTwoOperatorsShareAQueue has two people work the same reports at once, mostly by keyboard: they see each other, one
// takes the pen from the other, what one notes the other reads, and nobody's words are lost.
func TestTwoOperatorsShareAQueue(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, nil)
	employ(t, p).hire("cuc.le", "Lê Thị Cúc", "can_bo_truc")
	// A search finds codes too: what is searched for below is the beginning of none.
	markets := []string{"Bình Minh", "Cầu Vồng", "Suối Tiên", "Hoàng Hôn"}
	ids := make([]string, len(markets))
	for i, market := range markets {
		var receipt struct{ ID string }
		p.post("/api/v1/reports", map[string]any{
			"category": "MT", "description": "Rác chất đống ở chợ " + market + ".",
			"location": map[string]float64{"lat": 12.45, "lon": 107.62},
		}, &receipt)
		ids[i] = receipt.ID
	}
	lead := browse(t, p, "/console", size{1366, 768})
	lead.hurt = true
	lead.signIn()
	other := browse(t, p, "/console", size{1366, 768})
	other.hurt = true
	other.signInAs("cuc.le")
	for _, g := range []*tab{lead, other} {
		g.awaitLive(liveWithin)
		eventually(t, "the queue lists all", shownWithin, func() bool { return g.listed() == len(ids) }, func() string { return g.text("main") })
	}
	lead.sound()

	lead.press("/")
	lead.write("rac vong")
	eventually(t, "a search without diacritics finds it, and stands in the address", shownWithin, func() bool {
		return lead.listed() == 1 && strings.Contains(lead.text(".row .text"), "chợ Cầu Vồng") && strings.Contains(lead.address(), "?q=rac+vong")
	}, func() string { return lead.address() + lead.text("main") })
	lead.press("Escape")
	lead.tabTo("[role=grid]")
	lead.press("Enter")
	eventually(t, "it is open, and the address says so", shownWithin, func() bool { return strings.Contains(lead.address(), ids[1]) }, func() string { return lead.address() })
	other.visit("/console#phan-anh/" + ids[1])
	meet(t, lead, other)
	part(t, lead, other)
	lead.keep("queue-lock", false)
	lead.sound()

	manyAtOnce(t, lead)
	exportIsWhatIsShown(t, lead)
	lead.keep("queue-many", false)
}

// meet has both see that the other has the same report before them, and one take the pen from the other.
func meet(t *testing.T, lead, other *tab) {
	t.Helper()
	eventually(t, "the lead sees the other", heardWithin, func() bool { return strings.Contains(lead.text("aside .people"), "Lê Thị Cúc") }, func() string { return lead.text("aside header") })
	eventually(t, "the other sees the lead", heardWithin, func() bool { return strings.Contains(other.text("aside .people"), "Trần Thị Bình") }, func() string { return other.text("aside header") })

	eventually(t, "the lead may refuse", shownWithin, func() bool { return lead.text("[data-act=refuse]") != "" }, func() string { return lead.text("aside") })
	lead.press("u")
	eventually(t, "the reason has the focus", shownWithin, func() bool { return lead.focused("aside form textarea") }, func() string { return lead.text("aside") })
	lead.write("Đã có phản ánh khác")
	eventually(t, "the other is told who writes", heardWithin, func() bool {
		return strings.Contains(other.text(".lock"), "Trần Thị Bình đang soạn")
	}, func() string { return other.text("aside header") })
	other.tabTo("[data-lock=take]")
	other.press("Enter")
	eventually(t, "the lead is told that the pen was taken", heardWithin, func() bool {
		return strings.Contains(lead.text(".lock"), "Lê Thị Cúc đang soạn")
	}, func() string { return lead.text("aside header") })
}

// part has one note something that the other reads at once, and change the report under the other's hands.
func part(t *testing.T, lead, other *tab) {
	t.Helper()
	other.press("y")
	eventually(t, "the note has the focus", shownWithin, func() bool { return other.focused("#note-text") }, func() string { return other.text("aside") })
	other.write("Tôi đã gọi đội thu gom.")
	other.press("Control+Enter")
	eventually(t, "the note is read where it was not written", heardWithin, func() bool {
		return strings.Contains(lead.text("aside ol"), "Tôi đã gọi đội thu gom.")
	}, func() string { return lead.text("aside") })
	other.press("Escape", "u")
	eventually(t, "the other's reason has the focus", shownWithin, func() bool { return other.focused("aside form textarea") }, func() string { return other.text("aside") })
	other.write("Trùng nội dung với chợ Bình Minh")
	other.tabTo("aside form button[type=submit]")
	other.press("Enter")
	eventually(t, "the other has refused it", shownWithin, func() bool { return other.text("aside .line strong") == "Không tiếp nhận" }, func() string { return other.text("aside") })
	eventually(t, "the lead is told that it moved", heardWithin, func() bool {
		return strings.Contains(lead.text("aside .moved"), "Không tiếp nhận")
	}, func() string { return lead.text("aside") })
	lead.tabTo("aside form button[type=submit]")
	lead.press("Enter")
	eventually(t, "the server refuses, and says why", shownWithin, func() bool { return lead.text("aside .fault") != "" }, func() string { return lead.text("aside") })
	var typed string
	lead.eval(`document.querySelector('aside form textarea').value`, &typed)
	if typed != "Đã có phản ánh khác" {
		t.Errorf("what the lead typed is now %q", typed)
	}
}

// manyAtOnce takes all reports of the list through two acts, one of which is taken back.
func manyAtOnce(t *testing.T, lead *tab) {
	t.Helper()
	lead.visit("/console#phan-anh")
	eventually(t, "the queue has what is still open", shownWithin, func() bool { return lead.listed() == 3 }, func() string { return lead.text("main") })
	lead.tabTo("[role=grid]")
	lead.press("Home", "Shift+End")
	eventually(t, "all are marked", shownWithin, func() bool { return strings.Contains(lead.text(".bulk"), "Đã chọn 3") }, func() string { return lead.text("main") })
	lead.press("n")
	eventually(t, "all are accepted", shownWithin, func() bool { return strings.Contains(lead.text(".bulk .outcome"), "xong 3") }, func() string { return lead.text(".bulk") })
	lead.tabTo("[role=grid]")
	lead.press("Control+a", "n")
	eventually(t, "none can be accepted twice, and each says why", shownWithin, func() bool {
		var lines int
		lead.eval(`document.querySelectorAll('.bulk .outcome li').length`, &lines)
		return lines == 3 && strings.Contains(lead.text(".bulk .outcome"), "không được 3")
	}, func() string { return lead.text(".bulk") })
	var units []string // that got the reports, one after the other
	for _, keys := range [][]string{{"ArrowDown"}, {"ArrowDown", "ArrowDown"}} {
		lead.tabTo("[role=grid]")
		lead.press("Control+a", "g")
		eventually(t, "the form has the focus", shownWithin, func() bool { return lead.focused(".bulk form *") }, func() string { return lead.text(".bulk") })
		lead.press(keys...)
		lead.tabTo(".bulk form button[type=submit]")
		lead.press("Enter")
		eventually(t, "all are assigned, and the rows say to whom", shownWithin, func() bool {
			now := lead.units()
			return len(now) == 1 && now[0] != "" && !slices.Contains(units, now[0]) && strings.Contains(lead.text(".bulk .outcome"), "xong 3")
		}, func() string { return fmt.Sprint(lead.text(".bulk"), lead.units()) })
		units = append(units, lead.units()...)
	}
	lead.tabTo("[data-bulk=undo]")
	lead.press("Enter")
	eventually(t, "the second assignment is taken back", shownWithin, func() bool {
		return strings.Contains(lead.text(".bulk .outcome"), "Đã hoàn tác 3") && slices.Equal(lead.units(), units[:1])
	}, func() string { return fmt.Sprint(lead.text(".bulk"), lead.units(), units) })
}

// exportIsWhatIsShown compares the files with the list.
func exportIsWhatIsShown(t *testing.T, lead *tab) {
	t.Helper()
	lead.eval(`(() => { window.files = []; const make = URL.createObjectURL.bind(URL);
		URL.createObjectURL = (blob) => { void blob.text().then((text) => window.files.push(text)); return make(blob); }; })()`, nil)
	lead.visit("/console#phan-anh?q=cho+suoi")
	eventually(t, "the filter of the address is asked for", shownWithin, func() bool { return lead.listed() == 1 }, func() string { return lead.text("main") })
	want := lead.codes()
	lead.tabTo(".tools .drop:nth-of-type(2) button")
	lead.press("Enter", "Tab")

	table := lead.export(1)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Contains(rows[1], want) {
		t.Errorf("the list has %q, the table %q (%v)", want, table, err)
	}
	lead.press("Tab")
	places := lead.export(2)
	var made struct{ Features []json.RawMessage }
	if err := json.Unmarshal([]byte(places), &made); err != nil || len(made.Features) != 1 || !strings.Contains(places, want) {
		t.Errorf("the list has %q, the places are %q (%v)", want, places, err)
	}
}

// export presses the button that has the focus and returns the n-th file that the page saves.
func (g *tab) export(n int) string {
	g.t.Helper()
	g.press("Enter")
	var files []string
	eventually(g.t, fmt.Sprint("file ", n, " has come"), shownWithin, func() bool {
		g.eval(`window.files`, &files)
		return len(files) == n && g.text(".tools .below [role=status]") == ""
	}, func() string { return g.text(".tools") })
	return files[n-1]
}

// listed is how many reports the grid says it has.
func (g *tab) listed() int {
	g.t.Helper()
	var rows int
	g.eval(`Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ?? 0) - 1`, &rows)
	return rows
}

// codes are those of the rows that are drawn, in order.
func (g *tab) codes() string { return g.drawn(".row .code") }

// units are those of the rows that are drawn, each once.
func (g *tab) units() []string {
	list := strings.Split(g.drawn(".row .unit"), "|")
	slices.Sort(list)
	return slices.Compact(list)
}

func (g *tab) drawn(selector string) string {
	g.t.Helper()
	var text string
	g.eval(fmt.Sprintf(`[...document.querySelectorAll(%q)].map((cell) => cell.firstChild?.textContent.trim() ?? '').join('|')`, selector), &text)
	return text
}

// address is the part of the page's address that never leaves the browser.
func (g *tab) address() string {
	g.t.Helper()
	var hash string
	g.eval(`location.hash`, &hash)
	return hash
}
