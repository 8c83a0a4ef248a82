package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PublicPath is where a report lies as far as that has left for everybody, the root first; empty when nothing has.
func (s *Store) PublicPath(ctx context.Context, code string) ([]string, error) {
	paths, err := collect(ctx, s, pgx.RowTo[[]string], "select path from public_record where code = $1", code)
	if err != nil {
		return nil, fmt.Errorf("read what is told of %s: %w", code, err)
	}
	return firstOr(paths, nil)
}
