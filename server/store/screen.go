package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/access"
	"toancanh/server/audit"
	"toancanh/server/auth"
	"toancanh/server/fault"
	"toancanh/server/screen"
	"toancanh/server/view"
)

// ScreenChange changes screens: Decide sees all of them and says which change and how; it is pure and may refuse.
type ScreenChange struct {
	At     time.Time
	Ground screen.Ground
	Decide func(screen.Board) ([]screen.Screen, error)
}

const sqlScreens = `select id, version, deleted_at is not null, title, point, division, area, scene, density,
	panel_mm, viewing_mm, show, before from screen `

// ChangeScreens decides on the screens and keeps what changes, with one event each, in one transaction. Changes come
// one after the other, so that what was decided on still holds. It returns what Decide did.
func (s *Store) ChangeScreens(ctx context.Context, c ScreenChange) ([]screen.Screen, error) {
	var changed []screen.Screen
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "lock table screen in share row exclusive mode"); err != nil {
			return err
		}
		board, err := readBoard(ctx, tx, c)
		if err != nil {
			return err
		}
		if changed, err = c.Decide(board); err != nil || len(changed) == 0 {
			return err
		}
		drafts := make([]view.Draft, len(changed))
		batch := &pgx.Batch{}
		for i, one := range changed {
			if err := keepScreen(batch, one, c.At); err != nil {
				return err
			}
			_, named := c.Ground.Names(one.ID)
			drafts[i] = view.ScreenEvent(one, named)
		}
		if err := sendBatch(ctx, tx, batch); err != nil {
			return err
		}
		if err := insertEvents(ctx, tx, drafts, c.At); err != nil {
			return err
		}
		for _, one := range changed {
			if one.Deleted {
				if _, err := endPairings(ctx, tx, pairingEnd{screen: one.ID, why: auth.LostDeleted, at: c.At}); err != nil {
					return err
				}
			}
			if err := insertAudit(ctx, tx, screenRow(one)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("change screens: %w", classify(err))
	}
	return changed, nil
}

// screenRow is a screen's new state as the audit keeps it.
func screenRow(one screen.Screen) audit.Row {
	return audit.Row{
		What: string(access.OrderScreen), Object: "screen:" + one.ID, Result: audit.Done,
		Detail: detail(map[string]any{"version": one.Version, "deleted": one.Deleted, "show": one.Show}),
	}
}

func readBoard(ctx context.Context, tx pgx.Tx, c ScreenChange) (screen.Board, error) {
	rows, err := tx.Query(ctx, sqlScreens)
	if err != nil {
		return screen.Board{}, err
	}
	list, err := pgx.CollectRows(rows, scanScreen)
	if err != nil {
		return screen.Board{}, err
	}
	rows, err = tx.Query(ctx, "select screen from screen_beat where at > $1", c.At.Add(-heardFor))
	if err != nil {
		return screen.Board{}, err
	}
	heard, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return screen.NewBoard(list, heard, c.Ground), err
}

func scanScreen(row pgx.CollectableRow) (screen.Screen, error) {
	var one screen.Screen
	var place screen.Place
	var show, before []byte
	err := row.Scan(&one.ID, &one.Version, &one.Deleted, &one.Title, &one.Point, &place.Division, &place.Code, &one.Scene,
		(*string)(&one.Density), &one.PanelMM, &one.ViewingMM, &show, &before)
	if err != nil {
		return one, err
	}
	if place.Code != "" {
		one.Area = &place
	}
	if before != nil {
		one.Before = &screen.Show{}
		if err := json.Unmarshal(before, one.Before); err != nil {
			return one, fmt.Errorf("read what screen %s showed: %w", one.ID, err)
		}
	}
	if err := json.Unmarshal(show, &one.Show); err != nil {
		return one, fmt.Errorf("read what screen %s shows: %w", one.ID, err)
	}
	return one, nil
}

