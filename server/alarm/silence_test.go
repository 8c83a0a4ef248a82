package alarm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
)

func absence(code string, of alarm.Source, more time.Duration) alarm.Type {
	return alarm.Type{
		Code: code, Version: 1, Enabled: true, Source: of, Priority: alarm.Low,
		Condition: alarm.Condition{Class: alarm.ByAbsence, OnDelay: seconds(int(more.Seconds()))},
	}
}

func absences() []alarm.Type {
	return []alarm.Type{absence("mat_tin", alarm.FromSensor, 0), absence("mat_cong", alarm.FromGateway, 0)}
}

// field is a Silence whose things speak at intervals until told otherwise.
type field struct {
	s      *alarm.Silence
	now    time.Time
	things []alarm.Thing
	every  map[string]time.Duration
	next   map[string]time.Time
	cut    map[string]bool
	got    []alarm.Change
}

func newField(types []alarm.Type) *field {
	return &field{s: alarm.NewSilence(types), now: start, every: map[string]time.Duration{}, next: map[string]time.Time{}, cut: map[string]bool{}}
}

func (f *field) gateway(code, parent string, limit time.Duration) {
	f.things = append(f.things, alarm.Thing{Code: code, Source: alarm.FromGateway, Gateway: parent, Limit: limit})
}

func (f *field) sensor(code, gateway string, every, limit time.Duration) {
	f.things = append(f.things, alarm.Thing{Code: code, Source: alarm.FromSensor, Kind: "river", Area: "24611", Path: []string{"67", "24611"}, Gateway: gateway, Limit: limit})
	f.every[code], f.next[code] = every, f.now.Add(every/2)
}

func (f *field) watch(windows ...alarm.Window) { f.got = f.s.Watch(f.things, windows, f.now, f.got) }

// until lets time pass, a second at a time.
func (f *field) until(at time.Duration) {
	for end := start.Add(at); f.now.Before(end); f.now = f.now.Add(time.Second) {
		for _, x := range f.things {
			every := f.every[x.Code]
			if every == 0 || f.now.Before(f.next[x.Code]) {
				continue
			}
			f.next[x.Code] = f.next[x.Code].Add(every)
			if !f.cut[x.Code] && !f.cut[x.Gateway] {
				f.got = f.s.Heard(x.Code, f.now, f.got)
			}
		}
		f.got = f.s.Pass(f.now, f.got)
	}
}

// told are the changes since it was asked last.
func (f *field) told() []string {
	list := []string{}
	for _, c := range f.got {
		line := fmt.Sprintf("%s %s %s", c.Kind, c.Target, c.At.Sub(start))
		if c.Members != nil {
			line += fmt.Sprintf(" of %d", len(c.Members))
		}
		list = append(list, line)
	}
	f.got = nil
	return list
}

func (f *field) wants(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), f.told()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestASensorThatFallsSilentIsMarkedWhenItsLimitEnds(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.sensor("a", "", time.Minute, 5*time.Minute)
	f.sensor("b", "", time.Minute, 0)
	f.watch()
	f.until(10 * time.Minute)
	f.wants(t, "while all speak")
	f.cut["a"], f.cut["b"] = true, true // heard last at 9m30s
	f.until(14*time.Minute + 31*time.Second)
	f.wants(t, "at its limit")
	f.until(14*time.Minute + 32*time.Second)
	if c := f.got[0]; c.Limit != "không có tín hiệu quá 5 phút" || c.Type != "mat_tin" || c.Source != alarm.FromSensor || c.Value != nil {
		t.Errorf("%+v", c)
	}
	f.wants(t, "a second after its limit", "raise a 14m30s")
	if got := f.s.Silent(); len(got) != 1 || !got["a"].Equal(start.Add(570*time.Second)) {
		t.Errorf("silent: %v, want a since 9m30s", got)
	}
	f.until(20 * time.Minute)
	f.wants(t, "while it stays silent")
	f.cut["a"] = false
	f.until(22 * time.Minute)
	f.wants(t, "with its first word", "return a 20m30s")
}

