package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

// MaintenanceWindow is a time in which the silence and the alarms of a sensor, or of a gateway and all that speaks through it, are
// suppressed by design. Exactly one of Sensor and Gateway is set.
type MaintenanceWindow struct {
	ID        int64
	Sensor    string // code
	Gateway   string // code
	From      time.Time
	Until     time.Time // when it ended, where it was ended before its time
	Reason    string
	By        string // id of the person
	CreatedAt time.Time
	EndedAt   *time.Time
	EndedBy   string
}

// Holds reports whether the window is open at an instant.
func (w MaintenanceWindow) Holds(now time.Time) bool {
	return !now.Before(w.From) && now.Before(w.Until)
}

// Upkeep are windows by what they are of.
type Upkeep struct {
	ofSensor, ofGateway map[string][]MaintenanceWindow
}

// NewUpkeep arranges windows.
func NewUpkeep(list []MaintenanceWindow) Upkeep {
	u := Upkeep{map[string][]MaintenanceWindow{}, map[string][]MaintenanceWindow{}}
	for _, w := range list {
		if w.Sensor != "" {
			u.ofSensor[w.Sensor] = append(u.ofSensor[w.Sensor], w)
		} else {
			u.ofGateway[w.Gateway] = append(u.ofGateway[w.Gateway], w)
		}
	}
	return u
}

// Holds reports whether a sensor, or the gateway it speaks through, is in maintenance at an instant.
func (u Upkeep) Holds(x *sensor.Sensor, now time.Time) bool {
	open := func(w MaintenanceWindow) bool { return w.Holds(now) }
	return slices.ContainsFunc(u.ofSensor[x.Code], open) || x.Gateway != "" && slices.ContainsFunc(u.ofGateway[x.Gateway], open)
}

const sqlMaintenance = `select id, coalesce(sensor_code, ''), coalesce(gateway_code, ''), from_at,
	least(until_at, ended_at), reason, by, created_at, ended_at, ended_by from maintenance `

// Maintenance reads the windows that are open at an instant, the oldest first.
func (s *Store) Maintenance(ctx context.Context, now time.Time) ([]MaintenanceWindow, error) {
	return s.windows(ctx, `where from_at <= $1 and least(until_at, ended_at) > $1 order by from_at, id`, now)
}

// MaintenanceBetween reads the windows that are open at any time of a span.
func (s *Store) MaintenanceBetween(ctx context.Context, from, to time.Time) ([]MaintenanceWindow, error) {
	return s.windows(ctx, `where from_at <= $2 and least(until_at, ended_at) > $1 order by from_at, id`, from, to)
}

// MaintenanceOf reads the newest windows of a sensor and of its gateway, past and to come, the latest first.
func (s *Store) MaintenanceOf(ctx context.Context, sensorCode, gatewayCode string) ([]MaintenanceWindow, error) {
	return s.windows(ctx, `where sensor_code = $1 or gateway_code = nullif($2, '') order by from_at desc, id desc limit 50`,
		sensorCode, gatewayCode)
}

func (s *Store) windows(ctx context.Context, where string, args ...any) ([]MaintenanceWindow, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, sqlMaintenance+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read maintenance: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[MaintenanceWindow])
	if err != nil {
		return nil, fmt.Errorf("read maintenance: %w", classify(err))
	}
	return list, nil
}

//nolint:gochecknoglobals // an error value
var errNoWindow = fault.NotFound("Không có đợt bảo trì này.")

// Window reads one by its number.
func (s *Store) Window(ctx context.Context, id int64) (MaintenanceWindow, error) {
	list, err := s.windows(ctx, "where id = $1", id)
	if err != nil {
		return MaintenanceWindow{}, err
	}
	return firstOr(list, errNoWindow)
}

// AddMaintenance keeps a window and the audit's row about it, and answers its number.
func (s *Store) AddMaintenance(ctx context.Context, w MaintenanceWindow) (int64, error) {
	var id int64
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into maintenance (sensor_code, gateway_code, from_at, until_at, reason, by)
			values (nullif($1, ''), nullif($2, ''), $3, $4, $5, $6) returning id`, w.Sensor, w.Gateway, w.From, w.Until, w.Reason, w.By).Scan(&id)
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.MaintainSensors), Object: w.object(), Result: audit.Done, Why: w.Reason,
			Detail: detail(map[string]any{"id": id, "from": w.From, "until": w.Until}),
		})
	})
	if err != nil {
		return 0, fmt.Errorf("add maintenance: %w", classify(err))
	}
	return id, nil
}

func (w MaintenanceWindow) object() string {
	if w.Sensor != "" {
		return "sensor:" + w.Sensor
	}
	return "gateway:" + w.Gateway
}

// EndMaintenance ends a window before its time; conflict when it is over.
func (s *Store) EndMaintenance(ctx context.Context, w MaintenanceWindow, by string, now time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update maintenance set ended_at = $2, ended_by = $3
			where id = $1 and ended_at is null and until_at > $2`, w.ID, now, by)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Đợt bảo trì này đã kết thúc.").Because("over")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.MaintainSensors), Object: w.object(), Result: audit.Done,
			Detail: detail(map[string]any{"id": w.ID, "ended": now}),
		})
	})
	if err != nil {
		return fmt.Errorf("end maintenance: %w", classify(err))
	}
	return nil
}
