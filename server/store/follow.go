package store

import (
	"context"
	"fmt"

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

// PublicPath is where a report lies as far as that has left for everybody, the root first; empty when nothing has.
func (s *Store) PublicPath(ctx context.Context, code string) ([]string, error) {
	paths, err := collect(ctx, s, pgx.RowTo[[]string], "select path from public_record where code = $1", code)
	if err != nil {
		return nil, fmt.Errorf("read what is told of %s: %w", code, err)
	}
	return firstOr(paths, nil)
}
