package alarm

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"toancanh/server/sensor"
)

// patience is how long after its end a delay is held to have run out by time alone: a reading of that time may still be on
// its way, and what it says must not depend on whether it was quick.
const patience = 5 * time.Second

// Judge judges the readings of one sensor by every type that applies to it, and by the parts of joints. One goroutine at a
// time may use it.
type Judge struct {
	sensor sensor.Sensor
	rules  []rule
	newest int64 // of the readings taken, in microseconds; 0 when there is none
}

// NewJudge makes the judge of a sensor by those of the types that are enabled and apply. The sensor must not change.
func NewJudge(s *sensor.Sensor, types []Type) *Judge {
	j := &Judge{sensor: *s}
	j.sensor.Levels = sourced(s.Levels)
	for i := range types {
		t := &types[i]
		switch {
		case !t.Enabled:
		case t.Condition.Class != ByJoint:
			j.add(t, t.Condition, 0)
		case within(t.Condition, s.Area, s.Path):
			for p, part := range t.Condition.Parts {
				j.add(t, part, p+1)
			}
		}
	}
	return j
}

func (j *Judge) add(t *Type, c Condition, part int) {
	if Applies(c, &j.sensor) {
		j.rules = append(j.rules, newRule(&j.sensor, t, c, part))
	}
}

// sourced are the levels that somebody vouches for: a limit without a source is none.
func sourced(levels []sensor.Level) []sensor.Level {
	return slices.DeleteFunc(slices.Clone(levels), func(l sensor.Level) bool { return l.Source == "" })
}

// Take judges a reading and appends what changed. A reading not newer than the newest taken is ignored: late data change
// history only. Delays that ran out before it are settled first. It allocates only for changes.
func (j *Judge) Take(at time.Time, value float64, out []Change) []Change {
	now := at.UnixMicro()
	if now <= j.newest {
		return out
	}
	j.newest = now
	for i := range j.rules {
		r := &j.rules[i]
		out = r.settle(now-1, out)
		out = r.take(now, value, out)
	}
	return out
}

// Pass appends what changed by time alone, up to to on the sensor's clock (see Clock). A delay is held to have run out
// five seconds after its end, for a reading of that time may still be on its way; the change is dated at its end.
func (j *Judge) Pass(to time.Time, out []Change) []Change {
	for i := range j.rules {
		out = j.rules[i].settle(to.Add(-patience).UnixMicro(), out)
	}
	return out
}

// Due is when Pass next has something to do, on the sensor's clock; false when time alone changes nothing.
func (j *Judge) Due() (time.Time, bool) {
	var first int64
	for i := range j.rules {
		if due, _ := j.rules[i].due(); due != 0 && (first == 0 || due < first) {
			first = due
		}
	}
	return time.UnixMicro(first).UTC().Add(patience), first != 0
}

// Newest is the time of the newest reading taken; zero when there is none.
func (j *Judge) Newest() time.Time {
	if j.newest == 0 {
		return time.Time{}
	}
	return time.UnixMicro(j.newest).UTC()
}

// Idle reports whether no type applies.
func (j *Judge) Idle() bool { return len(j.rules) == 0 }

// saved is what a judge keeps of itself.
type saved struct {
	Newest int64       `json:"newest"`
	Rules  []savedRule `json:"rules"`
}

type savedRule struct {
	Type    string       `json:"type"`
	Version int64        `json:"version"`
	Part    int          `json:"part,omitempty"`
	Limit   float64      `json:"limit"` // of the sensor: it may change without the type
	State   ruleState    `json:"state"`
	Window  [][2]float64 `json:"window,omitempty"`
}

// Save is all that the judge knows.
func (j *Judge) Save() ([]byte, error) {
	s := saved{Newest: j.newest, Rules: make([]savedRule, 0, len(j.rules))}
	for i := range j.rules {
		r := &j.rules[i]
		s.Rules = append(s.Rules, savedRule{r.code, r.version, r.part, r.limit, r.ruleState, r.window.saved()})
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("save judge of sensor %s: %w", j.sensor.Code, err)
	}
	return data, nil
}

// Resume takes up what a judge of this sensor saved, which then goes on as that one would. Of a type that changed
// since, or a limit, it keeps whether it is raised, so that it returns when the new condition does not hold, and forgets the rest.
func (j *Judge) Resume(data []byte) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("resume judge of sensor %s: %w", j.sensor.Code, err)
	}
	j.newest = s.Newest
	for i := range j.rules {
		r := &j.rules[i]
		k := slices.IndexFunc(s.Rules, func(k savedRule) bool { return k.Type == r.code && k.Part == r.part })
		switch {
		case k < 0:
		case s.Rules[k].Version == r.version && s.Rules[k].Limit == r.limit:
			r.ruleState = s.Rules[k].State
			r.window.resume(s.Rules[k].Window)
		default:
			r.ruleState = s.Rules[k].State.changed()
		}
	}
	return nil
}
