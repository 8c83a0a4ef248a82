package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/sensor"
)

// Sensor is a registered sensor.
type Sensor struct {
	ID int32
	sensor.Sensor
	Admission Admission
	Version   int64 // counts changes of the entry
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Admission is what is known of how a sensor was let in.
type Admission struct {
	By        string // the key that proposed it, "key:…"; empty when people or a trusted key registered it
	Label     string // of that key
	At        *time.Time
	DecidedBy string // id of the person who decided
	DecidedAt *time.Time
	Why       string
	Refused   int64      // readings refused while nobody had approved it
	RefusedAt *time.Time // the newest of them
}

const sqlSensors = `
	select id, code, name, kind, unit, lat, lon, min, max, stale_after, division, area, path, origin, levels,
		thing, field, gateway, owner, standing, sample, max_rate, stuck_after, observed, stale_auto, unconfirmed, note,
		proposed_by, coalesce((select label from api_key k where proposed_by = 'key:' || k.id), ''), proposed_at,
		decided_by, decided_at, decided_why, refused, refused_at, version, created_at, updated_at
	from sensor`

// Sensors reads every registered sensor with its row number, by code.
func (s *Store) Sensors(ctx context.Context) (map[string]Sensor, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sqlSensors+" order by code")
	if err != nil {
		return nil, fmt.Errorf("read sensors: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanSensor)
	if err != nil {
		return nil, fmt.Errorf("read sensors: %w", classify(err))
	}
	sensors := make(map[string]Sensor, len(list))
	for _, x := range list {
		sensors[x.Code] = x
	}
	return sensors, nil
}

func scanSensor(row pgx.CollectableRow) (Sensor, error) {
	var x Sensor
	var levels []byte
	p := &x.Admission
	err := row.Scan(&x.ID, &x.Code, &x.Name, &x.Kind, &x.Unit, &x.Lat, &x.Lon, &x.Min, &x.Max, &x.StaleAfter,
		&x.Division, &x.Area, &x.Path, &x.Origin, &levels,
		&x.Thing, &x.Field, &x.Gateway, &x.Owner, &x.Standing, &x.Sample, &x.MaxRate, &x.StuckAfter, &x.Observed, &x.StaleAuto,
		&x.Unconfirmed, &x.Note,
		&p.By, &p.Label, &p.At, &p.DecidedBy, &p.DecidedAt, &p.Why, &p.Refused, &p.RefusedAt, &x.Version, &x.CreatedAt, &x.UpdatedAt)
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(levels, &x.Levels)
}

// sqlRegister inserts a sensor or overwrites the one of its code. What a registration does not name of whom it belongs
// to stays: a gateway that registers its sensors anew knows nothing of their owner. Its standing is not for it to change.
const sqlRegister = `
	insert into sensor as s (code, name, kind, unit, lat, lon, min, max, stale_after, division, area, path, origin, levels,
		thing, field, gateway, owner, standing, sample, max_rate, stuck_after, stale_auto, unconfirmed, note)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
	on conflict (code) do update set name = excluded.name, kind = excluded.kind, unit = excluded.unit,
		lat = excluded.lat, lon = excluded.lon, min = excluded.min, max = excluded.max,
		stale_after = excluded.stale_after, division = excluded.division, area = excluded.area,
		path = excluded.path, levels = excluded.levels,
		thing = coalesce(nullif(excluded.thing, ''), s.thing), field = coalesce(nullif(excluded.field, ''), s.field),
		gateway = coalesce(nullif(excluded.gateway, ''), s.gateway), owner = coalesce(nullif(excluded.owner, ''), s.owner),
		note = coalesce(nullif(excluded.note, ''), s.note), sample = excluded.sample,
		max_rate = coalesce(excluded.max_rate, s.max_rate), stuck_after = excluded.stuck_after,
		stale_auto = excluded.stale_auto, unconfirmed = excluded.unconfirmed,
		version = s.version + 1, updated_at = now()`

// RegisterSensors inserts sensors or overwrites those of the same code.
func (s *Store) RegisterSensors(ctx context.Context, list []sensor.Sensor) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return queueSensors(ctx, tx, sqlRegister, list) })
	if err != nil {
		return fmt.Errorf("register sensors: %w", classify(err))
	}
	return nil
}

