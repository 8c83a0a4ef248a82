package view_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
	"toancanh/server/alarm"
	"toancanh/server/view"
)

func TestTheGoldenAlarmHasTheFieldsOfTheView(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../schema/testdata/frames/event-alarm.json")
	if err != nil {
		t.Fatal(err)
	}
	var frame struct{ Data map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &frame); err != nil {
		t.Fatal(err)
	}
	golden := slices.Sorted(maps.Keys(frame.Data))
	for _, v := range []any{view.OpsAlarm{}, view.WallAlarm{}} {
		if diff := cmp.Diff(names(v), golden); diff != "" {
			t.Errorf("%T (-view +golden):\n%s", v, diff)
		}
	}
}

// TestAScreenIsToldTheRoleOfWhoTookAnAlarmAndNoNumber looks at what goes out on each topic.
func TestAScreenIsToldTheRoleOfWhoTookAnAlarmAndNoNumber(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	a := alarm.Alarm{
		ID: "a", Version: 3, Priority: alarm.High, State: alarm.Acked, Division: "vn-2022", Area: "24611", Path: []string{"67", "660", "24611"},
		RaisedAt: now, KnownAt: now, AckedAt: &now, AckedBy: "Nguyễn Văn An", AckedAs: "Trưởng ca", AsideReason: "gọi " + phoneCanary,
	}
	drafts := view.AlarmEvents(a, alarm.Type{Label: "Mực nước vượt BĐ2"}, now)
	if len(drafts) != 2 || drafts[0].Audience != schema.Ops || drafts[1].Audience != schema.Wall || len(drafts[1].Topics) != 3 {
		t.Fatalf("drafts %+v", drafts)
	}
	ops, wall := string(drafts[0].Data), string(drafts[1].Data)
	if !strings.Contains(ops, "Nguyễn Văn An") || !strings.Contains(wall, "Trưởng ca") {
		t.Errorf("who took it: ops %s, wall %s", ops, wall)
	}
	if strings.Contains(wall, "Nguyễn Văn An") || strings.Contains(wall, phoneCanary) {
		t.Errorf("the wall is told %s", wall)
	}
	a.Priority = alarm.Journal
	if drafts := view.AlarmEvents(a, alarm.Type{}, now); len(drafts) != 1 || drafts[0].Audience != schema.Ops {
		t.Errorf("the journal goes to %+v", drafts)
	}
	if gone := view.AlarmGone(a); len(gone) != 1 || gone[0].Kind != schema.KindGone || gone[0].Data != nil {
		t.Errorf("gone: %+v", gone)
	}
}
