package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/alarm"
	"toancanh/server/fault"
	"toancanh/server/relay"
	"toancanh/server/report"
)

// AlarmWatch is what a process finds when it begins to judge.
type AlarmWatch struct {
	Term    int64
	Since   time.Time  // when alarms were first judged here
	HeardAt *time.Time // when the one before last listened; nil: nobody ever did
	Joints  []byte
	Floods  map[string]time.Time
}

// ClaimAlarms makes this process the one that judges. Whoever did before keeps nothing any more.
func (s *Store) ClaimAlarms(ctx context.Context) (AlarmWatch, error) {
	var w AlarmWatch
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `update alarm_watch set term = term + 1, since = coalesce(since, now())
			returning term, since, heard_at, joints, floods`).Scan(&w.Term, &w.Since, &w.HeardAt, &w.Joints, &w.Floods)
	})
	if err != nil {
		return w, fmt.Errorf("claim alarms: %w", classify(err))
	}
	w.Since = w.Since.UTC()
	return w, nil
}

// TouchAlarms notes that this process listens, and which areas are flooded; relay.ErrNotLeader when another judges now.
func (s *Store) TouchAlarms(ctx context.Context, term int64, now time.Time, floods map[string]time.Time) error {
	if floods == nil {
		floods = map[string]time.Time{}
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "update alarm_watch set heard_at = $2, floods = $3 where term = $1", term, now, floods)
		if err == nil && tag.RowsAffected() == 0 {
			return relay.ErrNotLeader
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note that alarms are judged: %w", classifyTerm(err))
	}
	return nil
}

// AlarmFloods says since when each area is flooded.
func (s *Store) AlarmFloods(ctx context.Context) (map[string]time.Time, error) {
	list, err := collect(ctx, s, pgx.RowTo[map[string]time.Time], "select floods from alarm_watch")
	if err != nil {
		return nil, fmt.Errorf("read floods: %w", err)
	}
	return firstOr(list, nil)
}

// AlarmCheckpoints reads how far every sensor is judged.
func (s *Store) AlarmCheckpoints(ctx context.Context) ([]AlarmCheckpoint, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (AlarmCheckpoint, error) {
		var c AlarmCheckpoint
		err := row.Scan(&c.SensorID, &c.JudgedAt, &c.Version, &c.State)
		c.JudgedAt = c.JudgedAt.UTC()
		return c, err
	}, "select sensor_id, judged_at, version, state from alarm_checkpoint")
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return list, nil
}

// AlarmCall is when an alarm of an area called.
type AlarmCall struct {
	Path []string
	At   time.Time
}

// AlarmCalls lists when alarms called since an instant, in order.
func (s *Store) AlarmCalls(ctx context.Context, division string, since time.Time) ([]AlarmCall, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (AlarmCall, error) {
		var c AlarmCall
		err := row.Scan(&c.Path, &c.At)
		c.At = c.At.UTC()
		return c, err
	}, `select path, (machine->>'called_at')::timestamptz as at from alarm
		where division = $1 and changed_at >= $2 and priority <> 'journal' and (machine->>'called_at')::timestamptz >= $2 order by at`, division, since)
	if err != nil {
		return nil, fmt.Errorf("read when alarms called: %w", err)
	}
	return list, nil
}

// ReadingsFrom asks for the readings of a sensor after an instant.
type ReadingsFrom struct {
	SensorID int32
	After    time.Time
}

// Missed is what a sensor sent since: its readings in order, and the version of its newest value with them.
type Missed struct {
	SensorID int32
	Version  int64
	Origin   int16
	At       []time.Time
	Values   []float64
}

// missedMost bounds the readings of one statement: what is more comes with the next.
const missedMost = 50_000

