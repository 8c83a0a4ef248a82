//go:build e2e

package browser_test

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"toancanh/server/auth"
)

// The promises of screens.
const (
	turnedWithin  = 10 * time.Second // from the code that was entered to the page that begins as a wall
	revokedWithin = 2 * time.Second
)

const (
	staffPassword = "trâu ngựa ghế đèn"
	leadLogin     = "binh.tran"
)

// visitor is somebody at the API with a cookie.
type visitor struct {
	p      *province
	cookie string
}

func (v *visitor) send(method, path string, body, into any) {
	v.p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		v.p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(v.p.t.Context(), requestWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+v.p.addr+path, strings.NewReader(string(raw)))
	if err != nil {
		v.p.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "X-Toancanh": {"1"}, "Cookie": {v.cookie}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		v.p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode > 299 {
		v.p.t.Fatalf("%s %s: %d", method, path, res.StatusCode)
	}
	if set := res.Header.Get("Set-Cookie"); set != "" {
		v.cookie, _, _ = strings.Cut(set, ";")
	}
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			v.p.t.Fatal(err)
		}
	}
}

// employ gives a province its people as it happens: the first administrator by the link on the terminal, and by them a
// shift lead. It returns the administrator.
func employ(t *testing.T, p *province) *visitor {
	t.Helper()
	link := regexp.MustCompile(`#loi-moi=([A-Za-z0-9_-]+)`).FindStringSubmatch(p.log.tail(50))
	if link == nil {
		t.Fatal("the terminal shows no link for the first administrator")
	}
	p.post("/api/v1/invitations", map[string]string{"token": link[1], "password": staffPassword}, nil)
	admin := &visitor{p: p}
	admin.send(http.MethodPost, "/api/v1/session", map[string]string{"login": "quantri", "password": staffPassword}, nil)
	var factor struct{ Secret string }
	admin.send(http.MethodPost, "/api/v1/session/factor", nil, &factor)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(factor.Secret)
	if err != nil {
		t.Fatal(err)
	}
	admin.send(http.MethodPost, "/api/v1/session/code", map[string]string{"code": auth.TOTPCode(secret, time.Now())}, nil)
	admin.hire(leadLogin, "Trần Thị Bình", "truong_ca")
	return admin
}

// hire adds somebody who works for the whole province, with the password of all staff.
func (v *visitor) hire(login, name, role string) {
	v.p.t.Helper()
	var made struct{ Link string }
	v.send(http.MethodPost, "/api/v1/people", map[string]any{
		"login": login, "name": name, "roles": []string{role}, "units": []string{}, "areas": []string{"vn-2022/67"},
	}, &made)
	_, token, _ := strings.Cut(made.Link, "=")
	v.p.post("/api/v1/invitations", map[string]string{"token": token, "password": staffPassword}, nil)
}

// signIn signs the shift lead in at the console, by keyboard.
func (g *tab) signIn() { g.t.Helper(); g.signInAs(leadLogin) }

func (g *tab) signInAs(login string) {
	g.t.Helper()
	eventually(g.t, "the console asks who is there", liveWithin, func() bool { return g.focused("#login") }, func() string { return g.body() })
	g.write(login)
	g.press("Tab")
	g.write(staffPassword)
	g.press("Enter")
	eventually(g.t, login+" is in", liveWithin, func() bool { return g.text("nav") != "" }, func() string { return g.body() })
}

// code is what a browser that is nobody's shows.
func (g *tab) code() string {
	g.t.Helper()
	code := ""
	eventually(g.t, "the page shows a code", liveWithin, func() bool {
		code = strings.ReplaceAll(g.text(".code"), " ", "")
		return len(code) == 6 && g.gate() == "closed"
	}, func() string { return g.body() })
	return code
}

// gate is what stands at a wall's address: the wall, or closed.
func (g *tab) gate() string {
	g.t.Helper()
	var gate string
	g.eval(`document.documentElement.dataset.gate ?? ''`, &gate)
	return gate
}

