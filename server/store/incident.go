package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/fault"
	"toancanh/server/incident"
	"toancanh/server/report"
	"toancanh/server/view"
)

//nolint:gochecknoglobals // error values
var (
	errNoIncident = fault.NotFound("Không có sự cố này.")
	errNoTask     = fault.NotFound("Không có nhiệm vụ này.")
)

const incidentSelect = `
	select i.id::text, i.year, i.number, i.version, i.origin, i.state, i.family, i.title, i.division, i.area, i.path, i.lat, i.lon, i.by_rule,
		i.first_at, i.last_at, i.proposed_at, i.opened_at, i.closed_at, i.changed_at, i.commander, i.commander_name, i.commander_as, i.reason,
		i.closing, i.tasks_open, i.tasks_done, i.attachments,
		array(select t.thing::text from incident_thing t where t.incident_id = i.id and t.kind = 'alarm' and t.left_at is null order by t.n, t.thing),
		array(select t.thing::text from incident_thing t where t.incident_id = i.id and t.kind = 'report' and t.left_at is null order by t.n, t.thing)
	from incident i `

func scanIncident(row pgx.CollectableRow) (incident.Incident, error) {
	var i incident.Incident
	err := row.Scan(&i.ID, &i.Year, &i.Number, &i.Version, &i.Origin, (*string)(&i.State), (*string)(&i.Family), &i.Title, &i.Division, &i.Area, &i.Path,
		&i.Point.Lat, &i.Point.Lon, &i.ByRule, &i.FirstAt, &i.LastAt, &i.ProposedAt, &i.OpenedAt, &i.ClosedAt, &i.ChangedAt,
		&i.Commander.ID, &i.Commander.Name, &i.Commander.As, &i.Reason, &i.Closing, &i.TasksOpen, &i.TasksDone, &i.Attachments, &i.Alarms, &i.Reports)
	i.FirstAt, i.LastAt, i.ProposedAt, i.ChangedAt = i.FirstAt.UTC(), i.LastAt.UTC(), i.ProposedAt.UTC(), i.ChangedAt.UTC()
	toUTC(i.OpenedAt, i.ClosedAt)
	return i, err
}

// toUTC turns times to UTC where they are: pgx answers in the process's zone.
func toUTC(times ...*time.Time) {
	for _, t := range times {
		if t != nil {
			*t = t.UTC()
		}
	}
}

func oneIncident(ctx context.Context, q querier, id, suffix string) (incident.Incident, error) {
	if uuid.Validate(id) != nil {
		return incident.Incident{}, errNoIncident
	}
	rows, err := q.Query(ctx, incidentSelect+"where i.id = $1::uuid"+suffix, id)
	if err != nil {
		return incident.Incident{}, err
	}
	list, err := pgx.CollectRows(rows, scanIncident)
	if err != nil {
		return incident.Incident{}, err
	}
	return firstOr(list, errNoIncident)
}

// Incident reads one by its UUID.
func (s *Store) Incident(ctx context.Context, id string) (incident.Incident, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	i, err := oneIncident(ctx, s.read, id, "")
	if err != nil {
		return i, fmt.Errorf("read incident: %w", classify(err))
	}
	return i, nil
}

// IncidentFilter chooses incidents for a list, the newest proposals first. The zero value of a field does not restrict.
type IncidentFilter struct {
	States   []string
	Families []string
	Division string
	Areas    []string // with all that lies in them
	Limit    int
	Cursor   string
	Reach    access.Reached
}

// incidentCursor is the last row of a page.
type incidentCursor struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

func readIncidentCursor(text string, c *conditions, columns string) error {
	if text == "" {
		return nil
	}
	var after incidentCursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &after)
	}
	if err == nil {
		err = uuid.Validate(after.ID)
	}
	if err != nil {
		return fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.").Because("format")
	}
	c.add("("+columns+") < (%s, %s::uuid)", after.At, after.ID)
	return nil
}

// pageEnd cuts a list that was read with one more than its limit, and is the cursor of the next page.
func pageEnd[T any](list []T, limit int, last func(T) incidentCursor) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	list = list[:limit]
	raw, _ := json.Marshal(last(list[limit-1]))
	return list, base64.RawURLEncoding.EncodeToString(raw)
}

