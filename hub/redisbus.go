package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limits of the Redis bus. A half-open connection is noticed after redisSilence: a ping goes out every
// redisPing, so that much silence means nobody answers.
const (
	redisPublishWait = 200 * time.Millisecond
	redisPing        = 2 * time.Second
	redisSilence     = 6 * time.Second
	redisPauseMin    = 50 * time.Millisecond
	redisPauseMax    = time.Second
)

// RedisBus is a Bus over Redis publish/subscribe: sharded publish/subscribe on a cluster, plain otherwise.
// It uses one connection a channel, because on a cluster a subscription must stay within one slot.
type RedisBus struct {
	client  redis.UniversalClient
	sharded bool
}

// NewRedisBus returns a bus over client, which stays the caller's to close.
func NewRedisBus(client redis.UniversalClient) *RedisBus {
	_, sharded := client.(*redis.ClusterClient)
	return &RedisBus{client: client, sharded: sharded}
}

// Publish sends b on a channel, waiting 200 ms at most.
func (r *RedisBus) Publish(ctx context.Context, channel string, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, redisPublishWait)
	defer cancel()
	publish := r.client.Publish
	if r.sharded {
		publish = r.client.SPublish
	}
	if err := publish(ctx, channel, b).Err(); err != nil {
		return fmt.Errorf("publish on %s: %w", channel, err)
	}
	return nil
}

// Subscribe listens until ctx ends. The connection is remade after every loss.
func (r *RedisBus) Subscribe(ctx context.Context, channels ...string) <-chan Notice {
	out := make(chan Notice, noticeQueue)
	var listeners sync.WaitGroup
	for _, c := range channels {
		listeners.Go(func() { r.listen(ctx, c, out) })
	}
	go func() {
		listeners.Wait()
		close(out)
	}()
	return out
}

// listen keeps one channel subscribed.
func (r *RedisBus) listen(ctx context.Context, channel string, out chan<- Notice) {
	pause := redisPauseMin
	for ctx.Err() == nil {
		if r.session(ctx, channel, out) {
			pause = redisPauseMin
			select {
			case out <- Notice{Kind: Lost, Channel: channel}:
			case <-ctx.Done():
			}
		}
		// Spread, so that many hubs do not come back to a restarted Redis in the same instant.
		wait(ctx, pause/2+rand.N(pause))
		pause = min(2*pause, redisPauseMax)
	}
}

// session subscribes once and reads until the connection fails. It reports whether it ever was subscribed.
// Reading goes through ReceiveTimeout and not through go-redis' own channel, which says nothing of a loss
// until it has mended it.
func (r *RedisBus) session(ctx context.Context, channel string, out chan<- Notice) (subscribed bool) {
	ps := r.pubSub(ctx, channel)
	stop := context.AfterFunc(ctx, func() { _ = ps.Close() })
	defer func() {
		stop()
		_ = ps.Close()
	}()
	var pinger sync.WaitGroup
	defer pinger.Wait()
	pinging, cancel := context.WithCancel(ctx)
	defer cancel()
	pinger.Go(func() { pingWhile(pinging, ps) })

	missed := false
	for {
		msg, err := ps.ReceiveTimeout(ctx, redisSilence)
		if err != nil {
			return subscribed
		}
		switch m := msg.(type) {
		case *redis.Subscription:
			if m.Kind != "subscribe" && m.Kind != "ssubscribe" {
				return subscribed // the slot moved away; subscribe anew where it is now
			}
			subscribed = true
			select {
			case out <- Notice{Kind: Subscribed, Channel: channel}:
			case <-ctx.Done():
				return subscribed
			}
		case *redis.Message:
			missed = offer(out, Notice{Kind: Message, Channel: channel, Payload: []byte(m.Payload)}, missed)
		}
	}
}

func (r *RedisBus) pubSub(ctx context.Context, channel string) *redis.PubSub {
	if r.sharded {
		return r.client.SSubscribe(ctx, channel)
	}
	return r.client.Subscribe(ctx, channel)
}

// pingWhile keeps answers coming on a quiet subscription, so that silence means a dead connection.
func pingWhile(ctx context.Context, ps *redis.PubSub) {
	for wait(ctx, redisPing) {
		if ps.Ping(ctx) != nil {
			_ = ps.Close()
			return
		}
	}
}

// wait pauses for d and reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
