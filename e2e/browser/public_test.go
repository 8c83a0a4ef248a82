//go:build e2e

package browser_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// publicPages has an address of each kind of page that everybody sees.
func publicPages() []string {
	return []string{"/", "/tinh-hinh/2022/660", "/tinh-hinh/2022/24611", "/tinh-hinh/2025/68", "/dti", "/hieu-qua", "/du-lieu", "/theo-doi", "/phan-anh"}
}

// looks are the ways a reader can have pages, as the cookie holds them.
func looks() []string {
	var all []string
	for _, language := range []string{"vi", "en"} {
		for _, letters := range []string{"-", "0", "+"} {
			all = append(all, language+"."+letters+".0", language+"."+letters+".1")
		}
	}
	return all
}

// TestPublicPagesAreForEverybody visits every kind of public page in both languages, both contrasts and three sizes of letters, on
// the smallest phone and on a laptop, with a script and without, and goes through it with the keyboard.
func TestPublicPagesAreForEverybody(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, []string{"TOANCANH_HISTORY_DAYS=0"})
	for code, points := range map[string][2]float64{"7": {0.8575, 1}, "7.1": {8.5, 10}} {
		p.post("/api/v1/dti/values", map[string]any{
			"scheme": "922-2022", "year": 2022, "code": code, "value": points[0], "most": points[1], "name": "Cổng dịch vụ công trực tuyến", "title": "Báo cáo " + code,
			"issuer": "Bộ Thông tin và Truyền thông", "reference": "https://dti.gov.vn/xep-hang-2022", "dated": "2023-07-12",
		}, nil)
	}
	phone, laptop := size{320, 640}, size{1280, 800}
	enlarged := size{1280 / 4, 800 / 4} // the laptop at 400 %
	g, large, small := browse(t, p, "/", laptop), browse(t, p, "/", enlarged), browseWithoutScript(t, p, "/", phone)
	open := browse(t, p, "/", laptop)
	open.warn()
	eventually(t, "the page of the index shows its values", heardWithin, func() bool {
		g.visit("/dti")
		return strings.Contains(g.text("main"), "[2] Báo cáo")
	}, g.body)
	for _, path := range publicPages() {
		for _, look := range looks() {
			small.wear(look)
			small.visit(path)
			where := path + " in " + look + " on a phone"
			if !strings.HasPrefix(look, small.language()) {
				t.Errorf("%s is in %q", where, small.language())
			}
			small.fits(where)
		}
		large.inEveryLook(path, "at 400 %", func(string, string) {})
		g.inEveryLook(path, "on a laptop", func(language, class string) {
			if language+class != "vi" && language+class != "enhigh" { // each contrast once
				return
			}
			var violations []string
			g.do("axe", nil, &violations)
			for _, v := range violations {
				t.Errorf("%s in %s, %q: axe: %s", path, language, class, v)
			}
		})
		g.walk(path)
	}
	small.visit("/")
	if n := small.count("#tam-dung a"); n != 2 {
		t.Errorf("without a script %d links say how the page is renewed, want 2", n)
	}
	if open.count("#tam-dung a") != 0 || open.count("#tam-dung button") != 1 {
		t.Error("with a script there is not one button that pauses")
	}
	open.awaitEnd()
}

// warn puts a warning that is over and one that is not into an open page, as the server writes them. The page's script has to
// tell them apart by the centre's time, not by this machine's clock.
func (g *tab) warn() {
	g.t.Helper()
	g.eval(`(() => {
		const at = Date.parse(document.querySelector('.at time').dateTime);
		const alert = (id, until) => '<ul id="' + id + '"><li class="warned"><p><span class="until"><span>Hiệu lực đến</span> <time datetime="'
			+ new Date(at + until).toISOString() + '">x</time></span></p></li></ul>';
		document.querySelector('main').insertAdjacentHTML('beforeend', alert('thu', -1000) + alert('con', 3600000));
	})()`, nil)
}

// awaitEnd waits until the one warning is said to have ended, and the other is not.
func (g *tab) awaitEnd() {
	g.t.Helper()
	eventually(g.t, "the warning is said to have ended", liveWithin, func() bool {
		return strings.HasPrefix(g.text("#thu li.ended"), "Đã hết hạn lúc")
	}, g.body)
	if g.count("#con li.warned .until") != 1 {
		g.t.Error("the warning that has not ended is said to have")
	}
}

