package hub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
)

func TestJoinerGetsHelloSnapshotLevelsBeatThenEventsInOrder(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	for i := range 3 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), "trước")
	}
	token := s.ticket(t, nil)
	first := s.dial(t, "topics="+wall, token)
	first.untilType(schema.TypeBeat)
	r.level(wall, "kpi/open", 1, `{"value":3}`)
	first.untilType(schema.TypeLevel)

	b := s.dial(t, "topics="+wall, token)
	b.untilType(schema.TypeBeat)
	var got []schema.FrameType
	for _, f := range b.seen {
		got = append(got, f.Type)
	}
	want := []schema.FrameType{schema.TypeHello, schema.TypeSnapshot, schema.TypeLevel, schema.TypeBeat}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first frames (-want +got):\n%s", diff)
	}
	if snap := b.seen[1]; snap.Seq != 3 || !strings.Contains(snap.raw, `"r2"`) {
		t.Errorf("snapshot = %s, want seq 3 with r2", snap.raw)
	}
	if b.conn.Subprotocol() != schema.Protocol {
		t.Errorf("sub-protocol = %q, want %q", b.conn.Subprotocol(), schema.Protocol)
	}
	for i := range 50 {
		r.event(wall, schema.KindReport, fmt.Sprint("n", i), "sau")
	}
	b.untilSeq(wall, 53)
	if diff := cmp.Diff(span(4, 53), b.seqs(wall)); diff != "" {
		t.Errorf("seqs (-want +got):\n%s", diff)
	}
}