// MissedReadings reads what sensors sent after instants, all as of one moment, and whether there is more. Of a sensor whose
// readings were cut off the version is 0.
func (s *Store) MissedReadings(ctx context.Context, wants []ReadingsFrom) ([]Missed, error) {
	ids, after := make([]int32, len(wants)), make([]time.Time, len(wants))
	for i, w := range wants {
		ids[i], after[i] = w.SensorID, w.After
	}
	var list []Missed
	err := s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		list = nil
		at := map[int32]int{}
		rows, err := tx.Query(ctx, "select sensor_id, version, origin from reading_latest where sensor_id = any($1)", ids)
		if err != nil {
			return err
		}
		var m Missed
		if _, err := pgx.ForEachRow(rows, []any{&m.SensorID, &m.Version, &m.Origin}, func() error {
			at[m.SensorID] = len(list)
			list = append(list, m)
			return nil
		}); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `select w.s, r.ts, r.value from unnest($1::int4[], $2::timestamptz[]) as w(s, after)
			join lateral (select ts, value from reading where sensor_id = w.s and ts > w.after and ts > $4 order by ts) r on true
			order by w.s, r.ts limit $3`, ids, after, missedMost+1, earliest(after))
		if err != nil {
			return err
		}
		var id int32
		var ts time.Time
		var value float64
		n := 0
		_, err = pgx.ForEachRow(rows, []any{&id, &ts, &value}, func() error {
			i, known := at[id]
			if n++; known {
				list[i].At, list[i].Values = append(list[i].At, ts.UTC()), append(list[i].Values, value)
			}
			return nil
		})
		if n > missedMost {
			// Those from the last one on are not whole.
			for i := range list {
				if list[i].SensorID >= id {
					list[i].Version = 0
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read missed readings: %w", classify(err))
	}
	return list, nil
}

// earliest lets a statement leave out the partitions before it.
func earliest(list []time.Time) time.Time {
	var first time.Time
	for i, t := range list {
		if i == 0 || t.Before(first) {
			first = t
		}
	}
	return first
}

// AlarmGround tells by its difference that types, sensors, gateways or windows have changed.
func (s *Store) AlarmGround(ctx context.Context) (string, error) {
	list, err := collect(ctx, s, pgx.RowTo[string], `select concat_ws(' ',
		(select concat(count(*), '/', sum(version)) from alarm_type),
		(select concat(count(*), '/', max(updated_at)) from sensor),
		(select md5(string_agg(concat(code, stale_after, standing, parent, name, path), ',' order by code)) from gateway),
		(select concat(count(*), '/', max(ended_at)) from maintenance))`)
	if err != nil {
		return "", fmt.Errorf("look for changes of types and sensors: %w", err)
	}
	return firstOr(list, nil)
}

// LateReport is an emergency that nobody took in within its limit, or one that an alarm was raised for.
type LateReport struct {
	ID, Code, Category, Origin, Division, Area string
	Path                                       []string
	Lat, Lon                                   float64
	DueAt                                      time.Time
	Late                                       bool // still not taken in
}

// LateEmergencies lists the emergencies that wait past their first limit at an instant, and those of the given reports.
func (s *Store) LateEmergencies(ctx context.Context, now time.Time, ids []string) ([]LateReport, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (LateReport, error) {
		var r LateReport
		err := row.Scan(&r.ID, &r.Code, &r.Category, &r.Origin, &r.Division, &r.Area, &r.Path, &r.Lat, &r.Lon, &r.DueAt, &r.Late)
		r.DueAt = r.DueAt.UTC()
		return r, err
	}, `select id::text, code, category, origin, division, area, path, lat, lon, coalesce(due_accept, received_at),
			emergency and is_open and withdrawn_at is null and accepted_at is null and status = $3 and due_accept < $1
		from report where id = any($2::text[]::uuid[]) or is_open and due_now < $1 and emergency and withdrawn_at is null and accepted_at is null
			and status = $3 and due_accept < $1
		order by received_at limit 2000`, now, append([]string{}, ids...), string(report.Moi))
	if err != nil {
		return nil, fmt.Errorf("read emergencies that wait: %w", err)
	}
	return list, nil
}

// AlarmHealth reads the alarms of an area that were open at some time in a span.
func (s *Store) AlarmHealth(ctx context.Context, p Span) ([]alarm.HealthRow, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (alarm.HealthRow, error) {
		var r alarm.HealthRow
		err := row.Scan(&r.ID, &r.Type, &r.Target, &r.Name, (*string)(&r.Priority), (*string)(&r.State), (*string)(&r.Aside), &r.KnownAt,
			&r.CalledAt, &r.AckedAt, &r.ClearAt, &r.ClosedAt, &r.Count, &r.Chattering, &r.Acted)
		return r, err
	}, `select r.id::text, r.type, r.target, r.name, r.priority, r.state, r.aside, r.known_at,
			coalesce((r.machine->>'called_at')::timestamptz, r.known_at), r.acked_at, r.clear_at, r.closed_at, r.count, r.chattering,
			r.incident <> '' or r.callout->>'state' = 'taken' or exists (select from alarm_entry e where e.alarm_id = r.id
				and e.act in ('comment', 'shelve', 'suppress', 'out_of_service', 'close_stale') and e.actor <> '')
		from alarm r where r.known_at < @to and (r.closed_at is null or r.closed_at >= @from) and `+inSpan+`
		order by r.known_at limit @most`, withMost(p.args(), mostHealth+1))
	if err != nil {
		return nil, fmt.Errorf("read alarms of a span: %w", err)
	}
	if len(list) > mostHealth {
		return nil, fault.Invalid("from", "Có hơn %d cảnh báo trong khoảng này, xin chọn khoảng ngắn hơn.", mostHealth).Because("too_many_items")
	}
	return list, nil
}

// mostHealth bounds the alarms that one question about a span reads.
const mostHealth = 200_000

func withMost(args pgx.NamedArgs, most int) pgx.NamedArgs {
	args["most"] = most
	return args
}
