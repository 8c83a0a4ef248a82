package view_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/report"
	"toancanh/server/view"
)

// timelineOf does acts an hour apart from birth on.
func timelineOf(t *testing.T, acts ...report.Act) []report.Entry {
	t.Helper()
	b, r := fresh(t)
	entries := []report.Entry{{N: 1, Act: report.Receive, To: report.Moi, At: r.ReceivedAt}}
	now := r.ReceivedAt
	for _, a := range acts {
		now = now.Add(time.Hour)
		after, e, err := b.Apply(r, a, now)
		if err != nil {
			t.Fatalf("%s at %s: %v", a.Name, r.Status, err)
		}
		r, entries = after, append(entries, e)
	}
	return entries
}

func TestStepsTellNothingOfWhatHappensInside(t *testing.T) {
	t.Parallel()
	accept, assign := report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-xd"}
	back := report.Act{Name: report.Return, Reason: "Không đúng thẩm quyền"}
	resolve, publish := report.Act{Name: report.Resolve, Text: "Xong"}, report.Act{Name: report.Publish, Text: "Đã xong"}
	again := report.Act{Name: report.Reopen, Reason: "Chưa được"}
	mine := again
	mine.Actor = report.Citizen
	rate := func(s report.Solved) report.Act {
		return report.Act{Name: report.Rate, Actor: report.Citizen, Rating: report.Rating{Solved: s, Manner: report.HaiLong}}
	}
	for _, tc := range []struct {
		name string
		acts []report.Act
		want []string
	}{
		{"a bounce between units", []report.Act{accept, assign, back, assign, {Name: report.Start}}, []string{"received", "accepted", "processing"}},
		{"a result sent back before publication", []report.Act{accept, assign, resolve, again, assign, resolve, publish}, []string{"received", "accepted", "processing", "published"}},
		{"asked again by its sender", []report.Act{accept, assign, resolve, publish, mine, assign}, []string{"received", "accepted", "processing", "published", "reopened", "processing"}},
		{"a rating that does not complete", []report.Act{accept, assign, resolve, publish, rate(report.SolvedNo)}, []string{"received", "accepted", "processing", "published"}},
		{"a rating that does", []report.Act{accept, assign, resolve, publish, rate(report.SolvedYes), rate(report.SolvedPartly)}, []string{"received", "accepted", "processing", "published", "completed"}},
		{"a question and its answer", []report.Act{{Name: report.Ask, Reason: "Ở đâu?"}, {Name: report.Supplement, Text: "Ở đây"}, {Name: report.Refuse, Reason: "Ngoài tỉnh"}}, []string{"received", "asked", "answered", "refused"}},
		{"merged", []report.Act{{Name: report.Merge, Parent: "AAAA-BBBB"}}, []string{"received", "merged"}},
		{"told of what happened", []report.Act{accept, {Name: report.Inform, Text: "Đường thông"}, {Name: report.Inform, Text: "Điện có lại"}}, []string{"received", "accepted", "informed", "informed"}},
		{"withdrawn", []report.Act{accept, {Name: report.Withdraw, Reason: "Nhầm"}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			steps := view.Steps(timelineOf(t, tc.acts...), vietnam(t))
			var got []string
			for _, s := range steps {
				got = append(got, s.Step)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
	steps := view.Steps(timelineOf(t, accept, assign), vietnam(t))
	if got, want := encode(t, steps[2]), `{"step":"processing","date":"2026-11-16"}`+"\n"; got != want {
		t.Errorf("a step is %s, want %s", got, want)
	}
	steps = view.Steps(timelineOf(t, accept, report.Act{Name: report.Inform, Text: "Gọi 0912 345 678 nếu cần"}), vietnam(t))
	if got, want := encode(t, steps[2]), `{"step":"informed","date":"2026-11-16","text":"Gọi [ẩn số] nếu cần"}`+"\n"; got != want {
		t.Errorf("news are %s, want %s", got, want)
	}
}
