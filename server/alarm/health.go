package alarm

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// CallRow is one time that an alarm called: it was raised, came again out of Cleared, or came back active from being aside.
// The journal calls nobody.
type CallRow struct {
	At       time.Time
	Type     string
	Target   string
	Name     string // of the target
	Priority Priority
}

// HealthRow is what health needs to know of an alarm.
type HealthRow struct {
	Type       string
	Priority   Priority
	State      State
	Aside      Aside
	RaisedAt   time.Time
	KnownAt    time.Time
	CalledAt   time.Time // Machine.CalledAt
	AgainAt    *time.Time
	AckedAt    *time.Time
	Chattering bool
	// Acted: somebody did more than acknowledge: a comment, a shelf, a service, an incident, a callout taken.
	Acted bool
}

// HealthSpan is what is asked.
type HealthSpan struct {
	From, To  time.Time
	Now       time.Time
	Positions int // of operators that share the calls; 0 is one
	Types     map[string]Type
}

// Month is how far back the mix of priorities and the alarms nobody acted on are looked at (domain AL-2).
const Month = 30 * 24 * time.Hour

// Targets are what a room should reach (EEMUA 191, ISA-18.2).
type Targets struct {
	Rate  float64 `json:"rate_10m"`      // calls in 10 minutes of a position
	Flood float64 `json:"flood_percent"` // of the time
	Top   float64 `json:"top_percent"`   // of the calls, of the ten loudest
	Stale int     `json:"stale"`         // alarms on any day
}

const (
	highMost   = 10.0 // per cent of the calls (domain AL-2)
	mediumMost = 25.0
	topMost    = 10
	tensMost   = 31 * 24 * time.Hour // the longest span that is shown ten minutes by ten minutes
)

// Health is how well the alarms of a room can be answered (domain AL-8; EEMUA 191, ISA-18.2). Nil is "no data", never 0.
type Health struct {
	Targets   Targets  `json:"targets"`
	Positions int      `json:"positions"`
	Calls     int      `json:"calls"`         // in the span
	Rate      *float64 `json:"rate_10m"`      // of a position in 10 minutes, on average
	Peak      int      `json:"peak_10m"`      // most calls in any 10 minutes, of all positions
	Tens      []int    `json:"tens"`          // calls in each 10 minutes of the span, of all positions; none for more than a month
	Flood     *float64 `json:"flood_percent"` // of the time
	Floods    int      `json:"floods"`
	Top       []TopRow `json:"top"`         // the ten that called most
	TopShare  *float64 `json:"top_percent"` // theirs of the calls

	// At present.
	Stale        int `json:"stale"`
	Chattering   int `json:"chattering"`
	Shelved      int `json:"shelved"`
	Suppressed   int `json:"suppressed"`
	OutOfService int `json:"out_of_service"`

	Answers []Answer  `json:"answers"` // by priority, the loudest first
	Mix     []MixRow  `json:"mix"`     // of the calls of a month
	Diet    []DietRow `json:"diet"`    // types of which nobody acted on any alarm for a month: the ten with most
}

// TopRow is a type on a target with its calls.
type TopRow struct {
	Type   string  `json:"type"`
	Label  string  `json:"label"`
	Target string  `json:"target"`
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	Share  float64 `json:"percent"`
}

// Answer is how soon alarms of a priority were taken: those that called in the span, with those nobody took yet at their
// present age.
type Answer struct {
	Priority Priority `json:"priority"`
	Count    int      `json:"count"`
	Open     int      `json:"open"`  // of them nobody has taken
	P50      *float64 `json:"p50_s"` // nil without any
	P95      *float64 `json:"p95_s"`
	InTime   *float64 `json:"in_time_percent"` // taken by AckBy; open ones count once it is over
	Target   int      `json:"target_s"`
}

// MixRow is the part of the calls that a priority has, and whether that is too much to be believed.
type MixRow struct {
	Priority Priority `json:"priority"`
	Count    int      `json:"count"`
	Share    *float64 `json:"percent"`
	Most     *float64 `json:"most_percent"` // nil: any part is fine
	Warn     bool     `json:"warn"`
}

