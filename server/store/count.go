package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/kpi"
)

// sqlCount counts every area of a division at an instant, each number by its definition and nothing else. It is what
// the counters are checked against, and what people may read to know what a tile means.
const sqlCount = `
	with counted as (
		select a.code as place, r.* from report r, unnest(r.path) as a(code)
		where division = @division and (origin = 'real') = @real and origin <> 'drill' and received_at <= @at
			and (is_open or ended_at > @at - interval '31 days' or due_original > @at - interval '31 days'
				or received_at > @at - interval '48 hours')
	)
	select place,
		count(*) filter (where is_open)::int,
		case when (select min(received_at) from report where division = @division) <= @at - interval '24 hours' then
			count(*) filter (where received_at <= @at - interval '24 hours' and (ended_at is null or ended_at > @at - interval '24 hours'))::int end,
		count(*) filter (where is_open and due_now < @at)::int,
		round(extract(epoch from @at - min(due_now) filter (where is_open and due_now < @at)) / 3600, 1)::float8,
		count(*) filter (where received_at > @at - interval '24 hours')::int,
		count(*) filter (where received_at <= @at - interval '24 hours' and received_at > @at - interval '48 hours')::int,
		count(*) filter (where not is_excluded and due_original > @at - interval '30 days' and due_original <= @at
			and resolved_at <= due_original)::int,
		count(*) filter (where not is_excluded and due_original > @at - interval '30 days' and due_original <= @at)::int,
		count(*) filter (where is_open and (emergency or priority = 'khan_cap'))::int,
		count(*) filter (where is_open and not emergency and priority = 'cao')::int,
		count(*) filter (where is_open and due_now < @at and (emergency or priority in ('khan_cap', 'cao')))::int
	from counted group by place`

// Counts are the numbers of sqlCount for one area.
type Counts struct {
	Open        int
	OpenDayAgo  *int // nil when no report reaches back so far
	Overdue     int
	OldestHours *float64 // of the one overdue longest; nil when none is

	Received24h, ReceivedDayBefore, OnTimeMet, OnTimeDue, Critical, Warning, OverdueHigh int
}

// CountAreas counts every area of a division as of an instant no later than now: acts of later are not undone, so
// only an instant with nothing after it is exact. Real and not real are never summed.
func (s *Store) CountAreas(ctx context.Context, division string, realOnly bool, at time.Time) (map[string]Counts, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sqlCount, pgx.NamedArgs{"division": division, "real": realOnly, "at": at})
	if err != nil {
		return nil, fmt.Errorf("count areas: %w", classify(err))
	}
	counts := map[string]Counts{}
	var code string
	var c Counts
	_, err = pgx.ForEachRow(rows, []any{
		&code, &c.Open, &c.OpenDayAgo, &c.Overdue, &c.OldestHours, &c.Received24h, &c.ReceivedDayBefore, &c.OnTimeMet, &c.OnTimeDue, &c.Critical, &c.Warning, &c.OverdueHigh,
	}, func() error { counts[code] = c; return nil })
	if err != nil {
		return nil, fmt.Errorf("count areas: %w", classify(err))
	}
	return counts, nil
}

// Differs lists the numbers of a board that are not what SQL counts.
func (c Counts) Differs(v kpi.Values) []string {
	var names []string
	for _, n := range []struct {
		name     string
		sql, got int
	}{
		{"open", c.Open, v.Open},
		{"overdue", c.Overdue, v.Overdue},
		{"overdue_high", c.OverdueHigh, v.OverdueHigh},
		{"received_24h", c.Received24h, v.Received24h},
		{"on_time_met", c.OnTimeMet, v.OnTimeMet},
		{"on_time_due", c.OnTimeDue, v.OnTimeDue},
		{"critical", c.Critical, v.Critical},
		{"warning", c.Warning, v.Warning},
	} {
		if n.sql != n.got {
			names = append(names, fmt.Sprintf("%s: sql %d, board %d", n.name, n.sql, n.got))
		}
	}
	return names
}
