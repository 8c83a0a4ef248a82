package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// OpenResult is one published result as open data tell it.
type OpenResult struct {
	Code, Category, Division, Area string
	ReceivedHour                   time.Time
	DueDate, ResolvedDate          *time.Time // days
	PublishedAt                    time.Time
	Origin, Text                   string
	Lat, Lon                       *float64 // the middle of a square of 500 m; nil where no more than the area is told
}

const sqlOpenResults = ` from public_record
	where division = @division and published_at is not null and (origin = 'real') = @real and origin <> 'drill' `

// OpenMark is another one whenever Results or Cells of open data are others. It costs far less than reading them.
func (p *PublicStore) OpenMark(ctx context.Context, division string, realOnes bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var mark string
	err := p.pool.QueryRow(ctx, `
		select (select count(*)::text || ' ' || coalesce(sum(hashtextextended(public_record::text, 0)), 0)::text `+sqlOpenResults+`)
			|| ' ' || (select count(*)::text || ' ' || coalesce(sum(hashtextextended(public_cell::text, 0)), 0)::text
				from public_cell where division = @division)`,
		pgx.NamedArgs{"division": division, "real": realOnes}).Scan(&mark)
	if err != nil {
		return "", fmt.Errorf("read mark of open data: %w", classify(err))
	}
	return mark, nil
}

// OpenResults reads at most so many published results, the newest first.
func (p *PublicStore) OpenResults(ctx context.Context, division string, realOnes bool, most int) ([]OpenResult, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := p.pool.Query(ctx, `select code, category, division, area, received_hour, due_date, resolved_date, published_at, origin, text, lat, lon`+
		sqlOpenResults+`order by published_at desc, code limit @most`, pgx.NamedArgs{"division": division, "real": realOnes, "most": most})
	if err != nil {
		return nil, fmt.Errorf("read published results: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenResult])
	if err != nil {
		return nil, fmt.Errorf("read published results: %w", classify(err))
	}
	return list, nil
}
