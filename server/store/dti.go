package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/dti"
	"toancanh/server/fault"
)

// DTIEntry is a value of the digital transformation index as it was entered, or the word that it was withdrawn.
type DTIEntry struct {
	dti.Entry
	N         int64
	Withdrawn bool
	Reason    string // of a withdrawal
	At        time.Time
	By        string // an opaque id
}

const (
	dtiPublic  = "area, scheme, year, code, name, coalesce(value, 0)::float8, coalesce(most, 0)::float8, title, issuer, number, reference, coalesce(dated::text, '')"
	dtiColumns = dtiPublic + ", coalesce(replaces, 0), n, value is null, reason, entered_at, entered_by"
	// mostHistory bounds what is told of one value.
	mostHistory = 200
)

func dtiInto(e *dti.Entry) []any {
	return []any{&e.Area, &e.Scheme, &e.Year, &e.Code, &e.Name, &e.Value, &e.Most, &e.Title, &e.Issuer, &e.Number, &e.Reference, &e.Dated}
}

func scanDTI(row pgx.CollectableRow) (DTIEntry, error) {
	var e DTIEntry
	err := row.Scan(append(dtiInto(&e.Entry), &e.Replaces, &e.N, &e.Withdrawn, &e.Reason, &e.At, &e.By)...)
	e.At = e.At.UTC()
	return e, err
}

// DTIEntries are the newest entries of every value of an area: those in force, and the withdrawals that no later value
// replaced. There is one for each index and component of each year at most.
func (s *Store) DTIEntries(ctx context.Context, area string) ([]DTIEntry, error) {
	list, err := collect(ctx, s, scanDTI, "select "+dtiColumns+` from dti_value v
		where area = $1 and not exists (select from dti_value w where w.replaces = v.n) order by scheme, year, code`, area)
	if err != nil {
		return nil, fmt.Errorf("list values of the index: %w", err)
	}
	return list, nil
}

// DTIHistory are the entries of one value, the newest first.
func (s *Store) DTIHistory(ctx context.Context, of dti.Key) ([]DTIEntry, error) {
	list, err := collect(ctx, s, scanDTI, "select "+dtiColumns+` from dti_value where area = $1 and scheme = $2 and year = $3 and code = $4
		order by n desc limit $5`, of.Area, of.Scheme, of.Year, of.Code, mostHistory)
	if err != nil {
		return nil, fmt.Errorf("read history of a value of the index: %w", err)
	}
	return list, nil
}

// AddDTI keeps values, all of them or none. Each names the entry it replaces; conflict when that is not the newest.
func (s *Store) AddDTI(ctx context.Context, list []dti.Entry, by string, at time.Time) ([]DTIEntry, error) {
	kept := make([]DTIEntry, len(list))
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for i, e := range list {
			kept[i] = DTIEntry{Entry: e, At: at, By: by}
			batch.Queue(`insert into dti_value (area, scheme, year, code, name, value, most, title, issuer, number, reference, dated, replaces, entered_at, entered_by)
				select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::date, nullif($13::bigint, 0), $14, $15
				where $13::bigint = 0 or exists (select from dti_value where (n, area, scheme, year, code) = ($13::bigint, $1::text, $2::text, $3::smallint, $4::text))
				on conflict do nothing returning n`,
				e.Area, e.Scheme, e.Year, e.Code, e.Name, e.Value, e.Most, e.Title, e.Issuer, e.Number, e.Reference, e.Dated, e.Replaces, at, by).
				QueryRow(func(row pgx.Row) error {
					err := row.Scan(&kept[i].N)
					if errors.Is(err, pgx.ErrNoRows) {
						return errOtherDTI(e.Key)
					}
					return err
				})
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return insertAudit(ctx, tx, dtiAudit(kept))
	})
	if err != nil {
		return nil, fmt.Errorf("add values of the index: %w", classify(err))
	}
	return kept, nil
}

// WithdrawDTI takes a value back for a reason: nothing is in force for it until somebody enters another. Conflict when it
// is not in force.
func (s *Store) WithdrawDTI(ctx context.Context, w DTIEntry) (DTIEntry, error) {
	var kept DTIEntry
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select "+dtiColumns+" from dti_value where n = $1 and area = $2", w.Replaces, w.Area)
		if err != nil {
			return err
		}
		was, err := pgx.CollectExactlyOneRow(rows, scanDTI)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoDTI
		}
		if err != nil {
			return err
		}
		kept = DTIEntry{Entry: dti.Entry{Key: was.Key, Name: was.Name, Replaces: was.N}, Withdrawn: true, Reason: w.Reason, At: w.At, By: w.By}
		if was.Withdrawn {
			return errOtherDTI(was.Key)
		}
		err = tx.QueryRow(ctx, `insert into dti_value (area, scheme, year, code, name, replaces, reason, entered_at, entered_by)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning n`,
			was.Area, was.Scheme, was.Year, was.Code, was.Name, was.N, w.Reason, w.At, w.By).Scan(&kept.N)
		if errors.Is(err, pgx.ErrNoRows) {
			return errOtherDTI(was.Key)
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.EnterDTI), Object: "dti:" + kept.String(), Why: w.Reason, Result: audit.Done,
			Detail: detail(map[string]any{"n": kept.N, "withdrawn": was.N}),
		})
	})
	if err != nil {
		return DTIEntry{}, fmt.Errorf("withdraw value %d of the index: %w", w.Replaces, classify(err))
	}
	return kept, nil
}

// dtiAudit says what was entered: one value, or how many of a table. Each entry itself says who entered it and when.
func dtiAudit(kept []DTIEntry) audit.Row {
	row := audit.Row{What: string(access.EnterDTI), Object: "dti", Result: audit.Done, Detail: detail(map[string]any{"entries": len(kept)})}
	if len(kept) == 1 {
		e := kept[0]
		row.Object = "dti:" + e.String()
		row.Detail = detail(map[string]any{"n": e.N, "value": e.Value, "most": e.Most, "replaces": e.Replaces})
	}
	return row
}

//nolint:gochecknoglobals // an error value
var errNoDTI = fault.NotFound("Không có mục này.")

func errOtherDTI(k dti.Key) error {
	return fault.Conflict("Giá trị của chỉ số %s năm %d vừa được người khác nhập hoặc rút, xin xem lại rồi ghi.", k.Code, k.Year).Because("version")
}

// publicDTI reads the values in force, as the role that sees no more of them.
func publicDTI(ctx context.Context, tx pgx.Tx) ([]dti.Entry, error) {
	rows, err := tx.Query(ctx, "select "+dtiPublic+" from public_dti order by scheme, year, code, area limit $1", mostDTI)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (dti.Entry, error) {
		var e dti.Entry
		return e, row.Scan(dtiInto(&e)...)
	})
}

// mostDTI bounds what one reading of the public values takes: decades of the largest scheme.
const mostDTI = 5000