// Incidents reads one page of incidents and the cursor of the next; an empty one ends.
func (s *Store) Incidents(ctx context.Context, f IncidentFilter) ([]incident.Incident, string, error) {
	var where conditions
	where.anyOf("i.state", f.States)
	where.anyOf("i.family", f.Families)
	if f.Division != "" {
		where.add("i.division = %s", f.Division)
	}
	if len(f.Areas) > 0 {
		where.add("i.path && %s", f.Areas)
	}
	if !f.Reach.All {
		reached(access.Reached{Places: f.Reach.Places}, &where)
	}
	if err := readIncidentCursor(f.Cursor, &where, "i.proposed_at, i.id"); err != nil {
		return nil, "", err
	}
	limit := max(f.Limit, 1)
	list, err := collect(ctx, s, scanIncident, fmt.Sprintf("%s where %s order by i.proposed_at desc, i.id desc limit %d", incidentSelect, where.sql(), limit+1), where.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	list, next := pageEnd(list, limit, func(i incident.Incident) incidentCursor { return incidentCursor{i.ProposedAt, i.ID} })
	return list, next, nil
}

// IncidentLog reads the log of an incident in order.
func (s *Store) IncidentLog(ctx context.Context, id string) ([]incident.Entry, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (incident.Entry, error) {
		var e incident.Entry
		err := row.Scan(&e.N, &e.At, (*string)(&e.Act), &e.By.ID, &e.By.Name, &e.By.As, &e.Text, &e.Reason, &e.Detail)
		e.At = e.At.UTC()
		return e, err
	}, "select n, at, act, by, by_name, by_as, text, reason, detail from incident_entry where incident_id = $1::uuid order by n", id)
	if err != nil {
		return nil, fmt.Errorf("read log of incident %s: %w", id, err)
	}
	return list, nil
}

const taskSelect = `
	select t.id::text, t.incident_id::text, t.n, t.version, t.state, t.text, t.unit, t.due, t.given_at, t.given_by, t.given_by_name, t.given_by_as,
		t.acked_at, t.acked_by, t.acked_by_name, t.acked_by_as, t.ended_at, t.ended_by, t.ended_by_name, t.ended_by_as, t.result
	from incident_task t `

func taskDest(t *incident.Task) []any {
	return []any{
		&t.ID, &t.Incident, &t.N, &t.Version, (*string)(&t.State), &t.Text, &t.Unit, &t.Due, &t.GivenAt, &t.GivenBy.ID, &t.GivenBy.Name, &t.GivenBy.As,
		&t.AckedAt, &t.AckedBy.ID, &t.AckedBy.Name, &t.AckedBy.As, &t.EndedAt, &t.EndedBy.ID, &t.EndedBy.Name, &t.EndedBy.As, &t.Result,
	}
}

func scanTask(row pgx.CollectableRow) (incident.Task, error) {
	var t incident.Task
	err := row.Scan(taskDest(&t)...)
	t.GivenAt = t.GivenAt.UTC()
	toUTC(t.Due, t.AckedAt, t.EndedAt)
	return t, err
}

// Tasks reads the tasks of an incident in the order they were given.
func (s *Store) Tasks(ctx context.Context, incidentID string) ([]incident.Task, error) {
	list, err := collect(ctx, s, scanTask, taskSelect+"where t.incident_id = $1::uuid order by t.n", incidentID)
	if err != nil {
		return nil, fmt.Errorf("read tasks of incident %s: %w", incidentID, err)
	}
	return list, nil
}

// TaskOf reads one task with its incident.
func (s *Store) TaskOf(ctx context.Context, id string) (t incident.Task, i incident.Incident, err error) {
	if uuid.Validate(id) != nil {
		return t, i, errNoTask
	}
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if t, err = oneTask(ctx, tx, id, ""); err != nil {
			return err
		}
		i, err = oneIncident(ctx, tx, t.Incident, "")
		return err
	})
	if err != nil {
		return t, i, fmt.Errorf("read task: %w", classify(err))
	}
	return t, i, nil
}

func oneTask(ctx context.Context, q querier, id, suffix string) (incident.Task, error) {
	rows, err := q.Query(ctx, taskSelect+"where t.id = $1::uuid"+suffix, id)
	if err != nil {
		return incident.Task{}, err
	}
	list, err := pgx.CollectRows(rows, scanTask)
	if err != nil {
		return incident.Task{}, err
	}
	return firstOr(list, errNoTask)
}

// TaskFilter chooses tasks for a list, the newest first.
type TaskFilter struct {
	Running bool // those still to be done
	Units   []string
	Limit   int
	Cursor  string
	Reach   access.Reached
}

// GivenTask is a task with the incident it is for.
type GivenTask struct {
	incident.Task
	Of incident.Incident // without its things
}

