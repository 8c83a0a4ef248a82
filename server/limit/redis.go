package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// Redis counts in a Redis, by its clock. Each bucket is one key, so that a cluster may hold it anywhere; it is named by a
// hash, tells nobody's address, and goes by itself.
type Redis struct{ limiter *redis_rate.Limiter }

// NewRedis counts through a client, which stays the caller's.
func NewRedis(client redis.UniversalClient) *Redis { return &Redis{redis_rate.NewLimiter(client)} }

// Take implements Shared.
func (r *Redis) Take(ctx context.Context, c Class, subject string, n int) (Grant, error) {
	return grant(r.limiter.AllowAtMost(ctx, bucket(c, subject), rate(c), n))
}

// TakeAll implements Shared.
func (r *Redis) TakeAll(ctx context.Context, c Class, subject string, n int) (Grant, error) {
	return grant(r.limiter.AllowN(ctx, bucket(c, subject), rate(c), n))
}

func bucket(c Class, subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return "toancanh:" + c.Name + ":" + hex.EncodeToString(sum[:16])
}

func rate(c Class) redis_rate.Limit {
	return redis_rate.Limit{Rate: c.PerMinute, Burst: c.Burst, Period: time.Minute}
}

func grant(got *redis_rate.Result, err error) (Grant, error) {
	if err != nil {
		return Grant{}, fmt.Errorf("count in redis: %w", err)
	}
	return Grant{Given: got.Allowed, Left: got.Remaining, Wait: max(0, got.RetryAfter)}, nil
}