// sensorValues are the parameters of sqlRegister.
func sensorValues(x sensor.Sensor) ([]any, error) {
	if x.Levels == nil {
		x.Levels = []sensor.Level{}
	}
	levels, err := json.Marshal(x.Levels)
	if err != nil {
		return nil, err
	}
	if x.Standing == "" {
		x.Standing = sensor.Active
	}
	if x.Unconfirmed == nil {
		x.Unconfirmed = []string{}
	}
	return []any{
		x.Code, x.Name, x.Kind, x.Unit, x.Lat, x.Lon, x.Min, x.Max, x.StaleAfter, x.Division, x.Area, x.Path, x.Origin, levels,
		x.Thing, x.Field, x.Gateway, x.Owner, x.Standing, x.Sample, x.MaxRate, x.StuckAfter, x.StaleAuto, x.Unconfirmed, x.Note,
	}, nil
}

// ReadingSource is the number under which somebody who brings readings is kept; an unknown name gets one.
func (s *Store) ReadingSource(ctx context.Context, name string) (int32, error) {
	var id int32
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "insert into reading_source (name) values ($1) on conflict do nothing", name); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select id from reading_source where name = $1", name).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("name a source of readings: %w", classify(err))
	}
	return id, nil
}

// CountRefused adds readings that were refused because nobody approved their sensor.
func (s *Store) CountRefused(ctx context.Context, refused map[int32]int64, at time.Time) error {
	ids, counts := make([]int32, 0, len(refused)), make([]int64, 0, len(refused))
	for id, n := range refused {
		ids, counts = append(ids, id), append(counts, n)
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update sensor set refused = refused + x.n, refused_at = $3
			from (select * from unnest($1::int4[], $2::int8[]) as u(id, n) order by id) x where sensor.id = x.id`, ids, counts, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("count refused readings: %w", classify(err))
	}
	return nil
}

const (
	observeTogether = 200 // sensors measured in one statement
	observedGaps    = 20  // the newest gaps between readings that a usual interval is made of
	leastGaps       = 4   // with fewer nothing is usual
)

// sqlObserve writes down the median of each sensor's newest gaps where it differs by more than a tenth from what is
// known. The version stays: nobody changed the entry.
const sqlObserve = `
	with few as (select id from sensor where id > @after and standing = 'active' order by id limit @together),
	usual as (
		select g.id, percentile_disc(0.5) within group (order by g.gap) as gap
		from (select few.id, r.ts - lead(r.ts) over (partition by few.id order by r.ts desc) as gap
			from few cross join lateral (
				select ts from reading where sensor_id = few.id and ts > @since and ts <= @now order by ts desc limit @gaps + 1) r) g
		where g.gap is not null group by g.id having count(*) >= @least),
	written as (
		update sensor s set observed = u.gap from usual u where s.id = u.id
			and extract(epoch from u.gap) not between 0.9 * extract(epoch from s.observed) and 1.1 * extract(epoch from s.observed))
	select coalesce(max(id), 0)::int4, count(*)::int4 from few`

// Observe measures how often each sensor usually speaks, from its newest readings.
func (s *Store) Observe(ctx context.Context, now time.Time) error {
	var after, n int32
	for {
		err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, sqlObserve, pgx.NamedArgs{
				"after": after, "together": observeTogether, "since": now.Add(-silence), "now": now, "gaps": observedGaps, "least": leastGaps,
			}).Scan(&after, &n)
		})
		if err != nil {
			return fmt.Errorf("observe sensors: %w", classify(err))
		}
		if n < observeTogether {
			return nil
		}
	}
}
