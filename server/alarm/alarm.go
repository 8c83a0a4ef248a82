// Package alarm holds the rules of alarms (ANSI/ISA-18.2, IEC 62682): when one is raised and returns to normal, what people
// may do with it, and whether a room has more of them than it can answer. An alarm asks somebody for an act; what asks for none
// is a journal entry. Everything here is a pure function of its arguments, the clock included.
package alarm

import "time"

// Priority says how soon an alarm wants to be answered.
type Priority string

// The priorities, loudest first. Journal is written down and never annunciated.
const (
	High    Priority = "high"
	Medium  Priority = "medium"
	Low     Priority = "low"
	Journal Priority = "journal"
)

// State is where an alarm is on its way (ISA-18.2, figure 3).
type State string

// The states.
const (
	Unacked State = "unacked" // active, nobody has taken it
	Acked   State = "acked"   // active, taken
	Cleared State = "cleared" // back to normal, nobody has taken it
	Closed  State = "closed"  // over
)

// Aside says why an alarm is kept out of the way.
type Aside string

// The ways to be aside. The zero value is none.
const (
	Shelved      Aside = "shelved"        // by a person, for a time, with a reason
	Suppressed   Aside = "suppressed"     // by design: maintenance, or a parent that explains it
	OutOfService Aside = "out_of_service" // by the shift lead, until taken back
)

// Source says what a target is.
type Source string

// The sources.
const (
	FromSensor  Source = "sensor"
	FromGateway Source = "gateway"
	FromArea    Source = "area"   // a rule that joins conditions over an area
	FromReport  Source = "report" // an emergency that nobody takes in
)

// Alarm is one occurrence: from being raised until it is over. One of a type and target is open at a time.
type Alarm struct {
	ID      string // UUID
	Version int64  // grows with every change
	Origin  string
	Type    string // code of its Type
	Source  Source
	Target  string // code of the sensor, gateway or area, or the report's id
	// Name is what people call the target.
	Name     string
	Kind     string // of sensor; empty for others
	Priority Priority
	State    State
	Aside    Aside
	Division string
	Area     string
	Path     []string
	Lat, Lon float64
	Value    *float64 // the worst value since it was raised; nil where there is none
	Unit     string   // of measure
	Limit    string   // what was reached, "BĐ2 589,50 m"
	Members  []string // sensors of a gateway, or those that a joined rule rests on

	RaisedAt time.Time  // when the condition had held long enough, by the clock of its readings
	KnownAt  time.Time  // when this house knew
	AgainAt  *time.Time // when it last came again while open
	AckedAt  *time.Time
	AckedBy  string // who took it: the name shown to colleagues
	AckedAs  string // in which role, for screens
	ClearAt  *time.Time
	ClosedAt *time.Time
	// Until is when a shelf or the horn's silence ends by itself.
	Until         *time.Time
	AsideReason   string
	SilencedUntil *time.Time
	Count         int  // how often it was raised while open, 1 at first
	Chattering    bool // came and went so often that it is latched
	Callout       Callout
	Incident      string // id of the incident it belongs to
	Machine       Machine
}

// Machine is what the states remember beside what is shown.
type Machine struct {
	// CalledAt is since when the alarm asks for an answer: latencies count from here. It is when it was known, came again
	// out of Cleared, or came back from being aside.
	CalledAt time.Time `json:"called_at"`
}

// CalloutState is how far calling people out has come.
type CalloutState string

// The states of a callout. The zero value is: nobody has to be called yet.
const (
	CalloutWaiting   CalloutState = "waiting" // its time has not come
	CalloutCalling   CalloutState = "calling"
	CalloutTaken     CalloutState = "taken"
	CalloutExhausted CalloutState = "exhausted" // nobody is left to call
)

// Callout is what is shown of calling people out of the room for an alarm.
type Callout struct {
	State   CalloutState `json:"state"`
	Step    int          `json:"step"` // of its ladder, from 1
	To      string       `json:"to"`   // the position, never a name
	At      *time.Time   `json:"at"`
	Channel string       `json:"channel"` // push, mail, sms
	Result  string       `json:"result"`  // sent, delivered, failed
}
