package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/report"
)

func pathOf(_, area string) []string { return []string{"67", "660", area} }

// checkRewind asks for every state the report ever had, from its last one and its timeline.
func checkRewind(t *testing.T, b *report.Rulebook, entries []report.Entry, states []report.Report) {
	t.Helper()
	today := states[len(states)-1]
	if _, ok, err := b.At(today, entries, entries[0].At.Add(-time.Microsecond), pathOf); ok || err != nil {
		t.Fatalf("before its receipt a report is there: %v, %v", ok, err)
	}
	for i, want := range states {
		if i+1 < len(states) && entries[i+1].At.Equal(entries[i].At) {
			continue
		}
		got, ok, err := b.At(today, entries, entries[i].At, pathOf)
		if !ok || err != nil {
			t.Fatalf("at entry %d: %v, %v", entries[i].N, ok, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("as it stood after entry %d (-then +rewound):\n%s", entries[i].N, diff)
		}
	}
}

func TestRewindSaysWhereATimelineIsBroken(t *testing.T) {
	t.Parallel()
	b := rulebook(t)
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", accept).does("2026-11-16 10:00", assign)
	end := at(t, "2026-11-17 00:00")
	for name, entries := range map[string][]report.Entry{
		"no timeline":    nil,
		"no birth":       s.entries[1:],
		"a number left":  {s.entries[0], s.entries[2]},
		"another status": {s.entries[0], func() report.Entry { e := s.entries[1]; e.To = report.DangXuLy; return e }()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, ok, err := b.At(s.r, entries, end, pathOf); ok || err == nil {
				t.Errorf("At = %v, %v; want an error", ok, err)
			}
		})
	}
}
