package replaying

import (
	"context"
	"fmt"
	"time"
)

// leastPause lets items gather into a batch.
const leastPause = 500 * time.Millisecond

// stream is the play of one file's items in the order of their times.
type stream struct {
	times []time.Time // as in the file, rising
	batch int
	// send sends the items of a range. Nothing it tells may lie after now.
	send func(ctx context.Context, from, to int) error
}

// begin fixes where a file's time lies on ours.
func (p *player) begin(times []time.Time) shift {
	oldest, newest := times[0], times[len(times)-1]
	// A second's grace, for a server whose clock is a little behind.
	end := p.Now().Add(p.lasts(oldest, newest)).Add(-time.Second)
	return p.shiftOf(oldest, newest, end)
}

// play sends all items: at once, or each when its time has come.
func (p *player) play(ctx context.Context, s stream) error {
	oldest, newest := s.times[0], s.times[len(s.times)-1]
	start, lasts := p.Now(), p.lasts(oldest, newest)
	length := max(newest.Sub(oldest), 1)
	due := func(i int) time.Duration {
		return time.Duration(float64(s.times[i].Sub(oldest)) / float64(length) * float64(lasts))
	}
	for from := 0; from < len(s.times); {
		elapsed, to := p.Now().Sub(start), from
		for to < len(s.times) && to-from < s.batch && due(to) <= elapsed {
			to++
		}
		if to == from {
			if err := sleep(ctx, max(due(from)-elapsed, leastPause)); err != nil {
				return err
			}
			continue
		}
		if err := s.send(ctx, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("replay: %w", context.Cause(ctx))
	}
}
