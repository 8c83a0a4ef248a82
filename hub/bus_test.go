package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

// openBus connects a bus to a real Redis.
func openBus(t testing.TB, address string) hub.Bus {
	t.Helper()
	client, err := hub.OpenRedis(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return hub.NewRedisBus(client)
}

// buses are all there are, each made for one test.
func buses() map[string]func(testing.TB) hub.Bus {
	return map[string]func(testing.TB) hub.Bus{
		"in process": func(testing.TB) hub.Bus { return hub.NewLocalBus() },
		"redis":      func(t testing.TB) hub.Bus { return openBus(t, testredis.New(t).URL()) },
		"cluster":    func(t testing.TB) hub.Bus { return openBus(t, clusterURL(testredis.Cluster(t))) },
	}
}

func clusterURL(addrs []string) string { return "redis://" + strings.Join(addrs, ",") }

// awaitNotice reads notices until one of a kind comes.
func awaitNotice(t testing.TB, in <-chan hub.Notice, kind hub.NoticeKind) hub.Notice {
	t.Helper()
	end := time.After(patience)
	for {
		select {
		case n, ok := <-in:
			if !ok {
				t.Fatalf("notices ended while waiting for kind %d", kind)
			}
			if n.Kind == kind {
				return n
			}
		case <-end:
			t.Fatalf("no notice of kind %d within %v", kind, patience)
		}
	}
}

func TestBusContract(t *testing.T) {
	t.Parallel()
	for name, open := range buses() {
		t.Run(name+" delivers everything in order once subscribed", func(t *testing.T) {
			t.Parallel()
			bus := open(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for i := range schema.Channels {
				channel := schema.ChannelName(i)
				in := bus.Subscribe(ctx, channel)
				awaitNotice(t, in, hub.Subscribed)
				var got, want []string
				for n := range 50 {
					body := fmt.Sprintf("%s số %d", channel, n)
					want = append(want, body)
					if err := bus.Publish(ctx, channel, []byte(body)); err != nil {
						t.Fatal(err)
					}
				}
				for range want {
					got = append(got, string(awaitNotice(t, in, hub.Message).Payload))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
			}
		})
		t.Run(name+" ends the notices with the context", func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			in := open(t).Subscribe(ctx, schema.ChannelName(0), schema.ChannelName(1))
			awaitNotice(t, in, hub.Subscribed)
			cancel()
			end := time.After(patience)
			for open := true; open; {
				select {
				case _, open = <-in:
				case <-end:
					t.Fatal("notices did not end")
				}
			}
		})
		t.Run(name+" tells a reader that fell behind", func(t *testing.T) {
			t.Parallel()
			bus := open(t)
			in := bus.Subscribe(t.Context(), schema.ChannelName(3))
			awaitNotice(t, in, hub.Subscribed)
			for range 6000 {
				if err := bus.Publish(t.Context(), schema.ChannelName(3), []byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			stop := make(chan struct{})
			defer close(stop)
			go func() { // the notice comes with the next message that fits
				for {
					select {
					case <-stop:
						return
					case <-time.After(10 * time.Millisecond):
						_ = bus.Publish(context.Background(), schema.ChannelName(3), []byte("y"))
					}
				}
			}()
			awaitNotice(t, in, hub.Gap)
		})
	}
}

func TestRedisBusComesBackAfterRedisWasKilledEmpty(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	bus := openBus(t, server.URL())
	in := bus.Subscribe(t.Context(), schema.ChannelName(0))
	awaitNotice(t, in, hub.Subscribed)
	server.Kill()
	awaitNotice(t, in, hub.Lost)
	server.Restart()
	awaitNotice(t, in, hub.Subscribed)
	if err := bus.Publish(t.Context(), schema.ChannelName(0), []byte("lại")); err != nil {
		t.Fatal(err)
	}
	if got := string(awaitNotice(t, in, hub.Message).Payload); got != "lại" {
		t.Errorf("payload = %q, want %q", got, "lại")
	}
}

func TestRedisBusNoticesAFrozenRedis(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	bus := openBus(t, "redis://"+server.Addr())
	in := bus.Subscribe(t.Context(), schema.ChannelName(0))
	awaitNotice(t, in, hub.Subscribed)
	if err := bus.Publish(t.Context(), schema.ChannelName(0), []byte("x")); err != nil {
		t.Fatal(err)
	}
	server.Pause()
	if err := bus.Publish(t.Context(), schema.ChannelName(0), []byte("x")); err == nil {
		t.Error("Publish to a frozen Redis = nil, want an error")
	}
	awaitNotice(t, in, hub.Lost)
	server.Resume()
	awaitNotice(t, in, hub.Subscribed)
}

func TestOpenRedisUnderstandsEveryAddress(t *testing.T) {
	t.Parallel()
	cases := []struct{ address, want string }{
		{"redis://127.0.0.1:6379/2", "*redis.Client"},
		{"rediss://user:p%40ss@redis.example:6380", "*redis.Client"},
		{"unix:///run/redis.sock?db=1", "*redis.Client"},
		{"redis://a:1,b:2,c:3", "*redis.ClusterClient"},
		{"redis://u:p@a:1,b:2/", "*redis.ClusterClient"},
		{"redis://a:1,redis://b:2", "*redis.ClusterClient"},
		{"redis+cluster://a:7000", "*redis.ClusterClient"},
		{"rediss+cluster://a:7000,b:7000", "*redis.ClusterClient"},
		{"redis+sentinel://s1:26379,s2:26379/master", "*redis.Client"},
	}
	for _, c := range cases {
		client, err := hub.OpenRedis(c.address)
		if err != nil {
			t.Errorf("OpenRedis(%q): %v", c.address, err)
			continue
		}
		if got := fmt.Sprintf("%T", client); got != c.want {
			t.Errorf("OpenRedis(%q) = %s, want %s", c.address, got, c.want)
		}
		if cluster, ok := client.(*redis.ClusterClient); ok && strings.Contains(c.address, ",") && len(cluster.Options().Addrs) < 2 {
			t.Errorf("OpenRedis(%q) knows only %v", c.address, cluster.Options().Addrs)
		}
		_ = client.Close()
	}
}

func TestOpenRedisRefusesWhatIsNoAddressWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "localhost:6379", "http://secret@h", "redis+other://secret@a", "redis+sentinel://secret@h:1", "redis+cluster://", "redis://:secret@h:port"} {
		client, err := hub.OpenRedis(address)
		if err == nil {
			_ = client.Close()
			t.Errorf("OpenRedis(%q) = nil error", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("OpenRedis(%q) shows the password: %v", address, err)
		}
	}
}
