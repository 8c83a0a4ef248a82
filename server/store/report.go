package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/area"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// column ties a column of the table report to the field it holds.
type column struct {
	name  string
	value func(r *report.Report) any // what is written
	dest  func(r *report.Report) any // where it is read to; nil for a column that is only written
}

// reportColumns is the one list that inserts, updates and reads go by.
func reportColumns() []column {
	c := func(name string, field func(r *report.Report) any) column { return column{name, field, field} }
	return []column{
		c("received_at", func(r *report.Report) any { return &r.ReceivedAt }),
		c("occurred_at", func(r *report.Report) any { return &r.OccurredAt }),
		c("changed_at", func(r *report.Report) any { return &r.ChangedAt }),
		c("accepted_at", func(r *report.Report) any { return &r.AcceptedAt }),
		c("assigned_at", func(r *report.Report) any { return &r.AssignedAt }),
		c("resolved_at", func(r *report.Report) any { return &r.ResolvedAt }),
		c("published_at", func(r *report.Report) any { return &r.PublishedAt }),
		c("closed_at", func(r *report.Report) any { return &r.ClosedAt }),
		c("withdrawn_at", func(r *report.Report) any { return &r.WithdrawnAt }),
		c("paused_at", func(r *report.Report) any { return &r.PausedAt }),
		c("extension_until", func(r *report.Report) any { return &r.ExtensionUntil }),
		c("due_accept", func(r *report.Report) any { return &r.Due.Accept }),
		c("due_assign", func(r *report.Report) any { return &r.Due.Assign }),
		c("due_resolve", func(r *report.Report) any { return &r.Due.Resolve }),
		c("due_original", func(r *report.Report) any { return &r.Due.Original }),
		c("due_publish", func(r *report.Report) any { return &r.Due.Publish }),
		c("lat", func(r *report.Report) any { return &r.Location.Lat }),
		c("lon", func(r *report.Report) any { return &r.Location.Lon }),
		c("version", func(r *report.Report) any { return &r.Version }),
		c("bounces", func(r *report.Report) any { return &r.Bounces }),
		c("reopens", func(r *report.Report) any { return &r.Reopens }),
		c("photos", func(r *report.Report) any { return &r.Photos }),
		c("public_photos", func(r *report.Report) any { return &r.PublicPhotos }),
		c("rules", func(r *report.Report) any { return &r.Rules }),
		c("emergency", func(r *report.Report) any { return &r.Emergency }),
		c("place_confirmed", func(r *report.Report) any { return &r.PlaceConfirmed }),
		c("has_contact", func(r *report.Report) any { return &r.HasContact }),
		c("code", func(r *report.Report) any { return &r.Code }),
		c("origin", func(r *report.Report) any { return (*string)(&r.Origin) }),
		c("source", func(r *report.Report) any { return (*string)(&r.Source) }),
		c("category", func(r *report.Report) any { return &r.Category }),
		c("status", func(r *report.Report) any { return (*string)(&r.Status) }),
		c("before_status", func(r *report.Report) any { return (*string)(&r.Before) }),
		c("priority", func(r *report.Report) any { return (*string)(&r.Priority) }),
		c("division", func(r *report.Report) any { return &r.Division }),
		c("area", func(r *report.Report) any { return &r.Area }),
		c("path", func(r *report.Report) any { return &r.Path }),
		c("unit", func(r *report.Report) any { return &r.Unit }),
		{ // what nobody has handed to another level is where every report begins
			"level", func(r *report.Report) any { return string(cmp.Or(r.Level, report.FirstLevel)) },
			func(r *report.Report) any { return (*string)(&r.Level) },
		},
		c("parent", func(r *report.Report) any { return &r.Parent }),
		c("address", func(r *report.Report) any { return &r.Address }),
		c("description", func(r *report.Report) any { return &r.Description }),
		c("reason", func(r *report.Report) any { return &r.Reason }),
		c("answer", func(r *report.Report) any { return &r.Answer }),
		c("public_text", func(r *report.Report) any { return &r.PublicText }),
		{name: "id", value: func(r *report.Report) any { return uuid.MustParse(r.ID) }},
		{name: "cell", value: func(r *report.Report) any { return area.Cell(area.Point(r.Location)) }},
		{name: "is_open", value: func(r *report.Report) any { return r.Open() }},
		{name: "is_excluded", value: func(r *report.Report) any { return r.Excluded() }},
		{name: "due_now", value: func(r *report.Report) any { return r.Running() }},
		{name: "ended_at", value: func(r *report.Report) any { return r.EndedAt() }},
		{name: "folded", value: func(r *report.Report) any { return searched(r) }},
	}
}

