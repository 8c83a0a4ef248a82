package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/alarm"
	"toancanh/server/incident"
	"toancanh/server/report"
)

// Bounds of what the rule looks at in one pass.
const (
	mostCandidates = 2000
	mostLive       = 1000
)

// Columns of a report and of an alarm that the rule reads.
const (
	reportThing = `select r.id::text, r.category, r.description, r.emergency, r.priority, r.received_at, r.lat, r.lon, r.division, r.area, r.path, r.origin, r.unit
		from report r `
	alarmThing = `select a.id::text, a.raised_at, a.lat, a.lon, a.division, a.area, a.path, a.priority, a.origin, a.source, a.kind from alarm a `
)

func scanReportThing(row pgx.CollectableRow) (report.Report, error) {
	var r report.Report
	err := row.Scan(&r.ID, &r.Category, &r.Description, &r.Emergency, (*string)(&r.Priority), &r.ReceivedAt, &r.Location.Lat, &r.Location.Lon, &r.Division,
		&r.Area, &r.Path, (*string)(&r.Origin), &r.Unit)
	r.ReceivedAt = r.ReceivedAt.UTC()
	return r, err
}

func scanAlarmThing(row pgx.CollectableRow) (alarm.Alarm, error) {
	var a alarm.Alarm
	err := row.Scan(&a.ID, &a.RaisedAt, &a.Lat, &a.Lon, &a.Division, &a.Area, &a.Path, (*string)(&a.Priority), &a.Origin, (*string)(&a.Source), &a.Kind)
	a.RaisedAt = a.RaisedAt.UTC()
	return a, err
}

// IncidentThings reads reports and alarms as the rule sees them, as far as there are such and they may be put together: reports that
// were withdrawn, refused or merged are none. Of each report it comes with what rights are asked of.
func (s *Store) IncidentThings(ctx context.Context, refs []incident.Ref) (things []incident.Thing, reports []report.Report, err error) {
	var ofReports, ofAlarms []string
	for _, r := range refs {
		if r.Kind == incident.AReport {
			ofReports = append(ofReports, r.ID)
		} else {
			ofAlarms = append(ofAlarms, r.ID)
		}
	}
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, reportThing+"where r.id = any($1::text[]::uuid[]) and r.withdrawn_at is null and r.status not in ('khong_tiep_nhan', 'trung_lap') order by r.received_at, r.id", ofReports)
		if err != nil {
			return err
		}
		if reports, err = pgx.CollectRows(rows, scanReportThing); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, alarmThing+"where a.id = any($1::text[]::uuid[]) order by a.raised_at, a.id", ofAlarms); err != nil {
			return err
		}
		alarms, err := pgx.CollectRows(rows, scanAlarmThing)
		things = append(thingsOf(reports), alarmsAsThings(alarms)...)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read things of incidents: %w", classify(err))
	}
	return things, reports, nil
}

func alarmsAsThings(list []alarm.Alarm) []incident.Thing {
	things := make([]incident.Thing, len(list))
	for i, a := range list {
		things[i] = incident.OfAlarm(a)
	}
	return things
}

// IncidentCandidates reads what the rule decides about: the newest reports and alarms since an instant that never belonged to an
// incident, and the live incidents. What was dismissed, closed or taken out is put together again by people only.
func (s *Store) IncidentCandidates(ctx context.Context, since time.Time) (things []incident.Thing, known []incident.Known, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, reportThing+`where r.received_at >= $1 and r.category = any($2) and r.withdrawn_at is null
			and r.status not in ('khong_tiep_nhan', 'trung_lap')
			and not exists (select from incident_thing t where t.thing = r.id) order by r.received_at desc limit $3`,
			since, incident.Categories(), mostCandidates)
		if err != nil {
			return err
		}
		reports, err := pgx.CollectRows(rows, scanReportThing)
		if err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, alarmThing+`where a.known_at >= $1 and a.priority <> 'journal' and a.aside <> 'suppressed'
			and not exists (select from incident_thing t where t.thing = a.id) order by a.known_at desc limit $2`, since, mostCandidates); err != nil {
			return err
		}
		alarms, err := pgx.CollectRows(rows, scanAlarmThing)
		if err != nil {
			return err
		}
		things = append(thingsOf(reports), alarmsAsThings(alarms)...)
		if rows, err = tx.Query(ctx, fmt.Sprintf(`select i.id::text, i.state, i.family, i.origin, i.division, i.area, i.lat, i.lon, i.first_at, i.last_at,
				count(*) filter (where t.kind = 'alarm')::int, count(*) filter (where t.kind = 'report')::int
			from incident i join incident_thing t on t.incident_id = i.id and t.left_at is null
			where i.state in ('proposed', 'open') group by i.id order by i.proposed_at desc, i.id desc limit %d`, mostLive)); err != nil {
			return err
		}
		known, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (incident.Known, error) {
			var k incident.Known
			err := row.Scan(&k.ID, (*string)(&k.State), (*string)(&k.Family), &k.Origin, &k.Division, &k.Area, &k.Point.Lat, &k.Point.Lon, &k.First, &k.Last, &k.Alarms, &k.Reports)
			k.First, k.Last = k.First.UTC(), k.Last.UTC()
			return k, err
		})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read candidates of incidents: %w", classify(err))
	}
	return things, known, nil
}

