package report

import "time"

// ActName names what somebody does to a report.
type ActName string

// The acts. Receive is the birth and cannot be asked for.
const (
	Receive          ActName = "receive"
	Accept           ActName = "accept"
	Refuse           ActName = "refuse"
	Merge            ActName = "merge"
	Ask              ActName = "ask"
	Supplement       ActName = "supplement"
	Assign           ActName = "assign"
	Return           ActName = "return"
	Start            ActName = "start"
	RequestExtension ActName = "request_extension"
	ApproveExtension ActName = "approve_extension"
	DenyExtension    ActName = "deny_extension"
	Resolve          ActName = "resolve"
	Publish          ActName = "publish"
	Reopen           ActName = "reopen"
	Complete         ActName = "complete"
	Withdraw         ActName = "withdraw"
	ConfirmPlace     ActName = "confirm_place"
)

// Act is one thing somebody does.
type Act struct {
	Name    ActName
	Version int64  // the version its actor saw; 0 skips the check
	Actor   string // an opaque id or a role, never a citizen's name
	Unit    string // assign
	Reason  string
	Text    string // supplement, resolve, publish
	Parent  string // merge: the other's public code
	Until   *time.Time
	Place   *Placed // confirm_place; nil confirms the present area
}

// Entry is an act as it happened; the timeline of a report is its entries, N from 1.
type Entry struct {
	N      int64
	Act    ActName
	From   Status // empty at birth
	To     Status
	Actor  string
	Unit   string
	Reason string
	Text   string
	Parent string
	Until  *time.Time
	Area   string // confirm_place: the area confirmed
	At     time.Time
}
