package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/relay"
	"toancanh/server/view"
)

// AlarmKey is what only one open alarm may be of.
type AlarmKey struct{ Type, Target string }

// AlarmStep is what becomes of an alarm: a new one, or another version of one that was there.
type AlarmStep struct {
	After   Alarm
	Entries []alarm.Entry
	New     bool
}

// AlarmCheckpoint says up to which reading a sensor is judged. Version is of its newest value, as far as it was judged.
type AlarmCheckpoint struct {
	SensorID int32
	JudgedAt time.Time
	Version  int64
	State    []byte
}

// AlarmDeed is a step of judging: what the readings and the clock make of alarms, together with how far that came.
type AlarmDeed struct {
	Term        int64
	At          time.Time
	Keys        []AlarmKey // the open alarms of these
	IDs         []string   // and these
	Decide      func(found []Alarm) ([]AlarmStep, error)
	Checkpoints []AlarmCheckpoint
	Joints      []byte // nil: as they were
}

// JudgeAlarms keeps a step of judging in one transaction, or answers relay.ErrNotLeader when another process judges now:
// then nothing was kept. Alarms made up twice are refused by their key.
func (s *Store) JudgeAlarms(ctx context.Context, d AlarmDeed) ([]Alarm, error) {
	var after []Alarm
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := holdTerm(ctx, tx, d.Term); err != nil {
			return err
		}
		found, err := lockAlarms(ctx, tx, d.Keys, d.IDs)
		if err != nil {
			return err
		}
		steps, err := d.Decide(found)
		if err != nil {
			return err
		}
		if err := keepAlarms(ctx, tx, steps, alarmMoment{At: d.At}); err != nil {
			return err
		}
		if err := keepCheckpoints(ctx, tx, d.Checkpoints); err != nil {
			return err
		}
		if d.Joints != nil {
			if _, err := tx.Exec(ctx, "update alarm_watch set joints = $1", d.Joints); err != nil {
				return err
			}
		}
		after = make([]Alarm, len(steps))
		for i, step := range steps {
			after[i] = step.After
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("judge alarms: %w", classifyTerm(err))
	}
	return after, nil
}

// classifyTerm is classify, but for a lost term.
func classifyTerm(err error) error {
	if err == relay.ErrNotLeader { //nolint:errorlint // as it was made here
		return err
	}
	return classify(err)
}

// holdTerm makes sure that nobody else judges until the transaction ends.
func holdTerm(ctx context.Context, tx pgx.Tx, term int64) error {
	var inForce int64
	if err := tx.QueryRow(ctx, "select term from alarm_watch for update").Scan(&inForce); err != nil {
		return err
	}
	if inForce != term {
		return relay.ErrNotLeader
	}
	return nil
}

// lockAlarms reads and locks alarms in the order of their ids, so that two who want several never wait for each other.
func lockAlarms(ctx context.Context, tx pgx.Tx, keys []AlarmKey, ids []string) ([]Alarm, error) {
	if len(keys)+len(ids) == 0 {
		return nil, nil
	}
	types, targets := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		types[i], targets[i] = k.Type, k.Target
	}
	rows, err := tx.Query(ctx, sqlAlarms+`where a.id = any($3::text[]::uuid[]) or a.state <> 'closed' and a.id in (
			select o.id from unnest($1::text[], $2::text[]) as k(type, target)
			join alarm o on o.type = k.type and o.target = k.target and o.state <> 'closed')
		order by a.id for update of a`, types, targets, append([]string{}, ids...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAlarm)
}

// alarmMoment is when and by whom something is kept, and of which act on several alarms it is; empty: of none.
type alarmMoment struct {
	At    time.Time
	Actor string // an opaque id; empty: the house itself
	ActID string
}

// keepAlarms writes what became of locked alarms with their timelines and their events.
func keepAlarms(ctx context.Context, tx pgx.Tx, steps []AlarmStep, m alarmMoment) error {
	if len(steps) == 0 {
		return nil
	}
	var fresh, changed []alarmRow
	var entries []alarmEntryRow
	var drafts []view.Draft
	for _, step := range steps {
		row := rowOfAlarm(step.After, m.At)
		if step.New {
			fresh = append(fresh, row)
		} else {
			changed = append(changed, row)
		}
		for i, e := range step.Entries {
			entries = append(entries, rowOfEntry(step.After.ID, i+1, e, m))
		}
		drafts = append(drafts, view.AlarmEvents(step.After.Alarm, step.After.Of, m.At)...)
	}
	for _, w := range []struct {
		sql  string
		rows any
		n    int
	}{{sqlInsertAlarms, fresh, len(fresh)}, {sqlUpdateAlarms, changed, len(changed)}, {sqlInsertAlarmEntries, entries, len(entries)}} {
		if w.n == 0 {
			continue
		}
		raw, err := json.Marshal(w.rows)
		if err != nil {
			return fmt.Errorf("encode alarms: %w", err)
		}
		tag, err := tx.Exec(ctx, w.sql, string(raw))
		if err != nil {
			return err
		}
		if int(tag.RowsAffected()) != w.n {
			return fault.Conflict("Cảnh báo vừa được người khác cập nhật, hãy xem lại rồi thao tác.").Because("version")
		}
	}
	return insertEvents(ctx, tx, drafts, m.At)
}

