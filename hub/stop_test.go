package hub_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"toancanh/hub"
	"toancanh/schema"
)

func TestMain(m *testing.M) {
	if os.Getenv(envReaderAddr) != "" {
		readMarks()
		return
	}
	goleak.VerifyTestMain(m,
		// Both end by themselves, some seconds after the server they belong to.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("toancanh/server/embedded/testredis.(*run).live"),
	)
}

func TestShutdownSaysGoingAwayWithAHintAndWaitsForAll(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	var browsers []*browser
	for range 10 {
		browsers = append(browsers, joined(t, s, wall))
	}
	stream := s.listen(t, "topics="+openAll, "", "")
	stream.untilBeat()
	codes := make(chan int, len(browsers))
	for _, b := range browsers {
		go func() { codes <- b.untilClosed() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for range browsers {
		if code := <-codes; code != schema.CloseGoingAway {
			t.Errorf("close code = %d, want %d", code, schema.CloseGoingAway)
		}
	}
	if s.Ready() == nil {
		t.Error("Ready = nil after Shutdown")
	}
	if _, err := stream.in.ReadString(0); err == nil {
		t.Error("the stream goes on after Shutdown")
	}
	_, res, _ := s.tryDial(t, "topics="+openAll, "", nil)
	if res == nil || res.StatusCode != 503 {
		t.Errorf("a newcomer: %v, want 503", res)
	}
}

func TestShutdownDoesNotWaitForeverForAFrozenReader(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SendBuffer, c.SlowAfter = 4<<10, time.Hour })
	s.freeze(t, "topics="+wall, s.ticket(t, nil))
	for i := range 2000 {
		r.event(wall, schema.KindReport, fmt.Sprint(i%10), strings.Repeat("x", 300))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func TestStartAndStopUnderLoadLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus())
	r.lead(t)
	for round := range 5 {
		s := serve(t, r, nil)
		token := s.ticket(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for ctx.Err() == nil {
					b, _, err := s.tryDial(t, "topics="+wall+","+openAll, token, nil)
					if err != nil {
						continue
					}
					for range 3 {
						if _, err := b.next(); err != nil {
							break
						}
					}
					_ = b.conn.Close()
				}
			})
		}
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				r.event(wall, schema.KindReport, fmt.Sprint(i%10), "x")
				r.level(wall, "kpi/open", time.Now().UnixNano(), "1")
				time.Sleep(time.Millisecond)
			}
		})
		time.Sleep(100 * time.Millisecond)
		if round%2 == 0 {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			cancel()
		}
		s.stop()
		cancel()
		wg.Wait()
	}
}

func TestTopicsNobodyListensToAreClosed(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.TopicIdle = 50 * time.Millisecond; c.MaxTopics = 2 })
	// Only so many topics may be open, so the third can be listened to only when another was closed.
	for i := range 4 {
		topic := fmt.Sprintf("%s/%d", openAll, i)
		var b *browser
		eventually(t, topic+" opens", func() bool {
			var err error
			b, _, err = s.tryDial(t, "topics="+topic, "", nil)
			return err == nil
		})
		b.untilType(schema.TypeBeat)
		r.event(topic, schema.KindReport, "a", "x")
		b.untilSeq(topic, 1)
		_ = b.conn.Close()
	}
}
