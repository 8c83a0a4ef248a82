package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

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
