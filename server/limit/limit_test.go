package limit_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"toancanh/server/limit"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func limits(c *clock, shared limit.Shared) *limit.Limits {
	return limit.New(limit.Config{Now: c.now, Log: slog.New(slog.DiscardHandler), Shared: shared})
}

// passed counts how many of n pass at once.
func passed(t *testing.T, l *limit.Limits, class limit.Class, subject string, n int) (ok int) {
	t.Helper()
	for range n {
		if _, wait := l.Take(t.Context(), class, subject); wait == 0 {
			ok++
		}
	}
	return ok
}

func TestTheBurstPassesAndThenTheRate(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	l, class := limits(c, nil), limit.Class{Name: "x", PerMinute: 30, Burst: 20}
	if got := passed(t, l, class, "a", 100); got != 20 {
		t.Errorf("%d passed at once, want 20", got)
	}
	_, wait := l.Take(t.Context(), class, "a")
	c.move(wait)
	if got := passed(t, l, class, "a", 1); got != 1 {
		t.Errorf("after the wait of %s it told, none passed", wait)
	}
	if got := passed(t, l, class, "a", 1); got != 0 {
		t.Error("two passed after the wait for one")
	}
	c.move(time.Minute)
	if got := passed(t, l, class, "a", 100); got != 20 {
		t.Errorf("%d passed after a minute, want the burst again", got)
	}
	c.move(-time.Hour) // a clock set back neither opens nor shuts for good
	if got := passed(t, l, class, "a", 100); got > 20 {
		t.Errorf("%d passed after the clock was set back", got)
	}
	c.move(time.Minute)
	if got := passed(t, l, class, "a", 100); got != 20 {
		t.Errorf("%d passed a minute after the clock was set back, want 20", got)
	}
	if _, wait := l.Take(t.Context(), class, "b"); wait != 0 {
		t.Error("another subject had to wait")
	}
	if _, wait := l.Take(t.Context(), limit.Class{Name: "y", PerMinute: 1, Burst: 1}, "a"); wait != 0 {
		t.Error("another class had to wait")
	}
	if left, wait := (*limit.Limits)(nil).Take(t.Context(), class, "a"); left != 20 || wait != 0 {
		t.Error("no limits slow")
	}
}

func TestASprayDoesNotFreeAnAbuser(t *testing.T) {
	t.Parallel()
	l, class := limits(&clock{at: time.Unix(1e9, 0)}, nil), limit.Class{Name: "x", PerMinute: 1, Burst: 1}
	l.Take(t.Context(), class, "abuser")
	for i := range 60_000 {
		l.Take(t.Context(), class, strconv.Itoa(i))
	}
	if _, wait := l.Take(t.Context(), class, "abuser"); wait == 0 {
		t.Error("a spray of subjects freed the abuser")
	}
}

func TestAHouseholdIsOneSubject(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"}, {"203.0.113.7", "::ffff:203.0.113.7"}, {"fe80::1%eth0", "fe80::2%eth1"}} {
		if a, b := network(same[0]), network(same[1]); a != b {
			t.Errorf("%s and %s are counted apart: %s, %s", same[0], same[1], a, b)
		}
	}
	for _, apart := range [][2]string{{"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"203.0.113.7", "203.0.113.8"}} {
		if a, b := network(apart[0]), network(apart[1]); a == b {
			t.Errorf("%s and %s are counted together", apart[0], apart[1])
		}
	}
	if limit.Network(netip.Addr{}) == "" {
		t.Error("no address is no subject")
	}
}

func network(text string) string { return limit.Network(netip.MustParseAddr(text)) }

// book is a shared count that is told what to say, and notes what it was asked for.
type book struct {
	mu    sync.Mutex
	say   func(ctx context.Context, n int) (limit.Grant, error)
	asked []int
}

func (b *book) Take(ctx context.Context, _ limit.Class, _ string, n int) (limit.Grant, error) {
	b.mu.Lock()
	b.asked = append(b.asked, n)
	say := b.say
	b.mu.Unlock()
	return say(ctx, n)
}

func (b *book) TakeAll(ctx context.Context, c limit.Class, subject string, n int) (limit.Grant, error) {
	return b.Take(ctx, c, subject, n)
}

func (b *book) total() (times, tokens int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.asked {
		tokens += n
	}
	return len(b.asked), tokens
}

func TestAHurryAsksOnceForManyAndCalmOnceForOne(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	b := &book{say: func(_ context.Context, n int) (limit.Grant, error) { return limit.Grant{Given: n, Left: 5000}, nil }}
	l := limits(c, b)
	if got := passed(t, l, limit.Key(60_000, 6000), "key:a", 2000); got != 2000 {
		t.Fatalf("%d of 2,000 passed", got)
	}
	if times, _ := b.total(); times > 20 {
		t.Errorf("2,000 requests of a hurry asked %d times", times)
	}
	calm := &book{say: b.say}
	l = limits(c, calm)
	for range 30 {
		l.Take(t.Context(), limit.Key(60_000, 6000), "key:b")
		c.move(2 * time.Second)
	}
	if times, tokens := calm.total(); times != 30 || tokens != 30 {
		t.Errorf("30 calm requests asked %d times and took %d tokens", times, tokens)
	}
}

