//go:build e2e

package browser_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestTheWholeStoryOfAReport lives a report from a phone without a network to a published answer and beyond: sent once, on the
// wall, accepted by one operator and answered by another who works at the same time, cleared of what is private, published,
// rated, and asked for again.
func TestTheWholeStoryOfAReport(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, nil)
	employ(t, p).hire("cuc.le", "Lê Thị Cúc", "truong_ca")
	wall := browse(t, p, "/wall/tinh", size{1920, 1080})
	wall.hurt = true // it is nobody's until it is paired
	p.tool("screen", "pair", wall.code(), "tinh")
	eventually(t, "the wall counts nothing", liveWithin, func() bool { return wall.number(tileOpen) == "0" }, wall.body)
	lead, other := browse(t, p, "/console", size{1366, 768}), browse(t, p, "/console", size{1366, 768})
	lead.hurt, other.hurt = true, true
	lead.signIn()
	other.signInAs("cuc.le")

	l := wire(t, p)
	phone, code := toldWithoutNetwork(t, p, l)
	eventually(t, "the wall counts it", shownWithin, func() bool { return wall.number(tileOpen) == "1" }, func() string { return wall.tile(tileOpen) })
	eventually(t, "the wall tells of it without the number", shownWithin, func() bool {
		foot := wall.text("footer")
		return strings.Contains(foot, "Cống thoát nước") && !strings.Contains(wall.body(), "0905")
	}, func() string { return wall.text("footer") })
	wall.keep("story-wall", false)

	for _, g := range []*tab{lead, other} {
		g.awaitLive(liveWithin)
		eventually(t, "the queue says that there is something new", shownWithin, func() bool { return strings.Contains(g.body(), "Có 1 phản ánh mới") }, g.body)
		g.press("r")
		eventually(t, "the queue lists it", shownWithin, func() bool { return strings.Contains(g.codes(), code) }, g.body)
		g.tabTo("[role=grid]")
		g.press("Enter")
	}
	lead.act("accept", "Đã tiếp nhận", nil)
	eventually(t, "the other sees it accepted", heardWithin, func() bool { return strings.Contains(other.text("aside"), "Đã tiếp nhận") }, func() string { return other.text("aside") })
	other.act("assign", "Đã phân công", func() {
		eventually(t, "the unit that the rules propose is chosen, and it says why", shownWithin, func() bool {
			var chosen string
			other.eval(`document.querySelector('#act-assign-unit').selectedOptions[0].label`, &chosen)
			return strings.Contains(other.text("#act-assign-unit-why"), "Đề xuất: "+chosen+" – ")
		}, func() string { return other.text("aside form") })
		other.press("Tab")
	})
	eventually(t, "its numbered note is shown", shownWithin, func() bool { return other.text("aside .symbol") == "1/PC-IOC" }, func() string { return other.text("aside") })
	other.pass("story-assigned")
	eventually(t, "the lead sees it assigned", heardWithin, func() bool { return lead.text("aside .line strong") == "Đã phân công" }, func() string { return lead.text("aside") })
	lead.act("start", "Đang xử lý", nil)
	other.act("resolve", "Đã xử lý", func() {
		other.write("Đã thông cống. Anh Nam 0905 111 222 xác nhận.")
		other.press("Tab")
	})
	eventually(t, "the lead may publish", heardWithin, func() bool { return lead.text("[data-act=publish]") != "" }, func() string { return lead.text("aside") })
	lead.act("publish", "Đã công khai", func() {
		eventually(t, "the preview shows what is hidden", shownWithin, func() bool {
			return strings.Contains(lead.text("aside form"), "[ẩn số]")
		}, func() string { return lead.text("aside form") })
		lead.keep("story-preview", false)
		lead.press("Tab")
	})
	eventually(t, "the wall no longer counts it", shownWithin, func() bool { return wall.number(tileOpen) == "0" }, func() string { return wall.tile(tileOpen) })

	rated(t, p, phone, code)
	eventually(t, "the wall counts it again", shownWithin, func() bool { return wall.number(tileOpen) == "1" }, func() string { return wall.tile(tileOpen) })
	eventually(t, "both operators see it open again", heardWithin, func() bool {
		return lead.text("aside .line strong") == "Mở lại" && other.text("aside .line strong") == "Mở lại"
	}, func() string { return lead.text("aside") + other.text("aside") })
	lead.keep("story-again", false)
	if n := count1(t, p, "select count(*) from report"); n != 1 || l.posts.Load() < 2 {
		t.Errorf("%d reports of %d attempts, want one of at least two", n, l.posts.Load())
	}
}