// pair enters a code for a screen at the console, by keyboard.
func (g *tab) pair(screen, code string) {
	g.t.Helper()
	g.press("g")
	eventually(g.t, "the form asks for the code", liveWithin, func() bool { return g.focused("#screen-panel input") }, func() string { return g.body() })
	g.write(strings.ToLower(code[:3]) + " " + code[3:])
	g.tabTo("#screen-panel select")
	g.write(screen) // goes to the entry that begins so
	g.tabTo("#screen-panel button.main")
	g.press("Enter")
	eventually(g.t, "the screen is paired", turnedWithin, func() bool {
		return strings.Contains(g.text(".outcome"), "Đã ghép màn hình "+screen)
	}, func() string { return g.text(".send") })
}

// gates has a page note whatever stood at its address, over every page of the tab.
const gates = `(() => {
	const look = () => {
		const now = document.documentElement.dataset.gate ?? '';
		const seen = JSON.parse(sessionStorage.getItem('gates') ?? '[]');
		if (now !== '' && seen.at(-1) !== now) sessionStorage.setItem('gates', JSON.stringify([...seen, now]));
	};
	document.addEventListener('DOMContentLoaded', () => {
		new MutationObserver(look).observe(document.documentElement, {attributes: true});
		look();
	});
})();`

// gates are what the tab has seen since the last time it was asked.
func (g *tab) gates() string {
	g.t.Helper()
	var seen []string
	g.eval(`(() => { const all = JSON.parse(sessionStorage.getItem('gates') ?? '[]');
		sessionStorage.setItem('gates', JSON.stringify(all.slice(-1))); return all; })()`, &seen)
	return strings.Join(seen, " ")
}

// TestAPairedWallStaysAWall pairs a wall and takes away from under it whatever may go: it is a wall all the same, until
// its right is taken back.
func TestAPairedWallStaysAWall(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, nil)
	employ(t, p)
	wall := browseWith(t, p, "/wall/tinh", diary+";"+gates)
	wall.hurt = true
	code := wall.code()
	wall.keep("pair-code", false)
	if body := wall.body(); !strings.Contains(body, "Màn hình chưa được ghép") || strings.Contains(body, "Đăng nhập") {
		t.Errorf("the page says %q", body)
	}
	var heights struct{ Cap, Page float64 }
	wall.eval(`({cap: parseFloat(getComputedStyle(document.querySelector('.code')).fontSize), page: innerHeight})`, &heights)
	if heights.Cap < heights.Page/5 { // on 685 mm that is 95 mm of capitals: more than a degree of arc from five metres
		t.Errorf("the code is %v px high on a page of %v px", heights.Cap, heights.Page)
	}
	wall.sound()

	console := browse(t, p, "/console", size{1366, 768})
	console.hurt = true
	console.signIn()
	console.visit("/console#man-hinh")
	eventually(t, "the console lists the screens", liveWithin, func() bool { return strings.Contains(console.text("main"), "Ghép màn hình") }, func() string { return console.body() })
	if !strings.Contains(console.text(".list ol"), "tinh") { // nobody set one up: the list begins empty
		p.tool("screen", "set", "tinh", "--point=Phòng trực")
		eventually(t, "the console lists the screen", liveWithin, func() bool { return strings.Contains(console.text(".list ol"), "tinh") }, func() string { return console.body() })
	}
	console.pair("tinh", code)
	wall.awaitLive(turnedWithin + liveWithin)
	wall.gates()

	still := func(what string) {
		t.Helper()
		wall.awaitLive(healWithin)
		if saw := wall.gates(); saw != "wall" {
			t.Errorf("%s: the page was %q, want a wall throughout", what, saw)
		}
		if body := wall.body(); strings.Contains(body, "Đăng nhập") || !strings.Contains(body, "Đắk Nông") {
			t.Errorf("%s: the wall says %q", what, body)
		}
	}
	p.kill() // the database goes with it
	p.awaitChildrenGone()
	p.start(nil)
	still("the server and its database were killed")
	if redis := p.redis(); len(redis) > 0 {
		p.signal(redis, syscall.SIGKILL)
		still("Redis came back empty")
	}
	wall.reload()
	still("the screen lost its power")
	p.stop()
	p.start(nil)
	p.backdate(7 * 24 * time.Hour)
	wall.eval(`window.shift = 7 * 24 * 3600e3; null`, nil)
	still("a week has passed")
	wall.reload()
	still("and the screen was off for it")

	eventually(t, "the wall has kept itself and its picture", keptWithin, func() bool { return wall.hasKept() }, nil)
	console.visit("/console#man-hinh")
	for _, part := range []string{"Trần Thị Bình", "đang kết nối", "nhịp", "bộ nhớ", "khung/giây", "số thứ tự", "lệch giờ", "bản dev"} {
		eventually(t, "the console says of the screen: "+part, liveWithin, func() bool {
			return strings.Contains(console.text(".list li"), part)
		}, func() string { return console.text(".list li") })
	}
	console.keep("pair-console", false)
	console.tabTo(`[aria-label="Thu hồi quyền của màn hình tinh"]`)
	console.press("Enter", "Enter")
	took := eventually(t, "the wall is dark", revokedWithin, func() bool { return wall.gate() == "closed" }, func() string { return wall.body() })
	t.Logf("dark %v after the key", took.Round(time.Millisecond))
	dark := func(when string) {
		t.Helper()
		eventually(t, "the page says why it is dark", liveWithin, func() bool { return wall.text("h1") != "" }, nil)
		if head := wall.text("h1"); head != "Màn hình đã bị thu hồi quyền – liên hệ trưởng ca" {
			t.Errorf("%s: the page says %q", when, head)
		}
		if body := wall.body(); strings.Contains(body, "Đăng nhập") || strings.Contains(body, "Đắk Nông") {
			t.Errorf("%s: the page says %q", when, body)
		}
		eventually(t, "nothing of the wall is kept", revokedWithin, func() bool { return wall.keepsNothing() }, nil)
	}
	dark("at once")
	wall.keep("pair-revoked", false)
	wall.sound()
	wall.reload()
	dark("loaded anew")
	console.pair("tinh", wall.code())
	wall.awaitLive(turnedWithin + liveWithin)
	console.sound()

	if said := p.tool("screen", "revoke", "tinh"); !strings.Contains(said, "tinh is revoked") {
		t.Errorf("the shell says %q", said)
	}
	code = wall.code()
	if said := p.tool("screen", "pair", code, "tinh"); !strings.Contains(said, "tinh is paired") {
		t.Errorf("the shell says %q", said)
	}
	wall.awaitLive(turnedWithin + liveWithin)
	if said := p.tool("screen", "list"); !strings.Contains(said, "paired") || strings.Contains(said, "unpaired") {
		t.Errorf("the shell lists %q", said)
	}
}

