package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/report"
)

// keepRating keeps what the sender says of the present publication, in place of what they said before.
func keepRating(ctx context.Context, tx pgx.Tx, r report.Report, e report.Entry) error {
	if e.Act != report.Rate {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into report_rating (report_id, published_at, rated_at, solved, manner) values ($1, $2, $3, $4, $5)
		on conflict (report_id, published_at) do update set rated_at = excluded.rated_at, solved = excluded.solved, manner = excluded.manner`,
		uuid.MustParse(r.ID), r.PublishedAt, e.At, string(e.Rating.Solved), string(e.Rating.Manner))
	if err != nil {
		return fmt.Errorf("keep rating of %s: %w", r.ID, classify(err))
	}
	return nil
}

// Rating is what the sender said last of a publication; the zero rating when nothing yet.
func (s *Store) Rating(ctx context.Context, reportID string, publishedAt time.Time) (report.Rating, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[report.Rating],
		"select solved, manner from report_rating where report_id = $1::uuid and published_at = $2", reportID, publishedAt)
	if err != nil {
		return report.Rating{}, fmt.Errorf("read rating of %s: %w", reportID, err)
	}
	rating, _ := firstOr(list, nil)
	return rating, nil
}
