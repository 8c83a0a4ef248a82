package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"toancanh/server/dti"
	"toancanh/server/embedded/testpg"
	"toancanh/server/fault"
	"toancanh/server/store"
)

func value(code string, x float64, replaces int64) dti.Entry {
	return dti.Entry{
		Key: dti.Key{Area: "67", Scheme: "922-2022", Year: 2022, Code: code}, Value: x, Most: 1, Replaces: replaces,
		Evidence: dti.Evidence{Title: "Báo cáo", Issuer: "Bộ", Number: "1/BC", Dated: "2023-07-12"},
	}
}

func TestEnteredValuesStayAndReplaceEachOther(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 2, Read: 2})
	must(t, err)
	t.Cleanup(s.Close)
	at := time.Now().UTC().Truncate(time.Microsecond)
	add := func(list ...dti.Entry) ([]store.DTIEntry, error) {
		return s.AddDTI(t.Context(), list, "person:1", at)
	}
	conflict := func(what string, err error) {
		t.Helper()
		if !fault.Is(err, fault.KindConflict) || !strings.Contains(fault.Message(err), "vừa được người khác") {
			t.Errorf("%s: %v", what, err)
		}
	}
	first, err := add(value("7", 0.5, 0), value("7.1", 0.25, 0))
	must(t, err)
	n := first[0].N
	_, err = add(value("7", 0.6, 0))
	conflict("a value that names nothing where there is one", err)
	_, err = add(value("7.2", 0.6, n))
	conflict("a value that replaces one of another component", err)
	_, err = add(value("8", 0.6, 999))
	conflict("a value that replaces nothing there is", err)
	second, err := add(value("7", 0.8575, n))
	must(t, err)
	_, err = add(value("7", 0.7, n))
	conflict("a value over the one before the newest", err)
	_, err = add(value("9", 0.1, 0), value("7", 0.7, n))
	conflict("a table of which one is late", err)

	withdraw := func(n int64) (store.DTIEntry, error) {
		return s.WithdrawDTI(t.Context(), store.DTIEntry{Entry: dti.Entry{Key: dti.Key{Area: "67"}, Replaces: n}, Reason: "Nhầm năm", At: at, By: "person:2"})
	}
	_, err = withdraw(n)
	conflict("withdrawing what is not in force", err)
	if _, err := withdraw(999); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("withdrawing nothing: %v", err)
	}
	gone, err := withdraw(second[0].N)
	must(t, err)
	_, err = withdraw(gone.N)
	conflict("withdrawing a withdrawal", err)
	current := func() map[string]string {
		list, err := s.DTIEntries(t.Context(), "67")
		must(t, err)
		got := map[string]string{}
		for _, e := range list {
			got[e.Code] = map[bool]string{true: "withdrawn", false: "in force"}[e.Withdrawn]
		}
		return got
	}
	if d := cmp.Diff(map[string]string{"7": "withdrawn", "7.1": "in force"}, current()); d != "" {
		t.Error(d)
	}
	public := func() []string {
		rows, err := db.Public.Query(t.Context(), "select code || ' ' || value::float8 from public_dti order by code")
		must(t, err)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		return list
	}
	if d := cmp.Diff([]string{"7.1 0.25"}, public()); d != "" {
		t.Error(d)
	}
	_, err = add(value("7", 0.9, 0))
	conflict("a value beside a withdrawal", err)
	_, err = add(value("7", 0.9, gone.N))
	must(t, err)
	if d := cmp.Diff([]string{"7 0.9", "7.1 0.25"}, public()); d != "" {
		t.Error(d)
	}

	t.Run("the whole history is there", func(t *testing.T) {
		list, err := s.DTIHistory(t.Context(), value("7", 0, 0).Key)
		must(t, err)
		var got []string
		for _, e := range list {
			got = append(got, e.By+" "+e.Reason)
		}
		if d := cmp.Diff([]string{"person:1 ", "person:2 Nhầm năm", "person:1 ", "person:1 "}, got); d != "" {
			t.Error(d)
		}
		if e := list[2]; e.Value != 0.8575 || e.Title != "Báo cáo" || e.Dated != "2023-07-12" || e.Replaces != n || !e.At.Equal(at) {
			t.Errorf("%+v", e)
		}
	})
	t.Run("nothing of it can be changed or deleted", func(t *testing.T) {
		for _, sql := range []string{"update dti_value set value = 1", "delete from dti_value", "truncate dti_value"} {
			if _, err := db.App.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", sql, err)
			}
		}
		for _, sql := range []string{"select entered_by from dti_value", "select entered_by from public_dti", "select n from public_dti"} {
			if _, err := db.Public.Exec(t.Context(), sql); err == nil {
				t.Errorf("everybody may: %s", sql)
			}
		}
	})
	t.Run("without evidence the database takes none", func(t *testing.T) {
		for _, change := range []func(*dti.Entry){
			func(e *dti.Entry) { e.Title = "" }, func(e *dti.Entry) { e.Issuer = "" }, func(e *dti.Entry) { e.Number = "" },
			func(e *dti.Entry) { e.Value = 1.5 }, func(e *dti.Entry) { e.Value = -0.1 },
		} {
			e := value("9", 0.5, 0)
			change(&e)
			if _, err := add(e); err == nil || fault.Is(err, fault.KindConflict) {
				t.Errorf("%+v: %v", e, err)
			}
		}
	})
	rows, err := db.Owner.Query(t.Context(), "select object || ' ' || coalesce(why, '') from audit where what = 'dti.enter' order by id")
	must(t, err)
	noted, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	const seven = "dti:922-2022/2022/7 "
	if d := cmp.Diff([]string{"dti ", seven, seven + "Nhầm năm", seven}, noted); d != "" {
		t.Errorf("audit (-want +got):\n%s", d)
	}
}

// Of two who write over the same value at once one is told of the other.
func TestTwoWhoEnterAtOnceDoNotBothWin(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN(testpg.App), store.Sizes{Write: 4, Read: 2})
	must(t, err)
	t.Cleanup(s.Close)
	for _, code := range []string{"1", "2", "3"} {
		results := make(chan error, 4)
		for range cap(results) {
			go func() {
				_, err := s.AddDTI(t.Context(), []dti.Entry{value(code, 0.5, 0)}, "person:1", time.Now())
				results <- err
			}()
		}
		won := 0
		for range cap(results) {
			err := <-results
			if err == nil {
				won++
			} else if !fault.Is(err, fault.KindConflict) {
				t.Errorf("%s: %v", code, err)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d won", code, won)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
