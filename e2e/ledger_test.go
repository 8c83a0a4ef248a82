//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// entry is one report as its sender knows it.
type entry struct {
	body  string // the description, unlike any other
	id    string // empty while no answer came: it may or may not have been kept
	code  string
	tries int
}

// deed is an act that was acknowledged with the version it made.
type deed struct {
	id      string
	act     string
	version int64
}

// ledger is what senders were promised.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry // by Idempotency-Key
	deeds   []deed
	faults  []string
}

func newLedger() *ledger { return &ledger{entries: map[string]*entry{}} }

// sent notes a try.
func (l *ledger) sent(key, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[key]
	if e == nil {
		e = &entry{body: body}
		l.entries[key] = e
	}
	e.tries++
}

// acknowledged notes an answer. The same key must always have the same one.
func (l *ledger) acknowledged(key, id, code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[key]
	if e.id != "" && (e.id != id || e.code != code) {
		l.faultLocked("key %s was answered %s and then %s", key, e.id, id)
		return
	}
	e.id, e.code = id, code
}

func (l *ledger) done(d deed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deeds = append(l.deeds, d)
}

func (l *ledger) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faultLocked(format, args...)
}

func (l *ledger) faultLocked(format string, args ...any) {
	if len(l.faults) < 20 {
		l.faults = append(l.faults, fmt.Sprintf(format, args...))
	}
}

// counts says how many reports were acknowledged and of how many nobody knows.
func (l *ledger) counts() (known, unknown int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e.id != "" {
			known++
		} else {
			unknown++
		}
	}
	return known, unknown
}

// kept is a row of the database as the ledger sees it.
type kept struct {
	ID, Code, Description string
	Version               int64
}

// check compares what was promised with what is kept: every acknowledged report exactly once and with its words, nothing
// that nobody sent, every acknowledged act in the timeline.
func (l *ledger) check(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	rows, err := pool.Query(ctx, "select id::text, code, description, version from report")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		t.Fatal(err)
	}
	byBody := map[string]kept{}
	for _, row := range all {
		if other, twice := byBody[row.Description]; twice {
			t.Errorf("%q is kept twice, as %s and %s", row.Description, row.ID, other.ID)
		}
		byBody[row.Description] = row
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, e := range l.entries {
		row, found := byBody[e.body]
		switch {
		case e.id != "" && !found:
			t.Errorf("acknowledged report %s is lost: %q", e.id, e.body)
		case e.id != "" && (row.ID != e.id || row.Code != e.code):
			t.Errorf("key %s was answered %s %s and is kept as %s %s", key, e.id, e.code, row.ID, row.Code)
		}
		delete(byBody, e.body)
	}
	for body, row := range byBody {
		t.Errorf("report %s was invented: %q", row.ID, body)
	}
	l.checkDeeds(ctx, t, pool)
	for _, f := range l.faults {
		t.Error(f)
	}
}

func (l *ledger) checkDeeds(ctx context.Context, t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	rows, err := pool.Query(ctx, "select report_id::text, n, act from report_act")
	if err != nil {
		t.Fatal(err)
	}
	acts := map[deed]bool{}
	var d deed
	if _, err := pgx.ForEachRow(rows, []any{&d.id, &d.version, &d.act}, func() error { acts[d] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, d := range l.deeds {
		if !acts[d] {
			t.Errorf("acknowledged act %s of %s is not its entry %d", d.act, d.id, d.version)
		}
	}
	var broken int
	err = pool.QueryRow(ctx, `select count(*) from report r where r.version <>
		(select count(*) from report_act a where a.report_id = r.id)`).Scan(&broken)
	if err != nil {
		t.Fatal(err)
	}
	if broken > 0 {
		t.Errorf("%d reports have another version than entries in their timeline", broken)
	}
}

// checkNumbers fails the test unless every topic is numbered from 1 to its head without a gap or a double, and every
// event stands once on each of its topics.
func checkNumbers(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var waiting int
	eventually(t, "every event has its number", limit(healBus), func() bool {
		return pool.QueryRow(ctx, "select count(*) from outbox").Scan(&waiting) == nil && waiting == 0
	}, func() string { return fmt.Sprint(waiting, " wait") })
	for claim, query := range map[string]string{
		"topics with a gap, a double or another head": `
			select count(*) from topic_head h left join (
				select topic, count(*) as n, count(distinct seq) as different, min(seq) as first, max(seq) as last
				from topic_entry group by topic) e using (topic)
			where (e.n, e.different, e.first, e.last) is distinct from (h.seq, h.seq, 1::bigint, h.seq)`,
		"topics numbered without a head": `select count(*) from (select distinct topic from topic_entry) n
			left join topic_head h using (topic) where h.topic is null`,
		"events not on each of their topics once": `
			select count(*) from event e left join (select event_id, count(*) as n from topic_entry group by event_id) t
				on t.event_id = e.id where cardinality(e.topics) is distinct from t.n
				and not exists (select from outbox o where o.event_id = e.id)`, // public facts leave by themselves, also meanwhile
		"reports with an event missing": `
			select count(*) from report r left join (
				select thing, count(*) as n from event where audience = 'ops' group by thing) e on e.thing = r.id::text
			where r.version > coalesce(e.n, 0)`,
	} {
		var n int
		if err := pool.QueryRow(ctx, query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", claim, err)
		}
		if n != 0 {
			t.Errorf("%d %s", n, claim)
		}
	}
}
