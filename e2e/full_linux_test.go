//go:build e2e

package e2e_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAFullDiskRefusesAndForgetsNothing fills the disk under the running program. What is full says so: a disk without
// room answers every question and would look healthy.
func TestAFullDiskRefusesAndForgetsNothing(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=400m"); err != nil {
		t.Skipf("this machine lets nobody mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	s := up(t, "TOANCANH_DATA="+filepath.Join(disk, "data"))
	s.start()
	s.awaitReady(readyWithin)
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic)}
	l := send(t, s)
	l.awaitAcks(10)
	for range times(1, 3) {
		before := s.cmd.Process.Pid
		filler := filepath.Join(disk, "filler")
		fillUp(t, filler)
		eventually(t, "/readyz says 503 on a full disk", limit(20*time.Second), func() bool {
			a, err := s.api().get("/readyz")
			return err == nil && a.status == 503
		}, func() string { return l.summary() })
		if a, err := s.api().get("/healthz"); err != nil || a.status != 200 {
			t.Errorf("/healthz answers %d, %v: the process lives", a.status, err)
		}
		if a, err := s.api().get("/"); err != nil || a.status != 200 {
			t.Errorf("the public page answers %d, %v: reading needs no room", a.status, err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		freed := time.Now()
		s.awaitReady(limit(healDatabase))
		t.Logf("ready %v after there was room again", time.Since(freed).Round(time.Millisecond))
		l.awaitAcks(5)
		if s.cmd.Process.Pid != before || s.ended() {
			t.Fatal("the program did not live through it")
		}
		l.pause()
		agree(t, s.embeddedPool(), freed, limit(healDatabase), screens...)
		l.resume()
	}
	l.stop()
	l.check(t, s.embeddedPool())
	sound(screens...)
	t.Log(l.summary())
}

// fillUp leaves not a byte free beside the file.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		if _, err := f.Write(block[:size]); err != nil {
			size /= 2
		}
	}
}