const sqlKeepScreen = `
	insert into screen (id, version, changed_at, deleted_at, title, point, division, area, scene, density, panel_mm,
		viewing_mm, show, before)
	values (@id, @version, @at, @deleted_at, @title, @point, @division, @area, @scene, @density, @panel_mm,
		@viewing_mm, @show, @before)
	on conflict (id) do update set version = excluded.version, changed_at = excluded.changed_at,
		deleted_at = excluded.deleted_at, title = excluded.title, point = excluded.point, division = excluded.division,
		area = excluded.area, scene = excluded.scene, density = excluded.density, panel_mm = excluded.panel_mm,
		viewing_mm = excluded.viewing_mm, show = excluded.show, before = excluded.before`

// keepScreen queues a screen's new state. What a deleted one's page said is forgotten with it.
func keepScreen(batch *pgx.Batch, one screen.Screen, at time.Time) error {
	show, err := json.Marshal(one.Show)
	if err != nil {
		return fmt.Errorf("encode show of %s: %w", one.ID, err)
	}
	args := pgx.NamedArgs{
		"id": one.ID, "version": one.Version, "at": at, "deleted_at": nil, "title": one.Title, "point": one.Point,
		"division": "", "area": "", "scene": one.Scene, "density": string(one.State().Density), "panel_mm": one.PanelMM,
		"viewing_mm": one.ViewingMM, "show": string(show), "before": nil,
	}
	if one.Area != nil {
		args["division"], args["area"] = one.Area.Division, one.Area.Code
	}
	if one.Before != nil {
		before, err := json.Marshal(one.Before)
		if err != nil {
			return fmt.Errorf("encode earlier show of %s: %w", one.ID, err)
		}
		args["before"] = string(before)
	}
	if one.Deleted {
		args["deleted_at"] = at
		batch.Queue("delete from screen_seen where screen = $1", one.ID)
		batch.Queue("delete from screen_beat where screen = $1", one.ID)
	}
	batch.Queue(sqlKeepScreen, args)
	return nil
}

// BeatScreen keeps what a page said about itself in place of what it said before.
func (s *Store) BeatScreen(ctx context.Context, id string, b screen.Beat) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into screen_beat (screen, at, version, seq, heap_bytes, nodes, long_tasks, fps, skew_ms, width, height,
				build, scene, area, density, phase)
			values ($1, now(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
			on conflict (screen) do update set at = excluded.at, version = excluded.version, seq = excluded.seq,
				heap_bytes = excluded.heap_bytes, nodes = excluded.nodes, long_tasks = excluded.long_tasks,
				fps = excluded.fps, skew_ms = excluded.skew_ms, width = excluded.width, height = excluded.height,
				build = excluded.build, scene = excluded.scene, area = excluded.area, density = excluded.density,
				phase = excluded.phase`,
			id, b.Version, b.Seq, b.HeapBytes, b.Nodes, b.LongTasks, b.FPS, b.SkewMS, b.Width, b.Height, b.Build, b.Scene,
			b.Area, b.Density, b.Phase)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep beat: %w", classify(err))
	}
	return nil
}

// SeeScreen keeps what a page confirmed. A confirmation of an older version than the one kept changes nothing; one of
// a version that was never given is a conflict.
func (s *Store) SeeScreen(ctx context.Context, id string, seen screen.Seen) error {
	err := s.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var version int64
		err := tx.QueryRow(ctx, "select coalesce((select version from screen where id = $1), 0)", id).Scan(&version)
		if err != nil {
			return err
		}
		if seen.Version > version {
			return fault.Conflict("Màn hình này chưa có phiên bản %d.", seen.Version)
		}
		_, err = tx.Exec(ctx, `
			insert into screen_seen as was (screen, version, at, applied, reason) values ($1, $2, now(), $3, $4)
			on conflict (screen) do update set version = excluded.version, at = excluded.at, applied = excluded.applied,
				reason = excluded.reason
			where excluded.version >= was.version`, id, seen.Version, seen.Applied, seen.Reason)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep confirmation: %w", classify(err))
	}
	return nil
}
