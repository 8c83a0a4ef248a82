//go:build e2e

package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// diary notes, in a page, every change of what it says of itself and of its first number, with the time by a clock that
// nobody sets. window.shift moves the page's clock.
const diary = `(() => {
	const real = Date.now.bind(Date);
	window.shift = 0;
	Date.now = () => real() + window.shift;
	window.diary = [];
	const look = () => {
		const live = document.documentElement.dataset.live ?? '';
		const open = document.querySelector('[data-kpi="kpi/open"] .number')?.textContent.trim() ?? '';
		const last = window.diary.at(-1);
		if (last?.live !== live || last?.open !== open) window.diary.push({at: performance.now(), live, open});
	};
	document.addEventListener('DOMContentLoaded', () => {
		new MutationObserver(look).observe(document.documentElement, {attributes: true, subtree: true, childList: true, characterData: true});
		look();
	});
})()`

type entry struct {
	At         float64
	Live, Open string
}

func (g *tab) diary() []entry {
	g.t.Helper()
	var entries []entry
	g.eval(`window.diary`, &entries)
	return entries
}

// forget begins the diary anew with what is the case.
func (g *tab) forget() {
	g.t.Helper()
	g.eval(`window.diary = window.diary.slice(-1); null`, nil)
}

// doubt is something after which a wall must not be believed until a beat of now confirms it.
type doubt struct {
	name       string
	bring, end func(*stage, *tab)
	// says is what the head must say while it lasts.
	says string
}

func doubts() []doubt {
	visibility := func(state string) string {
		return fmt.Sprintf(`Object.defineProperty(document, 'visibilityState', {value: %q, configurable: true});
			document.dispatchEvent(new Event('visibilitychange')); null`, state)
	}
	nothing := func(*stage, *tab) {}
	right := func(_ *stage, g *tab) { g.eval(`window.shift = 0; null`, nil) }
	return []doubt{
		{"the feed falls silent on an open socket", func(s *stage, _ *tab) { s.silence(true) }, nothing, "MẤT KẾT NỐI"},
		{
			"the relay stands still while beats go on", func(s *stage, _ *tab) { s.freezeSource(true) },
			func(s *stage, _ *tab) { s.freezeSource(false) }, "KHÔNG PHẢN HỒI",
		},
		{
			"the page was frozen", func(s *stage, g *tab) {
				g.do("cdp", map[string]any{"method": "Page.setWebLifecycleState", "params": map[string]any{"state": "frozen"}}, nil)
				time.Sleep(staleWithin) //nolint:forbidigo // the wait is the test
				s.silence(true)
				g.do("cdp", map[string]any{"method": "Page.setWebLifecycleState", "params": map[string]any{"state": "active"}}, nil)
			}, nothing, "dữ liệu lúc",
		},
		{
			"the page was hidden", func(s *stage, g *tab) {
				g.eval(visibility("hidden"), nil)
				s.silence(true)
				g.eval(visibility("visible"), nil)
			}, nothing, "dữ liệu lúc",
		},
		{
			"the machine slept, or its clock was set", func(s *stage, g *tab) {
				s.silence(true)
				g.eval(`window.shift = 600_000; null`, nil)
			}, right, "dữ liệu lúc",
		},
		{
			"its clock was set back", func(s *stage, g *tab) {
				s.silence(true)
				g.eval(`window.shift = -600_000; null`, nil)
			}, right, "dữ liệu lúc",
		},
	}
}

// TestAWallIsBelievedAgainOnlyAfterABeatOfNow brings every doubt about what a wall shows, sees it marked within seconds
// with the time of the data, and the mark stay until a new beat has come.
func TestAWallIsBelievedAgainOnlyAfterABeatOfNow(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	s := play(t, p, ordinaryShow(40))
	wall := browseWith(t, &province{addr: s.addr}, "/wall/tinh", diary)
	wall.hurt = true
	wall.awaitLive(liveWithin)
	for _, d := range doubts() {
		t.Run(d.name, func(t *testing.T) {
			wall.steady()
			s.delay(3 * time.Second) // whoever comes back is not confirmed at once
			wall.forget()
			d.bring(s, wall)
			took := eventually(t, "the wall says that it is old", 2*staleWithin, func() bool { return wall.live() == "stale" }, func() string { return wall.text("header") })
			eventually(t, "the head names the fault and the time of the data", 2*staleWithin, func() bool {
				head := wall.text("header")
				return strings.Contains(head, d.says) && strings.Contains(head, "dữ liệu lúc")
			}, func() string { return wall.text("header") })
			before := wall.diary()
			if number := before[len(before)-1].Open; number != "40" {
				t.Errorf("the tile says %q, want its last number", number)
			}
			wall.forget()
			d.end(s, wall)
			s.silence(false)
			back := wall.awaitLive(healWithin)
			for _, e := range append(before, wall.diary()...) {
				if e.Open != "40" {
					t.Errorf("the tile said %q while nothing had changed (%s)", e.Open, e.Live)
				}
			}
			t.Logf("marked within %v, believed again after %v", took.Round(10*time.Millisecond), back.Round(10*time.Millisecond))
			wall.checkClock(s)
			s.delay(0)
		})
	}
}

// checkClock holds the wall's clock to the server's, whatever the machine's says.
func (g *tab) checkClock(s *stage) {
	g.t.Helper()
	hanoi := time.FixedZone("ICT", 7*3600)
	eventually(g.t, "the wall shows the server's time", 2*staleWithin, func() bool {
		text := g.text("header time")
		for _, off := range []int{-3, -2, -1, 0, 1} {
			if strings.Contains(text, s.show.now().Add(time.Duration(off)*time.Second).In(hanoi).Format("15:04:05")) {
				return true
			}
		}
		return false
	}, func() string { return g.text("header time") })
}

// TestNothingFalseIsShownBetweenReconnectionAndSnapshot cuts the feed and has the new one wait before it says anything:
// the old picture stays, is marked before it is five seconds old, and no number passes through nothing on the way.
func TestNothingFalseIsShownBetweenReconnectionAndSnapshot(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	s := play(t, p, ordinaryShow(40))
	s.delay(3 * time.Second)
	wall := browseWith(t, &province{addr: s.addr}, "/wall/tinh", diary)
	wall.hurt = true
	wall.awaitLive(liveWithin)
	wall.steady()
	for _, e := range wall.diary() {
		if e.Live == "live" && e.Open != "40" || e.Open == "0" {
			t.Errorf("at its start the wall says %q, %s", e.Open, e.Live)
		}
	}
	wall.forget()
	s.delay(5500 * time.Millisecond)
	s.cut()
	eventually(t, "the wall is marked", 2*staleWithin, func() bool { return wall.live() == "stale" }, nil)
	wall.awaitLive(healWithin)
	var unmarked float64
	entries := wall.diary()
	for i, e := range entries {
		if e.Open != "40" {
			t.Errorf("the tile said %q on the way (%s)", e.Open, e.Live)
		}
		if e.Live == "connecting" && i+1 < len(entries) {
			unmarked += entries[i+1].At - e.At
		}
	}
	if limit := float64(staleWithin.Milliseconds()); unmarked > limit {
		t.Errorf("the old picture stood unmarked for %.0f ms", unmarked)
	}
	t.Logf("unmarked for %.0f ms: %+v", unmarked, entries)
}
