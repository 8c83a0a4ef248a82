// Package hub carries frames from the bus to browsers, over WebSocket and server-sent events. For each topic it
// keeps a ring of finished frames, the newest levels and a snapshot, fills what the bus lost from a Source, and
// brings everyone who joins to exactly where the others are. It never reads a payload (but the revocations meant
// for itself), never decides who may see what, and never waits for a client.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"toancanh/schema"
)

// Paces and bounds of a hub.
const (
	askingAtOnce  = 16              // questions to Source at the same time
	sweepEvery    = 5 * time.Second // how often idle topics and networks are looked for
	retiredEpochs = 8               // epochs left behind that are remembered
	drainTurns    = 20              // steps in which Shutdown spreads its closes
)

// Hub fans events out. Make it with New, start it with Run, mount it with Routes.
type Hub struct {
	// Static after construction.
	cfg     Config
	feeds   []*feed
	byName  map[string]*feed // bus channel -> feed
	shards  []*shard
	limits  *limits
	metrics *metrics
	control *control
	asking  chan struct{} // never closed
	flights singleflight.Group
	began   time.Time

	openTopics atomic.Int64
	next       atomic.Uint64 // shard of the next client
	draining   atomic.Bool
	readers    sync.WaitGroup // begun under mu, and only while not over

	mu      sync.Mutex
	over    bool            // Run has ended its shards: nobody reads any more
	life    context.Context //nolint:containedctx // the context of Run, for work that outlives the request that asked for it
	working int             // goroutines of background
	idle    chan struct{}   // closed when working falls to 0 after life ended

	epochMu   sync.RWMutex
	epoch     string
	term      int64
	retired   []string
	verifying bool
}

// New makes a hub. It does nothing until Run.
func New(cfg Config) *Hub {
	h := &Hub{cfg: cfg.withDefaults(), byName: map[string]*feed{}, metrics: newMetrics(), asking: make(chan struct{}, askingAtOnce)}
	h.began = h.cfg.Clock.Now()
	h.control = &control{before: map[string]time.Time{}}
	h.limits = newLimits(&h.cfg)
	h.metrics.register(h.cfg.Registerer)
	for i := range schema.Channels {
		f := &feed{hub: h, channel: schema.ChannelName(i), heads: map[string]int64{}, topics: map[string]*topic{}}
		h.feeds = append(h.feeds, f)
		h.byName[f.channel] = f
	}
	for range h.cfg.Shards {
		h.shards = append(h.shards, newShard(h))
	}
	return h
}

// Run listens to the bus and serves clients until ctx ends; then it cuts whoever is still connected and returns
// when every goroutine of the hub has ended. It may be called once.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	h.mu.Lock()
	h.life = ctx
	h.mu.Unlock()
	h.feedOf(schema.ControlTopic).open(schema.ControlTopic)
	for _, f := range h.feeds {
		g.Go(func() error { f.run(ctx); return nil })
	}
	for _, s := range h.shards {
		g.Go(func() error { s.run(ctx); return nil })
	}
	g.Go(func() error { h.sweep(ctx); return nil })
	err := g.Wait()
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
	h.readers.Wait()
	h.awaitBackground()
	if err != nil {
		return fmt.Errorf("run hub: %w", err)
	}
	return nil
}

// begin starts a goroutine that Run waits for; when Run is ending already it closes the link instead.
func (h *Hub) begin(l link, read func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		l.close()
		return false
	}
	h.readers.Go(read)
	return true
}

// Ready says whether the hub can serve: every channel subscribed, a young pulse on each, revocations known.
func (h *Hub) Ready() error {
	if h.draining.Load() {
		return errors.New("hub is shutting down")
	}
	now := h.cfg.Clock.Now()
	for _, f := range h.feeds {
		subscribed, at, _ := f.health()
		if !subscribed || now.Sub(at) > h.cfg.PulseWithin {
			return fmt.Errorf("bus channel %s: subscribed with a pulse: %t", f.channel, subscribed)
		}
	}
	if h.control.unsure(now, h.cfg.ControlGrace) {
		return errors.New("revocations are unsure")
	}
	return nil
}

// Shutdown refuses newcomers, closes every client with 1001 and a hint when to come back, spread over
// Config.DrainSpread, and waits until all are gone or ctx ends. Call it before ending the context of Run: the
// HTTP server's own shutdown neither waits for these connections nor closes them.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.draining.Store(true)
	pause := h.cfg.DrainSpread / drainTurns
	for turn := range drainTurns {
		for _, s := range h.shards {
			if !h.running() {
				return nil
			}
			retry := h.cfg.Retry/2 + rand.N(h.cfg.Retry)
			s.post(func(now time.Time) {
				s.drain(turn, drainTurns, fmt.Sprintf("retry_ms=%d", retry.Milliseconds()), now)
			})
		}
		if h.connected() == 0 || !wait(ctx, pause) {
			break
		}
	}
	for h.connected() > 0 {
		if !wait(ctx, pause) {
			return fmt.Errorf("close clients: %d are left: %w", h.connected(), ctx.Err())
		}
	}
	return nil
}

