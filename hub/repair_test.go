package hub_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

// joined is a browser that has its first beat.
func joined(t testing.TB, s *served, topics string) *browser {
	t.Helper()
	b := s.dial(t, "topics="+topics, s.ticket(t, nil))
	b.untilType(schema.TypeBeat)
	return b
}

// wantWhole fails unless the events came as numbered, with neither reset nor second snapshot.
func wantWhole(t testing.TB, b *browser, first, last int64) {
	t.Helper()
	if diff := cmp.Diff(span(first, last), b.seqs(wall)); diff != "" {
		t.Errorf("seqs (-want +got):\n%s", diff)
	}
	if b.count(schema.TypeReset) != 0 || b.count(schema.TypeSnapshot) != 1 {
		t.Errorf("%d resets and %d snapshots, want 0 and 1", b.count(schema.TypeReset), b.count(schema.TypeSnapshot))
	}
}

func TestALostMessageIsFilledBeforeAnythingLaterIsDelivered(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.event(wall, schema.KindReport, "a", "x")
	r.set(func(r *record) { r.lose = 3 })
	for i := range 6 {
		r.event(wall, schema.KindReport, fmt.Sprint("b", i), "x")
	}
	b.untilSeq(wall, 7)
	wantWhole(t, b, 1, 7)
}

func TestALostMessageFollowedBySilenceIsFilledByThePulse(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.set(func(r *record) { r.lose = 1 })
	r.event(wall, schema.KindReport, "a", "x")
	b.untilSeq(wall, 1)
	wantWhole(t, b, 1, 1)
}

func TestDoubledLateAndMisplacedEventsAreIgnored(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	a1 := r.event(wall, schema.KindReport, "a", "x")
	a2 := r.event(wall, schema.KindReport, "b", "x")
	r.announce(a1, a2, a1)
	r.announce(a2)
	wrong := a2
	wrong.Topic = ops
	r.send(wall, schema.Batch{Events: []schema.Announced{wrong, {Topic: wall, Seq: -1, Kind: "report"}, {Topic: wall, Seq: 3}}})
	r.event(wall, schema.KindReport, "c", "x")
	b.untilSeq(wall, 3)
	wantWhole(t, b, 1, 3)
}

func TestEventsOfOneBatchMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.set(func(r *record) { r.lose = 5 })
	var batch []schema.Announced
	for i := range 5 {
		batch = append([]schema.Announced{r.event(wall, schema.KindReport, fmt.Sprint(i), "x")}, batch...)
	}
	r.announce(batch...)
	b.untilSeq(wall, 5)
	wantWhole(t, b, 1, 5)
}

func TestALowerTermIsIgnored(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.set(func(r *record) { r.term = 5 })
	r.event(wall, schema.KindReport, "a", "x")
	b.untilSeq(wall, 1)
	r.send(wall, schema.Batch{Epoch: "e1", Term: 4, Events: []schema.Announced{{Topic: wall, Seq: 2, Kind: "report", ID: "stale", Version: 9, Data: json.RawMessage(`{}`)}}})
	r.event(wall, schema.KindReport, "b", "x")
	f := b.untilSeq(wall, 2)
	if f.ID != "b" {
		t.Errorf("seq 2 is %q, want b: an old leader's numbers must not count", f.ID)
	}
}

func TestWhenTheSourceFailsTooClientsAreResetAndGetASnapshotLater(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.RepairPatience = 100 * time.Millisecond })
	b := joined(t, s, wall)
	r.event(wall, schema.KindReport, "a", "x")
	b.untilSeq(wall, 1)
	r.set(func(r *record) { r.failing, r.lose = true, 1 })
	r.event(wall, schema.KindReport, "b", "x")
	r.event(wall, schema.KindReport, "c", "x")
	reset := b.untilType(schema.TypeReset)
	if reset.Reason != "gap" || reset.Topic != wall {
		t.Errorf("reset = %s, want gap of %s", reset.raw, wall)
	}
	beat := b.untilType(schema.TypeBeat)
	if beat.Heads[wall] != 3 {
		t.Errorf("head in the beat = %d, want 3: what is missing must show", beat.Heads[wall])
	}
	r.set(func(r *record) { r.failing = false })
	snap := b.untilType(schema.TypeSnapshot)
	if snap.Seq != 3 {
		t.Errorf("snapshot at %d, want 3", snap.Seq)
	}
	r.event(wall, schema.KindReport, "d", "x")
	b.untilSeq(wall, 4)
	if diff := cmp.Diff([]int64{1, 4}, b.seqs(wall)); diff != "" {
		t.Errorf("seqs (-want +got):\n%s", diff)
	}
	if got := b.count(schema.TypeReset); got != 1 {
		t.Errorf("%d resets, want 1", got)
	}
}

