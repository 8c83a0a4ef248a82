// Package relay announces committed events. One process leads: it numbers the events of the outbox per topic,
// commits the numbers, and only then publishes them on the bus. It also sends the pulse that tells hubs whether
// they missed anything. It never looks inside a payload and never announces what is not committed.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
)

// Times of the relay. A lease of three seconds, renewed each second, lets a standby take over within five.
const (
	PulseEvery = time.Second
	PollEvery  = 50 * time.Millisecond // finds what other processes committed; own commits wake at once
	RetryEvery = 250 * time.Millisecond
	// RestAfter is the pause after numbering something. What is committed meanwhile is numbered together: a transaction
	// for each of the intake's costs more than the intake itself. A lone report, coming upon a rested relay, waits for nothing.
	RestAfter   = 20 * time.Millisecond
	batchLimit  = 500
	queueLength = 256
	sendTimeout = 200 * time.Millisecond
)

// ErrNotLeader says that another process leads, or that this one has lost the lead.
var ErrNotLeader = errors.New("another process leads the relay")

// Seat is the leader's place: a term, its epoch, and the database session that holds it.
type Seat interface {
	Term() int64
	Epoch() string
	// Heads is the highest number of every topic.
	Heads(ctx context.Context) (map[string]int64, error)
	// Stamp numbers up to limit waiting events, commits, and returns them in order.
	// ErrNotLeader when the term is over: then nothing was numbered.
	Stamp(ctx context.Context, limit int) ([]schema.Announced, error)
	// Renew prolongs the lease; ErrNotLeader when the term is over.
	Renew(ctx context.Context) error
	Close()
}

// Store is where the seat stands.
type Store interface {
	// TakeSeat makes this process the leader, or answers ErrNotLeader. The caller closes the seat.
	TakeSeat(ctx context.Context) (Seat, error)
}

// Publisher sends one batch on a bus channel.
type Publisher interface {
	Publish(ctx context.Context, channel string, b []byte) error
}

// Follower does what only the leader may do beside numbering.
type Follower interface {
	// Lead runs while this process leads; ctx ends with the term. announce never blocks.
	Lead(ctx context.Context, announce func([]schema.Level))
	// Stamped is told the numbered events in order; it must not block.
	Stamped(events []schema.Announced)
}

// Relay is one process's share in announcing. Make it with New, run it with Run.
type Relay struct {
	store    Store
	bus      Publisher
	follower Follower
	log      *slog.Logger
	now      func() time.Time
	wake     chan struct{}
	counts   counters

	sourceAt atomic.Int64 // unix microseconds of the last good round trip to PostgreSQL
	leading  atomic.Bool

	mu    sync.Mutex // guards heads, epoch and term
	heads map[string]int64
	epoch string
	term  int64
}

// Config names what a relay needs. Follower may be nil.
type Config struct {
	Store    Store
	Bus      Publisher
	Follower Follower
	Log      *slog.Logger
	Now      func() time.Time
	Metrics  prometheus.Registerer
}

// New makes a relay; Run starts it.
func New(c Config) *Relay {
	return &Relay{
		store: c.Store, bus: c.Bus, follower: c.Follower, log: c.Log, now: c.Now,
		wake: make(chan struct{}, 1), counts: newCounters(c.Metrics), heads: map[string]int64{},
	}
}

// Wake says that something was committed. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Leading reports whether this process leads at present.
func (r *Relay) Leading() bool { return r.leading.Load() }

// SourceAt is the time of the last good round trip to PostgreSQL; zero before the first.
func (r *Relay) SourceAt() time.Time {
	us := r.sourceAt.Load()
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Run takes part in leading until ctx ends.
func (r *Relay) Run(ctx context.Context) error {
	out := newSender(r.bus, r.log, r.counts)
	sending := make(chan struct{})
	go func() { defer close(sending); out.run(ctx) }()
	defer func() { <-sending }()
	pulsing := make(chan struct{})
	go func() { defer close(pulsing); r.pulse(ctx, out) }()
	defer func() { <-pulsing }()

	for ctx.Err() == nil {
		seat, err := r.takeSeat(ctx)
		if err == nil {
			err = r.lead(ctx, seat, out)
			seat.Close()
			r.leading.Store(false)
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil && !errors.Is(err, ErrNotLeader) {
			r.log.LogAttrs(ctx, slog.LevelWarn, "relay cannot lead", slog.Any("err", err))
		}
		sleep(ctx, RetryEvery)
	}
	return nil
}

// seatTimeout bounds every wait of the leader on PostgreSQL but the stamp's own.
const seatTimeout = 3 * time.Second

func (r *Relay) takeSeat(ctx context.Context) (Seat, error) {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	return r.store.TakeSeat(ctx)
}

// lead numbers and publishes until the term ends or ctx does.
func (r *Relay) lead(ctx context.Context, seat Seat, out *sender) error {
	if err := r.sit(ctx, seat); err != nil {
		return err
	}
	r.log.LogAttrs(ctx, slog.LevelInfo, "relay leads", slog.Int64("term", seat.Term()))
	term, endTerm := context.WithCancel(ctx)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		if r.follower != nil {
			r.follower.Lead(term, func(levels []schema.Level) { r.sendLevels(out, levels) })
		}
	}()
	defer func() { endTerm(); <-followed }()

	poll, renew := time.NewTicker(PollEvery), time.NewTicker(PulseEvery)
	defer poll.Stop()
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-renew.C:
			if err := r.renew(ctx, seat); err != nil {
				return err
			}
			continue
		case <-r.wake:
		case <-poll.C:
		}
		stamped, err := r.stampAll(ctx, seat, out)
		if err != nil {
			return err
		}
		if stamped {
			sleep(ctx, RestAfter)
		}
	}
}

// sit learns where the topics stand and makes the seat's epoch and term this process's.
func (r *Relay) sit(ctx context.Context, seat Seat) error {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	heads, err := seat.Heads(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.heads, r.epoch, r.term = heads, seat.Epoch(), seat.Term()
	r.mu.Unlock()
	r.touch()
	r.leading.Store(true)
	return nil
}

func (r *Relay) renew(ctx context.Context, seat Seat) error {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	if err := seat.Renew(ctx); err != nil {
		return err
	}
	r.touch()
	return nil
}

// stampAll empties the outbox and reports whether there was anything in it.
func (r *Relay) stampAll(ctx context.Context, seat Seat, out *sender) (stamped bool, err error) {
	for {
		events, err := r.stamp(ctx, seat)
		if err != nil {
			return stamped, err
		}
		r.touch()
		if len(events) == 0 {
			return stamped, nil
		}
		stamped = true
		r.counts.stamped.Add(float64(len(events)))
		r.mu.Lock()
		for _, e := range events {
			r.heads[e.Topic] = max(r.heads[e.Topic], e.Seq)
		}
		r.mu.Unlock()
		if r.follower != nil {
			r.follower.Stamped(events)
		}
		r.sendEvents(out, events)
		if len(events) < batchLimit {
			return stamped, nil
		}
	}
}

func (r *Relay) stamp(ctx context.Context, seat Seat) ([]schema.Announced, error) {
	ctx, cancel := context.WithTimeout(ctx, seatTimeout)
	defer cancel()
	return seat.Stamp(ctx, batchLimit)
}

func (r *Relay) touch() { r.sourceAt.Store(r.now().UnixMicro()) }

func (r *Relay) identity() (epoch string, term int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.epoch, r.term
}

func (r *Relay) headsCopy() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.heads)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