func (h *Hub) running() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.life != nil && h.life.Err() == nil
}

func (h *Hub) connected() int {
	h.limits.mu.Lock()
	defer h.limits.mu.Unlock()
	return h.limits.open[ticketed] + h.limits.open[public] + h.limits.open[stream]
}

// background runs work on a goroutine that Run waits for. It reports false when the hub is not running.
func (h *Hub) background(work func(ctx context.Context)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.life == nil || h.life.Err() != nil {
		return false
	}
	h.working++
	ctx := h.life
	go func() {
		work(ctx)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.working--; h.working == 0 && h.idle != nil {
			close(h.idle)
			h.idle = nil
		}
	}()
	return true
}

func (h *Hub) awaitBackground() {
	h.mu.Lock()
	idle := make(chan struct{})
	if h.working == 0 {
		close(idle)
	} else {
		h.idle = idle
	}
	h.mu.Unlock()
	<-idle
}

// lifetime is the context of Run, bounded, for work that a request asks for.
func (h *Hub) lifetime(limit time.Duration) (context.Context, context.CancelFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.life == nil {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	}
	return context.WithTimeout(h.life, limit)
}

// sweep closes what nobody uses.
func (h *Hub) sweep(ctx context.Context) {
	for wait(ctx, min(sweepEvery, h.cfg.TopicIdle)) {
		now, bytes := h.cfg.Clock.Now(), 0
		for _, f := range h.feeds {
			bytes += f.sweep(now)
		}
		h.limits.sweep(now)
		h.metrics.ringBytes.Set(float64(bytes))
		h.metrics.topics.Set(float64(h.openTopics.Load()))
	}
}

func (h *Hub) feedOf(topic string) *feed { return h.byName[schema.Channel(topic)] }

// mark tells every shard that a topic has something new.
func (h *Hub) mark(t *topic) {
	for _, s := range h.shards {
		s.mark(t)
	}
}

// left gives back what a client held.
func (h *Hub) left(c *client) {
	for _, t := range c.topics {
		t.feed.release(t)
	}
	h.limits.leave(c.network)
	h.metrics.connections.WithLabelValues(c.network.class.String()).Dec()
}

// since0 is the time since the hub began, in ns: a clock that fits an atomic.
func (h *Hub) since0(now time.Time) int64 { return int64(now.Sub(h.began)) }

func (h *Hub) currentEpoch() string {
	h.epochMu.RLock()
	defer h.epochMu.RUnlock()
	return h.epoch
}

// judge decides whether a batch counts. A new epoch with a term that has not fallen is believed at once. An epoch
// that was left behind, or one with a lower term (after a restore from an older copy), only if Source confirms it.
func (h *Hub) judge(epoch string, term int64) bool {
	h.epochMu.Lock()
	defer h.epochMu.Unlock()
	switch {
	case epoch == h.epoch:
		if term < h.term {
			return false
		}
		h.term = term
		return true
	case h.epoch != "" && (term < h.term || slices.Contains(h.retired, epoch)):
		h.verifyLocked(epoch, term)
		return false
	}
	h.adoptLocked(epoch, term)
	return true
}

// adoptLocked moves the hub into an epoch.
func (h *Hub) adoptLocked(epoch string, term int64) {
	if h.epoch != "" {
		h.cfg.Log.Warn("epoch changed, every topic begins anew", slog.String("epoch", epoch))
		h.retired = append(h.retired, h.epoch)
		if len(h.retired) > retiredEpochs {
			h.retired = h.retired[1:]
		}
	}
	h.retired = slices.DeleteFunc(h.retired, func(e string) bool { return e == epoch })
	h.epoch, h.term = epoch, term
	for _, f := range h.feeds {
		f.adopt(epoch)
	}
}

// verifyLocked asks Source which epoch is the present one.
func (h *Hub) verifyLocked(epoch string, term int64) {
	if h.verifying {
		return
	}
	h.verifying = h.background(func(ctx context.Context) {
		_, err := h.since(ctx, schema.ControlTopic, 0, epoch)
		wait(ctx, h.cfg.RepairPause)
		h.epochMu.Lock()
		defer h.epochMu.Unlock()
		h.verifying = false
		if (err == nil || errors.Is(err, errTooOld)) && h.epoch != epoch {
			h.adoptLocked(epoch, term)
		}
	})
}
