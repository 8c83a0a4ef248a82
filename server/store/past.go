package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/report"
)

// Limits of looking back. It may take longer than what people wait for at a desk, and no longer.
const (
	pastStatement = 8 * time.Second
	pastRead      = 12 * time.Second
	// silence is how far back the newest value of a sensor is looked for.
	silence = 30 * 24 * time.Hour
)

// PastFacts are the reports of a division that any number of a span of time may count.
type PastFacts struct {
	Epoch string
	First time.Time // the earliest receipt of all; zero without any report
	// Reports are as they are today, without their texts.
	Reports []report.Report
	// Timelines of those that were changed in the span or after it, by report; acts after the span left out, and
	// the texts of all.
	Timelines map[string][]report.Entry
}

// sqlMatter are the reports that a number of the span may count: not yet closed at its beginning, or in reach of the
// longest window. The bounds are those of Facts.
const sqlMatter = `division = @division and received_at <= @to and (is_open or changed_at > @from
	or received_at > @from::timestamptz - interval '62 days' or due_original > @from::timestamptz - interval '31 days')`

// PastFacts reads what the counters and screens need to know of the span from..to, in one repeatable-read transaction.
func (s *Store) PastFacts(ctx context.Context, division string, from, to time.Time) (PastFacts, error) {
	var facts PastFacts
	args := pgx.NamedArgs{"division": division, "from": from, "to": to}
	err := s.inPast(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var first *time.Time
		if err := tx.QueryRow(ctx, "select epoch, (select min(received_at) from report) from relay").Scan(&facts.Epoch, &first); err != nil {
			return err
		}
		if first != nil {
			facts.First = first.UTC()
		}
		var err error
		if facts.Reports, err = lightReports(ctx, tx, sqlMatter, args); err != nil {
			return err
		}
		facts.Timelines, err = timelines(ctx, tx, `
			join (select id from report where division = @division and received_at <= @to and changed_at > @from) r on r.id = a.report_id
			where a.at <= @to`, args)
		return err
	})
	if err != nil {
		return PastFacts{}, fmt.Errorf("read reports of the past: %w", classify(err))
	}
	return facts, nil
}

// lightReports reads reports without their texts.
func lightReports(ctx context.Context, tx pgx.Tx, where string, args pgx.NamedArgs) ([]report.Report, error) {
	columns := lightColumns()
	rows, err := tx.Query(ctx, "select "+columnNames(columns)+" from report where "+where, args)
	if err != nil {
		return nil, err
	}
	var list []report.Report
	var r report.Report
	_, err = pgx.ForEachRow(rows, columnDest(columns, &r), func() error {
		inUTC(&r)
		list = append(list, r)
		r = report.Report{}
		return nil
	})
	return list, err
}

// timelines reads acts without their texts, by report and in order; which tells of which reports (a is the act).
func timelines(ctx context.Context, tx pgx.Tx, which string, args pgx.NamedArgs) (map[string][]report.Entry, error) {
	rows, err := tx.Query(ctx, `
		select a.report_id::text, a.n, a.at, a.until, a.act, a.from_status, a.to_status, a.unit, a.parent, a.area, a.solved, a.level
		from report_act a `+which+` order by a.report_id, a.n`, args)
	if err != nil {
		return nil, err
	}
	found := map[string][]report.Entry{}
	var id string
	var e report.Entry
	_, err = pgx.ForEachRow(rows, []any{
		&id, &e.N, &e.At, &e.Until, (*string)(&e.Act), (*string)(&e.From), (*string)(&e.To), &e.Unit, &e.Parent, &e.Area,
		(*string)(&e.Rating.Solved), (*string)(&e.Level),
	}, func() error {
		e.At = e.At.UTC()
		if e.Until != nil {
			*e.Until = e.Until.UTC()
		}
		found[id] = append(found[id], e)
		e = report.Entry{}
		return nil
	})
	return found, err
}

// lightColumns are those of a report without its texts, which are most of it.
func lightColumns() []column {
	texts := []string{"address", "description", "reason", "answer", "public_text"}
	return slices.DeleteFunc(reportColumns(), func(c column) bool { return c.dest == nil || slices.Contains(texts, c.name) })
}

