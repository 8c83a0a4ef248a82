//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestScreensForgetAFutureThatARestoreTookAway puts yesterday's files back under screens that have seen today: the same
// numbers would mean other facts, so that the epoch must change, and only then.
func TestScreensForgetAFutureThatARestoreTookAway(t *testing.T) {
	t.Parallel()
	s := up(t)
	data := s.setting("TOANCANH_DATA")
	begin := func() string {
		t.Helper()
		s.start()
		s.awaitReady(readyWithin)
		pool := s.embeddedPool()
		var epoch string
		// Reports are taken in before there is a leader, and only a leader looks whose epoch it is.
		eventually(t, "somebody leads", readyWithin, func() bool {
			return pool.QueryRow(t.Context(), `select epoch from relay r where exists (
				select from pg_stat_activity a where a.pid = r.leader_pid and a.backend_start = r.leader_started)`).Scan(&epoch) == nil
		}, nil)
		return epoch
	}
	first := begin()
	l := send(t, s)
	l.awaitAcks(10)
	l.stop()
	s.stop()
	backup := filepath.Join(t.TempDir(), "backup")
	duplicate(t, data, backup)

	if again := begin(); again != first {
		t.Fatalf("the epoch is %q after a restart, was %q: every screen would take a snapshot it did not need", again, first)
	}
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic)}
	future := send(t, s)
	future.awaitAcks(20)
	future.stop()
	agree(t, s.embeddedPool(), time.Now(), limit(healProgram), screens...)
	s.stop()
	s.awaitChildrenGone()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	duplicate(t, backup, data)

	if restored := begin(); restored == first {
		t.Errorf("the epoch is still %q after a restore", restored)
	}
	back := time.Now()
	// As many facts again as were lost: by their numbers alone the two pasts could not be told apart.
	present := send(t, s)
	present.awaitAcks(25)
	present.stop()
	agree(t, s.embeddedPool(), back, limit(healProgram)+10*time.Second, screens...)
}

// duplicate copies a directory with owners, modes and times, as a backup does.
func duplicate(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v\n%s", from, err, out)
	}
}
