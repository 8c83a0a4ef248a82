//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/schema"
	"toancanh/server/embedded"
	"toancanh/server/embedded/testpg"
)

// The province of the tests.
const (
	division = "vn-2022"
	root     = "67"
	secret   = "a secret of the tests, long enough"
)

// The topics of the province.
const (
	wallTopic   = "wall/" + division + "/" + root
	opsTopic    = "ops/" + division + "/" + root
	publicTopic = "public/" + division + "/" + root
)

// readyWithin is a first start, which makes the database; startAgain is promised for a second one.
const (
	readyWithin = 60 * time.Second
	startAgain  = 3 * time.Second
)

// town is what one test's programs stand on: a database that can be hurt, and the address of a bus.
type town struct {
	t        testing.TB
	postgres *testpg.Killable
	pool     *pgxpool.Pool // as the owner, for the truth
	redisURL string
	dir      string // of the key files, shared by all programs
	env      []string
}

// newTown makes a town with a migrated database. Settings are further PostgreSQL settings.
func newTown(t testing.TB, redisURL string, settings ...string) *town {
	t.Helper()
	w := &town{t: t, postgres: testpg.Server(t, settings...), redisURL: redisURL, dir: t.TempDir()}
	w.pool = openPool(t, w.postgres.DSN(embedded.Owner))
	return w
}

func openPool(t testing.TB, address string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// server is a program that serves on an address it keeps over restarts.
type server struct {
	*process
	t     testing.TB
	addr  string
	order order
}

// serve starts `toancanh serve` and waits until it is ready.
func (w *town) serve(env ...string) *server {
	w.t.Helper()
	s := w.prepare("serve", env...)
	s.start()
	s.awaitReady(readyWithin)
	return s
}

// hub starts `toancanh hub` beside a server and waits until it is ready.
func (w *town) hub(source *server) *server {
	w.t.Helper()
	s := w.prepare("hub", "TOANCANH_SOURCE_URL=http://"+source.addr)
	s.start()
	s.awaitReady(readyWithin)
	return s
}

// prepare makes the order for a verb without starting it.
func (w *town) prepare(verb string, env ...string) *server {
	w.t.Helper()
	addr := freeAddress(w.t)
	all := slices.Concat([]string{
		"TOANCANH_LISTEN=" + addr, "TOANCANH_DATA=" + w.dir, "TOANCANH_DATABASE_URL=" + w.postgres.DSN(testpg.App),
		"TOANCANH_HUB_SECRET=" + secret, "TOANCANH_LIMITS=off", "TOANCANH_LOG_LEVEL=info",
		"TOANCANH_OPEN=yes", // of real data nobody hears anything without signing in
		"TOANCANH_PUBLIC_EVERY=500ms",
	}, w.env, env)
	if w.redisURL != "" {
		all = append(all, "TOANCANH_REDIS_URL="+w.redisURL)
	}
	return &server{t: w.t, addr: addr, order: order{args: []string{verb}, env: all}}
}

// up prepares `toancanh up` with a silent sample province in a directory of its own.
func up(t testing.TB, env ...string) *server {
	t.Helper()
	addr, dir := freeAddress(t), t.TempDir()
	s := &server{t: t, addr: addr, order: order{args: []string{"up"}, env: slices.Concat([]string{
		"TOANCANH_LISTEN=" + addr, "TOANCANH_DATA=" + dir, "TOANCANH_SIMULATE=off", "TOANCANH_HISTORY_DAYS=0",
		"TOANCANH_LIMITS=off", "TOANCANH_LOG_LEVEL=info", "TOANCANH_PUBLIC_EVERY=500ms",
	}, env)}}
	// Registered before the program's own end, so run after it: child servers may outlive a killed program by seconds.
	t.Cleanup(func() { s.awaitChildrenGone() })
	return s
}

// start starts the program, again on the same address and data after the first time. It does not wait.
func (s *server) start() {
	s.t.Helper()
	s.process = run(s.t, s.order)
}

// setting is a variable of the program's order.
func (s *server) setting(name string) string {
	for _, pair := range slices.Backward(s.order.env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// awaitReady waits until the program says that it can do its work.
func (s *server) awaitReady(within time.Duration) time.Duration {
	s.t.Helper()
	var last string
	return eventually(s.t, s.name+" is ready", within, func() bool {
		if s.ended() {
			s.t.Fatalf("%s ended at its start:\n%s", s.name, s.log.tail(30))
		}
		a, err := s.api().get("/readyz")
		last = fmt.Sprint(a.status, " ", string(a.body), err)
		return err == nil && a.status == 200
	}, func() string { return last + "\n" + s.log.tail(20) })
}

// awaitChildrenGone waits until no child server of `up` uses its directory.
func (s *server) awaitChildrenGone() {
	s.t.Helper()
	for _, name := range []string{"postgres.lock", "redis.lock"} {
		lock, err := os.Open(filepath.Join(s.setting("TOANCANH_DATA"), name))
		if err != nil {
			continue // never started
		}
		eventually(s.t, name+" is free", stopLimit, func() bool {
			return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil //nolint:gosec // a descriptor fits
		}, nil)
		_ = lock.Close()
	}
}

// embeddedPool connects to the database that `up` has brought, as its owner.
func (s *server) embeddedPool() *pgxpool.Pool {
	s.t.Helper()
	pid := s.postmaster()
	return openPool(s.t, fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable",
		pid[4], pid[3], embedded.Owner, embedded.Database))
}

// postmaster is what the embedded database says of itself: pid, directory, start, port, socket directory.
func (s *server) postmaster() []string {
	s.t.Helper()
	found, _ := filepath.Glob(filepath.Join(s.setting("TOANCANH_DATA"), "pg*", "postmaster.pid")) // a constant pattern
	if len(found) != 1 {
		s.t.Fatalf("the embedded database has %d pid files", len(found))
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// token asks for a ticket for the topics, as a page does.
func (s *server) token(topics ...string) (string, error) {
	var answer struct {
		Ticket string `json:"ticket"`
	}
	err := s.api().postJSON("/api/v1/tickets", map[string]any{"topics": topics, "screen": "tinh"}, &answer)
	return answer.Ticket, err
}

// freeAddress asks the kernel for a port nobody has now.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// districtTopic is the wall of one district.
func districtTopic(code string) string { return schema.AreaTopic(schema.Wall, division, root, code) }
