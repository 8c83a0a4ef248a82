// Package testredis gives a test a real Redis of its own, which it may kill, restart empty and freeze, and
// a real cluster of three.
//
// Nothing is ever kept on disk. Where no redis-server is installed a test is skipped at a desk and fails
// under CI=true. The servers listen on 127.0.0.1 and a unix socket only, and end with the test binary.
package testredis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"toancanh/server/embedded"
	"toancanh/server/embedded/testchild"
)

// limit bounds every start and every stop.
const limit = 30 * time.Second

// attempts is how often a start is tried when somebody else takes the free port first.
const attempts = 5

// Server is one test's Redis. It keeps its addresses over restarts.
type Server struct {
	tb     testing.TB
	binary string
	dir    string
	port   int
	extra  []string
	// clustered servers talk to each other on busPort.
	clustered bool
	busPort   int
	run       *testchild.Child
}

// New starts a Redis for one test. Settings are further lines of redis.conf, as "name value".
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s := prepare(tb)
	for _, setting := range settings {
		s.extra = append(s.extra, "--"+setting)
	}
	s.startOnFreePort()
	return s
}

// URL is the address on the unix socket, as redis.ParseURL reads it.
func (s *Server) URL() string { return "unix://" + s.socket() }

// Addr is the address on 127.0.0.1, for what goes through a proxy or a cluster client.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Client connects to the server. It is closed when the test ends.
func (s *Server) Client() *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: s.Addr()})
	s.tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Kill ends the server with SIGKILL and returns when it is gone.
func (s *Server) Kill() {
	s.tb.Helper()
	if s.run == nil {
		return
	}
	s.run.Kill(s.tb)
	s.run = nil
}

// Restart starts the server again at the same addresses, empty. One that runs is killed first.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Kill()
	if err := s.start(); err != nil {
		s.tb.Fatalf("testredis: %v", err)
	}
}

// Pause freezes the server: connections stay open and nothing answers.
func (s *Server) Pause() { s.tb.Helper(); s.signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Server) Resume() { s.tb.Helper(); s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.tb.Helper()
	if s.run == nil {
		s.tb.Fatal("testredis: the server does not run")
	}
	if err := s.run.Signal(signal); err != nil {
		s.tb.Fatalf("testredis: %v", err)
	}
}

func prepare(tb testing.TB) *Server {
	tb.Helper()
	found, err := embedded.FindRedis(context.Background())
	if errors.Is(err, embedded.ErrNoRedis) && os.Getenv("CI") != "true" {
		tb.Skipf("testredis: %v", err)
	}
	if err != nil {
		tb.Fatalf("testredis: %v", err)
	}
	// Not tb.TempDir: its path may be too long for a socket.
	dir, err := os.MkdirTemp("", "toancanh-testredis-")
	if err != nil {
		tb.Fatalf("testredis: %v", err)
	}
	s := &Server{tb: tb, binary: found.Path, dir: dir}
	tb.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	return s
}

func (s *Server) startOnFreePort() {
	s.tb.Helper()
	var err error
	for range attempts {
		s.port = testchild.FreePort(s.tb)
		if s.clustered {
			s.busPort = testchild.FreePort(s.tb)
		}
		if err = s.start(); err == nil {
			return
		}
	}
	s.tb.Fatalf("testredis: %v", err)
}

func (s *Server) start() error {
	_ = os.Remove(s.socket())
	args := append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--unixsocket", s.socket(),
		"--save", "", "--appendonly", "no", "--dir", s.dir, "--daemonize", "no",
		"--logfile", filepath.Join(s.dir, "redis.log"),
	}, s.extra...)
	if s.clustered {
		args = append(args, s.clusterArguments()...)
	}
	cmd := exec.Command(s.binary, args...) //nolint:noctx // ended by Kill
	child, err := testchild.Start(cmd)
	if err != nil {
		return fmt.Errorf("start redis: %w", err)
	}
	s.run = child
	if err := s.awaitReady(); err != nil {
		s.Kill()
		return err
	}
	return nil
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket(), MaxRetries: -1})
	defer func() { _ = client.Close() }()
	for {
		// A server that cannot have its port ends before it makes the socket.
		if _, err := os.Stat(s.socket()); err == nil && client.Ping(ctx).Err() == nil {
			return nil
		}
		select {
		case <-s.run.Ended():
			text, _ := os.ReadFile(filepath.Join(s.dir, "redis.log"))
			return fmt.Errorf("redis ended at its start: %s", text)
		case <-ctx.Done():
			return fmt.Errorf("wait for redis: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

func (s *Server) socket() string { return filepath.Join(s.dir, "redis.sock") }
