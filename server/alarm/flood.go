package alarm

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/sensor"
)

// The span in which calls are counted, and the numbers at which a flood begins and ends for a position (domain AL-4).
const (
	floodSpan  = 10 * time.Minute
	floodAbove = 10
	floodBelow = 5
	mostCalls  = 100_000 // remembered at once: far beyond a flood
)

// Flood says whether a position is flooded: more than 10 alarms called within 10 minutes, until it is fewer than 5
// (EEMUA 191). The zero Flood is of one position and has heard no call. One goroutine at a time may use it.
type Flood struct {
	Positions int // that share the calls; 0 is one
	calls     []time.Time
	since     *time.Time
}

// Call takes an alarm that called at at. An earlier call than the last counts as one with it.
func (f *Flood) Call(at time.Time) {
	if n := len(f.calls); n > 0 {
		at = later(at, f.calls[n-1])
	}
	f.Pass(at)
	if len(f.calls) == mostCalls {
		f.calls = f.calls[1:]
	}
	f.calls = append(f.calls, at)
	if f.since == nil && len(f.calls) > floodAbove*f.positions() {
		f.since = &at
	}
}

// Pass moves the window to now and reports whether it is a flood.
func (f *Flood) Pass(now time.Time) bool {
	first := now.Add(-floodSpan)
	for len(f.calls) > 0 && !f.calls[0].After(first) {
		f.calls = f.calls[1:]
	}
	if len(f.calls) < floodBelow*f.positions() {
		f.since = nil
	}
	return f.since != nil
}

func (f *Flood) positions() int { return max(f.Positions, 1) }

// Rate is how many called in the 10 minutes before the last Pass or Call, of all positions.
func (f *Flood) Rate() int { return len(f.calls) }

// Since is when the flood began; nil without one.
func (f *Flood) Since() *time.Time { return f.since }

// Resume takes up a flood that began at since before this process did; nil: there was none. The calls of the last 10
// minutes are to be given by Call before.
func (f *Flood) Resume(since *time.Time) { f.since = since }

// Group is what is shown as one during a flood.
type Group struct {
	Key      string    `json:"key"` // area|kind|cause
	Area     string    `json:"area"`
	Kind     string    `json:"kind"`
	Label    string    `json:"label"`
	Priority Priority  `json:"priority"` // the loudest in it
	Count    int       `json:"count"`
	Unacked  int       `json:"unacked"` // of them those that ask
	NewestAt time.Time `json:"newest_at"`
	IDs      []string  `json:"ids"` // the newest 20
}

const (
	shownIDs = 20
	measured = "value"
	silence  = "silence"
)

// Groups puts the open alarms that are not aside in groups of one area right below the province, one kind and one probable
// cause; the loudest first, then the largest. High ones and the journal are in none; every other is in just one.
func Groups(open []Alarm, types map[string]Type) []Group {
	held := map[string][]*Alarm{}
	for i := range open {
		a := &open[i]
		if a.State != Closed && a.Aside == "" && (a.Priority == Medium || a.Priority == Low) {
			key := a.place() + "|" + a.Kind + "|" + cause(a, types)
			held[key] = append(held[key], a)
		}
	}
	groups := make([]Group, 0, len(held))
	for key, list := range held {
		groups = append(groups, group(key, list, types))
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(b.Priority.Rank()-a.Priority.Rank(), b.Count-a.Count, b.NewestAt.Compare(a.NewestAt), cmp.Compare(a.Key, b.Key))
	})
	return groups
}

// place is the area right below the province: a district, or a commune where there are none.
func (a *Alarm) place() string {
	if len(a.Path) > 1 {
		return a.Path[1]
	}
	return a.Area
}

// cause is what alarms of one kind in one area have probably in common: the water itself, whichever rule sees it; that nothing
// is heard; and of what has no kind, its type.
func cause(a *Alarm, types map[string]Type) string {
	switch t, known := types[a.Type]; {
	case known && t.Condition.Class == ByAbsence:
		return silence
	case known && a.Kind != "" && a.Source == FromSensor:
		return measured
	}
	return a.Type
}

func group(key string, list []*Alarm, types map[string]Type) Group {
	slices.SortFunc(list, func(a, b *Alarm) int {
		return cmp.Or(b.Machine.CalledAt.Compare(a.Machine.CalledAt), cmp.Compare(a.ID, b.ID))
	})
	newest := list[0]
	g := Group{
		Key: key, Area: newest.place(), Kind: newest.Kind, Label: label(list, types), Count: len(list), NewestAt: newest.Machine.CalledAt,
		IDs: []string{},
	}
	for i, a := range list {
		if a.Priority.Rank() > g.Priority.Rank() {
			g.Priority = a.Priority
		}
		if a.Asks() {
			g.Unacked++
		}
		if i < shownIDs {
			g.IDs = append(g.IDs, a.ID)
		}
	}
	return g
}

// label is the type's when all are of one, else what their kind is called.
func label(list []*Alarm, types map[string]Type) string {
	first := list[0]
	if !slices.ContainsFunc(list, func(a *Alarm) bool { return a.Type != first.Type }) {
		return types[first.Type].Label
	}
	name := "Cổng kết nối"
	if kind, ok := sensor.KindOf(first.Kind); ok {
		name = kind.Name
	}
	if cause(first, types) == silence {
		return "Mất tín hiệu: " + name
	}
	return name
}
