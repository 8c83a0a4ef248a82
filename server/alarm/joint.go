package alarm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Joints judges joined rules: all parts held within Over in one area. A part holds in an area from when it is raised of
// any sensor in it until Over after it returned of the last one. One goroutine at a time may use it.
//
// Sensors are not heard in the order in which things happen. So Joints keeps since when until when each part held of each
// sensor, and looks for what follows from it only a little later, when time passes.
type Joints struct {
	types  map[string]Condition
	areaOf func(sensor, level string) string
	areas  map[jointKey]*joint
}

type jointKey struct{ code, area string }

// joint is a joined rule in an area. Times are microseconds.
type joint struct {
	Type   string `json:"type"`
	Area   string `json:"area"`
	Raised bool   `json:"raised,omitempty"`
	Last   int64  `json:"last,omitempty"` // when it was last raised or returned
	Kept   int64  `json:"kept,omitempty"` // since when Holds are whole: what was over before is gone
	Holds  []hold `json:"holds"`
}

// hold is a time in which a part held of a sensor.
type hold struct {
	Part   int    `json:"part"` // from 1
	Sensor string `json:"sensor"`
	From   int64  `json:"from"`
	Until  int64  `json:"until,omitempty"` // 0: it holds still
	Limit  string `json:"limit,omitempty"` // what was reached at From
}

// remembered is how long a hold that is over is kept for a sensor that is heard late.
const remembered = 10 * time.Minute

// NewJoints makes a judge by those of the types that are enabled and joints. areaOf finds the area of a level
// (commune, district, province) that a sensor stands in; empty when there is none.
func NewJoints(types []Type, areaOf func(sensor, level string) string) *Joints {
	j := &Joints{types: map[string]Condition{}, areaOf: areaOf, areas: map[jointKey]*joint{}}
	for _, t := range types {
		if t.Enabled && t.Condition.Class == ByJoint {
			j.types[t.Code] = t.Condition
		}
	}
	return j
}

// Take takes the change of a part. What follows from it is for Pass.
func (j *Joints) Take(c Change) {
	cond, ok := j.types[c.Type]
	if !ok || c.Part < 1 || c.Part > len(cond.Parts) {
		return
	}
	at := c.At.UnixMicro()
	if c.Kind == Returned {
		j.end(func(key jointKey, h *hold) bool {
			return key.code == c.Type && h.Part == c.Part && h.Sensor == c.Target
		}, at)
		return
	}
	area := j.areaOf(c.Target, cond.Level)
	if area == "" {
		return
	}
	x := j.areas[jointKey{c.Type, area}]
	if x == nil {
		x = &joint{Type: c.Type, Area: area}
		j.areas[jointKey{c.Type, area}] = x
	}
	x.hold(hold{Part: c.Part, Sensor: c.Target, From: at, Limit: c.Limit}, cond.over().Microseconds())
}

// hold takes in that a part holds, as one with a time before that it follows without a break.
func (x *joint) hold(h hold, over int64) {
	for i := range x.Holds {
		if was := &x.Holds[i]; was.Part == h.Part && was.Sensor == h.Sensor && (was.Until == 0 || h.From <= was.Until+over) {
			was.Until = 0
			return
		}
	}
	x.Holds = append(x.Holds, h)
}

// Forget says that a sensor is judged no more since at: nothing holds of it.
func (j *Joints) Forget(sensor string, at time.Time) {
	j.end(func(_ jointKey, h *hold) bool { return h.Sensor == sensor }, at.UnixMicro())
}

// end ends what holds and is meant, in whichever area: the level of its type may have changed.
func (j *Joints) end(meant func(jointKey, *hold) bool, at int64) {
	for key, x := range j.areas {
		for i := range x.Holds {
			if h := &x.Holds[i]; h.Until == 0 && meant(key, h) {
				h.Until = max(at, h.From)
			}
		}
	}
}

// Pass appends what changed up to to: the time of the newest reading judged plus what passed since it was heard (see
// Clock). As with a Judge, what happened in the last five seconds is left for later.
func (j *Joints) Pass(to time.Time, out []Change) []Change {
	now := to.Add(-patience).UnixMicro()
	for _, key := range j.keys() {
		x := j.areas[key]
		over := j.types[x.Type].over().Microseconds()
		for {
			at, ok := x.turn(len(j.types[x.Type].Parts), over)
			if !ok || at > now {
				break
			}
			out = append(out, x.change(at, over))
		}
		x.Kept = max(x.Kept, now-remembered.Microseconds())
		x.Holds = slices.DeleteFunc(x.Holds, func(h hold) bool { return h.Until != 0 && h.Until+over < x.Kept })
		if len(x.Holds) == 0 && !x.Raised {
			delete(j.areas, key)
		}
	}
	return out
}

