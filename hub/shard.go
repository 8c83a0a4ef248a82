package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"toancanh/schema"
)

// Bounds and paces of a shard.
const (
	shardQueue   = 1024                   // acts of readers that wait
	houseEvery   = 250 * time.Millisecond // how often expiry, pings and closes are looked at
	closeWait    = 2 * time.Second        // how long a client may take to answer a close
	slowPauseMax = 250 * time.Millisecond // longest pause between two tries at a full socket
	idleWait     = time.Second            // longest sleep
)

// shard owns a part of the clients: one goroutine does everything that touches them, so a client needs no lock,
// and nothing it does waits for a socket.
type shard struct {
	hub   *Hub
	ops   chan func(now time.Time) // never closed
	woken chan struct{}            // never closed
	done  chan struct{}            // closed when run takes no more

	posting atomic.Int64 // callers inside post

	recheck atomic.Bool // revocations came

	mu    sync.Mutex
	dirty map[*topic]struct{}

	// Owned by run.
	clients   []*client
	groups    map[string]*group
	byTopic   map[*topic][]*group
	slow      map[*client]struct{}
	later     map[*topic]time.Time // levels that wait for their turn
	out       outbox
	lastFlush time.Time
	nextBeat  time.Time
	beats     int
	nextHouse time.Time
}

func newShard(h *Hub) *shard {
	return &shard{
		hub: h, ops: make(chan func(time.Time), shardQueue), woken: make(chan struct{}, 1), done: make(chan struct{}),
		dirty: map[*topic]struct{}{}, groups: map[string]*group{}, byTopic: map[*topic][]*group{},
		slow: map[*client]struct{}{}, later: map[*topic]time.Time{},
	}
}

// post has op run on the shard's goroutine. It reports whether that will happen.
func (s *shard) post(op func(now time.Time)) bool {
	s.posting.Add(1)
	defer s.posting.Add(-1)
	select {
	case <-s.done:
		return false
	default:
	}
	select {
	case s.ops <- op:
		return true
	case <-s.done:
		return false
	}
}

func (s *shard) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// mark notes that a topic has something new.
func (s *shard) mark(t *topic) {
	s.mu.Lock()
	s.dirty[t] = struct{}{}
	s.mu.Unlock()
	s.wake()
}

func (s *shard) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			s.end()
			return
		case op := <-s.ops:
			op(s.hub.cfg.Clock.Now())
		case <-s.woken:
		case <-timer.C:
		}
		timer.Reset(s.tick(s.hub.cfg.Clock.Now()))
	}
}

// end refuses further acts, runs those that were taken, and cuts every connection.
func (s *shard) end() {
	close(s.done)
	for {
		// Whoever came into post after done was closed gets nothing in; whoever was in it is out at once.
		last := s.posting.Load() == 0
		now := s.hub.cfg.Clock.Now()
		for more := true; more; {
			select {
			case op := <-s.ops:
				op(now)
			default:
				more = false
			}
		}
		for len(s.clients) > 0 {
			c := s.clients[len(s.clients)-1]
			s.close(c, schema.CloseGoingAway, "", now)
			s.drop(c)
		}
		if last {
			return
		}
		runtime.Gosched()
	}
}

// tick does what is due and returns how long nothing more is.
func (s *shard) tick(now time.Time) time.Duration {
	s.flushDirty(now)
	if !now.Before(s.nextBeat) {
		s.beat(now)
	}
	for c := range s.slow {
		if !now.Before(c.tryAt) {
			s.push(c, now)
		}
	}
	if s.recheck.Swap(false) {
		s.revoke(now)
	}
	if !now.Before(s.nextHouse) {
		s.house(now)
	}
	return s.next(now)
}

func (s *shard) next(now time.Time) time.Duration {
	at := s.nextHouse
	soonest := func(t time.Time) {
		if t.Before(at) {
			at = t
		}
	}
	soonest(s.nextBeat)
	s.mu.Lock()
	waiting := len(s.dirty) > 0
	s.mu.Unlock()
	if waiting {
		soonest(s.lastFlush.Add(s.hub.cfg.FlushEvery))
	}
	for _, due := range s.later {
		if next := s.lastFlush.Add(s.hub.cfg.FlushEvery); due.Before(next) {
			due = next
		}
		soonest(due)
	}
	if len(s.slow) > 0 {
		soonest(now.Add(s.hub.cfg.FlushEvery))
	}
	return min(max(at.Sub(now), 0), idleWait)
}

// flushDirty sends what is new: at once after a pause, else at most every FlushEvery, so that events that come
// together travel together.
func (s *shard) flushDirty(now time.Time) {
	if now.Sub(s.lastFlush) < s.hub.cfg.FlushEvery {
		return
	}
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = map[*topic]struct{}{}
	s.mu.Unlock()
	for t, due := range s.later {
		if !now.Before(due) {
			delete(s.later, t)
			dirty[t] = struct{}{}
		}
	}
	seen := map[*group]struct{}{}
	for t := range dirty {
		for _, g := range s.byTopic[t] {
			if _, twice := seen[g]; !twice {
				seen[g] = struct{}{}
				s.lastFlush = now
				s.flush(g, now, false)
			}
		}
	}
}

