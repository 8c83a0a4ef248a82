//go:build e2e

package browser_test

import (
	"fmt"
	"testing"
	"time"
)

// The day that is played: by a clock that goes on only when it is told to, so that a busy machine changes nothing but how
// long the test takes.
const (
	dayLength = 24 * time.Hour
	dayBar    = 10 * time.Second // between two beats
	dayWarm   = 2 * time.Hour
	dayWeigh  = 10 * time.Minute
	dayMarks  = 500
	dayThings = 20 // events a bar: two a second, ten times a busy province's
	// A day holds as many ticks, minutes, pictures put away and words to the server as a real one: what leaks by any of
	// them does so here, so that far less than in half an hour of the real clock is found.
	mostDaySlope = mostSlope / 10
)

// handClock is a page's clock that stands until pass() moves it: its time, its timers and intervals. Frames of the screen,
// sockets and answers are real and get their turn on the way. It goes on over a reload. pass(until, told) first waits,
// within limits, until the page has heard the beat that was said last.
const handClock = `(() => {
	const patience = 5000, turnEvery = 20;
	const real = {Date, now: performance.now.bind(performance)};
	const first = Number(sessionStorage.getItem('played') ?? %d);
	sessionStorage.setItem('starts', Number(sessionStorage.getItem('starts') ?? 0) + 1);
	let now = first, last = 0, turns = 0;
	const timers = new Map();
	class PlayedDate extends real.Date {
		constructor(...given) { if (given.length === 0) super(now); else super(...given); }
		static now() { return now; }
	}
	window.Date = PlayedDate;
	performance.now = () => now - first;
	const add = (deed, ms, every, given) => {
		const wait = Math.max(every ? 1 : 0, Number(ms) || 0);
		timers.set(++last, {id: last, at: now + wait, every: every ? wait : null, deed, given});
		return last;
	};
	window.setTimeout = (deed, ms, ...given) => add(deed, ms, false, given);
	window.setInterval = (deed, ms, ...given) => add(deed, ms, true, given);
	window.clearTimeout = window.clearInterval = (id) => { timers.delete(id); };
	const turn = () => new Promise((done) => {
		const port = new MessageChannel();
		port.port1.onmessage = () => { port.port1.close(); done(); };
		port.port2.postMessage(null);
	});
	let beat = 0;
	const Socket = window.WebSocket;
	window.WebSocket = class extends Socket {
		constructor(...given) {
			super(...given);
			this.addEventListener('message', ({data}) => {
				if (data.includes('"type":"beat"')) beat = real.Date.parse(JSON.parse(data).at);
			});
		}
	};
	const next = (until) => {
		let soonest = null;
		for (const timer of timers.values()) {
			if (timer.at <= until && (soonest === null || timer.at < soonest.at)) soonest = timer;
		}
		return soonest;
	};
	window.addEventListener('pagehide', () => { sessionStorage.setItem('played', now); });
	window.pass = async (until, told) => {
		for (const since = real.now(); beat < told && real.now() - since < patience; ) await turn();
		for (let timer = next(until); timer !== null; timer = next(until)) {
			now = Math.max(now, timer.at);
			if (timer.every === null) timers.delete(timer.id);
			else timer.at = now + timer.every;
			timer.deed(...timer.given);
			if (++turns %% turnEvery === 0) await turn();
		}
		now = until;
		await turn();
	};
})()`

// daybook is what was seen of a page at one moment of the day.
type daybook struct {
	Starts, Tiles     int
	Night, Live, Move string
}

func (g *tab) look() (seen daybook) {
	g.t.Helper()
	g.eval(`({
		starts: Number(sessionStorage.getItem('starts')), tiles: document.querySelectorAll('[data-kpi]').length,
		night: document.documentElement.dataset.night ?? '', live: document.documentElement.dataset.live,
		move: document.querySelector('.wall')?.style.translate ?? '',
	})`, &seen)
	return seen
}

// TestAWallStaysTheSameThroughADay plays 24 hours in minutes: every tick, minute, change of the date, picture put away, word to
// the server and shift of the picture of a real day, and its night with the dimming and the one reload. TOANCANH_SOAK=1 or
// TOANCANH_LONG=1.
func TestAWallStaysTheSameThroughADay(t *testing.T) {
	t.Parallel()
	needSoak(t)
	p := settle(t, nil, quiet())
	now := time.Date(2026, 11, 30, 6, 0, 0, 0, time.FixedZone("ICT", 7*3600))
	s := play(t, p, show{now: func() time.Time { return now }, beat: dayBar, bound: true, marks: dayMarks})
	wall := browseWith(t, &province{addr: s.addr}, "/wall/tinh", fmt.Sprintf(handClock, now.UnixMilli()))
	var w weights
	var reloads, dark []string
	moved := map[string]bool{}
	starts := 1
	for played := time.Duration(0); played < dayLength; played += dayBar {
		// Only then does the stage's clock go on: a page that begins anew meanwhile must not hear from its future.
		wall.eval(fmt.Sprintf(`pass(%d, %d)`, now.Add(dayBar).UnixMilli(), now.UnixMilli()), nil)
		s.mu.Lock()
		now = now.Add(dayBar)
		s.mu.Unlock()
		s.bar(dayThings)
		if played%time.Minute != 0 {
			continue
		}
		seen := wall.look()
		anew := seen.Starts > starts
		if anew {
			starts = seen.Starts
			reloads = append(reloads, now.Format("15:04"))
			// Until it has mounted anything a browser goes on painting the page before; then it shows what that one kept.
			eventually(t, "the new page shows the kept picture", liveWithin, func() bool { seen = wall.look(); return seen.Tiles > 0 }, nil)
		}
		moved[seen.Move] = true
		if played > time.Minute && (seen.Tiles == 0 || seen.Live != "live" && !anew) {
			t.Errorf("at %s the wall shows %d tiles and is %q: %s", now.Format("15:04"), seen.Tiles, seen.Live, wall.text("header"))
		}
		if on := seen.Night == "on"; on != (len(dark)%2 == 1) {
			dark = append(dark, now.Format("15:04"))
		}
		if played%(3*time.Hour) == 0 {
			t.Logf("it is %s", now.Format("15:04"))
		}
		if played >= dayWarm && played%dayWeigh == 0 && len(reloads) == 0 {
			w.add(played, wall.weigh())
		}
	}
	head, joined := s.at()
	s.awaitAll(wall)
	line := w.slope()
	t.Logf("%d events in 24 h, %.1f bytes of heap an event; %v; dark and bright at %v, loaded anew at %v, %d places of the picture",
		head-stageHead, line.slope*dayBar.Hours()/dayThings, &w, dark, reloads, len(moved))
	if !line.tight(mostDaySlope) {
		t.Errorf("the heap: %v, want %.1f MiB an hour of the played clock at most", line, float64(mostDaySlope)/(1<<20))
	}
	w.steady(t)
	if len(reloads) != 1 || reloads[0] < "04:00" || reloads[0] > "05:01" {
		t.Errorf("the page loaded itself anew at %v, want once between 04:00 and 05:00", reloads)
	}
	if want := []string{"22:00", "05:30"}; len(dark) != 2 || dark[0] != want[0] || dark[1] != want[1] {
		t.Errorf("the picture was dimmed and bright again at %v, want %v", dark, want)
	}
	if len(moved) < 10 {
		t.Errorf("the picture stood in %d places", len(moved))
	}
	if joined != 1+len(reloads) {
		t.Errorf("the page took %d sockets for %d starts: it has missed something and asked again", joined, 1+len(reloads))
	}
}
