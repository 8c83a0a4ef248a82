package alarm

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/sensor"
	"toancanh/server/storm"
)

// A condition that is raised three times within a minute chatters. It stays latched until nothing crossed its limit for ten
// minutes: EEMUA 191 counts the load of a room in spans of ten minutes, so a latched alarm costs at most one call in any.
const (
	chatterRaises = 3
	chatterSpan   = time.Minute
	chatterQuiet  = 10 * time.Minute
)

// Applies reports whether a condition is one of the readings of a sensor and asks for this one.
func Applies(c Condition, s *sensor.Sensor) bool {
	if !within(c, s.Area, s.Path) || !asked(c.Kinds, s.Kind) || !asked(c.Sensors, s.Code) {
		return false
	}
	switch c.Class {
	case ByLevel:
		return lowest(c, s) >= 0
	case ByLimit, ByRate:
		return true
	case ByTotal:
		return s.Kind == storm.Rain
	default:
		return false
	}
}

// within reports whether a place is where a condition is judged.
func within(c Condition, area string, path []string) bool {
	return c.Area == "" || c.Area == area || slices.Contains(path, c.Area)
}

func asked(list []string, one string) bool { return len(list) == 0 || slices.Contains(list, one) }

// lowest is the index of the first level of a sensor, with a source, that is as loud as a condition asks; -1 without one.
func lowest(c Condition, s *sensor.Sensor) int {
	rank := storm.Rank(sensor.State(c.State))
	if rank == 0 {
		return -1
	}
	return slices.IndexFunc(s.Levels, func(l sensor.Level) bool { return l.Source != "" && storm.Rank(l.State) >= rank })
}

// rule is a condition of a type, or of a part of one, on one sensor. What is measured is turned so that more is worse.
type rule struct {
	sensor  *sensor.Sensor
	code    string
	version int64
	part    int
	cond    Condition

	sign        float64 // -1: less is worse
	limit, band float64
	on, off     int64 // microseconds
	over        time.Duration
	window      window

	ruleState
}

// ruleState is what a rule remembers. Times are microseconds, 0 is none.
type ruleState struct {
	Raised bool  `json:"raised,omitempty"`
	Since  int64 `json:"since,omitempty"` // it holds though not raised, or is normal though raised
	// Peak is the worst since Since, Worst the worst since it was raised, Told the worst that a change told.
	Peak  float64 `json:"peak,omitempty"`
	Worst float64 `json:"worst,omitempty"`
	Told  float64 `json:"told,omitempty"`

	Last    int64                    `json:"last,omitempty"` // when it was last raised or returned
	Raises  [chatterRaises - 1]int64 `json:"raises"`         // when it was raised, the newest last
	Latched bool                     `json:"latched,omitempty"`
}

// changed is what is left of the state when the type changed: an alarm that is open must be able to return.
func (s ruleState) changed() ruleState {
	return ruleState{Raised: s.Raised || s.Latched, Worst: s.Worst, Told: s.Told, Last: s.Last}
}

func newRule(s *sensor.Sensor, t *Type, c Condition, part int) rule {
	r := rule{
		sensor: s, code: t.Code, version: t.Version, part: part, cond: c, sign: 1, limit: c.Limit,
		on: c.onDelay().Microseconds(), off: c.offDelay().Microseconds(),
	}
	switch c.Class {
	case ByLevel:
		r.limit = s.Levels[lowest(c, s)].At
	case ByRate:
		r.over = c.over()
		r.window = newWindow(r.over, r.over/rateBins)
	case ByTotal:
		r.over = c.over()
		r.window = newWindow(r.over, totalBin)
	default:
	}
	r.band = c.band(s, r.limit)
	if c.Below {
		r.sign = -1
		if c.Class == ByLimit {
			r.limit = -r.limit
		}
	}
	return r
}

// take judges a reading: what is measured holds from now on.
func (r *rule) take(now int64, value float64, out []Change) []Change {
	x, known := r.measure(now, value)
	switch {
	case !known:
		r.Since = 0
		return out
	case r.Raised:
		out = r.watch(now, x, out)
	case x < r.limit:
		r.Since = 0
	case r.Since == 0:
		r.Since, r.Peak = max(now, r.Last), x
	default:
		r.Peak = max(r.Peak, x)
	}
	return r.settle(now, out)
}

