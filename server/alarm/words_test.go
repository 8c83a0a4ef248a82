package alarm_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema/sample"
	"toancanh/server/alarm"
	"toancanh/server/report"
	"toancanh/server/sensor"
)

// table is schema/states.json: one table for the server and the faces.
type table struct {
	AlarmPriority  map[alarm.Priority]sensor.State `json:"alarm_priority"`
	ReportPriority map[report.Priority]string      `json:"report_priority"`
	FloodLevel     map[string]sensor.State         `json:"flood_level"`
	Words          map[string]map[string]struct {
		VI string `json:"vi"`
	} `json:"words"`
}

func readTable(t *testing.T) table {
	t.Helper()
	data, err := os.ReadFile("../../schema/states.json")
	if err != nil {
		t.Fatal(err)
	}
	var v table
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheTableOfStatesIsWhatTheServerSays(t *testing.T) {
	t.Parallel()
	want := readTable(t)

	got := map[alarm.Priority]sensor.State{}
	words := map[string]map[string]string{"alarm_priority": {}, "alarm_state": {}, "alarm_aside": {}, "priority": {}}
	priorities := []alarm.Priority{alarm.High, alarm.Medium, alarm.Low, alarm.Journal}
	for _, p := range priorities {
		got[p] = p.State()
		words["alarm_priority"][string(p)] = p.Label()
	}
	if diff := cmp.Diff(want.AlarmPriority, got); diff != "" {
		t.Errorf("states of priorities (-table +server):\n%s", diff)
	}
	if !slices.IsSortedFunc(priorities, func(a, b alarm.Priority) int { return b.Rank() - a.Rank() }) || alarm.Priority("").Rank() != 0 {
		t.Error("the ranks of priorities do not fall from high to journal")
	}
	for _, s := range []alarm.State{alarm.Unacked, alarm.Acked, alarm.Cleared, alarm.Closed} {
		words["alarm_state"][string(s)] = s.Label()
	}
	for _, a := range []alarm.Aside{alarm.Shelved, alarm.Suppressed, alarm.OutOfService} {
		words["alarm_aside"][string(a)] = a.Label()
	}
	for _, p := range []report.Priority{report.KhanCap, report.Cao, report.BinhThuong, report.Thap} {
		words["priority"][string(p)] = p.Label()
		if state := string((report.Report{Status: report.Moi, Priority: p}).State()); state != want.ReportPriority[p] {
			t.Errorf("a report of priority %s is %s, the table says %s", p, state, want.ReportPriority[p])
		}
	}
	for scale, said := range words {
		if got, want := slices.Sorted(maps.Keys(said)), slices.Sorted(maps.Keys(want.Words[scale])); !slices.Equal(got, want) {
			t.Errorf("%s has %v, the table %v", scale, got, want)
		}
		for step, word := range said {
			if want := want.Words[scale][step].VI; word != want || word == "" {
				t.Errorf("%s %s is called %q, the table says %q", scale, step, word, want)
			}
		}
	}
	if alarm.Priority("x").Label() != "" || alarm.State("x").Label() != "" || alarm.Aside("").Label() != "" || alarm.Priority("x").State() != sensor.Unknown {
		t.Error("what is not known has a word")
	}
}

func TestTheSampleRiversAreAsLoudAsTheTableSays(t *testing.T) {
	t.Parallel()
	rows, err := fs.ReadFile(sample.Files(), "sensors.csv")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for level, state := range readTable(t).FloodLevel {
		for line := range strings.Lines(string(rows)) {
			if at := strings.Index(line, ":BĐ"+level); at >= 0 {
				seen++
				if !strings.HasSuffix(line[:at], ":"+string(state)) {
					t.Errorf("BĐ%s is not %s: %s", level, state, line)
				}
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d flood levels in the sample", seen)
	}
}
