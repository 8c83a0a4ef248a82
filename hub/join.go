package hub

import (
	"context"
	"errors"
	"slices"
	"time"

	"toancanh/schema"
)

// start is how a client begins: where it stands in each topic, and the resets and snapshots that bring it there.
type start struct {
	spots []spot // sorted by topic, as its group's
	cuts  []int64
	parts []part
}

// part is a small finished frame or a snapshot.
type part struct {
	frame    []byte
	snapshot *kept
}

// sharedFrom is the size from which a snapshot is sent from the one copy all share, in bytes.
const sharedFrom = 16 << 10

// prepare finds out where a client that has come to at goes on. reason, when it is set, is why it must start anew.
func (h *Hub) prepare(ctx context.Context, topics []*topic, at position, reason string) (*start, error) {
	b := &start{spots: make([]spot, len(topics)), cuts: make([]int64, len(topics))}
	for i, t := range topics {
		if err := t.awaitLive(ctx); err != nil {
			return nil, err
		}
		if err := h.prepareTopic(ctx, b, i, t, at, reason); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (h *Hub) prepareTopic(ctx context.Context, b *start, i int, t *topic, at position, reason string) error {
	if seq, has := at.seqs[t.name]; has && reason == "" {
		gen, why := h.resume(ctx, t, at.epoch, seq)
		if why == "" {
			b.spots[i] = spot{topic: t, gen: gen, cursor: seq}
			h.metrics.resumes.WithLabelValues("ring").Inc()
			return nil
		}
		reason = why
		h.metrics.resumes.WithLabelValues(why).Inc()
	}
	if reason != "" {
		b.parts = append(b.parts, part{frame: resetFrame(t.name, reason)})
	}
	t.mu.Lock()
	gen := t.gen
	t.mu.Unlock()
	k, err := h.snapshotFor(ctx, t)
	if err != nil {
		return err
	}
	b.spots[i], b.cuts[i] = spot{topic: t, gen: gen, cursor: k.seq}, k.seq
	b.parts = append(b.parts, part{snapshot: k})
	return nil
}

// resume reports whether a client can go on after seq, and if not, why.
func (h *Hub) resume(ctx context.Context, t *topic, epoch string, seq int64) (gen int64, reason string) {
	t.mu.Lock()
	same, ahead, base := t.epoch == epoch, seq > t.ring.head(), t.ring.base
	t.mu.Unlock()
	switch {
	case !same:
		return 0, reasonEpoch
	case ahead:
		// Another hub may have been faster than this one: ask before sending anyone back to the beginning.
		short, cancel := context.WithTimeout(ctx, h.cfg.JoinWait/2)
		reached := h.reachClaimed(short, t, seq)
		cancel()
		if !reached {
			return 0, reasonAhead
		}
	case seq < base:
		if err := h.extend(ctx, t, seq); err != nil {
			return 0, reasonTooOld
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	entries, ok := t.ring.after(seq)
	size := 0
	for i := range entries {
		size += len(entries[i].frame)
	}
	if !ok || size > h.cfg.ResumeBytes {
		return 0, reasonTooOld
	}
	return t.gen, ""
}

// reachClaimed waits until the ring has come to the seq a client claims to have. If Source answers and does not
// know it, the client is ahead.
func (h *Hub) reachClaimed(ctx context.Context, t *topic, seq int64) bool {
	there := func() bool { return t.state == live && t.ring.head() >= seq }
	for {
		t.mu.Lock()
		epoch, ok := t.epoch, there()
		t.mu.Unlock()
		if ok {
			return true
		}
		asked, err := h.probe(ctx, t)
		t.mu.Lock()
		ok = there()
		whole := t.epoch == epoch && t.known <= t.ring.head()
		t.mu.Unlock()
		if ok || asked && err == nil && whole {
			return ok
		}
		if !wait(ctx, h.cfg.RepairPause) {
			return false
		}
	}
}

// extend brings older events into the ring, so that all who come back from the same outage are served by one
// question to Source.
func (h *Hub) extend(ctx context.Context, t *topic, seq int64) error {
	_, err, _ := h.flights.Do("extend "+t.name, func() (any, error) { return nil, h.extendOnce(ctx, t, seq) })
	if err != nil {
		return err
	}
	t.mu.Lock()
	covered := seq >= t.ring.base
	t.mu.Unlock()
	if covered {
		return nil
	}
	return h.extendOnce(ctx, t, seq)
}

func (h *Hub) extendOnce(ctx context.Context, t *topic, seq int64) error {
	t.mu.Lock()
	base, epoch, gen := t.ring.base, t.epoch, t.gen
	t.mu.Unlock()
	if seq >= base {
		return nil
	}
	if base-seq > sinceLimit {
		return errTooOld
	}
	res, err := h.since(ctx, t.name, seq, epoch)
	if err != nil {
		return err
	}
	now := h.cfg.Clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gen != gen || t.ring.base != base || int64(len(res.Events)) < base-seq {
		return errBehind
	}
	older := make([]entry, 0, base-seq)
	for _, a := range res.Events[:base-seq] {
		a.Topic = t.name
		e, err := t.entryLocked(a, now)
		if err != nil {
			return err
		}
		older = append(older, e)
	}
	t.ring.prepend(older)
	return nil
}

// join takes a prepared client in. It is called again, with a new start, for a client that had to start anew.
func (s *shard) join(c *client, b *start, now time.Time) {
	if c.gone || !c.closing.IsZero() {
		return
	}
	c.again, c.noLevel = "", false
	g := s.groupFor(c, b)
	s.out.reset(c.stream, s.hub.currentEpoch(), b.spots)
	s.preamble(c, g, b, now)
	c.start = b
	if level(b.spots, g.spots) {
		s.complete(c, g, now)
		return
	}
	s.out.flushTo(s, c, now)
	g.joining = append(g.joining, c)
	s.mark(g.spots[0].topic)
}

// preamble adds what comes before the first event.
func (s *shard) preamble(c *client, g *group, b *start, now time.Time) {
	if !c.greeted {
		c.greeted = true
		s.out.buf = append(s.out.buf, c.preface...)
		c.preface = nil
		if c.stream {
			s.out.buf = appendRetry(s.out.buf, int(jitter(s.hub.cfg.Retry).Milliseconds()))
		}
		s.out.frame(s.hub.hello(g, now))
	}
	for _, p := range b.parts {
		if p.snapshot == nil {
			s.out.frame(p.frame)
			continue
		}
		s.out.shared(c, p.snapshot.bytes(c.stream))
	}
	b.parts = nil
}

// level reports whether a joiner is not ahead of its group anywhere.
func level(joiner, group []spot) bool {
	for i := range joiner {
		if joiner[i].gen != group[i].gen || joiner[i].cursor > group[i].cursor {
			return false
		}
	}
	return true
}

// enter completes a client that waited for its group to flush.
func (s *shard) enter(c *client, g *group, now time.Time) {
	s.out.reset(c.stream, s.hub.currentEpoch(), c.start.spots)
	s.complete(c, g, now)
}

// complete brings a client to where its group is and puts it in. Everything the group gets from then on is
// what the client lacks: nothing falls between, nothing comes twice.
func (s *shard) complete(c *client, g *group, now time.Time) {
	b := c.start
	c.start = nil
	for i := range b.spots {
		if !b.spots[i].topic.between(&b.spots[i], g.spots[i], b.cuts[i], &s.out) {
			s.out.flushTo(s, c, now)
			c.again = ""
			s.restart(c)
			return
		}
	}
	for i := range b.spots {
		b.spots[i].topic.allLevels(&s.out)
	}
	s.out.marked(s.hub.beat(b.spots, now))
	s.hub.metrics.deliveries.Add(float64(s.out.frames))
	s.out.flushTo(s, c, now)
	if !c.gone {
		c.allowed = c.size + s.hub.cfg.PendingBytes
		g.add(c)
	}
}

// between adds the events from a joiner's place to its group's. ok is false when the joiner's beginning does not
// hold any more.
func (t *topic) between(own *spot, group spot, cut int64, out *outbox) (ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.gen != group.gen || cut > 0 && cut < t.purgeSeq {
		return false
	}
	entries, ok := t.ring.after(own.cursor)
	if !ok {
		return false
	}
	for i := range entries {
		if entries[i].event.Seq > group.cursor {
			break
		}
		out.event(own, &entries[i])
	}
	return true
}

// restart prepares a client anew, away from the shard's goroutine, because Source may be slow.
func (s *shard) restart(c *client) {
	reason, topics := c.again, c.topics
	s.leaveGroup(c)
	began := s.hub.background(func(ctx context.Context) {
		b, err := s.hub.prepareLong(ctx, topics, reason)
		s.post(func(now time.Time) {
			if err != nil {
				s.close(c, schema.CloseUnsure, "no snapshot at present", now)
				return
			}
			s.join(c, b, now)
		})
	})
	if !began {
		s.drop(c)
	}
}

// prepareLong is prepare for clients that are in already: they wait for Source as long as a join may take
// several times over, because closing them would only bring them back.
func (h *Hub) prepareLong(ctx context.Context, topics []*topic, reason string) (*start, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*h.cfg.JoinWait)
	defer cancel()
	for {
		b, err := h.prepare(ctx, topics, position{}, reason)
		if err == nil || errors.Is(err, errTopicClosed) || !wait(ctx, h.cfg.RepairPause) {
			return b, err
		}
	}
}

// groupFor is the client's group, made if it is the first. A new group stands where its topics are.
func (s *shard) groupFor(c *client, b *start) *group {
	if g := s.groups[c.key]; g != nil {
		return g
	}
	g := &group{key: c.key, stream: c.stream, public: publicOnly(c.topics), spots: slices.Clone(b.spots)}
	for i := range g.spots {
		t := g.spots[i].topic
		t.mu.Lock()
		g.spots[i] = spot{topic: t, gen: t.gen, told: t.gen, cursor: t.ring.head(), levels: t.levels.gen, purged: t.purgeSeq}
		if t.state != live {
			g.spots[i].gen, g.spots[i].told = t.gen-1, 0
		}
		t.mu.Unlock()
		s.byTopic[t] = append(s.byTopic[t], g)
	}
	s.groups[c.key] = g
	return g
}

// leaveGroup takes a client out of its group and drops the group when it was the last.
func (s *shard) leaveGroup(c *client) {
	g := s.groups[c.key]
	if g == nil {
		return
	}
	g.remove(c)
	if len(g.clients)+len(g.joining) > 0 {
		return
	}
	delete(s.groups, g.key)
	for i := range g.spots {
		t := g.spots[i].topic
		rest := slices.DeleteFunc(s.byTopic[t], func(o *group) bool { return o == g })
		if s.byTopic[t] = rest; len(rest) == 0 {
			delete(s.byTopic, t)
		}
	}
}

// shared adds bytes that many clients get. Large ones go out from the one copy.
func (o *outbox) shared(c *client, b []byte) {
	o.frames++
	if len(b) < sharedFrom {
		o.buf = append(o.buf, b...)
		return
	}
	c.queue(append([]byte(nil), o.buf...))
	c.queue(b)
	o.buf = o.buf[:0]
}

// flushTo sends the box to one client, behind what it was given by reference.
func (o *outbox) flushTo(s *shard, c *client, now time.Time) {
	_, slow := s.slow[c]
	if len(c.pending) == 0 || slow {
		s.write(c, o.buf, now)
		return
	}
	c.queue(append([]byte(nil), o.buf...))
	if _, err := c.drain(); err != nil {
		s.drop(c)
		return
	}
	if len(c.pending) > 0 {
		s.slowed(c, now)
	}
}
