package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

const secret = "số điện thoại 0912"

// wantForgotten fails if the withdrawn word is in any frame.
func wantForgotten(t *testing.T, name string, b *browser) {
	t.Helper()
	for _, f := range b.seen {
		if strings.Contains(f.raw, secret) {
			t.Errorf("%s: the withdrawn word is in %.200s", name, f.raw)
		}
	}
}

func TestWhatWasWithdrawnIsNowhere(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SnapshotEvery = time.Nanosecond })
	token := s.ticket(t, nil)
	witness := joined(t, s, wall)
	r.event(wall, schema.KindReport, "a", "x")
	r.event(wall, schema.KindReport, "bad", secret)
	r.event(wall, schema.KindReport, "bad", secret+" lần hai")
	r.event(wall, schema.KindReport, "c", "x")
	witness.untilSeq(wall, 4)
	// A joiner now makes the hub keep a snapshot with the word in it.
	if b := joined(t, s, wall); !strings.Contains(b.seen[1].raw, secret) {
		t.Fatalf("the word is not in the snapshot, the test proves nothing: %s", b.tail())
	}
	r.withdraw(wall, "bad")
	witness.untilSeq(wall, 5)

	for name, query := range map[string]string{
		"new joiner":       "topics=" + wall,
		"resume from ring": "topics=" + wall + "&since=e1:" + wall + "=1",
		"resume from zero": "topics=" + wall + "&since=e1:" + wall + "=0",
	} {
		b := s.dial(t, query, token)
		b.untilType(schema.TypeBeat)
		wantForgotten(t, name, b)
		if strings.HasPrefix(name, "resume from ring") {
			if diff := cmp.Diff(span(2, 5), b.seqs(wall)); diff != "" {
				t.Errorf("%s: seqs (-want +got):\n%s", name, diff)
			}
			for _, f := range b.seen {
				if f.ID == "bad" && f.Kind != schema.KindGone {
					t.Errorf("%s: %s, want gone in its place", name, f.raw)
				}
			}
		}
	}
}

func TestWhatWasWithdrawnDoesNotComeBackFromASourceThatIsLate(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	token := s.ticket(t, nil)
	r.event(wall, schema.KindReport, "bad", secret)
	b := joined(t, s, wall) // the ring begins behind the bad event
	r.set(func(r *record) {
		// Only the announcement is a withdrawal; what is stored still holds the word.
		r.commit(wall, schema.KindGone, "bad", "")
	})
	r.announce(schema.Announced{Topic: wall, Seq: 2, Kind: schema.KindGone, ID: "bad", Version: 2, At: time.Now().UTC(), Purge: true})
	b.untilSeq(wall, 2)
	late := s.dial(t, "topics="+wall+"&since=e1:"+wall+"=0", token)
	late.untilType(schema.TypeBeat)
	wantForgotten(t, "resume through the source", late)
	if diff := cmp.Diff(span(1, 2), late.seqs(wall)); diff != "" {
		t.Errorf("seqs (-want +got):\n%s", diff)
	}
}

func TestWhatWasWithdrawnIsNotSentToWhoIsBehind(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.FlushEvery = 150 * time.Millisecond })
	b := joined(t, s, wall)
	r.event(wall, schema.KindReport, "a", "x")
	b.untilSeq(wall, 1)
	// The next flush is a while away: the word and its withdrawal arrive before it.
	r.event(wall, schema.KindReport, "bad", secret)
	r.withdraw(wall, "bad")
	b.untilSeq(wall, 3)
	wantForgotten(t, "a connected screen", b)
	wantWhole(t, b, 1, 3)
}

func TestWhatWasWithdrawnIsClearedFromWhatASlowScreenHasNotHad(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SendBuffer, c.PendingBytes, c.SlowAfter = 4<<10, 64<<20, time.Hour })
	b := joined(t, s, wall)
	pad := strings.Repeat("x", 20_000)
	for i := range 400 { // nobody reads: 8 MB pile up, more than the kernel takes
		r.event(wall, schema.KindReport, "pad"+string(rune('a'+i%20)), pad)
	}
	r.event(wall, schema.KindReport, "bad", secret)
	witness := s.dial(t, "topics="+wall, s.ticket(t, nil))
	witness.until("the word", func(f frame) bool { return strings.Contains(f.raw, secret) })
	r.withdraw(wall, "bad")
	witness.untilSeq(wall, 402)
	reset := b.untilType(schema.TypeReset)
	if reset.Reason != "purge" {
		t.Errorf("reset = %.100s, want purge", reset.raw)
	}
	b.untilType(schema.TypeSnapshot)
	r.event(wall, schema.KindReport, "end", "x")
	b.until("the last event", func(f frame) bool { return f.ID == "end" || strings.Contains(f.raw, `"id":"end"`) })
	wantForgotten(t, "a slow screen", b)
}
