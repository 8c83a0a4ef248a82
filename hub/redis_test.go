package hub_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

func TestAClientMovedFromOneHubToAnotherMissesNothing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) string{
		"redis":   func(t testing.TB) string { return testredis.New(t).URL() },
		"cluster": func(t testing.TB) string { return clusterURL(testredis.Cluster(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := open(t)
			r := newRecord(openBus(t, address))
			r.lead(t)
			var hubs []*served
			for range 2 {
				hubs = append(hubs, serve(t, r, func(c *hub.Config) { c.Bus = openBus(t, address) }))
			}
			b := joined(t, hubs[0], wall)
			var got []int64
			last := int64(0)
			for move := range 6 {
				for i := range 10 {
					r.event(wall, schema.KindReport, fmt.Sprint(move, i), "x")
				}
				last += 5
				b.untilSeq(wall, last)
				got = append(got, b.seqs(wall)...)
				_ = b.conn.Close()
				last = got[len(got)-1]
				next := hubs[(move+1)%2]
				b = next.dial(t, fmt.Sprintf("topics=%s&since=e1:%s=%d", wall, wall, last), next.ticket(t, nil))
			}
			if last < 60 {
				b.untilSeq(wall, 60)
			}
			got = append(got, b.seqs(wall)...)
			if diff := cmp.Diff(span(1, 60), got); diff != "" {
				t.Errorf("seqs over six moves (-want +got):\n%s", diff)
			}
			if n := b.count(schema.TypeSnapshot) + b.count(schema.TypeReset); n != 0 {
				t.Errorf("%d snapshots or resets after a move, want none", n)
			}
		})
	}
}

func TestRedisKilledAndBackEmptyCostsNobodyASnapshot(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	r := newRecord(openBus(t, server.URL()))
	r.lead(t)
	s := serve(t, r, nil)
	b := joined(t, s, wall)
	for round := range 3 {
		r.event(wall, schema.KindReport, "before", "x")
		b.untilSeq(wall, int64(4*round+1))
		server.Kill()
		r.event(wall, schema.KindReport, "during", "x")
		r.event(wall, schema.KindReport, "during too", "x")
		b.untilType(schema.TypeBeat) // the socket lives
		server.Restart()
		r.event(wall, schema.KindReport, "after", "x")
		b.untilSeq(wall, int64(4*round+4))
	}
	wantWhole(t, b, 1, 12)
	if f := b.untilType(schema.TypeBeat); f.Epoch != "e1" {
		t.Errorf("epoch = %s, want e1: an emptied Redis does not change it", f.Epoch)
	}
}

func TestAFrozenRedisShowsAsAStandingSourceAndIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	r := newRecord(openBus(t, server.URL()))
	r.lead(t)
	s := serve(t, r, nil)
	b := joined(t, s, wall)
	server.Pause()
	r.event(wall, schema.KindReport, "a", "x")
	frozen := b.untilType(schema.TypeBeat).SourceAt
	b.until("source_at stands still", func(f frame) bool {
		still := f.Type == schema.TypeBeat && f.SourceAt.Equal(frozen)
		if f.Type == schema.TypeBeat {
			frozen = f.SourceAt
		}
		return still
	})
	eventually(t, "the hub says that it is not ready", func() bool { return s.Ready() != nil })
	server.Resume()
	b.untilSeq(wall, 1)
	b.until("source_at moves", func(f frame) bool { return f.Type == schema.TypeBeat && time.Since(f.SourceAt) < time.Second })
	wantWhole(t, b, 1, 1)
}
