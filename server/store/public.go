package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/server/disclosure"
	"toancanh/server/sensor"
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

// PublicCount is what the public page says of one area of one division.
type PublicCount struct {
	Division, Area string
	Open           disclosure.Number
	Late           disclosure.Number // open and past the promised day
	Recent         disclosure.Number // received in the last 24 hours, counted by hours
	Resolved       disclosure.Number // results published in the last 30 days
	Kept, Missed   disclosure.Number // those of Resolved that came by the promised day, and those that came later
}

// PublicCategory is what the public page says of one category in the whole of the division.
type PublicCategory struct {
	Category               string
	Open, Late, Recent     disclosure.Number
	Resolved, Kept, Missed disclosure.Number
}

// PublicSensor is a sensor that tells everybody of water, rain, air and fire.
type PublicSensor struct {
	Code, Name, Kind, Unit string
	Division, Area         string
	Lat, Lon               float64
	Value                  float64
	At                     time.Time    // when it was measured; zero: nothing was yet
	State                  sensor.State // unknown when there is no value or it is too old to be believed
	Stale                  bool
	Limit                  string         // the limit that is reached, in words; empty when none is
	Levels                 []sensor.Level // rising; each names who says so
	Unconfirmed            []string       // names of limits that no source confirms
	Sample                 bool
	Origin                 string
}

// WarningInForce is a warning to the public, as its message says it.
type WarningInForce struct {
	ID                        string // of the message, under /feed/cap/<id>.xml
	Headline, Event, Severity string
	Areas                     []string // codes
	Effective, Expires        time.Time
	Exercise                  bool // it is no real warning
}

// Published is one result open to everybody.
type Published struct {
	Code, Category, Area string
	PublishedAt          time.Time
	Text, Answer         string
}

// PublicPicture is everything the public page is made of, as of At.
type PublicPicture struct {
	At         time.Time
	Origin     string // what the dataset was born as
	Counts     []PublicCount
	Categories []PublicCategory
	Sensors    []PublicSensor
	Warnings   []WarningInForce
	Published  []Published // the newest ten
	BatchAt    time.Time   // the quarter hour when facts of single reports last left; zero: none has
}

// Same reports whether two pictures say the same, whenever they were taken.
func (p PublicPicture) Same(other PublicPicture) bool {
	p.At, other.At = time.Time{}, time.Time{}
	return reflect.DeepEqual(p, other)
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
		n := PublicCount{Division: division}
		_, err = pgx.ForEachRow(rows, []any{&n.Area, &n.Open.N, &n.Late.N, &n.Recent.N, &n.Resolved.N}, func() error {
			out.Counts = append(out.Counts, n)
			return nil
		})
		if err != nil {
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
