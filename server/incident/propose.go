package incident

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/area"
	"toancanh/server/report"
)

// How near things must be to be one happening.
const (
	NearKM     = 3.0
	Within     = 2 * time.Hour
	fewThings  = 2 // that are enough when one of them is urgent
	fewReports = 3 // that are enough alone
)

// Known is a live incident as the rule sees it.
type Known struct {
	ID       string
	State    State
	Family   Family
	Origin   string
	Division string
	Area     string
	Point    area.Point
	First    time.Time
	Last     time.Time
	Alarms   int
	Reports  int
}

// Group is things that are one happening. Incident names the proposal they belong to; empty: they are a new one.
type Group struct {
	Incident string
	Family   Family
	Things   []Thing // what is new; of a new group the first is where it lies
}

// group is a happening under way. It lies where its first thing does, so that a storm over the whole province is no chain of
// things that each are near the next.
type group struct {
	Known
	things []Thing
	urgent bool
}

// takes reports whether a thing is near the group in place and time, and of its family.
func (g *group) takes(t Thing) bool {
	if t.Family != g.Family || t.Division != g.Division || world(t.Origin) != world(g.Origin) || t.At.Before(g.First.Add(-Within)) || t.At.After(g.Last.Add(Within)) {
		return false
	}
	return t.Area == g.Area || t.Point.DistanceKM(g.Point) <= NearKM
}

// full reports whether the group holds as many things of a kind as an incident may.
func (g *group) full(k ThingKind) bool {
	if k == AnAlarm {
		return g.Alarms >= MostEach
	}
	return g.Reports >= MostEach
}

func (g *group) add(t Thing) {
	g.things = append(g.things, t)
	g.urgent = g.urgent || t.Urgent
	g.First, g.Last = earlier(g.First, t.At), later(g.Last, t.At)
	if t.Kind == AnAlarm {
		g.Alarms++
	} else {
		g.Reports++
	}
}

// enough reports whether so much is worth a proposal.
func (g *group) enough() bool {
	return len(g.things) >= fewThings && g.urgent || g.Reports >= fewReports
}

// Propose puts things that belong to no incident together, and to the proposals that are known. What is near an open incident is
// left alone: its commander is shown it (see Near). The same things and incidents give the same groups in whatever order they come.
func Propose(things []Thing, known []Known) []Group {
	things = slices.Clone(things)
	slices.SortFunc(things, func(a, b Thing) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	known = slices.Clone(known)
	slices.SortFunc(known, func(a, b Known) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID)) })
	groups := make([]*group, len(known))
	for i, k := range known {
		groups[i] = &group{Known: k}
	}
	for _, t := range things {
		if t.Family == "" || t.Family == Other || t.Division == "" {
			continue
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return g.takes(t) })
		if i < 0 {
			groups = append(groups, &group{Known: Known{Family: t.Family, Origin: t.Origin, Division: t.Division, Area: t.Area, Point: t.Point, First: t.At, Last: t.At}})
			i = len(groups) - 1
		}
		if g := groups[i]; g.State != Open && !g.full(t.Kind) {
			g.add(t)
		}
	}
	var proposals []Group
	for _, g := range groups {
		if len(g.things) > 0 && (g.ID != "" || g.enough()) {
			proposals = append(proposals, Group{g.ID, g.Family, g.things})
		}
	}
	return proposals
}

// Near are the things that an incident would take if it were a proposal, the newest first.
func Near(i Incident, things []Thing) []Thing {
	g := group{Known: Known{Family: i.Family, Origin: i.Origin, Division: i.Division, Area: i.Area, Point: i.Point, First: i.FirstAt, Last: i.LastAt}}
	var near []Thing
	for _, t := range things {
		if !i.Holds(t.Ref) && g.takes(t) {
			near = append(near, t)
		}
	}
	slices.SortFunc(near, func(a, b Thing) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return near
}

// LapseAfter is how long a proposal waits after its newest thing before it is dismissed by itself: nobody took it for one.
const LapseAfter = 12 * time.Hour

// Lapsed reports whether a proposal has waited too long.
func (k Known) Lapsed(now time.Time) bool {
	return k.State == Proposed && k.Last.Before(now.Add(-LapseAfter))
}

// world is what is never put together with another: what is real, what belongs to a drill, and the rest.
func world(origin string) string {
	switch report.Origin(origin) {
	case report.Real, report.Drill:
		return origin
	default:
		return ""
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
