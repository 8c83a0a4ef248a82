// Package report holds the rules of a citizen's report: what may be sent, what may become of it, and by when.
// Everything here is a pure function of its arguments, the clock included; nothing is stored, sent or logged.
package report

import "time"

// Origin says where a fact comes from. Real and not real are never summed.
type Origin string

// The origins.
const (
	Real      Origin = "real"
	Simulated Origin = "simulated"
	Replayed  Origin = "replayed"
	Imported  Origin = "imported"
	Drill     Origin = "drill"
)

// Known reports whether o is one of the origins.
func (o Origin) Known() bool {
	switch o {
	case Real, Simulated, Replayed, Imported, Drill:
		return true
	}
	return false
}

// Source is the door a report came in by.
type Source string

// The sources.
const (
	FromForm      Source = "form"
	FromAPI       Source = "api"
	FromOpen311   Source = "open311"
	FromStaff     Source = "staff"   // typed in by an officer, by whatever way it came
	FromPhone     Source = "phone"   // a call that an officer wrote down
	FromPaper     Source = "paper"   // a letter or a petition on paper
	FromZalo      Source = "zalo"    // a message to the centre's Zalo page
	FromCounter   Source = "counter" // told at the counter
	FromSimulator Source = "simulator"
	FromReplay    Source = "replay"
	FromHistory   Source = "history"
)

// Channels are the ways by which a report reaches an officer who types it in.
func Channels() []Source { return []Source{FromPhone, FromZalo, FromPaper, FromCounter, FromStaff} }

// Label is the channel in Vietnamese, empty for a source that is none.
func (s Source) Label() string {
	switch s {
	case FromPhone:
		return "Điện thoại"
	case FromZalo:
		return "Zalo"
	case FromPaper:
		return "Văn bản giấy"
	case FromCounter:
		return "Trực tiếp"
	case FromStaff:
		return "Cán bộ nhập"
	default:
		return ""
	}
}

// Known reports whether s is one of the sources.
func (s Source) Known() bool {
	switch s {
	case FromForm, FromAPI, FromOpen311, FromStaff, FromPhone, FromZalo, FromPaper, FromCounter, FromSimulator, FromReplay, FromHistory:
		return true
	}
	return false
}

// Point is a place on Earth, WGS 84, in degrees.
type Point struct{ Lat, Lon float64 }

// Placed says which area a point was put in, in the division in force at its receipt.
type Placed struct {
	Division string
	Area     string   // the innermost area's code
	Path     []string // codes from the root down, Area last
}

// Due holds the ends of the clocks. A nil one has not started. All are UTC.
type Due struct {
	Accept  *time.Time // T1: take it in
	Assign  *time.Time // T2: give it to a unit; starts again when a unit returns it
	Resolve *time.Time // T3: handle it; moved by pauses and by approved extensions
	// Original is T3 as it was first promised. It never moves, so that neither a pause nor an extension changes
	// which month a report is counted in.
	Original *time.Time
	Publish  *time.Time // T4: publish the result
}

// Report is what a resident told us and what became of it. The contact of the sender is not in it.
// Pointers to times are nil for what has not happened; all times are UTC with microseconds.
type Report struct {
	ID          string // UUID, never shown to the public
	Code        string // public code, "K7M2-Q9XD"
	Version     int64  // number of acts so far, 1 at birth
	Origin      Origin
	Source      Source
	Category    string
	Description string
	Address     string
	Location    Point

	Division       string
	Area           string
	Path           []string
	PlaceConfirmed bool

	Status    Status
	Before    Status // where to return to from can_bo_sung and xin_gia_han; empty otherwise
	Priority  Priority
	Emergency bool
	Unit      string // the responsible unit; empty while nobody is
	Level     Level  // of government that answers for it now
	Parent    string // public code of the report this one was merged into

	ReceivedAt  time.Time
	OccurredAt  *time.Time // what the sender claims
	ChangedAt   time.Time  // when the newest act was done
	Due         Due
	AcceptedAt  *time.Time
	AssignedAt  *time.Time // the first assignment
	ResolvedAt  *time.Time // nil again after reopening
	PublishedAt *time.Time // nil again after reopening
	ClosedAt    *time.Time // refused, merged or completed
	WithdrawnAt *time.Time

	PausedAt       *time.Time // since when the clocks stand still
	ExtensionUntil *time.Time // what the unit asked for and nobody has decided yet

	Reason     string // of the newest act that needed one
	Answer     string // the unit's result, not reviewed
	PublicText string // the result as published
	Bounces    int
	Reopens    int
	HasContact bool
	Rules      int // version of the deadline rules at its birth

	Photos       int           // kept of it; none once it is withdrawn
	PublicPhotos []PublicPhoto // whose copies everybody may see while a result is published; nil for none
}

// PublicPhoto is a photo and the public name of its copy, in which is covered what concerns nobody.
type PublicPhoto struct {
	Photo string `json:"photo"`
	Copy  string `json:"copy"`
}

// Draft is what a sender gives.
type Draft struct {
	Category    string
	Description string
	Address     string
	Location    Point
	OccurredAt  *time.Time
	Emergency   bool
	HasContact  bool
	Source      Source
	Origin      Origin
}

// Birth is what the system adds to a draft.
type Birth struct {
	ID   string
	Code string
	Placed
	At    time.Time // received_at
	Actor string    // the officer who typed it in; empty for a sender's own
}
