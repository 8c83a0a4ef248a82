package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/schema"
	"toancanh/server/embedded/testpg"
	"toancanh/server/relay"
	"toancanh/server/store"
)

func TestMain(m *testing.M) { testpg.Main(m) }

const topic = "wall/vn-2022/67"

// putEvent writes an event and its place before the relay inside tx.
func putEvent(ctx context.Context, tx pgx.Tx, thing string) error {
	_, err := tx.Exec(ctx, `
		with e as (
			insert into event (at, version, audience, kind, thing, topics, data)
			values (now(), 1, 'wall', 'report', $1, array[$2, 'ops/vn-2022/67'], '{}') returning id, day
		) insert into outbox select id, day from e`, thing, topic)
	return err
}

func put(t *testing.T, db testpg.DB, thing string) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error { return putEvent(t.Context(), tx, thing) })
	if err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, db testpg.DB, name string) relay.Seat {
	t.Helper()
	seat, err := store.NewSeats(db.DSN("toancanh_app"), name).TakeSeat(t.Context())
	if err != nil {
		t.Fatalf("%s takes the seat: %v", name, err)
	}
	t.Cleanup(seat.Close)
	return seat
}

func TestSeatIsTakenOnlyWhenItsHolderIsGone(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	first := take(t, db, "first")
	if _, err := store.NewSeats(db.DSN("toancanh_app"), "second").TakeSeat(t.Context()); !errors.Is(err, relay.ErrNotLeader) {
		t.Fatalf("a second leader: %v, want ErrNotLeader", err)
	}
	first.Close()
	deadline := time.Now().Add(5 * time.Second)
	for {
		second, err := store.NewSeats(db.DSN("toancanh_app"), "second").TakeSeat(t.Context())
		if err == nil {
			if second.Term() != first.Term()+1 || second.Epoch() != first.Epoch() {
				t.Errorf("term %d epoch %s after term %d epoch %s", second.Term(), second.Epoch(), first.Term(), first.Epoch())
			}
			second.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the seat of a closed session is not taken: %v", err)
		}
	}
}

func TestFormerLeaderNumbersNothing(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	sleeper := take(t, db, "sleeper")
	if _, err := db.Owner.Exec(t.Context(), "update relay set lease_until = now() - interval '1 second'"); err != nil {
		t.Fatal(err) // the lease of a leader that sleeps runs out
	}
	awake := take(t, db, "awake")
	put(t, db, "a")
	if _, err := sleeper.Stamp(t.Context(), 10); !errors.Is(err, relay.ErrNotLeader) {
		t.Errorf("the former leader's Stamp: %v, want ErrNotLeader", err)
	}
	if err := sleeper.Renew(t.Context()); !errors.Is(err, relay.ErrNotLeader) {
		t.Errorf("the former leader's Renew: %v, want ErrNotLeader", err)
	}
	events, err := awake.Stamp(t.Context(), 10)
	if err != nil || len(events) != 2 || events[0].Seq != 1 {
		t.Errorf("the leader's Stamp = %+v, %v", events, err)
	}
}