func TestARefusalIsRememberedAndCostsNothing(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	b := &book{say: func(context.Context, int) (limit.Grant, error) { return limit.Grant{Wait: 2 * time.Second}, nil }}
	l := limits(c, b)
	if got := passed(t, l, limit.Reports(), "a", 1000); got != 0 {
		t.Errorf("%d passed against the shared count", got)
	}
	if times, _ := b.total(); times != 1 {
		t.Errorf("a flood of refused asked %d times, want once", times)
	}
	c.move(2 * time.Second)
	l.Take(t.Context(), limit.Reports(), "a")
	if times, _ := b.total(); times != 2 {
		t.Errorf("asked %d times after the wait was over, want once more", times)
	}
}

func TestASharedCountThatFailsIsReplacedByOurOwn(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	b := &book{say: func(context.Context, int) (limit.Grant, error) { return limit.Grant{}, errors.New("gone") }}
	l := limits(c, b)
	if l.Alone() {
		t.Error("alone before anything failed")
	}
	if got := passed(t, l, limit.Reports(), "a", 100); got != 20 {
		t.Errorf("%d passed while the shared count fails, want the burst of this process", got)
	}
	if times, _ := b.total(); times != 1 || !l.Alone() {
		t.Errorf("the failing count was asked %d times at once; alone %t", times, l.Alone())
	}
	c.move(1001 * time.Millisecond)
	passed(t, l, limit.Reports(), "b", 100)
	if times, _ := b.total(); times != 2 {
		t.Errorf("asked %d times after a rest, want once more", times)
	}
	b.say = func(_ context.Context, n int) (limit.Grant, error) { return limit.Grant{Given: n}, nil }
	c.move(1001 * time.Millisecond)
	passed(t, l, limit.Reports(), "c", 2)
	if times, _ := b.total(); times != 4 || l.Alone() {
		t.Errorf("asked %d times after it came back, want each; alone %t", times, l.Alone())
	}
}

// TestNobodyWaitsLongerThanPatience asks a count that hangs from many goroutines: no context it gets lives longer than
// Patience, only one question hangs at a time, and everybody is let through.
func TestNobodyWaitsLongerThanPatience(t *testing.T) {
	t.Parallel()
	var hanging, most int
	var mu sync.Mutex
	b := &book{}
	b.say = func(ctx context.Context, _ int) (limit.Grant, error) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > limit.Patience {
			t.Errorf("a question may take %v", left)
		}
		mu.Lock()
		hanging++
		most = max(most, hanging)
		mu.Unlock()
		<-ctx.Done()
		mu.Lock()
		hanging--
		mu.Unlock()
		return limit.Grant{}, ctx.Err()
	}
	l := limit.New(limit.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler), Shared: b})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, wait := l.Take(t.Context(), limit.Key(60_000, 6000), "key:a"); wait != 0 {
				t.Error("somebody was refused because the count hangs")
			}
		})
	}
	all.Wait()
	if times, _ := b.total(); most != 1 || times > 2 {
		t.Errorf("%d questions, %d at a time", times, most)
	}
}

func TestManyTokensAreTakenTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	l, class := limits(c, nil), limit.Class{Name: "x", PerMinute: 60, Burst: 100}
	take := func(n int) time.Duration { return l.TakeAll(t.Context(), class, "a", n) }
	if wait := take(70); wait != 0 {
		t.Fatalf("70 of a burst of 100 had to wait %s", wait)
	}
	if got, want := take(70), 40*time.Second; got != want {
		t.Fatalf("70 of the 30 that are left: wait %s, want %s", got, want)
	}
	if wait := take(30); wait != 0 {
		t.Errorf("a refusal took tokens: 30 had to wait %s", wait)
	}
	c.move(40 * time.Second)
	if wait := take(40); wait != 0 {
		t.Errorf("after the time they take to grow 40 had to wait %s", wait)
	}
	if wait := (*limit.Limits)(nil).TakeAll(t.Context(), class, "a", 1e6); wait != 0 {
		t.Errorf("lifted limits made wait %s", wait)
	}
}

func TestTokensTakenTogetherAreCountedAloneWhileTheSharedCountIsAway(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Unix(1e9, 0)}
	b := &book{say: func(context.Context, int) (limit.Grant, error) { return limit.Grant{}, errors.New("away") }}
	l, class := limits(c, b), limit.Class{Name: "x", PerMinute: 60, Burst: 100}
	if wait := l.TakeAll(t.Context(), class, "a", 60); wait != 0 {
		t.Errorf("60 of 100 had to wait %s", wait)
	}
	if wait := l.TakeAll(t.Context(), class, "a", 60); wait != 20*time.Second {
		t.Errorf("60 of the 40 that are left: wait %s, want 20s", wait)
	}
	c.move(2 * time.Second)
	b.mu.Lock()
	b.say = func(_ context.Context, n int) (limit.Grant, error) {
		return limit.Grant{Given: 0, Wait: time.Minute}, nil
	}
	b.mu.Unlock()
	if wait := l.TakeAll(t.Context(), class, "a", 1); wait != time.Minute {
		t.Errorf("the shared count is back and says a minute: wait %s", wait)
	}
}
