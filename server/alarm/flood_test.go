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

func TestAFloodBeginsAboveTenAndEndsBelowFive(t *testing.T) {
	t.Parallel()
	var f alarm.Flood
	at := func(minutes float64) time.Time { return start.Add(time.Duration(minutes * float64(time.Minute))) }
	for i := range 10 {
		f.Call(at(float64(i)))
	}
	if f.Pass(at(9)) || f.Rate() != 10 || f.Since() != nil {
		t.Errorf("ten in ten minutes are a flood: %d", f.Rate())
	}
	f.Call(at(9.5))
	if !f.Pass(at(9.5)) || !f.Since().Equal(at(9.5)) {
		t.Errorf("eleven are none: since %v", f.Since())
	}
	for minute, want := range map[float64]int{15.9: 5, 16: 4} {
		g := f
		if on := g.Pass(at(minute)); on != (want >= 5) || g.Rate() != want {
			t.Errorf("at %v min with %d: flood %v", minute, g.Rate(), on)
		}
	}
	f.Pass(at(12))
	f.Call(at(11)) // heard late: it counts when it is heard
	if f.Rate() != 9 {
		t.Errorf("%d calls, want 9", f.Rate())
	}
	f.Pass(at(60))
	for i := range 7 {
		f.Call(at(60 + float64(i)/10))
	}
	if f.Pass(at(61)) {
		t.Error("seven are a flood")
	}
	f.Resume(new(at(30)))
	if !f.Pass(at(61)) || !f.Since().Equal(at(30)) {
		t.Error("seven end a flood that was")
	}
	f.Resume(nil)
	if f.Pass(at(61)) {
		t.Error("a flood that was not goes on")
	}
	two := alarm.Flood{Positions: 2}
	for i := range 21 {
		two.Call(at(float64(i) / 10))
		if on := two.Pass(at(float64(i) / 10)); on != (i == 20) {
			t.Errorf("two positions with %d: flood %v", i+1, on)
		}
	}
}

func TestAFloodEndsOnlyBelowFiveWhateverComes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 6))
		var f alarm.Flood
		var calls []time.Time
		on, now := false, start
		for range 500 {
			now = now.Add(time.Duration(r.Int64N(int64(2 * time.Minute))))
			within := func() (n int) {
				for _, c := range calls {
					if c.After(now.Add(-10 * time.Minute)) {
						n++
					}
				}
				return n
			}
			on = on && within() >= 5 // it has been so few before the next calls
			if r.IntN(3) > 0 {
				f.Call(now)
				calls = append(calls, now)
			}
			got, n := f.Pass(now), within()
			on = on || n > 10
			if got != on || f.Rate() != n || (f.Since() != nil) != on {
				t.Fatalf("seed %d: flood %v with %d (%d), want %v", seed, got, n, f.Rate(), on)
			}
		}
	}
}