// keepsNothing reports whether neither the wall's picture nor its page is on disk.
func (g *tab) keepsNothing() bool {
	g.t.Helper()
	var nothing bool
	g.eval(`(async () => {
		if ((await caches.keys()).some((name) => name.startsWith('wall-shell-'))) return false;
		return new Promise((done) => {
			const opening = indexedDB.open('toancanh-wall');
			opening.onupgradeneeded = () => opening.transaction.abort();
			opening.onerror = () => done(true);
			opening.onsuccess = () => {
				const db = opening.result;
				const all = db.transaction(['picture', 'setting']);
				let left = 0;
				for (const name of ['picture', 'setting']) {
					const asking = all.objectStore(name).count();
					asking.onsuccess = () => { left += asking.result; };
				}
				all.oncomplete = () => { db.close(); done(left === 0); };
			};
		});
	})()`, &nothing)
	return nothing
}

// sound asks axe-core what is wrong with the page.
func (g *tab) sound() {
	g.t.Helper()
	var wrong []string
	g.do("axe", nil, &wrong)
	for _, each := range wrong {
		g.t.Errorf("axe: %s", each)
	}
}

// tool runs a verb of the program beside the province, as somebody at its shell, and returns what it says.
func (p *province) tool(args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), readyWithin)
	defer cancel()
	tool := exec.CommandContext(ctx, program(p.t), args...)
	tool.Env = []string{"HOME=" + p.dir, "TOANCANH_DATA=" + p.dir, "TOANCANH_URL=http://" + p.addr}
	said, err := tool.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%v: %v\n%s", args, err, said)
	}
	return string(said)
}

// backdate makes everything that was kept of screens older, as if the server's clock had gone on.
func (p *province) backdate(by time.Duration) {
	p.t.Helper()
	seconds := fmt.Sprintf("%d seconds", int(by.Seconds()))
	db := p.database()
	for _, sql := range []string{
		"update screen_pairing set seen_at = seen_at - $1::interval, paired_at = paired_at - $1::interval",
		"update screen_token set issued_at = issued_at - $1::interval, shown_at = shown_at - $1::interval",
	} {
		if _, err := db.Exec(p.t.Context(), sql, seconds); err != nil {
			p.t.Fatal(err)
		}
	}
}

