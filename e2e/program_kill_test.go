//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Promises of healing, from the moment what was hurt is back.
const (
	healProgram  = 10 * time.Second
	healDatabase = 15 * time.Second
	healBus      = 5 * time.Second
	markWithin   = 5 * time.Second
	readyFalse   = 3 * time.Second
)

func TestKilledProgramLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.start()
	s.awaitReady(readyWithin)
	screens := []*screen{
		watch(t, s, wallTopic), watch(t, s, opsTopic, wallTopic), watch(t, s, publicTopic), watch(t, s, districtTopic("660")),
	}
	l := send(t, s)
	for round := range times(2, 200) {
		l.awaitAcks(5 + rand.N(20))
		s.kill()
		killed := time.Now()
		if round == 0 { // once long enough for the mark
			marked(t, killed, limit(markWithin), screens[0], screens[1], screens[3])
		}
		s.start()
		t.Logf("ready %v after the start", s.awaitReady(readyWithin).Round(time.Millisecond))
		back := time.Now()
		l.awaitAcks(3)
		l.pause()
		agree(t, s.embeddedPool(), back, limit(healProgram), screens...)
		l.resume()
	}
	l.stop()
	l.check(t, s.embeddedPool())
	checkNumbers(t, s.embeddedPool())
	sound(screens...)
	t.Log(l.summary())
}

// TestAnswerLostAfterCommitIsFoundAgain kills the program between commit and answer: the database waits for a stand-by
// that does not exist, so that a commit is on disk and not told.
func TestAnswerLostAfterCommitIsFoundAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve()
	places := s.communes()
	execute := func(sql string) {
		t.Helper()
		if _, err := w.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range times(1, 20) {
		p := places[rand.N(len(places))]
		text := "Ổ gà sâu trước cổng trường " + uuid.NewString()
		body, err := json.Marshal(map[string]any{
			"category": s.categories()[0], "description": text, "location": map[string]float64{"lat": p.Lat, "lon": p.Lon},
		})
		if err != nil {
			t.Fatal(err)
		}
		key := uuid.NewString()
		execute("alter system set synchronous_standby_names = 'nobody'")
		execute("select pg_reload_conf()")
		lost := make(chan error, 1)
		go func() {
			_, err := s.api().send(http.MethodPost, "/api/v1/reports", header(key), body)
			lost <- err
		}()
		eventually(t, "a commit waits for its stand-by", 10*time.Second, func() bool { return waitingCommits(w) > 0 }, nil)
		s.kill()
		if err := <-lost; err == nil {
			t.Fatal("the request was answered although its commit was not")
		}
		execute("alter system reset synchronous_standby_names")
		execute("select pg_reload_conf()")
		s.start()
		s.awaitReady(readyWithin)
		first, again := receiptOf(t, s, key, body), receiptOf(t, s, key, body)
		if first != again {
			t.Errorf("the same key was answered %q and then %q", first, again)
		}
		var id string
		var n int
		if err := w.pool.QueryRow(t.Context(), "select min(id::text), count(*) from report where description = $1", text).Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		if n != 1 || id != first {
			t.Errorf("%d reports are kept, the first as %s; the sender was told %s", n, id, first)
		}
	}
}

// waitingCommits counts transactions of the intake that are on disk and not told.
func waitingCommits(w *town) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var n int
	_ = w.pool.QueryRow(ctx, `select count(*) from pg_stat_activity
		where wait_event = 'SyncRep' and application_name = 'toancanh write'`).Scan(&n)
	return n
}

// receiptOf sends a report and returns the id it was given.
func receiptOf(t testing.TB, s *server, key string, body []byte) string {
	t.Helper()
	a, err := s.api().send(http.MethodPost, "/api/v1/reports", header(key), body)
	var receipt struct{ ID string }
	if err := a.into(err, "/api/v1/reports", &receipt); err != nil {
		t.Fatal(err)
	}
	return receipt.ID
}