// alarmRow is a row of the table as JSON that jsonb_populate_recordset reads.
type alarmRow struct {
	ID            string         `json:"id"`
	RaisedAt      time.Time      `json:"raised_at"`
	KnownAt       time.Time      `json:"known_at"`
	ChangedAt     time.Time      `json:"changed_at"`
	AgainAt       *time.Time     `json:"again_at"`
	AckedAt       *time.Time     `json:"acked_at"`
	ClearAt       *time.Time     `json:"clear_at"`
	ClosedAt      *time.Time     `json:"closed_at"`
	UntilAt       *time.Time     `json:"until_at"`
	SilencedUntil *time.Time     `json:"silenced_until"`
	Lat           float64        `json:"lat"`
	Lon           float64        `json:"lon"`
	Value         *float64       `json:"value"`
	Version       int64          `json:"version"`
	TypeVersion   int64          `json:"type_version"`
	Count         int            `json:"count"`
	Chattering    bool           `json:"chattering"`
	Type          string         `json:"type"`
	Origin        string         `json:"origin"`
	Source        alarm.Source   `json:"source"`
	Target        string         `json:"target"`
	Name          string         `json:"name"`
	Kind          string         `json:"kind"`
	Priority      alarm.Priority `json:"priority"`
	State         alarm.State    `json:"state"`
	Aside         alarm.Aside    `json:"aside"`
	AsideReason   string         `json:"aside_reason"`
	Division      string         `json:"division"`
	Area          string         `json:"area"`
	Path          []string       `json:"path"`
	Unit          string         `json:"unit"`
	Limit         string         `json:"limit_text"`
	Members       []string       `json:"members"`
	AckedBy       string         `json:"acked_by"`
	AckedAs       string         `json:"acked_as"`
	Incident      string         `json:"incident"`
	Callout       alarm.Callout  `json:"callout"`
	Machine       alarm.Machine  `json:"machine"`
}

func rowOfAlarm(a Alarm, at time.Time) alarmRow {
	return alarmRow{
		a.ID, a.RaisedAt, a.KnownAt, at, a.AgainAt, a.AckedAt, a.ClearAt, a.ClosedAt, a.Until, a.SilencedUntil, a.Lat, a.Lon, a.Value,
		a.Version, a.Of.Version, a.Count, a.Chattering, a.Type, a.Origin, a.Source, a.Target, a.Name, a.Kind, a.Priority, a.State,
		a.Aside, a.AsideReason, a.Division, a.Area, a.Path, a.Unit, a.Limit, append([]string{}, a.Members...), a.AckedBy, a.AckedAs,
		a.Incident, a.Callout, a.Machine,
	}
}

const (
	alarmFields = `id, raised_at, known_at, changed_at, again_at, acked_at, clear_at, closed_at, until_at, silenced_until, lat, lon, value,
		version, type_version, count, chattering, type, origin, source, target, name, kind, priority, state, aside, aside_reason,
		division, area, path, unit, limit_text, members, acked_by, acked_as, incident, callout, machine`
	sqlInsertAlarms = "insert into alarm (" + alarmFields + ") select " + alarmFields + " from jsonb_populate_recordset(null::alarm, $1::jsonb)"

	// sqlUpdateAlarms leaves what an alarm is about as it was.
	sqlUpdateAlarms = `update alarm a set changed_at = x.changed_at, again_at = x.again_at, acked_at = x.acked_at, clear_at = x.clear_at,
			closed_at = x.closed_at, until_at = x.until_at, silenced_until = x.silenced_until, value = x.value, version = x.version,
			count = x.count, chattering = x.chattering, state = x.state, aside = x.aside, aside_reason = x.aside_reason,
			limit_text = x.limit_text, members = x.members, acked_by = x.acked_by, acked_as = x.acked_as, incident = x.incident,
			callout = x.callout, machine = x.machine
		from jsonb_populate_recordset(null::alarm, $1::jsonb) x where a.id = x.id and x.version > a.version`

	sqlInsertAlarmEntries = `insert into alarm_entry (at, until_at, value, n, alarm_id, act_id, act, from_state, to_state, aside, actor, name, role, reason, text)
		select x.at, x.until_at, x.value, x.n + coalesce((select max(e.n) from alarm_entry e where e.alarm_id = x.alarm_id), 0), x.alarm_id,
			x.act_id, x.act, x.from_state, x.to_state, x.aside, x.actor, x.name, x.role, x.reason, x.text
		from jsonb_populate_recordset(null::alarm_entry, $1::jsonb) x`
)

