package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/report"
)

// SeedUnits keeps the units a province starts with, when it has none yet.
func (s *Store) SeedUnits(ctx context.Context, units []report.Unit) error {
	ids, names := make([]string, len(units)), make([]string, len(units))
	for i, u := range units {
		ids[i], names[i] = u.ID, u.Name
	}
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// In the order given, so that a list by creation is the province's own.
		_, err := tx.Exec(ctx, `insert into unit (id, name, created_at)
			select x.id, x.name, now() + ord * interval '1 microsecond' from unnest($1::text[], $2::text[]) with ordinality as x(id, name, ord)
			where not exists (select from unit) on conflict do nothing`, ids, names)
		return err
	})
	if err != nil {
		return fmt.Errorf("seed units: %w", classify(err))
	}
	return nil
}

// Unit is a department or office; a disabled one takes no new reports.
type Unit struct {
	report.Unit
	Disabled bool
}

// Units lists the units in the order they were made.
func (s *Store) Units(ctx context.Context) ([]Unit, error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	rows, err := s.read.Query(ctx, "select id, name, disabled_at is not null from unit order by created_at, id")
	if err != nil {
		return nil, fmt.Errorf("list units: %w", classify(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Unit, error) {
		var u Unit
		err := row.Scan(&u.ID, &u.Name, &u.Disabled)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("list units: %w", classify(err))
	}
	return list, nil
}

// AddUnit keeps a new unit; conflict when the id is taken.
func (s *Store) AddUnit(ctx context.Context, u report.Unit) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "insert into unit (id, name) values ($1, $2)", u.ID, u.Name); err != nil {
			return err
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangeUnits), Object: "unit:" + u.ID, Result: audit.Done, Detail: detail(map[string]any{"name": u.Name}),
		})
	})
	if err != nil {
		return fmt.Errorf("add unit: %w", classify(err))
	}
	return nil
}

// ChangeUnit renames a unit, or disables it; not found when there is none.
func (s *Store) ChangeUnit(ctx context.Context, u Unit) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update unit set name = $2, disabled_at = case when $3 then coalesce(disabled_at, now()) end where id = $1`,
			u.ID, u.Name, u.Disabled)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFound("Không có đơn vị mang mã này.")
		}
		return insertAudit(ctx, tx, audit.Row{
			What: string(access.ChangeUnits), Object: "unit:" + u.ID, Result: audit.Done,
			Detail: detail(map[string]any{"name": u.Name, "disabled": u.Disabled}),
		})
	})
	if err != nil {
		return fmt.Errorf("change unit: %w", classify(err))
	}
	return nil
}
