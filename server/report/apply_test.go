package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/report"
)

// story applies acts to one report.
type story struct {
	t       testing.TB
	book    *report.Rulebook
	r       report.Report
	entries []report.Entry
}

func begin(tb testing.TB, d report.Draft, when string) *story {
	tb.Helper()
	b := rulebook(tb)
	r, e, err := b.New(d, born(at(tb, when)))
	if err != nil {
		tb.Fatal(err)
	}
	return &story{t: tb, book: b, r: r, entries: []report.Entry{e}}
}

// does applies a lawful act.
func (s *story) does(when string, a report.Act) *story {
	s.t.Helper()
	r, e, err := s.book.Apply(s.r, a, at(s.t, when))
	if err != nil {
		s.t.Fatalf("%s at %s: %v", a.Name, s.r.Status, err)
	}
	s.r, s.entries = r, append(s.entries, e)
	return s
}

func (s *story) due(name string, got *time.Time, want string) {
	s.t.Helper()
	switch {
	case want == "" && got != nil:
		s.t.Errorf("%s = %s, want none", name, got.In(vietnam(s.t)))
	case want != "" && got == nil:
		s.t.Errorf("%s is none, want %s", name, want)
	case want != "" && !got.Equal(at(s.t, want)):
		s.t.Errorf("%s = %s, want %s", name, got.In(vietnam(s.t)), want)
	}
}

var (
	accept   = report.Act{Name: report.Accept, Actor: "truc-1"}
	assign   = report.Act{Name: report.Assign, Unit: "so-tnmt"}
	start    = report.Act{Name: report.Start}
	resolve  = report.Act{Name: report.Resolve, Text: "Đã dọn"}
	publish  = report.Act{Name: report.Publish, Text: "Đã thu gom rác"}
	complete = report.Act{Name: report.Complete}
	giveBack = report.Act{Name: report.Return, Reason: "Không đúng thẩm quyền"}
	ask      = report.Act{Name: report.Ask, Reason: "Ở đoạn nào?"}
	answer   = report.Act{Name: report.Supplement, Text: "Trước số nhà 5"}
	reopen   = report.Act{Name: report.Reopen, Reason: "Vẫn còn rác"}
	withdraw = report.Act{Name: report.Withdraw, Reason: "Gửi nhầm"}
)

func TestAReportFromReceiptToCompletion(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00") // Monday; MT: 2 h, 2 h, 3 working days
	s.due("accept", s.r.Running(), "2026-11-16 10:00")
	if due := at(t, "2026-11-16 10:00"); s.r.Overdue(due) || !s.r.Overdue(due.Add(1)) {
		t.Error("a report is overdue after its deadline, not at it")
	}
	s.does("2026-11-16 08:30", accept)
	s.due("assign", s.r.Running(), "2026-11-16 10:30")
	s.does("2026-11-16 09:00", assign)
	s.due("resolve", s.r.Running(), "2026-11-19 09:00")
	s.due("original", s.r.Due.Original, "2026-11-19 09:00")
	s.does("2026-11-16 13:30", start).does("2026-11-18 16:00", resolve)
	s.due("publish", s.r.Running(), "2026-11-19 16:00")
	if s.r.Open() || s.r.Overdue(at(t, "2030-01-01 00:00")) {
		t.Error("a handled report is open or overdue")
	}
	s.does("2026-11-19 08:00", publish).does("2026-12-04 08:00", complete)
	s.due("running", s.r.Running(), "")
	want := report.Standing{
		Status: report.HoanThanh, Version: 7, Unit: "so-tnmt", Level: report.Tinh,
		AcceptedAt: utc(t, "2026-11-16 08:30"), AssignedAt: utc(t, "2026-11-16 09:00"), ResolvedAt: utc(t, "2026-11-18 16:00"),
		PublishedAt: utc(t, "2026-11-19 08:00"), ClosedAt: utc(t, "2026-12-04 08:00"),
	}
	if diff := cmp.Diff(want, s.r.Standing()); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if s.r.Answer != "Đã dọn" || s.r.PublicText != "Đã thu gom rác" {
		t.Errorf("answer %q, public text %q", s.r.Answer, s.r.PublicText)
	}
	folded, err := report.Fold(s.entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, folded); diff != "" {
		t.Errorf("Fold (-want +got):\n%s", diff)
	}
}

func utc(tb testing.TB, text string) *time.Time {
	tb.Helper()
	u := at(tb, text).UTC()
	return &u
}

