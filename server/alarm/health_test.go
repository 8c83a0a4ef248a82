package alarm_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
)

func call(at time.Duration, code, target string, p alarm.Priority) alarm.CallRow {
	return alarm.CallRow{At: start.Add(at), Type: code, Target: target, Name: "Trạm " + target, Priority: p}
}

func wholeDay() alarm.HealthSpan {
	return alarm.HealthSpan{From: start, To: start.Add(24 * time.Hour), Now: start.Add(24 * time.Hour), Types: map[string]alarm.Type{"t": {Label: "Loại t"}}}
}

func TestHealthOfNothingIsNoData(t *testing.T) {
	t.Parallel()
	h := alarm.HealthOf(nil, nil, wholeDay())
	if h.Calls != 0 || *h.Rate != 0 || h.Peak != 0 || *h.Flood != 0 || h.TopShare != nil || h.Top == nil || h.Diet == nil || len(h.Tens) != 144 {
		t.Errorf("%+v", h)
	}
	for i, p := range []alarm.Priority{alarm.High, alarm.Medium, alarm.Low} {
		if a := h.Answers[i]; a.Priority != p || a.P50 != nil || a.P95 != nil || a.InTime != nil || a.Target != []int{120, 600, 1800}[i] {
			t.Errorf("answers: %+v", a)
		}
		if m := h.Mix[i]; m.Priority != p || m.Share != nil || m.Warn {
			t.Errorf("mix: %+v", m)
		}
	}
	if h.Targets != (alarm.Targets{Rate: 1, Flood: 1, Top: 5, Stale: 5}) {
		t.Errorf("targets %+v", h.Targets)
	}
	future := wholeDay()
	future.Now = start
	if h := alarm.HealthOf(nil, nil, future); h.Rate != nil || h.Flood != nil || len(h.Tens) != 0 {
		t.Errorf("of a span that has not begun: %+v", h)
	}
}

func TestCallsAreCountedInTheSpan(t *testing.T) {
	t.Parallel()
	calls := []alarm.CallRow{
		call(24*time.Hour, "t", "a", alarm.Low), call(0, "t", "before", alarm.Low), call(time.Nanosecond, "t", "a", alarm.Low),
		call(10*time.Minute, "t", "b", alarm.Low), call(25*time.Hour, "t", "after", alarm.Low), call(15*time.Minute, "u", "a", alarm.High),
	}
	span := wholeDay()
	span.Positions = 2
	h := alarm.HealthOf(nil, calls, span)
	if h.Calls != 4 || *h.Rate != 0.01 || h.Tens[0] != 1 || h.Tens[1] != 2 || h.Tens[143] != 1 || h.Peak != 2 || h.Positions != 2 {
		t.Errorf("%d calls, rate %v, peak %d, tens %v", h.Calls, *h.Rate, h.Peak, h.Tens)
	}
	want := []alarm.TopRow{
		{Type: "t", Label: "Loại t", Target: "a", Name: "Trạm a", Count: 2, Share: 50},
		{Type: "t", Label: "Loại t", Target: "b", Name: "Trạm b", Count: 1, Share: 25},
		{Type: "u", Target: "a", Name: "Trạm a", Count: 1, Share: 25},
	}
	if diff := cmp.Diff(want, h.Top); diff != "" || *h.TopShare != 100 {
		t.Errorf("top %v (-want +got):\n%s", *h.TopShare, diff)
	}
	var many []alarm.CallRow
	for i := range 12 {
		many = append(many, call(time.Duration(i+1)*time.Hour, "t", fmt.Sprint(i), alarm.Low))
	}
	if h := alarm.HealthOf(nil, many, wholeDay()); len(h.Top) != 10 || *h.TopShare != 83.33 {
		t.Errorf("%d at the top with %v %%", len(h.Top), *h.TopShare)
	}
	long := wholeDay()
	long.From = start.Add(-60 * 24 * time.Hour)
	if h := alarm.HealthOf(nil, many, long); len(h.Tens) != 0 || h.Calls != 12 {
		t.Errorf("two months by ten minutes: %d", len(h.Tens))
	}
}

