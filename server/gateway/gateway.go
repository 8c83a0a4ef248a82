// Package gateway holds what a gateway is, whether it is heard, and how it behaves: whether what it sends is garbage, a
// flood or a past told again. It never stores, sends or logs anything.
package gateway

import "time"

// State is how a gateway behaves.
type State string

// The states. Silent is never stored: it follows from when the gateway was last heard.
const (
	OK        State = "ok"
	Silent    State = "silent"
	Garbage   State = "garbage"   // much of what it sends cannot be taken
	Flooding  State = "flooding"  // it sends more than it may
	Replaying State = "replaying" // it tells again what is known, or what is long past
)

// Standing says whether a gateway is one of ours.
type Standing string

// The standings.
const (
	Proposed Standing = "proposed"
	Active   Standing = "active"
	Retired  Standing = "retired"
)

// Gateway is what sensors speak through.
type Gateway struct {
	Code       string
	Name       string
	Kind       string
	Lat, Lon   float64
	Division   string
	Area       string
	Path       []string
	Owner      string        // a unit; empty: none
	Key        string        // id of the key that is its own; empty: none
	Parent     string        // code of the gateway it speaks through; empty: none
	StaleAfter time.Duration // silence longer than this is a fault
	PerMinute  int           // values it may bring in a minute, in the long run
	Standing   Standing
	Sample     bool
	Origin     string

	SeenAt      time.Time // when it was last heard; zero: never
	State       State     // how it behaved in the last minutes, never Silent
	StateSince  time.Time // zero: ever since it is registered
	Complaint   string    // the newest refusal in words; empty: none yet
	ComplaintAt time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Heard reports whether the gateway was heard within its limit. One that never spoke was not.
func (g Gateway) Heard(now time.Time) bool {
	return !g.SeenAt.IsZero() && now.Sub(g.SeenAt) <= g.StaleAfter
}

// Shown is the state as a list shows it, and since when: a silent gateway is silent whatever it did before.
func (g Gateway) Shown(now time.Time) (State, time.Time) {
	switch {
	case g.Heard(now):
		return g.State, g.StateSince
	case g.SeenAt.IsZero():
		return Silent, g.CreatedAt
	}
	return Silent, g.SeenAt.Add(g.StaleAfter)
}
