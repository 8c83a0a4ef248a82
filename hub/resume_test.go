package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

func TestResumeGetsExactlyWhatWasMissed(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	token := s.ticket(t, nil)
	for i := range 10 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), "một")
	}
	first := s.dial(t, "topics="+wall, token)
	first.untilType(schema.TypeBeat)
	for i := range 20 {
		r.event(wall, schema.KindReport, fmt.Sprint("n", i), "hai")
	}
	first.untilSeq(wall, 30)
	took := r.snapshots.Load()

	cases := []struct {
		name  string
		since string
		want  []int64
	}{
		{"out of the ring", "e1:" + wall + "=15", span(16, 30)},
		{"at the head there is nothing to get", "e1:" + wall + "=30", nil},
		{"older than the ring, out of the source", "e1:" + wall + "=2", span(3, 30)},
		{"from the very beginning", "e1:" + wall + "=0", span(1, 30)},
	}
	for _, c := range cases {
		b := s.dial(t, "topics="+wall+"&since="+c.since, token)
		b.untilType(schema.TypeBeat)
		if diff := cmp.Diff(c.want, b.seqs(wall)); diff != "" {
			t.Errorf("%s: seqs (-want +got):\n%s", c.name, diff)
		}
		if n := b.count(schema.TypeSnapshot) + b.count(schema.TypeReset); n != 0 {
			t.Errorf("%s: %d snapshots or resets, want none", c.name, n)
		}
	}
	if got := r.snapshots.Load(); got != took {
		t.Errorf("resuming took %d snapshots, want none", got-took)
	}
}

func TestResumeThatCannotGoOnGetsResetAndSnapshot(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	token := s.ticket(t, nil)
	for i := range 30 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), "x")
	}
	r.set(func(r *record) { r.kept[wall] = 20 })
	cases := []struct{ name, since, want string }{
		{"events no longer kept", "e1:" + wall + "=5", "too_old"},
		{"another epoch", "e0:" + wall + "=25", "epoch"},
		{"ahead of the head", "e1:" + wall + "=31", "ahead"},
		{"far ahead of the head", "e1:" + wall + "=9000000000000000000", "ahead"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := s.dial(t, "topics="+wall+"&since="+c.since, token)
			b.untilType(schema.TypeBeat)
			if got := b.seen[1]; got.Type != schema.TypeReset || got.Reason != c.want {
				t.Errorf("second frame = %s, want reset %s", got.raw, c.want)
			}
			if got := b.seen[2]; got.Type != schema.TypeSnapshot || got.Seq != 30 {
				t.Errorf("third frame = %.200s, want the snapshot at 30", got.raw)
			}
			if got := b.seen[len(b.seen)-1].Heads[wall]; got != 30 {
				t.Errorf("head in the beat = %d, want 30: a claim must not move it", got)
			}
		})
	}
}

func TestTopicsWithoutAPositionGetASnapshotWhileOthersResume(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	for i := range 4 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), "x")
		r.event(ops, schema.KindReport, fmt.Sprint("r", i), "y")
	}
	b := s.dial(t, "topics="+wall+","+ops+"&since=e1:"+wall+"=2", s.ticket(t, nil))
	b.untilSeq(wall, 4)
	if diff := cmp.Diff([]int64{3, 4}, b.seqs(wall)); diff != "" {
		t.Errorf("resumed topic (-want +got):\n%s", diff)
	}
	if b.count(schema.TypeSnapshot) != 1 || b.count(schema.TypeReset) != 0 {
		t.Errorf("frames = %s, want one snapshot and no reset", b.tail())
	}
}

func TestAClientThatWasFasterThanItsNewHubIsNotReset(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	token := s.ticket(t, nil)
	r.event(wall, schema.KindReport, "a", "x")
	s.dial(t, "topics="+wall, token).untilType(schema.TypeBeat)
	r.set(func(r *record) { r.mute = true }) // the bus brings this hub nothing for a while
	r.event(wall, schema.KindReport, "b", "x")
	r.event(wall, schema.KindReport, "c", "x")
	b := s.dial(t, "topics="+wall+"&since=e1:"+wall+"=3", token)
	b.untilType(schema.TypeBeat)
	if n := b.count(schema.TypeReset) + b.count(schema.TypeSnapshot) + b.count(schema.TypeEvent); n != 0 {
		t.Errorf("frames = %s, want neither reset nor snapshot nor events", b.tail())
	}
	r.set(func(r *record) { r.mute = false })
	r.event(wall, schema.KindReport, "d", "x")
	b.untilSeq(wall, 4)
}

func TestJoinersOfAStormShareASnapshot(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SnapshotEvery = time.Minute })
	token := s.ticket(t, nil)
	for i := range 5 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), "x")
	}
	before := r.snapshots.Load()
	for i := range 20 {
		r.event(wall, schema.KindReport, fmt.Sprint("s", i), "x")
		b := s.dial(t, "topics="+wall, token)
		b.untilType(schema.TypeBeat)
		snap := b.seen[1].Seq
		head, seqs := int64(6+i), b.seqs(wall)
		if snap < head && (len(seqs) == 0 || seqs[len(seqs)-1] < head) {
			b.untilSeq(wall, head)
			seqs = b.seqs(wall)
		}
		if len(seqs) > 0 && seqs[0] != snap+1 {
			t.Fatalf("after the snapshot at %d came %v", snap, seqs)
		}
		if diff := cmp.Diff(span(snap+1, head), seqs); diff != "" {
			t.Fatalf("joiner %d: seqs (-want +got):\n%s", i, diff)
		}
	}
	if got := r.snapshots.Load() - before; got != 1 {
		t.Errorf("20 joiners took %d snapshots, want 1", got)
	}
}

func TestPositionsThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	for _, since := range []string{"e1", ":" + wall + "=1", "e1:" + wall, "e1:" + wall + "=-1", "e1:" + wall + "=x", "e1:boss/x=1", "e1:" + strings.Repeat(wall+"=1,", 2) + wall + "=1"} {
		_, res, err := s.tryDial(t, "topics="+wall+"&since="+since, s.ticket(t, nil), nil)
		if err == nil || res == nil || res.StatusCode != 400 {
			t.Errorf("since=%s: %v, want 400", since, err)
		}
	}
}
