package hub

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"toancanh/schema"
)

// Bounds of what is kept of revocations: longer than any ticket lives.
const (
	revocationsFor = 48 * time.Hour
	maxRevocations = 100_000
)

// control knows which tickets are void, and since when that knowledge is certain.
type control struct {
	mu     sync.Mutex
	before map[string]time.Time // subject -> tickets issued before this are void
	sureAt time.Time            // when a pulse last confirmed that no revocation is missing
}

// revoke takes an event of the control topic: the one payload a hub reads.
func (c *control) revoke(h *Hub, a schema.Announced) {
	var r schema.Revocation
	if json.Unmarshal(a.Data, &r) != nil || r.Subject == "" {
		h.metrics.batches.WithLabelValues("poison").Inc()
		return
	}
	c.mu.Lock()
	if len(c.before) >= maxRevocations {
		oldest := h.cfg.Clock.Now().Add(-revocationsFor)
		for s, at := range c.before {
			if at.Before(oldest) {
				delete(c.before, s)
			}
		}
	}
	if r.Before.After(c.before[r.Subject]) {
		c.before[r.Subject] = r.Before
	}
	c.mu.Unlock()
	for _, s := range h.shards {
		s.recheck.Store(true)
		s.wake()
	}
}

// revoked reports whether a ticket is void.
func (c *control) revoked(subject string, issued time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return issued.Before(c.before[subject])
}

// confirm notes that no revocation is missing, if that is so.
func (c *control) confirm(t *topic, now time.Time) {
	t.mu.Lock()
	whole := t.state == live && t.known <= t.ring.head()
	t.mu.Unlock()
	if !whole {
		return
	}
	c.mu.Lock()
	c.sureAt = now
	c.mu.Unlock()
}

// unsure reports whether revocations may have been missed for longer than grace.
func (c *control) unsure(now time.Time, grace time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sureAt.IsZero() || now.Sub(c.sureAt) > grace
}

// recoverControl reads as many past revocations as Source still has and goes on behind them.
func (h *Hub) recoverControl(ctx context.Context, t *topic) error {
	t.mu.Lock()
	gen, epoch, head := t.gen, t.epoch, t.known
	t.mu.Unlock()
	seq, err := h.oldRevocations(ctx, t, epoch, head)
	if err != nil {
		return err
	}
	t.mu.Lock()
	if t.gen == gen && t.state == broken {
		t.ring.restart(seq)
		t.state = live
		t.signalLocked()
	}
	t.mu.Unlock()
	if known, _, _ := t.feed.health(); known {
		h.control.confirm(t, h.cfg.Clock.Now())
	}
	return nil
}

// oldRevocations goes back as far as events are kept and returns the last seq it read.
func (h *Hub) oldRevocations(ctx context.Context, t *topic, epoch string, head int64) (int64, error) {
	for back := head; ; back /= 4 {
		res, err := h.since(ctx, t.name, head-back, epoch)
		switch {
		case errors.Is(err, errTooOld) && back > 0:
			continue
		case errors.Is(err, errTooOld):
			return head, nil
		case err != nil:
			return 0, err
		}
		for _, a := range res.Events {
			h.control.revoke(h, a)
		}
		return head - back + int64(len(res.Events)), nil
	}
}
