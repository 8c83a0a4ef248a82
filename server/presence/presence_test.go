package presence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9/logging"

	"toancanh/schema"
	"toancanh/server/embedded"
	"toancanh/server/embedded/testredis"
	"toancanh/server/presence"
)

func TestMain(m *testing.M) {
	embedded.Guard()
	logging.Disable()
	os.Exit(m.Run())
}

func beat(report, id string, change ...func(*presence.Beat)) presence.Beat {
	b := presence.Beat{Report: report, Division: "vn-2022", Path: []string{"67", "660", "24611"}, ID: id, Name: "Chị " + id, Page: "page-" + id}
	for _, f := range change {
		f(&b)
	}
	return b
}

func typing(b *presence.Beat) { b.Typing = true }
func taking(b *presence.Beat) { b.Take, b.Typing = true, true }

// holder is the id of who holds the lock.
func holder(s presence.State) string {
	if s.Lock == nil {
		return ""
	}
	return s.Lock.ID
}

func TestALockIsHeldByWhoTypesAndMayBeTaken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	var s presence.State
	for _, step := range []struct {
		after  time.Duration
		beat   presence.Beat
		people int
		holder string
	}{
		{0, beat("r", "an"), 1, ""},
		{1, beat("r", "an", typing), 1, "an"},
		{2, beat("r", "binh", typing), 2, "an"},
		{3, beat("r", "binh", taking), 2, "binh"},
		{4, beat("r", "an", typing), 2, "binh"},
		{5, beat("r", "binh"), 2, ""},
		{6, beat("r", "an", typing), 2, "an"},
		{6, beat("r", "an", func(b *presence.Beat) { b.Page = "page-other" }, typing), 2, "an"},
		{40, beat("r", "binh"), 1, ""}, // the other one has been silent too long
	} {
		s = s.After(step.beat, now.Add(step.after*time.Second))
		if got := len(s.People()); got != step.people || holder(s) != step.holder {
			t.Errorf("after %d s: %d people, held by %q, want %d and %q", step.after, got, holder(s), step.people, step.holder)
		}
	}
	if s = s.Without("binh", "page-binh", now.Add(41*time.Second)); !s.Empty() {
		t.Errorf("everybody left: %+v", s)
	}
}

func TestAReportShowsABoundedCrowd(t *testing.T) {
	t.Parallel()
	var s presence.State
	for i := range 100 {
		s = s.After(beat("r", fmt.Sprint(i)), time.Unix(1000, 0))
	}
	if len(s.Pages) != 20 {
		t.Errorf("%d pages", len(s.Pages))
	}
}

func TestTwoProcessesKnowTheSame(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	boards := make([]*presence.Board, 2)
	for i := range boards {
		boards[i] = presence.NewBoard(presence.NewRedis(server.Client()), time.Now, slog.New(slog.DiscardHandler))
	}
	var all sync.WaitGroup
	for i := range 8 { // at once, so that some come in each other's way
		all.Go(func() { boards[i%2].Beat(t.Context(), beat("r1", fmt.Sprint("n", i))) })
	}
	all.Wait()
	boards[0].Beat(t.Context(), beat("r1", "an", typing))
	s := boards[1].Beat(t.Context(), beat("r1", "binh", typing))
	if len(s.People()) != 10 || holder(s) != "an" {
		t.Errorf("the other process knows %d people, held by %q", len(s.People()), holder(s))
	}
	boards[1].Beat(t.Context(), beat("r2", "binh"))
	boards[0].Leave(t.Context(), "r2", "binh", "page-binh")
	list := boards[0].All(t.Context())
	if len(list) != 1 || list[0].Report != "r1" || len(list[0].Pages) != 10 {
		t.Errorf("all: %+v", list)
	}
}

// away is a shared store that does not answer.
type away struct{}

var errAway = errors.New("away")

func (away) Change(context.Context, string, func(presence.State) presence.State) (presence.State, error) {
	return presence.State{}, errAway
}

func (away) All(context.Context, time.Time) ([]presence.State, error) { return nil, errAway }

func TestAProcessSpeaksForItselfWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	b := presence.NewBoard(away{}, time.Now, slog.New(slog.DiscardHandler))
	b.Beat(t.Context(), beat("r", "an"))
	if s := b.Beat(t.Context(), beat("r", "binh")); len(s.People()) != 2 {
		t.Errorf("%d people", len(s.People()))
	}
	if list := b.All(t.Context()); len(list) != 1 {
		t.Errorf("all: %+v", list)
	}
}

func TestOperatorsAreToldWhoIsWhereAndThatTheyLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := presence.NewBoard(nil, time.Now, slog.New(slog.DiscardHandler))
		var said []schema.Level
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			presence.NewAnnouncer(b, time.Now).Lead(ctx, func(l []schema.Level) { said = append(said, l...) })
		}()
		newest := func(topic string) presence.Level {
			synctest.Wait()
			var level presence.Level
			for _, l := range said {
				if l.Topic == topic && l.Key == presence.LevelKey {
					if err := json.Unmarshal(l.Data, &level); err != nil {
						t.Fatal(err)
					}
				}
			}
			return level
		}
		synctest.Wait()
		if len(said) != 0 {
			t.Errorf("said of nobody: %+v", said)
		}
		b.Beat(ctx, beat("r1", "an", typing))
		time.Sleep(1100 * time.Millisecond)
		for _, topic := range []string{"ops/vn-2022/67", "ops/vn-2022/67/660", "ops/vn-2022/67/660/24611"} {
			if got := newest(topic); len(got.Reports) != 1 || got.Reports[0].ID != "r1" || got.Reports[0].Lock == nil || got.Reports[0].People[0].Name != "Chị an" {
				t.Errorf("%s: %+v", topic, got)
			}
		}
		n := len(said)
		time.Sleep(10 * time.Second)
		if again := len(said) - n; again < 6 || again > 9 {
			t.Errorf("said again %d times in 10 s", again)
		}
		time.Sleep(25 * time.Second) // the page says nothing more
		if got := newest("ops/vn-2022/67"); len(got.Reports) != 0 {
			t.Errorf("after silence: %+v", got)
		}
		n = len(said)
		time.Sleep(time.Minute)
		if len(said)-n > 12 {
			t.Errorf("an empty area is told of %d times in a minute", len(said)-n)
		}
		stop()
		<-done
	})
}

// TestTheGoldenLevelIsOurs holds the example that the browser's tests read to what is sent.
func TestTheGoldenLevelIsOurs(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/frames/level-presence.json")
	if err != nil {
		t.Fatal(err)
	}
	var frame schema.LevelFrame
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatal(err)
	}
	var level presence.Level
	if err := json.Unmarshal(frame.Items[0].Data, &level); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(level)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal(frame.Items[0].Data, &want), json.Unmarshal(again, &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || frame.Items[0].Key != presence.LevelKey || len(level.Reports) != 2 {
		t.Errorf("the golden level says something else (-golden +sent):\n%s", diff)
	}
}
