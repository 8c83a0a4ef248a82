// Package warning holds the rules of warnings to the public: what a message of the Common Alerting Protocol says (OASIS CAP
// 1.2), how one is written and how one of a stranger is read without harm, the way of a warning from its draft over a second
// person's approval to a message nobody changes any more, and which warnings are in force. It is pure: it keeps nothing,
// fetches nothing and is told the time.
package warning

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Namespaces of CAP. Ours are written in the newer one; of others both are read.
const (
	Namespace   = "urn:oasis:names:tc:emergency:cap:1.2"
	Namespace11 = "urn:oasis:names:tc:emergency:cap:1.1"
)

// MediaType of a CAP message.
const MediaType = "application/cap+xml"

// Status says how an alert is meant.
type Status string

// The statuses.
const (
	Actual      Status = "Actual"
	Exercise    Status = "Exercise"
	System      Status = "System"
	Test        Status = "Test"
	DraftStatus Status = "Draft"
)

// MsgType says what an alert does to those before it.
type MsgType string

// The types of messages.
const (
	New    MsgType = "Alert"
	Update MsgType = "Update"
	Cancel MsgType = "Cancel"
	Ack    MsgType = "Ack"
	Failed MsgType = "Error"
)

// ScopePublic is the scope of what everybody may read.
const ScopePublic = "Public"

// Alert is one CAP message. Times keep the zone they are written in.
type Alert struct {
	Version     string // "1.2", or "1.1" of one that was read
	Identifier  string
	Sender      string
	Sent        time.Time
	Status      Status
	MsgType     MsgType
	Source      string
	Scope       string
	Restriction string
	Addresses   string
	Codes       []string
	Note        string
	References  []Reference
	Incidents   string
	Infos       []Info
	Signed      bool // it carries an XML signature, which nobody here checks
}

// Info is what an alert says in one language.
type Info struct {
	Language      string // "en-US" where an alert says none
	Categories    []string
	Event         string
	ResponseTypes []string
	Urgency       string
	Severity      string
	Certainty     string
	Audience      string
	EventCodes    []Pair
	Effective     time.Time // zero: when it was sent
	Onset         time.Time
	Expires       time.Time // zero: not said
	SenderName    string
	Headline      string
	Description   string
	Instruction   string
	Web           string
	Contact       string
	Parameters    []Pair
	Resources     []Resource
	Areas         []Area
}

// Pair is a value and the name of the list it comes from.
type Pair struct{ Name, Value string }

// Resource is something beside an alert's words. It is read and never fetched; ours carry none.
type Resource struct{ Description, MimeType, URI, Digest string }

// Area is where an alert holds.
type Area struct {
	Description string
	Polygons    [][]Point
	Circles     []Circle
	Geocodes    []Pair
	Altitude    string // feet
	Ceiling     string
}

// Point is a place, in degrees. CAP writes latitude first.
type Point struct{ Lat, Lon float64 }

// Circle is a place and a distance around it.
type Circle struct {
	Centre Point
	KM     float64
}

// Reference names an earlier message.
type Reference struct {
	Sender, Identifier string
	Sent               time.Time
}

// Key tells one message from all others: sender, identifier and time of sending, written in one way whatever zone it had.
func (r Reference) Key() string {
	return r.Sender + "," + r.Identifier + "," + r.Sent.UTC().Format(time.RFC3339)
}

// Reference is how later messages name the alert.
func (a Alert) Reference() Reference { return Reference{a.Sender, a.Identifier, a.Sent} }

// Info is what the alert says in a language, or else what it says first.
func (a Alert) Info(language string) Info {
	i := slices.IndexFunc(a.Infos, func(i Info) bool {
		main, _, _ := strings.Cut(i.Language, "-")
		return strings.EqualFold(main, language)
	})
	if len(a.Infos) == 0 {
		return Info{}
	}
	return a.Infos[max(i, 0)]
}

// The words an element may hold.
func statuses() []string { return []string{"Actual", "Exercise", "System", "Test", "Draft"} }
func msgTypes() []string { return []string{"Alert", "Update", "Cancel", "Ack", "Error"} }
func scopes() []string   { return []string{"Public", "Restricted", "Private"} }

// Categories are the kinds of events.
func Categories() []string {
	return []string{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
}

// ResponseTypes are what the public is asked to do.
func ResponseTypes() []string {
	return []string{"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
}

// Urgencies are how soon something has to be done, the soonest first.
func Urgencies() []string { return []string{"Immediate", "Expected", "Future", "Past", "Unknown"} }

// Severities are how bad an event is, the worst first.
func Severities() []string { return []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"} }

// Certainties are how sure an event is, the surest first.
func Certainties() []string { return []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"} }

// ParseKey reads what Key wrote.
func ParseKey(key string) (Reference, error) {
	parts := strings.Split(key, ",")
	if len(parts) != 3 {
		return Reference{}, fmt.Errorf("%q names no message", clip(key))
	}
	sent, err := time.Parse(time.RFC3339, parts[2])
	return Reference{parts[0], parts[1], sent}, err
}