// alarmEntryRow is a row of the timeline; N counts within what is kept now.
type alarmEntryRow struct {
	At      time.Time     `json:"at"`
	UntilAt *time.Time    `json:"until_at"`
	Value   *float64      `json:"value"`
	N       int           `json:"n"`
	AlarmID string        `json:"alarm_id"`
	ActID   *string       `json:"act_id"`
	Act     alarm.ActName `json:"act"`
	From    alarm.State   `json:"from_state"`
	To      alarm.State   `json:"to_state"`
	Aside   alarm.Aside   `json:"aside"`
	Actor   string        `json:"actor"`
	Name    string        `json:"name"`
	Role    string        `json:"role"`
	Reason  string        `json:"reason"`
	Text    string        `json:"text"`
}

func rowOfEntry(id string, n int, e alarm.Entry, m alarmMoment) alarmEntryRow {
	row := alarmEntryRow{
		At: e.At, UntilAt: e.Until, Value: e.Value, N: n, AlarmID: id, Act: e.Act, From: e.From, To: e.To, Aside: e.Aside,
		Actor: m.Actor, Name: e.By, Role: e.As, Reason: e.Reason, Text: e.Text,
	}
	if m.ActID != "" {
		row.ActID = &m.ActID
	}
	return row
}

// AlarmEntry is a line of an alarm's timeline.
type AlarmEntry struct {
	N     int64
	ActID string // shared by the alarms of one act; empty: of none
	alarm.Entry
}

// AlarmEntries reads the timeline of an alarm in order.
func (s *Store) AlarmEntries(ctx context.Context, id string) ([]AlarmEntry, error) {
	list, err := collect(ctx, s, func(row pgx.CollectableRow) (AlarmEntry, error) {
		var e AlarmEntry
		err := row.Scan(&e.N, &e.At, &e.Until, &e.Value, &e.ActID, (*string)(&e.Act), (*string)(&e.From), (*string)(&e.To),
			(*string)(&e.Aside), &e.By, &e.As, &e.Reason, &e.Text)
		e.At = e.At.UTC()
		if e.Until != nil {
			*e.Until = e.Until.UTC()
		}
		return e, err
	}, `select n, at, until_at, value, coalesce(act_id::text, ''), act, from_state, to_state, aside, name, role, reason, text
		from alarm_entry where alarm_id = $1::uuid order by n`, id)
	if err != nil {
		return nil, fmt.Errorf("read timeline of alarm %s: %w", id, err)
	}
	return list, nil
}

// sqlKeepCheckpoints leaves alone those that came further, as those of a later term may.
const sqlKeepCheckpoints = `
	insert into alarm_checkpoint as c (sensor_id, judged_at, version, state)
	select * from unnest($1::int4[], $2::timestamptz[], $3::bigint[], $4::bytea[]) as x(s, t, v, b) order by s
	on conflict (sensor_id) do update set judged_at = excluded.judged_at, version = excluded.version, state = excluded.state`

func keepCheckpoints(ctx context.Context, tx pgx.Tx, list []AlarmCheckpoint) error {
	if len(list) == 0 {
		return nil
	}
	ids, at := make([]int32, len(list)), make([]time.Time, len(list))
	versions, states := make([]int64, len(list)), make([][]byte, len(list))
	for i, c := range list {
		ids[i], at[i], versions[i], states[i] = c.SensorID, c.JudgedAt, c.Version, append([]byte{}, c.State...)
	}
	_, err := tx.Exec(ctx, sqlKeepCheckpoints, ids, at, versions, states)
	return err
}

// AlarmAct is what somebody does to alarms. What they may not or cannot do to one does not keep them from the others.
type AlarmAct struct {
	IDs    []string
	At     time.Time
	Actor  string // an opaque id
	Action access.Action
	Name   alarm.ActName
	Why    string
	Group  string // what the alarms of an act on several are called; empty: it is one alarm
	Decide func(Alarm) (alarm.Alarm, []alarm.Entry, error)
}

// AlarmsDone is what became of the alarms of an act, in the order asked.
type AlarmsDone struct {
	ActID    string // in the timeline of each; empty where it was one alarm
	Outcomes []AlarmOutcome
}

