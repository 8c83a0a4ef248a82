package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/fault"
	"toancanh/server/view"
)

// Alarm is an alarm with its type as it stood when the alarm was raised.
type Alarm struct {
	alarm.Alarm
	Of alarm.Type
}

//nolint:gochecknoglobals // an error value
var errNoAlarm = fault.NotFound("Không có cảnh báo này.")

const sqlAlarms = `
	select a.id::text, a.version, a.origin, a.type, a.source, a.target, a.name, a.kind, a.priority, a.state, a.aside, a.division,
		a.area, a.path, a.lat, a.lon, a.value, a.unit, a.limit_text, a.members, a.raised_at, a.known_at, a.again_at, a.acked_at,
		a.acked_by, a.acked_as, a.clear_at, a.closed_at, a.until_at, a.aside_reason, a.silenced_until, a.count, a.chattering,
		a.callout, a.incident, a.machine, ` + alarmTypeColumns + `
	from alarm a join alarm_type_version v on v.code = a.type and v.version = a.type_version `

func scanAlarm(row pgx.CollectableRow) (Alarm, error) {
	var a Alarm
	err := row.Scan(append([]any{
		&a.ID, &a.Version, &a.Origin, &a.Type, (*string)(&a.Source), &a.Target, &a.Name, &a.Kind, (*string)(&a.Priority),
		(*string)(&a.State), (*string)(&a.Aside), &a.Division, &a.Area, &a.Path, &a.Lat, &a.Lon, &a.Value, &a.Unit, &a.Limit,
		&a.Members, &a.RaisedAt, &a.KnownAt, &a.AgainAt, &a.AckedAt, &a.AckedBy, &a.AckedAs, &a.ClearAt, &a.ClosedAt, &a.Until,
		&a.AsideReason, &a.SilencedUntil, &a.Count, &a.Chattering, &a.Callout, &a.Incident, &a.Machine,
	}, alarmTypeDest(&a.Of)...)...)
	a.RaisedAt, a.KnownAt, a.Machine.CalledAt = a.RaisedAt.UTC(), a.KnownAt.UTC(), a.Machine.CalledAt.UTC()
	for _, t := range []*time.Time{a.AgainAt, a.AckedAt, a.ClearAt, a.ClosedAt, a.Until, a.SilencedUntil, a.Callout.At} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return a, err
}

// OpenAlarms reads every alarm that is not over, the oldest first.
func (s *Store) OpenAlarms(ctx context.Context) ([]Alarm, error) {
	list, err := collect(ctx, s, scanAlarm, sqlAlarms+"where a.state <> 'closed' order by a.known_at, a.id")
	if err != nil {
		return nil, fmt.Errorf("read open alarms: %w", err)
	}
	return list, nil
}

// AlarmsByID reads alarms by their UUIDs, as far as there are such.
func (s *Store) AlarmsByID(ctx context.Context, ids []string) ([]Alarm, error) {
	list, err := collect(ctx, s, scanAlarm, sqlAlarms+"where a.id = any($1::text[]::uuid[])", ids)
	if err != nil {
		return nil, fmt.Errorf("read changed alarms: %w", err)
	}
	return list, nil
}

// Alarm reads one by its UUID.
func (s *Store) Alarm(ctx context.Context, id string) (Alarm, error) {
	list, err := s.AlarmsByID(ctx, []string{id})
	if err != nil {
		return Alarm{}, err
	}
	return firstOr(list, errNoAlarm)
}

// AlarmFilter chooses alarms; the zero value of a field does not restrict.
type AlarmFilter struct {
	Reach      access.Reached
	State      AlarmsIn
	Priorities []string
	Division   string
	Area       string
	Type       string
	Target     string
	Query      string    // words of the target's name or of the type's label
	From, To   time.Time // of when it became known
	Limit      int
	Cursor     string
}

// AlarmsIn is which of all alarms are meant by their state.
type AlarmsIn string

// The choices.
const (
	AlarmsOpen    AlarmsIn = "open"
	AlarmsShelved AlarmsIn = "shelved"
	AlarmsClosed  AlarmsIn = "closed"
	AlarmsAll     AlarmsIn = "all"
)

