package alarming

import (
	"sync"

	"toancanh/server/store"
)

// heard is a batch of committed readings: what the intake hands over.
type heard struct {
	store.Readings
	moved []store.Moved
	past  bool // of the history door
}

// mostWaiting bounds the readings that wait to be judged.
const mostWaiting = 200_000

// queue holds what was handed over until it is judged. While nobody leads it takes nothing.
type queue struct {
	wake chan struct{}

	mu      sync.Mutex // guards the rest
	waiting []heard
	n       int
	leading bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put is false when there was no room.
func (q *queue) put(h heard) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.leading {
		return true
	}
	if q.n > 0 && q.n+len(h.At) > mostWaiting {
		return false
	}
	q.waiting = append(q.waiting, h)
	q.n += len(h.At)
	q.knock()
	return true
}

// knock wakes whoever judges; it never blocks.
func (q *queue) knock() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n == 0
}

// take is all that waits.
func (q *queue) take() []heard {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.waiting
	q.waiting, q.n = nil, 0
	return list
}

func (q *queue) open() { q.set(true) }

func (q *queue) close() { q.set(false) }

func (q *queue) set(leading bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.leading, q.waiting, q.n = leading, nil, 0
}
