// Package duty holds the rules of being on duty: who holds a position at an instant, where a roster has gaps, how a pattern fills
// it, and the ladder by which an alarm that nobody takes calls people. Everything here is a pure function of its arguments, the
// clock and the zone included; it reaches nobody.
package duty

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/fault"
)

// Position is what somebody on duty is called as.
type Position string

// The positions. Those of the room are one each for the whole province; a unit has its own.
const (
	ShiftLead    Position = "truong_ca"
	Operator     Position = "truc_ban"
	OnCallLeader Position = "lanh_dao_truc"
	UnitOnDuty   Position = "truc_don_vi"
)

// Positions are all positions, in the order in which they are called.
func Positions() []Position { return []Position{Operator, ShiftLead, OnCallLeader, UnitOnDuty} }

// RoomPositions are those that somebody must hold at every instant.
func RoomPositions() []Position { return []Position{Operator, ShiftLead, OnCallLeader} }

// Label is the position in Vietnamese, empty for an unknown one.
func (p Position) Label() string {
	switch p {
	case ShiftLead:
		return "Trưởng ca"
	case Operator:
		return "Cán bộ trực"
	case OnCallLeader:
		return "Lãnh đạo trực"
	case UnitOnDuty:
		return "Trực đơn vị"
	}
	return ""
}

// Post is a position, of a unit where units have one each.
type Post struct {
	Position Position
	Unit     string // of UnitOnDuty alone
}

// Shift is somebody's duty at a post for a time.
type Shift struct {
	ID      string
	Version int64
	Post
	Name       string // of the shift, such as "Ca 1"
	Person     string // id
	Substitute string // id of who is called when the person cannot be reached; may be empty
	From       time.Time
	Until      time.Time // not included
}

// Bounds of a shift.
const (
	MostShift = 31 * 24 * time.Hour
	MostName  = 60 // characters
)

// Check says everything that is wrong with a shift.
func (s Shift) Check() error {
	var faults []error
	if s.Position.Label() == "" {
		faults = append(faults, fault.Invalid("position", "Vị trí phải là truong_ca, truc_ban, lanh_dao_truc hoặc truc_don_vi.").Because("unknown"))
	}
	if (s.Position == UnitOnDuty) != (s.Unit != "") {
		faults = append(faults, fault.Invalid("unit", "Trực đơn vị cần mã đơn vị; vị trí khác thì không.").Because("required"))
	}
	if s.Person == "" {
		faults = append(faults, fault.Invalid("person", "Cần người trực.").Because("required"))
	}
	if s.Substitute != "" && s.Substitute == s.Person {
		faults = append(faults, fault.Invalid("substitute", "Người dự phòng phải khác người trực.").Because("same"))
	}
	if d := s.Until.Sub(s.From); d <= 0 || d > MostShift {
		faults = append(faults, fault.Invalid("until", "Ca trực kết thúc sau khi bắt đầu, dài tối đa 31 ngày.").Because("out_of_range"))
	}
	return fault.Join(faults...)
}

// On reports whether the shift holds an instant.
func (s Shift) On(at time.Time) bool { return !at.Before(s.From) && at.Before(s.Until) }

// Roster is some shifts, in any order.
type Roster []Shift

// Holders are the shifts that hold a post at an instant: who began first is first.
func (r Roster) Holders(post Post, at time.Time) []Shift {
	var on []Shift
	for _, s := range r {
		if s.Post == post && s.On(at) {
			on = append(on, s)
		}
	}
	slices.SortFunc(on, func(a, b Shift) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return on
}

// Now is the name of the shift under way: that of the operators, else of the lead, else of whoever has one.
func (r Roster) Now(at time.Time) string {
	for _, p := range RoomPositions() {
		for _, s := range r.Holders(Post{Position: p}, at) {
			if s.Name != "" {
				return s.Name
			}
		}
	}
	return ""
}

// Gap is a time in which nobody holds a post: "không có ai".
type Gap struct {
	Post
	From  time.Time
	Until time.Time
}

// Gaps are the times within a span in which nobody holds one of the posts, in the order of the posts.
func (r Roster) Gaps(posts []Post, from, until time.Time) []Gap {
	var gaps []Gap
	for _, post := range posts {
		var own []Shift
		for _, s := range r {
			if s.Post == post && s.From.Before(until) && s.Until.After(from) {
				own = append(own, s)
			}
		}
		slices.SortFunc(own, func(a, b Shift) int { return a.From.Compare(b.From) })
		at := from
		for _, s := range own {
			if s.From.After(at) {
				gaps = append(gaps, Gap{post, at, s.From})
			}
			if s.Until.After(at) {
				at = s.Until
			}
		}
		if at.Before(until) {
			gaps = append(gaps, Gap{post, at, until})
		}
	}
	return gaps
}