func TestOneDeadGatewayIsOneAlarm(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"sooner than its sensors": 90 * time.Second, "later than its sensors": 20 * time.Minute} {
		f := newField(absences())
		f.gateway("g", "", limit)
		for i := range 40 {
			f.sensor(fmt.Sprintf("s%02d", i), "g", time.Minute+time.Duration(i)*time.Second, 5*time.Minute)
		}
		f.sensor("other", "", time.Minute, 5*time.Minute)
		f.watch()
		f.until(30 * time.Minute)
		f.wants(t, name+": while all speak")
		f.cut["g"] = true
		f.until(3 * time.Hour)
		if len(f.got) != 1 || f.got[0].Target != "g" || f.got[0].Type != "mat_cong" || len(f.got[0].Members) != 40 || !slices.IsSorted(f.got[0].Members) || f.got[0].Members[0] != "s00" {
			t.Fatalf("%s: cut: %v", name, f.told())
		}
		if len(f.s.Silent()) != 40 {
			t.Errorf("%s: %d silent, want 40", name, len(f.s.Silent()))
		}
		f.told()
		f.cut["g"] = false
		f.until(6 * time.Hour)
		if got := f.told(); len(got) != 1 || got[0][:8] != "return g" || len(f.s.Silent()) != 0 {
			t.Errorf("%s: back: %v, silent %v", name, got, f.s.Silent())
		}
	}
}

func TestASensorThatIsDeadUnderALivingGatewayIsItsOwnAlarm(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.gateway("g", "", 10*time.Minute)
	f.sensor("a", "g", time.Minute, 5*time.Minute)
	f.sensor("b", "g", 2*time.Minute, 15*time.Minute)
	f.watch()
	f.until(10 * time.Minute)
	f.cut["a"] = true
	f.until(16 * time.Minute)
	f.wants(t, "at its limit", "raise a 14m30s")
	f.cut["g"] = true // b was heard last at 15m
	f.until(time.Hour)
	f.wants(t, "then its gateway dies: it is named once", "raise g 25m0s of 1")
	f.cut["g"] = false
	f.until(2 * time.Hour)
	f.wants(t, "the gateway lives, the sensor does not", "return g 1h1m0s")
	f.cut["a"] = false
	f.until(2*time.Hour + time.Minute)
	f.wants(t, "the sensor lives", "return a 2h0m30s")
}

func TestAGatewayBehindADeadOneIsHeldBack(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.gateway("trunk", "", 10*time.Minute)
	f.gateway("branch", "trunk", 2*time.Minute)
	f.gateway("twig", "branch", 2*time.Minute)
	f.sensor("a", "branch", 20*time.Second, 2*time.Minute)
	f.sensor("b", "trunk", 20*time.Second, 2*time.Minute)
	f.sensor("c", "twig", 20*time.Second, 2*time.Minute)
	f.watch()
	f.until(10 * time.Minute)
	f.cut["branch"], f.cut["twig"] = true, true
	f.until(15 * time.Minute)
	f.wants(t, "the branch", "raise branch 11m50s of 2")
	f.cut["trunk"] = true
	f.until(time.Hour)
	f.wants(t, "the trunk names what the branch does not", "raise trunk 24m50s of 1")
	f.cut["trunk"] = false
	f.until(2 * time.Hour)
	f.wants(t, "the trunk lives", "return trunk 1h0m10s")
	f.cut["branch"] = false
	f.until(2*time.Hour + 10*time.Minute)
	f.wants(t, "the branch lives, the twig does not", "return branch 2h0m10s", "raise twig 2h2m10s of 1")
	f.cut["twig"] = false
	f.until(3 * time.Hour)
	f.wants(t, "the twig lives", "return twig 2h10m10s")

	f.cut["trunk"], f.cut["branch"], f.cut["twig"] = true, true, true
	f.until(4 * time.Hour)
	f.wants(t, "all at once", "raise trunk 3h9m50s of 3")
	f.got = f.s.Gateway("branch", f.now, f.got)
	f.wants(t, "a sign of the branch is one of the trunk", "return trunk 4h0m0s")
}

