package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PublicStore reads the public projection as the role that can see nothing else. Close it.
type PublicStore struct{ pool *pgxpool.Pool }

// OpenPublic connects as the public role.
func OpenPublic(ctx context.Context, url string) (*PublicStore, error) {
	pool, err := openPool(ctx, url, "public", 2)
	if err != nil {
		return nil, err
	}
	return &PublicStore{pool}, nil
}

// Close ends the pool.
func (p *PublicStore) Close() { p.pool.Close() }

// PublicCount is what the public page says of one area.
type PublicCount struct {
	Area     string // the innermost code
	Open     int
	Late     int // open and past the promised day
	Recent   int // received in the last 24 hours, counted by hours
	Resolved int // results published in the last 30 days
}

// Published is one result open to everybody.
type Published struct {
	Code, Category, Area string
	PublishedAt          time.Time
	Text, Answer         string
}

// PublicPicture is everything the public page is made of, as of At.
type PublicPicture struct {
	At        time.Time
	Origin    string // what the dataset was born as
	Counts    []PublicCount
	Published []Published // the newest ten
}

// Picture reads the projection of a division in one snapshot. A day ends at midnight in loc.
func (p *PublicStore) Picture(ctx context.Context, division string, loc *time.Location) (PublicPicture, error) {
	var out PublicPicture
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	err := pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "select now(), coalesce((select origin from dataset), 'real')").Scan(&out.At, &out.Origin)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			select area, count(*) filter (where is_open)::int, count(*) filter (where is_open and due_date < $2::date)::int,
				count(*) filter (where received_hour > now() - interval '24 hours')::int,
				count(*) filter (where published_at > now() - interval '30 days')::int
			from public_report
			where division = $1 and (origin = 'real') = ($3 = 'real')
				and (is_open or received_hour > now() - interval '24 hours' or published_at > now() - interval '30 days')
			group by area order by area`, division, out.At.In(loc).Format(time.DateOnly), out.Origin)
		if err != nil {
			return err
		}
		if out.Counts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PublicCount]); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `select code, category, area, published_at, text, answer from public_report
			where division = $1 and published_at is not null and (origin = 'real') = ($2 = 'real')
			order by published_at desc limit 10`, division, out.Origin)
		if err != nil {
			return err
		}
		out.Published, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Published])
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read public picture: %w", classify(err))
	}
	out.At = out.At.UTC()
	return out, nil
}
