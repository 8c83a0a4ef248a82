package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func escalate(to report.Level) report.Act {
	return report.Act{Name: report.Escalate, Level: to, Reason: "Vượt thẩm quyền", Actor: "truc-1"}
}

func TestAnotherLevelKeepsThreadAndClocks(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:30", accept).does("2026-11-16 09:00", assign).
		does("2026-11-16 10:00", start)
	if s.r.Level != report.Tinh {
		t.Fatalf("level at birth %q", s.r.Level)
	}
	want := s.r
	s.does("2026-11-17 09:00", escalate(report.TrungUong)).does("2026-11-17 10:00", escalate(report.Huyen))
	want.Version, want.ChangedAt, want.Level, want.Reason = 6, *utc(t, "2026-11-17 10:00"), report.Huyen, "Vượt thẩm quyền"
	if diff := cmp.Diff(want, s.r); diff != "" {
		t.Errorf("after two changes of level (-want +got):\n%s", diff)
	}
	if e := s.entries[4]; e.Level != report.TrungUong || e.From != report.DangXuLy || e.To != report.DangXuLy || e.Reason == "" {
		t.Errorf("entry %+v", e)
	}
	folded, err := report.Fold(s.entries)
	if err != nil || folded.Level != report.Huyen {
		t.Errorf("Fold = %+v, %v", folded, err)
	}
}

func TestALevelIsAskedForWithItsReason(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:30", accept)
	for name, c := range map[string]struct {
		act           report.Act
		field, reason string
	}{
		"no level":       {report.Act{Name: report.Escalate, Reason: "x"}, "level", "required"},
		"unknown level":  {report.Act{Name: report.Escalate, Reason: "x", Level: "thon"}, "level", "unknown"},
		"the same level": {report.Act{Name: report.Escalate, Reason: "x", Level: report.Tinh}, "level", "same"},
		"no reason":      {report.Act{Name: report.Escalate, Level: report.Xa}, "reason", "required"},
	} {
		_, _, err := s.book.Apply(s.r, c.act, at(t, "2026-11-16 09:00"))
		if e := fault.Items(err); len(e) != 1 || e[0].Field != c.field || e[0].Reason != c.reason {
			t.Errorf("%s: Apply = %v, want %s %s", name, err, c.field, c.reason)
		}
	}
	newborn := begin(t, draft(), "2026-11-16 08:00")
	if _, _, err := newborn.book.Apply(newborn.r, escalate(report.Xa), at(t, "2026-11-16 09:00")); !fault.Is(err, fault.KindConflict) {
		t.Errorf("before it is taken in: Apply = %v, want a conflict", err)
	}
}
