package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"toancanh/schema"
)

// topicState is how far a topic can be trusted.
type topicState uint8

const (
	opening topicState = iota // the head is not known yet
	live                      // the ring continues without a gap, or is being repaired
	broken                    // continuity is lost; a snapshot is on its way
	closed                    // nobody listens any more
)

// Reasons of a reset, as clients see them.
const (
	reasonEpoch  = "epoch"
	reasonAhead  = "ahead"
	reasonTooOld = "too_old"
	reasonGap    = "gap"
	reasonSlow   = "slow"
	reasonPurge  = "purge"
)

// topic is one stream of events: its ring, levels and kept snapshot. Shards read it at their own pace, each
// group of clients from its own place, so that a topic never waits for anybody.
type topic struct {
	// Static after construction.
	name string
	feed *feed

	mu    sync.Mutex
	state topicState
	epoch string
	ring  ring
	known int64 // the highest seq heard of; above ring.head() while something is missing

	held      map[int64]schema.Announced // events behind a gap
	verify    bool                       // something may have been missed without anybody saying so
	repairing bool                       // a goroutine is asking Source

	gen       int64     // grows whenever clients must take a snapshot to go on
	reason    string    // why; empty when no reset is to be sent before the snapshot
	fresh     *kept     // the snapshot of this gen; nil until it is there
	freshAt   time.Time // when it came
	snap      *kept     // for joiners
	purged    map[string]int64
	purgeSeq  int64 // the newest purge; a snapshot from before it must not be shown
	levels    levels
	probed    time.Time
	users     int       // clients and joiners
	idleSince time.Time // when users became 0

	changed chan struct{} // closed and replaced when state or ring.head() moves while somebody waits
}

var (
	errTopicClosed = errors.New("topic is closed")
	errNotReady    = errors.New("topic is not ready")
)

// maxPurged bounds the ids a topic remembers as purged.
const maxPurged = 4096

func newTopic(name string, f *feed) *topic {
	return &topic{name: name, feed: f, held: map[int64]schema.Announced{}, purged: map[string]int64{}, changed: make(chan struct{})}
}

// begin makes an opening topic live at head. The caller holds the feed's lock.
func (t *topic) begin(epoch string, head int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != opening {
		return
	}
	t.epoch, t.state = epoch, live
	t.ring.restart(head)
	t.known = max(t.known, head)
	if t.name == schema.ControlTopic {
		t.breakLocked("") // past revocations count too; the repair reads them
		t.feed.hub.startRepairLocked(t)
	}
	t.signalLocked()
}

// adopt moves a topic into another epoch: its numbers and levels mean nothing there.
func (t *topic) adopt(epoch string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch, t.known, t.purgeSeq = epoch, 0, 0
	clear(t.purged)
	t.levels.forget()
	if t.state == opening || t.state == closed {
		return
	}
	t.breakLocked(reasonEpoch)
	t.ring.restart(0)
	t.feed.hub.metrics.resets.WithLabelValues(reasonEpoch).Inc()
	t.feed.hub.startRepairLocked(t)
}

// signalLocked wakes whoever waits for the topic to move.
func (t *topic) signalLocked() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// await waits until done, called under the lock, is true.
func (t *topic) await(ctx context.Context, done func() bool) error {
	for {
		t.mu.Lock()
		ok, gone, changed := done(), t.state == closed, t.changed
		t.mu.Unlock()
		switch {
		case ok:
			return nil
		case gone:
			return errTopicClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errNotReady
		}
	}
}

func (t *topic) awaitLive(ctx context.Context) error {
	return t.await(ctx, func() bool { return t.state == live })
}

// applyResult tells the feed what to do after an event.
type applyResult struct {
	dirty   bool // shards have something to send
	gap     bool // events are missing
	refresh bool // everybody needs a new snapshot
}

func (r *applyResult) add(o applyResult) {
	r.dirty, r.gap, r.refresh = r.dirty || o.dirty, r.gap || o.gap, r.refresh || o.refresh
}

// applyLocked takes one event: the next one goes into the ring with whatever waited for it, a later one waits.
func (t *topic) applyLocked(h *Hub, a schema.Announced, now time.Time) applyResult {
	t.known = max(t.known, a.Seq)
	head := t.ring.head()
	switch {
	case t.state != live:
		return applyResult{}
	case a.Seq <= head:
		h.metrics.batches.WithLabelValues("duplicate").Inc()
		return applyResult{}
	case a.Seq > head+1:
		if len(t.held) < h.cfg.HoldEvents {
			t.held[a.Seq] = a
		}
		return applyResult{gap: true}
	}
	res := t.appendLocked(h, a, now)
	for {
		next, ok := t.held[t.ring.head()+1]
		if !ok {
			break
		}
		delete(t.held, next.Seq)
		res.add(t.appendLocked(h, next, now))
	}
	res.gap = t.known > t.ring.head()
	t.ring.trim(now.Add(-h.cfg.RingFor), h.cfg.RingBytes)
	t.signalLocked()
	return res
}

