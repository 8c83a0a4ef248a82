package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/drill"
	"toancanh/server/fault"
)

const drillColumns = `id::text, version, scenario, title, division, area, path, speed, note, state, planned_by, starts_at, started_at,
	ended_at, ended_by, script, played, problem, cleared, debrief, key_id`

func scanDrill(row pgx.CollectableRow) (drill.Drill, error) {
	var d drill.Drill
	var script, debrief []byte
	err := row.Scan(&d.ID, &d.Version, &d.Scenario, &d.Title, &d.Division, &d.Area, &d.Path, &d.Speed, &d.Note, &d.State, &d.PlannedBy,
		&d.StartsAt, &d.StartedAt, &d.EndedAt, &d.EndedBy, &script, &d.Played, &d.Problem, &d.Cleared, &debrief, &d.KeyID)
	if err != nil {
		return d, err
	}
	d.StartsAt = d.StartsAt.UTC()
	for _, t := range []*time.Time{d.StartedAt, d.EndedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	if err := json.Unmarshal(script, &d.Script); err != nil {
		return d, fmt.Errorf("read script: %w", err)
	}
	if debrief != nil {
		return d, json.Unmarshal(debrief, &d.Debrief)
	}
	return d, nil
}

// mostDrills bounds what is listed, and what waits.
const (
	mostDrills  = 200
	mostPlanned = 50
)

var errNoDrill = fault.NotFound("Không có cuộc diễn tập này.") //nolint:gochecknoglobals // an error value

func drillRow(d drill.Drill, why string) audit.Row {
	return audit.Row{
		What: string(access.HoldDrill), Object: "drill:" + d.ID, Why: why, Result: audit.Done,
		Detail: detail(map[string]any{"scenario": d.Scenario, "title": d.Title, "area": d.Area, "starts_at": d.StartsAt}),
	}
}

// PlanDrill keeps a plan.
func (s *Store) PlanDrill(ctx context.Context, d drill.Drill) error {
	script, err := json.Marshal(d.Script)
	if err != nil {
		return fault.Internal(err)
	}
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into drill (id, scenario, title, division, area, path, speed, note, planned_by, starts_at, script)
			select $1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
			where (select count(*) from drill where state = 'planned') < $12`,
			d.ID, d.Scenario, d.Title, d.Division, d.Area, d.Path, d.Speed, d.Note, d.PlannedBy, d.StartsAt, script, mostPlanned)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Đã có %d cuộc diễn tập đang chờ.", mostPlanned).Because("full")
		}
		return insertAudit(ctx, tx, drillRow(d, "planned"))
	})
	if err != nil {
		return fmt.Errorf("plan drill: %w", classify(err))
	}
	return nil
}

// Drills lists drills, the newest first.
func (s *Store) Drills(ctx context.Context) ([]drill.Drill, error) {
	list, err := collect(ctx, s, scanDrill, "select "+drillColumns+" from drill order by starts_at desc, id limit $1", mostDrills)
	if err != nil {
		return nil, fmt.Errorf("list drills: %w", err)
	}
	return list, nil
}

// OpenDrills are those that wait, run, or have left something behind, the first first.
func (s *Store) OpenDrills(ctx context.Context) ([]drill.Drill, error) {
	list, err := collect(ctx, s, scanDrill, "select "+drillColumns+" from drill where not cleared order by starts_at, id limit $1", mostDrills)
	if err != nil {
		return nil, fmt.Errorf("list open drills: %w", err)
	}
	return list, nil
}

// Drill reads one drill.
func (s *Store) Drill(ctx context.Context, id string) (drill.Drill, error) {
	list, err := collect(ctx, s, scanDrill, "select "+drillColumns+" from drill where id = $1::uuid", id)
	switch {
	case err != nil:
		return drill.Drill{}, fmt.Errorf("read drill %s: %w", id, err)
	case len(list) == 0:
		return drill.Drill{}, errNoDrill
	}
	return list[0], nil
}

// ChangeDrill changes a drill as change says. A why goes into the audit; without one nothing does: the player's own progress is
// no deed of a person.
func (s *Store) ChangeDrill(ctx context.Context, id, why string, change func(drill.Drill) (drill.Drill, error)) (drill.Drill, error) {
	var d drill.Drill
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select "+drillColumns+" from drill where id = $1::uuid for update", id)
		if err != nil {
			return err
		}
		if d, err = pgx.CollectExactlyOneRow(rows, scanDrill); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return errNoDrill
			}
			return err
		}
		if d, err = change(d); err != nil {
			return err
		}
		var debrief []byte
		if d.Debrief != nil {
			if debrief, err = json.Marshal(d.Debrief); err != nil {
				return fault.Internal(err)
			}
		}
		_, err = tx.Exec(ctx, `update drill set version = $2, state = $3, started_at = $4, ended_at = $5, ended_by = $6, played = $7,
			problem = $8, cleared = $9, debrief = $10, key_id = $11 where id = $1::uuid`,
			d.ID, d.Version, string(d.State), d.StartedAt, d.EndedAt, d.EndedBy, d.Played, d.Problem, d.Cleared, debrief, d.KeyID)
		if err != nil || why == "" {
			return err
		}
		return insertAudit(ctx, tx, drillRow(d, why))
	})
	if err != nil {
		return d, fmt.Errorf("change drill %s: %w", id, classify(err))
	}
	return d, nil
}

// DrillReports are the reports a drill has sent, those already withdrawn too.
func (s *Store) DrillReports(ctx context.Context, d drill.Drill) ([]DrillReport, error) {
	if d.StartedAt == nil {
		return nil, nil
	}
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (DrillReport, error) {
		var r DrillReport
		err := row.Scan(&r.ID, &r.Label, &r.At, &r.Answered, &r.Emergency, &r.Version, &r.Withdrawn)
		r.At = r.At.UTC()
		return r, err
	}, `select id::text, code, received_at,
			(select min(at) from report_act a where a.report_id = report.id and a.act in ('accept', 'refuse', 'merge', 'ask')),
			emergency, version, withdrawn_at is not null
		from report where origin = 'drill' and received_at >= $1 and received_at <= coalesce($2, now()) + interval '10 minutes'
		order by received_at, id limit $3`, d.StartedAt, d.EndedAt, mostDrillThings)
	if err != nil {
		return nil, fmt.Errorf("list reports of drill %s: %w", d.ID, err)
	}
	return list, nil
}

const mostDrillThings = 5000

// DrillReport is a report of a drill with its first lawful answer.
type DrillReport struct {
	drill.Seen
	Emergency bool
	Version   int64
	Withdrawn bool
}

// DrillAlarms are the alarms that a drill's sensors raised, with when somebody took them.
func (s *Store) DrillAlarms(ctx context.Context, d drill.Drill) ([]drill.Seen, error) {
	codes := make([]string, len(d.Script.Actors))
	for i, a := range d.Script.Actors {
		codes[i] = a.Sensor.Code
	}
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (drill.Seen, error) {
		var a drill.Seen
		err := row.Scan(&a.ID, &a.Label, &a.Priority, &a.At, &a.Answered)
		a.At = a.At.UTC()
		return a, err
	}, `select a.id::text, v.label || ' – ' || a.name, a.priority, a.known_at, a.acked_at
		from alarm a join alarm_type_version v on v.code = a.type and v.version = a.type_version
		where (a.target = any($1) or a.members && $1) and a.origin = 'drill' order by a.known_at, a.id limit $2`, codes, mostDrillThings)
	if err != nil {
		return nil, fmt.Errorf("list alarms of drill %s: %w", d.ID, err)
	}
	return list, nil
}

// EndDrill retires the sensors of a drill and closes what they raised, in one transaction: what is closed cannot be raised again.
func (s *Store) EndDrill(ctx context.Context, codes []string, reason string, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Whoever judges readings waits: what it decided before is in the tables, what it decides later knows these sensors no more.
		if _, err := tx.Exec(ctx, "select from alarm_watch for update"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update sensor set standing = 'retired', updated_at = now()
			where code = any($1) and origin = 'drill' and standing <> 'retired'`, codes)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlAlarms+`where a.state <> 'closed' and a.origin = 'drill' and (a.target = any($1) or a.members && $1)
			order by a.id for update of a`, codes)
		if err != nil {
			return err
		}
		open, err := pgx.CollectRows(rows, scanAlarm)
		if err != nil {
			return err
		}
		steps := make([]AlarmStep, len(open))
		for i, a := range open {
			steps[i].After.Of = a.Of
			steps[i].After.Alarm, steps[i].Entries = a.Gone(reason, now)
		}
		return keepAlarms(ctx, tx, steps, alarmMoment{At: now})
	})
	if err != nil {
		return fmt.Errorf("end a drill: %w", classify(err))
	}
	return nil
}
