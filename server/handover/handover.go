// Package handover holds the rules of handing a shift over: what is told, in what words it is read aloud, and who signs. What is told is made
// from what happened and from what is open, not from what somebody remembers. Everything here is a pure function of its arguments.
package handover

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// Handover is a shift handed over: Content is frozen when the one who leaves signs.
type Handover struct {
	ID       string // UUID
	Division string
	Area     string
	Path     []string
	Content  Content
	Note     string // of who leaves, about what no event tells

	OutBy   string // person
	OutName string
	OutAt   time.Time
	InBy    string // person; empty until taken over
	InName  string
	InAt    *time.Time
	Reply   string // of who comes: what is unclear, what differs
}

// Content is what is told. Lists are cut at MostItems; their counts are not.
type Content struct {
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
	Next time.Time `json:"next"` // until when the next shift is looked ahead

	Origin string `json:"origin"`

	Highs        []Item  `json:"highs"`  // open high alarms, those nobody took first
	Others       int     `json:"others"` // open alarms of the other priorities
	Shelved      []Item  `json:"shelved"`
	OutOfService []Item  `json:"out_of_service"`
	Silent       []Item  `json:"silent"` // sensors and gateways that are not heard
	SilentCount  int     `json:"silent_count"`
	Overdue      []Item  `json:"overdue"` // reports late now
	OverdueCount int     `json:"overdue_count"`
	Due          []Item  `json:"due"` // reports that will be late in the next shift
	DueCount     int     `json:"due_count"`
	Emergencies  []Item  `json:"emergencies"` // open
	Incidents    []Item  `json:"incidents"`   // open
	Warnings     []Item  `json:"warnings"`    // to the public, in force
	Drills       []Item  `json:"drills"`      // held in this shift, or waiting for the next
	Contact      *Test   `json:"contact"`     // the last test of how people on duty are reached; null when there was none in this shift
	Figures      Figures `json:"figures"`
}

// MostItems is how many items of a list are told one by one.
const MostItems = 40

// Item is one thing that is handed over.
type Item struct {
	ID    string     `json:"id"`
	Label string     `json:"label"`
	Place string     `json:"place"` // code of the area, or what people call it
	State string     `json:"state"`
	At    time.Time  `json:"at"`           // since when
	Until *time.Time `json:"until"`        // by when, or until when
	By    string     `json:"by,omitempty"` // who took it or is responsible
	Why   string     `json:"why,omitempty"`
}

// Test is the last contact test.
type Test struct {
	At     time.Time `json:"at"`
	Asked  int       `json:"asked"`
	Ok     int       `json:"ok"`
	Failed []string  `json:"failed"` // positions that did not answer
}

// Figures are what the shift that ends was like.
type Figures struct {
	Raised   map[string]int `json:"raised"` // alarms by priority
	AckP50   *int           `json:"ack_p50_s"`
	AckP95   *int           `json:"ack_p95_s"`
	Received int            `json:"received"` // reports
	Closed   int            `json:"closed"`
}

const mostNote = 2000

// Shift bounds what a handover looks at: back to the one before, at most a day; ahead by one shift.
const (
	longest = 24 * time.Hour
	ahead   = 8 * time.Hour
)

// Span says from when to when a handover tells, and how far it looks ahead. last is when the shift before was handed over, nil when never.
func Span(last *time.Time, now time.Time) (from, next time.Time) {
	from = now.Add(-longest)
	if last != nil && last.After(from) {
		from = *last
	}
	return from, now.Add(ahead)
}

// CleanNote makes what somebody wrote canonical.
func CleanNote(field, text string) (string, error) {
	text = strings.TrimSpace(norm.NFC.String(text))
	if len([]rune(text)) > mostNote {
		return text, fault.Invalid(field, "Dài tối đa %d ký tự.", mostNote).Because("too_long")
	}
	return text, nil
}

// Take is the signature of who comes. It must be somebody else than who left, and it is given once.
func (h Handover) Take(by, name, reply string, now time.Time) (Handover, error) {
	switch {
	case h.InAt != nil:
		return h, fault.Conflict("Ca này đã có người nhận.").Because("taken")
	case by == h.OutBy:
		return h, fault.Forbidden("Người nhận ca phải là người khác người giao ca.").Because("same_person")
	}
	h.InBy, h.InName, h.InAt, h.Reply = by, name, &now, reply
	return h, nil
}
