package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/view"
)

//nolint:gochecknoglobals // an error value
var errNoVisit = fault.NotFound("Không có yêu cầu xác minh này.")

const visitSelect = `
	select v.id::text, v.report_id::text, v.team_id::text, t.name, v.asked_at, v.asked_by, v.note, v.arrived_at, v.arrived_by, v.metres,
		v.done_at, v.done_by, v.result
	from visit v join team t on t.id = v.team_id `

func scanVisit(row pgx.CollectableRow) (report.Visit, error) {
	var v report.Visit
	err := row.Scan(&v.ID, &v.ReportID, &v.TeamID, &v.Team, &v.AskedAt, &v.AskedBy, &v.Note, &v.ArrivedAt, &v.ArrivedBy, &v.Metres,
		&v.DoneAt, &v.DoneBy, &v.Result)
	v.AskedAt = v.AskedAt.UTC()
	for _, at := range []*time.Time{v.ArrivedAt, v.DoneAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return v, err
}

// Visits lists the visits to a report in the order they were asked for.
func (s *Store) Visits(ctx context.Context, reportID string) ([]report.Visit, error) {
	list, err := collect(ctx, s, scanVisit, visitSelect+"where v.report_id = $1::uuid order by v.asked_at, v.id", reportID)
	if err != nil {
		return nil, fmt.Errorf("list visits to %s: %w", reportID, err)
	}
	return list, nil
}

// AskVisit does the act of asking a team to visit, and keeps the visit; conflict when that team has one open there.
func (s *Store) AskVisit(ctx context.Context, v report.Visit, lens view.Lens, decide Decide) (report.Visit, error) {
	id, err := newID()
	if err != nil {
		return v, err
	}
	v.ID = id
	err = s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		after, err := actOn(ctx, tx, Deed{v.ReportID, lens, decide})
		if err != nil {
			return err
		}
		v.ReportID, v.AskedAt = after.ID, after.ChangedAt
		_, err = tx.Exec(ctx, "insert into visit (id, report_id, team_id, asked_at, asked_by, note) values ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6)",
			v.ID, v.ReportID, v.TeamID, v.AskedAt, v.AskedBy, v.Note)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.ConstraintName == "visit_open_once" {
			return fault.Conflict("Tổ này đang có một yêu cầu xác minh chưa xong ở phản ánh này.").Because("open")
		}
		return err
	})
	if err != nil {
		return v, fmt.Errorf("ask for a visit: %w", classify(err))
	}
	return v, nil
}

// VisitMove is what a member of a team does to a visit. Decide sees the visit and its report locked.
type VisitMove struct {
	ID       string
	PersonID string
	Lens     view.Lens
	Decide   func(v report.Visit, r report.Report) (report.Visit, report.Report, report.Entry, error)
}

// MoveVisit does the act of a visit and keeps what became of it. For who is not of the team there is no such visit.
func (s *Store) MoveVisit(ctx context.Context, m VisitMove) (report.Visit, error) {
	var after report.Visit
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, visitSelect+`where v.id = $1::uuid and t.disabled_at is null
			and exists (select from team_member m where m.team_id = v.team_id and m.person_id = $2::uuid) for update of v`, m.ID, m.PersonID)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanVisit)
		if err != nil {
			return err
		}
		before, err := firstOr(list, errNoVisit)
		if err != nil {
			return err
		}
		r, err := actOn(ctx, tx, Deed{before.ReportID, m.Lens, func(r report.Report) (done report.Report, e report.Entry, err error) {
			after, done, e, err = m.Decide(before, r)
			return done, e, err
		}})
		if err != nil {
			return err
		}
		at := r.ChangedAt
		if before.ArrivedBy == "" {
			after.ArrivedAt = &at
		}
		if after.DoneBy != "" {
			after.DoneAt = &at
		}
		_, err = tx.Exec(ctx, `update visit set arrived_at = $2, arrived_by = $3, metres = $4, done_at = $5, done_by = $6, result = $7
			where id = $1::uuid`, m.ID, after.ArrivedAt, after.ArrivedBy, after.Metres, after.DoneAt, after.DoneBy, after.Result)
		return err
	})
	if err != nil {
		return report.Visit{}, fmt.Errorf("move visit %s: %w", m.ID, classify(err))
	}
	return after, nil
}

// mostVisits bounds the list of one person: no team has more before it.
const mostVisits = 100

// OpenVisit is a visit still to be done, with its report.
type OpenVisit struct {
	report.Visit
	Report report.Report
}

// OpenVisits lists what the teams of a person are still asked for, the oldest first, and the names of the teams. Reports
// that are closed or withdrawn ask for nothing any more.
func (s *Store) OpenVisits(ctx context.Context, personID string) (list []OpenVisit, teams []string, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		const own = `(select m.team_id from team_member m join team t on t.id = m.team_id where m.person_id = $1::uuid and t.disabled_at is null)`
		rows, err := tx.Query(ctx, "select name from team where id in "+own+" order by name, id", personID)
		if err != nil {
			return err
		}
		if teams, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, visitSelect+"join report r on r.id = v.report_id where v.done_at is null and r.closed_at is null and r.withdrawn_at is null and v.team_id in "+
			own+fmt.Sprintf(" order by v.asked_at, v.id limit %d", mostVisits), personID); err != nil {
			return err
		}
		visits, err := pgx.CollectRows(rows, scanVisit)
		if err != nil || len(visits) == 0 {
			return err
		}
		ids := make([]string, len(visits))
		for i, v := range visits {
			ids[i] = v.ReportID
		}
		if rows, err = tx.Query(ctx, reportSelect()+"where id = any($1::text[]::uuid[])", ids); err != nil {
			return err
		}
		reports, err := pgx.CollectRows(rows, scanReport)
		if err != nil {
			return err
		}
		byID := map[string]report.Report{}
		for _, r := range reports {
			byID[r.ID] = r
		}
		for _, v := range visits {
			list = append(list, OpenVisit{v, byID[v.ReportID]})
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list open visits: %w", classify(err))
	}
	return list, teams, nil
}
