package schema

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx" for goose
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrations holds the migrations, never edited once released.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// lockTimeout bounds how long a migration waits for a table that somebody uses, so that it fails loudly
// instead of queueing every reader behind it.
const lockTimeout = "3s"

// Migrate brings the database at ownerURL to the newest version. Several processes may call it at once: one
// migrates, the others wait. Only the owner role may run it.
func Migrate(ctx context.Context, ownerURL string) error {
	db, err := sql.Open("pgx", ownerURL)
	if err != nil {
		return fmt.Errorf("open database to migrate: %w", err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(2) // one holds the session lock, one migrates
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	files, err := fs.Sub(Migrations, "migrations")
	if err != nil {
		return fmt.Errorf("open migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := db.ExecContext(ctx, "set lock_timeout = '"+lockTimeout+"'"); err != nil {
		return fmt.Errorf("reach database to migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := db.ExecContext(ctx, "grant select on goose_db_version to toancanh_app"); err != nil {
		return fmt.Errorf("let the application see the schema's version: %w", err)
	}
	return nil
}

// Version is the number of the newest migration this program knows.
func Version() int64 {
	names, _ := fs.Glob(Migrations, "migrations/*.sql")
	versions := make([]int64, 0, len(names))
	for _, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if v, err := strconv.ParseInt(number, 10, 64); err == nil {
			versions = append(versions, v)
		}
	}
	return slices.Max(versions)
}
