// Package view is the only place that decides who may see what of a report. Each audience has its own struct,
// an allow-list: a field that is not in it cannot reach it. It never stores or sends anything.
package view

import (
	"time"

	"toancanh/server/report"
)

// Lens is what a face needs besides the report: the zone its days are counted in, and what people call the units.
type Lens struct {
	Location *time.Location
	Units    map[string]string // code -> name; may be nil
}

// NewLens makes a lens for the units that act.
func NewLens(loc *time.Location, units []report.Unit) Lens {
	l := Lens{Location: loc, Units: make(map[string]string, len(units))}
	for _, u := range units {
		l.Units[u.ID] = u.Name
	}
	return l
}

// UnitName is what people call a unit; a unit nobody named goes by its code.
func (l Lens) UnitName(code string) string {
	if name, ok := l.Units[code]; ok {
		return name
	}
	return code
}

// OpsReport is a report as operators, leads, leaders and the staff of its unit see it.
type OpsReport struct {
	ID             string     `json:"id"`
	Code           string     `json:"code"`
	Version        int64      `json:"version"`
	Origin         string     `json:"origin"`
	Category       string     `json:"category"`
	Description    string     `json:"description"`
	Address        string     `json:"address"`
	Location       Location   `json:"location"`
	Division       string     `json:"division"`
	Area           string     `json:"area"`
	Path           []string   `json:"path"`
	PlaceConfirmed bool       `json:"place_confirmed"`
	Status         string     `json:"status"`
	Priority       string     `json:"priority"`
	Emergency      bool       `json:"emergency"`
	Unit           string     `json:"unit"`
	Level          string     `json:"level"` // of government that answers for it: xa, huyen, tinh, trung_uong
	Parent         string     `json:"parent"`
	Source         string     `json:"source"`
	ReceivedAt     time.Time  `json:"received_at"`
	OccurredAt     *time.Time `json:"occurred_at"`
	Due            Due        `json:"due"`
	AcceptedAt     *time.Time `json:"accepted_at"`
	AssignedAt     *time.Time `json:"assigned_at"`
	ResolvedAt     *time.Time `json:"resolved_at"`
	PublishedAt    *time.Time `json:"published_at"`
	ClosedAt       *time.Time `json:"closed_at"`
	WithdrawnAt    *time.Time `json:"withdrawn_at"`
	Reason         string     `json:"reason"`
	Answer         string     `json:"answer"`
	PublicText     string     `json:"public_text"`
	Bounces        int        `json:"bounces"`
	Reopens        int        `json:"reopens"`
	HasContact     bool       `json:"has_contact"`
	Photos         int        `json:"photos"`
}

// Location is a point, in degrees.
type Location struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Due holds the deadlines; Running is the one whose clock runs now.
type Due struct {
	Accept   *time.Time `json:"accept"`
	Assign   *time.Time `json:"assign"`
	Resolve  *time.Time `json:"resolve"`
	Original *time.Time `json:"original"`
	Publish  *time.Time `json:"publish"`
	Running  *time.Time `json:"running"`
}

// WallReport is a report as a screen in the control room shows it.
type WallReport struct {
	ID         string     `json:"id"`
	Code       string     `json:"code"`
	Version    int64      `json:"version"`
	Origin     string     `json:"origin"`
	Category   string     `json:"category"`
	Summary    string     `json:"summary"` // redacted, at most 140 characters
	Lat        float64    `json:"lat"`
	Lon        float64    `json:"lon"`
	Area       string     `json:"area"`
	Path       []string   `json:"path"`
	Status     string     `json:"status"`
	Priority   string     `json:"priority"`
	Emergency  bool       `json:"emergency"`
	State      string     `json:"state"`
	Open       bool       `json:"open"`
	ReceivedAt time.Time  `json:"received_at"`
	Unit       string     `json:"unit"`      // code of the unit that is responsible; empty while none is
	UnitName   string     `json:"unit_name"` // its name, the code when nobody named it
	NextAct    string     `json:"next_act"`  // the act that is due next: accept, assign, resolve, publish or none
	DueAt      *time.Time `json:"due_at"`    // the running deadline: overdue is open and due_at before now
	ClosedAt   *time.Time `json:"closed_at"`
}

// PublicReport is a report as everybody may see it. Its id is the code.
type PublicReport struct {
	Code         string     `json:"code"`
	Version      int64      `json:"version"`
	Category     string     `json:"category"`
	Area         string     `json:"area"`
	Path         []string   `json:"path"`
	Origin       string     `json:"origin"`
	Status       string     `json:"status"`
	ReceivedHour time.Time  `json:"received_hour"`
	DueDate      *string    `json:"due_date"`
	ResolvedDate *string    `json:"resolved_date"`
	PublishedAt  *time.Time `json:"published_at"`
	Text         string     `json:"text"`
	Answer       string     `json:"answer"`
	Photos       []string   `json:"photos"` // addresses of what everybody may see
}

// FollowReport is what the sender, who holds the code, sees on the page of the report.
type FollowReport struct {
	Code         string     `json:"code"`
	Version      int64      `json:"version"`
	Origin       string     `json:"origin"`
	Category     string     `json:"category"`
	Area         string     `json:"area"`
	Path         []string   `json:"path"`
	Status       string     `json:"status"`
	StatusLabel  string     `json:"status_label"`
	ReceivedHour time.Time  `json:"received_hour"`
	DueDate      *string    `json:"due_date"`
	ResolvedDate *string    `json:"resolved_date"`
	PublishedAt  *time.Time `json:"published_at"`
	AnswerUntil  *time.Time `json:"answer_until"` // can_bo_sung: until when the sender may answer
	Reason       string     `json:"reason"`       // redacted; only of a refusal or a question
	Parent       string     `json:"parent"`
	Text         string     `json:"text"`
	Photos       []string   `json:"photos"`
}