func TestTheTimeInFloodIsThatOfThePlayedCalls(t *testing.T) {
	t.Parallel()
	burst := func(from time.Duration) []alarm.CallRow {
		var list []alarm.CallRow
		for i := range 12 {
			list = append(list, call(from+time.Duration(i)*time.Second, "t", "a", alarm.Low))
		}
		return list
	}
	// The 11th call is at +10 s; the 8th leaves the window, and four remain, at +10 min 7 s.
	const one = 10*time.Minute + 7*time.Second - 10*time.Second
	for name, c := range map[string]struct {
		calls  []alarm.CallRow
		floods int
		wet    time.Duration
	}{
		"one":                    {burst(time.Hour), 1, one},
		"two":                    {slices.Concat(burst(time.Hour), burst(3*time.Hour)), 2, 2 * one},
		"one that runs on":       {slices.Concat(burst(time.Hour), burst(time.Hour+5*time.Minute)), 1, one + 5*time.Minute},
		"one begun before":       {burst(-5 * time.Minute), 1, 5*time.Minute + 7*time.Second},
		"one that goes on still": {burst(24*time.Hour - 2*time.Minute), 1, 2*time.Minute - 10*time.Second},
		"one long before":        {burst(-time.Hour), 0, 0},
		"one after":              {burst(25 * time.Hour), 0, 0},
	} {
		h := alarm.HealthOf(nil, c.calls, wholeDay())
		want := float64(int(100*100*c.wet.Seconds()/86400+0.5)) / 100
		if h.Floods != c.floods || *h.Flood != want {
			t.Errorf("%s: %d floods, %v %%, want %d, %v %%", name, h.Floods, *h.Flood, c.floods, want)
		}
	}
}

