package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrNoRedis says that this machine has no redis-server or valkey-server that could be used: the caller
// takes the in-process bus.
var ErrNoRedis = errors.New("no redis-server or valkey-server of version 7 or newer on PATH")

// oldestRedis is the first major whose commands we use.
const oldestRedis = 7

// redisStartLimit bounds the wait for a starting Redis, which has nothing to load.
const redisStartLimit = 30 * time.Second

// RedisBinary is an installed server that speaks Redis.
type RedisBinary struct {
	Path    string
	Version string
}

// Redis is a running, supervised Redis that keeps nothing. Whoever started it calls Stop.
type Redis struct {
	options Options
	binary  RedisBinary
	socket  string
	lease   *lease
	process *process
}

// FindRedis looks for redis-server, then valkey-server, on PATH. It returns ErrNoRedis if there is none.
func FindRedis(ctx context.Context) (RedisBinary, error) {
	var tooOld error
	for _, name := range []string{"redis-server", "valkey-server"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := redisVersion(ctx, path)
		if err == nil {
			return RedisBinary{Path: path, Version: version}, nil
		}
		tooOld = errors.Join(tooOld, err)
	}
	if tooOld != nil {
		return RedisBinary{}, fmt.Errorf("%w (%w)", ErrNoRedis, tooOld)
	}
	return RedisBinary{}, ErrNoRedis
}

func redisVersion(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", path, err)
	}
	// Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…
	found := regexp.MustCompile(`v=((\d+)[\d.]*)`).FindSubmatch(output)
	if found == nil {
		return "", fmt.Errorf("ask %s for its version: %q", path, output)
	}
	if major, err := strconv.Atoi(string(found[2])); err != nil || major < oldestRedis {
		return "", fmt.Errorf("%s is version %s", path, found[1])
	}
	return string(found[1]), nil
}

// StartRedis starts a Redis without persistence and without a TCP port and returns when it answers. Only
// what may be lost belongs into it. It returns ErrNoRedis where none is installed.
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	o, err := o.prepared()
	if err != nil {
		return nil, err
	}
	r := &Redis{options: o}
	if r.binary, err = FindRedis(ctx); err != nil {
		return nil, err
	}
	if r.lease, err = take(ctx, claim{Dir: o.DataDir, Name: "redis", StopOrphan: r.stopOrphan}); err != nil {
		return nil, err
	}
	if err := r.start(ctx); err != nil {
		r.abandon()
		return nil, err
	}
	return r, nil
}

func (r *Redis) start(ctx context.Context) (err error) {
	_ = os.Remove(r.pidFile()) // stale for sure: the lease is ours
	if r.socket, err = socketDir("redis", r.options.DataDir); err != nil {
		return err
	}
	log, err := openLog(filepath.Join(r.options.DataDir, "redis.log"))
	if err != nil {
		return unwritable(r.options.DataDir, err)
	}
	c := child{
		Bin:      r.binary.Path,
		Args:     r.arguments(),
		Env:      childEnv(r.options.DataDir),
		Identity: identity{Kind: asCaller},
		Orphaned: syscall.SIGTERM,
		Ladder:   []rung{{syscall.SIGTERM, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}},
		Remove:   []string{r.socket},
	}
	process := &process{name: "redis", lease: r.lease, log: log, orphan: r.stopOrphan}
	if err := process.supervise(c); err != nil {
		return err
	}
	r.process = process
	return r.awaitReady(ctx)
}

func (r *Redis) arguments() []string {
	return []string{
		"--port", "0", "--unixsocket", r.address(), "--unixsocketperm", "700",
		"--save", "", "--appendonly", "no",
		"--maxmemory", "64mb", "--maxmemory-policy", "noeviction",
		"--daemonize", "no", "--loglevel", "warning", "--logfile", "",
		// The working directory and the unchanged command line tell a left-over one from a stranger.
		"--dir", r.options.DataDir, "--set-proc-title", "no", "--pidfile", r.pidFile(),
	}
}

func (r *Redis) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisStartLimit)
	defer cancel()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: r.address(), MaxRetries: -1})
	defer func() { _ = client.Close() }()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		// Ask only once the socket is there: go-redis logs each refused connection.
		_, err := os.Stat(r.address())
		if err == nil {
			if err = client.Ping(ctx).Err(); err == nil {
				return nil
			}
		}
		select {
		case <-r.process.done:
			return fmt.Errorf("redis did not start: %w", explain(r.options.DataDir, r.process.log.sinceStart()))
		case <-ctx.Done():
			return fmt.Errorf("wait for redis: %w", errors.Join(ctx.Err(), err))
		case <-poll.C:
		}
	}
}

func (r *Redis) abandon() {
	if r.process != nil {
		ctx, cancel := context.WithTimeout(context.Background(), abandonLimit)
		defer cancel()
		_ = r.process.stop(ctx)
		return
	}
	if r.socket != "" {
		_ = os.RemoveAll(r.socket)
	}
	r.lease.release()
}

// URL is the address of the server as redis.ParseURL reads it.
func (r *Redis) URL() string { return "unix://" + r.address() }

// Done is closed when the server is gone, asked or not.
func (r *Redis) Done() <-chan struct{} { return r.process.done }

// Err says, once Done is closed, why the server ended; nil after an orderly Stop.
func (r *Redis) Err() error { return r.process.failure() }

// Stop ends the server and returns when it is gone or ctx has ended; the guard finishes in any case,
// within 10 seconds.
func (r *Redis) Stop(ctx context.Context) error { return r.process.stop(ctx) }

// PID is the process id of the server, 0 if it does not run.
func (r *Redis) PID() int { return pidIn(r.pidFile()) }

// Describe says which server this is, for the start-up lines.
func (r *Redis) Describe() string {
	return fmt.Sprintf("Redis %s from %s, in memory only", r.binary.Version, r.binary.Path)
}

func (r *Redis) address() string { return filepath.Join(r.socket, "redis.sock") }

func (r *Redis) pidFile() string { return filepath.Join(r.options.DataDir, "redis.pid") }

// stopOrphan signals a Redis that outlived both its program and its guard.
func (r *Redis) stopOrphan(signal syscall.Signal) {
	pid := pidIn(r.pidFile())
	if pid == 0 || !isOrphan(pid, r.options.DataDir) {
		return
	}
	r.options.Log.Warn("stopping a redis that lost its guard", slog.Int("pid", pid))
	_ = syscall.Kill(pid, signal)
}
