//go:build e2e

package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// What is assumed of a screen that nothing is set for (server/scene): 55 inches, seen from 5 m.
const (
	panelMM   = 685.0
	viewingMM = 5000.0
	capEM     = 0.70
	wordsMin  = 20.0
	digitsMin = 16.0
)

// written is one text of a page and the size of its font in CSS px.
type written struct {
	Text, Class string
	PX          float64
}

// texts lists what can be read on a page. The credit of the map is left out: it is a duty towards the source of the
// boundaries that nobody in the room acts upon. So are the names that the far map hides, and what only a screen reader meets.
func (g *tab) texts() []written {
	g.t.Helper()
	var all []written
	g.eval(`(() => {
		const all = [];
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const own = walk.currentNode.parentElement;
			const text = walk.currentNode.data.trim();
			if (text === '' || own.closest('.unseen, .credit, script, style') !== null) continue;
			const range = document.createRange();
			range.selectNodeContents(walk.currentNode);
			const box = range.getBoundingClientRect();
			if (box.width === 0 || box.height === 0 || !own.checkVisibility()) continue;
			all.push({Text: text, Class: own.tagName + '.' + own.className + ' in ' + (own.closest('.cell')?.className ?? ''), PX: parseFloat(getComputedStyle(own).fontSize)});
		}
		return all;
	})()`, &all)
	return all
}

// arcmin is the angle of a capital of so many px of a picture so many px high, at the farthest seat.
func arcmin(px, height float64) float64 {
	mm := px * capEM * panelMM / height
	return 2 * math.Atan(mm/2/viewingMM) * 180 / math.Pi * 60
}

// TestAScreenOfWhichNothingIsSetCanBeReadFromFiveMetres measures every text as Chromium has drawn it.
func TestAScreenOfWhichNothingIsSetCanBeReadFromFiveMetres(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, []string{"TOANCANH_HISTORY_DAYS=2"})
	wall := browse(t, p, "/wall/xa", size{1920, 1080})
	wall.awaitLive(liveWithin)
	for _, scene := range []string{"", "?canh=mua-bao&mat-do=far"} {
		if scene != "" {
			wall.visit("/wall/xa" + scene)
			wall.awaitLive(liveWithin)
		}
		for _, s := range []size{{1920, 1080}, {3840, 2160}} {
			wall.do("resize", map[string]any{"width": s.width, "height": s.height}, nil)
			wall.settle()
			if got := wall.dataset("density"); got != "far" {
				t.Fatalf("%s %v: the density is %q, want far", scene, s, got)
			}
			wall.measure(scene+" "+s.String(), float64(s.height))
			wall.keep("far"+strings.NewReplacer("?", "-", "=", "-", "&", "-").Replace(scene)+"-"+s.String(), false)
		}
	}
}

// measure holds every text of a page to the rule.
func (g *tab) measure(where string, height float64) {
	g.t.Helper()
	texts := g.texts()
	const least = 20 // six tiles with their labels, the head, two lines
	if len(texts) < least {
		g.t.Fatalf("%s: only %d texts are there", where, len(texts))
	}
	smallest := math.Inf(1)
	for _, w := range texts {
		need := wordsMin
		if !strings.ContainsFunc(w.Text, isLetter) {
			need = digitsMin
		}
		got := arcmin(w.PX, height)
		smallest = min(smallest, got)
		if got < need {
			g.t.Errorf("%s: %q (%s) is %.1f px, %.1f minutes of arc, want %.0f", where, w.Text, w.Class, w.PX, got, need)
		}
	}
	g.t.Logf("%s: %d texts, the smallest %.1f minutes of arc", where, len(texts), smallest)
}

func isLetter(r rune) bool {
	return r > '9' && r != '≥' && r != '–' && r != '·' && r != '…' && r != '−'
}

