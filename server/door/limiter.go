package door

import (
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
)

// Rate is how often one network address may do something. Many people share one behind a carrier's NAT.
type Rate struct {
	Name      string // in the RateLimit headers
	PerMinute int
	Burst     int // at once, after a pause
}

// mostBuckets bounds one of the limiter's two generations: whoever sprays addresses fills them and no more.
const mostBuckets = 50_000

// ipv6Network is what one household or host has of IPv6.
const ipv6Network = 64

// Limiter holds a token bucket an address (IPv4) or /64 network (IPv6). It lives in this process and depends on nothing.
// A nil Limiter lets everything pass.
type Limiter struct {
	rate Rate
	now  func() time.Time

	mu         sync.Mutex
	young, old map[netip.Prefix]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// NewLimiter makes a limiter.
func NewLimiter(r Rate, now func() time.Time) *Limiter {
	return &Limiter{rate: r, now: now, young: map[netip.Prefix]bucket{}, old: map[netip.Prefix]bucket{}}
}

// Take takes one token of the address. When there is none it says how long until there is.
func (l *Limiter) Take(addr netip.Addr) (left int, wait time.Duration) {
	key := network(addr)
	now := l.now()
	perSecond := float64(l.rate.PerMinute) / 60
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.young[key]
	if !ok {
		if b, ok = l.old[key]; !ok {
			b = bucket{tokens: float64(l.rate.Burst), at: now}
		}
		l.makeRoomLocked()
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens = math.Min(float64(l.rate.Burst), b.tokens+passed*perSecond)
		b.at = now
	}
	if b.tokens < 1 {
		wait = time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	} else {
		b.tokens--
	}
	l.young[key] = b
	return int(b.tokens), wait
}

// makeRoomLocked forgets the older generation when the younger is full.
func (l *Limiter) makeRoomLocked() {
	if len(l.young) >= mostBuckets {
		l.old, l.young = l.young, make(map[netip.Prefix]bucket)
	}
}

func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = ipv6Network
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Check takes a token for the request's caller, sets the RateLimit headers, and refuses when there is none.
func (l *Limiter) Check(f *Frame, c *fiber.Ctx) error {
	if l == nil {
		return nil
	}
	left, wait := l.Take(f.Caller(c.Context()))
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	c.Set("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=60`, l.rate.Name, l.rate.PerMinute))
	if wait == 0 {
		c.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=60`, l.rate.Name, left))
		return nil
	}
	c.Set("RateLimit", fmt.Sprintf(`"%s";r=0;t=%d`, l.rate.Name, seconds))
	c.Set(fiber.HeaderRetryAfter, fmt.Sprint(seconds))
	return fault.TooMany("Địa chỉ này gửi quá nhanh, xin thử lại sau %d giây.", seconds).Because("rate_limited")
}
