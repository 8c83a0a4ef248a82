package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
)

// sqlCounted are the reports the rates count, of the origin the dataset was born as.
const sqlCounted = `r.division = @division and r.accepted_at is not null and not r.is_excluded and r.origin <> 'drill'
	and (r.origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')`

// FirstCase is when the first report came that the rates count; the zero time while there is none.
func (s *Store) FirstCase(ctx context.Context, division string) (first time.Time, err error) {
	list, err := collect(ctx, s, pgx.RowTo[time.Time], "select r.received_at from report r where "+sqlCounted+" order by r.received_at limit 1",
		pgx.NamedArgs{"division": division})
	if err != nil {
		return first, fmt.Errorf("read the first case: %w", err)
	}
	for _, at := range list {
		first = at
	}
	return first, nil
}

// Cases are the reports received in a span of time that the rates count, as of when replies are counted, and ratings as of when
// results are. Who is charged is the unit that replied first, or had it then. Of a reply that was sent back later the limit is the
// one first promised, or approved until then.
func (s *Store) Cases(ctx context.Context, division string, span kpi.Span) ([]kpi.Case, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[kpi.Case], `
		select r.area,
			coalesce((select a.unit from report_act a where a.report_id = r.id and a.act = 'assign' and a.at <= least(f.replied, @replies)
				order by a.n desc limit 1), r.unit),
			case when exists (select from report_act a where a.report_id = r.id and a.act = 'reopen') then greatest(r.due_original,
					(select max(a.until) from report_act a where a.report_id = r.id and a.act = 'approve_extension' and a.at <= f.replied))
				when r.paused_at is null then r.due_resolve end,
			f.replied, f.published,
			(select min(a.at) from report_act a where a.report_id = r.id and a.act = 'reopen' and a.at >= f.published),
			g.manner is not null, coalesce(g.manner in ('hai_long', 'chap_nhan'), false)
		from report r
		cross join lateral (select min(a.at) filter (where a.act = 'resolve') as replied, min(a.at) filter (where a.act = 'publish') as published
			from report_act a where a.report_id = r.id) f
		left join lateral (select manner from report_rating where report_id = r.id and published_at <= @results order by published_at desc limit 1) g on true
		where `+sqlCounted+` and r.received_at >= @from and r.received_at < @until and r.accepted_at <= @replies`,
		pgx.NamedArgs{"division": division, "from": span.From, "until": span.Until, "replies": span.Replies(), "results": span.Results()})
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return list, nil
}

// RatePeriod are the days of receipt that rates count.
type RatePeriod struct {
	From, Until time.Time // days, both of them counted
	At          time.Time // as of when they are counted
}

// RatePeriods are those of which replies are told, and results. Zero: there is none.
type RatePeriods struct{ Newest, Ripe RatePeriod }

// TellRates lets the public role read rates; those of no period are none.
func (s *Store) TellRates(ctx context.Context, p RatePeriods, list []disclosure.Rate) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from public_rate"); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"public_rate"}, []string{"kind", "division", "place", "measure", "value"},
			pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
				r := list[i]
				return []any{r.Kind, r.Division, r.Place, string(r.Measure), r.N}, nil
			}))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update public_rate r set name = u.name from unit u where r.kind = 'unit' and u.id = r.place"); err != nil {
			return err
		}
		if p.Newest.At.IsZero() {
			_, err := tx.Exec(ctx, "delete from public_rate_period")
			return err
		}
		args := append([]any{p.Newest.From.Equal(p.Ripe.From)}, slices.Concat(p.Newest.columns(), p.Ripe.columns())...)
		_, err = tx.Exec(ctx, `insert into public_rate_period (mature, from_date, until_date, counted_at, ripe_from, ripe_until, ripe_at)
			values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (only_row) do update set mature = excluded.mature, from_date = excluded.from_date, until_date = excluded.until_date,
				counted_at = excluded.counted_at, ripe_from = excluded.ripe_from, ripe_until = excluded.ripe_until, ripe_at = excluded.ripe_at`, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell rates: %w", classify(err))
	}
	return nil
}

// columns are the period as the database keeps it; nulls when there is none.
func (p RatePeriod) columns() []any {
	if p.At.IsZero() {
		return []any{nil, nil, nil}
	}
	return []any{p.From.Format(time.DateOnly), p.Until.Format(time.DateOnly), p.At}
}

// PublicRate is a count behind a rate, as it is told.
type PublicRate struct {
	disclosure.Rate
	Name string // of a unit
}

// Performance is how well units and areas did; the zero value before anything was counted.
type Performance struct {
	RatePeriods
	Rates []PublicRate
}

func readPerformance(ctx context.Context, tx pgx.Tx) (p Performance, err error) {
	var dates [4]*time.Time
	var counted [2]*time.Time
	err = tx.QueryRow(ctx, `select min(from_date), min(until_date), min(counted_at), min(ripe_from), min(ripe_until), min(ripe_at)
		from public_rate_period`).Scan(&dates[0], &dates[1], &counted[0], &dates[2], &dates[3], &counted[1])
	if err != nil {
		return p, err
	}
	for i, period := range []*RatePeriod{&p.Newest, &p.Ripe} {
		if from, until, at := dates[2*i], dates[2*i+1], counted[i]; from != nil && until != nil && at != nil {
			*period = RatePeriod{*from, *until, at.UTC()}
		}
	}
	rows, err := tx.Query(ctx, "select kind, division, place, measure, value, name from public_rate order by kind, division, place, measure")
	if err != nil {
		return p, err
	}
	var r PublicRate
	_, err = pgx.ForEachRow(rows, []any{&r.Kind, &r.Division, &r.Place, (*string)(&r.Measure), &r.N, &r.Name}, func() error {
		p.Rates = append(p.Rates, r)
		return nil
	})
	return p, err
}
