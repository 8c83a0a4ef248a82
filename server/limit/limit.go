// Package limit says how often somebody may do something: a burst at once and a steady rate, counted for each class and
// subject by the generic cell rate algorithm. Where there is a Redis all processes count together; without one, and while
// it does not answer, each counts for itself. It knows no request, and it never waits longer than Patience.
package limit

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Patience is the longest that a question waits on the shared count.
const Patience = 200 * time.Millisecond

// rest is how long a shared count that failed is left alone. Then one question tries it, and the others do not wait.
const rest = time.Second

// leaseLife is how long tokens taken in advance may be spent, and leaseShare which part of the burst they may be. A subject
// in a hurry is asked about once for many requests, one that is not loses nothing to the lease.
const (
	leaseLife  = time.Second
	leaseShare = 16
)

// Class is what is counted together. Buckets of one name are shared; a subject's own figures may differ from the class's.
type Class struct {
	Name      string // in headers and metrics
	PerMinute int    // in the long run; above 0
	Burst     int    // at once, after a pause; above 0
}

// interval is the time one token takes to grow.
func (c Class) interval() time.Duration { return time.Minute / time.Duration(c.PerMinute) }

// Grant is what a shared count says: how many tokens it gives, how many it has left, and when there is none how long
// until there is.
type Grant struct {
	Given, Left int
	Wait        time.Duration
}

// Shared counts for every process together. Take gives at most n tokens of the subject, TakeAll n or none. Their error means
// that it cannot count now.
type Shared interface {
	Take(ctx context.Context, c Class, subject string, n int) (Grant, error)
	TakeAll(ctx context.Context, c Class, subject string, n int) (Grant, error)
}

// Config says how limits are counted. Now and Log are needed.
type Config struct {
	Now    func() time.Time
	Log    *slog.Logger
	Shared Shared // nil: this process counts alone
}

// Limits hold the buckets. Nil Limits let everything pass. They are safe for use by many.
type Limits struct {
	cfg Config
	// retryAt is when a shared count that failed is tried again, in nanoseconds of Unix time; 0 while it answers.
	retryAt atomic.Int64

	mu         sync.Mutex
	young, old map[name]*account
}

type name struct{ class, subject string }

// mostAccounts bounds one of the two generations: whoever sprays addresses fills them and no more.
const mostAccounts = 50_000

// New makes limits.
func New(c Config) *Limits {
	return &Limits{cfg: c, young: map[name]*account{}, old: map[name]*account{}}
}

// Alone reports whether this process counts for itself.
func (l *Limits) Alone() bool { return l != nil && (l.cfg.Shared == nil || l.retryAt.Load() != 0) }

// Take takes one token of the subject. When there is none it says how long until there is.
func (l *Limits) Take(ctx context.Context, c Class, subject string) (left int, wait time.Duration) {
	if l == nil {
		return c.Burst, 0
	}
	a := l.account(name{c.Name, subject})
	came := l.cfg.Now()
	if l.cfg.Shared == nil || !a.turn() {
		return a.local(c, came) // others' questions have taken all the time there is
	}
	defer a.done()
	now := l.cfg.Now()
	if left, wait, ok := a.remembered(c, now); ok {
		return left, wait
	}
	if !l.mayAsk(now) {
		return a.local(c, now)
	}
	// Whoever asked may go away: the answer is kept for the next.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience-now.Sub(came))
	defer cancel()
	grant, err := l.cfg.Shared.Take(ctx, c, subject, a.wanted(c))
	if err != nil {
		l.failed(ctx, now, err)
		return a.local(c, now)
	}
	l.answered(ctx)
	return a.keep(grant, now)
}

// TakeAll takes n tokens of the subject or none, and says how long until there are so many. More than the class's burst there
// never are.
func (l *Limits) TakeAll(ctx context.Context, c Class, subject string, n int) (wait time.Duration) {
	if l == nil || n == 0 {
		return 0
	}
	a := l.account(name{c.Name, subject})
	now := l.cfg.Now()
	if l.cfg.Shared == nil || !l.mayAsk(now) {
		return a.localAll(c, now, n)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	grant, err := l.cfg.Shared.TakeAll(ctx, c, subject, n)
	if err != nil {
		l.failed(ctx, now, err)
		return a.localAll(c, now, n)
	}
	l.answered(ctx)
	if grant.Given < n {
		return max(grant.Wait, time.Nanosecond)
	}
	return 0
}

// mayAsk reports whether the shared count is to be asked: always while it answers, else once a rest.
func (l *Limits) mayAsk(now time.Time) bool {
	at := l.retryAt.Load()
	if at == 0 {
		return true
	}
	until := time.Unix(0, at).Sub(now)
	if until > 0 && until <= rest {
		return false
	}
	return l.retryAt.CompareAndSwap(at, now.Add(rest).UnixNano())
}

func (l *Limits) failed(ctx context.Context, now time.Time, err error) {
	if l.retryAt.Swap(now.Add(rest).UnixNano()) == 0 {
		l.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "rate limits are counted in this process alone", slog.Any("err", err))
	}
}

func (l *Limits) answered(ctx context.Context) {
	if l.retryAt.Swap(0) != 0 {
		l.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "rate limits are counted together again")
	}
}

// account finds a subject's account, or makes it.
func (l *Limits) account(n name) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.young[n]
	if ok {
		return a
	}
	if a, ok = l.old[n]; !ok {
		a = &account{asking: make(chan struct{}, 1)}
	}
	if len(l.young) >= mostAccounts { // what was not asked about for a whole generation is forgotten
		l.old, l.young = l.young, make(map[name]*account)
	}
	l.young[n] = a
	return a
}
