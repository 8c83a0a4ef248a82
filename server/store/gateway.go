package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/gateway"
)

const gatewayColumns = `code, name, kind, lat, lon, division, area, path, owner, key_id, parent, stale_after, per_minute, standing,
	sample, origin, seen_at, state, state_since, complaint, complaint_at, created_at, updated_at`

func scanGateway(row pgx.CollectableRow) (gateway.Gateway, error) {
	var g gateway.Gateway
	var seen, since, complained *time.Time
	err := row.Scan(&g.Code, &g.Name, &g.Kind, &g.Lat, &g.Lon, &g.Division, &g.Area, &g.Path, &g.Owner, &g.Key, &g.Parent,
		&g.StaleAfter, &g.PerMinute, &g.Standing, &g.Sample, &g.Origin, &seen, &g.State, &since, &g.Complaint, &complained,
		&g.CreatedAt, &g.UpdatedAt)
	for _, t := range []struct {
		from *time.Time
		to   *time.Time
	}{{seen, &g.SeenAt}, {since, &g.StateSince}, {complained, &g.ComplaintAt}} {
		if t.from != nil {
			*t.to = t.from.UTC()
		}
	}
	g.CreatedAt, g.UpdatedAt = g.CreatedAt.UTC(), g.UpdatedAt.UTC()
	return g, err
}

// Gateways reads every registered gateway, retired ones too, by code.
func (s *Store) Gateways(ctx context.Context) (map[string]gateway.Gateway, error) {
	list, err := collect(ctx, s, scanGateway, "select "+gatewayColumns+" from gateway")
	if err != nil {
		return nil, fmt.Errorf("read gateways: %w", err)
	}
	gateways := make(map[string]gateway.Gateway, len(list))
	for _, g := range list {
		gateways[g.Code] = g
	}
	return gateways, nil
}
