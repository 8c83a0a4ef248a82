package benching

import (
	"context"
	"fmt"
	"time"
)

// floorJoin is how many messages the joined floor sends in one write.
const floorJoin = 16

// fanout compares the CPU time of the hub with that of the floor for the same frames to the same number of sockets:
// one message at a time, where nothing can be joined, and with 64 under way.
func fanout(ctx context.Context, b *bench) error {
	y, err := b.theYard(ctx)
	if err != nil {
		return err
	}
	n := size(b, 20, 1000, 1000)
	ours, floor := newCrowd(), newCrowd()
	if err := ours.join(ctx, n, y.feed.head, y.wish()); err != nil {
		return err
	}
	defer ours.leave()
	if err := floor.join(ctx, n, y.floorHead, y.floorWish()); err != nil {
		return err
	}
	defer floor.leave()
	for _, c := range []struct {
		name   string
		window int64
		join   byte
		limit  limit
	}{
		{fmt.Sprintf("từng tin một / one by one, %d", n), 1, 1, limit{most: 1.4}},
		{fmt.Sprintf("dồn dập / with load, %d", n), 64, floorJoin, limit{most: 2}},
	} {
		var p pairs
		for range b.Rounds {
			one, err := drive{crowd: ours, part: y.hub, window: c.window, head: y.feed.head, multiple: 1, next: y.feed.next}.run(ctx, b)
			if err != nil {
				return fmt.Errorf("hub: %w", err)
			}
			two, err := drive{crowd: floor, part: y.floor, window: c.window, head: y.floorHead, multiple: int64(c.join), next: func() error {
				return y.nextOfFloor(c.join)
			}}.run(ctx, b)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			p.add(one, two)
		}
		b.table.row(line{
			name: c.name, figure: micros(median(p.figures)), floor: micros(median(p.floors)),
			value: p.ratio(), limit: &c.limit, spread: p.spread(),
		})
	}
	return ours.faults()
}

// micros says CPU time for a delivery; in microseconds it is also seconds for a million.
func micros(us float64) string { return fmt.Sprintf("%.2f CPU-s/10⁶", us) }

// drive publishes as fast as a window lets: a message goes out while fewer than that many are not with everybody.
type drive struct {
	crowd    *crowd
	part     *part
	window   int64
	head     int64 // the number of the last message before
	multiple int64 // the count of messages is one of this
	next     func() error
}

// deliveryLimit is how long nothing may move before a message counts as lost.
const deliveryLimit = 10 * time.Second

// run answers the CPU microseconds of the part for one delivery.
func (d drive) run(ctx context.Context, b *bench) (float64, error) {
	if err := d.publish(ctx, d.head, size(b, 100*time.Millisecond, 300*time.Millisecond, time.Second)); err != nil {
		return 0, err // the first messages warm up
	}
	head := d.head + d.crowd.complete.Load()
	before, err := d.part.used()
	if err != nil {
		return 0, err
	}
	if err := d.publish(ctx, head, size(b, 300*time.Millisecond, 1500*time.Millisecond, 5*time.Second)); err != nil {
		return 0, err
	}
	after, err := d.part.used()
	if err != nil {
		return 0, err
	}
	return float64((after - before).Microseconds()) / float64(d.crowd.delivered.Load()), nil
}

func (d drive) publish(ctx context.Context, head int64, long time.Duration) error {
	d.crowd.reset(head)
	sent := int64(0)
	for end := time.Now().Add(long); time.Now().Before(end) || sent%d.multiple != 0; {
		if sent-d.crowd.complete.Load() >= d.window && !d.crowd.await(ctx, sent-d.window+1) {
			return d.stuck(ctx, sent)
		}
		if err := d.next(); err != nil {
			return err
		}
		if sent++; sent == mostMessages {
			break
		}
	}
	if !d.crowd.await(ctx, sent) {
		return d.stuck(ctx, sent)
	}
	return nil
}

func (d drive) stuck(ctx context.Context, sent int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("of %d messages only %d reached everybody: %w", sent, d.crowd.complete.Load(), d.crowd.faults())
}
