package benching

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// patience is how long somebody goes on asking before they give up, and unhintedWait how long they wait when nobody says.
const (
	patience     = 2 * time.Minute
	unhintedWait = time.Second
)

// door is what senders meet: who waits as long as they are told and asks the same again.
type door struct {
	exchange func(method, path string, headers map[string]string, body []byte) (reply, error)

	hinted   atomic.Int64 // 429 or 503 that say when to come back
	unhinted atomic.Int64 // the same without saying so
	silent   atomic.Int64 // no answer at all
	gaveUp   atomic.Int64
}

// errand is one request, the same however often it is sent.
type errand struct {
	method, path string
	headers      map[string]string
	body         []byte
}

// run sends an errand until it is answered otherwise than with "come back". took is the time of the last try alone.
func (d *door) run(ctx context.Context, e errand) (a reply, took time.Duration, err error) {
	end := time.Now().Add(patience)
	for {
		began := time.Now()
		a, err = d.exchange(e.method, e.path, e.headers, e.body)
		wait, again := d.comeBack(a, err)
		if !again {
			return a, time.Since(began), nil
		}
		if time.Now().Add(wait).After(end) {
			d.gaveUp.Add(1)
			return a, 0, fmt.Errorf("%s is not done after %v: status %d", e.method, patience, a.status)
		}
		// Some come later than they were told, nobody earlier.
		if !pause(ctx, wait+rand.N(wait/4+time.Millisecond)) {
			return a, 0, context.Cause(ctx)
		}
	}
}

// comeBack counts a try that did not do, and says how long to wait before the next.
func (d *door) comeBack(a reply, err error) (time.Duration, bool) {
	switch {
	case err != nil:
		d.silent.Add(1)
		return unhintedWait, true
	case a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable:
		return 0, false
	}
	seconds, bad := strconv.Atoi(a.retry)
	if bad != nil || seconds < 0 {
		d.unhinted.Add(1)
		return unhintedWait, true
	}
	d.hinted.Add(1)
	return time.Duration(seconds) * time.Second, true
}