// IncidentAlarm is an alarm as the page of an incident shows it.
type IncidentAlarm struct {
	ID       string     `json:"id"`
	Type     string     `json:"type"`
	Label    string     `json:"label"`
	Source   string     `json:"source"`
	Target   string     `json:"target"`
	Name     string     `json:"target_name"`
	Kind     string     `json:"kind"`
	Priority string     `json:"priority"`
	State    string     `json:"state"`
	Area     string     `json:"area"`
	Value    *float64   `json:"value"`
	Unit     string     `json:"unit"`
	Limit    string     `json:"limit"`
	RaisedAt time.Time  `json:"raised_at"`
	AckedAt  *time.Time `json:"acked_at"`
	ClosedAt *time.Time `json:"closed_at"`
}

// IncidentAlarms reads alarms by their UUIDs, the newest first.
func (s *Store) IncidentAlarms(ctx context.Context, ids []string) ([]IncidentAlarm, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (IncidentAlarm, error) {
		var a IncidentAlarm
		err := row.Scan(&a.ID, &a.Type, &a.Label, &a.Source, &a.Target, &a.Name, &a.Kind, &a.Priority, &a.State, &a.Area, &a.Value, &a.Unit, &a.Limit,
			&a.RaisedAt, &a.AckedAt, &a.ClosedAt)
		a.RaisedAt = a.RaisedAt.UTC()
		toUTC(a.AckedAt, a.ClosedAt)
		return a, err
	}, `select a.id::text, a.type, v.label, a.source, a.target, a.name, a.kind, a.priority, a.state, a.area, a.value, a.unit, a.limit_text,
			a.raised_at, a.acked_at, a.closed_at
		from alarm a join alarm_type_version v on v.code = a.type and v.version = a.type_version
		where a.id = any($1::text[]::uuid[]) order by a.raised_at desc, a.id`, ids)
	if err != nil {
		return nil, fmt.Errorf("read alarms of an incident: %w", err)
	}
	return list, nil
}

// ReadingAt is one value of a sensor.
type ReadingAt struct {
	Sensor int32
	At     time.Time
	Value  float64
}

// ReadingsAround reads the readings of sensors in a span, by sensor and time, at most so many; more says that there are others.
func (s *Store) ReadingsAround(ctx context.Context, sensors []int32, from, to time.Time, most int) (list []ReadingAt, more bool, err error) {
	list, err = collect(ctx, s, func(row pgx.CollectableRow) (ReadingAt, error) {
		var r ReadingAt
		err := row.Scan(&r.Sensor, &r.At, &r.Value)
		r.At = r.At.UTC()
		return r, err
	}, "select sensor_id, ts, value from reading where sensor_id = any($1) and ts >= $2 and ts <= $3 order by sensor_id, ts limit $4", sensors, from, to, most+1)
	if err != nil {
		return nil, false, fmt.Errorf("read readings around an incident: %w", err)
	}
	if len(list) > most {
		return list[:most], true, nil
	}
	return list, false, nil
}

// AlarmStory is an entry of an alarm's timeline as the evidence of an incident holds it: by the role, never by name.
type AlarmStory struct {
	Alarm                           string
	N                               int64
	At                              time.Time
	Act, From, To, As, Reason, Text string
}

// AlarmStories reads the timelines of alarms, by alarm and number.
func (s *Store) AlarmStories(ctx context.Context, ids []string) ([]AlarmStory, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (AlarmStory, error) {
		var a AlarmStory
		err := row.Scan(&a.Alarm, &a.N, &a.At, &a.Act, &a.From, &a.To, &a.As, &a.Reason, &a.Text)
		a.At = a.At.UTC()
		return a, err
	}, `select alarm_id::text, n, at, act, from_state, to_state, role, reason, text from alarm_entry where alarm_id = any($1::text[]::uuid[]) order by alarm_id, n`, ids)
	if err != nil {
		return nil, fmt.Errorf("read timelines of alarms: %w", err)
	}
	return list, nil
}
