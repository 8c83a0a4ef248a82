package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"toancanh/server/disclosure"
	"toancanh/server/dti"
	"toancanh/server/sensor"
	"toancanh/server/warning"
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

// PublicNumbersOf are the numbers of an area or a category.
type PublicNumbersOf struct {
	Open     disclosure.Number
	Late     disclosure.Number // open and past the promised day
	Recent   disclosure.Number // received in the last 24 hours, counted by hours
	Resolved disclosure.Number // results published in the last 30 days
	// Kept are those of Resolved that came by the promised day, Missed those that came later.
	Kept, Missed disclosure.Number
}

func (n *PublicNumbersOf) set(t disclosure.Told) {
	switch t.Measure {
	case disclosure.Open:
		n.Open = t.Number
	case disclosure.Late:
		n.Late = t.Number
	case disclosure.Recent:
		n.Recent = t.Number
	case disclosure.Resolved:
		n.Resolved = t.Number
	case disclosure.Kept:
		n.Kept = t.Number
	case disclosure.Missed:
		n.Missed = t.Number
	default: // measures of the rates stand in a table of their own
	}
}

// PublicCount is what the public page says of one area of one division: of all areas there are, each by itself. They are
// not to be summed: some numbers are those of a wider area.
type PublicCount struct {
	Division, Area string
	PublicNumbersOf
}

// PublicCategory is what the public page says of one category in the whole of the division. A number that is Of
// disclosure.Others is that of all categories together whose number is.
type PublicCategory struct {
	Category string
	PublicNumbersOf
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
	Text                 string
}

// WarningSent is a message of ours to the public with what became of it.
type WarningSent struct {
	ID                string // of the message, under /feed/cap/<id>.xml
	SentAt, ExpiresAt time.Time
	MsgType           warning.MsgType
	Status            warning.Status
	Title, TitleEN    string
	Summary           string
	Areas             []string // codes
	EndedAt           *time.Time
	EndedAs           warning.MsgType // of the message that ended it
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
	// Performance is how well units and areas did in the spans that are told.
	Performance Performance
	DTI         []dti.Entry // values with evidence, in no order that matters
	Results     []Published // the newest of every innermost area, the newest first
	Sent        []WarningSent
	// Idle means that nobody has looked for some seconds whether the counts are still true.
	Idle    bool
	BatchAt time.Time // the quarter hour when facts of single reports last left; zero: none has
}

// Same reports whether two pictures say the same, whenever they were taken.
func (p PublicPicture) Same(other PublicPicture) bool {
	p.At, other.At = time.Time{}, time.Time{}
	return reflect.DeepEqual(p, other)
}

// errNotCounted is the picture before the leader has counted for the first time: nothing is known, and nothing is said.
//
//nolint:gochecknoglobals // an error value
var errNotCounted = errors.New("nothing was counted for the public yet")

// idleAfter is four times the pace of those who count.
const idleAfter = 8 * time.Second

// Picture reads what everybody may see of a division in one snapshot. It is as of the time of its counts.
func (p *PublicStore) Picture(ctx context.Context, division string) (PublicPicture, error) {
	var out PublicPicture
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	err := pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var counted, batch *time.Time
		var now time.Time
		err := tx.QueryRow(ctx, "select now(), counted_at, batch_at, coalesce((select origin from dataset), 'real') from public_state").
			Scan(&now, &counted, &batch, &out.Origin)
		if err != nil {
			return err
		}
		if counted == nil {
			return errNotCounted
		}
		out.At, out.Idle = counted.UTC(), now.Sub(*counted) > idleAfter
		if batch != nil {
			out.BatchAt = batch.UTC()
		}
		return p.fill(ctx, tx, &out, asked{division, now})
	})
	if err != nil {
		return out, fmt.Errorf("read public picture: %w", classify(err))
	}
	return out, nil
}

// asked is what a picture is asked of, and when.
type asked struct {
	division string
	now      time.Time
}

func (p *PublicStore) fill(ctx context.Context, tx pgx.Tx, out *PublicPicture, a asked) error {
	err := eachTold(ctx, tx, "select division, area, measure, value, wider from public_count order by division, area", func(t disclosure.Told) {
		if n := len(out.Counts); n == 0 || out.Counts[n-1].Division != t.Division || out.Counts[n-1].Area != t.Place {
			out.Counts = append(out.Counts, PublicCount{Division: t.Division, Area: t.Place})
		}
		out.Counts[len(out.Counts)-1].set(t)
	})
	if err != nil {
		return err
	}
	err = eachTold(ctx, tx, "select division, category, measure, value, wider from public_category where division = $1 order by category", func(t disclosure.Told) {
		if n := len(out.Categories); n == 0 || out.Categories[n-1].Category != t.Place {
			out.Categories = append(out.Categories, PublicCategory{Category: t.Place})
		}
		out.Categories[len(out.Categories)-1].set(t)
	}, a.division)
	if err != nil {
		return err
	}
	if out.Sensors, err = publicSensors(ctx, tx, a.now); err != nil {
		return err
	}
	if out.Warnings, err = publicInForce(ctx, tx, a.now); err != nil {
		return err
	}
	if out.Performance, err = readPerformance(ctx, tx); err != nil {
		return err
	}
	if out.DTI, err = publicDTI(ctx, tx); err != nil {
		return err
	}
	if out.Sent, err = publicSent(ctx, tx, a.now); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `select r.* from (select distinct area from public_count where division = $1) a, lateral (
			select code, category, area, published_at, text from public_record
			where division = $1 and area = a.area and published_at is not null and (origin = 'real') = ($2 = 'real')
			order by published_at desc limit $3) r
		order by published_at desc, code`, a.division, out.Origin, mostResults)
	if err != nil {
		return err
	}
	out.Results, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Published])
	for i := range out.Results {
		out.Results[i].PublishedAt = out.Results[i].PublishedAt.UTC()
	}
	out.Published = out.Results[:min(mostPublished, len(out.Results))]
	return err
}

