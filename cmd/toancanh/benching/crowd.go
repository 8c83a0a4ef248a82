package benching

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// dialers is how many sockets are opened at once.
const dialers = 64

// crowd is many sockets on one topic. It counts what each of them got and holds every one to the order of numbers:
// what is missed or comes twice is counted.
type crowd struct {
	sockets []*socket
	readers sync.WaitGroup
	leaving atomic.Bool

	// event, when it is set, sees every event frame. It is called by all readers at once.
	event func(payload []byte, at time.Time)

	from      atomic.Int64   // numbers up to here were there before
	got       []atomic.Int32 // got[i]: sockets that have from+1+i
	delivered atomic.Int64
	complete  atomic.Int64  // messages everybody has
	moved     chan struct{} // a message became complete
	missed    atomic.Int64
	doubled   atomic.Int64
	anew      atomic.Int64 // sockets that were told to begin anew
	lost      atomic.Int64 // sockets that ended by themselves
}

// mostMessages bounds the messages of one run.
const mostMessages = 1 << 17

func newCrowd() *crowd {
	return &crowd{got: make([]atomic.Int32, mostMessages), moved: make(chan struct{}, 1)}
}

// join opens n sockets and reads them. from is the number after which each expects the next.
func (c *crowd) join(ctx context.Context, n int, from int64, w wish) error {
	c.reset(from)
	c.leaving.Store(false)
	c.sockets = make([]*socket, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(dialers)
	for i := range n {
		g.Go(func() error {
			s, err := open(ctx, w)
			if err != nil {
				return fmt.Errorf("socket %d of %d: %w", i+1, n, err)
			}
			c.sockets[i] = s
			c.readers.Go(func() { c.read(s, from, n) })
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		c.leave()
		return err
	}
	return nil
}

// reset begins a new count; no message may be under way.
func (c *crowd) reset(from int64) {
	c.from.Store(from)
	for i := range c.got {
		if c.got[i].Swap(0) == 0 && i > 0 {
			break
		}
	}
	c.delivered.Store(0)
	c.complete.Store(0)
}

func (c *crowd) read(s *socket, last int64, n int) {
	for {
		payload, err := s.next()
		if err != nil {
			if !c.leaving.Load() {
				c.lost.Add(1)
			}
			return
		}
		seq, ok := seqOf(payload)
		if !ok {
			last = c.begin(payload, last)
			continue
		}
		if c.event != nil {
			c.event(payload, time.Now())
		}
		switch {
		case seq <= last:
			c.doubled.Add(1)
			continue
		case seq > last+1:
			c.missed.Add(seq - last - 1)
		}
		last = seq
		c.count(seq, n)
	}
}

// begin looks at a frame that is no event: a snapshot says where a socket goes on, and a reset means that the server
// gave up telling it everything.
func (c *crowd) begin(payload []byte, last int64) int64 {
	switch {
	case bytes.HasPrefix(payload, []byte(`{"type":"snapshot"`)):
		seq, _ := numberOf(payload)
		return seq
	case bytes.HasPrefix(payload, []byte(`{"type":"reset"`)):
		c.anew.Add(1)
	}
	return last
}

func (c *crowd) count(seq int64, n int) {
	c.delivered.Add(1)
	i := seq - c.from.Load() - 1
	if i < 0 || i >= mostMessages || int(c.got[i].Add(1)) < n {
		return
	}
	c.complete.Add(1)
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// await waits until everybody has n messages; false when ctx ended or nothing moved for long.
func (c *crowd) await(ctx context.Context, n int64) bool {
	timer := time.NewTimer(deliveryLimit)
	defer timer.Stop()
	for c.complete.Load() < n {
		select {
		case <-c.moved:
			timer.Reset(deliveryLimit)
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// leave closes every socket and waits for the readers.
func (c *crowd) leave() {
	c.leaving.Store(true)
	for _, s := range c.sockets {
		if s != nil {
			_ = s.conn.Close()
		}
	}
	c.readers.Wait()
	c.sockets = nil
}

// faults says what went wrong with the deliveries; nil when nothing did.
func (c *crowd) faults() error {
	missed, doubled, anew, lost := c.missed.Load(), c.doubled.Load(), c.anew.Load(), c.lost.Load()
	if missed+doubled+anew+lost == 0 {
		return nil
	}
	return fmt.Errorf("%d messages were missed, %d came twice, %d sockets were sent back to the beginning, %d were lost", missed, doubled, anew, lost)
}
