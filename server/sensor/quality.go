package sensor

import (
	"math"
	"time"
)

// Quality says what is doubtful about a reading. A doubted reading is kept and shown with its doubt; only what cannot be
// a value at all is refused.
type Quality int16

// The doubts, as they are stored. Late is none of the value: it came behind a newer one and changed history only.
const (
	DoubtRate  Quality = 1 << iota // changed quicker than the quantity can
	DoubtStuck                     // has not changed for longer than it can stand still
	DoubtSkew                      // the clock of its device differs from ours
	Late
)

// Words are the doubts in the words of the API.
func (q Quality) Words() []string {
	var words []string
	for _, x := range []struct {
		q    Quality
		word string
	}{{DoubtRate, "rate"}, {DoubtStuck, "stuck"}, {DoubtSkew, "skew"}, {Late, "late"}} {
		if q&x.q != 0 {
			words = append(words, x.word)
		}
	}
	return words
}

const (
	// leastApart keeps the noise of an instrument that speaks every second from being taken for a rate.
	leastApart = time.Minute
	// aheadAllowed is what a clock may go ahead without a word.
	aheadAllowed = 30 * time.Second
	// steadyMost is how many readings in a row must come one by one, evenly and too old, before the device's clock is
	// held to be behind: what was only delayed comes in heaps or in haste.
	steadyMost = 3
)

// Memory is what is remembered of a sensor's newest readings; the zero one remembers nothing.
type Memory struct {
	At       time.Time // of the newest reading
	Value    float64
	Since    time.Time // since when the value has not changed
	Received time.Time // when the newest was received; zero when it came as history
	steady   uint8     // readings in a row that looked like a clock that is behind
	sureAt   time.Time // of the newest reading whose rate was not doubted
	sure     float64
}

// Remember is the memory of a sensor whose newest reading is known from elsewhere.
func Remember(r Reading, since, received time.Time, q Quality) Memory {
	m := Memory{At: r.At, Value: r.Value, Since: since, Received: received}
	if m.Since.IsZero() {
		m.Since = r.At
	}
	if q&DoubtRate == 0 {
		m.sureAt, m.sure = r.At, r.Value
	}
	return m
}

// Receipt says how a reading came. A zero At is history, which says nothing about clocks and is never late.
type Receipt struct {
	At    time.Time
	Alone bool // the only reading of its sensor in its body
}

// Judge says what is doubtful about the next reading and remembers it. It allocates nothing.
//
// A rate is judged from the newest reading that was not doubted itself, so a spike is doubted and the return from it is
// not, and a step that lasts is believed as soon as the quantity could have come so far.
func (s *Sensor) Judge(m *Memory, r Reading, by Receipt) Quality {
	live := !by.At.IsZero()
	if !m.At.IsZero() && !r.At.After(m.At) {
		if live {
			return Late
		}
		return 0
	}
	var q Quality
	if s.tooQuick(m, r) {
		q |= DoubtRate
	} else {
		m.sureAt, m.sure = r.At, r.Value
	}
	if m.At.IsZero() || r.Value != m.Value {
		m.Since = r.At
	}
	if s.StuckAfter > 0 && r.At.Sub(m.Since) >= s.StuckAfter && !s.resting(r.Value) {
		q |= DoubtStuck
	}
	if live && s.skewed(m, r, by) {
		q |= DoubtSkew
	}
	m.At, m.Value, m.Received = r.At, r.Value, by.At
	return q
}

func (s *Sensor) tooQuick(m *Memory, r Reading) bool {
	if s.MaxRate == nil || m.sureAt.IsZero() {
		return false
	}
	apart := max(r.At.Sub(m.sureAt), leastApart)
	return math.Abs(r.Value-m.sure) > *s.MaxRate*apart.Hours()
}

// resting is a value at the end of what the instrument can show: no rain, no current, fog. There it may stand.
func (s *Sensor) resting(value float64) bool {
	return s.Min != nil && value == *s.Min || s.Max != nil && value == *s.Max
}

func (s *Sensor) skewed(m *Memory, r Reading, by Receipt) bool {
	if r.At.After(by.At.Add(aheadAllowed)) {
		m.steady = 0
		return true
	}
	apart := r.At.Sub(m.At)
	even := !m.Received.IsZero() && (by.At.Sub(m.Received)-apart).Abs() <= 2*time.Second+apart/5
	if !by.Alone || !even || by.At.Sub(r.At) <= s.SilenceLimit() {
		m.steady = 0
		return false
	}
	m.steady = min(m.steady+1, steadyMost)
	return m.steady == steadyMost
}
