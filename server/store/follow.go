package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// mostResults bounds a feed.
const mostResults = 50

// Results are the newest published results in some areas of a division, as the public may read them.
func (p *PublicStore) Results(ctx context.Context, division string, areas []string) ([]Published, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := p.pool.Query(ctx, `select code, category, area, published_at, text from public_record
		where division = $1 and area = any($2) and published_at is not null
			and (origin = 'real') = (coalesce((select origin from dataset), 'real') = 'real')
		order by published_at desc, code limit $3`, division, areas, mostResults)
	if err != nil {
		return nil, fmt.Errorf("read published results: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Published])
	if err != nil {
		return nil, fmt.Errorf("read published results: %w", classify(err))
	}
	for i := range list {
		list[i].PublishedAt = list[i].PublishedAt.UTC()
	}
	return list, nil
}

// Left is what has left of a report for everybody.
type Left struct {
	Until        *time.Time // what happened before has left; nil before the first batch
	Told         bool       // there is a row of it; all below is the row's
	Version      int64
	Path         []string
	Status       string
	DueDate      *string
	ResolvedDate *string
	PublishedAt  *time.Time
	Text         string
	Photos       []string
}

// Left reads what has left of the report with a code.
func (s *Store) Left(ctx context.Context, code string) (Left, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[Left], `
		select s.batch_at, p.code is not null, coalesce(p.version, 0), coalesce(p.path, '{}'), coalesce(p.status, ''),
			to_char(p.due_date, 'YYYY-MM-DD'), to_char(p.resolved_date, 'YYYY-MM-DD'), p.published_at, coalesce(p.text, ''), coalesce(p.photos, '{}')
		from public_state s left join public_record p on p.code = $1`, code)
	if err != nil {
		return Left{}, fmt.Errorf("read what has left of %s: %w", code, err)
	}
	left, err := firstOr(list, nil)
	left.PublishedAt = inUTCOrNil(left.PublishedAt)
	return left, err
}
