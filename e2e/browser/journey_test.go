//go:build e2e

package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The promises of the road.
const (
	shownWithin = 15 * time.Second // POST to pixel, by software and beside other tests
	goneWithin  = 5 * time.Second
)

// TestAReportTravelsFromPostToPixelAndBack holds docs/life-of-a-report.md: what is posted is painted, what is done at
// the desk is shown everywhere, and what is withdrawn is nowhere.
func TestAReportTravelsFromPostToPixelAndBack(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	wall := browse(t, p, "/wall/tinh", size{1920, 1080})
	wall.awaitLive(liveWithin)
	eventually(t, "no report is open", shownWithin, func() bool { return wall.number(tileOpen) == "0" }, func() string { return wall.tile(tileOpen) })

	const lat, lon = 12.0462, 107.4379 // far from the middle of any commune
	at := around(spot(t, p, wall, lat, lon), 40)
	if n := reds(pixels(t, wall.shoot(false)), at); n != 0 {
		t.Fatalf("%d red pixels at the place before anything happened there", n)
	}
	var receipt struct{ ID, Code string }
	p.post("/api/v1/reports", map[string]any{
		"category": "MT", "description": "Cây đa cổ thụ đổ chắn ngang đường vào bản.", "emergency": true,
		"location": map[string]float64{"lat": lat, "lon": lon},
	}, &receipt)
	posted := time.Now()
	eventually(t, "the tile counts the report", shownWithin, func() bool { return wall.number(tileOpen) == "1" }, func() string { return wall.tile(tileOpen) })
	eventually(t, "the foot of the wall tells of the emergency", shownWithin, func() bool {
		foot := wall.text("footer")
		return strings.Contains(foot, "Khẩn cấp") && strings.Contains(foot, "Cây đa cổ thụ đổ")
	}, func() string { return wall.text("footer") })
	eventually(t, "the place is red on the map", shownWithin, func() bool {
		return reds(pixels(t, wall.shoot(false)), at) > 200
	}, nil)
	t.Logf("POST to the last of its pixels in %v, photographs included", time.Since(posted).Round(time.Millisecond))
	wall.keep("journey-received", false)

	desk := browse(t, p, "/console", size{1366, 768})
	desk.awaitLive(liveWithin)
	work(desk, receipt.Code)
	eventually(t, "the tile no longer counts the report", shownWithin, func() bool { return wall.number(tileOpen) == "0" }, func() string { return wall.tile(tileOpen) })
	eventually(t, "the mark has left the map", shownWithin, func() bool {
		return reds(pixels(t, wall.shoot(false)), at) == 0
	}, nil)

	public := browse(t, p, "/", size{1366, 768})
	eventually(t, "the public page tells the result", shownWithin, func() bool {
		public.visit("/")
		return strings.Contains(public.body(), secretWord)
	}, func() string { return public.body() })
	public.keep("journey-published", true)
	withdraw(t, p, desk, receipt.Code)
}

// secretWord stands in the published text only.
const secretWord = "Bông-lau-tím-2741"

// work takes a report through the desk, with the keyboard alone.
func work(desk *tab, code string) {
	desk.t.Helper()
	desk.press("/")
	desk.write(code)
	desk.press("Enter")
	eventually(desk.t, "the search finds the report alone", shownWithin, func() bool {
		return desk.codes() == code && desk.focused("input") // nobody took the focus
	}, func() string { return desk.text("main") })
	desk.tabTo("[role=grid]")
	desk.press("Enter")
	desk.act("accept", "Đã tiếp nhận", nil)
	desk.act("assign", "Đã phân công", func() { desk.press("ArrowDown", "ArrowDown", "Tab") })
	desk.act("start", "Đang xử lý", nil)
	desk.act("resolve", "Đã xử lý", func() { desk.write("Đội đã dọn cây, đường thông lúc 10 giờ."); desk.press("Tab") })
	desk.act("publish", "Đã công khai", func() {
		desk.press("End")
		desk.write(" " + secretWord)
		desk.press("Tab")
	})
	desk.keep("journey-desk", false)
}

// act does one act: it goes to its button, presses it, fills its form in when there is one, sends, and waits for the
// status.
func (g *tab) act(name, status string, fill func()) {
	g.t.Helper()
	button := fmt.Sprintf(`[data-act=%q]`, name)
	eventually(g.t, "the desk offers "+name, shownWithin, func() bool { return g.text(button) != "" }, func() string { return g.text("aside") })
	g.t.Logf("%s is %d presses of the tabulator away", name, g.tabTo(button))
	g.press("Enter")
	if fill != nil {
		eventually(g.t, "the form of "+name+" has the focus", shownWithin, func() bool { return g.focused("aside form *") }, nil)
		fill()
		g.tabTo("aside form button[type=submit]")
		g.press("Enter")
	}
	if status != "" {
		eventually(g.t, name+" is done", shownWithin, func() bool { return g.text("aside .line strong") == status }, func() string { return g.text("aside") })
	}
}

// withdraw takes the report back and looks for its words where they stood.
func withdraw(t *testing.T, p *province, desk *tab, code string) {
	t.Helper()
	desk.act("withdraw", "", func() { desk.write("Người gửi xin rút."); desk.press("Tab") })
	withdrawn := time.Now()
	eventually(t, "the word is nowhere", goneWithin, func() bool {
		for _, path := range []string{"/", "/phan-anh/" + code, "/api/v1/reports", "/tinh-hinh/2022/67"} {
			_, body, err := p.request(http.MethodGet, path, nil)
			if err != nil || strings.Contains(string(body), secretWord) {
				return false
			}
		}
		return !strings.Contains(desk.body(), secretWord)
	}, func() string { return desk.body() })
	t.Logf("nowhere %v after the withdrawal", time.Since(withdrawn).Round(time.Millisecond))
	public := browse(t, p, "/", size{1366, 768})
	wall := browse(t, p, "/wall/tinh", size{1366, 768})
	wall.awaitLive(liveWithin)
	fresh := browse(t, p, "/console", size{1366, 768})
	fresh.awaitLive(liveWithin)
	for _, face := range []*tab{public, wall, fresh, desk} {
		var all string
		face.eval("document.documentElement.outerHTML", &all)
		if strings.Contains(all, secretWord) || strings.Contains(all, "Cây đa cổ thụ") {
			t.Errorf("the withdrawn words still stand on a face: %s", face.body())
		}
	}
}
