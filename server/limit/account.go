package limit

import (
	"sync"
	"time"
)

// account is what one process knows of one subject in one class.
type account struct {
	asking chan struct{} // held by who may ask the shared count

	// Of the shared count; owned by who holds asking.
	leased int       // tokens taken and not yet spent
	left   int       // what the shared count had left then
	size   int       // of the last lease
	until  time.Time // when the lease ends
	empty  time.Time // until when the shared count has none

	mu  sync.Mutex
	tat time.Time // the theoretical arrival time of this process's own count
}

// turn waits until it is the caller's turn to ask; false when that takes longer than Patience.
func (a *account) turn() bool {
	select {
	case a.asking <- struct{}{}:
		return true
	default:
	}
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	select {
	case a.asking <- struct{}{}:
		return true
	case <-patience.C:
		return false
	}
}

func (a *account) done() { <-a.asking }

// remembered answers from what the shared count has said before: of a lease, or that it has none.
func (a *account) remembered(c Class, now time.Time) (left int, wait time.Duration, ok bool) {
	if rest := a.until.Sub(now); rest <= 0 || rest > leaseLife { // also after the clock was set
		a.leased, a.size = 0, a.size/2
	}
	if a.leased > 0 {
		a.leased--
		return a.left + a.leased, 0, true
	}
	if wait := a.empty.Sub(now); wait > 0 && wait <= c.interval() {
		return 0, wait, true
	}
	return 0, 0, false
}

// wanted is how many tokens to take: twice as many as last time when those were spent in time.
func (a *account) wanted(c Class) int { return max(1, min(2*a.size, c.Burst/leaseShare)) }

// keep notes what the shared count said, and spends one token of it.
func (a *account) keep(g Grant, now time.Time) (left int, wait time.Duration) {
	if g.Given < 1 {
		a.empty = now.Add(g.Wait)
		return 0, max(g.Wait, time.Nanosecond)
	}
	a.size, a.left, a.leased, a.until = g.Given, g.Left, g.Given-1, now.Add(leaseLife)
	return a.left + a.leased, 0
}

// local counts in this process alone.
func (a *account) local(c Class, now time.Time) (left int, wait time.Duration) {
	spare, wait := a.spend(c, now, 1)
	return int(spare / c.interval()), wait
}

// localAll is local for n tokens together.
func (a *account) localAll(c Class, now time.Time, n int) (wait time.Duration) {
	_, wait = a.spend(c, now, n)
	return wait
}

// spend takes n tokens of this process's own count, or says how long until they are there. spare is what is left of them in
// time.
func (a *account) spend(c Class, now time.Time, n int) (spare, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	full, cost := time.Duration(c.Burst)*c.interval(), time.Duration(n)*c.interval()
	at := a.tat
	if at.Before(now) {
		at = now
	}
	if at.Sub(now) > full { // the clock was set back
		at = now.Add(full)
	}
	spare = full - at.Sub(now)
	if spare < cost {
		a.tat = at
		return 0, cost - spare
	}
	a.tat = at.Add(cost)
	return spare - cost, 0
}