// DietRow is a type that could go.
type DietRow struct {
	Type   string    `json:"type"`
	Label  string    `json:"label"`
	Count  int       `json:"count"` // alarms in a month
	Newest time.Time `json:"newest_at"`
}

// HealthOf measures. Rows and calls are those of the span and of the Month before Now, and every alarm that is open.
func HealthOf(rows []HealthRow, calls []CallRow, span HealthSpan) Health {
	span.Positions, span.To = max(span.Positions, 1), earlier(span.To, span.Now)
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(a, b CallRow) int { return a.At.Compare(b.At) })
	asked := callsIn(calls, span.From, span.To)
	month := span.Now.Add(-Month)
	h := Health{
		Targets: Targets{Rate: 1, Flood: 1, Top: 5, Stale: 5},
		Calls:   len(asked), Rate: rateOf(len(asked), span), Tens: tens(asked, span), Positions: span.Positions,
		Answers: answers(rows, span), Mix: mix(callsIn(calls, month, span.Now)), Diet: diet(rows, month, span),
	}
	h.flood(calls, span)
	h.top(asked, span)
	for _, r := range rows {
		h.stand(r, span.Now)
	}
	return h
}

// callsIn are those of rising calls in (from, to].
func callsIn(calls []CallRow, from, to time.Time) []CallRow {
	after := func(c CallRow, at time.Time) int {
		if c.At.After(at) {
			return 1
		}
		return -1
	}
	first, _ := slices.BinarySearchFunc(calls, from, after)
	last, _ := slices.BinarySearchFunc(calls, to, after)
	return calls[first:max(first, last)]
}

func rateOf(n int, span HealthSpan) *float64 {
	length := span.To.Sub(span.From)
	if length <= 0 {
		return nil
	}
	return new(round(float64(n) / float64(span.Positions) * float64(floodSpan) / float64(length)))
}

// round leaves two decimals.
func round(x float64) float64 { return math.Round(x*100) / 100 }

// share is a part of a whole in per cent; nil of nothing.
func share(part, whole float64) *float64 {
	if whole <= 0 {
		return nil
	}
	return new(round(100 * part / whole))
}

func tens(calls []CallRow, span HealthSpan) []int {
	length := span.To.Sub(span.From)
	if length <= 0 || length > tensMost {
		return []int{}
	}
	list := make([]int, (length+floodSpan-1)/floodSpan)
	for _, c := range calls {
		list[min(int(c.At.Sub(span.From)/floodSpan), len(list)-1)]++
	}
	return list
}

// flood plays the calls, and when they leave the window of ten minutes, to a Flood.
func (h *Health) flood(calls []CallRow, span HealthSpan) {
	type moment struct {
		at   time.Time
		call bool
	}
	var moments []moment
	for _, c := range calls {
		if !c.At.After(span.To) {
			moments = append(moments, moment{c.At, true}, moment{c.At.Add(floodSpan), false})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	f := Flood{Positions: span.Positions}
	var wet time.Duration
	var since *time.Time
	end := func(at time.Time) {
		if d := earlier(at, span.To).Sub(later(*since, span.From)); d > 0 {
			wet += d
			h.Floods++
		}
		since = nil
	}
	for _, m := range moments {
		if m.call {
			f.Call(m.at)
			if m.at.After(span.From) {
				h.Peak = max(h.Peak, f.Rate())
			}
		} else {
			f.Pass(m.at)
		}
		switch now := f.Since(); {
		case since == nil:
			since = now
		case now == nil:
			end(m.at)
		}
	}
	if since != nil {
		end(span.To)
	}
	h.Flood = share(float64(wet), float64(span.To.Sub(span.From)))
}

func (h *Health) top(calls []CallRow, span HealthSpan) {
	type key struct{ code, target string }
	rows := map[key]*TopRow{}
	for _, c := range calls {
		k := key{c.Type, c.Target}
		if rows[k] == nil {
			rows[k] = &TopRow{Type: c.Type, Label: span.Types[c.Type].Label, Target: c.Target, Name: c.Name}
		}
		rows[k].Count++
	}
	h.Top = make([]TopRow, 0, len(rows))
	for _, r := range rows {
		r.Share = *share(float64(r.Count), float64(len(calls)))
		h.Top = append(h.Top, *r)
	}
	slices.SortFunc(h.Top, func(a, b TopRow) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Type, b.Type), cmp.Compare(a.Target, b.Target))
	})
	h.Top = h.Top[:min(len(h.Top), topMost)]
	sum := 0
	for _, r := range h.Top {
		sum += r.Count
	}
	h.TopShare = share(float64(sum), float64(len(calls)))
}

