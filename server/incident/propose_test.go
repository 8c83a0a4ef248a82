package incident_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/alarm"
	"toancanh/server/area"
	"toancanh/server/incident"
	"toancanh/server/report"
)

var start = time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)

// thing is a report of a family, so many minutes and kilometres (to the north) from the start; "!" at its id's end makes it urgent.
func thing(id string, f incident.Family, minutes int, km float64) incident.Thing {
	return incident.Thing{
		Ref: incident.Ref{Kind: incident.AReport, ID: id}, Family: f, At: start.Add(time.Duration(minutes) * time.Minute),
		Point: area.Point{Lat: 12 + km/111.195, Lon: 107.7}, Division: "vn-2022", Area: "a" + id, Path: []string{"67", "660", "a" + id},
		Urgent: id[len(id)-1] == '!',
	}
}

func anAlarm(t incident.Thing) incident.Thing {
	t.Kind = incident.AnAlarm
	return t
}

func of(origin string, t incident.Thing) incident.Thing {
	t.Origin = origin
	return t
}

func in(t incident.Thing, area string) incident.Thing {
	t.Area = area
	return t
}

// names are the groups as "incident: id id id".
func names(groups []incident.Group) []string {
	list := []string{}
	for _, g := range groups {
		text := g.Incident + ":"
		for _, t := range g.Things {
			text += " " + t.ID
		}
		list = append(list, text)
	}
	return list
}

func TestPropose(t *testing.T) {
	t.Parallel()
	flood, fire := incident.Flood, incident.Fire
	known := incident.Known{ID: "P", State: incident.Proposed, Family: flood, Division: "vn-2022", Point: area.Point{Lat: 12, Lon: 107.7}, First: start, Last: start, Reports: 3}
	opened := known
	opened.State = incident.Open
	full := known
	full.Reports = incident.MostEach
	cases := []struct {
		name   string
		things []incident.Thing
		known  []incident.Known
		want   []string
	}{
		{"one emergency alone is none", []incident.Thing{thing("a!", flood, 0, 0)}, nil, nil},
		{"two ordinary reports are none", []incident.Thing{thing("a", flood, 0, 0), thing("b", flood, 1, 0)}, nil, nil},
		{"three ordinary reports are one", []incident.Thing{thing("a", flood, 0, 0), thing("b", flood, 1, 0), thing("c", flood, 2, 1)}, nil, []string{": a b c"}},
		{"three ordinary alarms are none", []incident.Thing{anAlarm(thing("a", flood, 0, 0)), anAlarm(thing("b", flood, 1, 0)), anAlarm(thing("c", flood, 2, 0))}, nil, nil},
		{"an emergency and an alarm are one", []incident.Thing{thing("a!", flood, 0, 0), anAlarm(thing("b", flood, 9, 1))}, nil, []string{": a! b"}},
		{"a high alarm and a report are one", []incident.Thing{anAlarm(thing("a!", flood, 0, 0)), thing("b", flood, 9, 1)}, nil, []string{": a! b"}},
		{"3 km are near", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 0, 2.99)}, nil, []string{": a! b"}},
		{"more than 3 km are not", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 0, 3.02)}, nil, nil},
		{"one commune is near however wide", []incident.Thing{in(thing("a!", flood, 0, 0), "x"), in(thing("b", flood, 0, 20), "x")}, nil, []string{": a! b"}},
		{"two hours are near", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 120, 0)}, nil, []string{": a! b"}},
		{"more than two hours are not", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 121, 0)}, nil, nil},
		{"one that goes on is one", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 110, 0), thing("c", flood, 220, 0)}, nil, []string{": a! b c"}},
		{"a chain over the land is none", []incident.Thing{thing("a!", flood, 0, 0), thing("b", flood, 1, 2.5), thing("c", flood, 2, 5)}, nil, []string{": a! b"}},
		{"flood and fire are two kinds", []incident.Thing{thing("a!", flood, 0, 0), thing("b", fire, 0, 0)}, nil, nil},
		{"what has no family is left", []incident.Thing{thing("a!", "", 0, 0), thing("b!", "", 0, 0), thing("c!", incident.Other, 0, 0), thing("d!", incident.Other, 0, 0)}, nil, nil},
		{"a proposal grows by one thing", []incident.Thing{thing("a", flood, 100, 1)}, []incident.Known{known}, []string{"P: a"}},
		{"an open incident is left to its commander", []incident.Thing{thing("a!", flood, 10, 1), thing("b!", flood, 11, 1)}, []incident.Known{opened}, nil},
		{"a full proposal grows no more", []incident.Thing{thing("a!", flood, 10, 1)}, []incident.Known{full}, nil},
		{"what is real and what is not are apart", []incident.Thing{of("real", thing("a!", flood, 0, 0)), of("simulated", thing("b!", flood, 1, 0)), of("drill", thing("c!", flood, 2, 0)), of("replayed", thing("d", flood, 3, 0))}, nil, []string{": b! d"}},
		{"another division is another land", []incident.Thing{thing("a!", flood, 0, 0), {Ref: incident.Ref{Kind: incident.AReport, ID: "b"}, Family: flood, At: start, Point: area.Point{Lat: 12, Lon: 107.7}, Division: "vn-2025"}}, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			if want == nil {
				want = []string{}
			}
			if diff := cmp.Diff(want, names(incident.Propose(c.things, c.known))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// However things come, the same ones are together, and every group keeps what the rule promises.
func TestProposalsDoNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(6, 6))
	for round := range 200 {
		var things []incident.Thing
		for n := range 5 + dice.IntN(60) {
			id := fmt.Sprintf("%02d", n)
			if dice.IntN(6) == 0 {
				id += "!"
			}
			one := thing(id, incident.Families()[dice.IntN(4)], dice.IntN(400), dice.Float64()*20)
			if dice.IntN(2) == 0 {
				one = anAlarm(one)
			}
			things = append(things, one)
		}
		first := incident.Propose(things, nil)
		dice.Shuffle(len(things), func(i, j int) { things[i], things[j] = things[j], things[i] })
		if diff := cmp.Diff(names(first), names(incident.Propose(things, nil))); diff != "" {
			t.Fatalf("round %d: %s", round, diff)
		}
		seen := map[string]bool{}
		for _, g := range first {
			reports, loud := 0, false
			for _, one := range g.Things {
				if seen[one.ID] {
					t.Fatalf("round %d: %s stands in two groups", round, one.ID)
				}
				seen[one.ID] = true
				loud = loud || one.Urgent
				if one.Kind == incident.AReport {
					reports++
				}
				if one.Family != g.Family || one.Point.DistanceKM(g.Things[0].Point) > incident.NearKM {
					t.Fatalf("round %d: %+v stands with %+v", round, one, g.Things[0])
				}
			}
			if !(loud && len(g.Things) >= 2 || reports >= 3) {
				t.Fatalf("round %d: %v is too little", round, names([]incident.Group{g}))
			}
		}
	}
}

