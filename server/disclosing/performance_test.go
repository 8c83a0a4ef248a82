package disclosing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/disclosure"
	"toancanh/server/report"
)

// A played quarter: what happened to each report is said beside it.
func TestTheRatesOfAPlayedQuarter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	on := func(day string) {
		at, err := time.Parse(time.DateTime, day+" 03:00:00")
		must(t, err)
		h.clock.Store(&at)
	}
	on("2026-08-03")
	codes := make([]string, 9)
	for i := range codes {
		codes[i] = h.send("GT")
	}
	on("2026-08-04")
	for _, code := range codes[:7] { // answered in time
		h.publish(code, "Đã vá xong mặt đường.")
	}
	h.act(codes[7], report.Act{Name: report.Assign, Unit: "so-tnmt"})
	on("2026-08-06")
	for i, manner := range []report.Manner{report.ChapNhan, report.KhongHaiLong} {
		_, err := h.intake.Act(t.Context(), codes[i], report.Act{Name: report.Rate, Actor: report.Citizen, Rating: report.Rating{Solved: report.SolvedPartly, Manner: manner}})
		must(t, err)
	}
	on("2026-08-10") // opened again at once, given to others, and published anew: not resolved, and charged to whom it was
	h.act(codes[5], report.Act{Name: report.Reopen, Reason: "Chưa xong"}, report.Act{Name: report.Assign, Unit: "so-gtvt"},
		report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Đã vá lại."})
	on("2026-08-30")
	h.act(codes[6], report.Act{Name: report.Reopen, Reason: "Hỏng lại"}) // after 15 days: it was resolved
	h.act(codes[8], report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"})
	on("2026-10-02")
	h.act(codes[7], report.Act{Name: report.Resolve, Text: "x"}, report.Act{Name: report.Publish, Text: "Đã xong."}) // late
	h.send("GT")                                                                                                     // of the next quarter

	rates := func() (map[disclosure.Measure]int, bool, map[string]int) {
		h.look()
		p, err := h.public.Picture(t.Context(), "vn-2022")
		must(t, err)
		got, units := map[disclosure.Measure]int{}, map[string]int{}
		for _, r := range p.Performance.Rates {
			switch {
			case r.Kind == disclosure.OfArea && r.Place == "67":
				got[r.Measure] = r.N
			case r.Kind == disclosure.OfUnit && r.Measure == disclosure.Accepted:
				units[r.Place] = r.N
			}
		}
		return got, p.Performance.Mature, units
	}
	young := map[disclosure.Measure]int{
		disclosure.Accepted: 8, disclosure.Due: 8, disclosure.Met: 7, disclosure.Verified: 0, disclosure.Reopened: 0, disclosure.Rated: 0, disclosure.Content: 0,
	}
	got, mature, _ := rates()
	if diff := cmp.Diff(young, got); diff != "" || mature {
		t.Errorf("soon after the quarter, mature %t (-want +got):\n%s", mature, diff)
	}
	on("2026-11-16")
	want := map[disclosure.Measure]int{
		disclosure.Accepted: 8, disclosure.Due: 8, disclosure.Met: 7, disclosure.Verified: 7, disclosure.Reopened: 1, disclosure.Rated: 2, disclosure.Content: 1,
	}
	got, mature, units := rates()
	if diff := cmp.Diff(want, got); diff != "" || !mature {
		t.Errorf("when it is old enough, mature %t (-want +got):\n%s", mature, diff)
	}
	if diff := cmp.Diff(map[string]int{"so-tnmt": 8}, units); diff != "" {
		t.Errorf("charged (-want +got):\n%s", diff)
	}
}
