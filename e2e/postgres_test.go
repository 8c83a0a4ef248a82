//go:build e2e

package e2e_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"toancanh/server/embedded/testredis"
)

// dbFault is something that happens to the database.
type dbFault struct {
	name   string
	hurt   func(*town)
	heal   func(*town)
	away   bool // no report can be kept meanwhile
	within time.Duration
	short  bool // belongs into every run
}

func dbFaults() []dbFault {
	return []dbFault{
		{
			name: "killed and started again", away: true, within: healDatabase, short: true,
			hurt: func(w *town) { w.postgres.Kill() }, heal: func(w *town) { w.postgres.Restart() },
		},
		{
			name: "frozen and thawed", away: true, within: healDatabase, short: true,
			hurt: func(w *town) { w.postgres.Pause() }, heal: func(w *town) { w.postgres.Resume() },
		},
		{
			name: "every session of the program ended", within: 5 * time.Second, short: true, heal: func(*town) {},
			hurt: func(w *town) {
				w.execute(`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'toancanh%'`)
			},
		},
		{
			name: "read-only for a while", away: true, within: 5 * time.Second,
			hurt: func(w *town) { w.readOnly("on") }, heal: func(w *town) { w.readOnly("off") },
		},
	}
}

func (w *town) execute(sql string) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *town) readOnly(value string) {
	w.t.Helper()
	w.execute("alter system set default_transaction_read_only = " + value)
	w.execute("select pg_reload_conf()")
}

func TestDatabaseFaultsLoseNothingAndAreShown(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic), watch(t, s, publicTopic)}
	l := send(t, s)
	for _, f := range dbFaults() {
		if !f.short && !long() {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			for range times(1, 3) {
				l.awaitAcks(10)
				hurtDatabase(t, w, s, f, screens[:2])
				back := time.Now()
				l.awaitAcks(3)
				l.pause()
				agree(t, w.pool, back, limit(f.within), screens...)
				l.resume()
			}
		})
	}
	if s.ended() {
		t.Error("the server ended with its database")
	}
	l.stop()
	l.check(t, w.pool)
	checkNumbers(t, w.pool)
	sound(screens...)
	for _, sc := range screens {
		if n := sc.noted(); n.sessions != 1 {
			t.Errorf("a screen lost its socket while the database was away: %s", sc.state())
		}
	}
	t.Log(l.summary())
}

// hurtDatabase does the fault and heals it when everything that must be seen of it was seen.
func hurtDatabase(t *testing.T, w *town, s *server, f dbFault, screens []*screen) {
	t.Helper()
	before := s.cmd.Process.Pid
	f.hurt(w)
	hurt := time.Now()
	if f.away {
		eventually(t, "/readyz says 503", limit(readyFalse), func() bool {
			a, err := s.api().get("/readyz")
			return err == nil && a.status == 503
		}, nil)
		if a, err := s.api().get("/healthz"); err != nil || a.status != 200 {
			t.Errorf("/healthz answers %d, %v: the process lives", a.status, err)
		}
	}
	if f.away && !strings.HasPrefix(f.name, "read-only") {
		marked(t, hurt, limit(markWithin), screens...)
	}
	f.heal(w)
	if s.ended() || s.cmd.Process.Pid != before {
		t.Fatal("the server did not live through it")
	}
}

func TestUpEndsWithItsDatabaseAndStartsAgain(t *testing.T) {
	t.Parallel()
	s := up(t)
	s.start()
	s.awaitReady(readyWithin)
	screen := watch(t, s, wallTopic)
	l := send(t, s)
	for range times(1, 10) {
		l.awaitAcks(10)
		pid, err := strconv.Atoi(s.postmaster()[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if code := s.await(30 * time.Second); code <= 0 {
			t.Errorf("exit code %d after the database died, want one above 0", code)
		}
		if last := s.log.tail(1); !strings.HasPrefix(last, "toancanh: ") || !strings.Contains(last, "database ended") {
			t.Errorf("the last word is %q, want a sentence about the database", last)
		}
		s.start()
		s.awaitReady(readyWithin)
		back := time.Now()
		l.awaitAcks(3)
		l.pause()
		agree(t, s.embeddedPool(), back, limit(healDatabase), screen)
		l.resume()
	}
	l.stop()
	l.check(t, s.embeddedPool())
	checkNumbers(t, s.embeddedPool())
	sound(screen)
}

func TestUpStartsItsRedisAgain(t *testing.T) {
	t.Parallel()
	testredis.New(t) // skips where none is installed
	s := up(t)
	s.start()
	s.awaitReady(readyWithin)
	screen := watch(t, s, wallTopic)
	l := send(t, s)
	for range times(1, 10) {
		l.awaitAcks(10)
		text, err := os.ReadFile(s.setting("TOANCANH_DATA") + "/redis.pid")
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		l.awaitAcks(10)
		l.pause()
		// Its guard and the new start take a moment that belongs to the fault.
		agree(t, s.embeddedPool(), killed, limit(healBus)+5*time.Second, screen)
		l.resume()
	}
	l.stop()
	l.check(t, s.embeddedPool())
	sound(screen)
	if n := screen.noted(); n.snapshots != 1 || n.sessions != 1 {
		t.Errorf("the screen began anew without need: %s", screen.state())
	}
}
