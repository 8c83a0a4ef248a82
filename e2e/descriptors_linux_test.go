//go:build e2e

package e2e_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"toancanh/server/embedded/testredis"
)

// TestRunningOutOfDescriptorsRefusesAndRecovers takes the descriptors of the running program away and floods it.
func TestRunningOutOfDescriptorsRefusesAndRecovers(t *testing.T) {
	t.Parallel()
	w := newTown(t, testredis.New(t).URL())
	s := w.serve()
	sc := watch(t, s, wallTopic)
	l := send(t, s)
	l.awaitAcks(5)
	pid := s.cmd.Process.Pid
	var was unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was); err != nil {
		t.Skipf("this machine lets nobody change limits: %v", err)
	}
	base := descriptors(t, pid)
	few := unix.Rlimit{Cur: uint64(base) + 30, Max: was.Max} //nolint:gosec // a small count
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Skipf("this machine lets nobody change limits: %v", err)
	}
	const flood = 200
	refused := 0
	var held []net.Conn
	for range flood {
		conn, err := net.DialTimeout("tcp", s.addr, 2*time.Second)
		if err != nil {
			refused++
			continue
		}
		held = append(held, conn)
	}
	eventually(t, "callers beyond the limit are told 503", limit(10*time.Second), func() bool {
		conn, err := net.DialTimeout("tcp", s.addr, 2*time.Second)
		if err != nil {
			return false
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
		answer := make([]byte, 64)
		n, _ := conn.Read(answer)
		return strings.HasPrefix(string(answer[:n]), "HTTP/1.1 503")
	}, func() string { return fmt.Sprintf("%d connections held, %d refused", len(held), refused) })
	if s.ended() {
		t.Fatal("the program ended for want of descriptors")
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	freed := time.Now()
	s.awaitReady(limit(10 * time.Second))
	l.awaitAcks(5)
	t.Logf("ready %v after the flood", time.Since(freed).Round(time.Millisecond))
	eventually(t, "the descriptors of the flood are given back", limit(20*time.Second), func() bool {
		return descriptors(t, pid) <= base+30
	}, func() string { return fmt.Sprintf("%d now, %d before", descriptors(t, pid), base) })
	l.stop()
	agree(t, w.pool, freed, limit(healProgram), sc)
	l.check(t, w.pool)
	sound(sc)
}

func descriptors(t *testing.T, pid int) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
