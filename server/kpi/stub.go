package kpi

import "time"

// Board keeps the counters. One goroutine at a time may use it.
type Board struct{}

// NewBoard makes an empty board whose hours begin in loc.
func NewBoard(loc *time.Location) *Board { panic("unwritten") }

// Load forgets everything and counts facts as of now.
func (b *Board) Load(facts []Fact, now time.Time) { panic("unwritten") }

// Apply counts a fact as of now and reports whether it was news: a version not newer than the held one is
// ignored.
func (b *Board) Apply(f Fact, now time.Time) bool { panic("unwritten") }

// Advance moves the counters to now; an earlier now than the last is ignored.
func (b *Board) Advance(now time.Time) { panic("unwritten") }

// Next is the first instant after the last at which a counter moves by itself; zero when none will.
func (b *Board) Next() time.Time { panic("unwritten") }

// Values are the numbers of an area as of the last Apply, Advance or Load.
func (b *Board) Values(a Area) Values { panic("unwritten") }

// Areas lists the areas any fact names, sorted.
func (b *Board) Areas() []Area { panic("unwritten") }

// TakeChanged lists the areas whose numbers moved since it was last called, sorted.
func (b *Board) TakeChanged() []Area { panic("unwritten") }

// Difference is one number on which two Values disagree.
type Difference struct {
	Name string
	A, B string
}

// Compare lists the numbers on which a and b disagree.
func Compare(a, b Values) []Difference { panic("unwritten") }

// Level is a KPI as it travels: Key "kpi/open", Data ready for JSON.
type Level struct {
	Key  string
	Data any
}

// Levels are kpi/open, kpi/overdue, kpi/received_24h, kpi/on_time_30d, kpi/hourly and kpi/areas.
func (v Values) Levels() []Level { panic("unwritten") }
