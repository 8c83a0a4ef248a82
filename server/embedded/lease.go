package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A lease is the sole right to a child's files. Two file locks make it:
//
//   - owner is held by this program alone, so it is free the instant the program is dead;
//   - lock is handed down to the guard and every process of the child, so it is free exactly when none
//     of them can still touch the files.
//
// Owner taken: somebody uses the directory. Owner free and lock taken: a program died and its child is
// still going down, or was left over. Both ours: whatever pid file lies there is stale.
type lease struct {
	owner, lock *os.File
}

// claim says which lease to take.
type claim struct {
	Dir, Name string
	// StopOrphan signals the left-over child, if it can be found.
	StopOrphan func(syscall.Signal)
}

// Left-overs get a moment to go by themselves, then are asked, then told.
const (
	orphanPatience = time.Second
	orphanQuit     = 20 * time.Second
	orphanLimit    = 30 * time.Second
	lockPoll       = 20 * time.Millisecond
	// dyingGrace covers a program that was killed an instant ago and still holds its files.
	dyingGrace = 100 * time.Millisecond
)

func take(ctx context.Context, c claim) (*lease, error) {
	owner, err := openLock(filepath.Join(c.Dir, c.Name+".owner"))
	if err != nil {
		return nil, unwritable(c.Dir, err)
	}
	if !lockedWithin(ctx, owner, dyingGrace) {
		defer func() { _ = owner.Close() }()
		return nil, fmt.Errorf("data directory %s is in use by process %s: stop it, or choose another directory with --data or TOANCANH_DATA", c.Dir, holder(owner))
	}
	lock, err := openLock(filepath.Join(c.Dir, c.Name+".lock"))
	if err != nil {
		_ = owner.Close()
		return nil, unwritable(c.Dir, err)
	}
	l := &lease{owner: owner, lock: lock}
	if err := l.sign(); err != nil {
		l.release()
		return nil, unwritable(c.Dir, err)
	}
	if err := l.outwait(ctx, c); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

// sign leaves our process id for those who find the lease taken.
func (l *lease) sign() error {
	if err := l.owner.Truncate(0); err != nil {
		return err
	}
	_, err := l.owner.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// outwait returns when no process of an earlier child is left.
func (l *lease) outwait(ctx context.Context, c claim) error {
	begin := time.Now()
	escalation := []struct {
		after  time.Duration
		signal syscall.Signal
	}{{orphanPatience, syscall.SIGINT}, {orphanQuit, syscall.SIGQUIT}}
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for !locked(l.lock) {
		waited := time.Since(begin)
		if len(escalation) > 0 && waited > escalation[0].after {
			c.StopOrphan(escalation[0].signal)
			escalation = escalation[1:]
		}
		if waited > orphanLimit {
			return fmt.Errorf("a %s left over from an earlier run still holds %s and does not end", c.Name, c.Dir)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the %s of an earlier run: %w", c.Name, ctx.Err())
		case <-poll.C:
		}
	}
	return nil
}

func (l *lease) release() {
	_ = l.lock.Close()
	_ = l.owner.Close()
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

func locked(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func lockedWithin(ctx context.Context, f *os.File, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for !locked(f) {
		select {
		case <-ctx.Done():
			return false
		case <-poll.C:
		}
	}
	return true
}

func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}

// pidIn reads the process id in the first line of a pid file; 0 if there is none.
func pidIn(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}