// click presses what a link or a button says, as a newcomer does with a mouse.
func (g *tab) click(selector string) {
	g.t.Helper()
	var there bool
	g.eval(fmt.Sprintf(`(() => { const it = document.querySelector(%q); setTimeout(() => it?.click()); return it !== null; })()`, selector), &there)
	if !there {
		g.t.Fatalf("there is no %s to click on %q", selector, g.body())
	}
}

// TestANewcomerSeesEverythingWithThreeClicks goes from the page that the terminal names to the wall, the console and the
// public page, each with one click and without a key.
func TestANewcomerSeesEverythingWithThreeClicks(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	if !p.log.says("http://" + p.addr + "/bat-dau") {
		t.Errorf("the terminal does not name the page to begin with")
	}
	start := browse(t, p, "/bat-dau", size{1366, 768})
	start.sound()
	start.keep("start", true)
	clicks := 0
	click := func(selector string) {
		t.Helper()
		start.click(selector)
		clicks++
	}
	click(`a[href="/wall/tinh"]`)
	start.awaitPath("/wall/tinh")
	start.awaitLive(liveWithin)
	if gate := start.gate(); gate != "wall" {
		t.Errorf("the wall's gate is %q", gate)
	}
	var list struct {
		Screens []struct {
			ID      string
			Pairing *struct{ Own bool }
		}
	}
	p.get("/api/v1/screens", &list)
	if len(list.Screens) == 0 || list.Screens[0].ID != "tinh" || list.Screens[0].Pairing == nil || !list.Screens[0].Pairing.Own {
		t.Errorf("the wall is not paired to this machine: %+v", list)
	}
	start.visit("/bat-dau")
	click(`a[href="/console"]`)
	start.awaitPath("/console")
	start.awaitLive(liveWithin)
	if nav := start.text("nav"); !strings.Contains(nav, "Phản ánh") || !strings.Contains(nav, "Thiết bị") {
		t.Errorf("the console offers %q, want what a shift lead has", nav)
	}
	start.visit("/bat-dau")
	click(`main a[href="/"]`)
	start.awaitPath("/")
	if body := start.body(); !strings.Contains(body, "Chưa xử lý xong") {
		t.Errorf("the public page says %q", body)
	}
	if clicks > 3 {
		t.Errorf("%d clicks, want at most 3", clicks)
	}

	for role, want := range map[string]struct{ has, hasNot string }{
		"don_vi_can_bo": {"Cán bộ đơn vị", "Màn hình"},
		"lanh_dao":      {"Lãnh đạo", "Người dùng"},
		"quan_tri":      {"Người dùng", "Phản ánh"},
	} {
		start.visit("/bat-dau")
		start.click(fmt.Sprintf("button[value=%q]", role))
		start.awaitPath("/console")
		eventually(t, "the console knows "+role, liveWithin, func() bool { return strings.Contains(start.text("header"), want.has) }, func() string { return start.body() })
		if nav := start.text("nav"); strings.Contains(nav, want.hasNot) {
			t.Errorf("%s is offered %q", role, nav)
		}
	}
}

// awaitPath waits until the tab is at an address.
func (g *tab) awaitPath(path string) {
	g.t.Helper()
	var at string
	eventually(g.t, "the tab goes to "+path, liveWithin, func() bool {
		g.eval(`location.pathname`, &at)
		return at == path
	}, func() string { return at })
}

// TestNobodyIsANewcomerToRealData holds that neither page nor sign-in exists where the province is no sample.
func TestNobodyIsANewcomerToRealData(t *testing.T) {
	t.Parallel()
	p := settle(t, []string{"--empty"}, nil)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, path := range []string{"/bat-dau", "/bat-dau?bao=1"} {
			if status, _, err := p.request(method, path, nil); err != nil || status != 404 {
				t.Errorf("%s %s: %d, %v, want 404", method, path, status, err)
			}
		}
	}
	db := p.database()
	var sample int
	if err := db.QueryRow(t.Context(), "select count(*) from person where login like 'mau.%'").Scan(&sample); err != nil || sample != 0 {
		t.Errorf("%d people of the sample, %v", sample, err)
	}
}
