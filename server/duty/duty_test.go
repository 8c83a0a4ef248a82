package duty_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/duty"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func raised() time.Time { return at("2026-12-01T02:00:00Z") }

// room is a house in which everybody of a post can be reached by some channels.
type room struct {
	holders map[duty.Position][]duty.Shift
	ways    map[string][]duty.Channel
}

func (r room) cast(step int, p duty.Position) []duty.Call {
	return duty.Chains(step, p, r.holders[p], func(person string) []duty.Channel { return r.ways[person] })
}

func full() room {
	return room{
		holders: map[duty.Position][]duty.Shift{
			duty.Operator: {{Person: "an", Substitute: "binh"}}, duty.ShiftLead: {{Person: "chi"}}, duty.OnCallLeader: {{Person: "dung"}},
		},
		ways: map[string][]duty.Channel{"an": {duty.Push, duty.Mail}, "binh": {duty.SMS}, "chi": {duty.Push}, "dung": {duty.SMS}},
	}
}

// told writes calls as "step person channel result".
func told(calls []duty.Call) string {
	var lines []string
	for _, c := range calls {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s %s", c.Step, c.Person, c.Channel, c.Result, c.Reason)), " "))
	}
	return strings.Join(lines, "; ")
}

// settle makes what is due, as answer says.
func settle(calls []duty.Call, now time.Time, answer func(duty.Call) duty.Result) {
	for i, c := range calls {
		if c.Result != duty.Due {
			continue
		}
		until := now.Add(duty.Patience(c.Channel))
		if calls[i].Result = answer(c); calls[i].Result == duty.Sent {
			calls[i].WaitUntil = &until
		}
	}
}

func high() duty.Round {
	return duty.NewRound(raised(), duty.Usual().Steps(alarm.High, duty.RoomPositions()))
}

func TestAHighAlarmCallsTheNextAfterTwoAndTenMinutes(t *testing.T) {
	t.Parallel()
	r, calls := high(), []duty.Call(nil)
	var steps []string
	for s := 0; r.WakeAt != nil; s++ {
		now := *r.WakeAt
		before := r.Begun
		r, calls = r.Walk(calls, now, full().cast)
		settle(calls, now, func(duty.Call) duty.Result { return duty.Delivered })
		if r.Begun != before {
			steps = append(steps, fmt.Sprintf("%s %s", now.Sub(raised()), r.Steps[r.Begun-1].Position))
		}
		if s > 20 {
			t.Fatal("the round does not end")
		}
	}
	want := []string{"0s truc_ban", "2m0s truong_ca", "10m0s lanh_dao_truc"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Error(diff)
	}
	if r.Over != alarm.CalloutExhausted {
		t.Errorf("ends %q", r.Over)
	}
	if got := told(calls); got != "1 an push delivered; 1 an mail planned; 1 binh sms planned; 2 chi push delivered; 3 dung sms delivered" {
		t.Error(got)
	}
}

func TestAFailureGoesToTheNextChannelAndPersonAtOnce(t *testing.T) {
	t.Parallel()
	r, calls := high(), []duty.Call(nil)
	now := raised()
	for range 4 { // every call fails in the second in which it is made
		r, calls = r.Walk(calls, now, full().cast)
		settle(calls, now, func(c duty.Call) duty.Result {
			if c.Person == "chi" {
				return duty.Sent
			}
			return duty.Failed
		})
	}
	r, calls = r.Walk(calls, now, full().cast)
	if got := told(calls); got != "1 an push failed; 1 an mail failed; 1 binh sms failed; 2 chi push sent" {
		t.Error(got)
	}
	// Of the second nothing is heard: the third is called when its own time comes.
	if r.Begun != 2 || !r.StepAt.Equal(raised().Add(10*time.Minute)) {
		t.Errorf("begun %d, next at %v", r.Begun, r.StepAt)
	}
}

func TestWithoutASignTheNextChannelIsUsedBesideIt(t *testing.T) {
	t.Parallel()
	r, calls := high(), []duty.Call(nil)
	sent := func(duty.Call) duty.Result { return duty.Sent }
	r, calls = r.Walk(calls, raised(), full().cast)
	settle(calls, raised(), sent)
	r, calls = r.Walk(calls, raised(), full().cast)
	if want := raised().Add(30 * time.Second); !r.WakeAt.Equal(want) {
		t.Fatalf("wakes at %v, want %v", r.WakeAt, want)
	}
	now := *r.WakeAt
	_, calls = r.Walk(calls, now, full().cast)
	if got := told(calls); got != "1 an push sent; 1 an mail due; 1 binh sms planned" {
		t.Error(got)
	}
}

func TestNobodyOnDutyIsSaidAndPassedOver(t *testing.T) {
	t.Parallel()
	empty := full()
	empty.holders[duty.Operator] = nil
	empty.ways["chi"] = nil
	r, calls := high().Walk(nil, raised(), empty.cast)
	if got := told(calls); got != "1 failed vacant; 2 chi failed no_channel; 3 dung sms due" || r.Begun != 3 {
		t.Errorf("%d: %s", r.Begun, got)
	}
	empty.holders = nil
	r, calls = high().Walk(nil, raised(), empty.cast)
	if r.State() != alarm.CalloutExhausted || len(calls) != 3 {
		t.Errorf("nobody at all: %s %s", r.State(), told(calls))
	}
}

func TestAfterADowntimeEveryStepIsDoneOnce(t *testing.T) {
	t.Parallel()
	r, calls := high().Walk(nil, raised().Add(time.Hour), full().cast)
	if got := told(calls); got != "1 an push due; 1 an mail planned; 1 binh sms planned; 2 chi push due; 3 dung sms due" {
		t.Error(got)
	}
	again, same := r.Walk(calls, raised().Add(time.Hour), full().cast)
	if told(same) != told(calls) || again.Begun != 3 || again.Over != "" {
		t.Errorf("walked again: %s", told(same))
	}
}

