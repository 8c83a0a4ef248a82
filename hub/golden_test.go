package hub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
)

const goldenFrames = "../schema/testdata/frames"

func golden(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenFrames, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shape replaces every value by the word for its kind, so that two messages can be compared by what a reader of
// them relies on. The insides of "heads" are names, not fields.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, inner := range v {
			if out[k] = shape(inner); k == "heads" {
				out[k] = fmt.Sprintf("%d heads", len(inner.(map[string]any)))
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = shape(v[i])
		}
		return out
	default:
		return fmt.Sprintf("%T", v)
	}
}

func shapeOf(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%.80s: %v", b, err)
	}
	// Levels have no order among each other.
	if items, ok := v.(map[string]any)["items"].([]any); ok {
		slices.SortFunc(items, func(a, b any) int {
			return strings.Compare(a.(map[string]any)["key"].(string), b.(map[string]any)["key"].(string))
		})
	}
	return shape(v)
}

func TestFramesHaveTheShapesOfTheGoldenMessages(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	var snap, snapOfScreen schema.SnapshotFrame
	var event, gone, reset, told, note, alarm schema.EventFrame
	var level, storm, presence, alarms schema.LevelFrame
	for name, into := range map[string]any{"snapshot": &snap, "event-report": &event, "event-gone": &gone, "event-reset": &reset, "level": &level, "level-storm": &storm, "event-screen": &told, "snapshot-screen": &snapOfScreen, "event-note": &note, "level-presence": &presence, "event-alarm": &alarm, "level-alarms": &alarms} {
		if err := json.Unmarshal(golden(t, name), into); err != nil {
			t.Fatal(err)
		}
	}
	b := s.dial(t, "topics="+wall+"&since=other:"+wall+"=1", s.ticket(t, nil))
	got := map[string]string{"hello": b.untilType(schema.TypeHello).raw, "reset": b.untilType(schema.TypeReset).raw}
	b.untilType(schema.TypeSnapshot)
	b.untilType(schema.TypeBeat)
	for _, item := range level.Items {
		r.send(wall, schema.Batch{Levels: []schema.Level{{Topic: wall, LevelItem: item}}})
	}
	r.announceAs(wall, event)
	got["event-report"] = b.untilSeq(wall, 1).raw
	r.announceAs(wall, gone)
	got["event-gone"] = b.untilSeq(wall, 2).raw
	r.set(func(r *record) {
		var data schema.Snapshot
		_ = json.Unmarshal(snap.Data, &data)
		r.state[wall] = map[string]json.RawMessage{"x": data.Reports[0]}
	})
	r.announceAs(wall, reset)
	got["event-reset"] = b.untilSeq(wall, 3).raw
	got["snapshot"] = b.untilType(schema.TypeSnapshot).raw
	got["beat"] = b.untilType(schema.TypeBeat).raw
	onScreen := s.dial(t, "topics="+screen, s.ticket(t, func(ticket *schema.Ticket) { ticket.Topics = []string{screen} }))
	onScreen.untilType(schema.TypeSnapshot)
	r.announceAs(screen, told)
	got["event-screen"] = onScreen.untilSeq(screen, 1).raw
	r.set(func(r *record) {
		var data schema.Snapshot
		_ = json.Unmarshal(snapOfScreen.Data, &data)
		r.screens[screen] = data.Screen
	})
	r.announceAs(screen, reset)
	got["snapshot-screen"] = onScreen.untilType(schema.TypeSnapshot).raw
	late := s.dial(t, "topics="+wall, s.ticket(t, nil))
	got["level"] = late.untilType(schema.TypeLevel).raw
	onOps := s.dial(t, "topics="+ops, s.ticket(t, nil)) // a hub keeps the levels of topics that somebody listens to
	onOps.untilType(schema.TypeSnapshot)
	for _, item := range storm.Items {
		r.send(ops, schema.Batch{Levels: []schema.Level{{Topic: ops, LevelItem: item}}})
	}
	eventually(t, "a late one gets the storm's levels in one frame", func() bool {
		got["level-storm"] = s.dial(t, "topics="+ops, s.ticket(t, nil)).untilType(schema.TypeLevel).raw
		return strings.Count(got["level-storm"], `"key":`) == len(storm.Items)
	})
	r.announceAs(ops, note)
	got["event-note"] = onOps.untilSeq(ops, 1).raw
	r.announceAs(ops, alarm)
	got["event-alarm"] = onOps.untilSeq(ops, 2).raw
	const district = ops + "/660" // of another area, so that one frame holds nothing else
	inDistrict := s.dial(t, "topics="+district, s.ticket(t, func(ticket *schema.Ticket) { ticket.Topics = []string{district} }))
	inDistrict.untilType(schema.TypeSnapshot)
	for _, item := range presence.Items {
		r.send(district, schema.Batch{Levels: []schema.Level{{Topic: district, LevelItem: item}}})
	}
	got["level-presence"] = inDistrict.untilType(schema.TypeLevel).raw
	const flooded = ops + "/661"
	inFlood := s.dial(t, "topics="+flooded, s.ticket(t, func(ticket *schema.Ticket) { ticket.Topics = []string{flooded} }))
	inFlood.untilType(schema.TypeSnapshot)
	r.send(flooded, schema.Batch{Levels: []schema.Level{{Topic: flooded, LevelItem: alarms.Items[0]}, {Topic: flooded, LevelItem: alarms.Items[1]}}})
	got["level-alarms"] = inFlood.untilType(schema.TypeLevel).raw

	files, err := filepath.Glob(filepath.Join(goldenFrames, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f[:len(f)-len(".json")]))
	}
	slices.Sort(names) // without their endings they stand in another order
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("golden messages and frames (-want +got):\n%s", diff)
	}
	for name, raw := range got {
		if diff := cmp.Diff(shapeOf(t, golden(t, name)), shapeOf(t, []byte(raw))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// announceAs commits and announces an event with the golden message's own data.
func (r *record) announceAs(topic string, f schema.EventFrame) {
	r.mu.Lock()
	a := r.commit(topic, f.Kind, f.ID, "")
	a.Data = f.Data
	if f.Kind == schema.KindReport {
		r.state[topic][f.ID] = f.Data
	}
	r.events[topic][a.Seq-1] = a
	r.mu.Unlock()
	r.announce(a)
}

func TestGoldenMessagesAreWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	for name, into := range map[string]any{
		"hello": &schema.Hello{}, "snapshot": &schema.SnapshotFrame{}, "event-report": &schema.EventFrame{}, "event-gone": &schema.EventFrame{},
		"event-reset": &schema.EventFrame{}, "event-screen": &schema.EventFrame{}, "snapshot-screen": &schema.SnapshotFrame{}, "level-storm": &schema.LevelFrame{}, "level": &schema.LevelFrame{}, "beat": &schema.Beat{}, "reset": &schema.ResetFrame{},
	} {
		d := json.NewDecoder(bytes.NewReader(golden(t, name)))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := json.Marshal(into)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		_ = json.Unmarshal(golden(t, name), &want)
		_ = json.Unmarshal(again, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not written as it is read (-want +got):\n%s", name, diff)
		}
	}
}
