package alarm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
)

// storm is: 38 mm in 3 h and a river above its first level, in one district.
func storm(over time.Duration) alarm.Type {
	t := typeOf(alarm.Condition{Class: alarm.ByJoint, Level: "district", Over: seconds(int(over.Seconds())), Parts: []alarm.Condition{
		{Class: alarm.ByTotal, Limit: 38}, {Class: alarm.ByLevel, State: "attention"},
	}})
	t.Code = "mua_lu"
	return t
}

// district is the first three letters of a sensor's code.
func district(sensor, level string) string {
	if level != "district" || strings.HasPrefix(sensor, "---") {
		return ""
	}
	return sensor[:3]
}

func part(n int, sensor string, kind alarm.ChangeKind, at time.Duration) alarm.Change {
	return alarm.Change{Type: "mua_lu", Part: n, Source: alarm.FromSensor, Target: sensor, Kind: kind, At: start.Add(at), Limit: []string{"", "≥ 38 mm trong 3 giờ", "BĐ1 588,50 m"}[n]}
}

func tellJoint(list []alarm.Change) []string {
	lines := []string{}
	for _, c := range list {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Kind, c.Target, c.At.Sub(start), strings.Join(c.Members, "+"))))
	}
	return lines
}

func TestJoints(t *testing.T) {
	t.Parallel()
	const in, out = alarm.Raised, alarm.Returned
	m := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for name, c := range map[string]struct {
		over  time.Duration
		parts []alarm.Change
		want  []string
	}{
		"all parts at once": {
			0,
			[]alarm.Change{part(1, "660a", in, m(0)), part(2, "660b", in, m(10)), part(1, "660a", out, m(20))},
			[]string{"raise 660 10m0s 660a+660b", "return 660 20m0s"},
		},
		"one part is not all":   {0, []alarm.Change{part(1, "660a", in, m(0)), part(1, "660b", in, m(1))}, nil},
		"in two districts":      {0, []alarm.Change{part(1, "660a", in, m(0)), part(2, "661b", in, m(10))}, nil},
		"one after the other":   {0, []alarm.Change{part(1, "660a", in, m(0)), part(1, "660a", out, m(10)), part(2, "660b", in, m(10))}, nil},
		"a part of no district": {0, []alarm.Change{part(1, "---a", in, m(0)), part(2, "---b", in, m(0))}, nil},
		"within the time": {
			m(60),
			[]alarm.Change{part(1, "660a", in, m(0)), part(1, "660a", out, m(10)), part(2, "660b", in, m(69))},
			[]string{"raise 660 1h9m0s 660a+660b", "return 660 1h10m0s"},
		},
		"after the time": {
			m(60), []alarm.Change{part(1, "660a", in, m(0)), part(1, "660a", out, m(10)), part(2, "660b", in, m(70))}, nil,
		},
		"another sensor keeps a part up": {
			m(30),
			[]alarm.Change{
				part(2, "660r", in, m(0)), part(1, "660a", in, m(0)), part(1, "660a", out, m(10)), part(1, "660b", in, m(39)),
				part(1, "660b", out, m(50)), part(1, "660a", in, m(79)), part(1, "660a", out, m(81)),
			},
			[]string{"raise 660 0s 660a+660r", "return 660 1h51m0s"},
		},
		"again after it returned": {
			0,
			[]alarm.Change{
				part(2, "660r", in, m(0)), part(1, "660a", in, m(1)), part(1, "660a", out, m(2)), part(1, "660a", in, m(3)), part(2, "660r", out, m(4)),
			},
			[]string{"raise 660 1m0s 660a+660r", "return 660 2m0s", "raise 660 3m0s 660a+660r", "return 660 4m0s"},
		},
		"heard out of order": {
			0,
			[]alarm.Change{part(1, "660a", in, m(0)), part(1, "660a", out, m(10)), part(2, "660b", in, m(5)), part(2, "660b", out, m(20))},
			[]string{"raise 660 5m0s 660a+660b", "return 660 10m0s"},
		},
		"what grows worse holds still": {
			0,
			[]alarm.Change{part(1, "660a", in, m(0)), part(1, "660a", alarm.Worse, m(5)), part(2, "660b", in, m(10)), part(1, "660a", out, m(20))},
			[]string{"raise 660 10m0s 660a+660b", "return 660 20m0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := alarm.NewJoints([]alarm.Type{storm(c.over)}, district)
			for _, p := range c.parts {
				j.Take(p)
			}
			if _, ok := j.Due(); ok != (len(c.want) > 0) {
				t.Errorf("due is %v", ok)
			}
			if diff := cmp.Diff(append([]string{}, c.want...), tellJoint(j.Pass(start.Add(24*time.Hour), nil))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAJointIsDueAndSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	j := alarm.NewJoints([]alarm.Type{storm(0), limit(1, nil)}, district)
	if _, ok := j.Due(); ok {
		t.Error("due with nothing")
	}
	j.Take(part(1, "660a", alarm.Raised, 0))
	j.Take(part(2, "660b", alarm.Raised, time.Minute))
	due, ok := j.Due()
	if want := start.Add(65 * time.Second); !ok || !due.Equal(want) {
		t.Fatalf("due at %s, want %s", due, want)
	}
	if out := j.Pass(due.Add(-time.Microsecond), nil); len(out) != 0 {
		t.Errorf("early: %v", tellJoint(out))
	}
	out := j.Pass(due, nil)
	if len(out) != 1 || out[0].Limit != "≥ 38 mm trong 3 giờ · BĐ1 588,50 m" || out[0].Source != alarm.FromArea || out[0].Type != "mua_lu" || out[0].Part != 0 {
		t.Errorf("%+v", out)
	}
	j.Forget("660b", start.Add(time.Hour))
	if got := tellJoint(j.Pass(start.Add(2*time.Hour), nil)); !slices.Equal(got, []string{"return 660 1h0m0s"}) {
		t.Errorf("a sensor that is no more: %v", got)
	}
	// What is of no joint, or of no part of it, is nobody's.
	j.Take(alarm.Change{Type: "t", Part: 1, Target: "660a", Kind: alarm.Raised, At: start})
	j.Take(alarm.Change{Type: "mua_lu", Part: 3, Target: "660a", Kind: alarm.Raised, At: start})
	j.Take(alarm.Change{Type: "mua_lu", Target: "660a", Kind: alarm.Raised, At: start})
	if got := j.Pass(start.Add(24*time.Hour), nil); len(got) != 0 {
		t.Errorf("%v", tellJoint(got))
	}
	if data, _ := j.Save(); strings.Contains(string(data), `"part":0`) || strings.Contains(string(data), `"part":3`) {
		t.Errorf("what is of no part is kept: %s", data)
	}
}

// TestJointsAreTheSameInEveryOrderAndAfterEveryKill: sensors are heard minutes late, and time passes at any pace behind them.
func TestJointsAreTheSameInEveryOrderAndAfterEveryKill(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 5))
		types := []alarm.Type{storm(time.Duration(r.IntN(3)) * 20 * time.Minute)}
		type heard struct {
			alarm.Change
			at time.Duration
		}
		var list []heard
		for i, sensor := range []string{"660a", "660b", "660c", "661a", "661b"} {
			n, kind := []int{1, 2, 1, 1, 2}[i], alarm.Raised
			for at, late := time.Duration(0), time.Duration(0); at < 20*time.Hour; {
				at += time.Duration(r.Int64N(int64(time.Hour))) + time.Second
				late = max(late, at+time.Duration(r.Int64N(int64(5*time.Minute)))) // a sensor's own come in order
				list = append(list, heard{part(n, sensor, kind, at), late})
				if kind = alarm.Returned; list[len(list)-1].Kind == alarm.Returned {
					kind = alarm.Raised
				}
			}
		}
		j := alarm.NewJoints(types, district)
		for _, h := range list {
			j.Take(h.Change)
		}
		want := tellJoint(j.Pass(start.Add(48*time.Hour), nil))
		if len(want) < 4 {
			t.Fatalf("seed %d: only %v", seed, want)
		}

		slices.SortStableFunc(list, func(a, b heard) int { return int(a.at - b.at) })
		j = alarm.NewJoints(types, district)
		var out []alarm.Change
		for _, h := range list {
			if r.IntN(3) == 0 {
				out = j.Pass(start.Add(h.at-5*time.Minute), out) // nobody is later
			}
			if r.IntN(10) == 0 {
				data, err := j.Save()
				if err != nil {
					t.Fatal(err)
				}
				if j = alarm.NewJoints(types, district); j.Resume(data) != nil {
					t.Fatal("what was saved is not taken up")
				}
			}
			j.Take(h.Change)
		}
		got := tellJoint(j.Pass(start.Add(48*time.Hour), out))
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

func TestJointsTakeUpOnlyWhatIsOfTheirTypes(t *testing.T) {
	t.Parallel()
	j := alarm.NewJoints([]alarm.Type{storm(0)}, district)
	j.Take(part(1, "660a", alarm.Raised, 0))
	j.Take(part(2, "660b", alarm.Raised, 0))
	j.Pass(start.Add(time.Minute), nil)
	data, err := j.Save()
	if err != nil {
		t.Fatal(err)
	}
	j = alarm.NewJoints(nil, district)
	if err := j.Resume(data); err != nil {
		t.Fatal(err)
	}
	j.Take(part(1, "660a", alarm.Returned, time.Minute))
	if got := j.Pass(start.Add(time.Hour), nil); len(got) != 0 {
		t.Errorf("of a type that is none: %v", tellJoint(got))
	}
	// A part that went takes what it held with it; what is raised returns.
	fewer := storm(0)
	fewer.Condition.Parts = fewer.Condition.Parts[:1]
	j = alarm.NewJoints([]alarm.Type{fewer}, district)
	if err := j.Resume(data); err != nil {
		t.Fatal(err)
	}
	j.Take(part(1, "660a", alarm.Returned, 2*time.Minute))
	if got := tellJoint(j.Pass(start.Add(time.Hour), nil)); !slices.Equal(got, []string{"return 660 2m0s"}) {
		t.Errorf("%v", got)
	}
	if j.Resume([]byte("[{")) == nil {
		t.Error("half of what was saved is taken up")
	}
}
