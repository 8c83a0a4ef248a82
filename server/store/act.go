package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/report"
	"toancanh/server/view"
)

// Decide says what an act makes of a report; it is pure and may refuse.
type Decide func(report.Report) (report.Report, report.Entry, error)

// Deed is an act on a report; ID is the UUID or the public code.
type Deed struct {
	ID     string
	Lens   view.Lens
	Decide Decide
}

// Act locks a report, decides, and keeps the new state with its timeline entry, its public projection and its
// events. id is the UUID or the public code.
func (s *Store) Act(ctx context.Context, id string, lens view.Lens, decide Decide) (report.Report, error) {
	var after report.Report
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		after, err = actOn(ctx, tx, Deed{id, lens, decide})
		return err
	})
	if err != nil {
		return report.Report{}, fmt.Errorf("act on report %s: %w", id, classify(err))
	}
	return after, nil
}

// actOn does a deed inside a transaction. The report stays locked until its end.
func actOn(ctx context.Context, tx pgx.Tx, d Deed) (report.Report, error) {
	before, err := lockReport(ctx, tx, d.ID)
	if err != nil {
		return before, err
	}
	after, entry, err := d.Decide(before)
	if err != nil {
		return after, err
	}
	if err := updateReport(ctx, tx, &after, before.Version); err != nil {
		return after, err
	}
	if err := copyEntries(ctx, tx, []Entry{{after.ID, entry}}); err != nil {
		return after, err
	}
	if err := keepTransfer(ctx, tx, passing{before, after, entry, d.Lens.Location}); err != nil {
		return after, err
	}
	if err := dropPhotos(ctx, tx, before, after); err != nil {
		return after, err
	}
	batch := &pgx.Batch{}
	project(batch, &after, d.Lens.Location)
	if err := sendBatch(ctx, tx, batch); err != nil {
		return after, err
	}
	if err := insertEvents(ctx, tx, view.Events(&before, after, d.Lens), entry.At); err != nil {
		return after, err
	}
	if err := keepRating(ctx, tx, after, entry); err != nil {
		return after, err
	}
	if err := queueMails(ctx, tx, after, entry); err != nil {
		return after, err
	}
	return after, insertAudit(ctx, tx, actRow(ctx, after, entry))
}

// actRow is an act as the audit keeps it. Its reason is an officer's; the texts of an act, and whatever a sender writes, stay
// in the report's timeline.
func actRow(ctx context.Context, r report.Report, e report.Entry) audit.Row {
	row := audit.Row{
		Author: audit.AuthorOf(ctx), What: string(access.ActOn(string(e.Act))), Object: "report:" + r.ID, Why: e.Reason, Result: audit.Done,
		Detail: detail(map[string]any{"n": e.N, "from": e.From, "to": e.To, "unit": e.Unit}),
	}
	switch {
	case e.Act.WithPhoto():
		row.Detail = detail(map[string]any{"n": e.N, "photo": e.Photo, "public": e.Copy != ""})
	case e.Level != "":
		row.Detail = detail(map[string]any{"n": e.N, "level": e.Level})
	case e.Proposed != "" && e.Proposed != e.Unit:
		row.Detail = detail(map[string]any{"n": e.N, "from": e.From, "to": e.To, "unit": e.Unit, "proposed": e.Proposed})
	}
	if row.Role == "" { // nobody asked: the clock, or a tool inside the process
		row.Who = e.Actor
	}
	if e.Actor == report.Citizen {
		row.Why = ""
	}
	return row
}

// Report reads one report; id is the UUID or the public code.
func (s *Store) Report(ctx context.Context, id string) (report.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	return oneReport(ctx, s.read, id, "")
}

// Timeline reads a report's entries in order.
func (s *Store) Timeline(ctx context.Context, reportID string) ([]report.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	return timelineOf(ctx, s.read, reportID)
}

func timelineOf(ctx context.Context, q querier, reportID string) ([]report.Entry, error) {
	rows, err := q.Query(ctx, `
		select n, at, until, act, from_status, to_status, actor, unit, reason, text, parent, area, photo, copy, solved, manner, proposed, level
		from report_act where report_id = $1::uuid order by n`, reportID)
	if err != nil {
		return nil, fmt.Errorf("read timeline of %s: %w", reportID, classify(err))
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (report.Entry, error) {
		var e report.Entry
		err := row.Scan(&e.N, &e.At, &e.Until, (*string)(&e.Act), (*string)(&e.From), (*string)(&e.To),
			&e.Actor, &e.Unit, &e.Reason, &e.Text, &e.Parent, &e.Area, &e.Photo, &e.Copy,
			(*string)(&e.Rating.Solved), (*string)(&e.Rating.Manner), &e.Proposed, (*string)(&e.Level))
		e.At = e.At.UTC()
		if e.Until != nil {
			*e.Until = e.Until.UTC()
		}
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read timeline of %s: %w", reportID, classify(err))
	}
	return entries, nil
}

// ReportsByID reads the reports with the given UUIDs, as far as there are such.
func (s *Store) ReportsByID(ctx context.Context, ids []string) ([]report.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, reportSelect()+"where id = any($1::text[]::uuid[])", ids)
	if err != nil {
		return nil, fmt.Errorf("read changed reports: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, scanReport)
	if err != nil {
		return nil, fmt.Errorf("read changed reports: %w", classify(err))
	}
	return list, nil
}

// Expiry is a report the clock has to close.
type Expiry struct {
	ID      string
	Version int64
	Status  report.Status
}

// Expired lists reports whose sender did not answer within 72 hours, and those published more than 15 days ago.
// At most 200 come at a time.
func (s *Store) Expired(ctx context.Context, now time.Time) ([]Expiry, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, `select id::text, version, status from report
		where withdrawn_at is null and (status = 'can_bo_sung' and paused_at < $1::timestamptz - interval '72 hours'
			or status = 'cong_khai' and published_at < $1::timestamptz - interval '15 days')
		limit 200`, now)
	if err != nil {
		return nil, fmt.Errorf("list expired reports: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Expiry, error) {
		var e Expiry
		err := row.Scan(&e.ID, &e.Version, (*string)(&e.Status))
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("list expired reports: %w", classify(err))
	}
	return list, nil
}
