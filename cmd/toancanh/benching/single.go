package benching

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// single posts reports one by one over many connections. The floor is the same door and the same rows with a
// transaction for each request, and nobody who announces them.
func single(ctx context.Context, b *bench) error {
	h, err := b.theHouse(ctx)
	if err != nil {
		return err
	}
	// A database of its own: what the server's relay announces would be numbered at the floor's expense.
	database, err := h.another(ctx, "apart")
	if err != nil {
		return err
	}
	apart, err := b.startPart(ctx, role{Name: "apart", Database: database})
	if err != nil {
		return err
	}
	defer apart.stop()
	senders := []int{64, 256}
	if b.Quick {
		senders = []int{8}
	}
	for _, n := range senders {
		var p pairs
		for range b.Rounds {
			var ours, floor float64
			err := b.profiled(ctx, "single", func() (err error) {
				ours, err = h.flood(ctx, b, h.address, n)
				return err
			})
			if err != nil {
				return err
			}
			if err := h.drained(ctx); err != nil {
				return err
			}
			if floor, err = h.flood(ctx, b, apart.addr, n); err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			p.add(ours, floor)
		}
		b.table.row(line{
			name: fmt.Sprintf("tin lẻ / single, %d người gửi", n), figure: fmt.Sprintf("%.0f/s", median(p.figures)), floor: fmt.Sprintf("%.0f/s", median(p.floors)),
			value: p.ratio(), limit: &limit{least: 2.5}, spread: p.spread(),
		})
	}
	return nil
}

// flood posts reports from n senders as fast as they are answered, and counts those that were taken, for each second.
func (h *house) flood(ctx context.Context, b *bench, address string, n int) (float64, error) {
	long, warm := size(b, 300*time.Millisecond, 2500*time.Millisecond, 8*time.Second), size(b, 50*time.Millisecond, 500*time.Millisecond, time.Second)
	var taken atomic.Int64
	began := time.Now()
	from, end := began.Add(warm), began.Add(warm+long)
	g, ctx := errgroup.WithContext(ctx)
	for s := range n {
		g.Go(func() error {
			for i := s; ; i += n {
				if _, err := h.postReport(address, reportBody(i)); err != nil {
					return err
				}
				now := time.Now()
				if !now.Before(end) || ctx.Err() != nil {
					return nil
				}
				if now.After(from) {
					taken.Add(1)
				}
			}
		})
	}
	err := g.Wait()
	return float64(taken.Load()) / long.Seconds(), err
}
