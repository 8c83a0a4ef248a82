package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/sensor"
)

// Readings is one batch of checked readings, column by column and of equal length, sorted by sensor and time without
// a pair twice. Origins are codes of ReadingOrigins.
type Readings struct {
	SensorIDs []int32
	At        []time.Time
	Values    []float64
	Origins   []int16
	Qualities []int16
	Sources   []int32
	Since     []time.Time // since when the value has not changed
}

// ReadingRow is one of Readings.
type ReadingRow struct {
	SensorID int32
	At       time.Time
	Value    float64
	Origin   int16
	Quality  int16
	Source   int32
	Since    time.Time
}

// NewReadings is an empty batch with room for n.
func NewReadings(n int) Readings {
	return Readings{
		make([]int32, 0, n), make([]time.Time, 0, n), make([]float64, 0, n), make([]int16, 0, n), make([]int16, 0, n),
		make([]int32, 0, n), make([]time.Time, 0, n),
	}
}

// Add puts a row at the end.
func (b *Readings) Add(r ReadingRow) {
	b.SensorIDs, b.At, b.Values = append(b.SensorIDs, r.SensorID), append(b.At, r.At), append(b.Values, r.Value)
	b.Origins, b.Qualities = append(b.Origins, r.Origin), append(b.Qualities, r.Quality)
	b.Sources, b.Since = append(b.Sources, r.Source), append(b.Since, r.Since)
}

// Row is the i-th row.
func (b Readings) Row(i int) ReadingRow {
	return ReadingRow{b.SensorIDs[i], b.At[i], b.Values[i], b.Origins[i], b.Qualities[i], b.Sources[i], b.Since[i]}
}

const sqlInsertReadings = `
	insert into reading (ts, value, sensor_id, origin, quality, source)
	select t, v, s, o, q, b
	from unnest($1::timestamptz[], $2::float8[], $3::int4[], $4::int2[], $5::int2[], $6::int4[]) as x(t, v, s, o, q, b)
	on conflict do nothing`

// sqlInsertAlike is sqlInsertReadings for a batch whose rows came from one source, with one origin and one doubt or, as
// nearly always, none: three columns to send instead of six.
const sqlInsertAlike = `
	insert into reading (ts, value, sensor_id, origin, quality, source)
	select t, v, s, $4::int2, $5::int2, $6::int4 from unnest($1::timestamptz[], $2::float8[], $3::int4[]) as x(t, v, s)
	on conflict do nothing`

// sqlUpsertLatest takes the newest of each sensor in the batch. What does not move a newest value is history only.
const sqlUpsertLatest = `
	insert into reading_latest as l (ts, value, sensor_id, origin, quality, source, changed_at)
	select t, v, s, o, q, b, c
	from unnest($1::timestamptz[], $2::float8[], $3::int4[], $4::int2[], $5::int2[], $6::int4[], $7::timestamptz[]) as x(t, v, s, o, q, b, c)
	order by s
	on conflict (sensor_id) do update set ts = excluded.ts, value = excluded.value, origin = excluded.origin,
		quality = excluded.quality, source = excluded.source, changed_at = excluded.changed_at,
		version = l.version + 1, updated_at = now()
	where excluded.ts > l.ts
	returning sensor_id, version`

// sqlMarkDirty names the five-minute buckets that the running rollup has passed already.
const sqlMarkDirty = `
	insert into reading_dirty (bucket, sensor_id)
	select date_bin('5 minutes', t, timestamptz '2000-01-01 00:00:00+00'), s
	from unnest($1::timestamptz[], $2::int4[]) as x(t, s) where t < now() - interval '10 minutes'
	on conflict do nothing`

// bucketWidth is that of the buckets of sqlMarkDirty; both count from a midnight in UTC.
const bucketWidth = 5 * time.Minute

// newest is the last reading of each sensor.
func (b Readings) newest() Readings {
	return b.pick(func(i int) bool { return i+1 == len(b.At) || b.SensorIDs[i+1] != b.SensorIDs[i] })
}

// firsts is the first reading of each sensor in each bucket: if any of a bucket is late, it is.
func (b Readings) firsts() Readings {
	return b.pick(func(i int) bool {
		return i == 0 || b.SensorIDs[i-1] != b.SensorIDs[i] || !b.At[i-1].Truncate(bucketWidth).Equal(b.At[i].Truncate(bucketWidth))
	})
}

// alike reports whether all rows have one origin, one doubt and one source.
func (b Readings) alike() bool {
	for i := range b.At {
		if b.Origins[i] != b.Origins[0] || b.Qualities[i] != b.Qualities[0] || b.Sources[i] != b.Sources[0] {
			return false
		}
	}
	return len(b.At) > 0
}

