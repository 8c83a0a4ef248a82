package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Want asks for the readings of a sensor after an instant, of each bin of that width the last one. Before asks for the
// last reading up to After as well.
type Want struct {
	SensorID int32
	After    time.Time
	Bin      time.Duration
	Before   bool
}

// wantsMost is how many sensors one statement reads.
const wantsMost = 200

// sqlWanted reads partitions no older than the oldest instant asked for; a reading before one is looked for over eight
// days.
const sqlWanted = `
	select w.s, r.ts, r.value
	from unnest(@sensors::int4[], @after::timestamptz[], @bins::interval[]) as w(s, after, bin)
	cross join lateral (
		select distinct on (bin) ts, value from (
			select ts, value, case when ts > @now then ts else date_bin(w.bin, ts, timestamptz '2000-01-01 00:00:00+00') end as bin
			from reading where sensor_id = w.s and ts > w.after and ts > @least
		) binned order by bin, ts desc
	) r
	union all
	select w.s, r.ts, r.value from unnest(@before::int4[], @before_at::timestamptz[]) as w(s, at)
	cross join lateral (
		select ts, value from reading where sensor_id = w.s and ts <= w.at and ts > @least::timestamptz - interval '8 days'
		order by ts desc limit 1
	) r`

// ReadingsFor reads what windows ask for, in no order. Readings of after now stand for no bin: all of them come.
func (s *Store) ReadingsFor(ctx context.Context, wants []Want, now time.Time, each func(sensorID int32, at time.Time, value float64)) error {
	for len(wants) > 0 {
		n := min(len(wants), wantsMost)
		if err := s.readWanted(ctx, wants[:n], now, each); err != nil {
			return err
		}
		wants = wants[n:]
	}
	return nil
}

func (s *Store) readWanted(ctx context.Context, wants []Want, now time.Time, each func(int32, time.Time, float64)) error {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	var sensors, before []int32
	var after, beforeAt []time.Time
	var bins []time.Duration
	least := wants[0].After
	for _, w := range wants {
		sensors, after, bins = append(sensors, w.SensorID), append(after, w.After), append(bins, w.Bin)
		if w.Before {
			before, beforeAt = append(before, w.SensorID), append(beforeAt, w.After)
		}
		if w.After.Before(least) {
			least = w.After
		}
	}
	rows, err := s.read.Query(ctx, sqlWanted, pgx.NamedArgs{
		"sensors": sensors, "after": after, "bins": bins, "least": least, "now": now, "before": before, "before_at": beforeAt,
	})
	if err != nil {
		return fmt.Errorf("read windows of sensors: %w", classify(err))
	}
	var id int32
	var at time.Time
	var value float64
	_, err = pgx.ForEachRow(rows, []any{&id, &at, &value}, func() error {
		each(id, at.UTC(), value)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read windows of sensors: %w", classify(err))
	}
	return nil
}
