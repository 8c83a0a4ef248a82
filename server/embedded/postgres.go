package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// startLimit bounds the wait for a starting server. Recovery after a hard kill reads up to max_wal_size.
const startLimit = 5 * time.Minute

// abandonLimit is longer than the whole ladder of the guard.
const abandonLimit = 40 * time.Second

// cannotConnectNow is what PostgreSQL answers while it recovers (SQLSTATE 57P03).
const cannotConnectNow = "57P03"

// Postgres is a running, supervised PostgreSQL. Whoever started it calls Stop.
type Postgres struct {
	options  Options
	binaries binaries
	identity identity
	cluster  string
	socket   string
	lease    *lease
	process  *process
}

// StartPostgres finds a PostgreSQL, makes the cluster in o.DataDir on the first start, and returns when
// the server answers and Database exists. It refuses, within milliseconds and naming the process, a
// directory that another program uses; it outwaits and then ends a server left over from a killed one.
// An error is one English sentence that says what to do.
func StartPostgres(ctx context.Context, o Options) (*Postgres, error) {
	o, err := o.prepared()
	if err != nil {
		return nil, err
	}
	p := &Postgres{options: o}
	if p.lease, err = take(ctx, claim{Dir: o.DataDir, Name: "postgres", StopOrphan: p.stopOrphan}); err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		p.abandon()
		return nil, err
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context) (err error) {
	if p.binaries, err = findPostgres(ctx, p.options); err != nil {
		return err
	}
	if p.identity, err = identify(p.options.DataDir, &p.binaries); err != nil {
		return err
	}
	p.cluster = p.binaries.cluster(p.options.DataDir)
	if err := p.init(ctx); err != nil {
		return err
	}
	// Stale for sure: the lease is ours. PostgreSQL would take a reused process id for a live server.
	_ = os.Remove(p.pidFile())
	if p.socket, err = socketDir("pg", p.options.DataDir); err != nil {
		return err
	}
	if err := p.identity.own(p.socket); err != nil {
		return fmt.Errorf("give the socket directory to %s: %w", p.identity, err)
	}
	if err := p.launch(ctx); err != nil {
		return err
	}
	return p.awaitReady(ctx)
}

func (p *Postgres) launch(ctx context.Context) error {
	log, err := openLog(filepath.Join(p.options.DataDir, "postgres.log"))
	if err != nil {
		return unwritable(p.options.DataDir, err)
	}
	c := child{
		Bin:      p.binaries.program("postgres"),
		Args:     p.arguments(ctx),
		Env:      childEnv(p.options.DataDir),
		Identity: p.identity,
		Orphaned: syscall.SIGINT,
		// PostgreSQL's fast shutdown, its immediate one, and the end of patience.
		Ladder: []rung{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}},
		Remove: []string{p.socket},
	}
	process := &process{name: "postgres", lease: p.lease, log: log, orphan: p.stopOrphan}
	if err := process.supervise(c); err != nil {
		return err
	}
	p.process = process
	return nil
}

// abandon undoes a start that failed.
func (p *Postgres) abandon() {
	if p.process != nil {
		ctx, cancel := context.WithTimeout(context.Background(), abandonLimit)
		defer cancel()
		_ = p.process.stop(ctx)
		return
	}
	if p.socket != "" {
		_ = os.RemoveAll(p.socket)
	}
	p.lease.release()
}

// awaitReady returns when the server answers and Database exists.
func (p *Postgres) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(15 * time.Millisecond)
	defer poll.Stop()
	said := false
	for {
		err := p.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		var answer *pgconn.PgError
		switch {
		case !errors.As(err, &answer): // no answer yet
		case answer.Code != cannotConnectNow:
			return fmt.Errorf("prepare database: %w", explain(p.options.DataDir, answer.Message))
		case !said:
			p.options.Log.InfoContext(ctx, "postgres is recovering", attr("dir", p.cluster))
			said = true
		}
		select {
		case <-p.process.done:
			return fmt.Errorf("postgres did not start: %w", explain(p.options.DataDir, p.process.log.sinceStart()))
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w", errors.Join(ctx.Err(), err))
		case <-poll.C:
		}
	}
}

func (p *Postgres) ensureDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.DSN(Owner, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var exists bool
	err = conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", Database).Scan(&exists)
	if err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+Database)
	return err
}

// DSN is the address of a database on the server, for a role that needs no password: the socket lies in a
// directory only this user can enter.
func (p *Postgres) DSN(role, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {p.socket}, "port": {"5432"}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Done is closed when the server is gone, asked or not. Not asked, the program should exit non-zero.
func (p *Postgres) Done() <-chan struct{} { return p.process.done }

// Err says, once Done is closed, why the server ended; nil after an orderly Stop.
func (p *Postgres) Err() error { return p.process.failure() }

// Stop shuts the server down: clients are cut off, what was committed is on disk. It returns when every
// process is gone or ctx has ended; the guard finishes in any case, within 30 seconds. A server that had
// ended by itself is told as Err tells it.
func (p *Postgres) Stop(ctx context.Context) error { return p.process.stop(ctx) }

// PID is the process id of the postmaster, 0 if it does not run.
func (p *Postgres) PID() int { return pidIn(p.pidFile()) }

// Disk tells the files of this database from a copy of them: it changes when they are restored from a copy, and stays
// over restarts. Empty where the system does not tell.
func (p *Postgres) Disk() string { return changed(filepath.Join(p.cluster, "PG_VERSION")) }

// Describe says which server this is, for the start-up lines.
func (p *Postgres) Describe() string {
	return fmt.Sprintf("PostgreSQL %s from %s, running as %s, data in %s", p.binaries.Version, p.binaries.Dir, p.identity, p.cluster)
}

func (p *Postgres) pidFile() string { return filepath.Join(p.cluster, "postmaster.pid") }

// stopOrphan signals a postmaster that outlived both its program and its guard.
func (p *Postgres) stopOrphan(signal syscall.Signal) {
	found, _ := filepath.Glob(filepath.Join(p.options.DataDir, "pg*", "postmaster.pid")) // constant pattern
	for _, file := range found {
		if pid := pidIn(file); pid > 0 && isOrphan(pid, filepath.Dir(file)) {
			p.options.Log.Warn("stopping a postgres that lost its guard", slog.Int("pid", pid))
			_ = syscall.Kill(pid, signal)
		}
	}
}

func attr(key, value string) slog.Attr { return slog.String(key, value) }
