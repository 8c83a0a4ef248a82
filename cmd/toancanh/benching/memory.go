package benching

import (
	"context"
	"fmt"
	"time"
)

// memory opens sockets that only wait and divides what the process then holds more.
func memory(ctx context.Context, b *bench) error {
	y, err := b.theYard(ctx)
	if err != nil {
		return err
	}
	n := min(size(b, 50, 5000, 9500), openFiles()-500)
	ours, err := idle(ctx, b, idlers{part: y.hub, wish: y.wish(), n: n, head: y.feed.head})
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	floor, err := idle(ctx, b, idlers{part: y.floor, wish: y.floorWish(), n: n, head: y.floorHead})
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	b.table.row(line{
		name: fmt.Sprintf("mỗi kết nối nằm yên / idle, %d", n), figure: fmt.Sprintf("%.1f KiB", ours),
		value: ours, limit: &limit{most: 16, unit: "KiB"},
	})
	b.table.note("mức nền / floor: %.1f KiB", floor)
	return nil
}

type idlers struct {
	part *part
	wish wish
	n    int
	head int64
}

// idle answers the KiB a part holds for each of n idle sockets. A first few are opened and closed before: what a
// process allots once is not a connection's.
func idle(ctx context.Context, b *bench, i idlers) (float64, error) {
	first := newCrowd()
	if err := first.join(ctx, min(i.n, dialers), i.head, i.wish); err != nil {
		return 0, err
	}
	first.leave()
	settle := size(b, 100*time.Millisecond, 2*time.Second, 5*time.Second)
	if !pause(ctx, settle) {
		return 0, context.Cause(ctx)
	}
	before, err := residentOf(i.part.pid())
	if err != nil {
		return 0, err
	}
	c := newCrowd()
	if err := c.join(ctx, i.n, i.head, i.wish); err != nil {
		return 0, err
	}
	defer c.leave()
	if !pause(ctx, settle) {
		return 0, context.Cause(ctx)
	}
	after, err := residentOf(i.part.pid())
	return float64(after-before) / float64(i.n) / 1024, err
}
