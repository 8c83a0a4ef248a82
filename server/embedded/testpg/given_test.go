package testpg_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded"
	"toancanh/server/embedded/testpg"
)

// This binary runs its own tests once more on a server it was given, the way CI may do it.
func TestGivenServerServesTheSameTests(t *testing.T) {
	t.Parallel()
	const variable = "TOANCANH_TEST_DATABASE_URL"
	if os.Getenv(variable) != "" {
		t.Skip("runs on a given server already")
	}
	server := testpg.Server(t)
	for range 2 { // the second finds the template of the first
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "TestEach|TestNew", "-test.count", "1")
		cmd.Env = append(os.Environ(), variable+"="+server.DSN(embedded.Owner))
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	conn, err := pgx.Connect(t.Context(), server.DSN(embedded.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var templates, left int
	err = conn.QueryRow(t.Context(), `select count(*) filter (where datname like 'toancanh\_template\_%'),
		count(*) filter (where datname like 'toancanh\_test\_%') from pg_database`).Scan(&templates, &left)
	if err != nil {
		t.Fatal(err)
	}
	if templates != 1 || left != 0 {
		t.Errorf("the server holds %d templates and %d left-over databases, want 1 and 0", templates, left)
	}
}
