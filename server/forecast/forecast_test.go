package forecast_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema/sample"
	"toancanh/server/forecast"
	"toancanh/server/report"
)

func rules(t testing.TB) *report.Rulebook {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	book, _, err := report.Load(sample.Files(), zone)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// at is an instant of the office's zone in July 2025, which begins on a Tuesday and has no holiday.
func at(day, hour, minute int) time.Time {
	return time.Date(2025, 7, day, hour-7, minute, 0, 0, time.UTC)
}

// step is an act with its time.
type step struct {
	at  time.Time
	act report.Act
}

func do(when time.Time, name report.ActName) step {
	return step{when, report.Act{Name: name, Reason: "có lý do", Text: "xong"}}
}

func assign(when time.Time, unit string) step {
	return step{when, report.Act{Name: report.Assign, Unit: unit}}
}

func until(when time.Time, name report.ActName, date time.Time) step {
	return step{when, report.Act{Name: name, Reason: "có lý do", Until: &date}}
}

// lived is a report of a category with its acts.
func lived(t testing.TB, book *report.Rulebook, id, category string, received time.Time, steps ...step) forecast.Past {
	t.Helper()
	r, e, err := book.New(report.Draft{Category: category, Description: "x", Origin: report.Real, Source: report.FromForm, HasContact: true}, report.Birth{
		ID: id, Code: "K7M2-Q9XD", At: received,
	})
	timeline := []report.Entry{e}
	for _, s := range steps {
		if err == nil {
			r, e, err = book.Apply(r, s.act, s.at)
			timeline = append(timeline, e)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return forecast.Past{Report: r, Timeline: timeline}
}

func cases(t testing.TB, book *report.Rulebook, known time.Time, past ...forecast.Past) []forecast.Case {
	t.Helper()
	list, broken := forecast.Cases(book, past, forecast.Span{From: at(1, 0, 0), To: known})
	if broken != nil {
		t.Fatal(broken)
	}
	return list
}

// TestAReportIsACaseAtEachWorkingHourBeforeItsDueDate follows a report that is due on a Monday morning over the weekend.
func TestAReportIsACaseAtEachWorkingHourBeforeItsDueDate(t *testing.T) {
	t.Parallel()
	book := rules(t)
	// Three working days from Wednesday 9:00 end on Monday the 7th at 9:00.
	p := lived(t, book, "a", "XD", at(2, 8, 0), do(at(2, 8, 30), report.Accept), assign(at(2, 9, 0), "so-xd"), do(at(4, 15, 45), report.Start))
	var got []string
	for _, c := range cases(t, book, at(9, 0, 0), p) {
		got = append(got, fmt.Sprintf("%s %s %s %v", c.At.Add(7*time.Hour).Format("02 15:04"), c.Stage, c.Left, c.Outcome == forecast.Missed))
	}
	want := []string{
		"04 15:30 assigned 2_4h true", "04 16:30 started 2_4h true", "07 07:30 started 1_2h true", "07 08:30 started under_1h true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

func TestAnOutcomeIsWhatStoodWhenTheDateCame(t *testing.T) {
	t.Parallel()
	book := rules(t)
	// DN runs on the clock of all hours: due at 9:02 on the next day.
	begun := func(more ...step) []step {
		return append([]step{do(at(2, 9, 1), report.Accept), assign(at(2, 9, 2), "dien-luc"), do(at(2, 9, 3), report.Start)}, more...)
	}
	for name, test := range map[string]struct {
		steps []step
		known time.Time
		want  forecast.Outcome
	}{
		"resolved before":                     {begun(do(at(3, 9, 0), report.Resolve)), at(9, 0, 0), forecast.Kept},
		"resolved on the instant":             {begun(do(at(3, 9, 2), report.Resolve)), at(9, 0, 0), forecast.Kept},
		"resolved after":                      {begun(do(at(3, 9, 3), report.Resolve)), at(9, 0, 0), forecast.Missed},
		"never resolved":                      {begun(), at(9, 0, 0), forecast.Missed},
		"not come yet":                        {begun(), at(3, 9, 2), forecast.Unknown},
		"resolved, and reopened later":        {begun(do(at(3, 9, 0), report.Resolve), do(at(3, 9, 1), report.Publish), do(at(4, 9, 0), report.Reopen)), at(4, 9, 0), forecast.Kept},
		"extended before it came":             {begun(until(at(3, 8, 30), report.RequestExtension, at(8, 9, 0)), do(at(3, 8, 45), report.ApproveExtension)), at(8, 4, 0), forecast.Unknown},
		"extension asked and not answered":    {begun(until(at(3, 8, 30), report.RequestExtension, at(8, 9, 0))), at(9, 0, 0), forecast.Missed},
		"its sender was asked before it came": {begun(do(at(3, 8, 30), report.Ask)), at(9, 0, 0), forecast.Unknown},
		"the unit returned it before it came": {[]step{do(at(2, 9, 1), report.Accept), assign(at(2, 9, 2), "dien-luc"), do(at(3, 8, 30), report.Return)}, at(9, 0, 0), forecast.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := cases(t, book, test.known, lived(t, book, "a", "DN", at(2, 9, 0), test.steps...))
			if len(list) == 0 {
				t.Fatal("it was no case")
			}
			for _, c := range list {
				if c.Outcome != test.want {
					t.Errorf("at %s: outcome %d, want %d", c.At, c.Outcome, test.want)
				}
			}
		})
	}
}

// alike makes a case a report for each letter: k was resolved in time, m was not.
func alike(unit, category, outcomes string) []forecast.Case {
	var list []forecast.Case
	for i, c := range outcomes {
		o := forecast.Kept
		if c == 'm' {
			o = forecast.Missed
		}
		list = append(list, forecast.Case{
			Standing: forecast.Standing{
				Report: fmt.Sprintf("%s-%s-%d", unit, category, i), Category: category, Unit: unit,
				Stage: forecast.Started, Left: forecast.OneToTwo, Due: at(2, 9, 0),
			},
			At: at(2, 7, 30), Outcome: o,
		})
	}
	return list
}

func times(n int, letters string) string { return strings.Repeat(letters, n) }

func TestAnEstimateCountsTheClosestThatAreEnough(t *testing.T) {
	t.Parallel()
	model := forecast.Learn(append(append(
		alike("so-xd", "XD", times(8, "m")+times(3, "k")),
		alike("so-yt", "TP", times(9, "k"))...),
		append(alike("so-yt", "XD", times(4, "k")), alike("so-yt", "TP", "")...)...))
	standing := func(unit, category string, left forecast.Left) forecast.Standing {
		return forecast.Standing{Unit: unit, Category: category, Stage: forecast.Started, Left: left}
	}
	for name, test := range map[string]struct {
		s    forecast.Standing
		why  string
		want float64
	}{
		"unit and category": {standing("so-xd", "XD", forecast.OneToTwo), "Sở Xây dựng kịp 3 trong 11 việc “Trật tự xây dựng” đang xử lý khi còn 1–2 giờ.", 9.0 / 13},
		"a unit with four":  {standing("so-yt", "XD", forecast.OneToTwo), "Tất cả đơn vị kịp 7 trong 15 việc “Trật tự xây dựng” đang xử lý khi còn 1–2 giờ.", 9.0 / 17},
		"nine are too few":  {standing("so-yt", "TP", forecast.OneToTwo), "Tất cả đơn vị kịp 16 trong 24 việc đang xử lý khi còn 1–2 giờ.", 9.0 / 26},
		"never stood so":    {standing("so-yt", "TP", forecast.UnderOne), "Tất cả đơn vị kịp 16 trong 24 việc khi còn dưới 4 giờ.", 9.0 / 26},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, ok := model.Estimate(test.s)
			if !ok || e.Chance != test.want {
				t.Errorf("chance %v (%t), want %v", e.Chance, ok, test.want)
			}
			if got := e.Why(forecast.Names{Unit: "Sở Xây dựng", Category: "Trật tự xây dựng"}); got != test.why {
				t.Errorf("got  %s\nwant %s", got, test.why)
			}
		})
	}
	if _, ok := forecast.Learn(alike("so-xd", "XD", times(9, "m"))).Estimate(standing("so-xd", "XD", forecast.OneToTwo)); ok {
		t.Error("nine reports of all make an estimate")
	}
}

func TestAReportCountsOnceHoweverLongItStood(t *testing.T) {
	t.Parallel()
	once := alike("so-xd", "XD", times(12, "m"))
	twice := append(alike("so-xd", "XD", times(12, "m")), once...)
	want, _ := forecast.Learn(once).Estimate(once[0].Standing)
	got, _ := forecast.Learn(twice).Estimate(once[0].Standing)
	if diff := cmp.Diff(want, got); diff != "" || want.Of != 12 {
		t.Errorf("counted %d (-once +twice):\n%s", want.Of, diff)
	}
}

// past makes a day's cases for each of the days 1 to 30: of each unit one report a letter, due on the hour.
func past(late map[string]func(day int) string) []forecast.Case {
	var list []forecast.Case
	for day := 1; day <= 30; day++ {
		for _, unit := range []string{"a", "b"} {
			for _, c := range alike(unit, "XD", late[unit](day)) {
				c.Report = fmt.Sprintf("%s/%d", c.Report, day)
				c.At, c.Due = at(day, 8, 0), at(day, 9, 30)
				list = append(list, c)
			}
		}
	}
	return list
}

func always(letters string) func(int) string { return func(int) string { return letters } }

func span() forecast.Span { return forecast.Span{From: at(1, 0, 0), To: at(31, 0, 0)} }

func TestTheBacktestShowsOnlyWhatIsBetter(t *testing.T) {
	t.Parallel()
	until20 := func(before, after string) func(int) string {
		return func(day int) string {
			if day <= 20 {
				return before
			}
			return after
		}
	}
	for name, test := range map[string]struct {
		late   map[string]func(int) string
		better bool
		whyNot string
	}{
		"units that differ":               {map[string]func(int) string{"a": always("mmmk"), "b": always("kkkm")}, true, ""},
		"units that are alike":            {map[string]func(int) string{"a": always("mkmk"), "b": always("mkmk")}, false, "F1 0,67"},
		"nearly all is late":              {map[string]func(int) string{"a": always("mmmm"), "b": always("mmmk")}, false, "chưa hơn"},
		"what was learned holds no more":  {map[string]func(int) string{"a": until20("mmmk", "kkkm"), "b": until20("kkkm", "mmmk")}, false, "chưa hơn"},
		"too few were judged":             {map[string]func(int) string{"a": always("m"), "b": always("k")}, false, "Chưa đủ số liệu"},
		"nothing was ever late":           {map[string]func(int) string{"a": always("kk"), "b": always("kk")}, false, "Chưa đủ số liệu"},
		"nothing was there to learn from": {map[string]func(int) string{"a": always(""), "b": always("")}, false, "đã học 0 phản ánh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := forecast.Backtest(past(test.late), span())
			if s.Better() != test.better || test.better != (s.WhyNot() == "") || !strings.Contains(s.WhyNot(), test.whyNot) {
				t.Errorf("better %t, why not %q, %+v", s.Better(), s.WhyNot(), s)
			}
		})
	}
}

func TestTheBacktestCountsAndSplitsByTime(t *testing.T) {
	t.Parallel()
	list := past(map[string]func(int) string{"a": always("mmmk"), "b": always("kkkm")})
	got := forecast.Backtest(list, span())
	want := forecast.Skill{
		From: at(1, 0, 0), Split: at(21, 8, 0), To: at(31, 0, 0), Learned: 160, Judged: 80, Missed: 40, Hours: 80,
		Threshold: got.Threshold, Rule: forecast.Score{Hits: 30, False: 10, Silent: 10},
		NotStarted: forecast.Score{Silent: 40}, AllDue: forecast.Score{Hits: 40, False: 40},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("skill (-want +got):\n%s", diff)
	}
	if got.Rule.Precision() != .75 || got.Rule.Recall() != .75 || got.Rule.F1() != .75 {
		t.Errorf("precision %v, recall %v, F1 %v", got.Rule.Precision(), got.Rule.Recall(), got.Rule.F1())
	}
	// Whatever becomes of what is judged, what was learned and the threshold stay.
	for i := range list {
		if !list[i].At.Before(got.Split) {
			list[i].Outcome = forecast.Kept
		}
	}
	other := forecast.Backtest(list, span())
	if other.Threshold != got.Threshold || other.Learned != got.Learned || other.Rule.Hits != 0 {
		t.Errorf("the judged part was learned from: %+v", other)
	}
}

// TestWhatWasNotKnownAtTheSplitIsNotLearned has reports that stand before the split and are due after it.
func TestWhatWasNotKnownAtTheSplitIsNotLearned(t *testing.T) {
	t.Parallel()
	list := past(map[string]func(int) string{"a": always("mmmk"), "b": always("kkkm")})
	split := forecast.Backtest(list, span()).Split
	for i := range list {
		if list[i].At.Before(split) && list[i].Unit == "a" {
			list[i].Due = split.Add(time.Minute)
		}
	}
	if got := forecast.Backtest(list, span()); got.Learned != 80 {
		t.Errorf("learned from %d reports, want the 80 whose outcome was known", got.Learned)
	}
}

func TestTheActIsTheCheapestThatHelps(t *testing.T) {
	t.Parallel()
	book := rules(t)
	given := []step{do(at(2, 9, 1), report.Accept), assign(at(2, 9, 2), "dien-luc")}
	begun := slices.Concat(given, []step{do(at(2, 9, 3), report.Start)})
	for name, test := range map[string]struct {
		steps []step
		stage forecast.Stage
		want  forecast.Act
	}{
		"assigned":        {given, forecast.Assigned, forecast.Remind},
		"started":         {begun, forecast.Started, forecast.Extend},
		"extension asked": {slices.Concat(begun, []step{until(at(2, 10, 0), report.RequestExtension, at(8, 9, 0))}), forecast.Started, forecast.Decide},
		"reopened": {
			slices.Concat(begun, []step{do(at(2, 9, 4), report.Resolve), do(at(2, 9, 5), report.Publish), do(at(2, 9, 6), report.Reopen)}),
			forecast.Reopened, forecast.Assign,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := lived(t, book, "a", "DN", at(2, 9, 0), test.steps...).Report
			s, near, err := forecast.StandingOf(book, r, r.Due.Resolve.Add(-time.Hour))
			if err != nil || !near || s.Stage != test.stage || forecast.Help(r, s.Stage) != test.want {
				t.Errorf("stands %+v (%t, %v), help %s", s, near, err, forecast.Help(r, s.Stage))
			}
			for what, when := range map[string]time.Time{"due": *r.Due.Resolve, "far": r.Due.Resolve.Add(-forecast.Ahead - time.Second)} {
				if _, near, _ := forecast.StandingOf(book, r, when); near {
					t.Errorf("warned of when %s", what)
				}
			}
		})
	}
}

func TestABrokenTimelineIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	book := rules(t)
	whole := func(id string) forecast.Past {
		return lived(t, book, id, "DN", at(2, 9, 0), do(at(2, 9, 1), report.Accept), assign(at(2, 9, 2), "dien-luc"))
	}
	var past []forecast.Past
	for i := range 12 {
		past = append(past, whole(fmt.Sprint(i)))
	}
	empty, gap := whole("empty"), whole("gap")
	empty.Timeline, gap.Timeline[1].N = nil, 7
	got := forecast.Train(book, append(past, empty, gap), span())
	if len(got.Broken) != 2 || !strings.Contains(got.Broken[0].Error(), "report empty") || !strings.Contains(got.Broken[1].Error(), "report gap") {
		t.Errorf("broken: %v", got.Broken)
	}
	s, _, err := forecast.StandingOf(book, past[0].Report, at(3, 8, 0))
	if e, ok := got.Model.Estimate(s); err != nil || !ok || e.Of != 12 || e.Kept != 0 {
		t.Errorf("estimate %+v (%t, %v), want that of the twelve", e, ok, err)
	}
}

// BenchmarkTrain learns from as many reports as are ever learned from at once.
func BenchmarkTrain(b *testing.B) {
	book := rules(b)
	list := make([]forecast.Past, 20_000)
	for i := range list {
		begin := at(1, 8, 0).Add(time.Duration(i) * time.Minute)
		list[i] = lived(b, book, fmt.Sprint(i), "XD", begin, do(begin.Add(time.Hour), report.Accept), assign(begin.Add(2*time.Hour), "so-xd"),
			do(begin.Add(3*time.Hour), report.Start), do(begin.Add(time.Duration(70+i%60)*time.Hour), report.Resolve))
	}
	for b.Loop() {
		if l := forecast.Train(book, list, forecast.Span{From: at(1, 0, 0), To: at(30, 0, 0)}); l.Broken != nil {
			b.Fatal(l.Broken)
		}
	}
}