// keys are the rules with their areas, in an order that is always the same.
func (j *Joints) keys() []jointKey {
	keys := make([]jointKey, 0, len(j.areas))
	for key := range j.areas {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b jointKey) int { return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.area, b.area)) })
	return keys
}

// Due is when Pass next has something to do; false when time alone changes nothing.
func (j *Joints) Due() (time.Time, bool) {
	var first int64
	for _, x := range j.areas {
		c := j.types[x.Type]
		if at, ok := x.turn(len(c.Parts), c.over().Microseconds()); ok && (first == 0 || at < first) {
			first = at
		}
	}
	return time.UnixMicro(first).UTC().Add(patience), first != 0
}

// turn is when the rule next changes by what is known; false when it does not.
func (x *joint) turn(parts int, over int64) (int64, bool) {
	if x.Raised {
		return x.ends(parts, over)
	}
	var first int64
	for _, h := range x.Holds {
		at := max(h.From, x.Last)
		if (first == 0 || at < first) && x.holdsAt(at, parts, over) {
			first = at
		}
	}
	return first, first != 0
}

func (x *joint) holdsAt(at int64, parts int, over int64) bool {
	for part := 1; part <= parts; part++ {
		if !slices.ContainsFunc(x.Holds, func(h hold) bool { return h.Part == part && h.covers(at, over) }) {
			return false
		}
	}
	return true
}

// covers reports whether it held at at, or less than over before.
func (h hold) covers(at, over int64) bool {
	return h.From <= at && (h.Until == 0 || at < h.Until+over)
}

// ends is when the first of its parts holds no more.
func (x *joint) ends(parts int, over int64) (int64, bool) {
	var first int64
	for part := 1; part <= parts; part++ {
		if end, ok := x.end(part, over); ok && (first == 0 || end < first) {
			first = end
		}
	}
	return first, first != 0
}

// end is until when a part holds without a break from when the rule was raised; false when it holds still.
func (x *joint) end(part int, over int64) (int64, bool) {
	end := max(x.Last, x.Kept)
	for grown := true; grown; {
		grown = false
		for _, h := range x.Holds {
			if h.Part != part || h.From > end {
				continue
			}
			if h.Until == 0 {
				return 0, false
			}
			if h.Until+over > end {
				end, grown = h.Until+over, true
			}
		}
	}
	return end, true
}

// change turns the rule at at and tells of it.
func (x *joint) change(at, over int64) Change {
	x.Raised, x.Last = !x.Raised, at
	c := Change{Type: x.Type, Source: FromArea, Target: x.Area, Kind: Returned, At: time.UnixMicro(at).UTC()}
	if !x.Raised {
		return c
	}
	c.Kind, c.Members = Raised, []string{}
	limits := map[int]string{}
	for _, h := range x.Holds {
		if h.covers(at, over) {
			c.Members = append(c.Members, h.Sensor)
			limits[h.Part] = h.Limit
		}
	}
	slices.Sort(c.Members)
	c.Members = slices.Compact(c.Members)
	words := make([]string, 0, len(limits))
	for part := 1; part <= len(limits); part++ {
		words = append(words, limits[part])
	}
	c.Limit = strings.Join(words, " · ")
	return c
}

// Save is all that Joints knows.
func (j *Joints) Save() ([]byte, error) {
	list := make([]*joint, 0, len(j.areas))
	for _, key := range j.keys() {
		list = append(list, j.areas[key])
	}
	data, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("save joints: %w", err)
	}
	return data, nil
}

// Resume takes up what was saved. What belongs to types that are none any more is forgotten.
func (j *Joints) Resume(data []byte) error {
	var list []*joint
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("resume joints: %w", err)
	}
	for _, x := range list {
		if c, ok := j.types[x.Type]; ok {
			x.Holds = slices.DeleteFunc(x.Holds, func(h hold) bool { return h.Part > len(c.Parts) })
			j.areas[jointKey{x.Type, x.Area}] = x
		}
	}
	return nil
}
