package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"toancanh/schema"
)

// sinceLimit is how many events one question to Source asks for.
const sinceLimit = 1000

// maxRepairPause bounds the pause between two tries at Source.
const maxRepairPause = 2 * time.Second

var (
	errTooOld     = errors.New("events are no longer kept")
	errOtherEpoch = errors.New("source is in another epoch")
	errBehind     = errors.New("source is behind the bus")
)

// startRepairLocked makes sure that a goroutine fills the topic's gap. The caller holds the topic's lock.
func (h *Hub) startRepairLocked(t *topic) {
	if t.repairing {
		return
	}
	t.repairing = true
	if !h.background(func(ctx context.Context) { h.repair(ctx, t) }) {
		t.repairing = false
	}
}

// repair asks Source until nothing is missing. While it fails longer than clients can be left in doubt, they are
// told to reset; then a snapshot brings the topic back.
func (h *Hub) repair(ctx context.Context, t *topic) {
	pause, began, told := h.cfg.RepairPause, h.cfg.Clock.Now(), false
	for ctx.Err() == nil {
		if t.settle() {
			return
		}
		err := h.mend(ctx, t)
		if err == nil {
			pause, began = h.cfg.RepairPause, h.cfg.Clock.Now()
			continue
		}
		if errors.Is(err, errTooOld) || h.cfg.Clock.Now().Sub(began) > h.cfg.RepairPatience {
			h.giveUp(ctx, t, err, &told)
		}
		h.metrics.repairs.WithLabelValues("failed").Inc()
		if !wait(ctx, pause) {
			break
		}
		pause = min(2*pause, maxRepairPause)
	}
	t.mu.Lock()
	t.repairing = false
	t.mu.Unlock()
}

// settle ends the repair when nothing is missing.
func (t *topic) settle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	whole := t.state == live && !t.verify && t.known <= t.ring.head()
	if whole || t.state == closed || t.state == opening {
		t.repairing = false
		return true
	}
	return false
}

// giveUp breaks the topic unless it already is or nothing is known to be missing.
func (h *Hub) giveUp(ctx context.Context, t *topic, cause error, told *bool) {
	t.mu.Lock()
	lost := t.state == live && (t.known > t.ring.head() || errors.Is(cause, errTooOld))
	if lost {
		t.breakLocked(reasonGap)
	}
	t.mu.Unlock()
	if lost && !*told {
		*told = true
		h.metrics.resets.WithLabelValues(reasonGap).Inc()
		h.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "gap could not be filled", slog.String("topic", t.name), slog.Any("err", cause))
		h.mark(t)
	}
}

// mend makes one step: a broken topic gets a snapshot, a live one the events it lacks.
func (h *Hub) mend(ctx context.Context, t *topic) error {
	t.mu.Lock()
	state := t.state
	t.mu.Unlock()
	if state == broken {
		return h.recover(ctx, t)
	}
	if err := h.fill(ctx, t); err != nil {
		return err
	}
	h.metrics.repairs.WithLabelValues("filled").Inc()
	return nil
}

// fill asks Source once for what comes after the ring's head.
func (h *Hub) fill(ctx context.Context, t *topic) error {
	t.mu.Lock()
	head, epoch, gen := t.ring.head(), t.epoch, t.gen
	t.mu.Unlock()
	res, err := h.since(ctx, t.name, head, epoch)
	if err != nil {
		return err
	}
	now := h.cfg.Clock.Now()
	t.mu.Lock()
	if t.gen != gen || t.epoch != epoch || t.state != live {
		t.mu.Unlock()
		return nil
	}
	var sum applyResult
	for _, a := range res.Events {
		if a.Topic = t.name; a.Seq > t.ring.head() {
			sum.add(t.applyLocked(h, a, now))
		}
	}
	t.verify = false
	t.known = max(t.known, res.Head)
	stuck := t.known > t.ring.head() && t.ring.head() == head
	t.mu.Unlock()
	if sum.dirty {
		h.mark(t)
	}
	if sum.refresh {
		h.startRefresh(t)
	}
	if stuck {
		return errBehind
	}
	return nil
}

