// Package kpi counts. A Board keeps, per area and for all its ancestors, the numbers a wall shows, and moves
// them when a report changes or when the clock alone makes something true. It knows no store and no screen;
// the SQL that checks it lives elsewhere and is compared by Compare.
package kpi

import "time"

// Area names an area: codes are unique only within their division.
type Area struct{ Division, Code string }

// Fact is what the counters need to know of a report at one version.
type Fact struct {
	ID         string
	Version    int64
	Origin     string
	Division   string
	Path       []string // root first
	ReceivedAt time.Time
	Open       bool
	EndedAt    *time.Time // when it stopped being open; nil while open
	DueNow     *time.Time // the running deadline; nil when no clock runs
	Original   *time.Time // the resolve deadline as first promised
	ResolvedAt *time.Time
	Excluded   bool // refused, merged or withdrawn
	Withdrawn  bool
	State      string // normal, attention, warning or critical
}

// Values are the numbers of one area at AsOf. Nil is "no data", never 0.
type Values struct {
	Area   Area
	AsOf   time.Time
	Origin string // the worst origin of what is summed; "real" only when all of it is

	Open        int
	OpenDayAgo  *int // 24 h before AsOf; nil when the facts do not reach back so far
	Overdue     int
	OverdueHigh int      // of the overdue ones those in state critical or warning
	OldestHours *float64 // of the report overdue longest, in hours, one decimal; nil when none is

	Received24h       int  // received in (AsOf-24h, AsOf]
	ReceivedDayBefore *int // in (AsOf-48h, AsOf-24h]; nil when the facts do not reach back so far

	OnTimeMet int // of OnTimeDue those resolved by it
	OnTimeDue int // original deadline in (AsOf-30d, AsOf], not refused, merged or withdrawn

	Critical int // open reports in state critical
	Warning  int

	Hourly [24]Hour // clock hours, oldest first, the last one still running
	Rows   []Row    // the children that any fact names, by code
}

// Hour is one clock hour.
type Hour struct {
	At      time.Time // its beginning, UTC
	Count   int
	Average *float64 // mean of the same clock hour over the 28 days before; nil without any of them
}

// Row is one child of an area.
type Row struct {
	Area     string `json:"area"`
	Open     int    `json:"open"`
	Overdue  int    `json:"overdue"`
	Critical int    `json:"critical"`
	Warning  int    `json:"warning"`
	State    string `json:"state"`
}

// The targets of a wall.
const (
	OnTimeTarget      = 95.0 // per cent of the reports that are due
	OverdueHighTarget = 0.0  // overdue reports of high priority
	SourcesTarget     = 98.0 // per cent of the sources registered
	BouncesTarget     = 5.0  // per cent of the assignments
	TeamsTarget       = 80.0 // per cent of the community teams
)

// The windows. All slide with the clock.
const (
	day          = 24 * time.Hour
	onTimeWindow = 30 * day
	averageDays  = 28
)

// Horizon is how far back facts matter: Load wants every fact that is open, and of the others those received,
// ended or with their Original deadline after now minus Horizon.
const Horizon = onTimeWindow
