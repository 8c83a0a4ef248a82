// Package testpg gives every test a real, migrated PostgreSQL database of its own.
//
//	func TestMain(m *testing.M) { testpg.Main(m) }
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		db := testpg.New(t)
//		…
//	}
//
// The server is found as the program finds it; TOANCANH_TEST_DATABASE_URL names another, as a role that
// may create databases and roles. There is one server a test binary, started at the first New, thrown
// away at the end, and gone even when the binary is killed.
//
// It never skips: without a database the test fails. Its clusters give up durability, except those of
// Server.
package testpg

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/server/embedded"
)

// Roles the migrations make besides the owner.
const (
	App    = "toancanh_app"
	Public = "toancanh_public_read"
)

// bootLimit bounds the making of the template and the start of the server.
const bootLimit = 3 * time.Minute

// poolSize is the most connections a test takes with each role.
const poolSize = 4

// DB is one test's database. The pools are closed when the test ends; they connect when first used.
type DB struct {
	// Owner may do everything, App what the program may, Public what the public faces may.
	Owner, App, Public *pgxpool.Pool
	// Name is the database's.
	Name string
	// DSN is the address of the database for a role.
	DSN func(role string) string
}

// shared is the one server of this test binary.
//
//nolint:gochecknoglobals // a test binary has one server, made when the first test asks
var shared struct {
	main bool // Main runs: this binary can be its own guard
	once sync.Once
	host host
	err  error
}

// host is a server that makes databases.
type host interface {
	// create makes a database, migrated or empty, and says how it is reached.
	create(ctx context.Context, migrated bool) (database, error)
	// drop removes it, where leaving it would cost anything.
	drop(ctx context.Context, name string) error
	close()
}

type database struct {
	name string
	dsn  func(role string) string
}

// Main is what TestMain calls. It does not return.
func Main(m *testing.M) {
	embedded.Guard()
	shared.main = true
	code := m.Run()
	if shared.host != nil {
		shared.host.close()
	}
	os.Exit(code)
}

// New makes a migrated database for one test.
func New(tb testing.TB) DB {
	tb.Helper()
	d := create(tb, true)
	return DB{
		Owner:  pool(tb, d.dsn(embedded.Owner)),
		App:    pool(tb, d.dsn(App)),
		Public: pool(tb, d.dsn(Public)),
		Name:   d.name,
		DSN:    d.dsn,
	}
}

// Empty makes a database without migrations for one test and returns its owner's address. The roles of
// the migrations exist on the server already.
func Empty(tb testing.TB) string {
	tb.Helper()
	return create(tb, false).dsn(embedded.Owner)
}

func create(tb testing.TB, migrated bool) database {
	tb.Helper()
	requireMain(tb)
	shared.once.Do(func() { shared.host, shared.err = boot() })
	if shared.err != nil {
		tb.Fatalf("testpg: %v", shared.err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	d, err := shared.host.create(ctx, migrated)
	if err != nil {
		tb.Fatalf("testpg: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
		defer cancel()
		if err := shared.host.drop(ctx, d.name); err != nil {
			tb.Errorf("testpg: %v", err)
		}
	})
	return d
}

func requireMain(tb testing.TB) {
	tb.Helper()
	if !shared.main {
		tb.Fatal("testpg: this package needs func TestMain(m *testing.M) { testpg.Main(m) }")
	}
}

func boot() (host, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	if url := os.Getenv("TOANCANH_TEST_DATABASE_URL"); url != "" {
		g, err := newGiven(ctx, url)
		if err != nil {
			return nil, err
		}
		return g, nil
	}
	p, err := newPrivate(ctx)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func pool(tb testing.TB, dsn string) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		tb.Fatalf("testpg: read address: %v", err)
	}
	config.MaxConns = poolSize
	p, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		tb.Fatalf("testpg: make pool: %v", err)
	}
	tb.Cleanup(p.Close)
	return p
}

// execute runs one statement on a connection of its own: create database wants no transaction.
func execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