// since asks Source within its time and checks the answer.
func (h *Hub) since(ctx context.Context, name string, seq int64, epoch string) (schema.SourceSince, error) {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.SourceTimeout)
	defer cancel()
	if err := h.ask(ctx); err != nil {
		return schema.SourceSince{}, err
	}
	defer h.answered()
	res, err := h.cfg.Source.Since(ctx, name, seq, sinceLimit)
	switch {
	case err != nil:
		return res, fmt.Errorf("ask for events of %s after %d: %w", name, seq, err)
	case res.Epoch != epoch:
		return res, errOtherEpoch
	case res.TooOld:
		return res, errTooOld
	}
	for i, a := range res.Events {
		if a.Seq != seq+int64(i)+1 {
			return res, fmt.Errorf("events of %s after %d: seq %d at place %d", name, seq, a.Seq, i)
		}
	}
	return res, nil
}

// ask waits for one of the places at Source, so that many topics do not storm it at once.
func (h *Hub) ask(ctx context.Context) error {
	select {
	case h.asking <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the source: %w", ctx.Err())
	}
}

func (h *Hub) answered() { <-h.asking }

// recover brings a broken topic back with a snapshot.
func (h *Hub) recover(ctx context.Context, t *topic) error {
	if t.name == schema.ControlTopic {
		return h.recoverControl(ctx, t)
	}
	t.mu.Lock()
	gen, epoch := t.gen, t.epoch
	t.mu.Unlock()
	k, err := h.takeSnapshot(ctx, t, epoch)
	if err != nil {
		return err
	}
	t.mu.Lock()
	if t.gen == gen && t.state == broken && t.epoch == epoch {
		t.ring.restart(k.seq)
		t.snap, t.fresh, t.freshAt, t.state = k, k, k.built, live
		t.known = max(t.known, k.seq)
		t.signalLocked()
	}
	t.mu.Unlock()
	h.mark(t)
	h.metrics.repairs.WithLabelValues("snapshot").Inc()
	return nil
}

// startRefresh gives every client of a topic a new snapshot without a reset, while events go on.
func (h *Hub) startRefresh(t *topic) {
	h.background(func(ctx context.Context) {
		pause := h.cfg.RepairPause
		for !h.refresh(ctx, t) && wait(ctx, pause) {
			pause = min(2*pause, maxRepairPause)
		}
	})
}

// refresh reports whether the topic needs no further try.
func (h *Hub) refresh(ctx context.Context, t *topic) bool {
	t.mu.Lock()
	gen, epoch, state, head := t.gen, t.epoch, t.state, t.ring.head()
	t.mu.Unlock()
	if state != live {
		return true // whatever broke it brings a snapshot anyway
	}
	k, err := h.takeSnapshot(ctx, t, epoch)
	if err != nil || k.seq < head {
		return false
	}
	h.reach(ctx, t, k.seq)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gen != gen || t.state != live {
		return true
	}
	if k.seq < t.ring.base || k.seq < t.purgeSeq {
		return false
	}
	t.gen++
	t.reason, t.fresh, t.freshAt, t.snap = "", k, k.built, k
	h.mark(t)
	return true
}

// reach waits a little until the ring has come to seq, asking Source if the bus is slower. A joiner whose snapshot
// is ahead of the ring would otherwise get some events twice, which is harmless, so this gives up soon.
func (h *Hub) reach(ctx context.Context, t *topic, seq int64) {
	there := func() bool { return t.state == live && t.ring.head() >= seq }
	for range 5 {
		short, cancel := context.WithTimeout(ctx, h.cfg.RepairPause/2)
		err := t.await(short, there)
		cancel()
		if err == nil {
			return
		}
		if _, err := h.probe(ctx, t); err != nil {
			return
		}
	}
}

// probe asks Source for events after the head, at most once in RepairPause a topic: a client that claims a
// position from the future must not make the hub storm its source. It reports whether it asked.
func (h *Hub) probe(ctx context.Context, t *topic) (asked bool, err error) {
	now := h.cfg.Clock.Now()
	t.mu.Lock()
	due := now.Sub(t.probed) >= h.cfg.RepairPause && t.state == live
	if due {
		t.probed = now
	}
	t.mu.Unlock()
	if !due {
		return false, nil
	}
	return true, h.fill(ctx, t)
}