// TestASceneThatCannotBeReadIsRefused opens a screen that the server takes for one of 16:9 on a picture that is less
// wide: its letters are smaller than its height promises, which only the page can know.
func TestASceneThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	p.call("PUT", "/api/v1/screens/hep", map[string]any{"title": "Hẹp", "area": "67", "density": "auto", "panel_mm": panelMM, "viewing_mm": viewingMM}, nil)
	wall := browse(t, p, "/wall/hep", size{1280, 1024})
	eventually(t, "the scene is refused", liveWithin, func() bool { return strings.Contains(wall.body(), "không hiện được cảnh") }, func() string { return wall.body() })
	if body := wall.body(); !strings.Contains(body, "hep") || !strings.Contains(body, "5,0 m") {
		t.Errorf("the page does not say which screen and which seat: %s", body)
	}
	var screens struct {
		Screens []struct {
			ID   string
			Seen *struct {
				Applied bool
				Reason  string
			}
		}
	}
	eventually(t, "the page says so to the server", liveWithin, func() bool {
		p.get("/api/v1/screens", &screens)
		for _, s := range screens.Screens {
			if s.ID == "hep" && s.Seen != nil {
				return !s.Seen.Applied && strings.Contains(s.Seen.Reason, "mm")
			}
		}
		return false
	}, func() string { raw, _ := json.Marshal(screens); return string(raw) })
}

// dataset is what the page says of itself.
func (g *tab) dataset(name string) string {
	g.t.Helper()
	var value string
	g.eval(`document.documentElement.dataset[`+quoted(name)+`] ?? ''`, &value)
	return value
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(raw)
}

// changesWanted is how many values must have changed before the places are compared.
const changesWanted = 200

// TestNothingMovesButTheValue compares the place of every part, row and column before and after hundreds of changes. The
// walls change side by side: the test waits once.
func TestNothingMovesButTheValue(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, lively(1))
	type watched struct {
		*tab
		path   string
		before []string
	}
	var walls []watched
	for _, path := range []string{"/wall/tinh", "/wall/tinh?canh=mua-bao&mat-do=near", "/wall/xa"} {
		wall := browse(t, p, path, size{1920, 1080})
		wall.awaitLive(healWithin)
		wall.settle()
		eventually(t, "the first numbers are there", liveWithin, func() bool { return wall.hasNumbers() || path != "/wall/tinh" }, nil)
		walls = append(walls, watched{wall, path, wall.places()})
		wall.eval(`(() => {
			window.changes = 0;
			new MutationObserver((list) => { window.changes += list.length; }).observe(document.querySelector('main'), {subtree: true, characterData: true, childList: true});
		})()`, nil)
	}
	for _, w := range walls {
		const lasts = 3 * time.Minute
		var n int
		eventually(t, w.path+" has changed often", lasts, func() bool {
			w.eval(`window.changes`, &n)
			return n >= changesWanted
		}, func() string { return fmt.Sprint(n, " changes") })
		after := w.places()
		for _, place := range w.before {
			if !slices.Contains(after, place) {
				t.Errorf("%s: moved or gone: %s", w.path, place)
			}
		}
		if len(w.before) < 20 { //nolint:mnd // cells, tiles and lines
			t.Errorf("%s: only %d places were compared", w.path, len(w.before))
		}
		var running int
		w.eval(`document.getAnimations().length`, &running)
		if running != 0 {
			t.Errorf("%s: %d animations run on a wall where nothing asks for one", w.path, running)
		}
	}
}

// places are the boxes of everything on a wall whose place must not depend on its value. They have no numbers: a line that says
// how many more there are may come between them, and moves nothing.
func (g *tab) places() []string {
	g.t.Helper()
	var all []string
	g.eval(`[...document.querySelectorAll('main, .cell, .cell > *, .tile, .tile > *, footer > p, thead th, .panel > h2, .rest')].map((e) => {
		const {left, top, width, height} = e.getBoundingClientRect();
		const own = e.className.replace(/svelte-\w+|normal|attention|warning|critical|unknown|fresh|stale/g, '').trim();
		return [e.tagName, own, left, top, width, height].join(' ');
	})`, &all)
	return all
}