func (b Readings) pick(wanted func(i int) bool) Readings {
	var some Readings
	for i := range b.At {
		if wanted(i) {
			some.Add(b.Row(i))
		}
	}
	return some
}

// KeptReadings is what became of a batch.
type KeptReadings struct {
	Duplicates []int   // indexes of rows that were there already and changed nothing
	Moved      []Moved // the sensors that have a newer value by it
}

// Moved is the version of a sensor's newest value.
type Moved struct {
	SensorID int32
	Version  int64
}

// AcceptReadings keeps a batch and the newest values in one transaction.
func (s *Store) AcceptReadings(ctx context.Context, b Readings) (KeptReadings, error) {
	var kept KeptReadings
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		if b.alike() {
			batch.Queue(sqlInsertAlike, b.At, b.Values, b.SensorIDs, b.Origins[0], b.Qualities[0], b.Sources[0])
		} else {
			batch.Queue(sqlInsertReadings, b.At, b.Values, b.SensorIDs, b.Origins, b.Qualities, b.Sources)
		}
		newest, firsts := b.newest(), b.firsts()
		batch.Queue(sqlUpsertLatest, newest.At, newest.Values, newest.SensorIDs, newest.Origins,
			newest.Qualities, newest.Sources, newest.Since)
		batch.Queue(sqlMarkDirty, firsts.At, firsts.SensorIDs)
		results := tx.SendBatch(ctx, batch)
		tag, err := results.Exec()
		if err == nil {
			kept.Moved, err = readMoved(results, len(newest.At))
		}
		if closed := results.Close(); err == nil {
			err = closed
		}
		if err != nil || int(tag.RowsAffected()) == len(b.At) {
			return err
		}
		kept.Duplicates, err = findDuplicates(ctx, tx, b)
		return err
	})
	if err != nil {
		return KeptReadings{}, fmt.Errorf("accept readings: %w", classify(err))
	}
	return kept, nil
}

// readMoved reads what sqlUpsertLatest returns, at most n rows.
func readMoved(results pgx.BatchResults, n int) ([]Moved, error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	list := make([]Moved, 0, n)
	var m Moved
	_, err = pgx.ForEachRow(rows, []any{&m.SensorID, &m.Version}, func() error {
		list = append(list, m)
		return nil
	})
	return list, err
}

// findDuplicates finds the rows that this transaction did not write. It runs only when some were there already.
func findDuplicates(ctx context.Context, tx pgx.Tx, b Readings) ([]int, error) {
	rows, err := tx.Query(ctx, `
		select (x.ord - 1)::int4 from unnest($1::timestamptz[], $2::int4[]) with ordinality as x(t, s, ord)
		join reading r on r.sensor_id = x.s and r.ts = x.t
		where r.xmin::text <> (pg_current_xact_id()::xid)::text`, b.At, b.SensorIDs)
	if err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

// Latest is a sensor's newest value.
type Latest struct {
	SensorID  int32
	At        time.Time
	UpdatedAt time.Time
	Value     float64
	Version   int64
	Origin    int16
	Quality   sensor.Quality
	Source    int32
	ChangedAt time.Time // since when the value has not changed; zero: not known
}

// LatestSince reads the newest values that changed at or after an instant of the database's clock, and that clock.
func (s *Store) LatestSince(ctx context.Context, since time.Time) ([]Latest, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var now time.Time
	if err := s.read.QueryRow(ctx, "select now()").Scan(&now); err != nil {
		return nil, now, fmt.Errorf("read newest values: %w", classify(err))
	}
	rows, err := s.read.Query(ctx, `select sensor_id, ts, updated_at, value, version, origin, quality, source,
			coalesce(changed_at, ts) from reading_latest
		where updated_at >= $1`, since)
	if err != nil {
		return nil, now, fmt.Errorf("read newest values: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Latest, error) {
		var l Latest
		err := row.Scan(&l.SensorID, &l.At, &l.UpdatedAt, &l.Value, &l.Version, &l.Origin, &l.Quality, &l.Source, &l.ChangedAt)
		l.At = l.At.UTC()
		return l, err
	})
	if err != nil {
		return nil, now, fmt.Errorf("read newest values: %w", classify(err))
	}
	return list, now.UTC(), nil
}

// Point is one value of a series.
type Point struct {
	At    time.Time
	Value float64
}

// Series reads a sensor's means of five minutes since an instant, oldest first.
func (s *Store) Series(ctx context.Context, sensorID int32, since time.Time) ([]Point, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, `
		select date_bin('5 minutes', ts, timestamptz '2000-01-01 00:00:00+00') as bucket, avg(value)::float8
		from reading where sensor_id = $1 and ts > $2 group by 1 order by 1`, sensorID, since)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", classify(err))
	}
	points, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Point])
	if err != nil {
		return nil, fmt.Errorf("read series: %w", classify(err))
	}
	return points, nil
}

