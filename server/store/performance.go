package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
)

// Cases are the reports received in a span of time that the rates count, of the origin the dataset was born as. Who is charged
// is the unit that replied first. Of a reply that was sent back later the limit is the one first promised, or approved until then.
func (s *Store) Cases(ctx context.Context, division string, from, until time.Time) ([]kpi.Case, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[kpi.Case], `
		select r.area,
			coalesce((select a.unit from report_act a where a.report_id = r.id and a.act = 'assign' and (f.replied is null or a.at <= f.replied)
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
		left join lateral (select manner from report_rating where report_id = r.id order by published_at desc limit 1) g on true
		where r.division = $1 and r.received_at >= $2 and r.received_at < $3 and r.accepted_at is not null and not r.is_excluded
			and r.origin <> 'drill' and (r.origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')`, division, from, until)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return list, nil
}

// RatePeriod are the days of receipt that rates count.
type RatePeriod struct {
	From, Until time.Time // days, both of them counted
	Mature      bool      // long enough ago for results to be proven
	At          time.Time
}

// TellRates lets the public role read rates.
func (s *Store) TellRates(ctx context.Context, p RatePeriod, list []disclosure.Rate) error {
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
		_, err = tx.Exec(ctx, `insert into public_rate_period (from_date, until_date, mature, counted_at) values ($1, $2, $3, $4)
			on conflict (only_row) do update set from_date = excluded.from_date, until_date = excluded.until_date, mature = excluded.mature,
				counted_at = excluded.counted_at`, p.From.Format(time.DateOnly), p.Until.Format(time.DateOnly), p.Mature, p.At)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell rates: %w", classify(err))
	}
	return nil
}

// PublicRate is a count behind a rate, as it is told.
type PublicRate struct {
	disclosure.Rate
	Name string // of a unit
}

// Performance is how well units and areas did; the zero value before anything was counted.
type Performance struct {
	RatePeriod
	Rates []PublicRate
}

func readPerformance(ctx context.Context, tx pgx.Tx) (p Performance, err error) {
	err = tx.QueryRow(ctx, `select coalesce(min(from_date), '0001-01-01'), coalesce(min(until_date), '0001-01-01'), coalesce(bool_and(mature), false),
		coalesce(min(counted_at), '0001-01-01 00:00:00Z') from public_rate_period`).Scan(&p.From, &p.Until, &p.Mature, &p.At)
	if err != nil {
		return p, err
	}
	p.At = p.At.UTC()
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
