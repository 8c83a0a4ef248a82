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
	wall.awaitLive(liveWithin)
	agree(t, p, wall, shownWithin)
	for _, o := range outages() {
		t.Run(o.name, func(t *testing.T) {
			o.hurt(p)
			took := eventually(t, "the wall says that it is old", staleWithin, func() bool { return wall.live() == "stale" }, nil)
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
