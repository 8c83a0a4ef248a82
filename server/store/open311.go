package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/fault"
	"toancanh/server/report"
)

// PublicRecord is a report as the public projection holds it.
type PublicRecord struct {
	Code, Category, Division, Area string
	Status                         string
	Open                           bool
	ReceivedHour, ChangedAt        time.Time
	DueDate, ResolvedDate          *time.Time // days
	PublishedAt                    *time.Time
	Origin, Text                   string
	Photos                         []string // addresses in this house of what everybody may see
}

// PublicFilter says which records are read. Codes, when there are any, overrule everything else but Real.
type PublicFilter struct {
	Real  bool // real ones alone, or all others alone: the two are never mixed
	Codes []string

	Categories []string // nil: all
	Open       *bool    // nil: open and closed
	// From and To bound the hour of receipt, ChangedFrom and ChangedTo the last public change; both ends belong to it. A
	// zero one is no bound. With ChangedFrom the newest change comes first, else the newest receipt.
	From, To, ChangedFrom, ChangedTo time.Time
	Limit, Offset                    int
}

const sqlRecords = `
	select code, category, division, area, status, is_open, received_hour, changed_at, due_date, resolved_date, published_at, origin, text, photos
	from public_record where (origin = 'real') = @real `

const sqlRecordsWithin = `
	and received_hour between @from and @to and changed_at between @changed_from and @changed_to
	and (@categories::text[] is null or category = any(@categories)) and (@open::boolean is null or is_open = @open) `

// Records reads the public projection.
func (p *PublicStore) Records(ctx context.Context, f PublicFilter) ([]PublicRecord, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	query := sqlRecords
	switch {
	case len(f.Codes) > 0:
		query += "and code = any(@codes) order by received_hour desc, code"
	case f.ChangedFrom.IsZero():
		query += sqlRecordsWithin + "order by received_hour desc, code limit @limit offset @offset"
	default:
		query += sqlRecordsWithin + "order by changed_at desc, code limit @limit offset @offset"
	}
	rows, err := p.pool.Query(ctx, query, pgx.NamedArgs{
		"real": f.Real, "codes": f.Codes, "categories": f.Categories, "open": f.Open,
		"from": orEver(f.From, time.Unix(0, 0)), "to": orEver(f.To, endOfTime()),
		"changed_from": orEver(f.ChangedFrom, time.Unix(0, 0)), "changed_to": orEver(f.ChangedTo, endOfTime()),
		"limit": f.Limit, "offset": f.Offset,
	})
	if err != nil {
		return nil, fmt.Errorf("read public records: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PublicRecord])
	if err != nil {
		return nil, fmt.Errorf("read public records: %w", classify(err))
	}
	return list, nil
}

func orEver(at, ever time.Time) time.Time {
	if at.IsZero() {
		return ever
	}
	return at
}

// endOfTime is later than anything a report can say.
func endOfTime() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// CodeOf is the public code of the report with a UUID; not found when there is none or it was withdrawn.
func (s *Store) CodeOf(ctx context.Context, id string) (string, error) {
	codes, err := collect(ctx, s, pgx.RowTo[string], "select code from report where id = $1::uuid and withdrawn_at is null", id)
	if err != nil {
		return "", fmt.Errorf("read code of report %s: %w", id, err)
	}
	return firstOr(codes, error(fault.NotFound("Không có phản ánh này.")))
}

// insertAttributes keeps what the senders answered beside their descriptions.
func insertAttributes(ctx context.Context, tx pgx.Tx, fresh []Acceptance) error {
	var rows [][]any
	for i := range fresh {
		for n, a := range fresh[i].Attributes {
			rows = append(rows, []any{uuid.MustParse(fresh[i].Report.ID), n + 1, a.Code, a.Name, a.Values})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"report_attribute"}, []string{"report_id", "n", "code", "name", "value"}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("insert attributes of reports: %w", classify(err))
	}
	return nil
}

// Attributes reads what the sender of a report answered beside the description, in the order it was asked.
func (s *Store) Attributes(ctx context.Context, reportID string) ([]report.Attribute, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[report.Attribute],
		"select code, name, value from report_attribute where report_id = $1::uuid order by n", reportID)
	if err != nil {
		return nil, fmt.Errorf("read attributes of %s: %w", reportID, err)
	}
	return list, nil
}
