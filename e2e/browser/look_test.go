//go:build e2e

package browser_test

import (
	"image"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"
)

// calmest is the share of coloured pixels that a calm wall may show (domain.md's H-1: at most 5 %).
const calmest = 0.05

// faces are the pages people look at.
func faces() []string { return []string{"/wall/tinh", "/console", "/", "/phan-anh", "/bat-dau"} }

// state is a situation in which the faces are looked at.
type state struct {
	name string
	args []string
	env  []string
	// come brings it about once the province is settled; nil for one that is there at once.
	come func(*testing.T, *province)
	// late brings it about once the pages are open.
	late func(*province)
	long bool
}

func states() []state {
	past := func(t *testing.T, p *province) {
		t.Helper()
		eventually(t, "the past is loaded", 2*readyWithin, func() bool { return p.log.says("history is loaded") }, func() string { return p.log.tail(5) })
	}
	return []state{
		{name: "calm", env: []string{"TOANCANH_HISTORY_DAYS=35"}, come: past},
		{name: "empty", args: []string{"--empty"}, env: []string{"TOANCANH_OPEN=yes"}, long: true},
		{
			name: "storm", env: []string{"TOANCANH_HISTORY_DAYS=35"}, long: true,
			come: func(t *testing.T, p *province) {
				t.Helper()
				past(t, p)
				p.post("/api/v1/simulation", map[string]bool{"storm": true}, nil)
				time.Sleep(150 * time.Second) //nolint:forbidigo // a storm takes six minutes: this is its middle
			},
		},
		{
			name: "stale", env: []string{"TOANCANH_HISTORY_DAYS=35"}, come: past, long: true,
			late: func(p *province) { p.freeze(p.postgres()) },
		},
	}
}

// TestEveryFaceCanBeReadInEverySize looks at every page: nothing wider than the screen, nothing cut off, nothing that
// axe-core objects to, no data taken for real that are not, and a calm wall that is calm.
func TestEveryFaceCanBeReadInEverySize(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		if s.long && !everything() {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			p := settle(t, s.args, s.env)
			if s.come != nil {
				s.come(t, p)
			}
			for _, path := range faces() {
				if s.name == "empty" && path == "/bat-dau" {
					continue
				}
				lookAt(t, p, s, path)
			}
		})
	}
}

// everything says that all states and sizes are wanted.
func everything() bool { return long() || os.Getenv("TOANCANH_SHOTS") != "" }

// lookAt looks at one page in every size.
func lookAt(t *testing.T, p *province, s state, path string) {
	t.Helper()
	all := sizes()
	if !everything() {
		all = []size{all[0], all[3]}
	}
	face := browse(t, p, path, all[0])
	live := path == "/wall/tinh" || path == "/console"
	if live {
		face.awaitLive(liveWithin)
		eventually(t, "the numbers have come", liveWithin, func() bool { return face.hasNumbers() }, func() string { return face.body() })
	}
	if s.late != nil {
		face.hurt = true
		s.late(p)
		defer p.thawAll()
		if live {
			eventually(t, path+" is stale", liveWithin, func() bool { return face.live() == "stale" }, nil)
		} else {
			time.Sleep(5 * time.Second) //nolint:forbidigo // by then every page is promised to say so
			_ = face.try("go", map[string]any{"url": face.base + path}, nil)
		}
	}
	for _, size := range all {
		face.do("resize", map[string]any{"width": size.width, "height": size.height}, nil)
		face.settle()
		if path == "/wall/tinh" && s.name != "empty" && s.late == nil {
			face.awaitMarks()
		}
		name := strings.Trim(strings.ReplaceAll(path, "/", "-"), "-")
		if name == "" {
			name = "public"
		}
		face.keep(s.name+"-"+name+"-"+size.String(), size.width < 900 || !live)
		judge(t, face, s, path, size)
	}
}

