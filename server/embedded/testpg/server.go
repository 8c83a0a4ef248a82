package testpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"toancanh/server/embedded"
)

// Killable is a PostgreSQL that one test has to itself and may hurt. It is durable as the program's own is,
// and it keeps its address over restarts.
type Killable struct {
	tb       testing.TB
	dir      string
	postgres *embedded.Postgres
	frozen   []int
}

// Server starts a server for one test, with the migrated database embedded.Database. Settings are further
// PostgreSQL settings as name=value.
func Server(tb testing.TB, settings ...string) *Killable {
	tb.Helper()
	requireMain(tb)
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	k := &Killable{tb: tb, dir: tb.TempDir()}
	if err := copyTemplate(ctx, k.dir); err != nil {
		tb.Fatalf("testpg: %v", err)
	}
	k.start(settings)
	tb.Cleanup(func() {
		k.Resume()
		k.halt()
	})
	return k
}

// DSN is the address of the migrated database for a role.
func (k *Killable) DSN(role string) string { return k.postgres.DSN(role, embedded.Database) }

// Kill ends the server with SIGKILL, as a crash would, and returns when it is gone.
func (k *Killable) Kill() {
	k.tb.Helper()
	k.signal(k.postgres.PID(), syscall.SIGKILL)
	k.Resume() // the others of a frozen server must wake to see that it is dead
	k.halt()
}

// Restart starts the server again on its data, after ending it cleanly if it still runs.
func (k *Killable) Restart(settings ...string) {
	k.tb.Helper()
	k.halt()
	k.start(settings)
}

// Pause freezes every process of the server: connections stay open and nothing answers.
func (k *Killable) Pause() {
	k.tb.Helper()
	// The postmaster first, or it would start others meanwhile.
	postmaster := k.postgres.PID()
	k.signal(postmaster, syscall.SIGSTOP)
	k.frozen = append(children(k.tb, postmaster), postmaster)
	for _, pid := range k.frozen {
		k.signal(pid, syscall.SIGSTOP)
	}
}

// Resume undoes Pause.
func (k *Killable) Resume() {
	k.tb.Helper()
	for _, pid := range k.frozen {
		k.signal(pid, syscall.SIGCONT)
	}
	k.frozen = nil
}

func (k *Killable) start(settings []string) {
	k.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	postgres, err := embedded.StartPostgres(ctx, embedded.Options{DataDir: k.dir, Extra: settings})
	if err != nil {
		k.tb.Fatalf("testpg: %v", err)
	}
	k.postgres = postgres
}

// halt ends the server if it runs. That it had been killed is no fault here.
func (k *Killable) halt() {
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	_ = k.postgres.Stop(ctx)
}

func (k *Killable) signal(pid int, signal syscall.Signal) {
	k.tb.Helper()
	if pid == 0 {
		k.tb.Fatal("testpg: the server does not run")
	}
	if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		k.tb.Fatalf("testpg: signal %d: %v", pid, err)
	}
}

// children lists the processes that parent has started.
func children(tb testing.TB, parent int) []int {
	tb.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		tb.Skip("testpg: freezing a server needs /proc")
	}
	var found []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		// pid (name, which may hold anything) state parent …
		_, rest, _ := strings.Cut(string(text[max(0, strings.LastIndexByte(string(text), ')')):]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// String says which server this is.
func (k *Killable) String() string { return fmt.Sprintf("%s (for one test)", k.postgres.Describe()) }
