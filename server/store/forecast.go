package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/forecast"
)

// sqlHandled are reports that a unit was responsible for, the newest first. What was withdrawn teaches nothing.
const sqlHandled = `(origin = 'real') = @real and origin <> 'drill' and received_at > @from and received_at < @to
	and assigned_at is not null and withdrawn_at is null order by received_at desc, id desc limit @most`

// Handled is what forecasts are learned from.
type Handled struct {
	Span     forecast.Span // of their receipt
	RealOnly bool          // real ones, or else all others: the two are never mixed
	Most     int           // reports; of more, the newest
}

// HandledReports reads reports that a unit was responsible for with their timelines, in one repeatable-read transaction and
// without texts. Acts since the end of the span are left out.
func (s *Store) HandledReports(ctx context.Context, h Handled) ([]forecast.Past, error) {
	args := pgx.NamedArgs{"real": h.RealOnly, "from": h.Span.From, "to": h.Span.To, "most": h.Most}
	var list []forecast.Past
	err := s.inPast(ctx, func(ctx context.Context, tx pgx.Tx) error {
		reports, err := lightReports(ctx, tx, sqlHandled, args)
		if err != nil {
			return err
		}
		acts, err := timelines(ctx, tx, "join (select id from report where "+sqlHandled+") r on r.id = a.report_id where a.at < @to", args)
		if err != nil {
			return err
		}
		for _, r := range reports {
			if len(acts[r.ID]) > 0 {
				list = append(list, forecast.Past{Report: r, Timeline: acts[r.ID]})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read handled reports: %w", classify(err))
	}
	return list, nil
}
