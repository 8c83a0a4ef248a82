package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// passing is an act as its note sees it.
type passing struct {
	before, after report.Report
	entry         report.Entry
	location      *time.Location // in which years begin
}

// keepTransfer issues the note of an assignment; other acts have none. The number is the next of its office and year: the
// row that counts stays locked until the transaction ends, so that none is given twice or left out.
func keepTransfer(ctx context.Context, tx pgx.Tx, h passing) error {
	if h.entry.Act != report.Assign {
		return nil
	}
	id, err := newID()
	if err != nil {
		return err
	}
	r := h.after
	_, err = tx.Exec(ctx, `
		with counted as (
			insert into transfer_number (office, year, last) values (@office, @year, 1)
			on conflict (office, year) do update set last = transfer_number.last + 1 returning last
		)
		insert into transfer (id, report_id, n, office, year, number, issued_at, due, category, division, area, level, emergency,
			from_unit, from_name, to_unit, to_name)
		select @id::uuid, @report, @n, @office, @year, last, @at, @due, @category, @division, @area, @level, @emergency,
			@from, coalesce((select name from unit where id = @from), @from), @to, coalesce((select name from unit where id = @to), @to)
		from counted`, pgx.NamedArgs{
		"id": id, "report": uuid.MustParse(r.ID), "n": h.entry.N, "office": report.TransferOffice, "year": h.entry.At.In(h.location).Year(),
		"at": h.entry.At, "due": r.Due.Resolve, "category": r.Category, "division": r.Division, "area": r.Area, "level": string(r.Level),
		"emergency": r.Emergency, "from": h.before.Unit, "to": r.Unit,
	})
	if err != nil {
		return fmt.Errorf("issue transfer of %s: %w", r.ID, classify(err))
	}
	return nil
}

const transferSelect = `select id::text, report_id::text, n, office, year, number, issued_at, due, category, division, area, level, emergency,
	from_unit, from_name, to_unit, to_name, state, state_at, state_by, serial from transfer `

func scanTransfer(row pgx.CollectableRow) (report.Transfer, error) {
	var t report.Transfer
	err := row.Scan(&t.ID, &t.ReportID, &t.N, &t.Office, &t.Year, &t.Number, &t.IssuedAt, &t.Due, &t.Category, &t.Division, &t.Area,
		(*string)(&t.Level), &t.Emergency, &t.From, &t.FromName, &t.To, &t.ToName, (*string)(&t.State), &t.StateAt, &t.StateBy, &t.Serial)
	t.IssuedAt = t.IssuedAt.UTC()
	for _, at := range []*time.Time{t.Due, t.StateAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return t, err
}

// Transfers lists the notes of a report in the order they were issued.
func (s *Store) Transfers(ctx context.Context, reportID string) ([]report.Transfer, error) {
	list, err := collect(ctx, s, scanTransfer, transferSelect+"where report_id = $1::uuid order by n", reportID)
	if err != nil {
		return nil, fmt.Errorf("list transfers of %s: %w", reportID, err)
	}
	return list, nil
}

//nolint:gochecknoglobals // an error value
var errNoTransfer = fault.NotFound("Không có phiếu chuyển này.")

// Transfer reads one note by its UUID.
func (s *Store) Transfer(ctx context.Context, id string) (report.Transfer, error) {
	list, err := collect(ctx, s, scanTransfer, transferSelect+"where id = $1::uuid", id)
	if err != nil {
		return report.Transfer{}, fmt.Errorf("read transfer %s: %w", id, err)
	}
	return firstOr(list, errNoTransfer)
}

// MoveTransfer changes the state of a note as move decides, which sees it and its report locked and may refuse.
func (s *Store) MoveTransfer(ctx context.Context, id string, move func(report.Transfer, report.Report) (report.Transfer, error)) (report.Transfer, error) {
	var after report.Transfer
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, transferSelect+"where id = $1::uuid for update", id)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanTransfer)
		if err != nil {
			return err
		}
		before, err := firstOr(list, errNoTransfer)
		if err != nil {
			return err
		}
		r, err := oneReport(ctx, tx, before.ReportID, "")
		if err != nil {
			return err
		}
		if after, err = move(before, r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update transfer set state = $2, state_at = $3, state_by = $4, serial = $5 where id = $1::uuid",
			id, string(after.State), after.StateAt, after.StateBy, after.Serial); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.SignTransfer), Object: "transfer:" + id, Result: audit.Done,
			Detail: detail(map[string]any{"number": after.Symbol(), "year": after.Year, "from": before.State, "to": after.State, "serial": after.Serial}),
		})
	})
	if err != nil {
		return report.Transfer{}, fmt.Errorf("change transfer %s: %w", id, classify(err))
	}
	return after, nil
}

// Span is a time in an area with all that lies in it: what handing over is counted in. Real and not real are never summed.
type Span struct {
	Division, Area string
	Real           bool
	From, To       time.Time // To is left out
}

func (p Span) args() pgx.NamedArgs {
	return pgx.NamedArgs{"division": p.Division, "area": p.Area, "real": p.Real, "from": p.From, "to": p.To}
}

// inSpan is the condition that a report r lies in the area of a span.
const inSpan = `r.division = @division and @area = any(r.path) and (r.origin = 'real') = @real and r.origin <> 'drill'`

// TransferCounts are the notes issued in a span.
type TransferCounts struct{ All, Electronic, Signed int }

// CountTransfers counts notes by their state.
func (s *Store) CountTransfers(ctx context.Context, p Span) (TransferCounts, error) {
	list, err := collect(ctx, s, pgx.RowToStructByPos[TransferCounts], `
		select count(*)::int, count(*) filter (where t.state <> 'giay')::int, count(*) filter (where t.state = 'da_ky_so')::int
		from transfer t join report r on r.id = t.report_id
		where t.issued_at >= @from and t.issued_at < @to and `+inSpan, p.args())
	if err != nil {
		return TransferCounts{}, fmt.Errorf("count transfers: %w", err)
	}
	return list[0], nil
}
