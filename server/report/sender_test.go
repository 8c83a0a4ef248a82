package report_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

// published is a report whose result was published on 2026-11-19 at 08:00.
func published(tb testing.TB) *story {
	tb.Helper()
	return begin(tb, draft(), "2026-11-16 08:00").does("2026-11-16 08:30", accept).does("2026-11-16 09:00", assign).
		does("2026-11-18 16:00", resolve).does("2026-11-19 08:00", publish)
}

func bySender(a report.Act) report.Act {
	a.Actor = report.Citizen
	return a
}

func rate(solved report.Solved, manner report.Manner) report.Act {
	return bySender(report.Act{Name: report.Rate, Rating: report.Rating{Solved: solved, Manner: manner}})
}

func reasonOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Reason
	}
	return ""
}

func TestWhatASenderMayDoFollowsTheStatusAndTheClock(t *testing.T) {
	t.Parallel()
	waiting := func(tb testing.TB) *story {
		tb.Helper()
		return begin(tb, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", ask)
	}
	handled := func(tb testing.TB) *story {
		tb.Helper()
		return begin(tb, draft(), "2026-11-16 08:00").does("2026-11-16 08:30", accept).does("2026-11-16 09:00", assign).does("2026-11-18 16:00", resolve)
	}
	cases := []struct {
		name   string
		story  *story
		when   string
		want   []report.ActName
		refuse map[report.ActName]string // why the others are refused
	}{
		{"just sent", begin(t, draft(), "2026-11-16 08:00"), "2026-11-16 08:10", nil, map[report.ActName]string{report.Supplement: "not_lawful", report.Rate: "not_lawful", report.Reopen: "not_lawful", report.Accept: "not_lawful", "nothing": "unknown"}},
		{"asked back", waiting(t), "2026-11-16 10:00", []report.ActName{report.Supplement}, map[report.ActName]string{report.Rate: "not_lawful"}},
		{"handled, not approved", handled(t), "2026-11-18 17:00", nil, map[report.ActName]string{report.Reopen: "not_lawful", report.Rate: "not_lawful"}},
		{"published", published(t), "2026-11-19 09:00", []report.ActName{report.Rate, report.Reopen}, map[report.ActName]string{report.Complete: "not_lawful", report.Withdraw: "not_lawful"}},
		{"published 15 days ago to the minute", published(t), "2026-12-04 08:00", []report.ActName{report.Rate, report.Reopen}, nil},
		{"published a minute longer ago", published(t), "2026-12-04 08:01", nil, map[report.ActName]string{report.Rate: "too_late", report.Reopen: "too_late"}},
		{"completed by the staff", published(t).does("2026-11-20 08:00", complete), "2026-11-21 08:00", []report.ActName{report.Rate, report.Reopen}, nil},
		{"reopened", published(t).does("2026-11-20 08:00", bySender(reopen)), "2026-11-21 08:00", nil, map[report.ActName]string{report.Rate: "not_lawful"}},
		{"withdrawn", published(t).does("2026-11-20 08:00", withdraw), "2026-11-21 08:00", nil, map[report.ActName]string{report.Rate: "withdrawn", report.Reopen: "withdrawn"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			now := at(t, tc.when)
			if diff := cmp.Diff(tc.want, report.SenderMay(tc.story.r, now)); diff != "" {
				t.Errorf("SenderMay (-want +got):\n%s", diff)
			}
			for name, want := range tc.refuse {
				act := bySender(report.Act{Name: name, Reason: "vì sao", Text: "chữ", Rating: report.Rating{Solved: report.SolvedNo, Manner: report.ChapNhan}})
				_, _, err := tc.story.book.Apply(tc.story.r, act, now)
				if got := reasonOf(err); got != want {
					t.Errorf("%s: %v (%q), want %q", name, err, got, want)
				}
			}
		})
	}
}

func TestARatingCompletesOnlyWhatIsSolved(t *testing.T) {
	t.Parallel()
	s := published(t).does("2026-11-20 08:00", rate(report.SolvedPartly, report.KhongHaiLong))
	if s.r.Status != report.CongKhai || s.r.ClosedAt != nil {
		t.Errorf("partly solved: %s, closed %v", s.r.Status, s.r.ClosedAt)
	}
	s.does("2026-11-21 08:00", rate(report.SolvedYes, report.ChapNhan))
	if s.r.Status != report.HoanThanh || s.r.ClosedAt == nil || !s.r.ClosedAt.Equal(at(t, "2026-11-21 08:00")) {
		t.Errorf("solved: %s, closed %v", s.r.Status, s.r.ClosedAt)
	}
	if slices.Contains(report.Allowed(s.r), report.Reopen) {
		t.Error("the staff may reopen what is complete")
	}
	s.does("2026-11-22 08:00", rate(report.SolvedNo, report.KhongHaiLong))
	if s.r.Status != report.HoanThanh {
		t.Errorf("a rating changed after completion: %s", s.r.Status)
	}
	s.does("2026-11-23 08:00", bySender(reopen))
	if s.r.Status != report.MoLai || s.r.Reopens != 1 || s.r.ClosedAt != nil || s.r.PublishedAt != nil {
		t.Errorf("asked again: %s, %d reopens, closed %v", s.r.Status, s.r.Reopens, s.r.ClosedAt)
	}
	s.due("resolve", s.r.Running(), "2026-11-27 08:00") // three working days, the 24th is a holiday
	folded, err := report.Fold(s.entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.r.Standing(), folded); diff != "" {
		t.Errorf("Fold (-report +timeline):\n%s", diff)
	}
}

func TestARatingSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := published(t)
	for name, tc := range map[string]struct {
		act    report.Act
		fields []string
	}{
		"nothing chosen":   {rate("", ""), []string{"solved", "manner"}},
		"unknown words":    {rate("maybe", "tuyet"), []string{"solved", "manner"}},
		"half of it":       {rate(report.SolvedNo, ""), []string{"manner"}},
		"again, no reason": {bySender(report.Act{Name: report.Reopen, Reason: "  "}), []string{"reason"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := s.book.Apply(s.r, tc.act, s.r.ChangedAt.Add(time.Hour))
			var fields []string
			for _, item := range fault.Items(err) {
				fields = append(fields, item.Field)
			}
			if diff := cmp.Diff(tc.fields, fields); diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	if _, _, err := s.book.Apply(s.r, report.Act{Name: report.Rate, Actor: "truc-1", Rating: report.Rating{Solved: report.SolvedYes, Manner: report.HaiLong}}, at(t, "2026-11-20 08:00")); reasonOf(err) != "not_lawful" {
		t.Errorf("an officer rates: %v", err)
	}
}
