package testredis_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"toancanh/server/embedded/testredis"
)

func TestServerRestartsEmptyAtTheSameAddress(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	if err := client.Set(t.Context(), "mark", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a killed server answers")
	}
	server.Restart()
	if err := client.Get(t.Context(), "mark").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("key after a restart: got %v, want %v", err, redis.Nil)
	}
}

func TestFrozenServerAnswersNothingUntilResumed(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, ReadTimeout: 100 * time.Millisecond})
	defer func() { _ = client.Close() }()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a frozen server answers")
	}
	server.Resume()
	if err := server.Client().Ping(t.Context()).Err(); err != nil {
		t.Errorf("a resumed server does not answer: %v", err)
	}
}

func TestClusterServesKeysOfEverySlot(t *testing.T) {
	t.Parallel()
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: testredis.Cluster(t)})
	defer func() { _ = client.Close() }()
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		t.Fatalf("three addresses gave a %T", client)
	}
	for i := range 100 {
		key := fmt.Sprintf("key-%d", i)
		if err := client.Set(t.Context(), key, i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	err := cluster.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
		size, err := c.DBSize(ctx).Result()
		if err == nil && size == 0 {
			err = fmt.Errorf("%s got no key of a hundred", c.Options().Addr)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
