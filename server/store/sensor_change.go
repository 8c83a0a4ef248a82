package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// mostProposed bounds the sensors that wait for approval.
const mostProposed = 5000

// ChangeSensor writes a sensor over the version its author saw; conflict when that is not the present one. What changed
// is named in the audit.
func (s *Store) ChangeSensor(ctx context.Context, x sensor.Sensor, version int64, changed []string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		values, err := sensorValues(x)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			update sensor set name = $2, kind = $3, unit = $4, lat = $5, lon = $6, min = $7, max = $8, stale_after = $9,
				division = $10, area = $11, path = $12, levels = $14, thing = $15, field = $16, gateway = $17, owner = $18,
				standing = $19, sample = $20, max_rate = $21, stuck_after = $22, stale_auto = $23, unconfirmed = $24, note = $25,
				version = version + 1, updated_at = now()
			where code = $1 and version = $26 and origin = $13 -- which never changes`, append(values, version)...)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Cảm biến vừa được sửa ở nơi khác, hãy xem lại rồi sửa tiếp.").Because("version")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ManageSensors), Object: "sensor:" + x.Code, Result: audit.Done, Detail: detail(map[string]any{"fields": changed}),
		})
	})
	if err != nil {
		return fmt.Errorf("change sensor %s: %w", x.Code, classify(err))
	}
	return nil
}

// ImportSensors is RegisterSensors by people, with one row in the audit.
func (s *Store) ImportSensors(ctx context.Context, list []sensor.Sensor) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := queueSensors(ctx, tx, sqlRegister, list); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ManageSensors), Object: "sensors", Result: audit.Done, Detail: detail(map[string]any{"imported": len(list)}),
		})
	})
	if err != nil {
		return fmt.Errorf("import sensors: %w", classify(err))
	}
	return nil
}

// sqlPropose keeps a proposal, or what a key changed in one that still waits. A sensor that was decided about stays.
const sqlPropose = `
	insert into sensor as s (code, name, kind, unit, lat, lon, min, max, stale_after, division, area, path, origin, levels,
		thing, field, gateway, owner, standing, sample, max_rate, stuck_after, stale_auto, unconfirmed, note, proposed_by, proposed_at)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
	on conflict (code) do update set name = excluded.name, kind = excluded.kind, unit = excluded.unit,
		lat = excluded.lat, lon = excluded.lon, min = excluded.min, max = excluded.max, stale_after = excluded.stale_after,
		division = excluded.division, area = excluded.area, path = excluded.path, levels = excluded.levels,
		thing = excluded.thing, field = excluded.field, gateway = excluded.gateway, owner = excluded.owner,
		sample = excluded.sample, max_rate = excluded.max_rate, stuck_after = excluded.stuck_after,
		stale_auto = excluded.stale_auto, unconfirmed = excluded.unconfirmed, note = excluded.note,
		version = s.version + 1, updated_at = now()
	where s.standing = 'proposed' and s.proposed_by = excluded.proposed_by`

// ProposeSensors keeps sensors that a key would like to be let in, and answers how each of them stands now.
func (s *Store) ProposeSensors(ctx context.Context, list []sensor.Sensor, by string, now time.Time) (map[string]sensor.Standing, error) {
	standing := map[string]sensor.Standing{}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		codes := make([]string, len(list))
		for i := range list {
			list[i].Standing, codes[i] = sensor.Proposed, list[i].Code
		}
		if err := queueSensors(ctx, tx, sqlPropose, list, by, now); err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRow(ctx, "select count(*) from sensor where standing = 'proposed'").Scan(&waiting); err != nil {
			return err
		}
		if waiting > mostProposed {
			return fault.TooMany("Đang có quá nhiều cảm biến chờ duyệt (%d); hãy chờ người có quyền duyệt bớt.", mostProposed).Because("too_many_proposed")
		}
		rows, err := tx.Query(ctx, "select code, standing from sensor where code = any($1)", codes)
		if err != nil {
			return err
		}
		var code string
		var state sensor.Standing
		_, err = pgx.ForEachRow(rows, []any{&code, &state}, func() error { standing[code] = state; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("propose sensors: %w", classify(err))
	}
	return standing, nil
}

// queueSensors sends one statement for each sensor; more are its parameters behind those of the sensor.
func queueSensors(ctx context.Context, tx pgx.Tx, statement string, list []sensor.Sensor, more ...any) error {
	batch := &pgx.Batch{}
	for _, x := range list {
		values, err := sensorValues(x)
		if err != nil {
			return err
		}
		batch.Queue(statement, append(values, more...)...)
	}
	return sendBatch(ctx, tx, batch)
}

// SensorDecision is what people say of proposed sensors.
type SensorDecision struct {
	Codes   []string
	Approve bool
	Why     string // needed to refuse
	By      string // id of the person
	At      time.Time
}

// DecideSensors approves or refuses proposed sensors together, and answers the codes that were still waiting.
func (s *Store) DecideSensors(ctx context.Context, d SensorDecision) ([]string, error) {
	standing, word := sensor.Retired, "refuse"
	if d.Approve {
		standing, word = sensor.Active, "approve"
	}
	var decided []string
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			update sensor set standing = $2, decided_by = $3, decided_at = $4, decided_why = $5, version = version + 1, updated_at = now()
			from (select id from sensor where code = any($1) and standing = 'proposed' order by id for update) waiting
			where sensor.id = waiting.id returning code`, d.Codes, standing, d.By, d.At, d.Why)
		if err != nil {
			return err
		}
		if decided, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		for _, code := range decided {
			err := insertAudit(ctx, tx, audit.Row{
				What: string(access.ManageSensors), Object: "sensor:" + code, Result: audit.Done, Why: d.Why, Detail: detail(map[string]any{"decision": word}),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("decide about sensors: %w", classify(err))
	}
	return decided, nil
}
