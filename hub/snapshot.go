package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"toancanh/schema"
)

// kept is a snapshot as a finished frame.
type kept struct {
	seq   int64
	built time.Time
	frame []byte

	once   sync.Once
	stream []byte
}

// bytes is the snapshot as it goes out. All who ask share it, so that a thousand joiners hold it once.
func (k *kept) bytes(stream bool) []byte {
	if !stream {
		return k.frame
	}
	k.once.Do(func() { k.stream = appendStream(nil, k.frame, "") })
	return k.stream
}

// purgeTries is how often a snapshot from before a purge is asked for again.
const purgeTries = 3

var errPurged = errors.New("snapshot is from before a purge")

// takeSnapshot asks Source for a topic's snapshot.
func (h *Hub) takeSnapshot(ctx context.Context, t *topic, epoch string) (*kept, error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.SourceTimeout)
	defer cancel()
	if err := h.ask(ctx); err != nil {
		return nil, err
	}
	defer h.answered()
	built := h.cfg.Clock.Now()
	s, err := h.cfg.Source.Snapshot(ctx, t.name)
	if err != nil {
		return nil, fmt.Errorf("ask for snapshot of %s: %w", t.name, err)
	}
	if s.Epoch != epoch {
		return nil, errOtherEpoch
	}
	frame, err := encode(schema.SnapshotFrame{Type: schema.TypeSnapshot, Topic: t.name, Epoch: s.Epoch, Seq: s.Seq, At: s.At, Data: s.Data})
	if err != nil {
		return nil, err
	}
	h.metrics.snapshots.Inc()
	return &kept{seq: s.Seq, built: built, frame: frame}, nil
}

// snapshotFor returns a snapshot a joiner can go on from: the kept one while nothing happened after it or it is
// young, else a new one. Joiners that come together share one question.
func (h *Hub) snapshotFor(ctx context.Context, t *topic) (*kept, error) {
	for try := 0; ; try++ {
		if k := t.usable(h.cfg.Clock.Now(), h.cfg.SnapshotEvery); k != nil {
			return k, nil
		}
		_, err, _ := h.flights.Do(t.name, func() (any, error) { return nil, h.renew(t) })
		if err == nil {
			if k := t.covered(); k != nil {
				return k, nil
			}
			err = errPurged
		}
		if k := t.covered(); k != nil && !errors.Is(err, errPurged) {
			return k, nil // older than wished, but the ring holds everything after it
		}
		if try+1 == purgeTries || !wait(ctx, h.cfg.RepairPause) {
			return nil, err
		}
	}
}

// renew replaces the kept snapshot. It runs for all who wait, so it does not end with any one of them.
func (h *Hub) renew(t *topic) error {
	ctx, cancel := h.lifetime(2 * h.cfg.SourceTimeout)
	defer cancel()
	t.mu.Lock()
	epoch, gen := t.epoch, t.gen
	t.mu.Unlock()
	k, err := h.takeSnapshot(ctx, t, epoch)
	if err != nil {
		return err
	}
	h.reach(ctx, t, k.seq)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.gen != gen || t.epoch != epoch:
		return errNotReady
	case k.seq < t.purgeSeq:
		return errPurged
	case k.seq < t.ring.base:
		return errBehind
	}
	t.snap = k
	return nil
}

// usable is the kept snapshot if it is still good for joiners.
func (t *topic) usable(now time.Time, every time.Duration) *kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.snap
	if k == nil || k.seq < t.ring.base || k.seq < t.ring.head() && now.Sub(k.built) >= every {
		return nil
	}
	return k
}

// covered is the kept snapshot however old, if the ring holds everything after it.
func (t *topic) covered() *kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.snap == nil || t.snap.seq < t.ring.base {
		return nil
	}
	return t.snap
}
