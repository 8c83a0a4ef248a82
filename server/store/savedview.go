package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/fault"
	"toancanh/server/view"
)

// SavedView is a filter of the queue under a name. Place is nil when it is the owner's alone; else everybody who works there
// sees it.
type SavedView struct {
	ID      string
	Version int64
	Owner   view.Author
	Name    string
	Filter  map[string]string // the parameters of a list
	Place   *access.Place
}

const viewColumns = "id::text, version, owner, owner_name, name, filter, division, path"

func scanView(row pgx.CollectableRow) (SavedView, error) {
	var v SavedView
	var p access.Place
	err := row.Scan(&v.ID, &v.Version, &v.Owner.ID, &v.Owner.Name, &v.Name, &v.Filter, &p.Division, &p.Path)
	if p.Division != "" {
		v.Place = &p
	}
	return v, err
}

// MostViews bounds the views one person has.
const MostViews = 50

// Views lists an owner's views and all that are shared, by name.
func (s *Store) Views(ctx context.Context, owner string) ([]SavedView, error) {
	list, err := collect(ctx, s, scanView, "select "+viewColumns+" from saved_view where owner = $1 or division <> '' order by name, id limit $2",
		owner, mostListed)
	if err != nil {
		return nil, fmt.Errorf("list saved views: %w", err)
	}
	return list, nil
}

// placed are the columns of a view's place.
func (v SavedView) placed() (division string, path []string) {
	if v.Place == nil {
		return "", []string{}
	}
	return v.Place.Division, v.Place.Path
}

// viewRow is kept of views that others see; what somebody keeps for themselves is nobody's business.
func viewRow(ctx context.Context, tx pgx.Tx, v SavedView, why string) error {
	if v.Place == nil {
		return nil
	}
	return insertAudit(ctx, tx, audit.Row{
		What: string(access.ShareViews), Object: "view:" + v.ID, Why: why, Result: audit.Done,
		Detail: detail(map[string]any{"name": v.Name, "area": v.Place.Path}),
	})
}

// AddView keeps a new view.
func (s *Store) AddView(ctx context.Context, v SavedView) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		division, path := v.placed()
		tag, err := tx.Exec(ctx, `insert into saved_view (id, owner, owner_name, name, filter, division, path)
			select $1::uuid, $2, $3, $4, $5, $6, $7 where (select count(*) from saved_view where owner = $2) < $8`,
			v.ID, v.Owner.ID, v.Owner.Name, v.Name, v.Filter, division, path, MostViews)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflict("Đã có %d bộ lọc, xin bỏ bớt trước khi lưu thêm.", MostViews).Because("full")
		}
		return viewRow(ctx, tx, v, "shared")
	})
	if err != nil {
		return fmt.Errorf("add saved view: %w", classify(err))
	}
	return nil
}

// ChangeView writes a view over the version that was seen. may is asked of the view as it is.
func (s *Store) ChangeView(ctx context.Context, v SavedView, may func(SavedView) error) (SavedView, error) {
	var after SavedView
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockView(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		if err := may(before); err != nil {
			return err
		}
		if before.Version != v.Version {
			return errChanged
		}
		division, path := v.placed()
		rows, err := tx.Query(ctx, `update saved_view set version = version + 1, name = $2, filter = $3, division = $4, path = $5, changed_at = now()
			where id = $1::uuid returning `+viewColumns, v.ID, v.Name, v.Filter, division, path)
		if err != nil {
			return err
		}
		if after, err = pgx.CollectExactlyOneRow(rows, scanView); err != nil {
			return err
		}
		return viewRow(ctx, tx, after, "changed")
	})
	if err != nil {
		return SavedView{}, fmt.Errorf("change saved view %s: %w", v.ID, classify(err))
	}
	return after, nil
}

// DropView takes a view away.
func (s *Store) DropView(ctx context.Context, id string, may func(SavedView) error) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		before, err := lockView(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := may(before); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "delete from saved_view where id = $1::uuid", id); err != nil {
			return err
		}
		return viewRow(ctx, tx, before, "dropped")
	})
	if err != nil {
		return fmt.Errorf("drop saved view %s: %w", id, classify(err))
	}
	return nil
}

func lockView(ctx context.Context, tx pgx.Tx, id string) (SavedView, error) {
	return lockOne(ctx, tx, id, scanView, "select "+viewColumns+" from saved_view", ErrNoView)
}

// ErrNoView says that there is no such view, or none that the caller may see.
var ErrNoView = fault.NotFound("Không có bộ lọc này.")