// lateBuckets is how many late buckets one transaction makes again: a loaded past leaves tens of thousands.
const lateBuckets = 2000

// Rollup sums the last fifteen minutes and every bucket that late readings touched into five-minute rows. Each late
// bucket is told once; late may be nil.
func (s *Store) Rollup(ctx context.Context, late func(sensorID int32, bucket time.Time)) error {
	recent := sqlRollup + `where r.ts >= date_bin('5 minutes', now() - interval '15 minutes', timestamptz '2000-01-01 00:00:00+00')` + sqlRollupMerge
	if err := s.rollup(ctx, recent); err != nil {
		return err
	}
	for {
		n, err := s.rollupLate(ctx, late)
		if err != nil || n < lateBuckets {
			return err
		}
	}
}

// rollupLate makes some late buckets again and tells them once that is committed.
func (s *Store) rollupLate(ctx context.Context, late func(int32, time.Time)) (int, error) {
	type bucket struct {
		At     time.Time
		Sensor int32
	}
	var made []bucket
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlRollupLate, lateBuckets)
		if err != nil {
			return err
		}
		made, err = pgx.CollectRows(rows, pgx.RowToStructByPos[bucket])
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("roll late readings up: %w", classify(err))
	}
	for _, b := range made {
		if late != nil {
			late(b.Sensor, b.At.UTC())
		}
	}
	return len(made), nil
}

func (s *Store) rollup(ctx context.Context, statement string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	})
	if err != nil {
		return fmt.Errorf("roll readings up: %w", classify(err))
	}
	return nil
}

const (
	sqlRollup = `insert into reading_5m (bucket, sensor_id, n, sum, min, max)
		select date_bin('5 minutes', r.ts, timestamptz '2000-01-01 00:00:00+00'), r.sensor_id, count(*), sum(r.value), min(r.value), max(r.value)
		from reading r `
	sqlRollupLate = `with late as (
			delete from reading_dirty where (bucket, sensor_id) in (select bucket, sensor_id from reading_dirty order by bucket limit $1)
			returning bucket, sensor_id
		) insert into reading_5m (bucket, sensor_id, n, sum, min, max)
		select d.bucket, d.sensor_id, x.n, x.sum, x.min, x.max from late d, lateral (
			select count(*)::int as n, sum(value) as sum, min(value) as min, max(value) as max from reading r
			where r.sensor_id = d.sensor_id and r.ts >= d.bucket and r.ts < d.bucket + interval '5 minutes') x
		where x.n > 0
		on conflict (sensor_id, bucket) do update set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max
		returning bucket, sensor_id`
	sqlRollupMerge = ` group by 1, 2
		on conflict (sensor_id, bucket) do update set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max`
)

// Retention says how long readings and events are kept.
type Retention struct{ Readings, Events time.Duration }

// KeepPartitions makes the partitions of the coming week and drops those past retention.
func (s *Store) KeepPartitions(ctx context.Context, now time.Time, keep Retention) error {
	today := now.UTC()
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("select keep_partitions($1::date - 1, $1::date + 7)", today)
		batch.Queue("select keep_reading_partitions($1::date - 1, $1::date + 7)", today)
		batch.Queue("select drop_partitions('event', $1::date)", today.Add(-keep.Events))
		batch.Queue("select drop_partitions('topic_entry', $1::date)", today.Add(-keep.Events))
		batch.Queue("select drop_partitions('reading', $1::date)", today.Add(-keep.Readings))
		return sendBatch(ctx, tx, batch)
	})
	if err != nil {
		return fmt.Errorf("keep partitions: %w", classify(err))
	}
	return nil
}

// ForgetPromises drops idempotency keys older than 30 days.
func (s *Store) ForgetPromises(ctx context.Context) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "delete from idempotency where created_at < now() - interval '30 days'")
		return err
	})
	if err != nil {
		return fmt.Errorf("forget old idempotency keys: %w", classify(err))
	}
	return nil
}

// ReadingOrigins lists the origins in the order of the codes readings keep them by.
func ReadingOrigins() []string { return []string{"real", "simulated", "replayed", "imported", "drill"} }

// KeepReadingDays makes the partitions of past days before history is loaded into them.
func (s *Store) KeepReadingDays(ctx context.Context, first, last time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "select keep_reading_partitions($1::date, $2::date)", first.UTC(), last.UTC())
		return err
	})
	if err != nil {
		return fmt.Errorf("make partitions of past days: %w", classify(err))
	}
	return nil
}
