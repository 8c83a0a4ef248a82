//go:build e2e

package e2e_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"toancanh/server/embedded/testredis"
)

func TestScreenMovedBetweenHubsMissesNothing(t *testing.T) {
	t.Parallel()
	for name, redis := range map[string]func(testing.TB) string{
		"on one redis":                func(t testing.TB) string { t.Helper(); return testredis.New(t).URL() },
		"on a redis cluster of three": func(t testing.TB) string { t.Helper(); return "redis://" + strings.Join(testredis.Cluster(t), ",") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moveBetweenHubs(t, newTown(t, redis(t)))
		})
	}
}

// moveBetweenHubs has screens change their hub again and again while reports come in.
func moveBetweenHubs(t *testing.T, w *town) {
	t.Helper()
	s := w.serve("TOANCANH_HUB=off")
	hubs := []*server{w.hub(s), w.hub(s)}
	ticket := func(topics ...string) func() (string, error) {
		return func() (string, error) { return s.token(topics...) }
	}
	moving := []*screen{
		watchAt(t, hubs[0].addr, ticket(wallTopic, opsTopic), wallTopic, opsTopic),
		watchAt(t, hubs[1].addr, ticket(districtTopic("660")), districtTopic("660")),
		watchAt(t, hubs[1].addr, nil, publicTopic),
	}
	still := watchAt(t, hubs[1].addr, ticket(wallTopic), wallTopic)
	l := send(t, s)
	moves := times(12, 300)
	for i := range moves {
		l.awaitAcks(1 + rand.N(3))
		for j, sc := range moving {
			sc.move(hubs[(i+j)%2].addr)
		}
	}
	l.pause()
	agree(t, w.pool, time.Now(), limit(healBus), append(moving, still)...)
	l.resume()

	hubs[0].kill() // what its screens had is continued at the other
	killed := time.Now()
	for _, sc := range moving {
		sc.move(hubs[1].addr)
	}
	l.awaitAcks(5)
	l.pause()
	agree(t, w.pool, killed, limit(healProgram), append(moving, still)...)
	l.resume()
	l.stop()
	l.check(t, w.pool)
	sound(append(moving, still)...)
	for _, sc := range moving {
		n := sc.noted()
		if n.snapshots != len(sc.topics) || len(n.resets) > 0 {
			t.Errorf("a moved screen began anew: %s", sc.state())
		}
		if n.sessions < moves/2 {
			t.Errorf("a screen moved %d times had %d sessions", moves, n.sessions)
		}
	}
}