func TestEventThatCommitsLateIsNotSkipped(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	seat := take(t, db, "leader")
	slow, err := db.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := putEvent(t.Context(), slow, "slow"); err != nil { // draws the lower id
		t.Fatal(err)
	}
	put(t, db, "quick")
	first, err := seat.Stamp(t.Context(), 10)
	if err != nil || len(first) != 2 || first[0].ID != "quick" {
		t.Fatalf("before the slow commit: %+v, %v", first, err)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := seat.Stamp(t.Context(), 10)
	if err != nil || len(second) != 2 || second[0].ID != "slow" || second[0].Seq != 2 {
		t.Fatalf("after the slow commit: %+v, %v", second, err)
	}
}

func TestNumbersHaveNoGapUnderParallelWriters(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	seat := take(t, db, "leader")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				tx, err := db.App.Begin(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if err := putEvent(t.Context(), tx, fmt.Sprintf("%d-%d", w, i)); err != nil {
					t.Error(err)
				}
				if i%5 == 4 {
					_ = tx.Rollback(t.Context()) // an id that never comes must leave no gap
				} else if err := tx.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next, things := int64(1), map[string]bool{}
	writing := make(chan struct{})
	go func() { wg.Wait(); close(writing) }()
	for ended := false; ; {
		events, err := seat.Stamp(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Topic != topic {
				continue
			}
			if e.Seq != next || things[e.ID] {
				t.Fatalf("event %s has seq %d, want %d (seen before: %t)", e.ID, e.Seq, next, things[e.ID])
			}
			next++
			things[e.ID] = true
		}
		if ended && len(events) == 0 {
			break
		}
		select {
		case <-writing:
			ended = true
		default:
		}
	}
	if len(things) != 80 {
		t.Errorf("%d events were numbered, want 80", len(things))
	}
}

func TestEpochChangesWithTheDatabaseCluster(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	before := take(t, db, "before")
	before.Close()
	if _, err := db.Owner.Exec(t.Context(), "update relay set cluster = 'another/1', lease_until = '-infinity'"); err != nil {
		t.Fatal(err)
	}
	after := take(t, db, "after")
	if after.Epoch() == before.Epoch() || after.Epoch() == "" {
		t.Errorf("epoch %q after a restore, before %q", after.Epoch(), before.Epoch())
	}
}

func TestEpochStaysWithTheFilesAndChangesWithACopy(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	epoch := func(disk string) string {
		t.Helper()
		seats := store.NewSeats(db.DSN("toancanh_app"), "test").On(disk)
		// Who leads is a session's lock, and PostgreSQL may see the last one end a little after it ended.
		for {
			seat, err := seats.TakeSeat(t.Context())
			if errors.Is(err, relay.ErrNotLeader) {
				time.Sleep(20 * time.Millisecond)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			defer seat.Close()
			return seat.Epoch()
		}
	}
	first, again, copied := epoch("one"), epoch("one"), epoch("two")
	if first != again || copied == again {
		t.Errorf("epochs %q, %q on the same files, then %q on a copy", first, again, copied)
	}
}

// recorder is a bus that keeps what is published, and fails while broken.
type recorder struct {
	mu      sync.Mutex
	broken  bool
	batches []schema.Batch
}

func (r *recorder) Publish(_ context.Context, _ string, b []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return errors.New("bus is broken")
	}
	var batch schema.Batch
	if err := json.Unmarshal(b, &batch); err != nil {
		return err
	}
	r.batches = append(r.batches, batch)
	return nil
}

func (r *recorder) breakDown(broken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = broken
}

// until polls a condition on the published batches.
func (r *recorder) until(t *testing.T, what string, holds func([]schema.Batch) bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		r.mu.Lock()
		ok := holds(r.batches)
		r.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never seen: %s", what)
		}
		<-tick.C
	}
}

func TestPulseTellsWhatABrokenBusLost(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	bus := &recorder{}
	r := relay.New(relay.Config{
		Store: store.NewSeats(db.DSN("toancanh_app"), "leader"), Bus: bus, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	put(t, db, "heard")
	r.Wake()
	bus.until(t, "the first event", func(list []schema.Batch) bool { return hasEvent(list, "heard") })
	bus.breakDown(true)
	put(t, db, "lost")
	r.Wake()
	deadline := time.Now().Add(10 * time.Second)
	for {
		var waiting int
		if err := db.Owner.QueryRow(t.Context(), "select count(*) from outbox").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a broken bus keeps events from being numbered")
		}
	}
	bus.breakDown(false)
	bus.until(t, "a pulse with the head the bus did not bring", func(list []schema.Batch) bool {
		for _, b := range list {
			if b.Pulse != nil && b.Pulse.Heads[topic] == 2 && !b.Pulse.SourceAt.IsZero() {
				return true
			}
		}
		return false
	})
}

func hasEvent(list []schema.Batch, id string) bool {
	for _, b := range list {
		for _, e := range b.Events {
			if e.ID == id && e.Topic == topic {
				return true
			}
		}
	}
	return false
}
