package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/disclosure"
	"toancanh/server/view"
)

// Nearby says which open reports to look for.
type Nearby struct {
	Division, Category string
	// Area is the innermost one around the place: whatever is told of it, with no square, counts as near.
	Area    string
	Squares []disclosure.Middle // of the squares around the place
	Real    bool                // real ones; else those of every other origin
	Most    int
}

// NearbyReports reads the newest open reports that are told to lie where n says. It asks what has left and nothing else, so
// that asking from many places finds out no more than reading it all.
func (s *Store) NearbyReports(ctx context.Context, n Nearby) ([]view.NearbyReport, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	lats, lons := make([]float64, len(n.Squares)), make([]float64, len(n.Squares))
	for i, q := range n.Squares {
		lats[i], lons[i] = q.Lat, q.Lon
	}
	rows, err := s.read.Query(ctx, `
		select code, category, area, status, received_hour, to_char(due_date, 'YYYY-MM-DD')
		from public_record
		where division = $1 and category = $2 and is_open and (origin = 'real') = $3
			and (lat is null and area = $4 or (lat, lon) in (select * from unnest($5::float8[], $6::float8[])))
		order by received_hour desc, code limit $7`,
		n.Division, n.Category, n.Real, n.Area, lats, lons, n.Most)
	if err != nil {
		return nil, fmt.Errorf("read reports nearby: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[view.NearbyReport])
	if err != nil {
		return nil, fmt.Errorf("read reports nearby: %w", classify(err))
	}
	for i := range list {
		list[i].ReceivedHour = list[i].ReceivedHour.UTC()
	}
	return list, nil
}