func TestPausesMoveTheDeadlineButNotTheOriginal(t *testing.T) {
	t.Parallel()
	t.Run("while the sender is asked before acceptance", func(t *testing.T) {
		t.Parallel()
		s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", ask)
		s.due("running", s.r.Running(), "")
		s.due("answer until", s.r.AnswerUntil(), "2026-11-19 09:00")
		if s.r.Overdue(at(t, "2026-11-18 09:00")) {
			t.Error("overdue while no clock runs")
		}
		s.does("2026-11-17 09:00", answer)
		s.due("accept", s.r.Running(), "2026-11-17 10:00")
		if s.r.Status != report.Moi || s.r.Before != "" || s.r.PausedAt != nil {
			t.Errorf("after the answer: %s, before %q, paused %v", s.r.Status, s.r.Before, s.r.PausedAt)
		}
	})
	t.Run("while the sender is asked during the work", func(t *testing.T) {
		t.Parallel()
		s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign).
			does("2026-11-16 09:00", start).does("2026-11-17 08:00", ask).does("2026-11-18 08:00", answer)
		s.due("resolve", s.r.Running(), "2026-11-20 08:00")
		s.due("original", s.r.Due.Original, "2026-11-19 08:00")
		if s.r.Status != report.DangXuLy {
			t.Errorf("after the answer: %s, want dang_xu_ly", s.r.Status)
		}
	})
	t.Run("while nobody is responsible", func(t *testing.T) {
		t.Parallel()
		s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign).
			does("2026-11-16 10:00", giveBack)
		s.due("assign again", s.r.Running(), "2026-11-16 14:00")
		if s.r.Unit != "" || s.r.Bounces != 1 {
			t.Errorf("unit %q, bounces %d; want none and 1", s.r.Unit, s.r.Bounces)
		}
		s.does("2026-11-16 14:30", report.Act{Name: report.Assign, Unit: "so-xd"})
		s.due("resolve", s.r.Running(), "2026-11-19 10:30")
		s.due("original", s.r.Due.Original, "2026-11-19 08:00")
		s.due("first assigned", s.r.AssignedAt, "2026-11-16 08:00")
	})
	t.Run("in clock hours where the category counts them", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Category = "CR"
		s := begin(t, d, "2026-11-21 22:00").does("2026-11-21 22:01", accept).does("2026-11-21 22:02", assign).
			does("2026-11-21 23:00", ask).does("2026-11-22 01:00", answer)
		s.due("resolve", s.r.Running(), "2026-11-22 06:02")
	})
}

func TestEmergenciesRunOnTheClock(t *testing.T) {
	t.Parallel()
	d := draft()
	d.Category, d.Emergency = "XD", true
	s := begin(t, d, "2026-11-21 22:00") // a Saturday night
	s.due("accept", s.r.Running(), "2026-11-21 22:05")
	s.does("2026-11-21 22:02", accept)
	s.due("assign", s.r.Running(), "2026-11-21 22:12")
	s.does("2026-11-21 22:04", assign)
	s.due("resolve", s.r.Running(), "2026-11-22 22:04")

	d.Category = "TT" // quicker than a day by itself
	s = begin(t, d, "2026-11-21 22:00").does("2026-11-21 22:00", accept).does("2026-11-21 22:00", assign)
	s.due("resolve", s.r.Running(), "2026-11-22 04:00")
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	working := func(t *testing.T) *story {
		t.Helper()
		return begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign).does("2026-11-16 08:00", start)
	}
	request := report.Act{Name: report.RequestExtension, Reason: "Chờ xe", Until: utc(t, "2026-11-25 17:00")}
	t.Run("approved, the deadline moves and the original stays", func(t *testing.T) {
		t.Parallel()
		s := working(t).does("2026-11-17 08:00", request)
		s.due("running while asked", s.r.Running(), "2026-11-19 08:00")
		s.does("2026-11-17 09:00", report.Act{Name: report.ApproveExtension})
		s.due("resolve", s.r.Running(), "2026-11-25 17:00")
		s.due("original", s.r.Due.Original, "2026-11-19 08:00")
		if s.r.Status != report.DangXuLy || s.r.ExtensionUntil != nil {
			t.Errorf("status %s, extension until %v", s.r.Status, s.r.ExtensionUntil)
		}
	})
	t.Run("denied, nothing moves", func(t *testing.T) {
		t.Parallel()
		s := working(t).does("2026-11-17 08:00", request).does("2026-11-17 09:00", report.Act{Name: report.DenyExtension, Reason: "Không đủ lý do"})
		s.due("resolve", s.r.Running(), "2026-11-19 08:00")
		if s.r.Status != report.DangXuLy {
			t.Errorf("status %s", s.r.Status)
		}
	})
	t.Run("to a day that is no extension is refused", func(t *testing.T) {
		t.Parallel()
		s := working(t)
		for _, until := range []string{"2026-11-19 08:00", "2026-11-16 07:00", "2028-01-01 08:00"} {
			a := request
			a.Until = utc(t, until)
			_, _, err := s.book.Apply(s.r, a, at(t, "2026-11-17 08:00"))
			if !fault.Is(err, fault.KindInvalid) {
				t.Errorf("until %s: %v, want invalid", until, err)
			}
		}
	})
}