// stand counts what an alarm is at present.
func (h *Health) stand(r HealthRow, now time.Time) {
	if r.State == Closed {
		return
	}
	a := Alarm{State: r.State, RaisedAt: r.RaisedAt, AgainAt: r.AgainAt, Chattering: r.Chattering}
	h.Stale += one(a.Stale(now) && r.Priority != Journal)
	h.Chattering += one(r.Chattering)
	h.Shelved += one(r.Aside == Shelved)
	h.Suppressed += one(r.Aside == Suppressed)
	h.OutOfService += one(r.Aside == OutOfService)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// calling are the priorities that call, the loudest first.
func calling() []Priority { return []Priority{High, Medium, Low} }

func answers(rows []HealthRow, span HealthSpan) []Answer {
	list := make([]Answer, 0, len(calling()))
	for _, p := range calling() {
		list = append(list, answer(rows, p, span))
	}
	return list
}

func answer(rows []HealthRow, p Priority, span HealthSpan) Answer {
	target := p.within()
	a := Answer{Priority: p, Target: int(target.Seconds())}
	var ages []time.Duration
	met, missed := 0, 0
	for _, r := range rows {
		if r.Priority != p || !r.CalledAt.After(span.From) || r.CalledAt.After(span.To) {
			continue
		}
		age, open, ok := r.age(span.Now)
		if !ok {
			continue
		}
		ages = append(ages, age)
		a.Open += one(open)
		missed += one(age > target)
		met += one(age <= target && !open)
	}
	slices.Sort(ages)
	a.Count, a.P50, a.P95, a.InTime = len(ages), rank(ages, 50), rank(ages, 95), share(float64(met), float64(met+missed))
	return a
}

// age is how long it took until somebody took the alarm, or how long nobody has; false when it was never for anybody to take.
func (r HealthRow) age(now time.Time) (age time.Duration, open, ok bool) {
	switch {
	case r.AckedAt != nil:
		return max(0, r.AckedAt.Sub(r.CalledAt)), false, true
	case r.Aside == "" && (r.State == Unacked || r.State == Cleared):
		return max(0, now.Sub(r.CalledAt)), true, true
	}
	return 0, false, false
}

// rank is the age, in seconds, that so many per cent of rising ages do not exceed; nil without any.
func rank(ages []time.Duration, percent int) *float64 {
	if len(ages) == 0 {
		return nil
	}
	const whole = 100
	return new(round(ages[(len(ages)*percent+whole-1)/whole-1].Seconds()))
}

func mix(calls []CallRow) []MixRow {
	most := map[Priority]*float64{High: new(highMost), Medium: new(mediumMost)}
	list := make([]MixRow, 0, len(calling()))
	for _, p := range calling() {
		r := MixRow{Priority: p, Most: most[p]}
		for _, c := range calls {
			r.Count += one(c.Priority == p)
		}
		r.Share = share(float64(r.Count), float64(len(calls)))
		r.Warn = r.Share != nil && r.Most != nil && *r.Share > *r.Most
		list = append(list, r)
	}
	return list
}

// diet finds the types of which somebody had alarms since from, and nobody did anything about any.
func diet(rows []HealthRow, from time.Time, span HealthSpan) []DietRow {
	found := map[string]*DietRow{}
	acted := map[string]bool{}
	for _, r := range rows {
		if r.Priority == Journal || !r.KnownAt.After(from) {
			continue
		}
		if found[r.Type] == nil {
			found[r.Type] = &DietRow{Type: r.Type, Label: span.Types[r.Type].Label}
		}
		found[r.Type].Count++
		found[r.Type].Newest = later(found[r.Type].Newest, r.KnownAt)
		acted[r.Type] = acted[r.Type] || r.Acted
	}
	list := make([]DietRow, 0, len(found))
	for code, r := range found {
		if !acted[code] {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b DietRow) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Type, b.Type)) })
	return list[:min(len(list), topMost)]
}
