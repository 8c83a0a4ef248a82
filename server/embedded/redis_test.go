package embedded_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"toancanh/server/embedded"
)

func startRedis(t *testing.T, dir string) *embedded.Redis {
	t.Helper()
	r, err := embedded.StartRedis(t.Context(), embedded.Options{DataDir: dir})
	if errors.Is(err, embedded.ErrNoRedis) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop(context.Background()) })
	return r
}

func connectRedis(t *testing.T, r *embedded.Redis) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries = -1
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedisKeepsNothingAndListensNowhere(t *testing.T) {
	t.Parallel()
	client := connectRedis(t, startRedis(t, t.TempDir()))
	got := map[string]string{}
	for _, name := range []string{"save", "appendonly", "port", "maxmemory"} {
		values, err := client.ConfigGet(t.Context(), name).Result()
		if err != nil {
			t.Fatal(err)
		}
		got[name] = values[name]
	}
	want := map[string]string{"save": "", "appendonly": "no", "port": "0", "maxmemory": "67108864"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings differ (-want +got):\n%s", diff)
	}
}

func TestStoppedRedisLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startRedis(t, dir)
	pid, guard, url := r.PID(), r.GuardPID(), r.URL()
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Errorf("Err after an orderly stop is %v", err)
	}
	wantGone(t, pid, guard)
	if !free(filepath.Join(dir, "redis.lock")) {
		t.Error("the lock is still held")
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(options.Addr)); !os.IsNotExist(err) {
		t.Errorf("the socket directory is left behind (%v)", err)
	}
}

func TestKilledRedisIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		name   string
		victim func(*embedded.Redis) int
	}{
		{"the server", (*embedded.Redis).PID},
		{"its guard", (*embedded.Redis).GuardPID},
	} {
		r := startRedis(t, dir) // each on what the one before left
		pid := r.PID()
		if err := syscall.Kill(c.victim(r), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-r.Done()
		if r.Err() == nil {
			t.Errorf("%s was killed and Err says nothing", c.name)
		}
		wantGone(t, pid)
		_ = r.Stop(t.Context()) // gives the directory free
	}
	if err := connectRedis(t, startRedis(t, dir)).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestAbsentRedisIsErrNoRedis(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := embedded.StartRedis(t.Context(), embedded.Options{DataDir: t.TempDir()})
	if !errors.Is(err, embedded.ErrNoRedis) {
		t.Errorf("got %v, want %v", err, embedded.ErrNoRedis)
	}
}

func TestOldRedisIsErrNoRedis(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'Redis server v=6.2.7 sha=00000000:0 malloc=libc bits=64 build=0'\n"
	if err := os.WriteFile(filepath.Join(dir, "redis-server"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if _, err := embedded.FindRedis(t.Context()); !errors.Is(err, embedded.ErrNoRedis) {
		t.Errorf("got %v, want %v", err, embedded.ErrNoRedis)
	}
}
