package watch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/watch"
)

// TestContactsAreDroppedTwelveMonthsAfterClosing moves the clock over reports that were closed, withdrawn, or are open.
func TestContactsAreDroppedTwelveMonthsAfterClosing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	closed := time.Now().Truncate(time.Second).In(r.watch.Location).AddDate(-1, 0, 0)
	const many = 1200 // more than two batches
	for _, sql := range []string{
		`
		insert into report (id, version, code, origin, source, category, lat, lon, cell, division, area, path, priority, received_at, changed_at, description,
			status, is_open, closed_at, withdrawn_at)
		select gen_random_uuid(), 1, 'D' || n, 'simulated', 'form', 'MT', 12, 107.6, 0, 'vn-2022', '24611', '{67,660,24611}', 'binh_thuong',
			$1::timestamptz - interval '9 days', $1, 'Rác', case when n <= $2 then 'hoan_thanh' else 'moi' end, n > $2,
			case when n <= $2 then $1::timestamptz end, case when n = $2 + 1 then $1::timestamptz end
		from generate_series(1, $2::int + 3) n`,
		"insert into report_contact (report_id, key_id, sealed) select id, 'k', '\\x00' from report where received_at < $1 and $2 > 0",
	} {
		if _, err := r.db.Owner.Exec(t.Context(), sql, closed, many); err != nil {
			t.Fatal(err)
		}
	}
	metrics := prometheus.NewRegistry()
	// lead leads until the contacts were looked through, and says how many are left.
	lead := func(now time.Time, registerer prometheus.Registerer) (left int) {
		t.Helper()
		done := make(chan struct{})
		once := sync.OnceFunc(func() { close(done) })
		c := r.watch.Config
		c.Now, c.Metrics = func() time.Time { return now }, registerer
		c.DropContacts = func(ctx context.Context, before time.Time) (int, error) {
			n, err := r.store.DropContacts(ctx, before)
			if err == nil && n == 0 {
				once()
			}
			return n, err
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { watch.New(c).Lead(ctx, func([]schema.Level) {}) })
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			t.Error("the contacts were not looked through")
		}
		stop()
		running.Wait()
		if err := r.db.Owner.QueryRow(t.Context(), "select count(*) from report_contact").Scan(&left); err != nil {
			t.Fatal(err)
		}
		return left
	}
	over := closed.AddDate(1, 0, 0)
	if left := lead(over, nil); left != many+3 {
		t.Errorf("at the end of the twelve months %d are left, want all %d", left, many+3)
	}
	if left := lead(over.Add(time.Second), metrics); left != 2 {
		t.Errorf("after twelve months %d are left, want the 2 of open reports", left)
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := 0.0
	for _, f := range families {
		if f.GetName() == "toancanh_contacts_dropped_total" {
			counted = f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	var rows, noted int
	if err := r.db.Owner.QueryRow(t.Context(), "select count(*), sum((detail::json->>'count')::int) from audit where what = 'contact.drop'").Scan(&rows, &noted); err != nil {
		t.Fatal(err)
	}
	if rows != 3 || noted != many+1 || counted != many+1 {
		t.Errorf("the audit tells of %d in %d batches, the metric of %v; want %d in 3", noted, rows, counted, many+1)
	}
}
