//go:build e2e

package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"toancanh/server/embedded/testpg"
)

// sealedWithin is promised for a row of the audit.
const sealedWithin = 2 * time.Second

// TestTheAuditIsSealedAndTellsWhatWasChanged asks the program itself, as an auditor would.
func TestTheAuditIsSealedAndTellsWhatWasChanged(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve("TOANCANH_OPEN=no")
	p := employ(t, w, s, "binh")
	for range 3 {
		p.signIn(t)
		p.ask(t, http.MethodDelete, "/api/v1/session", "")
	}
	eventually(t, "every row is sealed", limit(sealedWithin), func() bool {
		var rows, waiting int
		err := w.pool.QueryRow(t.Context(), "select count(*), count(*) filter (where seal is null) from audit").Scan(&rows, &waiting)
		return err == nil && rows >= 8 && waiting == 0
	}, nil)
	verify := order{args: []string{"audit", "verify"}, env: []string{
		"TOANCANH_DATA=" + w.dir, "TOANCANH_DATABASE_URL=" + w.postgres.DSN(testpg.App),
	}}
	whole := run(t, verify)
	if code := whole.await(20 * time.Second); code != 0 {
		t.Fatalf("an untouched audit: exit code %d\n%s", code, whole.log)
	}
	says(t, whole.log.String(), "rows sealed", "head ")
	if _, err := w.pool.Exec(t.Context(), "delete from audit where seal_n = (select max(seal_n) from audit)"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pool.Exec(t.Context(), "update audit_head set n = n - 1, seal = (select seal from audit order by seal_n desc nulls last limit 1)"); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, verify), "newest rows are gone")
	if _, err := w.pool.Exec(t.Context(), "update audit set who = 'person:x' where seal_n = 2"); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, verify), "number 2", "changed")
}
