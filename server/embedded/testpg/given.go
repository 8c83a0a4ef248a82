package testpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/embedded"
)

// given is a server somebody else runs, named by TOANCANH_TEST_DATABASE_URL. Other test binaries use it
// at the same time.
type given struct {
	url      *url.URL
	template string
}

// templateLock keeps two test binaries from making the same template.
const templateLock = 0x746f616e63616e68

func newGiven(ctx context.Context, address string) (*given, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("TOANCANH_TEST_DATABASE_URL is not an address of the form postgres://role:password@host/database")
	}
	key, err := migrationsKey()
	if err != nil {
		return nil, err
	}
	g := &given{url: u, template: "toancanh_template_" + key}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("reach the test server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return nil, fmt.Errorf("lock the test template: %w", err)
	}
	return g, g.ensureTemplate(ctx, conn)
}

func (g *given) ensureTemplate(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", g.template).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for the test template: %w", err)
	}
	if exists {
		return nil
	}
	made := g.template + "_new"
	for _, sql := range []string{"drop database if exists " + made, "create database " + made + " template template0 encoding 'UTF8'"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make the test template: %w", err)
		}
	}
	if err := schema.Migrate(ctx, g.address(embedded.Owner, made)); err != nil {
		return fmt.Errorf("make the test template: %w", err)
	}
	if err := g.openRoles(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "alter database "+made+" rename to "+g.template); err != nil {
		return fmt.Errorf("make the test template: %w", err)
	}
	return nil
}

// openRoles gives the lesser roles the password of the address, so that tests can log in with them.
func (g *given) openRoles(ctx context.Context, conn *pgx.Conn) error {
	password, ok := g.url.User.Password()
	if !ok {
		return nil
	}
	for _, role := range []string{App, Public} {
		sql := fmt.Sprintf("alter role %s login password '%s'", role, strings.ReplaceAll(password, "'", "''"))
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("open role %s to tests: %w", role, err)
		}
	}
	return nil
}

// address is the given one with another role and database. The role of the address is the owner.
func (g *given) address(role, database string) string {
	u := *g.url
	u.Path = "/" + database
	if role != embedded.Owner {
		u.User = url.User(role)
		if password, ok := g.url.User.Password(); ok {
			u.User = url.UserPassword(role, password)
		}
	}
	return u.String()
}

func (g *given) create(ctx context.Context, migrated bool) (database, error) {
	name := "toancanh_test_" + strings.ToLower(rand.Text())
	template := "template0"
	if migrated {
		template = g.template
	}
	sql := "create database " + name + " template " + template + " strategy file_copy"
	if err := execute(ctx, g.url.String(), sql); err != nil {
		return database{}, err
	}
	return database{name: name, dsn: func(role string) string { return g.address(role, name) }}, nil
}

func (g *given) drop(ctx context.Context, name string) error {
	return execute(ctx, g.url.String(), "drop database if exists "+name+" with (force)")
}

func (*given) close() {}
