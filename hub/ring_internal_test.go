package hub

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"toancanh/schema"
)

func TestRingKeepsTwoMinutesWithinItsBytes(t *testing.T) {
	t.Parallel()
	var r ring
	r.restart(100)
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	add := func(pad int) {
		e, err := newEntry(schema.Announced{Topic: "unit/x", Seq: r.head() + 1, Kind: "report", ID: fmt.Sprint(r.head()), Data: []byte(`"` + strings.Repeat("x", pad) + `"`)}, at)
		if err != nil {
			t.Fatal(err)
		}
		r.add(e)
		r.trim(at.Add(-2*time.Minute), 1<<20)
	}
	for range 600 { // one a second for ten minutes
		add(100)
		at = at.Add(time.Second)
	}
	if got := len(r.entries); got < 120 || got > 123 {
		t.Errorf("%d entries, want the 120 of two minutes", got)
	}
	if r.head() != 700 || r.entries[0].event.Seq != r.base+1 {
		t.Errorf("head %d, first %d after base %d", r.head(), r.entries[0].event.Seq, r.base)
	}
	for range 300 { // at once, far over the bound
		add(10_000)
	}
	if r.bytes > 1<<20 {
		t.Errorf("%d bytes, want at most 1 MiB", r.bytes)
	}
	sum := 0
	for i, e := range r.entries {
		sum += len(e.frame) + entryCost
		if e.event.Seq != r.base+1+int64(i) {
			t.Fatalf("entry %d has seq %d after base %d", i, e.event.Seq, r.base)
		}
	}
	if sum != r.bytes {
		t.Errorf("bytes = %d, counted %d", r.bytes, sum)
	}
	at = at.Add(time.Hour)
	r.trim(at, 1<<20)
	if got := len(r.entries); got != keptAtLeast {
		t.Errorf("%d entries after an hour of silence, want %d", got, keptAtLeast)
	}
	if _, ok := r.after(r.base - 1); ok {
		t.Error("after gives what is gone")
	}
	if got, ok := r.after(r.head() + 5); !ok || len(got) != 0 {
		t.Errorf("after the head: %d entries, %t", len(got), ok)
	}
}

// address reads one; empty is none.
func address(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(text)
}

func TestNetworksAreSlash24AndSlash56(t *testing.T) {
	t.Parallel()
	cases := []struct{ a, b string }{{"10.1.2.3", "::ffff:10.1.2.250"}, {"2001:db8:1:ff00::1", "2001:db8:1:ffff::2"}, {"", ""}}
	for _, c := range cases {
		if a, b := networkOf(address(c.a), public), networkOf(address(c.b), public); a != b {
			t.Errorf("%s and %s are counted apart: %v %v", c.a, c.b, a, b)
		}
	}
	for _, c := range []struct{ a, b string }{{"10.1.2.3", "10.1.3.3"}, {"2001:db8:1:ff00::1", "2001:db8:1:fe00::1"}} {
		if a, b := networkOf(address(c.a), public), networkOf(address(c.b), public); a == b {
			t.Errorf("%s and %s are counted together", c.a, c.b)
		}
	}
}

func TestLimitsRefillWithTime(t *testing.T) {
	t.Parallel()
	l := newLimits(&Config{MaxPublic: 100, MaxPerNetwork: 100, RatePerNetwork: 5})
	n := networkOf(address("10.0.0.1"), public)
	now := time.Unix(1_700_000_000, 0)
	let := func() (in int) {
		for l.enter(n, now) == "" {
			in++
		}
		return in
	}
	if got := let(); got != 5 {
		t.Errorf("at once: %d, want 5", got)
	}
	now = now.Add(2 * time.Second)
	if got := let(); got != 5 {
		t.Errorf("two seconds later: %d, want 5, no more than a second's worth", got)
	}
	for range 10 {
		l.leave(n)
	}
	l.sweep(now.Add(2 * time.Minute))
	if len(l.networks) != 0 || l.open[public] != 0 {
		t.Errorf("after all left: %d networks, %d open", len(l.networks), l.open[public])
	}
}
