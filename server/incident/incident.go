// Package incident holds the rules of incidents: which alarms and reports are one happening, what the room may do with it, and
// when it is over. Everything here is a pure function of its arguments, the clock included.
package incident

import (
	"fmt"
	"slices"
	"time"

	"toancanh/server/area"
)

// State is where an incident stands.
type State string

// The states.
const (
	Proposed  State = "proposed"  // nobody has said yet whether it is one
	Open      State = "open"      // somebody commands it
	Closed    State = "closed"    // over, with a report
	Dismissed State = "dismissed" // it was none; what it held is not proposed again
)

// Live reports whether the room still has to do with it.
func (s State) Live() bool { return s == Proposed || s == Open }

// Label is the state in Vietnamese, empty for an unknown one.
func (s State) Label() string {
	switch s {
	case Proposed:
		return "Đề xuất"
	case Open:
		return "Đang mở"
	case Closed:
		return "Đã đóng"
	case Dismissed:
		return "Đã bỏ qua"
	}
	return ""
}

// ThingKind says what belongs to an incident.
type ThingKind string

// The kinds of things.
const (
	AnAlarm  ThingKind = "alarm"
	AReport  ThingKind = "report"
	MostEach           = 200 // things of each kind in one incident
)

// Ref names a thing by its UUID.
type Ref struct {
	Kind ThingKind `json:"kind"`
	ID   string    `json:"id"`
}

// Thing is an alarm or a report as the rule sees it.
type Thing struct {
	Ref
	Family   Family
	At       time.Time // when it was raised or received
	Point    area.Point
	Division string
	Area     string
	Path     []string
	Urgent   bool // an alarm of high priority, or an emergency
	Origin   string
}

// Person is an officer: by an opaque id, as colleagues know them, and in the role that screens may name.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	As   string `json:"as"`
}

// Incident is a happening that the room answers as one. Version counts what was done to it.
type Incident struct {
	ID           string
	Year, Number int
	Version      int64
	Origin       string
	State        State
	Family       Family
	Title        string
	Division     string
	Area         string
	Path         []string
	Point        area.Point
	ByRule       bool      // proposed by the rule, else by hand
	FirstAt      time.Time // of its things, as they were proposed and joined
	LastAt       time.Time
	ProposedAt   time.Time
	OpenedAt     *time.Time
	ClosedAt     *time.Time // closed or dismissed
	ChangedAt    time.Time
	Commander    Person
	Reason       string // of its dismissal, or of its newest opening again
	Closing      string // the closing report
	Alarms       []string
	Reports      []string
	TasksOpen    int
	TasksDone    int
	Attachments  int
}

// Code is what people call it, "SC-2026-0007".
func (i Incident) Code() string { return fmt.Sprintf("SC-%04d-%04d", i.Year, i.Number) }

// Holds reports whether a thing belongs to it.
func (i Incident) Holds(r Ref) bool {
	return slices.Contains(i.list(r.Kind), r.ID)
}

func (i Incident) list(k ThingKind) []string {
	if k == AnAlarm {
		return i.Alarms
	}
	return i.Reports
}
