package alarming

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/alarm"
	"toancanh/server/store"
)

// CallsWithin is how far back the calls reach that a flood is judged by.
const CallsWithin = 10 * time.Minute

// mostSilent bounds the names of silent sensors in a summary.
const mostSilent = 200

// Counts are the alarms of a priority that are not aside, by state.
type Counts struct {
	Unacked int `json:"unacked"`
	Acked   int `json:"acked"`
	Cleared int `json:"cleared"`
}

func (c *Counts) add(s alarm.State) {
	switch s {
	case alarm.Unacked:
		c.Unacked++
	case alarm.Acked:
		c.Acked++
	case alarm.Cleared:
		c.Cleared++
	case alarm.Closed:
	}
}

// Summary is the data of the level "alarms/summary": how the alarms of an area stand.
type Summary struct {
	High         Counts     `json:"high"`
	Medium       Counts     `json:"medium"`
	Low          Counts     `json:"low"`
	Shelved      int        `json:"shelved"`
	Suppressed   int        `json:"suppressed"`
	OutOfService int        `json:"out_of_service"`
	Stale        int        `json:"stale"`
	Chattering   int        `json:"chattering"`
	Rate         int        `json:"rate_10m"` // alarms that called within ten minutes
	Flood        bool       `json:"flood"`
	FloodSince   *time.Time `json:"flood_since"`
	OldestHighAt *time.Time `json:"oldest_unacked_high_at"` // since when the one that waits longest calls
	Silent       int        `json:"silent"`
	SilentOnes   []string   `json:"silent_sensors"` // the first of them by code
	Origin       string     `json:"origin"`
	AsOf         time.Time  `json:"as_of"`
}

// Groups is the data of the level "alarms/groups".
type Groups struct {
	Groups []alarm.Group `json:"groups"`
	AsOf   time.Time     `json:"as_of"`
}

// Board counts the alarms of a division that are not over, area by area. One goroutine at a time may use it.
type Board struct {
	division string
	origin   string
	open     map[string]store.Alarm  // by id
	floods   map[string]*alarm.Flood // by area
	called   map[string]time.Time    // by id: the call that is counted
	pathOf   func(string) []string   // of a sensor by its code
	moved    bool
}

// NewBoard makes an empty board; pathOf finds the areas of a sensor.
func NewBoard(division, origin string, pathOf func(sensor string) []string) *Board {
	return &Board{
		division: division, origin: origin, open: map[string]store.Alarm{}, floods: map[string]*alarm.Flood{},
		called: map[string]time.Time{}, pathOf: pathOf, moved: true,
	}
}

// Load takes up what is open, and what called before.
func (b *Board) Load(open []store.Alarm, calls []store.AlarmCall, floods map[string]time.Time) {
	for _, c := range calls {
		b.call(c.Path, c.At)
	}
	for area, since := range floods {
		b.flood(area).Resume(&since)
	}
	for _, a := range open {
		b.called[a.ID] = a.Machine.CalledAt
		b.Apply(a)
	}
}

func (b *Board) flood(area string) *alarm.Flood {
	f, ok := b.floods[area]
	if !ok {
		f = &alarm.Flood{}
		b.floods[area] = f
	}
	return f
}

func (b *Board) call(path []string, at time.Time) {
	for _, area := range path {
		b.flood(area).Call(at)
	}
}

// Apply takes the newest state of an alarm; an older one than is known changes nothing.
func (b *Board) Apply(a store.Alarm) {
	if a.Division != b.division || a.Version < b.open[a.ID].Version {
		return
	}
	b.moved = true
	if at := a.Machine.CalledAt; a.Priority != alarm.Journal && at.After(b.called[a.ID]) && a.Asks() {
		b.call(a.Path, at)
		b.called[a.ID] = at
	}
	if a.State == alarm.Closed {
		delete(b.open, a.ID)
		delete(b.called, a.ID)
		return
	}
	b.open[a.ID] = a
}

