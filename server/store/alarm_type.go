package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/alarm"
	"toancanh/server/audit"
	"toancanh/server/fault"
)

// AlarmTypeChange is a version of a type of alarms with who made it, when and why.
type AlarmTypeChange struct {
	alarm.Type
	At   time.Time
	By   string // an opaque id
	Name string // as colleagues know them
	Why  string
}

//nolint:gochecknoglobals // an error value
var errNoAlarmType = fault.NotFound("Không có loại cảnh báo mang mã này.")

const alarmTypeColumns = `v.code, v.version, v.label, v.source, v.priority, v.condition, v.enabled, v.sample, v.cause, v.consequence,
	v.response, v.response_time, v.owner, v.call_list`

// alarmTypeDest are the targets of alarmTypeColumns.
func alarmTypeDest(t *alarm.Type) []any {
	return []any{
		&t.Code, &t.Version, &t.Label, (*string)(&t.Source), (*string)(&t.Priority), &t.Condition, &t.Enabled, &t.Sample, &t.Cause,
		&t.Consequence, &t.Response, &t.ResponseTime, &t.Owner, &t.CallList,
	}
}

func scanAlarmType(row pgx.CollectableRow) (AlarmTypeChange, error) {
	var c AlarmTypeChange
	err := row.Scan(append(alarmTypeDest(&c.Type), &c.At, &c.By, &c.Name, &c.Why)...)
	c.At = c.At.UTC()
	return c, err
}

const sqlAlarmTypes = "select " + alarmTypeColumns + `, v.at, v.by, v.name, v.why from alarm_type t
	join alarm_type_version v on v.code = t.code and v.version = t.version `

// AlarmTypes lists the types in force, by code.
func (s *Store) AlarmTypes(ctx context.Context) ([]AlarmTypeChange, error) {
	list, err := collect(ctx, s, scanAlarmType, sqlAlarmTypes+"order by t.code")
	if err != nil {
		return nil, fmt.Errorf("list types of alarms: %w", err)
	}
	return list, nil
}

// AlarmType reads one in force, by its code.
func (s *Store) AlarmType(ctx context.Context, code string) (AlarmTypeChange, error) {
	list, err := collect(ctx, s, scanAlarmType, sqlAlarmTypes+"where t.code = $1", code)
	if err != nil {
		return AlarmTypeChange{}, fmt.Errorf("read type of alarms %s: %w", code, err)
	}
	return firstOr(list, errNoAlarmType)
}

// AlarmTypeHistory lists the versions of a type, the newest first.
func (s *Store) AlarmTypeHistory(ctx context.Context, code string) ([]AlarmTypeChange, error) {
	list, err := collect(ctx, s, scanAlarmType, "select "+alarmTypeColumns+`, v.at, v.by, v.name, v.why
		from alarm_type_version v where v.code = $1 order by v.version desc limit 200`, code)
	if err != nil {
		return nil, fmt.Errorf("read versions of type %s: %w", code, err)
	}
	return list, nil
}

// SeedAlarmTypes keeps the types a province starts with, as far as there are none of their codes.
func (s *Store) SeedAlarmTypes(ctx context.Context, list []alarm.Type, at time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select code from alarm_type")
		if err != nil {
			return err
		}
		codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, c := range codes {
			known[c] = true
		}
		for _, t := range list {
			if known[t.Code] {
				continue
			}
			t.Version = 1
			if err := keepAlarmType(ctx, tx, AlarmTypeChange{Type: t, At: at, By: "system", Why: "Loại cảnh báo mẫu"}); err != nil {
				return err
			}
		}
		return nil
	})
	if fault.Is(err, fault.KindConflict) {
		return nil // another process was quicker
	}
	if err != nil {
		return fmt.Errorf("seed types of alarms: %w", classify(err))
	}
	return nil
}

// keepAlarmType keeps a version and puts it in force. Of two at once the second meets a conflict of keys.
func keepAlarmType(ctx context.Context, tx pgx.Tx, c AlarmTypeChange) error {
	condition, err := json.Marshal(c.Condition)
	if err != nil {
		return err
	}
	if c.CallList == nil {
		c.CallList = []string{}
	}
	_, err = tx.Exec(ctx, `insert into alarm_type_version (at, response_time, version, enabled, sample, code, label, source, priority,
			cause, consequence, response, owner, call_list, condition, by, name, why)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		c.At, c.ResponseTime, c.Version, c.Enabled, c.Sample, c.Code, c.Label, string(c.Source), string(c.Priority), c.Cause,
		c.Consequence, c.Response, c.Owner, c.CallList, condition, c.By, c.Name, c.Why)
	if err != nil {
		return classify(err)
	}
	_, err = tx.Exec(ctx, `insert into alarm_type (code, version) values ($1, $2)
		on conflict (code) do update set version = excluded.version`, c.Code, c.Version)
	return err
}

// ChangeAlarmType keeps a new version of a type over the one its author saw, 0 for a new type; conflict when that is not the
// one in force.
func (s *Store) ChangeAlarmType(ctx context.Context, c AlarmTypeChange) (AlarmTypeChange, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var inForce int64
		err := tx.QueryRow(ctx, "select coalesce((select version from alarm_type where code = $1 for update), 0)", c.Code).Scan(&inForce)
		if err != nil {
			return err
		}
		if inForce != c.Version {
			return fault.Conflict("Loại cảnh báo vừa được người khác sửa, hãy xem lại rồi sửa tiếp.").Because("version")
		}
		c.Version++
		if err := keepAlarmType(ctx, tx, c); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangeAlarmTypes), Object: "alarm_type:" + c.Code, Why: c.Why, Result: audit.Done,
			Detail: detail(map[string]any{"version": c.Version, "enabled": c.Enabled, "priority": c.Priority}),
		})
	})
	if err != nil {
		return c, fmt.Errorf("change type of alarms %s: %w", c.Code, classify(err))
	}
	return c, nil
}
