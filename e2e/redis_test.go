//go:build e2e

package e2e_test

import (
	"testing"
	"time"

	"toancanh/server/embedded/testredis"
)

// busFault is something that happens to Redis.
type busFault struct {
	name string
	hurt func(testing.TB, *testredis.Server)
	heal func(*testredis.Server)
	// seen says that the fault lasts until the screens are marked.
	seen bool
}

// acknowledgeWithin bounds 99 of 100 acknowledgements while the bus hangs.
const acknowledgeWithin = time.Second

func busFaults() []busFault {
	return []busFault{
		{
			name: "killed and started empty", seen: true,
			hurt: func(_ testing.TB, r *testredis.Server) { r.Kill() }, heal: func(r *testredis.Server) { r.Restart() },
		},
		{
			name: "hung", seen: true,
			hurt: func(_ testing.TB, r *testredis.Server) { r.Pause() }, heal: func(r *testredis.Server) { r.Resume() },
		},
		{name: "flushed", hurt: command("flushall"), heal: func(*testredis.Server) {}},
		{name: "clients cut", hurt: command("client", "kill", "type", "pubsub"), heal: func(*testredis.Server) {}},
		{name: "all clients cut", hurt: command("client", "kill", "type", "normal"), heal: func(*testredis.Server) {}},
	}
}

// command is a fault that Redis does to itself when asked.
func command(words ...any) func(testing.TB, *testredis.Server) {
	return func(t testing.TB, r *testredis.Server) {
		t.Helper()
		if err := r.Client().Do(t.Context(), words...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRedisFaultsAreHealedFromTheDatabase(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic, wallTopic), watch(t, s, publicTopic), watch(t, s, districtTopic("661"))}
	l := send(t, s)
	epoch := screens[0].since()[:8]
	for _, f := range busFaults() {
		t.Run(f.name, func(t *testing.T) {
			for range times(1, 3) {
				l.awaitAcks(10)
				f.hurt(t, redis)
				hurt := time.Now()
				l.awaitAcks(20)
				if f.seen {
					marked(t, hurt, limit(markWithin), screens[0], screens[1], screens[3])
				}
				took := l.since(hurt)
				if p99 := share(took, 99); p99 > limit(acknowledgeWithin) {
					t.Errorf("99 of 100 reports were acknowledged within %v, want %v", p99, acknowledgeWithin)
				}
				f.heal(redis)
				back := time.Now()
				t.Logf("%d reports acknowledged meanwhile, the slowest in %v", len(took), share(took, 100).Round(time.Millisecond))
				l.pause()
				agree(t, w.pool, back, limit(healBus), screens...)
				l.resume()
			}
		})
	}
	l.stop()
	l.check(t, w.pool)
	checkNumbers(t, w.pool)
	sound(screens...)
	for _, sc := range screens {
		n := sc.noted()
		if got := sc.since()[:8]; got != epoch {
			t.Errorf("the epoch changed from %s to %s", epoch, got)
		}
		if n.snapshots != len(sc.topics) || len(n.resets) > 0 || n.sessions != 1 {
			t.Errorf("a screen began anew without need: %s", sc.state())
		}
	}
	if l.tally[503] > 0 {
		t.Errorf("reports were refused because of the bus: %s", l.summary())
	}
	t.Log(l.summary())
}