// ListTasks reads one page of tasks and the cursor of the next; an empty one ends.
func (s *Store) ListTasks(ctx context.Context, f TaskFilter) ([]GivenTask, string, error) {
	var where conditions
	if f.Running {
		where.add("t.state in ('given', 'acked')")
	}
	where.anyOf("t.unit", f.Units)
	if !f.Reach.All {
		reached(f.Reach, &where)
	}
	if err := readIncidentCursor(f.Cursor, &where, "t.given_at, t.id"); err != nil {
		return nil, "", err
	}
	limit := max(f.Limit, 1)
	const head = `select t.id::text, t.incident_id::text, t.n, t.version, t.state, t.text, t.unit, t.due, t.given_at, t.given_by, t.given_by_name, t.given_by_as,
		t.acked_at, t.acked_by, t.acked_by_name, t.acked_by_as, t.ended_at, t.ended_by, t.ended_by_name, t.ended_by_as, t.result,
		i.id::text, i.year, i.number, i.state, i.family, i.title, i.division, i.area, i.path, i.lat, i.lon, i.version, i.origin
		from incident_task t join incident i on i.id = t.incident_id`
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (GivenTask, error) {
		var g GivenTask
		i := &g.Of
		err := row.Scan(append(taskDest(&g.Task), &i.ID, &i.Year, &i.Number, (*string)(&i.State), (*string)(&i.Family), &i.Title, &i.Division, &i.Area, &i.Path,
			&i.Point.Lat, &i.Point.Lon, &i.Version, &i.Origin)...)
		g.GivenAt = g.GivenAt.UTC()
		toUTC(g.Due, g.AckedAt, g.EndedAt)
		return g, err
	}, fmt.Sprintf("%s where %s order by t.given_at desc, t.id desc limit %d", head, where.sql(), limit+1), where.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	list, next := pageEnd(list, limit, func(g GivenTask) incidentCursor { return incidentCursor{g.GivenAt, g.ID} })
	return list, next, nil
}

// IncidentOf is the live incident that holds a thing; not found when none does.
func (s *Store) IncidentOf(ctx context.Context, r incident.Ref) (incident.Incident, error) {
	list, err := collect(ctx, s, scanIncident, incidentSelect+"where i.id = (select incident_id from incident_thing where kind = $1 and thing = $2::uuid and held)", string(r.Kind), r.ID)
	if err != nil {
		return incident.Incident{}, fmt.Errorf("read incident of %s: %w", r.ID, err)
	}
	return firstOr(list, errNoIncident)
}

// incidentsOn reads what a topic draws of incidents: live ones, the newest first.
func incidentsOn(ctx context.Context, tx pgx.Tx, t schema.Topic) ([]json.RawMessage, error) {
	switch t.Audience {
	case schema.Ops, schema.Wall:
	case schema.Unit:
		return unitIncidents(ctx, tx, t.Area())
	case schema.Public, schema.Screen:
		return nil, nil
	}
	rows, err := tx.Query(ctx, incidentSelect+`where i.state in ('proposed', 'open') and i.division = $1 and $2 = any(i.path)
		order by i.proposed_at desc, i.id desc limit $3`, t.Division, t.Area(), snapshotIncidents)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanIncident)
	if err != nil {
		return nil, err
	}
	draw := view.OpsIncident
	if t.Audience == schema.Wall {
		draw = view.WallIncident
	}
	var shown []json.RawMessage
	for _, i := range list {
		raw, err := json.Marshal(draw(i))
		if err != nil {
			return nil, fmt.Errorf("encode incident %s: %w", i.ID, err)
		}
		shown = append(shown, raw)
	}
	return shown, nil
}

// snapshotIncidents bounds the incidents of a snapshot: no room answers more at once.
const snapshotIncidents = 100

// unitIncidents are the open incidents in which a unit has tasks.
func unitIncidents(ctx context.Context, tx pgx.Tx, unit string) ([]json.RawMessage, error) {
	rows, err := tx.Query(ctx, incidentSelect+`where i.state = 'open' and exists (select from incident_task t where t.incident_id = i.id and t.unit = $1)
		order by i.proposed_at desc, i.id desc limit $2`, unit, snapshotIncidents)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanIncident)
	if err != nil {
		return nil, err
	}
	var shown []json.RawMessage
	for _, i := range list {
		units, err := tasksByUnit(ctx, tx, i.ID)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			if u.Unit != unit {
				continue
			}
			raw, err := json.Marshal(view.ForUnit(i, u.TaskCounts))
			if err != nil {
				return nil, fmt.Errorf("encode incident %s: %w", i.ID, err)
			}
			shown = append(shown, raw)
		}
	}
	return shown, nil
}

// tasksByUnit counts the tasks of an incident by the units that have them.
func tasksByUnit(ctx context.Context, q querier, incidentID string) ([]view.UnitTasks, error) {
	rows, err := q.Query(ctx, `select unit, count(*) filter (where state in ('given', 'acked'))::int, count(*) filter (where state = 'done')::int
		from incident_task where incident_id = $1::uuid group by unit order by unit`, incidentID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (view.UnitTasks, error) {
		var u view.UnitTasks
		err := row.Scan(&u.Unit, &u.Open, &u.Done)
		return u, err
	})
}

// thingsOf are reports as the rule sees them.
func thingsOf(list []report.Report) []incident.Thing {
	things := make([]incident.Thing, len(list))
	for i, r := range list {
		things[i] = incident.OfReport(r)
	}
	return things
}