func TestASourceAwayForAMomentResetsNobody(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.set(func(r *record) { r.failing, r.lose = true, 1 })
	r.event(wall, schema.KindReport, "a", "x")
	asked := r.sinces.Load()
	eventually(t, "the hub asked in vain", func() bool { return r.sinces.Load() > asked+2 })
	r.set(func(r *record) { r.failing = false })
	b.untilSeq(wall, 1)
	wantWhole(t, b, 1, 1)
}

func TestAnotherEpochResetsEveryTopic(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	for i := range 5 {
		r.event(wall, schema.KindReport, fmt.Sprint(i), "tương lai")
	}
	b := joined(t, s, wall+","+ops)
	r.set(func(r *record) {
		r.epoch = "e2"
		r.events = map[string][]schema.Announced{}
		r.state = map[string]map[string]json.RawMessage{}
	})
	r.event(wall, schema.KindReport, "new", "x")
	reset := map[string]bool{}
	for len(reset) < 2 {
		f := b.untilType(schema.TypeReset)
		if f.Reason != "epoch" {
			t.Errorf("reset = %s, want epoch", f.raw)
		}
		reset[f.Topic] = true
	}
	snaps := map[string]int64{}
	for _, f := range b.seen {
		if f.Type == schema.TypeSnapshot && f.Epoch == "e2" {
			snaps[f.Topic] = f.Seq
		}
	}
	for len(snaps) < 2 {
		f := b.untilType(schema.TypeSnapshot)
		snaps[f.Topic] = f.Seq
	}
	if diff := cmp.Diff(map[string]int64{wall: 1, ops: 0}, snaps); diff != "" {
		t.Errorf("snapshots of the new epoch (-want +got):\n%s", diff)
	}
	r.event(wall, schema.KindReport, "newer", "x")
	b.untilSeq(wall, 2)
	if f := b.untilType(schema.TypeBeat); f.Epoch != "e2" || f.Heads[wall] != 2 {
		t.Errorf("beat = %s, want epoch e2 at 2", f.raw)
	}
	late := joined(t, s, wall)
	if late.seen[0].Epoch != "e2" || late.seen[1].Epoch != "e2" || late.seen[1].Seq > 2 {
		t.Errorf("a late joiner got %s", late.tail())
	}
}

func TestAnEpochLeftBehindDoesNotComeBackUnlessTheSourceSaysSo(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.set(func(r *record) { r.epoch, r.term = "e2", 3 })
	b.until("epoch e2", func(f frame) bool { return f.Type == schema.TypeBeat && f.Epoch == "e2" })
	r.send(wall, schema.Batch{Epoch: "e1", Term: 9, Events: []schema.Announced{{Topic: wall, Seq: 1, Kind: "report", ID: "ghost", Data: json.RawMessage(`{}`)}}})
	for range 3 {
		if f := b.untilType(schema.TypeBeat); f.Epoch != "e2" {
			t.Fatalf("epoch = %s, want e2", f.Epoch)
		}
	}
	// A restore from an older copy: a new epoch with a lower term, which the source confirms.
	r.set(func(r *record) { r.epoch, r.term = "e3", 1 })
	b.until("epoch e3", func(f frame) bool { return f.Type == schema.TypeBeat && f.Epoch == "e3" })
}

func TestPoisonOnTheBusIsIgnored(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	for _, poison := range []string{
		"", "null", "{", "[]", `"x"`, "\x00\xff", `{"epoch":""}`, `{"epoch":5}`, `{"epoch":"e1","term":"x"}`,
		`{"epoch":"e1","term":1,"events":[{"topic":"` + wall + `","seq":1,"kind":"report","id":"x","at":"never"}]}`,
		"{\"epoch\":\"e1\",\"term\":1,\"events\":[{\"topic\":\"" + wall + "\",\"seq\":1,\"kind\":\"report\",\"id\":\"x\",\"data\":\"\xff\"}]}",
		`{"epoch":"e1","term":1,"levels":[{"topic":"` + wall + `","key":5}]}`,
	} {
		_ = r.bus.Publish(t.Context(), schema.Channel(wall), []byte(poison))
	}
	r.event(wall, schema.KindReport, "a", "vẫn sống")
	b.untilSeq(wall, 1)
	wantWhole(t, b, 1, 1)
}

func TestAResetEventIsPassedOnAndFollowedByASnapshot(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.event(wall, schema.KindReport, "a", "x")
	r.event(wall, schema.KindReset, "", "")
	b.untilSeq(wall, 2)
	if f := b.untilType(schema.TypeSnapshot); f.Seq < 2 {
		t.Errorf("snapshot at %d, want 2 or later", f.Seq)
	}
	r.event(wall, schema.KindReport, "b", "x")
	b.untilSeq(wall, 3)
	if diff := cmp.Diff(span(1, 3), b.seqs(wall)); diff != "" {
		t.Errorf("seqs (-want +got):\n%s", diff)
	}
	if b.count(schema.TypeReset) != 0 {
		t.Error("a reset event must not bring a reset frame")
	}
}