// ListAlarms reads a page, the newest first.
func (s *Store) ListAlarms(ctx context.Context, f AlarmFilter) (list []Alarm, next string, err error) {
	var where conditions
	if !f.Reach.All {
		reached(access.Reached{Places: f.Reach.Places}, &where)
	}
	switch f.State {
	case AlarmsOpen:
		where.add("a.state <> 'closed'")
	case AlarmsShelved:
		where.add("a.state <> 'closed' and a.aside = 'shelved'")
	case AlarmsClosed:
		where.add("a.state = 'closed'")
	case AlarmsAll:
	}
	where.anyOf("a.priority", f.Priorities)
	if f.Area != "" {
		where.add("a.division = %s and %s = any(a.path)", f.Division, f.Area)
	}
	if f.Type != "" {
		where.add("a.type = %s", f.Type)
	}
	if f.Target != "" {
		where.add("a.target = %s", f.Target)
	}
	if f.Query != "" {
		where.add("strpos(lower(a.name || ' ' || v.label || ' ' || a.target), lower(%s)) > 0", f.Query)
	}
	if !f.From.IsZero() {
		where.add("a.known_at >= %s", f.From)
	}
	if !f.To.IsZero() {
		where.add("a.known_at < %s", f.To)
	}
	if f.Cursor != "" {
		at, id, err := readAlarmCursor(f.Cursor)
		if err != nil {
			return nil, "", err
		}
		where.add("(a.known_at, a.id) < (%s, %s::uuid)", at, id)
	}
	list, err = collect(ctx, s, scanAlarm, sqlAlarms+"where "+where.sql()+fmt.Sprintf(" order by a.known_at desc, a.id desc limit %d", f.Limit+1),
		where.args...)
	if err != nil {
		return nil, "", fmt.Errorf("list alarms: %w", err)
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		next = alarmCursor(list[f.Limit-1])
	}
	return list, next, nil
}

// alarmCursor stands behind an alarm in a list.
func alarmCursor(a Alarm) string {
	return base64.RawURLEncoding.EncodeToString([]byte(a.KnownAt.Format(time.RFC3339Nano) + " " + a.ID))
}

func readAlarmCursor(text string) (at time.Time, id string, err error) {
	raw, bad := base64.RawURLEncoding.DecodeString(text)
	when, id, ok := strings.Cut(string(raw), " ")
	at, badTime := time.Parse(time.RFC3339Nano, when)
	if bad != nil || !ok || badTime != nil || uuid.Validate(id) != nil {
		return at, id, fault.Invalid("cursor", "Dấu trang không đọc được; xin tải lại danh sách.").Because("format")
	}
	return at, id, nil
}

// Bounds of the alarms in a snapshot.
const (
	snapshotAlarms     = 1000
	snapshotAlarmBytes = 512 << 10
)

// alarmsOf reads the open alarms of a topic, high ones first, then the newest, and counts by priority those beyond the bound.
// Screens are not told of journal entries.
func alarmsOf(ctx context.Context, tx pgx.Tx, t schema.Topic) (list []Alarm, left map[string]int, err error) {
	const where = `where a.state <> 'closed' and a.division = $1 and $2 = any(a.path) and ($3 or a.priority <> 'journal')`
	ops := t.Audience == schema.Ops
	rows, err := tx.Query(ctx, sqlAlarms+where+fmt.Sprintf(`
		order by array_position(array['high', 'medium', 'low'], a.priority), a.known_at desc, a.id limit %d`, snapshotAlarms), t.Division, t.Area(), ops)
	if err != nil {
		return nil, nil, err
	}
	left = map[string]int{string(alarm.High): 0, string(alarm.Medium): 0, string(alarm.Low): 0}
	if list, err = pgx.CollectRows(rows, scanAlarm); err != nil || len(list) < snapshotAlarms {
		return list, left, err
	}
	rows, err = tx.Query(ctx, "select a.priority, count(*)::int from alarm a "+where+" group by 1", t.Division, t.Area(), ops)
	if err != nil {
		return nil, nil, err
	}
	var priority string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&priority, &n}, func() error { left[priority] = n; return nil })
	for _, a := range list {
		left[string(a.Priority)]--
	}
	return list, left, err
}

// addAlarms puts the alarms of a topic into its snapshot, as many as there is room for.
func addAlarms(ctx context.Context, tx pgx.Tx, snap *schema.Snapshot, t schema.Topic) error {
	var now time.Time
	if err := tx.QueryRow(ctx, "select now()").Scan(&now); err != nil {
		return err
	}
	list, left, err := alarmsOf(ctx, tx, t)
	if err != nil {
		return err
	}
	size := 0
	for i, one := range list {
		body, err := encodeAlarm(t.Audience, one, now)
		if err != nil {
			return err
		}
		if size += len(body) + 1; size > snapshotAlarmBytes {
			for _, rest := range list[i:] {
				left[string(rest.Priority)]++
			}
			break
		}
		snap.Alarms = append(snap.Alarms, body)
	}
	for _, n := range left {
		if n > 0 {
			snap.AlarmsTruncated = left
		}
	}
	return nil
}

func encodeAlarm(audience schema.Audience, a Alarm, now time.Time) (json.RawMessage, error) {
	var seen any = view.Alarm(a.Alarm, a.Of, now)
	if audience == schema.Wall {
		seen, _ = view.ScreenAlarm(a.Alarm, a.Of, now)
	}
	body, err := json.Marshal(seen)
	if err != nil {
		return nil, fmt.Errorf("encode alarm %s: %w", a.ID, err)
	}
	return body, nil
}
