package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

func TestAVisitIsArrivedAtAndThenFinished(t *testing.T) {
	t.Parallel()
	v := report.Visit{Team: "Tổ công nghệ số thôn 3", AskedBy: "operator", Note: "Còn rác không?"}
	if got := v.Ask(); got.Name != report.AskVisit || got.Actor != "operator" || got.Text != "Tổ công nghệ số thôn 3\nCòn rác không?" {
		t.Errorf("Ask = %+v", got)
	}
	if _, _, err := v.Finish("person:1", "x"); fault.Items(err)[0].Reason != "not_arrived" {
		t.Errorf("Finish before arriving = %v", err)
	}
	v, act, err := v.Arrive("person:1", new(1200))
	if err != nil || act.Text != "Tổ công nghệ số thôn 3, cách vị trí phản ánh khoảng 1,2 km" || act.Actor != "person:1" {
		t.Errorf("Arrive = %+v, %v", act, err)
	}
	if _, _, err := v.Arrive("person:2", nil); fault.Items(err)[0].Reason != "arrived" {
		t.Errorf("Arrive twice = %v", err)
	}
	if v, act, err = v.Finish("person:2", "Đã dọn"); err != nil || act.Text != "Đã dọn" || v.Result != "Đã dọn" || v.DoneBy != "person:2" {
		t.Errorf("Finish = %+v, %v", act, err)
	}
	v.DoneAt = utc(t, "2026-11-16 08:00")
	_, _, again := v.Finish("person:1", "x")
	_, _, back := v.Arrive("person:1", nil)
	for _, err := range []error{again, back} {
		if fault.Items(err)[0].Reason != "done" {
			t.Errorf("after it is done: %v", err)
		}
	}
}

func TestAVisitLeavesTheReportWhereItStands(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", accept)
	want := s.r
	s.does("2026-11-16 10:00", report.Visit{Team: "Tổ 3", AskedBy: "operator"}.Ask()).
		does("2026-11-16 11:00", report.Act{Name: report.ArriveVisit, Text: "Tổ 3"}).
		does("2026-11-16 11:30", report.Act{Name: report.FinishVisit, Text: "Đúng như phản ánh"})
	want.Version, want.ChangedAt = 5, *utc(t, "2026-11-16 11:30")
	if diff := cmp.Diff(want, s.r); diff != "" {
		t.Errorf("after a visit (-want +got):\n%s", diff)
	}
	for _, act := range report.ActNames() {
		if act.OfVisit() {
			t.Errorf("%s can be asked for by its name", act)
		}
	}
	if _, _, err := s.book.Apply(s.r, report.Act{Name: report.FinishVisit, Text: " "}, at(t, "2026-11-16 12:00")); fault.Items(err)[0].Field != "text" {
		t.Errorf("without a result: %v", err)
	}
	s.does("2026-11-16 12:00", withdraw)
	if s.r.May(report.FinishVisit) {
		t.Error("a withdrawn report is still visited")
	}
}

func TestDistancesAreRounded(t *testing.T) {
	t.Parallel()
	for metres, want := range map[float64]int{0: 0, 4.9: 0, 5: 10, 37: 40, 994: 990, 1049: 1000, 12_345: 12_300} {
		if got := report.RoundMetres(metres); got != want {
			t.Errorf("RoundMetres(%v) = %d, want %d", metres, got, want)
		}
	}
}
