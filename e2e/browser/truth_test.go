//go:build e2e

package browser_test

import (
	"strings"
	"testing"
	"time"
)

// staleWithin is how long a test waits for a mark that is promised within 5 s: a browser that draws by software, beside
// other tests, may be late itself. What was measured is logged.
const staleWithin = 7 * time.Second

// healWithin is the longest any of the faults may take to heal, the program's own start included.
const healWithin = 30 * time.Second

// steadyFor is how long a page is live before it is believed that it stays so.
const steadyFor = 2500 * time.Millisecond

// outage is something that happens to a part the wall stands on.
type outage struct {
	name       string
	hurt, heal func(*province)
}

func outages() []outage {
	return []outage{
		{
			"the server stands still",
			func(p *province) { p.freeze([]int{p.cmd.Process.Pid}) }, func(p *province) { p.thaw([]int{p.cmd.Process.Pid}) },
		},
		{"PostgreSQL stands still", func(p *province) { p.freeze(p.postgres()) }, func(p *province) { p.thaw(p.postgres()) }},
		{"Redis stands still", func(p *province) { p.freeze(p.redis()) }, func(p *province) { p.thaw(p.redis()) }},
		{"the server is killed", func(p *province) { p.kill() }, func(p *province) { p.start(quiet()) }},
	}
}

func TestAWallThatCannotBeSureSaysSo(t *testing.T) {
	t.Parallel()
	p := settle(t, nil, quiet())
	for _, place := range []map[string]float64{{"lat": 12.0462, "lon": 107.4379}, {"lat": 12.2, "lon": 107.7}} {
		p.post("/api/v1/reports", map[string]any{"category": "MT", "description": "Đèn đường hỏng cả tuần nay.", "location": place}, nil)
	}
	wall := browse(t, p, "/wall/tinh", size{1366, 768})
	wall.hurt = true
	wall.awaitLive(liveWithin)
	agree(t, p, wall, shownWithin)
	for _, o := range outages() {
		t.Run(o.name, func(t *testing.T) {
			defer p.thawAll()
			wall.steady()
			hurt := time.Now()
			o.hurt(p)
			eventually(t, "the wall says that it is old", 4*staleWithin, func() bool { return wall.since().Stale > 0 }, nil)
			took := time.UnixMilli(int64(wall.since().Stale)).Sub(hurt)
			if took > staleWithin {
				t.Errorf("the wall said that it is old after %v, want %v", took, staleWithin)
			}
			head, tile := wall.text("header"), wall.tile(tileOpen)
			wall.keep("stale-"+strings.ReplaceAll(o.name, " ", "-"), false)
			o.heal(p)
			if !strings.Contains(head, "dữ liệu lúc") || !strings.Contains(head, "MẤT KẾT NỐI") && !strings.Contains(head, "KHÔNG PHẢN HỒI") {
				t.Errorf("the head says %q, want a band that names the fault and the time of the data", head)
			}
			if !strings.Contains(tile, "2") || !strings.Contains(tile, "Số liệu cũ") {
				t.Errorf("a tile says %q, want its last number and that it is old", tile)
			}
			back := wall.awaitLive(healWithin)
			agree(t, p, wall, healWithin)
			t.Logf("marked after %v, live again after %v", took.Round(10*time.Millisecond), back.Round(10*time.Millisecond))
		})
	}
}

// since is for how long the page has said live, or stale, without a break, by its own clock: what the browser takes to
// answer does not count.
type since struct{ Live, Stale float64 } // milliseconds since 1970, 0: it says something else

func (g *tab) since() since {
	g.t.Helper()
	var s since
	g.eval(`(() => {
		const root = document.documentElement;
		if (window.sayingSince === undefined) {
			const said = {live: 0, stale: 0};
			const look = () => {
				for (const word of ['live', 'stale']) said[word] = root.dataset.live === word ? said[word] || Date.now() : 0;
			};
			new MutationObserver(look).observe(root, {attributes: true, attributeFilter: ['data-live']});
			look();
			window.sayingSince = said;
		}
		return window.sayingSince;
	})()`, &s)
	return s
}

// steady waits until the page has been live for a while: after a fault it may waver once.
func (g *tab) steady() {
	g.t.Helper()
	eventually(g.t, "the page stays live", healWithin, func() bool {
		since := g.since().Live
		return since > 0 && time.Since(time.UnixMilli(int64(since))) > steadyFor
	}, func() string { return g.text("header") })
}
