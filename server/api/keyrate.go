package api

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/auth"
	"toancanh/server/fault"
)

// KeyLimiter counts the requests of keys.
type KeyLimiter interface {
	// TakeKey takes one request of what a key has left; when nothing is left it says how long until there is.
	TakeKey(ctx context.Context, id string, r auth.KeyRate) (left int, wait time.Duration)
}

// keyBuckets is a token bucket a key, in this process alone. It is asked of keys that exist only.
type keyBuckets struct {
	now func() time.Time

	mu   sync.Mutex
	held map[string]keyBucket // by id
}

type keyBucket struct {
	tokens float64
	at     time.Time
}

func newKeyBuckets(now func() time.Time) *keyBuckets {
	return &keyBuckets{now: now, held: map[string]keyBucket{}}
}

// TakeKey implements KeyLimiter.
func (k *keyBuckets) TakeKey(_ context.Context, id string, r auth.KeyRate) (left int, wait time.Duration) {
	now, perSecond := k.now(), float64(r.PerMinute)/60
	k.mu.Lock()
	defer k.mu.Unlock()
	b, ok := k.held[id]
	if !ok {
		if len(k.held) >= mostKeys {
			clear(k.held)
		}
		b = keyBucket{float64(r.Burst), now}
	}
	b.tokens = min(float64(r.Burst), b.tokens+max(0, now.Sub(b.at).Seconds())*perSecond)
	b.at = now
	if b.tokens < 1 {
		wait = time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	} else {
		b.tokens--
	}
	k.held[id] = b
	return int(b.tokens), wait
}

// hurry counts a request of a key, says in the headers what is left, and refuses when nothing is.
func (a *API) hurry(ctx context.Context, c *fiber.Ctx, k auth.Key) error {
	if a.KeyLimits == nil {
		return nil
	}
	left, wait := a.KeyLimits.TakeKey(ctx, k.ID, k.Rate)
	c.Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=60`, k.Rate.PerMinute))
	if wait <= 0 {
		c.Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=60`, left))
		return nil
	}
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	c.Set("RateLimit", fmt.Sprintf(`"key";r=0;t=%d`, seconds))
	c.Set(fiber.HeaderRetryAfter, fmt.Sprint(seconds))
	return fault.TooMany("Khóa này gửi quá nhanh, xin thử lại sau %d giây.", seconds).Because("rate_limited")
}