// appendLocked puts the event after head into the ring.
func (t *topic) appendLocked(h *Hub, a schema.Announced, now time.Time) applyResult {
	e, err := t.entryLocked(a, now)
	if err != nil {
		// Its number must not be missing: without it the sequence would never be whole again.
		h.metrics.batches.WithLabelValues("poison").Inc()
		if e, err = goneInstead(a, now); err != nil {
			return applyResult{}
		}
	}
	t.ring.add(e)
	res := applyResult{dirty: true, refresh: a.Kind == schema.KindReset}
	if a.Kind == schema.KindReset {
		t.snap = nil
	}
	if a.Kind == schema.KindGone && a.Purge {
		res.add(t.purgeLocked(h, a, now))
	}
	if t.name == schema.ControlTopic {
		h.control.revoke(h, a)
	}
	return res
}

// entryLocked encodes an event, without its payload if its thing was purged later.
func (t *topic) entryLocked(a schema.Announced, now time.Time) (entry, error) {
	if a.Seq < t.purged[a.ID] {
		return goneInstead(a, now)
	}
	return newEntry(a, now)
}

// purgeLocked erases every trace of a withdrawn thing from before its withdrawal.
func (t *topic) purgeLocked(h *Hub, a schema.Announced, now time.Time) applyResult {
	if len(t.purged) >= maxPurged {
		clear(t.purged) // the ring has moved on by far more than it holds
	}
	t.purged[a.ID] = a.Seq
	t.purgeSeq = a.Seq
	t.snap = nil
	if err := t.ring.purge(a.ID, a.Seq); err != nil {
		t.ring.restart(t.ring.head())
	}
	for seq, b := range t.held {
		if b.ID == a.ID && seq < a.Seq {
			delete(t.held, seq)
		}
	}
	h.metrics.resets.WithLabelValues(reasonPurge).Inc()
	// A shard that has not sent the newest snapshot yet would send the withdrawn thing.
	stale := t.fresh != nil && now.Sub(t.freshAt) < time.Second
	t.fresh = nil
	return applyResult{refresh: stale}
}

// breakLocked gives up continuity: clients are told to reset and nothing is delivered before a snapshot.
func (t *topic) breakLocked(reason string) {
	t.state, t.reason, t.fresh, t.snap = broken, reason, nil, nil
	t.gen++
	t.ring.restart(t.ring.head())
	clear(t.held)
	t.signalLocked()
}

// highest is the highest seq the hub has heard of.
func (t *topic) highest() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.known, t.ring.head())
}

// spot is where a group of clients stands in a topic.
type spot struct {
	topic  *topic
	gen    int64
	told   int64 // the gen whose reset was sent
	cursor int64 // the last seq sent
	levels uint64
	purged int64 // the newest purge the group's unsent bytes were cleared of
}

// advance adds what a group at s has not had yet: resets, snapshots and events. It returns how long the oldest
// of the events has waited.
func (t *topic) advance(h *Hub, s *spot, out *outbox, now time.Time) (waited time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.purgeSeq != s.purged {
		s.purged, out.purged = t.purgeSeq, true
	}
	if s.gen != t.gen && !t.catchUpLocked(s, out) {
		return 0
	}
	entries, ok := t.ring.after(s.cursor)
	if !ok {
		// The ring outran its readers, which only a starved process can bring about.
		t.breakLocked(reasonGap)
		h.startRepairLocked(t)
		return 0
	}
	for i := range entries {
		out.event(s, &entries[i])
	}
	if len(entries) > 0 {
		waited = now.Sub(entries[0].kept)
	}
	return waited
}

// catchUpLocked brings a group into the topic's gen. It reports whether events may follow.
func (t *topic) catchUpLocked(s *spot, out *outbox) bool {
	if t.reason != "" && s.told != t.gen {
		out.frame(resetFrame(t.name, t.reason))
		s.told = t.gen
	}
	if t.state != live || t.fresh == nil {
		return false
	}
	if t.reason == "" {
		// The sequence is whole: only what is behind the snapshot must not come before it.
		entries, _ := t.ring.after(s.cursor)
		for i := range entries {
			if entries[i].event.Seq > t.fresh.seq {
				break
			}
			out.event(s, &entries[i])
		}
	}
	s.gen, s.cursor = t.gen, t.fresh.seq
	out.snapshot(s, t.fresh.frame)
	return true
}
