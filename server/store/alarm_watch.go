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
	"toancanh/server/sensor"
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

// called are the entries e of alarms a by which one called: it was raised, came again, or came back active from being aside. What
// was put aside as it was raised called nobody.
const called = `a.priority <> 'journal' and e.to_state = 'unacked' and e.aside = ''
	and e.act in ('raise', 'shelf_ended', 'suppression_ended', 'unshelve', 'unsuppress', 'in_service')
	and not exists (select from alarm_entry x where x.alarm_id = e.alarm_id and x.n = e.n + 1 and x.act = 'suppress' and x.at = e.at)`

// AlarmCalls lists when alarms called since an instant, in order.
func (s *Store) AlarmCalls(ctx context.Context, division string, since time.Time) ([]AlarmCall, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (AlarmCall, error) {
		var c AlarmCall
		err := row.Scan(&c.Path, &c.At)
		c.At = c.At.UTC()
		return c, err
	}, "select a.path, e.at from alarm_entry e join alarm a on a.id = e.alarm_id where a.division = $1 and e.at >= $2 and "+called+" order by e.at",
		division, since)
	if err != nil {
		return nil, fmt.Errorf("read when alarms called: %w", err)
	}
	return list, nil
}

// ReadingsFrom asks for the readings of a sensor after an instant; of those only what was received since another, unless
// that is zero.
type ReadingsFrom struct {
	SensorID int32
	After    time.Time
	Received time.Time
}

// Missed is what a sensor sent since: its readings in order, and the version of its newest value with them.
type Missed struct {
	SensorID int32
	Version  int64
	Origin   int16
	At       []time.Time
	Values   []float64
	Quality  []sensor.Quality
}

// missedMost bounds the readings of one statement: what is more comes with the next.
const missedMost = 50_000

// MissedReadings reads what sensors sent after instants, all as of one moment, and whether there is more. Of a sensor whose
// readings were cut off the version is 0.
func (s *Store) MissedReadings(ctx context.Context, wants []ReadingsFrom) ([]Missed, error) {
	ids, after, received := make([]int32, len(wants)), make([]time.Time, len(wants)), make([]*time.Time, len(wants))
	for i, w := range wants {
		ids[i], after[i] = w.SensorID, w.After
		if !w.Received.IsZero() {
			received[i] = &w.Received
		}
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
		rows, err = tx.Query(ctx, `select w.s, r.ts, r.value, r.quality from unnest($1::int4[], $2::timestamptz[], $5::timestamptz[]) as w(s, after, since)
			join lateral (select ts, value, quality from reading where sensor_id = w.s and ts > w.after and ts > $4
				and (w.since is null or received_at >= w.since) order by ts) r on true
			order by w.s, r.ts limit $3`, ids, after, missedMost+1, earliest(after), received)
		if err != nil {
			return err
		}
		var id int32
		var ts time.Time
		var value float64
		var quality sensor.Quality
		n := 0
		_, err = pgx.ForEachRow(rows, []any{&id, &ts, &value, &quality}, func() error {
			i, known := at[id]
			if n++; known {
				m := &list[i]
				m.At, m.Values, m.Quality = append(m.At, ts.UTC()), append(m.Values, value), append(m.Quality, quality)
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
		(select concat(count(*), '/', max(updated_at), '/', sum(observed)) from sensor),
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

// AlarmHealth reads what health is measured by: of the area of a span the alarms known in it or open now, and all calls in it.
func (s *Store) AlarmHealth(ctx context.Context, p Span) (rows []alarm.HealthRow, calls []alarm.CallRow, err error) {
	args := p.args()
	args["most"] = mostHealth + 1
	rows, err = collect(ctx, s, func(row pgx.CollectableRow) (alarm.HealthRow, error) {
		var r alarm.HealthRow
		err := row.Scan(&r.Type, (*string)(&r.Priority), (*string)(&r.State), (*string)(&r.Aside), &r.RaisedAt, &r.KnownAt, &r.CalledAt,
			&r.AgainAt, &r.AckedAt, &r.Chattering, &r.Acted)
		return r, err
	}, `select r.type, r.priority, r.state, r.aside, r.raised_at, r.known_at, coalesce((r.machine->>'called_at')::timestamptz, r.known_at),
			r.again_at, r.acked_at, r.chattering,
			r.incident <> '' or r.callout->>'state' = 'taken' or exists (select from alarm_entry e where e.alarm_id = r.id
				and e.act in ('comment', 'shelve', 'suppress', 'out_of_service', 'close_stale') and e.actor <> '')
		from alarm r where (r.known_at >= @from and r.known_at < @to or r.state <> 'closed') and `+inSpan+`
		order by r.known_at limit @most`, args)
	if err != nil {
		return nil, nil, fmt.Errorf("read alarms of a span: %w", err)
	}
	calls, err = collect(ctx, s, func(row pgx.CollectableRow) (alarm.CallRow, error) {
		var c alarm.CallRow
		err := row.Scan(&c.At, &c.Type, &c.Target, &c.Name, (*string)(&c.Priority))
		return c, err
	}, `select e.at, a.type, a.target, a.name, a.priority from alarm_entry e join alarm a on a.id = e.alarm_id
		where e.at >= @from and e.at < @to and a.division = @division and @area = any(a.path) and (a.origin = 'real') = @real and `+called+`
		order by e.at limit @most`, args)
	if err != nil {
		return nil, nil, fmt.Errorf("read calls of a span: %w", err)
	}
	if len(rows) > mostHealth || len(calls) > mostHealth {
		return nil, nil, fault.Invalid("from", "Có hơn %d cảnh báo trong khoảng này, xin chọn khoảng ngắn hơn.", mostHealth).Because("too_many_items")
	}
	return rows, calls, nil
}

// mostHealth bounds the alarms that one question about a span reads.
const mostHealth = 200_000
