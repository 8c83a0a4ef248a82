package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/fault"
	"toancanh/server/report"
)

// mostBounces bounds one answer.
const mostBounces = 20_000

// Bounces are the returns of a span, in order, and how many assignments were made in it.
func (s *Store) Bounces(ctx context.Context, p Span) (list []report.Bounce, assignments int, err error) {
	args := p.args()
	args["most"] = mostBounces + 1
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			select r.id::text, r.category, r.emergency, r.rules, given.unit, coalesce(next.unit, ''), given.at, back.at
			from report_act back join report r on r.id = back.report_id
			cross join lateral (select unit, at from report_act a
				where a.report_id = back.report_id and a.n < back.n and a.act = 'assign' order by n desc limit 1) given
			left join lateral (select unit from report_act a
				where a.report_id = back.report_id and a.n > back.n and a.act = 'assign' order by n limit 1) next on true
			where back.act = 'return' and back.at >= @from and back.at < @to and `+inSpan+`
			order by back.at, r.id limit @most`, args)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (report.Bounce, error) {
			var b report.Bounce
			r := &b.Report
			err := row.Scan(&r.ID, &r.Category, &r.Emergency, &r.Rules, &b.From, &b.To, &b.Given, &b.Returned)
			b.Given, b.Returned = b.Given.UTC(), b.Returned.UTC()
			return b, err
		})
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `select count(*)::int from report_act a join report r on r.id = a.report_id
			where a.act = 'assign' and a.at >= @from and a.at < @to and `+inSpan, args).Scan(&assignments)
	})
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("list bounces: %w", classify(err))
	case len(list) > mostBounces:
		return nil, 0, fault.Invalid("from", "Có hơn %d lần trả lại trong khoảng này, xin chọn khoảng ngắn hơn.", mostBounces).Because("too_many_items")
	}
	return list, assignments, nil
}