func TestGroupsHoldEveryAlarmThatIsNotHighOnce(t *testing.T) {
	t.Parallel()
	types := map[string]alarm.Type{
		"bd1":  {Code: "bd1", Label: "Mực nước vượt BĐ1", Condition: alarm.Condition{Class: alarm.ByLevel}},
		"rise": {Code: "rise", Label: "Nước lên nhanh", Condition: alarm.Condition{Class: alarm.ByRate}},
		"mute": {Code: "mute", Label: "Cảm biến mất tín hiệu", Condition: alarm.Condition{Class: alarm.ByAbsence}},
		"down": {Code: "down", Label: "Thiết bị ngừng", Condition: alarm.Condition{Class: alarm.ByAbsence}},
		"mix":  {Code: "mix", Label: "Mưa lớn và nước cao", Condition: alarm.Condition{Class: alarm.ByJoint}},
		"dead": {Code: "dead", Label: "Cổng mất tín hiệu", Condition: alarm.Condition{Class: alarm.ByAbsence}},
		"gone": {Code: "gone", Label: "Cổng ngừng", Condition: alarm.Condition{Class: alarm.ByAbsence}},
	}
	n := 0
	of := func(code string, source alarm.Source, kind string, p alarm.Priority, path ...string) alarm.Alarm {
		n++
		at := start.Add(time.Duration(n) * time.Minute)
		return alarm.Alarm{
			ID: fmt.Sprintf("%02d", n), Type: code, Source: source, Kind: kind, Priority: p, State: alarm.Unacked, Path: path, Area: path[len(path)-1],
			Machine: alarm.Machine{CalledAt: at},
		}
	}
	const sensor, gateway = alarm.FromSensor, alarm.FromGateway
	aside, closed := of("bd1", sensor, "river", alarm.Low, "67", "660", "24611"), of("bd1", sensor, "river", alarm.Low, "67", "660", "24611")
	aside.Aside, closed.State = alarm.Shelved, alarm.Closed
	acked := of("bd1", sensor, "river", alarm.Low, "67", "660", "24612")
	acked.State = alarm.Acked
	open := []alarm.Alarm{
		aside, closed, acked,
		of("rise", sensor, "river", alarm.Medium, "67", "660", "24611"),
		of("bd1", sensor, "river", alarm.High, "67", "660", "24611"),
		of("bd1", sensor, "river", alarm.Journal, "67", "660", "24611"),
		of("bd1", sensor, "river", alarm.Low, "67", "661", "24616"),
		of("mute", sensor, "river", alarm.Low, "67", "660", "24611"),
		of("down", sensor, "river", alarm.Low, "67", "660", "24612"),
		of("mix", alarm.FromArea, "", alarm.Medium, "67", "660"),
		of("dead", gateway, "", alarm.Low, "67", "660", "24611"),
		of("gone", gateway, "", alarm.Low, "67", "660", "24611"),
		of("unknown", sensor, "river", alarm.Low, "68"),
	}
	before := slices.Clone(open)
	got := []string{}
	for _, g := range alarm.Groups(open, types) {
		got = append(got, fmt.Sprintf("%s %s %s %d/%d %v %v", g.Key, g.Label, g.Priority, g.Unacked, g.Count, g.IDs, g.NewestAt.Sub(start)))
		if g.Kind != "" && g.Area == "" {
			t.Errorf("%+v", g)
		}
	}
	want := []string{
		"660|river|value Mực nước sông medium 1/2 [04 03] 4m0s",
		"660||mix Mưa lớn và nước cao medium 1/1 [10] 10m0s",
		"660||silence Mất tín hiệu: Cổng kết nối low 2/2 [12 11] 12m0s",
		"660|river|silence Mất tín hiệu: Mực nước sông low 2/2 [09 08] 9m0s",
		"68|river|unknown  low 1/1 [13] 13m0s",
		"661|river|value Mực nước vượt BĐ1 low 1/1 [07] 7m0s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !cmp.Equal(before, open) {
		t.Error("what was given is changed")
	}
	many := alarm.Groups(slices.Repeat([]alarm.Alarm{acked}, 50), types)
	if len(many) != 1 || many[0].Count != 50 || len(many[0].IDs) != 20 {
		t.Errorf("%+v", many)
	}
	if none := alarm.Groups(nil, types); none == nil || len(none) != 0 {
		t.Errorf("of none: %v", none)
	}
}

func BenchmarkGroups(b *testing.B) {
	open := make([]alarm.Alarm, 10_000)
	for i := range open {
		open[i] = alarm.Alarm{
			ID: fmt.Sprint(i), Type: "t", Kind: "river", Priority: alarm.Low, State: alarm.Unacked, Path: []string{"67", fmt.Sprint(i % 8)},
			Machine: alarm.Machine{CalledAt: start.Add(time.Duration(i))},
		}
	}
	for b.Loop() {
		alarm.Groups(open, nil)
	}
}