func TestAProposalThatNobodyTakesLapses(t *testing.T) {
	t.Parallel()
	k := incident.Known{State: incident.Proposed, Last: start}
	if k.Lapsed(start.Add(12*time.Hour)) || !k.Lapsed(start.Add(12*time.Hour+time.Second)) {
		t.Error("a proposal does not lapse after 12 hours")
	}
	k.State = incident.Open
	if k.Lapsed(start.Add(240 * time.Hour)) {
		t.Error("an open incident lapses")
	}
}

func TestNearShowsWhatAnOpenIncidentWouldTake(t *testing.T) {
	t.Parallel()
	i := incident.Incident{Family: incident.Flood, Division: "vn-2022", Point: area.Point{Lat: 12, Lon: 107.7}, FirstAt: start, LastAt: start, Reports: []string{"held"}}
	near := incident.Near(i, []incident.Thing{thing("held", incident.Flood, 0, 0), thing("old", incident.Flood, 5, 1), thing("new", incident.Flood, 9, 1), thing("far", incident.Flood, 9, 9)})
	var ids []string
	for _, one := range near {
		ids = append(ids, one.ID)
	}
	if !slices.Equal(ids, []string{"new", "old"}) {
		t.Errorf("near are %v", ids)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	reports := []struct {
		category, words string
		emergency       bool
		want            incident.Family
	}{
		{"TT", "Nước lên", false, incident.Flood},
		{"GT", "Đường sạt lở nặng", false, incident.Flood},
		{"GT", "duong sat lo nang", false, incident.Flood},
		{"GT", "Ổ gà to, sát nhà dân, lo cho xe máy", false, ""},
		{"GT", "Cây chắn đường", true, incident.Flood},
		{"CS", "Cống tắc, nước tràn", false, incident.Flood},
		{"CS", "Đèn đường hỏng", false, ""},
		{"CR", "Cháy sau nhà", false, incident.Fire},
		{"RG", "Có khói trong rừng", false, incident.Fire},
		{"RG", "Chặt cây trái phép", false, ""},
		{"MT", "Đốt rác khói mù mịt", false, incident.Air},
		{"MT", "Rác chất đống", false, ""},
		{"DN", "Mất điện cả thôn", false, incident.Power},
		{"TP", "Quán bẩn", true, ""},
	}
	for _, c := range reports {
		got, ok := incident.FamilyOfReport(report.Report{Category: c.category, Description: c.words, Emergency: c.emergency})
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s %q is of %q (%t), want %q", c.category, c.words, got, ok, c.want)
		}
	}
	alarms := map[string]incident.Family{"rain": incident.Flood, "river": incident.Flood, "inflow": incident.Flood, "fire": incident.Fire, "pm25": incident.Air, "power": incident.Power, "health": "", "": ""}
	for kind, want := range alarms {
		if got, _ := incident.FamilyOfAlarm(alarm.Alarm{Source: alarm.FromSensor, Kind: kind}); got != want {
			t.Errorf("an alarm of %q is of %q, want %q", kind, got, want)
		}
	}
	if _, ok := incident.FamilyOfAlarm(alarm.Alarm{Source: alarm.FromReport, Kind: "rain"}); ok {
		t.Error("an alarm about a report counts beside the report")
	}
}
