package hub_test

import (
	"fmt"
	"testing"
	"time"

	"toancanh/hub"
	"toancanh/schema"
)

func TestLevelsAreConflatedToTheNewestOfEachKey(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.LevelEvery = 200 * time.Millisecond })
	b := joined(t, s, wall)
	began := time.Now()
	const versions = 400
	for v := int64(1); v <= versions; v++ {
		r.level(wall, "kpi/open", v, fmt.Sprintf(`{"value":%d}`, v))
		r.level(wall, fmt.Sprint("sensor/", v%5), v, `{"value":1}`)
		if v%40 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	newest := map[string]int64{}
	b.until("the newest value", func(f frame) bool {
		seen := map[string]bool{}
		for _, item := range f.Items {
			if item.Version <= newest[item.Key] {
				t.Errorf("%s came with version %d after %d", item.Key, item.Version, newest[item.Key])
			}
			if seen[item.Key] {
				t.Errorf("%s stands twice in a frame", item.Key)
			}
			newest[item.Key], seen[item.Key] = item.Version, true
		}
		return newest["kpi/open"] == versions
	})
	most := int(time.Since(began)/(200*time.Millisecond)) + 2
	if got := b.count(schema.TypeLevel); got > most {
		t.Errorf("%d level frames in %v, want at most %d", got, time.Since(began), most)
	}
	if len(newest) != 6 {
		t.Errorf("keys = %v, want all six", newest)
	}
}

func TestAnOlderLevelDoesNotReplaceANewerOne(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall)
	r.level(wall, "kpi/open", 7, `{"value":7}`)
	b.untilType(schema.TypeLevel)
	r.level(wall, "kpi/open", 6, `{"value":6}`)
	r.level(wall, "kpi/open", 7, `{"value":"repeated"}`)
	r.level(wall, "kpi/overdue", 1, `{"value":1}`)
	f := b.untilType(schema.TypeLevel)
	if len(f.Items) != 1 || f.Items[0].Key != "kpi/overdue" {
		t.Errorf("items = %s, want kpi/overdue alone", f.raw)
	}
	late := joined(t, s, wall)
	for _, f := range late.seen {
		if f.Type == schema.TypeLevel && (len(f.Items) != 2 || f.Items[0].Version != 7) {
			t.Errorf("a joiner got %s, want both keys, kpi/open at 7", f.raw)
		}
	}
	if late.count(schema.TypeLevel) != 1 {
		t.Errorf("a joiner got %d level frames, want 1", late.count(schema.TypeLevel))
	}
}

func TestBeatsCarryTheAgeOfTheSourceAndComeSlowerToThePublic(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	b := joined(t, s, wall+","+openAll)
	p := s.dial(t, "topics="+openAll, "")
	if got := p.untilType(schema.TypeHello).BeatMS; got != 200 {
		t.Errorf("beat_ms of a public client = %d, want 200", got)
	}
	if got := b.seen[0].BeatMS; got != 100 {
		t.Errorf("beat_ms of a client with a screen's topic = %d, want 100", got)
	}
	r.set(func(r *record) { r.failing = true }) // the leader lives but does not reach PostgreSQL
	var stuck time.Time
	b.until("source_at stands still", func(f frame) bool {
		still := f.Type == schema.TypeBeat && f.SourceAt.Equal(stuck)
		stuck = f.SourceAt
		return still
	})
	r.set(func(r *record) { r.failing = false })
	b.until("source_at moves again", func(f frame) bool { return f.Type == schema.TypeBeat && f.SourceAt.After(stuck) })
}