// flush sends a group everything it has not had.
func (s *shard) flush(g *group, now time.Time, beat bool) {
	out := &s.out
	out.reset(g.stream, s.hub.currentEpoch(), g.spots)
	var waited time.Duration
	for i := range g.spots {
		waited = max(waited, g.spots[i].topic.advance(s.hub, &g.spots[i], out, now))
	}
	facts := len(out.buf)
	for i := range g.spots {
		t := g.spots[i].topic
		if due := t.levelsAfter(&g.spots[i], out, now, s.hub.cfg.LevelEvery); !due.IsZero() {
			s.later[t] = due
		}
	}
	if beat {
		out.frame(s.hub.beat(g.spots, now))
	}
	if out.purged {
		s.forget(g)
	}
	if len(out.buf) > 0 {
		for _, v := range slices.Backward(g.clients) {
			s.deliver(v, facts, now)
		}
		s.hub.metrics.deliveries.Add(float64(out.frames * len(g.clients)))
		if waited > 0 {
			s.hub.metrics.lag.Observe(waited.Seconds())
		}
	}
	if len(g.joining) > 0 {
		joining := g.joining
		g.joining = nil
		for _, c := range joining {
			s.enter(c, g, now)
		}
	}
}

// deliver gives a client what is in the outbox. A client that still has unsent bytes gets the facts only:
// levels are worth nothing when late.
func (s *shard) deliver(c *client, facts int, now time.Time) {
	if len(c.pending) == 0 {
		n, err := c.link.send(s.out.buf)
		switch {
		case err == nil:
			return
		case !errors.Is(err, errFull):
			s.drop(c)
			return
		}
		c.queue(s.out.keep(len(s.out.buf)))
		c.sent = n
		c.size -= n
		// What came in one flush, such as the events of an outage, is not the client's slowness.
		c.allowed = c.size + s.hub.cfg.PendingBytes
		s.slowed(c, now)
		return
	}
	if facts < len(s.out.buf) {
		c.noLevel = true
	}
	if facts > 0 {
		c.queue(s.out.keep(facts))
		if facts > s.hub.cfg.PendingBytes {
			c.allowed = max(c.allowed, min(c.size, s.hub.cfg.ResumeBytes)+s.hub.cfg.PendingBytes) // the next page of the same outage
		}
	}
	if c.size > c.allowed {
		s.skip(c, reasonSlow)
	}
}

// forget clears what a group's slow clients have not been sent yet: what was withdrawn may stand in it.
func (s *shard) forget(g *group) {
	for _, v := range slices.Backward(g.clients) {
		if c := v; len(c.pending) > 0 {
			s.skip(c, reasonPurge)
		}
	}
}

// slowed puts a client among those whose sockets are tried again.
func (s *shard) slowed(c *client, now time.Time) {
	c.stuck, c.pause = now, s.hub.cfg.FlushEvery
	c.tryAt = now.Add(c.pause)
	s.slow[c] = struct{}{}
}

// skip gives up what a client has not had: it starts anew from a snapshot when its socket takes bytes again.
func (s *shard) skip(c *client, reason string) {
	c.cut()
	c.again = reason
	s.leaveGroup(c)
	s.hub.metrics.resets.WithLabelValues(reason).Inc()
	if len(c.pending) == 0 {
		delete(s.slow, c)
		s.restart(c)
	}
}

// push tries a slow client's socket again.
func (s *shard) push(c *client, now time.Time) {
	progress, err := c.drain()
	if err != nil {
		s.drop(c)
		return
	}
	if progress {
		c.stuck, c.pause = now, s.hub.cfg.FlushEvery
	} else {
		c.pause = min(2*c.pause, slowPauseMax)
	}
	c.tryAt = now.Add(c.pause)
	if len(c.pending) > 0 {
		return
	}
	delete(s.slow, c)
	switch {
	case !c.closing.IsZero():
	case c.again != "":
		s.restart(c)
	case c.noLevel && c.group != nil:
		c.noLevel = false
		s.sendLevels(c, now)
	}
}

func (s *shard) sendLevels(c *client, now time.Time) {
	s.out.reset(c.stream, s.hub.currentEpoch(), c.group.spots)
	for i := range c.group.spots {
		c.group.spots[i].topic.allLevels(&s.out)
	}
	s.write(c, s.out.buf, now)
}

// write sends bytes to one client, behind whatever is pending.
func (s *shard) write(c *client, b []byte, now time.Time) {
	if len(b) == 0 || c.gone {
		return
	}
	if len(c.pending) > 0 {
		c.queue(append([]byte(nil), b...))
		return
	}
	n, err := c.link.send(b)
	if err == nil {
		return
	}
	if !errors.Is(err, errFull) {
		s.drop(c)
		return
	}
	c.queue(append([]byte(nil), b...))
	c.sent = n
	c.size -= n
	s.slowed(c, now)
}

// beat tells every group that the hub lives; public groups get each PublicBeatEach-th.
func (s *shard) beat(now time.Time) {
	s.nextBeat = now.Add(s.hub.cfg.BeatEvery)
	s.beats++
	for _, g := range s.groups {
		if !g.public || s.beats%s.hub.cfg.PublicBeatEach == 0 {
			s.flush(g, now, true)
		}
	}
}

// jitter spreads d by ±20 %.
func jitter(d time.Duration) time.Duration {
	return d*4/5 + rand.N(d*2/5+1)
}