// Open lists the alarms that are not over.
func (b *Board) Open() map[string]store.Alarm { return b.open }

// Silent is since when each sensor is silent, by itself or beneath a silent gateway: those whose alarm is active.
func (b *Board) Silent() map[string]time.Time {
	silent := map[string]time.Time{}
	note := func(code string, since time.Time) {
		if known, ok := silent[code]; !ok || since.Before(known) {
			silent[code] = since
		}
	}
	for _, a := range b.open {
		if a.Of.Condition.Class != alarm.ByAbsence || !a.Active() {
			continue
		}
		if a.Source == alarm.FromSensor {
			note(a.Target, a.RaisedAt)
		}
		for _, m := range a.Members {
			note(m, a.RaisedAt)
		}
	}
	return silent
}

// Summaries are those of the areas that have or had any alarm, by code; the zero Summary holds for every other.
func (b *Board) Summaries(now time.Time) map[string]*Summary {
	sums := map[string]*Summary{}
	of := func(area string) *Summary {
		s, ok := sums[area]
		if !ok {
			s = b.Quiet(now)
			sums[area] = s
		}
		return s
	}
	for _, a := range b.open {
		for _, area := range a.Path {
			of(area).add(a, now)
		}
	}
	for area, f := range b.floods {
		s := of(area)
		s.Flood, s.FloodSince, s.Rate = f.Pass(now), f.Since(), f.Rate()
	}
	for code := range b.Silent() {
		for _, area := range b.pathOf(code) {
			s := of(area)
			s.Silent++
			s.SilentOnes = append(s.SilentOnes, code)
		}
	}
	for _, s := range sums {
		slices.Sort(s.SilentOnes)
		s.SilentOnes = s.SilentOnes[:min(len(s.SilentOnes), mostSilent)]
	}
	return sums
}

// Quiet is the summary of an area without any alarm.
func (b *Board) Quiet(now time.Time) *Summary {
	return &Summary{SilentOnes: []string{}, Origin: b.origin, AsOf: now}
}

func (s *Summary) add(a store.Alarm, now time.Time) {
	if a.Priority == alarm.Journal {
		return
	}
	if a.Origin != string(originReal) {
		s.Origin = a.Origin
	}
	switch a.Aside {
	case alarm.Shelved:
		s.Shelved++
		return
	case alarm.Suppressed:
		s.Suppressed++
		return
	case alarm.OutOfService:
		s.OutOfService++
		return
	}
	switch a.Priority {
	case alarm.High:
		s.High.add(a.State)
		if at := a.Machine.CalledAt; a.State == alarm.Unacked && (s.OldestHighAt == nil || at.Before(*s.OldestHighAt)) {
			s.OldestHighAt = &at
		}
	case alarm.Medium:
		s.Medium.add(a.State)
	case alarm.Low:
		s.Low.add(a.State)
	case alarm.Journal:
	}
	if a.Stale(now) {
		s.Stale++
	}
	if a.Chattering {
		s.Chattering++
	}
}

// originReal is the origin that need not be named when others are shown too.
const originReal = "real"

// Floods is since when each flooded area is flooded.
func (b *Board) Floods() map[string]time.Time {
	floods := map[string]time.Time{}
	for area, f := range b.floods {
		if since := f.Since(); since != nil {
			floods[area] = *since
		}
	}
	return floods
}

// Groups are the groups of an area's alarms.
func (b *Board) Groups(area string) []alarm.Group {
	var list []alarm.Alarm
	types := map[string]alarm.Type{}
	for _, a := range b.open {
		if slices.Contains(a.Path, area) {
			list = append(list, a.Alarm)
			types[a.Type] = a.Of
		}
	}
	slices.SortFunc(list, func(x, y alarm.Alarm) int { return cmp.Or(x.KnownAt.Compare(y.KnownAt), cmp.Compare(x.ID, y.ID)) })
	groups := alarm.Groups(list, types)
	if groups == nil {
		groups = []alarm.Group{}
	}
	return groups
}
