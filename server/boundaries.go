package server

import (
	"context"
	"log/slog"
	"time"

	"toancanh/server/area"
	"toancanh/server/intake"
	"toancanh/server/store"
)

// Rhythm of looking for imported boundaries.
const (
	boundariesEvery = time.Second
	boundariesLimit = 30 * time.Second // to read and draw them
)

// boundaries keeps the maps in use the newest ones of the database.
type boundaries struct {
	store   *store.Store
	atlas   *area.Atlas
	log     *slog.Logger
	changed []func() error // told after maps were exchanged
	version int64
}

// Run follows the database until ctx ends. A map that cannot be drawn leaves the one before in use.
func (b *boundaries) Run(ctx context.Context) error {
	tick := time.NewTicker(boundariesEvery)
	defer tick.Stop()
	failing := false
	for {
		err := b.look(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			b.log.LogAttrs(ctx, slog.LevelWarn, "boundaries cannot be read", slog.Any("err", err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look exchanges maps when there is a newer version.
func (b *boundaries) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, boundariesLimit)
	defer cancel()
	newest, err := b.store.BoundaryVersion(ctx)
	if err != nil || newest == b.version {
		return err
	}
	inUse, err := b.store.BoundariesInUse(ctx)
	if err != nil {
		return err
	}
	for _, d := range b.atlas.Tree.Divisions() {
		b.use(ctx, d.Code, inUse)
	}
	for _, tell := range b.changed {
		if err := tell(); err != nil {
			return err
		}
	}
	b.version = newest
	return nil
}

// use takes the boundaries of a division into use: those of its narrowest level that has any. Wider ones are kept for
// the day that one is removed: a map whose districts cut through its communes would not be true.
func (b *boundaries) use(ctx context.Context, division string, inUse []store.Boundary) {
	var best *store.Boundary
	newest := int64(0)
	for _, level := range b.atlas.Tree.Levels(division) { // widest first
		for i := range inUse {
			if x := &inUse[i]; x.Division == division && x.Level == level {
				newest = max(newest, x.Version)
				if x.Active {
					best = x
				}
			}
		}
	}
	if m, ok := b.atlas.Map(division); ok && m.Version == newest {
		return
	}
	attrs := []slog.Attr{slog.String("division", division), slog.Int64("version", newest)}
	if best == nil {
		b.atlas.UseSchematic(division, newest)
		b.log.LogAttrs(ctx, slog.LevelInfo, "boundaries removed, the schematic is in use", attrs...)
		return
	}
	m, err := b.atlas.Around(area.Source{Division: division, Credit: best.Credit, Licence: best.Licence, Version: newest}, best.Level, best.Shapes)
	if err != nil {
		b.log.LogAttrs(ctx, slog.LevelError, "boundaries cannot be drawn, the map before stays in use", append(attrs, slog.Any("err", err))...)
		return
	}
	b.atlas.Use(m)
	late := 0
	if !m.Schematic {
		late, err = b.store.ProposeLate(ctx, *best, intake.Locate(m))
	}
	if err != nil {
		b.log.LogAttrs(ctx, slog.LevelWarn, "late reports were not proposed new places", append(attrs, slog.Any("err", err))...)
	}
	b.log.LogAttrs(ctx, slog.LevelInfo, "boundaries in use", append(attrs, slog.String("level", string(best.Level)), slog.Int("late", late))...)
}