// TestACutGatewayIsOneAlarmWhateverItsSensorsAre: each speaks at least twice within half its limit.
func TestACutGatewayIsOneAlarmWhateverItsSensorsAre(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		f := newField(absences())
		f.gateway("g", "", time.Duration(r.IntN(1200)+300)*time.Second)
		for i := range 12 {
			every := time.Duration(r.IntN(100)+20) * time.Second
			f.sensor(fmt.Sprint("s", i), "g", every, every*time.Duration(4+r.IntN(4)))
		}
		f.watch()
		f.until(time.Hour)
		cut := time.Hour + time.Duration(r.IntN(300))*time.Second
		f.until(cut)
		f.wants(t, "before")
		f.cut["g"] = true
		f.until(cut + 2*time.Hour)
		if len(f.got) != 1 || f.got[0].Target != "g" || len(f.got[0].Members) != 12 {
			t.Fatalf("seed %d: %v", seed, f.told())
		}
	}
}

func TestTimeInWhichNobodyListenedIsNoSilence(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.sensor("short", "", 30*time.Second, 90*time.Second)
	f.sensor("long", "", time.Minute, 30*time.Minute)
	f.watch()
	f.until(10 * time.Minute)
	f.wants(t, "before")

	// Our server is away for 20 minutes; devices take a minute to find it again.
	f.s.Deaf(f.now, start.Add(30*time.Minute))
	f.now = start.Add(30 * time.Minute)
	f.cut["short"], f.cut["long"] = true, true
	f.until(31 * time.Minute)
	f.cut["short"], f.cut["long"] = false, false
	f.until(time.Hour)
	f.wants(t, "after 20 minutes without us")

	// What falls silent is found although we listen only six minutes at a time.
	f.cut["long"] = true // heard last at 59m30s
	for at := time.Hour; at < 3*time.Hour; at += 10 * time.Minute {
		f.s.Deaf(f.now, start.Add(at+4*time.Minute))
		f.now = start.Add(at + 4*time.Minute)
		f.until(at + 10*time.Minute)
	}
	f.wants(t, "in a house that comes and goes", "raise long 1h49m30s")
	if f.s.Deaf(f.now, f.now.Add(-time.Hour)); len(f.told()) != 0 {
		t.Error("a span that ends before it begins counts")
	}
	for range 200 { // more than are remembered one by one
		f.s.Deaf(f.now, f.now.Add(time.Second))
		f.until(f.now.Sub(start) + 10*time.Second)
	}
	f.wants(t, "in a house that stutters")
}

func TestSpansWithoutListeningCountOnce(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.sensor("a", "", time.Hour, 10*time.Minute) // never heard
	f.watch()
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	f.s.Deaf(at(1), at(4))
	f.s.Deaf(at(2), at(5))
	f.s.Deaf(at(5), at(6))
	f.s.Deaf(at(3), at(4))
	f.until(20 * time.Minute)
	f.wants(t, "five minutes without listening", "raise a 15m0s")
}

func TestAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.sensor("a", "", time.Minute, 10*time.Minute)
	f.sensor("b", "", time.Minute, 10*time.Minute)
	f.watch()
	f.s.Deaf(start.Add(-5*time.Minute), start)
	if !f.s.Restore("mat_tin", alarm.FromSensor, "a", start.Add(-20*time.Minute)) {
		t.Error("an alarm of what is watched is over")
	}
	if f.s.Restore("mat_tin", alarm.FromSensor, "gone", start) || f.s.Restore("other", alarm.FromSensor, "a", start) {
		t.Error("an alarm of what is not watched goes on")
	}
	f.got = f.s.Heard("a", start.Add(-30*time.Minute), f.got)
	f.got = f.s.Heard("b", start.Add(-9*time.Minute), f.got)
	f.cut["a"], f.cut["b"] = true, true
	f.until(20 * time.Minute)
	f.wants(t, "a is known, b counts the four minutes before", "raise b 6m0s")
	f.cut["a"] = false
	f.until(22 * time.Minute)
	f.wants(t, "a speaks", "return a 20m30s")
}