func TestAnswersCountOpenOnesAtTheirAge(t *testing.T) {
	t.Parallel()
	at := start.Add
	taken := func(p alarm.Priority, called, after time.Duration) alarm.HealthRow {
		return alarm.HealthRow{Type: "t", Priority: p, State: alarm.Closed, KnownAt: at(called), CalledAt: at(called), AckedAt: new(at(called + after))}
	}
	open := func(p alarm.Priority, s alarm.State, called time.Duration) alarm.HealthRow {
		return alarm.HealthRow{Type: "t", Priority: p, State: s, KnownAt: at(called), CalledAt: at(called), RaisedAt: at(called)}
	}
	shelved := open(alarm.High, alarm.Unacked, time.Hour)
	shelved.Aside = alarm.Shelved
	rows := []alarm.HealthRow{
		taken(alarm.High, time.Hour, time.Minute), taken(alarm.High, 2*time.Hour, 2*time.Minute), taken(alarm.High, 3*time.Hour, 3*time.Minute),
		open(alarm.High, alarm.Unacked, 23*time.Hour), open(alarm.High, alarm.Cleared, 24*time.Hour-time.Minute),
		shelved, taken(alarm.High, 0, time.Hour), open(alarm.High, alarm.Closed, time.Hour),
		open(alarm.Journal, alarm.Acked, time.Hour), taken(alarm.Low, time.Hour, -time.Minute),
	}
	got := alarm.HealthOf(rows, nil, wholeDay()).Answers
	want := []alarm.Answer{
		// 60, 60 (a minute old), 120, 180 and 3600 s. Two of four were in time; the minute old one may still be.
		{Priority: alarm.High, Count: 5, Open: 2, P50: new(120.0), P95: new(3600.0), InTime: new(50.0), Target: 120},
		{Priority: alarm.Medium, Target: 600},
		{Priority: alarm.Low, Count: 1, P50: new(0.0), P95: new(0.0), InTime: new(100.0), Target: 1800},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatStandsAtPresent(t *testing.T) {
	t.Parallel()
	old := start.Add(-time.Hour)
	rows := []alarm.HealthRow{
		{State: alarm.Acked, Priority: alarm.Low, RaisedAt: old},
		{State: alarm.Acked, Priority: alarm.Journal, RaisedAt: old},
		{State: alarm.Cleared, Priority: alarm.Low, RaisedAt: old},
		{State: alarm.Closed, Priority: alarm.Low, RaisedAt: old, Chattering: true},
		{State: alarm.Unacked, Priority: alarm.Low, RaisedAt: old, AgainAt: new(start.Add(time.Hour)), Aside: alarm.Shelved},
		{State: alarm.Cleared, Priority: alarm.Low, Aside: alarm.Suppressed},
		{State: alarm.Cleared, Priority: alarm.Low, Aside: alarm.OutOfService},
		{State: alarm.Acked, Priority: alarm.Low, RaisedAt: start.Add(time.Hour), Chattering: true},
	}
	h := alarm.HealthOf(rows, nil, wholeDay())
	if got := [...]int{h.Stale, h.Chattering, h.Shelved, h.Suppressed, h.OutOfService}; got != [...]int{1, 1, 1, 1, 1} {
		t.Errorf("stale, chattering, shelved, suppressed, out of service: %v, want one each", got)
	}
}

func TestTheMixOfAMonthWarnsOfTooManyThatAreUrgent(t *testing.T) {
	t.Parallel()
	of := func(high, medium, low int) []alarm.MixRow {
		calls := []alarm.CallRow{call(-30*24*time.Hour+24*time.Hour, "t", "a", alarm.High)} // on the open end
		for p, n := range map[alarm.Priority]int{alarm.High: high, alarm.Medium: medium, alarm.Low: low} {
			for range n {
				calls = append(calls, call(-20*24*time.Hour, "t", "a", p))
			}
		}
		return alarm.HealthOf(nil, calls, wholeDay()).Mix
	}
	for _, c := range []struct {
		high, medium, low int
		warn              [3]bool
	}{
		{10, 25, 65, [3]bool{}},
		{11, 25, 64, [3]bool{true, false, false}},
		{10, 26, 64, [3]bool{false, true, false}},
		{0, 0, 100, [3]bool{}},
	} {
		got := of(c.high, c.medium, c.low)
		for i, r := range got {
			if r.Warn != c.warn[i] || *r.Share != float64(r.Count) {
				t.Errorf("%d/%d/%d: %+v", c.high, c.medium, c.low, r)
			}
		}
	}
}

func TestTheDietNamesTypesOfWhichNobodyActedOnAny(t *testing.T) {
	t.Parallel()
	row := func(code string, days int, acted bool) alarm.HealthRow {
		return alarm.HealthRow{Type: code, Priority: alarm.Low, State: alarm.Closed, KnownAt: start.Add(-time.Duration(days) * 24 * time.Hour), Acted: acted}
	}
	journal := row("journal", 1, false)
	journal.Priority = alarm.Journal
	rows := []alarm.HealthRow{row("t", 3, false), row("t", 1, false), row("u", 1, false), row("v", 1, false), row("v", 2, true), row("w", 40, false), journal}
	want := []alarm.DietRow{
		{Type: "t", Label: "Loại t", Count: 2, Newest: start.Add(-24 * time.Hour)}, {Type: "u", Count: 1, Newest: start.Add(-24 * time.Hour)},
	}
	if diff := cmp.Diff(want, alarm.HealthOf(rows, nil, wholeDay()).Diet); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i := range 15 {
		rows = append(rows, row(fmt.Sprint("x", i), 1, false))
	}
	if got := alarm.HealthOf(rows, nil, wholeDay()).Diet; len(got) != 10 || got[0].Type != "t" {
		t.Errorf("%d on the diet", len(got))
	}
}