// hasNumbers reports whether the face has been told its levels.
func (g *tab) hasNumbers() bool {
	g.t.Helper()
	var has bool
	g.eval(`[...document.querySelectorAll('[data-kpi="kpi/open"] .number, header dd')].some((e) => /^[\d.]+$/.test(e.innerText.trim()))`, &has)
	return has
}

// settle waits until a page has drawn what its new size needs.
func (g *tab) settle() {
	g.t.Helper()
	g.eval(`new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(null))), 600))`, nil)
}

// awaitMarks waits until a wall has drawn the marks of its reports: software may take seconds after the page is live.
func (g *tab) awaitMarks() {
	g.t.Helper()
	const enough = 100 // pixels of the grey of normal marks, which nothing else on the map has
	at := g.frameOf(mapItself)
	part := image.Rect(int(at.X), int(at.Y), int(at.X+at.Width), int(at.Y+at.Height))
	eventually(g.t, "the map shows its marks", liveWithin, func() bool {
		picture := pixels(g.t, g.shoot(true))
		return count(picture, part.Intersect(picture.Bounds()), func(c color.NRGBA) bool {
			near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 4 }
			return near(c.R, 0x8e) && near(c.G, 0x97) && near(c.B, 0x9d)
		}) > enough
	}, nil)
}

// judge holds one picture of a page to what must be true of every one.
func judge(t *testing.T, face *tab, s state, path string, at size) {
	t.Helper()
	where := s.name + " " + path + " " + at.String()
	if over := overflow(face); over > 0 {
		t.Errorf("%s: the page is %d px wider than the screen", where, over)
	}
	for _, what := range face.cutOff() {
		t.Errorf("%s: cut off: %s", where, what)
	}
	if marked := strings.Contains(face.body(), simulated); marked == (s.name == "empty") {
		t.Errorf("%s: %q is there: %t", where, simulated, marked)
	}
	if path == "/wall/tinh" && s.name == "calm" && at.width > 900 {
		share := saturated(pixels(t, face.shoot(false)))
		t.Logf("%s: %.2f %% of the pixels are coloured", where, share*100)
		if share > calmest {
			t.Errorf("%s: %.1f %% of the pixels are coloured, want at most %.0f %%", where, share*100, calmest*100)
		}
	}
	var violations []string
	face.do("axe", nil, &violations)
	for _, v := range violations {
		t.Errorf("%s: axe: %s", where, v)
	}
}

// cutOff lists the texts that stand, in part, outside what an element around them lets be seen, or outside the band,
// panel or tile they belong to. Texts that end in an ellipsis on purpose are not asked, nor is what only a screen reader
// meets.
func (g *tab) cutOff() []string {
	g.t.Helper()
	var found []string
	g.eval(`(() => {
		const seen = (box, by) => box.left >= by.left - 1 && box.right <= by.right + 1 && box.top >= by.top - 1 && box.bottom <= by.bottom + 1;
		const found = [];
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const text = walk.currentNode;
			const own = text.parentElement;
			if (text.data.trim() === '' || own.closest('.unseen, .skip, .trap, .names, script, style, select, textarea, noscript, caption, title') !== null) continue;
			const range = document.createRange();
			range.selectNodeContents(text);
			const {left, right, top, bottom, width, height} = range.getBoundingClientRect();
			if (width === 0 || height === 0) continue;
			// A line of text is higher than its letters: what a font leaves free above and below may be cut.
			const box = {left, right, top: top + height / 10, bottom: bottom - height / 10};
			for (let up = own; up !== null && up !== document.body; up = up.parentElement) {
				const style = getComputedStyle(up);
				if (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none' || /auto|scroll/.test(style.overflow)) break;
				const clips = style.overflowX !== 'visible' || /strict|paint|content/.test(style.contain) || up.matches('header, section');
				if (!clips || seen(box, up.getBoundingClientRect())) continue;
				found.push(own.tagName.toLowerCase() + '.' + own.className + ' "' + text.data.trim().slice(0, 60) + '" by ' + up.tagName.toLowerCase() + '.' + up.className);
				break;
			}
		}
		return [...new Set(found)].slice(0, 12);
	})()`, &found)
	return found
}
