package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/view"
)

// Nearby says which open reports of the public projection to look for.
type Nearby struct {
	Division, Category string
	Areas              []string // the innermost codes they may lie in
	// Tiles of view.NearbyZoom they may lie in; nil: anywhere in the areas.
	Tiles []int64
	Real  bool // real ones; else those of every other origin
	Most  int
}

// NearbyReports reads the newest open reports that have left for everybody and that lie where n says. What is told of each is
// what has left: its area may be a wider one.
func (s *Store) NearbyReports(ctx context.Context, n Nearby) ([]view.NearbyReport, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	const finest = 20 // zoom of report.cell
	rows, err := s.read.Query(ctx, `
		select p.code, p.category, p.area, p.status, p.received_hour, to_char(p.due_date, 'YYYY-MM-DD')
		from public_record p join public_report d using (code)
		where d.division = $1 and d.area = any($2) and p.category = $3 and p.is_open and (p.origin = 'real') = $4
			and ($5::bigint[] is null or exists (select from report r where r.code = p.code and (r.cell >> $6) = any($5)))
		order by p.received_hour desc, p.code limit $7`,
		n.Division, n.Areas, n.Category, n.Real, n.Tiles, 2*(finest-view.NearbyZoom), n.Most)
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
