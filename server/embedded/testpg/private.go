package testpg

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"toancanh/server/embedded"
	"toancanh/server/embedded/internal/tree"
)

// private is a server that only this test binary has: a copy of the template cluster.
type private struct {
	postgres *embedded.Postgres
	dir      string
	made     atomic.Int64
}

// dirPrefix begins the name of a test server's directory.
const dirPrefix = "toancanh-testpg-"

// leftoverAge is when a directory is surely past the copying and its server, if alive, holds the lock.
const leftoverAge = 10 * time.Minute

func newPrivate(ctx context.Context) (*private, error) {
	sweep(os.TempDir(), time.Now().Add(-leftoverAge))
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, fmt.Errorf("make directory of the test server: %w", err)
	}
	p := &private{dir: dir}
	if err := copyTemplate(ctx, dir); err != nil {
		p.close()
		return nil, err
	}
	p.postgres, err = embedded.StartPostgres(ctx, embedded.Options{
		DataDir: dir, Volatile: true, Extra: []string{"max_connections=300", "shared_buffers=64MB"},
	})
	if err != nil {
		p.close()
		return nil, fmt.Errorf("start test server: %w", err)
	}
	return p, nil
}

func copyTemplate(ctx context.Context, dir string) error {
	template, err := ensureTemplate(ctx)
	if err != nil {
		return err
	}
	return tree.Copy(dir, template)
}

func (p *private) create(ctx context.Context, migrated bool) (database, error) {
	name := fmt.Sprintf("test_%d", p.made.Add(1))
	template := "template1"
	if migrated {
		template = embedded.Database
	}
	// file_copy takes a third of the time of wal_log when nothing is synced.
	sql := fmt.Sprintf("create database %s template %s strategy file_copy", name, template)
	if err := execute(ctx, p.postgres.DSN(embedded.Owner, "postgres"), sql); err != nil {
		return database{}, err
	}
	return database{name: name, dsn: func(role string) string { return p.postgres.DSN(role, name) }}, nil
}

// drop does nothing: the whole cluster is thrown away.
func (*private) drop(context.Context, string) error { return nil }

func (p *private) close() {
	if p.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
		defer cancel()
		if err := p.postgres.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "testpg:", err)
		}
	}
	if err := os.RemoveAll(filepath.Clean(p.dir)); err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
	}
}

// sweep removes the directories of test binaries that were killed before they could.
func sweep(temp string, before time.Time) {
	found, err := filepath.Glob(filepath.Join(temp, dirPrefix+"*", "postgres.lock"))
	if err != nil {
		return
	}
	for _, path := range found {
		dir := filepath.Dir(path)
		st, err := os.Stat(dir)
		if err != nil || st.ModTime().After(before) {
			continue
		}
		if lock, err := os.Open(path); err == nil {
			if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				_ = os.RemoveAll(dir)
			}
			_ = lock.Close()
		}
	}
}