// watch sees whether what is raised grows worse or becomes normal.
func (r *rule) watch(now int64, x float64, out []Change) []Change {
	if x < r.limit-r.band {
		if r.Since == 0 {
			r.Since = max(now, r.Last)
		}
		return out
	}
	r.Since = 0
	r.Worst = max(r.Worst, x)
	if r.grew() {
		out = append(out, r.change(Worse, max(now, r.Last)))
	}
	return out
}

// grew reports whether there is worse to tell than what was told: another level, or a dead-band more.
func (r *rule) grew() bool {
	if r.band > 0 && r.Worst-r.Told >= r.band {
		return true
	}
	return r.cond.Class == ByLevel && reached(r.sensor, r.Worst) > reached(r.sensor, r.Told)
}

func reached(s *sensor.Sensor, value float64) int {
	n := 0
	for n < len(s.Levels) && value >= s.Levels[n].At {
		n++
	}
	return n
}

// measure is how far a reading has what the condition looks at, turned so that more is worse; false when it is not known.
func (r *rule) measure(now int64, value float64) (float64, bool) {
	switch r.cond.Class {
	case ByRate:
		r.window.add(point{Micros: now, Value: value})
		rate, known := r.window.rate()
		return r.sign * rate, known
	case ByTotal:
		r.window.add(point{Micros: now, Value: value})
		return storm.Fell(r.window.points, r.over)
	default:
		return r.sign * value, true
	}
}

// due is when time alone next changes the rule, and whether that is the end of a latch; 0 when never.
func (r *rule) due() (at int64, latch bool) {
	if r.Since != 0 {
		delay := r.on
		if r.Raised {
			delay = r.off
		}
		at = r.Since + delay
	}
	if r.Latched {
		if quiet := r.Last + chatterQuiet.Microseconds(); at == 0 || quiet < at {
			return quiet, true
		}
	}
	return at, false
}

// settle appends what time alone changed up to now.
func (r *rule) settle(now int64, out []Change) []Change {
	for {
		at, latch := r.due()
		switch {
		case at == 0 || at > now:
			return out
		case latch:
			out = r.calm(at, out)
		case r.Raised:
			out = r.fall(at, out)
		default:
			out = r.rise(at, out)
		}
	}
}

func (r *rule) rise(at int64, out []Change) []Change {
	kind := Raised
	if r.Latched {
		kind = Again
		r.Worst = max(r.Worst, r.Peak)
	} else {
		r.Worst = r.Peak
		first := r.Raises[0]
		r.Latched = first != 0 && at-first <= chatterSpan.Microseconds()
	}
	copy(r.Raises[:], r.Raises[1:])
	r.Raises[len(r.Raises)-1] = at
	r.Raised, r.Since, r.Last = true, 0, at
	return append(out, r.change(kind, at))
}

func (r *rule) fall(at int64, out []Change) []Change {
	r.Raised, r.Since, r.Last = false, 0, at
	if r.Latched {
		return out
	}
	return append(out, r.change(Returned, at))
}

// calm ends a latch.
func (r *rule) calm(at int64, out []Change) []Change {
	r.Latched = false
	if r.Raised {
		return append(out, r.change(Calm, at))
	}
	return append(out, r.change(Returned, at))
}

// change tells of the rule as it is.
func (r *rule) change(kind ChangeKind, at int64) Change {
	r.Told = r.Worst
	value := r.sign * r.Worst
	if value == 0 {
		value = 0 // people know of no -0
	}
	return Change{
		Type: r.code, Part: r.part, Source: FromSensor, Target: r.sensor.Code, Kind: kind, At: time.UnixMicro(at).UTC(),
		Value: &value, Unit: r.unit(), Limit: r.words(), Chattering: r.Latched,
	}
}

func (r *rule) unit() string {
	if r.cond.Class == ByRate {
		return r.sensor.Unit + "/giờ"
	}
	return ""
}

// words say what was reached.
func (r *rule) words() string {
	limit := number(r.cond.Limit)
	switch {
	case r.cond.Class == ByLevel:
		return r.sensor.Limit(r.Worst)
	case r.cond.Class == ByTotal:
		return "≥ " + limit + " mm trong " + span(r.over)
	case r.cond.Class == ByRate && r.cond.Below:
		return "giảm ≥ " + limit + " " + r.unit()
	case r.cond.Class == ByRate:
		return "tăng ≥ " + limit + " " + r.unit()
	case r.cond.Below:
		return strings.TrimSpace("≤ " + limit + " " + r.sensor.Unit)
	}
	return strings.TrimSpace("≥ " + limit + " " + r.sensor.Unit)
}