// AlarmOutcome is what became of one alarm of an act.
type AlarmOutcome struct {
	ID    string
	After Alarm
	Err   error
}

// ActOnAlarms does an act in one transaction. That an alarm is not there is an outcome, too.
func (s *Store) ActOnAlarms(ctx context.Context, act AlarmAct) (AlarmsDone, error) {
	var done AlarmsDone
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done = AlarmsDone{Outcomes: make([]AlarmOutcome, len(act.IDs))}
		if act.Group != "" {
			done.ActID = uuid.NewString()
		}
		found, err := lockAlarms(ctx, tx, nil, act.IDs)
		if err != nil {
			return err
		}
		var steps []AlarmStep
		for i, id := range act.IDs {
			out := AlarmOutcome{ID: id, Err: errNoAlarm}
			if at := slices.IndexFunc(found, func(a Alarm) bool { return a.ID == id }); at >= 0 {
				var entries []alarm.Entry
				out.After.Of = found[at].Of
				out.After.Alarm, entries, out.Err = act.Decide(found[at])
				if out.Err == nil && len(entries) > 0 {
					steps = append(steps, AlarmStep{After: out.After, Entries: entries})
				}
			}
			done.Outcomes[i] = out
		}
		if len(steps) == 0 {
			return nil
		}
		if err := keepAlarms(ctx, tx, steps, alarmMoment{act.At, act.Actor, done.ActID}); err != nil {
			return err
		}
		return insertAudit(ctx, tx, act.row(done, steps))
	})
	if err != nil {
		return done, fmt.Errorf("act on alarms: %w", classify(err))
	}
	return done, nil
}

// row is the act as the audit keeps it.
func (act AlarmAct) row(done AlarmsDone, steps []AlarmStep) audit.Row {
	row := audit.Row{What: string(act.Action), Object: "alarm:" + act.IDs[0], Why: act.Why, Result: audit.Done}
	changed := map[string]any{"act": act.Name}
	if done.ActID != "" {
		ids := make([]string, len(steps))
		for i, step := range steps {
			ids[i] = step.After.ID
		}
		row.Object = "alarm_group:" + done.ActID
		changed["group"], changed["alarms"] = act.Group, ids
	}
	row.Detail = detail(changed)
	return row
}

// changeAlarms makes new versions of alarms, open or closed, for what is told of them beside their own course.
func changeAlarms(ctx context.Context, tx pgx.Tx, ids []string, change func(*alarm.Alarm)) error {
	var at time.Time
	if err := tx.QueryRow(ctx, "select now()").Scan(&at); err != nil {
		return err
	}
	found, err := lockAlarms(ctx, tx, nil, ids)
	if err != nil {
		return err
	}
	steps := make([]AlarmStep, len(found))
	for i, a := range found {
		change(&a.Alarm)
		a.Version++
		steps[i].After = a
	}
	return keepAlarms(ctx, tx, steps, alarmMoment{At: at.UTC()})
}

// NoteCallout writes beside an alarm how far calling people out has come, and announces it.
func (s *Store) NoteCallout(ctx context.Context, alarmID string, c alarm.Callout) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return changeAlarms(ctx, tx, []string{alarmID}, func(a *alarm.Alarm) { a.Callout = c })
	})
	if err != nil {
		return fmt.Errorf("note callout of alarm %s: %w", alarmID, classify(err))
	}
	return nil
}

// goneAfter is how long an alarm that is over stays on screens; goneTogether bounds how many leave at once.
const (
	goneAfter    = 10 * time.Minute
	goneTogether = 500
)

// LeaveAlarms takes alarms that are long over from the topics they were on, some at a time, and says how many.
func (s *Store) LeaveAlarms(ctx context.Context, term int64, now time.Time) (int, error) {
	var n int
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := holdTerm(ctx, tx, term); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sqlAlarms+`where a.state = 'closed' and a.gone_at is null and a.closed_at < $1
			order by a.closed_at limit $2 for update of a`, now.Add(-goneAfter), goneTogether)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanAlarm)
		if err != nil || len(list) == 0 {
			return err
		}
		n = len(list)
		ids, drafts := make([]string, n), []view.Draft{}
		for i, a := range list {
			ids[i] = a.ID
			a.Version++
			drafts = append(drafts, view.AlarmGone(a.Alarm)...)
		}
		if _, err := tx.Exec(ctx, "update alarm set gone_at = $2, version = version + 1 where id = any($1::text[]::uuid[])", ids, now); err != nil {
			return err
		}
		return insertEvents(ctx, tx, drafts, now)
	})
	if err != nil {
		return 0, fmt.Errorf("take alarms from screens: %w", classifyTerm(err))
	}
	return n, nil
}