func columnNames(columns []column) string {
	names := []string{"id::text"}
	for _, c := range columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

func columnDest(columns []column, r *report.Report) []any {
	dest := []any{&r.ID}
	for _, c := range columns {
		dest = append(dest, c.dest(r))
	}
	return dest
}

// Descriptions reads what was reported, of those reports that are not withdrawn today.
func (s *Store) Descriptions(ctx context.Context, ids []string) (map[string]string, error) {
	texts := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return texts, nil
	}
	err := s.inPast(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id::text, description from report
			where withdrawn_at is null and id = any($1::text[]::uuid[])`, ids)
		if err != nil {
			return err
		}
		var id, text string
		_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error { texts[id] = text; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read descriptions: %w", classify(err))
	}
	return texts, nil
}

// sqlHeard finds each sensor's newest value in each of some spans, open at their beginnings.
const sqlHeard = `select s.id, l.ts, l.value, l.origin
	from unnest(@after::timestamptz[], @until::timestamptz[]) as i(after, until) cross join unnest(@sensors::int4[]) as s(id)
	cross join lateral (select ts, value, origin from reading
		where sensor_id = s.id and ts > i.after and ts <= i.until and ts > @first and ts <= @last
		order by ts desc limit 1) l`

// sqlSummed is sqlHeard for times of which only sums of five minutes are left: a sum counts as measured at its end.
const sqlSummed = `select s.id, least(l.bucket + interval '5 minutes', i.until), l.sum / l.n, 0::int2
	from unnest(@after::timestamptz[], @until::timestamptz[]) as i(after, until) cross join unnest(@sensors::int4[]) as s(id)
	cross join lateral (select bucket, sum, n from reading_5m
		where sensor_id = s.id and bucket > i.after - interval '5 minutes' and bucket < i.until
			and bucket > @first::timestamptz - interval '5 minutes' and bucket < @last and bucket < @cut and n > 0
		order by bucket desc limit 1) l`

// Heard are instants at which the newest value of sensors is asked for.
type Heard struct {
	Sensors []int32
	At      []time.Time // rising
	// RawSince is from when single readings are kept; before it the sums of five minutes are asked.
	RawSince time.Time
}

// NewestAt reads which values each sensor had newest at each of the instants, in the order of their times: for the first
// instant as far as 30 days back, for each later one only what is newer than the instant before it. Of a sum of five
// minutes the origin is not known and left 0.
func (s *Store) NewestAt(ctx context.Context, h Heard) ([]Latest, error) {
	if len(h.Sensors) == 0 || len(h.At) == 0 {
		return nil, nil
	}
	after := make([]time.Time, len(h.At))
	after[0] = h.At[0].Add(-silence)
	copy(after[1:], h.At)
	// Spans that begin before single readings do ask the sums too.
	old, _ := slices.BinarySearchFunc(after, h.RawSince, time.Time.Compare)
	var list []Latest
	err := s.inPast(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, part := range []struct {
			sql   string
			spans int
		}{{sqlSummed, old}, {sqlHeard, len(h.At)}} {
			if part.spans == 0 {
				continue
			}
			rows, err := tx.Query(ctx, part.sql, pgx.NamedArgs{
				"after": after[:part.spans], "until": h.At[:part.spans], "sensors": h.Sensors,
				"first": after[0], "last": h.At[part.spans-1], "cut": h.RawSince,
			})
			if err != nil {
				return err
			}
			var l Latest
			if _, err = pgx.ForEachRow(rows, []any{&l.SensorID, &l.At, &l.Value, &l.Origin}, func() error {
				l.At = l.At.UTC()
				list = append(list, l)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read values of the past: %w", classify(err))
	}
	// Single readings come last of equal times, so that they are what is kept.
	slices.SortStableFunc(list, func(a, b Latest) int { return a.At.Compare(b.At) })
	return list, nil
}

// sqlUntil reads of each bin the last reading, up to an instant.
const sqlUntil = `
	select w.s, r.ts, r.value from unnest(@sensors::int4[], @after::timestamptz[], @bins::interval[]) as w(s, after, bin)
	cross join lateral (
		select distinct on (date_bin(w.bin, ts - interval '1 microsecond', timestamptz '2000-01-01 00:00:00+00')) ts, value
		from reading where sensor_id = w.s and ts > w.after and ts <= @until and ts > @least
		order by date_bin(w.bin, ts - interval '1 microsecond', timestamptz '2000-01-01 00:00:00+00'), ts desc
	) r
	order by r.ts`

// ReadingsUntil reads what windows of the past ask for, rising in time. A bin ends with its last instant, which belongs to
// it. Before of the wants is not looked at.
func (s *Store) ReadingsUntil(ctx context.Context, wants []Want, until time.Time) ([]Latest, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	var sensors []int32
	var after []time.Time
	var bins []time.Duration
	least := wants[0].After
	for _, w := range wants {
		sensors, after, bins = append(sensors, w.SensorID), append(after, w.After), append(bins, w.Bin)
		if w.After.Before(least) {
			least = w.After
		}
	}
	var list []Latest
	err := s.inPast(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlUntil, pgx.NamedArgs{
			"sensors": sensors, "after": after, "bins": bins, "least": least, "until": until,
		})
		if err != nil {
			return err
		}
		var l Latest
		_, err = pgx.ForEachRow(rows, []any{&l.SensorID, &l.At, &l.Value}, func() error {
			l.At = l.At.UTC()
			list = append(list, l)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read windows of the past: %w", classify(err))
	}
	return list, nil
}

// SensorsSince tells when each sensor was registered.
func (s *Store) SensorsSince(ctx context.Context) (map[int32]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select id, created_at from sensor")
	if err != nil {
		return nil, fmt.Errorf("read when sensors were registered: %w", classify(err))
	}
	since := map[int32]time.Time{}
	var id int32
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error { since[id] = at.UTC(); return nil }); err != nil {
		return nil, fmt.Errorf("read when sensors were registered: %w", classify(err))
	}
	return since, nil
}

// inPast runs do in one read-only repeatable-read transaction with the limits of looking back.
func (s *Store) inPast(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, pastRead)
	defer cancel()
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, s.read, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local statement_timeout = "+millis(pastStatement)); err != nil {
			return err
		}
		return do(ctx, tx)
	})
}