// reportSelect lists the columns that scanReport reads, in its order.
func reportSelect() string {
	names := []string{"id::text"}
	for _, c := range reportColumns() {
		if c.dest != nil {
			names = append(names, c.name)
		}
	}
	return "select " + strings.Join(names, ", ") + " from report "
}

func scanReport(row pgx.CollectableRow) (report.Report, error) {
	var r report.Report
	if err := row.Scan(reportDest(&r)...); err != nil {
		return r, fmt.Errorf("read report row: %w", err)
	}
	inUTC(&r)
	return r, nil
}

// reportDest is where reportSelect's columns are read to.
func reportDest(r *report.Report) []any {
	dest := []any{&r.ID}
	for _, c := range reportColumns() {
		if c.dest != nil {
			dest = append(dest, c.dest(r))
		}
	}
	return dest
}

// inUTC turns every time of the report to UTC: pgx answers in the process's zone.
func inUTC(r *report.Report) {
	r.ReceivedAt, r.ChangedAt = r.ReceivedAt.UTC(), r.ChangedAt.UTC()
	for _, t := range []*time.Time{
		r.OccurredAt, r.AcceptedAt, r.AssignedAt, r.ResolvedAt, r.PublishedAt, r.ClosedAt, r.WithdrawnAt,
		r.PausedAt, r.ExtensionUntil, r.Due.Accept, r.Due.Assign, r.Due.Resolve, r.Due.Original, r.Due.Publish,
	} {
		if t != nil {
			*t = t.UTC()
		}
	}
}

// copyReports writes new reports by COPY.
func copyReports(ctx context.Context, tx pgx.Tx, reports []*report.Report) error {
	columns := reportColumns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	rows := pgx.CopyFromSlice(len(reports), func(i int) ([]any, error) {
		values := make([]any, len(columns))
		for j, c := range columns {
			values[j] = c.value(reports[i])
		}
		return values, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"report"}, names, rows); err != nil {
		return fmt.Errorf("insert reports: %w", classify(err))
	}
	return nil
}

// updateReport writes the report over its version before.
func updateReport(ctx context.Context, tx pgx.Tx, r *report.Report, before int64) error {
	var sets []string
	args := []any{uuid.MustParse(r.ID), before}
	for _, c := range reportColumns() {
		if c.name == "id" {
			continue
		}
		args = append(args, c.value(r))
		sets = append(sets, fmt.Sprintf("%s = $%d", c.name, len(args)))
	}
	tag, err := tx.Exec(ctx, "update report set "+strings.Join(sets, ", ")+" where id = $1 and version = $2", args...)
	if err != nil {
		return fmt.Errorf("update report %s: %w", r.ID, classify(err))
	}
	if tag.RowsAffected() != 1 {
		return fault.Conflict("Phản ánh vừa được người khác cập nhật, xin xem lại.")
	}
	return nil
}

// lockReport reads a report for a change; id is its UUID or its public code.
func lockReport(ctx context.Context, tx pgx.Tx, id string) (report.Report, error) {
	return oneReport(ctx, tx, id, " for update")
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func oneReport(ctx context.Context, q querier, id, suffix string) (report.Report, error) {
	where, arg := "where code = $1", any(id)
	if u, err := uuid.Parse(id); err == nil {
		where, arg = "where id = $1", u
	}
	rows, err := q.Query(ctx, reportSelect()+where+suffix, arg)
	if err != nil {
		return report.Report{}, fmt.Errorf("read report %s: %w", id, classify(err))
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanReport)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fault.NotFound("Không có phản ánh %s.", id)
	}
	if err != nil {
		return r, fmt.Errorf("read report %s: %w", id, classify(err))
	}
	return r, nil
}
