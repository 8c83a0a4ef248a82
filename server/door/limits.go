package door

import (
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/fault"
	"toancanh/server/limit"
)

// Limit takes a token of the class for the subject, or for the caller's network when the subject is empty, sets the
// RateLimit headers (draft-ietf-httpapi-ratelimit-headers, structured fields), and refuses when there is none.
func (f *Frame) Limit(c *fiber.Ctx, class limit.Class, subject string) error {
	if f.Limits == nil {
		return nil
	}
	if subject == "" {
		subject = limit.Network(f.Caller(c.Context()))
	}
	left, wait := f.Limits.Take(c.UserContext(), class, subject)
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