func TestReopeningTakesTheResultDownAndStartsTheClockAnew(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign).
		does("2026-11-17 08:00", resolve).does("2026-11-17 09:00", publish).does("2026-11-18 08:00", reopen)
	if !s.r.Open() || s.r.Reopens != 1 || s.r.ResolvedAt != nil || s.r.PublishedAt != nil || s.r.Answer != "" || s.r.PublicText != "" {
		t.Errorf("reopened: %+v", s.r)
	}
	s.due("resolve", s.r.Running(), "2026-11-23 08:00")
	s.due("original", s.r.Due.Original, "2026-11-19 08:00")
	s.due("publish", s.r.Due.Publish, "")
	s.does("2026-11-18 09:00", start).does("2026-11-18 10:00", resolve)
}

func TestActsThatAreNotLawfulSayWhichAre(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept)
	_, _, err := s.book.Apply(s.r, publish, at(t, "2026-11-16 09:00"))
	if !fault.Is(err, fault.KindConflict) {
		t.Fatalf("err = %v, want a conflict", err)
	}
	for _, want := range []string{"Đã tiếp nhận", "“Công khai kết quả”", "“Phân công”", "“Yêu cầu bổ sung”"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "“Tiếp nhận”") {
		t.Errorf("%q offers what is done", err)
	}
	for name, a := range map[string]report.Act{
		"an unknown act": {Name: "burn"}, "the birth": {Name: report.Receive}, "none": {},
	} {
		if _, _, err := s.book.Apply(s.r, a, at(t, "2026-11-16 09:00")); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	stale := assign
	stale.Version = 1
	if _, _, err := s.book.Apply(s.r, stale, at(t, "2026-11-16 09:00")); !fault.Is(err, fault.KindConflict) {
		t.Errorf("an act on an old version: %v, want a conflict", err)
	}
}

func TestNobodyIsAskedWhoCannotAnswer(t *testing.T) {
	t.Parallel()
	d := draft()
	d.HasContact = false
	s := begin(t, d, "2026-11-16 08:00")
	if slices.Contains(report.Allowed(s.r), report.Ask) {
		t.Error("ask is offered without a contact")
	}
	if _, _, err := s.book.Apply(s.r, ask, at(t, "2026-11-16 09:00")); !fault.Is(err, fault.KindConflict) || !strings.Contains(err.Error(), "liên hệ") {
		t.Errorf("err = %v, want a conflict about the contact", err)
	}
}

