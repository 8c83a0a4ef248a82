package benching

import (
	"context"
	"fmt"
	"time"
)

// stormMissed is how many messages everybody missed.
const stormMissed = 20

// storm drops every socket, publishes what they miss, and has all come back at once with the number they had. The
// floor's handshakes beside it are what coming back costs without any catching up.
func storm(ctx context.Context, b *bench) error {
	y, err := b.theYard(ctx)
	if err != nil {
		return err
	}
	n := min(size(b, 50, 5000, 5000), openFiles()-500)
	var p pairs
	var used []float64
	for range min(b.Rounds, 3) {
		took, cpu, err := y.comeBack(ctx, n)
		if err != nil {
			return err
		}
		floor := newCrowd()
		began := time.Now()
		if err := floor.join(ctx, n, y.floorHead, y.floorWish()); err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		p.add(took.Seconds(), time.Since(began).Seconds())
		floor.leave()
		used = append(used, cpu.Seconds())
	}
	b.table.row(line{
		name: fmt.Sprintf("%d trở lại, lỡ %d tin / back", n, stormMissed), figure: fmt.Sprintf("%.2f s, CPU %.2f s", median(p.figures), median(used)),
		floor: fmt.Sprintf("%.2f s (bắt tay)", median(p.floors)), value: p.ratio(), limit: &limit{most: 3, goal: true}, spread: p.spread(),
	})
	b.table.row(line{
		name: "thiếu hoặc lặp / missed or doubled", figure: "0", value: 0, limit: &limit{none: true},
	})
	return nil
}

// comeBack plays one storm and answers how long it took until everybody had everything.
func (y *yard) comeBack(ctx context.Context, n int) (took, cpu time.Duration, err error) {
	c := newCrowd()
	if err := c.join(ctx, n, y.feed.head, y.wish()); err != nil {
		return 0, 0, err
	}
	had := y.feed.head
	c.leave()
	for range stormMissed {
		if err := y.feed.next(); err != nil {
			return 0, 0, err
		}
	}
	w := y.wish()
	w.since = fmt.Sprintf("%s:%s=%d", y.feed.epoch, y.feed.topic, had)
	before, err := y.hub.used()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := c.join(ctx, n, had, w); err != nil {
		return 0, 0, err
	}
	defer c.leave()
	if !c.await(ctx, stormMissed) {
		return 0, 0, fmt.Errorf("not everybody caught up: %w", c.faults())
	}
	took = time.Since(began)
	after, err := y.hub.used()
	if err == nil {
		err = c.faults()
	}
	return took, after - before, err
}
