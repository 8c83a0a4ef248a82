package hub

import (
	"bytes"
	"context"
	"sync"
)

// LocalBus is a Bus within one process, for a server and its hub without Redis.
type LocalBus struct {
	mu   sync.Mutex
	subs map[string][]*localSub
}

// localSub is one subscriber. Its queue is written and closed under LocalBus.mu.
type localSub struct {
	out    chan Notice
	missed map[string]bool
}

// NewLocalBus returns a bus nobody listens to yet.
func NewLocalBus() *LocalBus { return &LocalBus{subs: map[string][]*localSub{}} }

// Publish hands b to everyone subscribed to channel at this moment. It never waits.
func (l *LocalBus) Publish(_ context.Context, channel string, b []byte) error {
	n := Notice{Kind: Message, Channel: channel, Payload: bytes.Clone(b)}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.subs[channel] {
		s.missed[channel] = offer(s.out, n, s.missed[channel])
	}
	return nil
}

// Subscribe listens until ctx ends.
func (l *LocalBus) Subscribe(ctx context.Context, channels ...string) <-chan Notice {
	s := &localSub{out: make(chan Notice, noticeQueue+len(channels)), missed: map[string]bool{}}
	l.mu.Lock()
	for _, c := range channels {
		s.out <- Notice{Kind: Subscribed, Channel: c}
		l.subs[c] = append(l.subs[c], s)
	}
	l.mu.Unlock()
	context.AfterFunc(ctx, func() { l.drop(s, channels) })
	return s.out
}

func (l *LocalBus) drop(s *localSub, channels []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range channels {
		kept := l.subs[c][:0:0]
		for _, other := range l.subs[c] {
			if other != s {
				kept = append(kept, other)
			}
		}
		l.subs[c] = kept
	}
	close(s.out)
}
