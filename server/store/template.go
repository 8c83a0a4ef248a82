package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
)

// Template is an answer that the officers of an area begin with. An empty Act or Category is for all of them.
type Template struct {
	ID       string
	Version  int64
	Name     string
	Act      string
	Category string
	Text     string
	Place    access.Place
}

const templateColumns = "id::text, version, name, act, category, text, division, path"

func scanTemplate(row pgx.CollectableRow) (Template, error) {
	var t Template
	err := row.Scan(&t.ID, &t.Version, &t.Name, &t.Act, &t.Category, &t.Text, &t.Place.Division, &t.Place.Path)
	return t, err
}

// mostListed bounds what is kept of templates in all and of saved views for one person.
const mostListed = 500

// Templates lists all templates by name.
func (s *Store) Templates(ctx context.Context) ([]Template, error) {
	list, err := collect(ctx, s, scanTemplate, "select "+templateColumns+" from template order by name, id limit $1", mostListed)
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	return list, nil
}

// AddTemplate keeps a new template; by is who made it.
func (s *Store) AddTemplate(ctx context.Context, t Template, by string) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into template (id, name, act, category, text, division, path, changed_by)
			select $1::uuid, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from template) < $9`,
			t.ID, t.Name, t.Act, t.Category, t.Text, t.Place.Division, t.Place.Path, by, mostListed)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Đã có %d mẫu trả lời, xin bỏ bớt trước khi thêm.", mostListed).Because("full")
		}
		return insertAudit(ctx, tx, templateRow(t, "added"))
	})
	if err != nil {
		return fmt.Errorf("add template: %w", classify(err))
	}
	return nil
}

func templateRow(t Template, why string) audit.Row {
	return audit.Row{
		What: string(access.ManageTemplates), Object: "template:" + t.ID, Why: why, Result: audit.Done,
		Detail: detail(map[string]any{"name": t.Name, "act": t.Act, "category": t.Category, "area": t.Place.Path}),
	}
}

// ChangeTemplate writes a template over the version that was seen. may is asked of the template as it is.
func (s *Store) ChangeTemplate(ctx context.Context, t Template, by string, may func(Template) error) (Template, error) {
	var after Template
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockTemplate(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		if err := may(before); err != nil {
			return err
		}
		if before.Version != t.Version {
			return errChanged
		}
		rows, err := tx.Query(ctx, `update template set version = version + 1, name = $2, act = $3, category = $4, text = $5, division = $6,
			path = $7, changed_at = now(), changed_by = $8 where id = $1::uuid returning `+templateColumns,
			t.ID, t.Name, t.Act, t.Category, t.Text, t.Place.Division, t.Place.Path, by)
		if err != nil {
			return err
		}
		if after, err = pgx.CollectExactlyOneRow(rows, scanTemplate); err != nil {
			return err
		}
		return insertAudit(ctx, tx, templateRow(after, "changed"))
	})
	if err != nil {
		return Template{}, fmt.Errorf("change template %s: %w", t.ID, classify(err))
	}
	return after, nil
}

// DropTemplate takes a template away.
func (s *Store) DropTemplate(ctx context.Context, id string, may func(Template) error) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockTemplate(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := may(before); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from template where id = $1::uuid", id); err != nil {
			return err
		}
		return insertAudit(ctx, tx, templateRow(before, "dropped"))
	})
	if err != nil {
		return fmt.Errorf("drop template %s: %w", id, classify(err))
	}
	return nil
}

func lockTemplate(ctx context.Context, tx pgx.Tx, id string) (Template, error) {
	return lockOne(ctx, tx, id, scanTemplate, "select "+templateColumns+" from template", errNoTemplate)
}

// lockOne reads one thing by its UUID for a change.
func lockOne[T any](ctx context.Context, tx pgx.Tx, id string, scan pgx.RowToFunc[T], selects string, none error) (T, error) {
	var zero T
	if _, err := uuid.Parse(id); err != nil {
		return zero, none
	}
	rows, err := tx.Query(ctx, selects+" where id = $1::uuid for update", id)
	if err != nil {
		return zero, err
	}
	one, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return zero, none
	}
	return one, err
}

var (
	errNoTemplate = fault.NotFound("Không có mẫu trả lời này.")
	errChanged    = fault.Conflict("Người khác vừa sửa mục này, xin xem lại rồi sửa.").Because("version")
)