func TestAWindowOfMaintenanceIsNoSilence(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.gateway("g", "", 3*time.Minute)
	f.sensor("a", "g", time.Minute, 5*time.Minute)
	f.sensor("b", "", time.Minute, 5*time.Minute)
	at := start.Add
	f.watch(
		alarm.Window{Source: alarm.FromGateway, Code: "g", From: at(10 * time.Minute), Until: at(time.Hour)},
		alarm.Window{Source: alarm.FromSensor, Code: "b", From: at(10 * time.Minute), Until: at(20 * time.Minute)},
		alarm.Window{Source: alarm.FromSensor, Code: "b", From: at(15 * time.Minute), Until: at(30 * time.Minute)},
	)
	f.until(10 * time.Minute)
	f.cut["g"], f.cut["b"] = true, true
	for code, want := range map[string]time.Duration{"a": time.Hour, "b": 20 * time.Minute} {
		if until, ok := f.s.Maintained(alarm.FromSensor, code, f.now); !ok || !until.Equal(at(want)) {
			t.Errorf("%s is worked on until %s (%v), want %s", code, until, ok, want)
		}
	}
	f.until(2 * time.Hour)
	f.wants(t, "each counts from the end of its windows", "raise b 35m0s", "raise g 1h3m0s of 1")
	if _, ok := f.s.Maintained(alarm.FromSensor, "a", f.now); ok {
		t.Error("a is worked on still")
	}
	if _, ok := f.s.Maintained(alarm.FromSensor, "nobody", f.now); ok {
		t.Error("what is not watched is worked on")
	}
}

func TestTypesThatWaitLonger(t *testing.T) {
	t.Parallel()
	f := newField([]alarm.Type{absence("low", alarm.FromGateway, 5*time.Minute), absence("medium", alarm.FromGateway, 30*time.Minute)})
	f.gateway("g", "", 90*time.Second)
	f.sensor("a", "g", 10*time.Second, time.Minute)
	f.watch()
	f.until(10 * time.Minute)
	f.cut["g"] = true
	f.until(time.Hour)
	f.wants(t, "both name the sensors", "raise g 16m25s of 1", "raise g 41m25s of 1")
	f.got = f.s.Judge([]alarm.Type{absence("low", alarm.FromGateway, 5*time.Minute)}, f.now, f.got)
	f.wants(t, "a type that is no more returns", "return g 1h0m0s")
	f.things = nil
	f.watch()
	f.wants(t, "what is watched no more returns", "return g 1h0m0s")
	if f.got = f.s.Heard("a", f.now, f.got); len(f.told()) != 0 {
		t.Error("what is not watched speaks")
	}
}

func TestWhichThingsAreWatched(t *testing.T) {
	t.Parallel()
	off := absence("off", alarm.FromSensor, 0)
	off.Enabled = false
	here := absence("here", alarm.FromSensor, 0)
	here.Condition.Area, here.Condition.Kinds = "67", []string{"river"}
	f := newField([]alarm.Type{off, here, limit(1, nil)})
	f.sensor("a", "", time.Hour, time.Minute)
	f.things = append(f.things,
		alarm.Thing{Code: "elsewhere", Source: alarm.FromSensor, Kind: "river", Path: []string{"68"}, Limit: time.Minute},
		alarm.Thing{Code: "rain", Source: alarm.FromSensor, Kind: "rain", Path: []string{"67"}, Limit: time.Minute},
	)
	f.watch()
	f.until(2 * time.Minute)
	f.wants(t, "of the area and kind", "raise a 1m0s")
}

func TestGatewaysInARingExplainNobody(t *testing.T) {
	t.Parallel()
	f := newField(absences())
	f.gateway("x", "y", time.Minute)
	f.gateway("y", "x", time.Minute)
	f.sensor("a", "x", time.Second, 2*time.Minute)
	f.watch()
	f.until(time.Minute)
	f.cut["x"] = true
	f.until(5 * time.Minute)
	if got := f.told(); len(got) != 3 {
		t.Errorf("%v, want each by itself", got)
	}
}