func TestOthersThanHighAreOnlyRemindedOf(t *testing.T) {
	t.Parallel()
	for priority, want := range map[alarm.Priority]string{
		alarm.Medium: "[{10m0s truc_ban}]", alarm.Low: "[{30m0s truc_ban}]", alarm.Journal: "[]",
		alarm.High: "[{0s truc_ban} {2m0s truong_ca} {10m0s lanh_dao_truc} {20m0s truc_don_vi}]",
	} {
		if got := fmt.Sprint(duty.Usual().Steps(priority, duty.Positions())); got != want {
			t.Errorf("%s: %s, want %s", priority, got, want)
		}
	}
	if r := duty.NewRound(raised(), nil); r.WakeAt != nil {
		t.Error("an alarm without steps is waited for")
	}
}

func TestALadderIsNeverSlowerThanTheUsual(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*duty.Ladder){
		"slower":   func(l *duty.Ladder) { l.High[1] = 3 * time.Minute },
		"unsorted": func(l *duty.Ladder) { l.High[2] = l.High[1] },
		"short":    func(l *duty.Ladder) { l.Medium = nil },
		"negative": func(l *duty.Ladder) { l.Low[0] = -time.Second },
	} {
		l := duty.Usual()
		change(&l)
		if l.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	quick := duty.Ladder{High: []time.Duration{0, time.Second, 2 * time.Second}, Medium: []time.Duration{0}, Low: []time.Duration{time.Minute}}
	if err := quick.Check(); err != nil {
		t.Error(err)
	}
}

func TestOnlyAlarmsThatNobodyTookOrPutAsideCall(t *testing.T) {
	t.Parallel()
	base := alarm.Alarm{State: alarm.Unacked, Priority: alarm.Low}
	for name, c := range map[string]struct {
		change func(*alarm.Alarm)
		want   bool
	}{
		"unacked": {func(*alarm.Alarm) {}, true},
		"acked":   {func(a *alarm.Alarm) { a.State = alarm.Acked }, false},
		"cleared": {func(a *alarm.Alarm) { a.State = alarm.Cleared }, false},
		"shelved": {func(a *alarm.Alarm) { a.Aside = alarm.Shelved }, false},
		"journal": {func(a *alarm.Alarm) { a.Priority = alarm.Journal }, false},
	} {
		a := base
		c.change(&a)
		if got := duty.Callable(a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestThreeShiftsAndFourCrewsFillAMonth(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	p := duty.Pattern{
		Post: duty.Post{Position: duty.Operator}, First: time.Date(2026, 12, 1, 0, 0, 0, 0, zone), Days: 31,
		Slots: []duty.Slot{{"Ca 1", "06:00", "14:00"}, {"Ca 2", "14:00", "22:00"}, {"Ca 3", "22:00", "06:00"}},
		Crews: []duty.Crew{{Person: "a"}, {Person: "b"}, {Person: "c"}, {Person: "d"}},
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	roster := duty.Roster(p.Fill(zone))
	if len(roster) != 93 || !roster[0].From.Equal(at("2026-11-30T23:00:00Z")) || !roster[92].Until.Equal(at("2026-12-31T23:00:00Z")) {
		t.Errorf("%d shifts from %v until %v", len(roster), roster[0].From, roster[92].Until)
	}
	posts := []duty.Post{p.Post}
	if gaps := roster.Gaps(posts, roster[0].From, roster[92].Until); len(gaps) != 0 {
		t.Errorf("gaps: %v", gaps)
	}
	free := map[string]time.Time{}
	for _, s := range roster {
		if rest := s.From.Sub(free[s.Person]); rest < 16*time.Hour {
			t.Errorf("%s rests %v before %v", s.Person, rest, s.From)
		}
		free[s.Person] = s.Until
	}
	cut := append(duty.Roster{}, roster[1:]...)
	got := cut.Gaps([]duty.Post{p.Post, {Position: duty.ShiftLead}}, roster[0].From, roster[2].Until)
	want := []duty.Gap{
		{p.Post, roster[0].From, roster[0].Until}, {duty.Post{Position: duty.ShiftLead}, roster[0].From, roster[2].Until},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if on := roster.Holders(p.Post, at("2026-12-01T15:30:00Z")); len(on) != 1 || on[0].Person != "c" || roster.Now(at("2026-12-01T15:30:00Z")) != "Ca 3" {
		t.Errorf("on at 22:30: %v", on)
	}
}

func TestWhatIsWrongWithAShiftOrPatternIsNamed(t *testing.T) {
	t.Parallel()
	good := duty.Shift{Post: duty.Post{Position: duty.Operator}, Person: "a", From: raised(), Until: raised().Add(time.Hour)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*duty.Shift){
		"position":   func(s *duty.Shift) { s.Position = "giam_doc" },
		"unit":       func(s *duty.Shift) { s.Position = duty.UnitOnDuty },
		"person":     func(s *duty.Shift) { s.Person = "" },
		"substitute": func(s *duty.Shift) { s.Substitute = "a" },
		"until":      func(s *duty.Shift) { s.Until = s.From },
	} {
		s := good
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(fmt.Sprintf("%+v", err), field) && !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	bad := duty.Pattern{Days: 90, Slots: []duty.Slot{{"", "6h", "25:00"}}, Crews: []duty.Crew{{}}}
	if err := bad.Check(); err == nil {
		t.Error("a pattern that is none was taken")
	}
}
