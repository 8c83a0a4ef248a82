package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" default:"withargs" help:"Apply what is missing. Safe to run again and beside a running server."`
	Status migrateStatusCmd `cmd:"" help:"Print the version of the database and of this program."`
}

type ownerFlags struct {
	OwnerURL string `env:"TOANCANH_OWNER_URL" required:"" help:"PostgreSQL as the role that owns the schema."`
}

type migrateUpCmd struct {
	ownerFlags
	AppPassword    string `env:"TOANCANH_APP_PASSWORD" help:"Password to give the role toancanh_app. Empty: leave it."`
	PublicPassword string `env:"TOANCANH_PUBLIC_PASSWORD" help:"Password to give the role toancanh_public_read. Empty: leave it."`
}

// Run migrates and sets the passwords of the lesser roles.
func (c migrateUpCmd) Run(ctx context.Context) error {
	if err := schema.Migrate(ctx, c.OwnerURL); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.OwnerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for role, password := range map[string]string{"toancanh_app": c.AppPassword, "toancanh_public_read": c.PublicPassword} {
		if password == "" {
			continue
		}
		// A role's password takes no parameter; the server quotes it.
		var statement string
		err := conn.QueryRow(ctx, "select format('alter role %I password %L', $1::text, $2::text)", role, password).Scan(&statement)
		if err == nil {
			_, err = conn.Exec(ctx, statement)
		}
		if err != nil {
			return fmt.Errorf("set password of %s: %w", role, err)
		}
	}
	_, err = fmt.Fprintf(os.Stdout, "schema is at version %d\n", schema.Version())
	return err
}

type migrateStatusCmd struct {
	ownerFlags
}

// Run prints both versions.
func (c migrateStatusCmd) Run(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.OwnerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var applied int64
	err = conn.QueryRow(ctx, "select coalesce(max(version_id), 0) from goose_db_version where is_applied").Scan(&applied)
	if err != nil {
		return fmt.Errorf("read schema version (a new database has none): %w", err)
	}
	if _, err := fmt.Fprintf(os.Stdout, "database %d, program %d\n", applied, schema.Version()); err != nil {
		return err
	}
	if applied < schema.Version() {
		return errors.New("the database is older than this program needs: run toancanh migrate up")
	}
	return nil
}
