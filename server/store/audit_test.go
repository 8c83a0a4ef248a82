package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"toancanh/server/audit"
	"toancanh/server/embedded/testpg"
	"toancanh/server/store"
)

func openStore(t *testing.T, db testpg.DB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 4, Read: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func inspect(t *testing.T, s *store.Store, chain *audit.Chain, anchors ...audit.Head) audit.Report {
	t.Helper()
	head, err := s.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := chain.Inspect(append(anchors, head)...)
	err = s.WalkAudit(t.Context(), func(k audit.Kept) error { i.Row(k, time.Now()); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return i.End()
}

func TestTheAuditShowsWhatItsOwnerTamperedWith(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, deed, want string }{
		{"nothing", "select 1", ""},
		{"a changed row", "update audit set why = 'x' where seal_n = 3", "changed"},
		{"a changed time", "update audit set at = at - interval '1 hour' where seal_n = 3", "changed"},
		{"a removed row", "delete from audit where seal_n = 3", "gone"},
		{"the newest removed", "delete from audit where seal_n = 6", "newest rows are gone"},
		{"the newest removed and the head moved", "with x as (delete from audit where seal_n = 6) update audit_head set n = 5, seal = (select seal from audit where seal_n = 5)", "newest rows are gone"},
		{"everything removed", "truncate audit; update audit_head set n = 0, seal = ''", "newest rows are gone"},
		{"two exchanged", "update audit set seal_n = -1 where seal_n = 2; update audit set seal_n = 2 where seal_n = 3; update audit set seal_n = 3 where seal_n = -1", "changed"},
		{"one put between", "update audit set seal_n = seal_n + 100 where seal_n > 2; insert into audit (who, what, result, seal_n, sealed_at, seal) values ('person:x', 'act.assign', 'done', 3, now(), 'abc'); update audit set seal_n = seal_n - 99 where seal_n > 100", "changed"},
		{"one put before all", "insert into audit (who, what, result, seal_n, sealed_at, seal) values ('person:x', 'act.assign', 'done', -5, now(), 'abc')", "gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := testpg.New(t)
			s, chain := openStore(t, db), audit.NewChain([]byte("key"))
			for n := range 6 {
				ctx := audit.With(t.Context(), audit.Author{Who: "person:1", Role: "truong_ca"})
				if err := s.KeepAudit(ctx, audit.Row{What: "act.assign", Object: fmt.Sprint("report:", n), Result: audit.Done}); err != nil {
					t.Fatal(err)
				}
				if n%2 == 1 {
					if _, err := s.SealAudit(t.Context(), chain, time.Now()); err != nil {
						t.Fatal(err)
					}
				}
			}
			anchor, err := s.AuditHead(t.Context())
			if err != nil || anchor.N != 6 {
				t.Fatalf("head %d, %v", anchor.N, err)
			}
			if _, err := db.Owner.Exec(t.Context(), tc.deed); err != nil {
				t.Fatal(err)
			}
			got := inspect(t, s, chain, anchor).Findings
			if (len(got) > 0) != (tc.want != "") || !strings.Contains(fmt.Sprint(got), tc.want) {
				t.Errorf("found %v, want %q", got, tc.want)
			}
		})
	}
}

func TestTheApplicationOnlyAddsToTheAudit(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s := openStore(t, db)
	if err := s.KeepAudit(t.Context(), audit.Row{What: "x", Result: audit.Done}); err != nil {
		t.Fatal(err)
	}
	for _, deed := range []string{
		"update audit set why = 'x'", "delete from audit", "truncate audit", "update audit_head set n = 9", "delete from audit_head",
		"insert into audit (who, what, result, at) values ('a', 'b', 'done', now())",
		"insert into audit (who, what, result, seal_n) values ('a', 'b', 'done', 1)",
		"alter table audit disable trigger all",
	} {
		if _, err := db.App.Exec(t.Context(), deed); err == nil {
			t.Errorf("the application may: %s", deed)
		}
	}
	if _, err := db.Public.Exec(t.Context(), "select 1 from audit"); err == nil {
		t.Error("the public reads the audit")
	}
}

func TestTwoSealersMakeOneChain(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, chain := openStore(t, db), audit.NewChain([]byte("key"))
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.SealAudit(ctx, chain, time.Now()) // one of two may fail and tries again
			}
		})
	}
	for n := range 60 {
		if err := s.KeepAudit(t.Context(), audit.Row{What: "x", Object: fmt.Sprint(n), Result: audit.Done}); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	// What was cut off here may still commit there: the last one tries again too, as a leader does each second.
	_, err := s.SealAudit(t.Context(), chain, time.Now())
	for tries := 1; err != nil && tries < 5; tries++ {
		_, err = s.SealAudit(t.Context(), chain, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := inspect(t, s, chain); len(got.Findings) > 0 || got.Sealed != 60 || got.Waiting != 0 {
		t.Errorf("%+v", got)
	}
}
