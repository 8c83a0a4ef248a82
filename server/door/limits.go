package door

import (
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/limit"
)

// Limit takes a token of the class for the subject, or for the caller's network and site when the subject is empty, sets the
// RateLimit headers (draft-ietf-httpapi-ratelimit-headers, structured fields), and refuses when there is none.
func (f *Frame) Limit(c *fiber.Ctx, class limit.Class, subject string) error {
	if f.Limits == nil {
		return nil
	}
	site := ""
	if subject == "" {
		addr := f.Caller(c.Context())
		subject, site = limit.Network(addr), siteOf(addr)
	}
	left, wait := f.Limits.Take(c.UserContext(), class, subject)
	if wait == 0 && site != "" { // who is refused by themselves spends nothing of what their neighbours have
		wide := class
		wide.PerMinute, wide.Burst = siteShare*class.PerMinute, siteShare*class.Burst
		if _, wait = f.Limits.Take(c.UserContext(), wide, site); wait > 0 {
			class = wide
		}
	}
	quoted := strconv.Quote(class.Name)
	h := &c.Response().Header
	h.Set("RateLimit-Policy", quoted+";q="+strconv.Itoa(class.PerMinute)+";w=60")
	if wait == 0 {
		spent := class.Burst - left
		full := whole(time.Duration(spent) * time.Minute / time.Duration(class.PerMinute))
		h.Set("RateLimit", quoted+";r="+strconv.Itoa(left)+";t="+strconv.Itoa(full))
		return nil
	}
	f.meters.limited.WithLabelValues(class.Name).Inc()
	seconds := whole(wait)
	h.Set("RateLimit", quoted+";r=0;t="+strconv.Itoa(seconds))
	h.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	return fault.TooMany("Gửi quá nhanh, xin thử lại sau %d giây.", seconds).Because("rate_limited")
}

// whole is a wait in whole seconds, at least one.
func whole(wait time.Duration) int { return max(1, int(math.Ceil(wait.Seconds()))) }

// siteShare is how many networks' worth of limits one site has. Whoever has a site of IPv6 has 65 536 networks in it; a
// carrier may keep as many phones there.
const siteShare = 16

// siteOf is the subject of the /48 that one organisation, or one tunnel for the asking, has of IPv6; empty for other addresses.
func siteOf(addr netip.Addr) string {
	const bits = 48
	if addr = addr.Unmap(); !addr.Is6() || addr.IsLoopback() {
		return ""
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return "site:" + p.String()
}

// guessCost is how many looks a wrong secret costs more than a right one.
const guessCost = 4

// Guessed counts the error of somebody who showed a secret, when it says that nothing was found, as so many looks more.
func (f *Frame) Guessed(c *fiber.Ctx, err error) error {
	if !fault.Is(err, fault.KindNotFound) {
		return err
	}
	for range guessCost {
		if slow := f.Limit(c, limit.Follows(), ""); slow != nil {
			return slow
		}
	}
	return err
}

// wasteUnit is how much of a refused body costs as much as one that is taken.
const wasteUnit = 1 << 20

// Wasted counts the body of somebody unknown who is refused: the HTTP server has read it whole before anybody could ask who
// sends it. It returns the error, or that they must wait.
func (f *Frame) Wasted(c *fiber.Ctx, class limit.Class, err error) error {
	for range len(c.Request().Body()) / wasteUnit {
		if slow := f.Limit(c, class, ""); slow != nil {
			return slow
		}
	}
	return err
}