func TestActsNeedWhatTheyNeed(t *testing.T) {
	t.Parallel()
	fresh := begin(t, draft(), "2026-11-16 08:00")
	accepted := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept)
	assigned := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign)
	resolved := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 08:00", accept).does("2026-11-16 08:00", assign).does("2026-11-16 09:00", resolve)
	cases := []struct {
		name string
		s    *story
		act  report.Act
		want []string
	}{
		{"refuse without a reason", fresh, report.Act{Name: report.Refuse}, []string{"reason"}},
		{"ask without a question", fresh, report.Act{Name: report.Ask, Reason: "  "}, []string{"reason"}},
		{"withdraw without a reason", fresh, report.Act{Name: report.Withdraw}, []string{"reason"}},
		{"merge into nothing", fresh, report.Act{Name: report.Merge}, []string{"parent"}},
		{"merge into itself", fresh, report.Act{Name: report.Merge, Parent: "k7m2q9xd"}, []string{"parent"}},
		{"merge into no code", fresh, report.Act{Name: report.Merge, Parent: "PA-1"}, []string{"parent"}},
		{"assign to nobody", accepted, report.Act{Name: report.Assign}, []string{"unit"}},
		{"assign to what is no topic", accepted, report.Act{Name: report.Assign, Unit: "sở xd"}, []string{"unit"}},
		{"assign to the same", assigned, assign, []string{"unit"}},
		{"return without a reason", assigned, report.Act{Name: report.Return}, []string{"reason"}},
		{"an extension without both", assigned, report.Act{Name: report.RequestExtension}, []string{"reason", "until"}},
		{"resolve without a text", assigned, report.Act{Name: report.Resolve}, []string{"text"}},
		{"publish without a text", resolved, report.Act{Name: report.Publish, Text: " "}, []string{"text"}},
		{"reopen without a reason", resolved, report.Act{Name: report.Reopen}, []string{"reason"}},
		{"a place that is none", fresh, report.Act{Name: report.ConfirmPlace, Place: &report.Placed{Division: "vn-2022", Area: "1", Path: []string{"2"}}}, []string{"area"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := c.s.book.Apply(c.s.r, c.act, at(t, "2026-11-16 10:00"))
			var got []string
			for _, e := range fault.Items(err) {
				if e.Kind != fault.KindInvalid {
					t.Errorf("%s is %s, want invalid", e.Field, e.Kind)
				}
				got = append(got, e.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithdrawalIsLawfulEverywhereAndLast(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00")
	for _, status := range report.Statuses() {
		r := s.r
		r.Status = status
		got, entry, err := s.book.Apply(r, withdraw, at(t, "2026-11-16 09:00"))
		if err != nil {
			t.Fatalf("withdraw at %s: %v", status, err)
		}
		if got.Status != status || entry.To != status || got.WithdrawnAt == nil || got.Open() || !got.Excluded() || got.Running() != nil {
			t.Errorf("withdrawn at %s: status %s, open %v, running %v", status, got.Status, got.Open(), got.Running())
		}
		if acts := report.Allowed(got); len(acts) > 0 {
			t.Errorf("after withdrawal %v is allowed", acts)
		}
		if _, _, err := s.book.Apply(got, withdraw, at(t, "2026-11-16 10:00")); !fault.Is(err, fault.KindConflict) {
			t.Errorf("withdraw twice: %v, want a conflict", err)
		}
	}
}

func TestConfirmPlaceMovesTheReport(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 09:00", report.Act{Name: report.ConfirmPlace})
	if !s.r.PlaceConfirmed || s.r.Area != "24611" || s.r.Status != report.Moi {
		t.Errorf("confirmed: %v %s %s", s.r.PlaceConfirmed, s.r.Area, s.r.Status)
	}
	s.does("2026-11-16 09:00", report.Act{Name: report.ConfirmPlace, Place: &report.Placed{Division: "vn-2022", Area: "24628", Path: []string{"67", "660", "24628"}}})
	if s.r.Area != "24628" || s.r.Path[2] != "24628" || s.entries[2].Area != "24628" {
		t.Errorf("moved to %s, %v, entry %s", s.r.Area, s.r.Path, s.entries[2].Area)
	}
}

func TestAReportKeepsTheRulesOfItsBirth(t *testing.T) {
	t.Parallel()
	old := report.Rules{Version: 1, Categories: categories(t), Calendar: calendar(t)}
	quick := report.Rules{Version: 2, Categories: categories(t), Calendar: calendar(t)}
	for i := range quick.Categories {
		quick.Categories[i].Assign = report.Limit{Clock: report.ClockTime, Time: time.Minute}
	}
	before, err := report.NewRulebook(old)
	if err != nil {
		t.Fatal(err)
	}
	after, err := report.NewRulebook(quick, old)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := before.New(draft(), born(at(t, "2026-11-16 08:00")))
	if err != nil {
		t.Fatal(err)
	}
	r, _, err = after.Apply(r, accept, at(t, "2026-11-16 08:30"))
	if err != nil {
		t.Fatal(err)
	}
	if want := at(t, "2026-11-16 10:30"); !r.Due.Assign.Equal(want) {
		t.Errorf("assign by %s, want the old rules' %s", r.Due.Assign, want)
	}
	fresh, _, err := after.New(draft(), born(at(t, "2026-11-16 08:00")))
	if err != nil || fresh.Rules != 2 {
		t.Errorf("a new report has rules %d, %v; want 2", fresh.Rules, err)
	}
	if _, _, err := before.Apply(fresh, accept, at(t, "2026-11-16 09:00")); fault.KindOf(err) != fault.KindInternal {
		t.Errorf("rules that are not loaded: %v, want internal", err)
	}
}

func TestAnActNeverGoesBackInTime(t *testing.T) {
	t.Parallel()
	s := begin(t, draft(), "2026-11-16 08:00").does("2026-11-16 07:00", accept)
	if !s.r.AcceptedAt.Equal(s.r.ReceivedAt) || !s.entries[1].At.Equal(s.r.ReceivedAt) {
		t.Errorf("accepted at %s, received at %s", s.r.AcceptedAt, s.r.ReceivedAt)
	}
}

func TestEveryStatusPriorityAndActHasItsWord(t *testing.T) {
	t.Parallel()
	for _, s := range report.Statuses() {
		if s.Label() == "" || !s.Known() {
			t.Errorf("status %s has no label", s)
		}
		if s.Open() && s.Final() {
			t.Errorf("status %s is open and final", s)
		}
	}
	open := []report.Status{report.Moi, report.CanBoSung, report.DaTiepNhan, report.DaPhanCong, report.TraLai, report.DangXuLy, report.XinGiaHan, report.MoLai}
	for _, s := range report.Statuses() {
		if s.Open() != slices.Contains(open, s) {
			t.Errorf("status %s open = %v", s, s.Open())
		}
	}
	if report.Status("closed").Known() || report.Priority("high").Label() != "" || report.ActName("burn").Label() != "" {
		t.Error("an unknown word has a label")
	}
}