// Bounds of a picture: results of one innermost area, results a page tells, and messages to the public with how old they
// may be.
const (
	mostResults   = 20
	mostPublished = 10
	mostSent      = 100
	sentWithin    = 30 * 24 * time.Hour
)

func publicSent(ctx context.Context, tx pgx.Tx, now time.Time) ([]WarningSent, error) {
	rows, err := tx.Query(ctx, `select id::text, sent_at, expires_at, msg_type, status, title, title_en, summary, shown, ended_at, ended_as
		from public_sent where sent_at > $1 order by sent_at desc, n desc limit $2`, now.Add(-sentWithin), mostSent)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (WarningSent, error) {
		var w WarningSent
		var shown warning.Shown
		err := row.Scan(&w.ID, &w.SentAt, &w.ExpiresAt, &w.MsgType, &w.Status, &w.Title, &w.TitleEN, &w.Summary, &shown, &w.EndedAt, &w.EndedAs)
		w.SentAt, w.ExpiresAt, w.EndedAt, w.Areas = w.SentAt.UTC(), w.ExpiresAt.UTC(), inUTCOrNil(w.EndedAt), shown.Areas
		return w, err
	})
}

// eachTold reads numbers one by one.
func eachTold(ctx context.Context, tx pgx.Tx, sql string, each func(disclosure.Told), args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var t disclosure.Told
	var n *int
	_, err = pgx.ForEachRow(rows, []any{&t.Division, &t.Place, &t.Measure, &n, &t.Of}, func() error {
		t.N, t.Less = 0, n == nil
		if n != nil {
			t.N = *n
		}
		each(t)
		return nil
	})
	return err
}

func publicSensors(ctx context.Context, tx pgx.Tx, now time.Time) ([]PublicSensor, error) {
	rows, err := tx.Query(ctx, `select code, name, kind, unit, division, area, lat, lon, levels, unconfirmed, sample, origin,
		stale_after, stale_auto, observed, value, ts from public_sensor order by kind, code`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (PublicSensor, error) {
		var s sensor.Sensor
		var levels []byte
		var value *float64
		var at *time.Time
		err := row.Scan(&s.Code, &s.Name, &s.Kind, &s.Unit, &s.Division, &s.Area, &s.Lat, &s.Lon, &levels, &s.Unconfirmed, &s.Sample,
			&s.Origin, &s.StaleAfter, &s.StaleAuto, &s.Observed, &value, &at)
		if err != nil {
			return PublicSensor{}, err
		}
		if err := json.Unmarshal(levels, &s.Levels); err != nil {
			return PublicSensor{}, fmt.Errorf("read levels of sensor %s: %w", s.Code, err)
		}
		out := PublicSensor{
			Code: s.Code, Name: s.Name, Kind: s.Kind, Unit: s.Unit, Division: s.Division, Area: s.Area, Lat: s.Lat, Lon: s.Lon,
			State: sensor.Unknown, Stale: true, Levels: s.Levels, Unconfirmed: s.Unconfirmed, Sample: s.Sample, Origin: s.Origin,
		}
		if value == nil || at == nil {
			return out, nil
		}
		out.Value, out.At, out.Stale = *value, at.UTC(), s.Stale(*at, now)
		if !out.Stale {
			out.State, out.Limit = s.State(*value), s.Limit(*value)
		}
		return out, nil
	})
}

func publicInForce(ctx context.Context, tx pgx.Tx, now time.Time) ([]WarningInForce, error) {
	rows, err := tx.Query(ctx, "select shown from public_in_force where expires_at > $1 order by sent_at desc, id limit 500", now)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[warning.Shown])
	if err != nil {
		return nil, err
	}
	var out []WarningInForce
	for _, w := range warning.Arrange(list, "", now).Warnings {
		out = append(out, WarningInForce{
			ID: w.ID, Headline: w.Headline, Event: w.Event, Severity: w.Severity, Areas: w.Areas, Effective: w.Effective.UTC(),
			Expires: w.Expires.UTC(), Exercise: w.Status != warning.Actual,
		})
	}
	return out, nil
}

// Cells reads the counts of reports received, by commune, category and week or wider, newest first.
func (p *PublicStore) Cells(ctx context.Context, division string) ([]disclosure.Cell, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := p.pool.Query(ctx, `select area, category, from_date, until_date, rest, value from public_cell
		where division = $1 order by from_date desc, category, area, rest`, division)
	if err != nil {
		return nil, fmt.Errorf("read public cells: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[disclosure.Cell])
	if err != nil {
		return nil, fmt.Errorf("read public cells: %w", classify(err))
	}
	return list, nil
}
