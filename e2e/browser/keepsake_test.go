//go:build e2e

package browser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// keptWithin is how long a page may take to keep itself and its picture.
const keptWithin = 40 * time.Second

// hasKept reports whether a wall could start without its server: its page, its files and its last picture are on disk.
func (g *tab) hasKept() bool {
	g.t.Helper()
	var kept bool
	g.eval(`(async () => {
		const shells = (await caches.keys()).filter((name) => name.startsWith('wall-shell-'));
		if (shells.length === 0 || (await (await caches.open(shells.at(-1))).match('/wall/')) === undefined) return false;
		return new Promise((done) => {
			const opening = indexedDB.open('toancanh-wall');
			opening.onupgradeneeded = () => opening.transaction.abort();
			opening.onerror = () => done(false);
			opening.onsuccess = () => {
				const db = opening.result;
				const asking = db.transaction('picture').objectStore('picture').get('tinh');
				asking.onsuccess = () => {
					db.close();
					const levels = asking.result?.value.topics.flatMap(({levels}) => levels) ?? [];
					done(levels.some(({key}) => key === 'kpi/open'));
				};
			};
		});
	})()`, &kept)
	return kept
}

// TestAWallStartsWithItsOldPictureMarkedOld reloads a wall whose server lives, is away and comes back: there is never a
// picture without numbers, and the old one is never unmarked.
func TestAWallStartsWithItsOldPictureMarkedOld(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	for range 3 {
		p.post("/api/v1/reports", map[string]any{
			"category": "MT", "description": "Đèn đường hỏng cả tuần nay.", "location": map[string]float64{"lat": 12.0462, "lon": 107.4379},
		}, nil)
	}
	wall := browseWith(t, p, "/wall/tinh", diary)
	wall.hurt = true
	wall.awaitLive(liveWithin)
	agree(t, p, wall, shownWithin)
	eventually(t, "the wall has kept itself and its picture", keptWithin, func() bool { return wall.hasKept() }, nil)
	wall.reload()
	wall.awaitLive(liveWithin)
	wall.fromOldToLive(t)

	p.kill()
	status, _, err := p.request(http.MethodGet, "/healthz", nil)
	if err == nil {
		t.Fatalf("the server still answers: %d", status)
	}
	wall.visit("/wall/tinh")
	eventually(t, "the wall shows its old picture", liveWithin, func() bool { return wall.number(tileOpen) == "3" }, func() string { return wall.body() })
	eventually(t, "the wall says that nobody answers", 2*staleWithin, func() bool { return strings.Contains(wall.text("header"), "MẤT KẾT NỐI") }, func() string { return wall.text("header") })
	if head := wall.text("header"); !strings.Contains(head, "dữ liệu lúc") || !strings.Contains(head, "tỉnh Đắk Nông") {
		t.Errorf("the head says %q, want the centre and the time of the data", head)
	}
	for _, e := range wall.diary() {
		if e.Open != "" && (e.Live != "stale" || e.Open != "3") {
			t.Errorf("without a server the wall says %q, %s", e.Open, e.Live)
		}
	}
	wall.settle()
	wall.keep("old-picture", false)

	p.start(quiet())
	wall.awaitLive(healWithin)
	agree(t, p, wall, healWithin)
	for _, e := range wall.diary() {
		if e.Open != "" && e.Open != "3" {
			t.Errorf("on its way back the wall says %q, %s", e.Open, e.Live)
		}
	}
}

// reload loads the page anew, as it does itself, and waits until another one is there.
func (g *tab) reload() {
	g.t.Helper()
	g.eval(`window.before = true; setTimeout(() => location.reload()); null`, nil)
	eventually(g.t, "another page is there", liveWithin, func() bool {
		var before bool
		g.eval(`window.before === true`, &before)
		return !before
	}, nil)
}

// fromOldToLive holds a page that has just started to what it has said so far: its first number was the kept one, marked
// old, and it was live in the end.
func (g *tab) fromOldToLive(t *testing.T) {
	t.Helper()
	entries := g.diary()
	var said []entry
	for _, e := range entries {
		if e.Open != "" {
			said = append(said, e)
		}
	}
	if len(said) < 2 || said[0].Live != "stale" || said[len(said)-1].Live != "live" {
		t.Errorf("the page went %+v, want from an old picture to a live one", entries)
	}
	for _, e := range said {
		if e.Open != "3" {
			t.Errorf("the page said %q (%s) on its way", e.Open, e.Live)
		}
	}
	t.Logf("the old picture stood %.0f ms after the page began, the live one after %.0f ms", said[0].At, said[len(said)-1].At)
}