// toldWithoutNetwork tells of something on a phone whose network is dead, closes the tab, and comes back when it lives.
func toldWithoutNetwork(t *testing.T, p *province, l *line) (phone *tab, code string) {
	t.Helper()
	phone = open(t, &province{addr: l.addr}, "/phan-anh", size{390, 844}, map[string]any{"script": true})
	phone.hurt = true
	phone.awaitForm()
	eventually(t, "the form is kept", liveWithin, func() bool {
		var kept bool
		phone.eval(`(async () => navigator.serviceWorker.controller !== null && (await caches.match('/phan-anh')) !== undefined)()`, &kept)
		return kept
	}, nil)
	l.dead.Store(true)
	phone.tabTo("#to-khai input[type=radio]")
	phone.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
	phone.stepTo("Chuyện thế nào?")
	phone.tabTo("#noi-dung-pa")
	phone.write("Cống thoát nước tắc, nước bẩn tràn ra đường. Gọi tôi 0905 111 222.")
	phone.stepTo("Ở đâu?")
	phone.tabTo("#xa")
	phone.press("ArrowDown", "ArrowDown", "ArrowDown")
	phone.tabTo("#to-khai button[type=submit]")
	phone.press("Enter")
	eventually(t, "the report waits", shownWithin, func() bool { return strings.Contains(phone.text(".outcome"), "Chưa có mạng") }, phone.body)
	phone.leave()
	if n := count1(t, p, "select count(*) from report"); n != 0 {
		t.Fatalf("%d reports arrived without a network", n)
	}
	l.lose.Store(1) // the first answer is lost on its way back
	l.dead.Store(false)
	phone = phone.beside("/phan-anh")
	phone.hurt = true
	isCode := regexp.MustCompile(`Theo dõi phản ánh ([0-9A-Z]{4}-[0-9A-Z]{4})`)
	eventually(t, "the code is shown", liveWithin, func() bool { return isCode.MatchString(phone.text(".kept")) }, phone.body)
	return phone, isCode.FindStringSubmatch(phone.text(".kept"))[1]
}

// rated reads the answer on the sender's phone, says what they think of it, and asks for it again.
func rated(t *testing.T, p *province, phone *tab, code string) {
	t.Helper()
	phone.tabTo(".kept a")
	phone.press("Enter")
	eventually(t, "the answer is read, without the number", liveWithin, func() bool {
		body := phone.body()
		return strings.Contains(body, "Đã thông cống. Anh Nam [ẩn số] xác nhận.") && strings.Contains(body, "Đánh giá kết quả")
	}, phone.body)
	phone.pass("story-answer-390")
	phone.tabTo("#solved-yes")
	phone.press("ArrowDown", "ArrowDown") // no
	phone.tabTo("#manner-good")
	phone.press("ArrowDown") // fair
	phone.tabTo("form[action$=danh-gia] button")
	phone.press("Enter")
	eventually(t, "the rating is kept", shownWithin, func() bool {
		return count1(t, p, "select count(*) from report_rating where solved = 'no' and manner = 'chap_nhan'") == 1
	}, phone.body)
	phone.tabTo("#again")
	phone.write("Hôm nay nước lại tràn.")
	phone.tabTo("form[action$=xu-ly-lai] button")
	phone.press("Enter")
	eventually(t, "it is handled again", liveWithin, func() bool { return strings.Contains(phone.body(), "Mở lại") }, phone.body)
	phone.pass("story-again-390")
	for _, path := range []string{"/phan-anh/" + code, "/", "/tinh-hinh/2022/67"} {
		if _, body, err := p.request(http.MethodGet, path, nil); err != nil || strings.Contains(string(body), "111 222") {
			t.Errorf("%s: %v, or the number stands there", path, err)
		}
	}
}
