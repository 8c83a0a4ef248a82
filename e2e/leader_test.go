//go:build e2e

package e2e_test

import (
	"context"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"toancanh/server/embedded/testredis"
)

// takeOver is how long a leader may be away before another leads.
const takeOver = 5 * time.Second

// leader is the process that leads, by what the relay's row says, and its term.
func (w *town) leader() (pid int, term int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var name string
	if err := w.pool.QueryRow(ctx, "select leader, term from relay").Scan(&name, &term); err != nil {
		return 0, 0, err
	}
	pid, err = strconv.Atoi(name[strings.LastIndexByte(name, ':')+1:])
	return pid, term, err
}

// split says which of two servers leads.
func (w *town) split(one, other *server) (leads, follows *server) {
	w.t.Helper()
	pid, _, err := w.leader()
	if err != nil {
		w.t.Fatal(err)
	}
	switch pid {
	case one.cmd.Process.Pid:
		return one, other
	case other.cmd.Process.Pid:
		return other, one
	}
	w.t.Fatalf("process %d leads, which is neither server", pid)
	return nil, nil
}

// awaitLeader waits until a process leads in a later term.
func (w *town) awaitLeader(s *server, after int64, within time.Duration) time.Duration {
	w.t.Helper()
	return eventually(w.t, "the standby leads", within, func() bool {
		pid, term, err := w.leader()
		return err == nil && pid == s.cmd.Process.Pid && term > after
	}, nil)
}

func TestFrozenLeaderNumbersNothingTwice(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	servers := []*server{w.serve(), w.serve()}
	screens := []*screen{watch(t, servers[0], wallTopic), watch(t, servers[1], wallTopic), watch(t, servers[0], opsTopic), watch(t, servers[1], publicTopic)}
	l := send(t, servers...)
	for range times(1, 10) {
		l.awaitAcks(10)
		leads, follows := w.split(servers[0], servers[1])
		_, term, err := w.leader()
		if err != nil {
			t.Fatal(err)
		}
		leads.signal(syscall.SIGSTOP)
		frozen := time.Now()
		t.Logf("the standby leads after %v", w.awaitLeader(follows, term, limit(takeOver)).Round(time.Millisecond))
		fresh := watch(t, follows, wallTopic)
		l.awaitAcks(20)
		<-time.After(10*time.Second - time.Since(frozen)) // the fault lasts so long
		leads.signal(syscall.SIGCONT)
		back := time.Now()
		l.awaitAcks(5)
		l.pause()
		agree(t, w.pool, back, limit(healProgram), append(screens, fresh)...)
		l.resume()
		sound(fresh)
	}
	l.stop()
	l.check(t, w.pool)
	checkNumbers(t, w.pool)
	sound(screens...)
	t.Log(l.summary())
}

func TestKilledServerIsTakenOverByTheOther(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	one, other := w.serve(), w.serve()
	l := send(t, one, other)
	for range times(1, 30) {
		leads, follows := w.split(one, other)
		moving := watch(t, leads, wallTopic, opsTopic)
		_, term, err := w.leader()
		if err != nil {
			t.Fatal(err)
		}
		l.awaitAcks(5)
		leads.kill()
		killed := time.Now()
		moving.move(follows.addr)
		w.awaitLeader(follows, term, limit(takeOver))
		l.awaitAcks(5)
		l.pause()
		agree(t, w.pool, killed, limit(healProgram), moving)
		l.resume()
		sound(moving)
		if n := moving.noted(); n.snapshots != 2 || len(n.resets) > 0 {
			t.Errorf("the screen began anew at the other server: %s", moving.state())
		}
		leads.start()
		leads.awaitReady(readyWithin)
	}
	l.stop()
	l.check(t, w.pool)
	checkNumbers(t, w.pool)
}
