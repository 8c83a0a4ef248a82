package kpi

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// Board keeps the counters. Facts that are real and facts that are not are counted apart and never summed:
// once a real one was seen, only real ones are shown. One goroutine at a time may use it.
type Board struct {
	loc     *time.Location
	now     time.Time // everything below is as of now
	facts   map[string]*held
	turns   turns
	areas   map[Area]*area
	changed map[Area]struct{}
	recent  map[*held]struct{} // those to which something happened lately

	sawReal bool
	since   [2]time.Time // the earliest receipt seen, by class
	worst   [2]string    // the worst origin seen, by class
}

// held is a fact as it is counted at present.
type held struct {
	Fact
	counted counts
	takenAt time.Time
	turn    int   // grows with every change; turns with another number are void
	late    int64 // the version that was queued as overdue
}

// area holds the sums of one area, by class.
type area struct {
	sums     [2]*tally
	children map[string]struct{}
}

// The classes of facts.
const (
	classReal = iota
	classOther
)

func classOf(origin string) int {
	if origin == "real" {
		return classReal
	}
	return classOther
}

// NewBoard makes an empty board whose hours begin in loc.
func NewBoard(loc *time.Location) *Board {
	b := &Board{loc: loc}
	b.clear()
	return b
}

func (b *Board) clear() {
	b.facts = map[string]*held{}
	b.turns = nil
	b.areas = map[Area]*area{}
	b.changed = map[Area]struct{}{}
	b.recent = map[*held]struct{}{}
	b.sawReal, b.since, b.worst = false, [2]time.Time{}, [2]string{}
}

// Load forgets everything and counts facts as of now; see Horizon for which are needed.
func (b *Board) Load(facts []Fact, now time.Time) {
	b.clear()
	b.now = now
	for i := range facts {
		b.take(facts[i])
	}
}

// Apply counts a fact as of now and reports whether it was news: a version not newer than the held one is
// ignored, so that late and doubled events are harmless.
func (b *Board) Apply(f Fact, now time.Time) bool {
	b.Advance(now)
	return b.take(f)
}

func (b *Board) take(f Fact) bool {
	h := b.facts[f.ID]
	if h != nil {
		if f.Version <= h.Version {
			return false
		}
		b.count(h, -1)
	} else {
		h = &held{}
		b.facts[f.ID] = h
	}
	h.Fact, h.takenAt = f, b.now
	class := classOf(f.Origin)
	b.sawReal = b.sawReal || class == classReal
	if s := b.since[class]; s.IsZero() || f.ReceivedAt.Before(s) {
		b.since[class] = f.ReceivedAt
	}
	b.worst[class] = worse(b.worst[class], f.Origin)
	h.turn++
	h.counted = measure(&h.Fact, b.now)
	b.count(h, +1)
	b.schedule(h)
	b.note(h)
	return true
}

// count adds (or takes away) what h adds to every area on its path.
func (b *Board) count(h *held, sign int) {
	newlyLate := sign > 0 && h.counted.overdue > 0 && h.late != h.Version
	if newlyLate {
		h.late = h.Version
	}
	for i, code := range h.Path {
		key := Area{h.Division, code}
		a := b.area(key)
		if i+1 < len(h.Path) {
			a.children[h.Path[i+1]] = struct{}{}
		}
		t := a.sums[classOf(h.Origin)]
		t.counts = t.plus(h.counted, sign)
		t.origins[h.Origin] += sign
		if h.counted.arrived > 0 {
			t.hours.add(b.hour(h.ReceivedAt), sign)
		}
		if newlyLate {
			t.pushLate(h)
		}
		b.changed[key] = struct{}{}
	}
}

func (b *Board) area(key Area) *area {
	a := b.areas[key]
	if a == nil {
		a = &area{sums: [2]*tally{newTally(), newTally()}, children: map[string]struct{}{}}
		b.areas[key] = a
	}
	return a
}

// Advance moves the counters to now; a now before the last one is ignored.
func (b *Board) Advance(now time.Time) {
	if now.Before(b.now) {
		return
	}
	newHour := !b.now.IsZero() && b.hour(now) != b.hour(b.now)
	b.now = now
	for len(b.turns) > 0 && !b.turns[0].at.After(now) {
		t := heap.Pop(&b.turns).(turn)
		if t.number == t.fact.turn {
			b.turnOver(t.fact)
		}
	}
	if newHour {
		b.rollHours()
	}
}

// turnOver counts a fact anew because time has passed.
func (b *Board) turnOver(h *held) {
	if !h.Open && !b.now.Before(h.forgetAt()) {
		b.forget(h)
		return
	}
	h.turn++
	if c := measure(&h.Fact, b.now); c != h.counted {
		b.count(h, -1)
		h.counted = c
		b.count(h, +1)
	}
	b.schedule(h)
	b.note(h)
}

// forget drops a fact that matters no more, also to no hour that is still kept.
func (b *Board) forget(h *held) {
	b.count(h, -1)
	h.turn++
	delete(b.facts, h.ID)
	delete(b.recent, h)
}

func (b *Board) schedule(h *held) {
	at := nextChange(&h.Fact, b.now)
	if at.IsZero() && !h.Open {
		at = h.forgetAt()
	}
	if !at.IsZero() {
		heap.Push(&b.turns, turn{at: at, fact: h, number: h.turn})
	}
}

// forgetAt is when a fact that is not open matters to no counter any more, and no older event of it can still be
// on its way: those are kept 48 h.
func (h *held) forgetAt() time.Time {
	done := doneAt(&h.Fact)
	if done.Before(h.takenAt) {
		done = h.takenAt
	}
	return done.Add(2 * day)
}

// rollHours begins a clock hour: every area's hours look different now.
func (b *Board) rollHours() {
	oldest := b.hour(b.now) - keptHours
	for key, a := range b.areas {
		for _, t := range a.sums {
			t.hours.prune(oldest)
		}
		b.changed[key] = struct{}{}
	}
}

// Next is the first instant after the last at which a counter moves by itself; zero when the board is empty.
func (b *Board) Next() time.Time {
	if len(b.areas) == 0 {
		return time.Time{}
	}
	next := b.hourStart(b.hour(b.now) + 1)
	for len(b.turns) > 0 && b.turns[0].number != b.turns[0].fact.turn {
		heap.Pop(&b.turns)
	}
	if len(b.turns) > 0 && b.turns[0].at.Before(next) {
		return b.turns[0].at
	}
	return next
}

// Now is the instant the numbers are as of.
func (b *Board) Now() time.Time { return b.now }

// Areas lists the areas any fact names, sorted.
func (b *Board) Areas() []Area { return sorted(b.areas) }

// TakeChanged lists the areas whose numbers moved since it was last called, sorted.
func (b *Board) TakeChanged() []Area {
	list := sorted(b.changed)
	clear(b.changed)
	return list
}

func sorted[V any](m map[Area]V) []Area {
	list := make([]Area, 0, len(m))
	for a := range m {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Area) int {
		return cmp.Or(cmp.Compare(a.Division, b.Division), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// turn is when a fact must be counted anew.
type turn struct {
	at     time.Time
	fact   *held
	number int
}

// turns is a heap, the earliest first.
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].at.Before(t[j].at) }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}
