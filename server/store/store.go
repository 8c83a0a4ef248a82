// Package store keeps Toàn Cảnh's facts in PostgreSQL. Every exported method that writes is one transaction named
// after the deed; decisions come in as values or pure functions. It publishes nothing and never speaks to Redis.
package store

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/schema"
)

// Waits of the store. Nothing that PostgreSQL does may hold a caller longer than StatementTimeout.
const (
	StatementTimeout = 3 * time.Second
	connectTimeout   = 2 * time.Second
	keepAlive        = 3 * time.Second
)

// Store holds the pools of the application role. Close it.
type Store struct {
	write *pgxpool.Pool // intake and acts
	read  *pgxpool.Pool // pages, lists and snapshots: slow writers must not block them
	probe *pgxpool.Pool // readiness alone, so that a full pool is not mistaken for a dead server
	url   string
	room  room
}

// Sizes are the connections a Store may open.
type Sizes struct{ Write, Read int32 }

// Open connects to the database at url as the application role. It does not wait for the server: a pool that cannot
// connect answers each call with an error.
func Open(ctx context.Context, url string, sizes Sizes) (*Store, error) {
	s := &Store{url: url}
	for _, p := range []struct {
		pool **pgxpool.Pool
		name string
		size int32
	}{{&s.write, "write", sizes.Write}, {&s.read, "read", sizes.Read}, {&s.probe, "probe", 1}} {
		pool, err := openPool(ctx, url, p.name, p.size)
		if err != nil {
			s.Close()
			return nil, err
		}
		*p.pool = pool
	}
	return s, nil
}

func openPool(ctx context.Context, url, name string, size int32) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	prepare(c.ConnConfig, name)
	c.MaxConns = max(size, 1)
	c.MinConns = 1
	c.MaxConnIdleTime = 5 * time.Minute
	c.HealthCheckPeriod = 10 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open %s pool: %w", name, err)
	}
	return pool, nil
}

// prepare sets what every session needs: bounded waits, UTC, and a socket that notices a dead peer.
func prepare(c *pgx.ConnConfig, name string) {
	c.ConnectTimeout = connectTimeout
	c.DialFunc = (&net.Dialer{Timeout: connectTimeout, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAlive, Interval: time.Second, Count: 3,
	}}).DialContext
	c.RuntimeParams["application_name"] = "toancanh " + name
	c.RuntimeParams["timezone"] = "UTC"
	c.RuntimeParams["statement_timeout"] = millis(StatementTimeout)
	c.RuntimeParams["lock_timeout"] = millis(2 * time.Second)
	c.RuntimeParams["idle_in_transaction_session_timeout"] = millis(StatementTimeout)
}

func millis(d time.Duration) string { return fmt.Sprintf("%d", d.Milliseconds()) }

// Close ends the pools, waiting for calls under way.
func (s *Store) Close() {
	for _, p := range []*pgxpool.Pool{s.write, s.read, s.probe} {
		if p != nil {
			p.Close()
		}
	}
}

// Ready answers nil when a report could be stored now: the server is reachable, writable, new enough and has room.
func (s *Store) Ready(ctx context.Context) error {
	var readOnly bool
	var version int64
	err := s.probe.QueryRow(ctx, `
		select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on',
			(select max(version_id) from goose_db_version where is_applied)`).Scan(&readOnly, &version)
	switch {
	case err != nil:
		return fmt.Errorf("reach database: %w", err)
	case readOnly:
		return fmt.Errorf("database is read-only")
	case version < schema.Version():
		return fmt.Errorf("database schema is %d, this program needs %d: run toancanh migrate", version, schema.Version())
	case s.Full():
		return s.askForRoom(ctx)
	}
	return nil
}

// inTx runs do in one transaction of the write pool and commits. The context that do gets ends in time.
func (s *Store) inTx(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	return s.inLongTx(ctx, StatementTimeout, do)
}

// inLongTx is inTx for what may take another time.
func (s *Store) inLongTx(ctx context.Context, limit time.Duration, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.write, func(tx pgx.Tx) error { return do(ctx, tx) })
	s.room.note(err)
	return err
}

// inSnapshot runs do in one read-only repeatable-read transaction of the read pool.
func (s *Store) inSnapshot(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, s.read, options, func(tx pgx.Tx) error { return do(ctx, tx) })
}

// collect reads all rows of one statement from the read pool, in time.
func collect[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sql, args...)
	if err != nil {
		return nil, classify(err)
	}
	list, err := pgx.CollectRows(rows, scan)
	return list, classify(err)
}

// firstOr is the first of a list, or none with the zero value when the list is empty.
func firstOr[T any](list []T, none error) (T, error) {
	if len(list) == 0 {
		var zero T
		return zero, none
	}
	return list[0], nil
}

// Applied is the number of the newest migration applied to the database.
func (s *Store) Applied(ctx context.Context) (int64, error) {
	var v int64
	err := s.probe.QueryRow(ctx, "select max(version_id) from goose_db_version where is_applied").Scan(&v)
	return v, err
}
