package presence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	keyPrefix = "toancanh:presence:"
	indexKey  = "toancanh:presence" // report ids by when they are forgotten
	tries     = 8                   // of a change that another process was faster with
)

// Redis knows what all processes know. Each report is one key, which goes by itself, so that a cluster may hold it anywhere.
type Redis struct{ client redis.UniversalClient }

// NewRedis keeps presence through a client, which stays the caller's.
func NewRedis(client redis.UniversalClient) *Redis { return &Redis{client} }

// Change implements Shared.
func (r *Redis) Change(ctx context.Context, report string, change func(State) State) (State, error) {
	var after State
	var err error
	for range tries {
		err = r.client.Watch(ctx, func(tx *redis.Tx) error {
			before, err := read(tx.Get(ctx, keyPrefix+report).Result())
			if err != nil {
				return err
			}
			after = change(before)
			raw, err := json.Marshal(after)
			if err != nil {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				if after.Empty() {
					return p.Del(ctx, keyPrefix+report).Err()
				}
				return p.Set(ctx, keyPrefix+report, raw, GoneAfter).Err()
			})
			return err
		}, keyPrefix+report)
		if !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	if err == nil && !after.Empty() {
		err = r.client.ZAdd(ctx, indexKey, redis.Z{Score: float64(newest(after).Add(GoneAfter).UnixMilli()), Member: report}).Err()
	}
	if err != nil {
		return State{}, fmt.Errorf("change presence: %w", err)
	}
	return after, nil
}

func newest(s State) time.Time {
	var seen time.Time
	for _, p := range s.Pages {
		if p.Seen.After(seen) {
			seen = p.Seen
		}
	}
	return seen
}

func read(text string, err error) (State, error) {
	var s State
	switch {
	case errors.Is(err, redis.Nil):
		return s, nil
	case err != nil:
		return s, err
	}
	return s, json.Unmarshal([]byte(text), &s)
}

// All implements Shared.
func (r *Redis) All(ctx context.Context, now time.Time) ([]State, error) {
	past := strconv.FormatInt(now.UnixMilli(), 10)
	if err := r.client.ZRemRangeByScore(ctx, indexKey, "-inf", past).Err(); err != nil {
		return nil, fmt.Errorf("list presence: %w", err)
	}
	ids, err := r.client.ZRevRange(ctx, indexKey, 0, mostReports-1).Result()
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found := make([]*redis.StringCmd, len(ids))
	_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			found[i] = p.Get(ctx, keyPrefix+id)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("list presence: %w", err)
	}
	var list []State
	for _, cmd := range found {
		s, err := read(cmd.Result())
		if err != nil {
			return nil, fmt.Errorf("list presence: %w", err)
		}
		if s = s.At(now); !s.Empty() {
			list = append(list, s)
		}
	}
	return list, nil
}
