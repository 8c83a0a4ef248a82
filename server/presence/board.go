package presence

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Shared is what all processes know together. Change keeps what a pure function makes of a report's state; All are the
// states that are not empty, as far as it knows.
type Shared interface {
	Change(ctx context.Context, report string, change func(State) State) (State, error)
	All(ctx context.Context, now time.Time) ([]State, error)
}

// Patience is the longest that anybody waits on what is shared.
const Patience = 500 * time.Millisecond

// Board answers who is there. Where what is shared does not answer, this process speaks for itself.
type Board struct {
	shared Shared // nil: this process is alone
	alone  *local
	now    func() time.Time
	log    *slog.Logger
	lost   atomic.Bool
}

// NewBoard makes a board over what is shared, which may be nil.
func NewBoard(shared Shared, now func() time.Time, log *slog.Logger) *Board {
	return &Board{shared: shared, alone: &local{states: map[string]State{}, now: now}, now: now, log: log}
}

// Beat notes that a page is there and answers who else is.
func (b *Board) Beat(ctx context.Context, beat Beat) State {
	now := b.now().UTC()
	return b.change(ctx, beat.Report, func(s State) State { return s.After(beat, now) })
}

// Leave notes that a page of a person has closed a report.
func (b *Board) Leave(ctx context.Context, report, id, page string) {
	now := b.now().UTC()
	b.change(ctx, report, func(s State) State { return s.Without(id, page, now) })
}

func (b *Board) change(ctx context.Context, report string, change func(State) State) State {
	if b.shared != nil {
		ctx, cancel := context.WithTimeout(ctx, Patience)
		defer cancel()
		s, err := b.shared.Change(ctx, report, change)
		if b.heard(ctx, err) {
			return s
		}
	}
	return b.alone.change(report, change)
}

// All is everybody who is there, by report.
func (b *Board) All(ctx context.Context) []State {
	now := b.now().UTC()
	list := b.alone.all(now)
	if b.shared != nil {
		ctx, cancel := context.WithTimeout(ctx, Patience)
		defer cancel()
		if s, err := b.shared.All(ctx, now); b.heard(ctx, err) {
			list = s
		}
	}
	slices.SortFunc(list, func(x, y State) int { return strings.Compare(x.Report, y.Report) })
	return list
}

// heard reports whether what is shared has answered, and says once when that changes.
func (b *Board) heard(ctx context.Context, err error) bool {
	lost := err != nil
	if b.lost.Swap(lost) != lost {
		if lost {
			b.log.LogAttrs(ctx, slog.LevelWarn, "presence is known to this process alone", slog.Any("err", err))
		} else {
			b.log.LogAttrs(ctx, slog.LevelInfo, "presence is shared again")
		}
	}
	return !lost
}

// mostReports bounds the reports a process remembers.
const mostReports = 5000

// local is what one process knows.
type local struct {
	mu     sync.Mutex
	states map[string]State
	now    func() time.Time
}

func (l *local) change(report string, change func(State) State) State {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := change(l.states[report])
	if delete(l.states, report); !s.Empty() {
		if len(l.states) >= mostReports {
			l.tidy(l.now().UTC())
		}
		if len(l.states) < mostReports {
			l.states[report] = s
		}
	}
	return s
}

func (l *local) tidy(now time.Time) {
	for id, s := range l.states {
		if l.states[id] = s.At(now); l.states[id].Empty() {
			delete(l.states, id)
		}
	}
}

func (l *local) all(now time.Time) []State {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy(now)
	list := make([]State, 0, len(l.states))
	for _, s := range l.states {
		list = append(list, s)
	}
	return list
}
