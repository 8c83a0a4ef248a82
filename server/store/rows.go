package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/report"
)

// MostRows bounds a page of rows.
const MostRows = 1000

// rowSelect reads what a row of the queue is drawn from, and where it stands in each order.
const rowSelect = `select id::text, code, version, origin, category, area, status, priority, emergency, is_open, unit, received_at,
	changed_at, due_now, has_contact, withdrawn_at, description from report `

// Row is as much of a report as a row of the queue shows. Its withdrawal takes the words from it.
type Row struct {
	report.Report
	Open bool
	Due  *time.Time // the running deadline
}

func scanRow(row pgx.CollectableRow) (Row, error) {
	var r Row
	err := row.Scan(&r.ID, &r.Code, &r.Version, (*string)(&r.Origin), &r.Category, &r.Area, (*string)(&r.Status), (*string)(&r.Priority), &r.Emergency,
		&r.Open, &r.Unit, &r.ReceivedAt, &r.ChangedAt, &r.Due, &r.HasContact, &r.WithdrawnAt, &r.Description)
	if err != nil {
		return r, fmt.Errorf("read row of the queue: %w", err)
	}
	inUTC(&r.Report)
	if r.Due != nil {
		*r.Due = r.Due.UTC()
	}
	return r, nil
}

// Rows reads one page of the same list as List, with only what a row shows, and the cursor of the next.
func (s *Store) Rows(ctx context.Context, f Filter) ([]Row, string, error) {
	return listPage(ctx, s, f, listing[Row]{rowSelect, scanRow, func(r Row) place {
		return place{r.ID, r.ReceivedAt, r.ChangedAt, r.Due}
	}})
}
