package testpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"toancanh/schema"
	"toancanh/server/embedded"
)

// generation changes when a template must be made in another way than before.
const generation = "1"

// templateAge is how long an unused template is kept; each takes some 60 MB.
const templateAge = 36 * time.Hour

// day is part of every key: a migration may make the partitions of the day it runs on.
func day() string { return time.Now().UTC().Format(time.DateOnly) }

// ensureTemplate returns the directory of a migrated, stopped cluster in the user's cache. It is made once
// for each set of binaries and migrations; test binaries that start together wait for the one that makes it.
func ensureTemplate(ctx context.Context) (string, error) {
	key, err := templateKey(ctx)
	if err != nil {
		return "", err
	}
	base, err := cacheDir()
	if err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(base, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("lock cache of test clusters: %w", err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock cache of test clusters: %w", err)
	}
	dir := filepath.Join(base, key)
	if _, err := os.Stat(dir); err != nil {
		if err := makeTemplate(ctx, dir); err != nil {
			return "", err
		}
	}
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // says "still in use" to prune
	prune(base, now.Add(-templateAge))
	return dir, nil
}

// cacheDir is where this user's templates are kept: the user's cache, or, for users without a home of
// their own, a directory among the temporary ones that nobody else can have planted.
func cacheDir() (string, error) {
	if dir, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(dir, "toancanh-testpg")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), "toancanh-testpg-cache-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", fmt.Errorf("make cache of test clusters: %w", err)
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("make cache of test clusters: %w", err)
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not a directory of this user", dir)
	}
	return dir, nil
}

func makeTemplate(ctx context.Context, dir string) error {
	made := dir + ".new"
	if err := os.RemoveAll(made); err != nil {
		return fmt.Errorf("make template cluster: %w", err)
	}
	postgres, err := embedded.StartPostgres(ctx, embedded.Options{DataDir: made, Volatile: true})
	if err != nil {
		return fmt.Errorf("make template cluster: %w", err)
	}
	migrated := schema.Migrate(ctx, postgres.DSN(embedded.Owner, embedded.Database))
	if err := postgres.Stop(ctx); err != nil {
		return fmt.Errorf("make template cluster: %w", err)
	}
	if migrated != nil {
		return fmt.Errorf("make template cluster: %w", migrated)
	}
	if err := os.Rename(made, dir); err != nil {
		return fmt.Errorf("make template cluster: %w", err)
	}
	return nil
}

func templateKey(ctx context.Context) (string, error) {
	installation, err := embedded.FindPostgres(ctx)
	if err != nil {
		return "", err
	}
	migrations, err := migrationsKey()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(generation + "\n" + installation + "\n" + migrations))
	return hex.EncodeToString(sum[:8]), nil
}

// migrationsKey is the same for the same migrations on the same day.
func migrationsKey() (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, day())
	err := fs.WalkDir(schema.Migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := schema.Migrations.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// prune removes templates nobody used since the given time. The lock of the cache is held.
func prune(base string, since time.Time) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() && info.ModTime().Before(since) {
			_ = os.RemoveAll(filepath.Join(base, entry.Name()))
		}
	}
}
