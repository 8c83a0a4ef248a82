package testpg_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded"
	"toancanh/server/embedded/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	one, two := testpg.New(t), testpg.New(t)
	if one.Name == two.Name {
		t.Fatalf("two databases share the name %s", one.Name)
	}
	if _, err := one.Owner.Exec(t.Context(), "create table mark (n int)"); err != nil {
		t.Fatal(err)
	}
	if exists(t, two.DSN(embedded.Owner), "mark") {
		t.Error("a table of one test is seen by another")
	}
}

func TestEachPoolIsItsRole(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	var got []string
	for _, pool := range []interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}{db.Owner, db.App, db.Public} {
		var role string
		if err := pool.QueryRow(t.Context(), "select current_user::text").Scan(&role); err != nil {
			t.Fatal(err)
		}
		got = append(got, role)
	}
	want := []string{embedded.Owner, testpg.App, testpg.Public}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles differ (-want +got):\n%s", diff)
	}
}

func TestNewIsMigratedAndEmptyIsNot(t *testing.T) {
	t.Parallel()
	if !exists(t, testpg.New(t).DSN(embedded.Owner), "goose_db_version") {
		t.Error("New is not migrated")
	}
	if exists(t, testpg.Empty(t), "goose_db_version") {
		t.Error("Empty is migrated")
	}
}

func TestKilledServerKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	server := testpg.Server(t)
	address := server.DSN(embedded.Owner)
	execute(t, address, "create table kept as select 1 as n")
	server.Kill()
	server.Restart()
	if got := server.DSN(embedded.Owner); got != address {
		t.Errorf("address after a restart is %s, want %s", got, address)
	}
	if !exists(t, address, "kept") {
		t.Error("a committed table is gone after kill -9")
	}
}

func TestFrozenServerAnswersNothingUntilResumed(t *testing.T) {
	t.Parallel()
	server := testpg.Server(t)
	conn, err := pgx.Connect(t.Context(), server.DSN(embedded.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	server.Pause()
	answered := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "select 1")
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("a frozen server answered (%v)", err)
	case <-time.After(100 * time.Millisecond):
	}
	server.Resume()
	if err := <-answered; err != nil {
		t.Errorf("the statement sent while frozen failed: %v", err)
	}
}

// BenchmarkNew is the price of a database for one test.
func BenchmarkNew(b *testing.B) {
	testpg.New(b) // the server is started outside the measurement
	for b.Loop() {
		testpg.New(b)
	}
}

func exists(t *testing.T, address, table string) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var found bool
	if err := conn.QueryRow(t.Context(), "select to_regclass($1) is not null", table).Scan(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

func execute(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