// inEveryLook looks at a page in both languages in each size of letters and each contrast. The classes are those of the server; they
// are changed in the open page, which costs less than to load it twelve times.
func (g *tab) inEveryLook(path, screen string, then func(language, class string)) {
	g.t.Helper()
	for _, language := range []string{"vi", "en"} {
		g.wear(language + ".0.0")
		g.visit(path)
		for _, class := range []string{"", "small", "large", "high", "high small", "high large"} {
			g.eval(`document.documentElement.className = '`+class+`'`, nil)
			g.fits(path + " in " + language + ", " + class + " " + screen)
			then(language, class)
		}
	}
}

// fits holds a page to the width of the screen, and to places large enough to press.
func (g *tab) fits(where string) {
	g.t.Helper()
	if over := overflow(g); over > 0 {
		g.t.Errorf("%s is %d px wider than the screen", where, over)
	}
	if small := g.tooSmall(); len(small) > 0 {
		g.t.Errorf("%s: smaller than 24 px: %s", where, strings.Join(small, "; "))
	}
}

// count is how many elements there are.
func (g *tab) count(of string) (n int) {
	g.t.Helper()
	g.eval("document.querySelectorAll('"+of+"').length", &n)
	return n
}

// wear sets the look in which the next pages come.
func (g *tab) wear(look string) {
	g.t.Helper()
	g.do("cookie", map[string]any{"url": g.base, "name": "nhin", "text": look}, nil)
}

// language is that of the page.
func (g *tab) language() string {
	g.t.Helper()
	var code string
	g.eval("document.documentElement.lang", &code)
	return code
}

// tooSmall lists what is to be pressed, stands in no sentence and is smaller than WCAG 2.5.8 wants.
func (g *tab) tooSmall() []string {
	g.t.Helper()
	var found []string
	g.eval(`[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter((e) => {
		const {width, height} = e.getBoundingClientRect();
		if (width === 0 || e.closest('.skip, .trap, svg, label') !== null) return false;
		const sentence = e.matches('p a, li p a') && getComputedStyle(e).display === 'inline';
		return !sentence && (width < 24 || height < 24);
	}).map((e) => e.outerHTML.slice(0, 80))`, &found)
	return found
}

// walk goes through a page with the tabulator alone: first the link past the head, then everything there is to press, each in sight
// with a mark of the focus, and out at the end.
func (g *tab) walk(path string) {
	g.t.Helper()
	type step struct {
		N      int
		Name   string
		Seen   bool
		Marked bool
	}
	g.wear("vi.0.0")
	g.visit(path)
	if path == "/phan-anh" {
		g.awaitForm() // its script puts another form in the place of the first
	}
	var all int
	g.eval(`(() => {
		window.stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
			.filter((e) => e.tabIndex >= 0 && e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
			.filter((e, i, all) => e.type !== 'radio' || all.findIndex((x) => x.type === 'radio' && x.name === e.name) === i); // one stop a group
		return window.stops.length;
	})()`, &all)
	reached := map[int]bool{}
	for i := range all + 5 {
		g.press("Tab")
		var at step
		g.eval(`(() => {
			const e = document.activeElement;
			if (e === null || e === document.body) return {n: -1};
			const {left, right, top, bottom} = e.getBoundingClientRect();
			const inner = e.querySelector('path');
			const marked = [e, inner].some((x) => x !== null && (getComputedStyle(x).outlineStyle !== 'none' || parseFloat(getComputedStyle(x).strokeWidth) > 1));
			return {n: window.stops.indexOf(e), name: e.outerHTML.slice(0, 80), marked,
				seen: right > 0 && left < innerWidth && bottom > 0 && top < innerHeight};
		})()`, &at)
		if at.N < 0 && at.Name == "" {
			break // out of the page
		}
		if i == 0 && !strings.Contains(at.Name, `class="skip"`) {
			g.t.Errorf("%s: the first stop is %s, not the link past the head", path, at.Name)
		}
		if !at.Seen || !at.Marked {
			g.t.Errorf("%s: at %s: in sight %t, marked %t", path, at.Name, at.Seen, at.Marked)
		}
		if reached[at.N] {
			break // round again
		}
		reached[at.N] = true
	}
	delete(reached, -1)
	if len(reached) < all {
		order, err := json.Marshal(slices.Collect(maps.Keys(reached)))
		if err != nil {
			g.t.Fatal(err)
		}
		var missed []string
		g.eval(`window.stops.filter((_, i) => !`+string(order)+`.includes(i)).map((e) => e.outerHTML.slice(0, 80))`, &missed)
		g.t.Errorf("%s: %d of %d stops are reached by the tabulator, not %s", path, len(reached), all, strings.Join(missed, "; "))
	}
	g.visit(path)
	g.press("Tab", "Enter")
	if !g.focused("main") {
		g.t.Errorf("%s: the link past the head leads nowhere", path)
	}
}
