package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/sensor"
)

// HistoryAsk says what of a sensor's past is asked for: from an instant until before another.
type HistoryAsk struct {
	SensorID int32
	From, To time.Time
	Zone     string // whose midnights part days
	Most     int    // points; one more is read, so that the caller sees that there are more
}

// Measured is one reading with where it came from.
type Measured struct {
	At       time.Time
	Value    float64
	Quality  sensor.Quality
	Received *time.Time // nil: not known
	Origin   int16
	Source   int32
}

// RawReadings reads single readings, oldest first.
func (s *Store) RawReadings(ctx context.Context, h HistoryAsk) ([]Measured, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[Measured], `
		select ts, value, quality, received_at, origin, source from reading
		where sensor_id = $1 and ts >= $2 and ts < $3 order by ts limit $4 + 1`, h.SensorID, h.From, h.To, h.Most)
	if err != nil {
		return nil, fmt.Errorf("read readings: %w", err)
	}
	return list, nil
}

// Summed are the readings of one step of a series.
type Summed struct {
	At             time.Time // where the step begins
	Mean, Min, Max float64
	N              int64
}

// freshSums is how young readings may be that are summed from single ones: the rollup comes once a minute.
const freshSums = "interval '20 minutes'"

// sqlSums are sums of five minutes: the kept ones, and of the last minutes those made from single readings.
const sqlSums = `
	select bucket, sum, min, max, n::bigint from reading_5m
	where sensor_id = @sensor and bucket >= @from and bucket < @to
		and bucket < date_bin('5 minutes', now() - ` + freshSums + `, timestamptz '2000-01-01 00:00:00+00')
	union all
	select date_bin('5 minutes', ts, timestamptz '2000-01-01 00:00:00+00'), sum(value), min(value), max(value), count(*)
	from reading where sensor_id = @sensor and ts >= @from and ts < @to
		and ts >= date_bin('5 minutes', now() - ` + freshSums + `, timestamptz '2000-01-01 00:00:00+00')
	group by 1`

// SummedReadings reads a series in steps, oldest first; steps without a reading are not there. Step is a divisor of a day, or
// a whole day, which begins at midnight of the zone. From and to should be where steps begin.
func (s *Store) SummedReadings(ctx context.Context, h HistoryAsk, step time.Duration) ([]Summed, error) {
	at := "date_bin(@step, bucket at time zone @zone, timestamp '2000-01-01') at time zone @zone"
	list, err := collect(ctx, s, pgx.RowToStructByPos[Summed], `
		select `+at+`, sum(sum) / sum(n), min(min), max(max), sum(n)::bigint from (`+sqlSums+`) x
		where n > 0 group by 1 order by 1 limit @most + 1`,
		pgx.NamedArgs{"sensor": h.SensorID, "from": h.From, "to": h.To, "zone": h.Zone, "step": step, "most": h.Most})
	if err != nil {
		return nil, fmt.Errorf("read sums of readings: %w", err)
	}
	return list, nil
}

// Doubt is what is doubtful about the readings of one step.
type Doubt struct {
	At      time.Time
	Quality sensor.Quality
}

// Doubts reads which steps hold a doubted reading. Single readings are kept for a time only; of what is older nothing is
// said.
func (s *Store) Doubts(ctx context.Context, h HistoryAsk, step time.Duration) ([]Doubt, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[Doubt], `
		select date_bin(@step, ts at time zone @zone, timestamp '2000-01-01') at time zone @zone, bit_or(quality)
		from reading where sensor_id = @sensor and ts >= @from and ts < @to and quality <> 0 group by 1 order by 1`,
		pgx.NamedArgs{"sensor": h.SensorID, "from": h.From, "to": h.To, "zone": h.Zone, "step": step})
	if err != nil {
		return nil, fmt.Errorf("read doubts: %w", err)
	}
	return list, nil
}

// SourceNames says who brought readings, as people know them: a key by its label, a gateway by its code.
func (s *Store) SourceNames(ctx context.Context, ids []int32) (map[int32]string, error) {
	type named struct {
		ID   int32
		Name string
	}
	list, err := collect(ctx, s, pgx.RowToStructByPos[named], `
		select r.id, coalesce('khóa ' || k.label, r.name) from reading_source r
		left join api_key k on r.name = 'key:' || k.id where r.id = any($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read sources of readings: %w", err)
	}
	names := make(map[int32]string, len(list))
	for _, n := range list {
		names[n.ID] = n.Name
	}
	return names, nil
}
