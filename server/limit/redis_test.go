package limit_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"

	"toancanh/hub"
	"toancanh/server/embedded"
	"toancanh/server/embedded/testredis"
	"toancanh/server/limit"
)

func TestMain(m *testing.M) {
	embedded.Guard()
	logging.Disable()
	os.Exit(m.Run())
}

// process is what one process counts by.
func process(t *testing.T, address string) *limit.Limits {
	t.Helper()
	client, err := hub.OpenRedis(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler), Shared: limit.NewRedis(client)})
}

// slowly grows so little in a test's time that a slow machine changes no figure.
var slowly = limit.Class{Name: "slowly", PerMinute: 1, Burst: 20}

func TestProcessesShareOneLimit(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"over one Redis": func(t *testing.T) string { t.Helper(); return testredis.New(t).URL() },
		"over a cluster": func(t *testing.T) string {
			t.Helper()
			return "redis+cluster://" + strings.Join(testredis.Cluster(t), ",")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := address(t)
			both := []*limit.Limits{process(t, url), process(t, url)}
			if got := together(both); got != 20 {
				t.Errorf("%d of 100 passed at two processes at once, want the burst of 20", got)
			}
			if _, wait := both[1].Take(t.Context(), slowly, "a"); wait <= 0 || wait > time.Minute {
				t.Errorf("the wait is %s, want up to a minute", wait)
			}
			if _, wait := both[0].Take(t.Context(), slowly, "b"); wait != 0 {
				t.Error("another subject had to wait")
			}
			if wait := both[0].TakeAll(t.Context(), slowly, "c", 15); wait != 0 {
				t.Errorf("15 of a burst of 20 had to wait %s", wait)
			}
			if wait := both[1].TakeAll(t.Context(), slowly, "c", 15); wait < 9*time.Minute || wait > 10*time.Minute {
				t.Errorf("15 of the 5 that are left to both processes: wait %s, want about 10m", wait)
			}
			if wait := both[1].TakeAll(t.Context(), slowly, "c", 5); wait != 0 {
				t.Errorf("the 5 that are left had to wait %s", wait)
			}
		})
	}
}

// together sends a hundred requests of one subject to both processes at once and returns how many passed.
func together(both []*limit.Limits) int64 {
	var ok atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if _, wait := both[i%2].Take(context.Background(), slowly, "a"); wait == 0 {
				ok.Add(1)
			}
		})
	}
	all.Wait()
	return ok.Load()
}

func TestWhileRedisHangsEverybodyGoesOn(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	l := process(t, server.URL())
	if _, wait := l.Take(t.Context(), slowly, "a"); wait != 0 || l.Alone() {
		t.Fatal("Redis does not count")
	}
	server.Pause()
	defer server.Resume()
	for range 3 {
		if _, wait := l.Take(t.Context(), slowly, "a"); wait != 0 {
			t.Error("somebody was refused because Redis hangs")
		}
	}
	if !l.Alone() {
		t.Error("a Redis that hangs still counts")
	}
	server.Resume()
	deadline := time.Now().Add(10 * time.Second)
	for l.Alone() && time.Now().Before(deadline) {
		l.Take(t.Context(), limit.Key(60_000, 6000), "b")
	}
	if l.Alone() {
		t.Error("Redis is back and is not asked")
	}
}

func TestRedisIsToldNobodysAddress(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	l := process(t, server.URL())
	l.Take(t.Context(), limit.Reports(), network("203.0.113.7"))
	keys, err := server.Client().Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 1 || strings.Contains(keys[0], "203") && strings.Contains(keys[0], "113") {
		t.Errorf("keys %q, %v", keys, err)
	}
	ttl, err := server.Client().TTL(t.Context(), keys[0]).Result()
	if err != nil || ttl <= 0 {
		t.Errorf("the key stays for good: %v, %v", ttl, err)
	}
}
