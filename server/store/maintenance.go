package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
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

const sqlMaintenance = `select id, coalesce(sensor_code, ''), coalesce(gateway_code, ''), from_at,
	least(until_at, ended_at), reason, by, created_at, ended_at, ended_by from maintenance `

// Maintenance reads the windows that are open at an instant, the oldest first.
func (s *Store) Maintenance(ctx context.Context, now time.Time) ([]MaintenanceWindow, error) {
	return s.windows(ctx, `where from_at <= $1 and least(until_at, ended_at) > $1 order by from_at, id`, now)
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
