package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/screen"
)

// heardFor is how long a screen that nobody set up stays known after its page spoke.
const heardFor = 24 * time.Hour

// KnownScreen is a screen with what its page said last.
type KnownScreen struct {
	screen.Screen
	Beat    *screen.Beat
	Seen    *screen.Seen
	Pairing *KnownPairing // the newest; nil when it was never paired
}

// Screen reads a screen that was set up; ok is false for one that was not, or is deleted: then only its id and the
// version to go on from are set.
func (s *Store) Screen(ctx context.Context, id string) (one screen.Screen, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, StatementTimeout)
	defer cancel()
	one, ok, err = oneScreen(ctx, s.read, id)
	if err != nil {
		return one, false, fmt.Errorf("read screen: %w", classify(err))
	}
	return one, ok, nil
}

func oneScreen(ctx context.Context, q querier, id string) (screen.Screen, bool, error) {
	unset := screen.Unset(id)
	rows, err := q.Query(ctx, sqlScreens+"where id = $1", id)
	if err != nil {
		return unset, false, err
	}
	one, err := pgx.CollectOneRow(rows, scanScreen)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return unset, false, nil
	case err != nil:
		return unset, false, err
	case one.Deleted:
		unset.Version = one.Version
		return unset, false, nil
	}
	return one, true, nil
}

// Screens lists the screens that were set up, those that are paired and those whose page spoke within a day, by id. now is the database's
// clock.
func (s *Store) Screens(ctx context.Context, ground screen.Ground) (list []KnownScreen, now time.Time, err error) {
	err = s.inSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select now()").Scan(&now); err != nil {
			return err
		}
		list, err = readKnown(ctx, tx, now, ground)
		return err
	})
	if err != nil {
		return nil, now, fmt.Errorf("list screens: %w", classify(err))
	}
	return list, now.UTC(), nil
}

func readKnown(ctx context.Context, tx pgx.Tx, now time.Time, ground screen.Ground) ([]KnownScreen, error) {
	rows, err := tx.Query(ctx, sqlScreens)
	if err != nil {
		return nil, err
	}
	screens, err := pgx.CollectRows(rows, scanScreen)
	if err != nil {
		return nil, err
	}
	beats, err := readBeats(ctx, tx)
	if err != nil {
		return nil, err
	}
	seen, err := readSeen(ctx, tx)
	if err != nil {
		return nil, err
	}
	var heard []string
	for id, b := range beats {
		if now.Sub(b.At) < heardFor {
			heard = append(heard, id)
		}
	}
	pairings, err := readPairings(ctx, tx)
	if err != nil {
		return nil, err
	}
	for id, p := range pairings {
		if p.EndedAt == nil {
			heard = append(heard, id)
		}
	}
	var list []KnownScreen
	for _, one := range screen.NewBoard(screens, heard, ground).All() {
		list = append(list, KnownScreen{one, beats[one.ID], seen[one.ID], pairings[one.ID]})
	}
	return list, nil
}

func readBeats(ctx context.Context, tx pgx.Tx) (map[string]*screen.Beat, error) {
	rows, err := tx.Query(ctx, `select screen, at, version, seq, heap_bytes, nodes, long_tasks, fps, skew_ms, width, height,
		build, scene, area, density, phase from screen_beat`)
	if err != nil {
		return nil, err
	}
	beats := map[string]*screen.Beat{}
	var id string
	var b screen.Beat
	_, err = pgx.ForEachRow(rows, []any{
		&id, &b.At, &b.Version, &b.Seq, &b.HeapBytes, &b.Nodes, &b.LongTasks, &b.FPS, &b.SkewMS, &b.Width, &b.Height,
		&b.Build, &b.Scene, &b.Area, &b.Density, &b.Phase,
	}, func() error {
		kept := b
		kept.At = b.At.UTC()
		beats[id] = &kept
		return nil
	})
	return beats, err
}

func readSeen(ctx context.Context, tx pgx.Tx) (map[string]*screen.Seen, error) {
	rows, err := tx.Query(ctx, "select screen, at, version, applied, reason from screen_seen")
	if err != nil {
		return nil, err
	}
	seen := map[string]*screen.Seen{}
	var id string
	var n screen.Seen
	_, err = pgx.ForEachRow(rows, []any{&id, &n.At, &n.Version, &n.Applied, &n.Reason}, func() error {
		kept := n
		kept.At = n.At.UTC()
		seen[id] = &kept
		return nil
	})
	return seen, err
}
