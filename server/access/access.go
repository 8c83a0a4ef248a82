// Package access decides who may see and do what: one table of role, action and reach, and the rule that a thing
// somebody may not even see does not exist for them. It is pure: it knows no session, no database and no HTTP.
package access

import "slices"

// Role is what somebody is in the house. A person may have several; whatever one of them allows is allowed.
type Role string

// The roles of people, then of things, then everybody.
const (
	Administrator Role = "quan_tri"
	ShiftLead     Role = "truong_ca"
	Operator      Role = "can_bo_truc"
	UnitLead      Role = "don_vi_truong"
	UnitOfficer   Role = "don_vi_can_bo"
	Leader        Role = "lanh_dao"
	DataOfficer   Role = "bao_ve_du_lieu"
	CommunityTeam Role = "to_cnscd"

	Desk         Role = "ban_truc" // a paired desk: shows an area's list whoever sits there, and acts for nobody
	Screen       Role = "man_hinh"
	KeyReadings  Role = "may:readings"  // a gateway: posts readings and sensor events
	KeySensors   Role = "may:sensors"   // a tool that registers sensors
	KeyProvision Role = "may:provision" // a tool that asks for sensors to be let in
	KeyReports   Role = "may:reports"   // a partner system
	KeyScreens   Role = "may:screens"   // a tool that orders screens
	KeyHistory   Role = "may:history"   // a tool that loads the past
	Hub          Role = "hub"

	Public Role = "khach"
)

// PersonRoles are the roles a person may be given, in the order people read them.
func PersonRoles() []Role {
	return []Role{Administrator, ShiftLead, Operator, UnitLead, UnitOfficer, Leader, DataOfficer, CommunityTeam}
}

// Roles are all roles, in the order of the table's columns.
func Roles() []Role {
	return append(PersonRoles(), Desk, Screen, KeyReadings, KeySensors, KeyProvision, KeyReports, KeyScreens, KeyHistory, Hub, Public)
}

// Label is the role in Vietnamese, empty for an unknown one.
func (r Role) Label() string {
	switch r {
	case Administrator:
		return "Quản trị hệ thống"
	case ShiftLead:
		return "Trưởng ca"
	case Operator:
		return "Cán bộ trực"
	case UnitLead:
		return "Trưởng đơn vị"
	case UnitOfficer:
		return "Cán bộ đơn vị"
	case Leader:
		return "Lãnh đạo"
	case DataOfficer:
		return "Cán bộ bảo vệ dữ liệu"
	case CommunityTeam:
		return "Thành viên Tổ công nghệ số cộng đồng"
	case Desk:
		return "Bàn trực"
	case Screen:
		return "Màn hình"
	case KeyReadings:
		return "Khóa: gửi số đo"
	case KeyProvision:
		return "Khóa: đề nghị cảm biến"
	case KeySensors:
		return "Khóa: đăng ký cảm biến"
	case KeyReports:
		return "Khóa: hệ thống đối tác"
	case KeyScreens:
		return "Khóa: điều khiển màn hình"
	case KeyHistory:
		return "Khóa: nạp dữ liệu cũ"
	case Hub:
		return "Hub"
	case Public:
		return "Khách"
	}
	return ""
}

// NeedsCode reports whether people with the role must prove a second factor.
func (r Role) NeedsCode() bool { return r == Administrator || r == DataOfficer }

// Place is an area by its path: area codes of a division from the root down.
type Place struct {
	Division string
	Path     []string
}

// Holds reports whether other lies in the place or is it.
func (p Place) Holds(other Place) bool {
	return p.Division == other.Division && len(p.Path) > 0 && len(p.Path) <= len(other.Path) &&
		slices.Equal(p.Path, other.Path[:len(p.Path)])
}

// Scope is where somebody's rights hold.
type Scope struct {
	Everywhere bool    // the whole province, in every division
	Places     []Place // areas with all that lies in them
	Units      []string
}

// HoldsPlace reports whether a place is in the scope.
func (s Scope) HoldsPlace(p Place) bool {
	return p.Division != "" && (s.Everywhere || slices.ContainsFunc(s.Places, func(own Place) bool { return own.Holds(p) }))
}

// HoldsUnit reports whether a unit is in the scope.
func (s Scope) HoldsUnit(unit string) bool { return unit != "" && slices.Contains(s.Units, unit) }

// Principal is who asks.
type Principal struct {
	// ID is opaque and says of a person nothing: "person:<id>", "key:<id>", "screen:<id>", "desk:<id>", "desk" for the
	// sample's own machine, empty for the public.
	ID    string
	Roles []Role
	Scope Scope
	// Bounds narrow what the roles allow; the zero value narrows nothing.
	Bounds Bounds
}

// Anybody is whoever shows nothing.
func Anybody() Principal { return Principal{Roles: []Role{Public}} }

// Known reports whether the principal is anybody but the public.
func (p Principal) Known() bool { return p.ID != "" }

// Object is what an action is about; the zero object is nothing in particular.
type Object struct {
	Place    Place
	Unit     string
	Owner    string // the principal's ID whose thing it is
	Category string // of a report
}

func (o Object) zero() bool { return o.Place.Division == "" && o.Unit == "" && o.Owner == "" }

// Decision is the answer.
type Decision int

// The decisions. Hide is the zero value: whatever nobody thought of does not exist.
const (
	Hide   Decision = iota // not visible: for this caller there is no such thing
	Forbid                 // visible, and not allowed
	Allow
)

// String is the decision's word.
func (d Decision) String() string { return [...]string{"hide", "forbid", "allow"}[d] }

// Decide says whether p may do a to o.
func Decide(p Principal, a Action, o Object) Decision {
	rule, ok := rules()[a]
	if !ok {
		return Hide
	}
	if rule.allows(p, o) {
		return Allow
	}
	if o.zero() {
		return Forbid
	}
	if sight, ok := rules()[rule.Sight]; ok && sight.allows(p, o) {
		return Forbid
	}
	return Hide
}

// May reports whether p may do a to anything at all: what a door asks before it looks for the thing.
func May(p Principal, a Action) bool {
	rule := rules()[a]
	return p.Bounds.hold(rule, Object{}) && slices.ContainsFunc(p.Roles, func(r Role) bool { return rule.Grants[r] != Nothing })
}

// allows reports whether one of the roles reaches the object within the bounds.
func (r Rule) allows(p Principal, o Object) bool {
	if !p.Bounds.hold(r, o) {
		return false
	}
	for _, role := range p.Roles {
		switch r.Grants[role] {
		case Nothing:
		case Everything:
			return true
		case OwnArea:
			if p.Scope.HoldsPlace(o.Place) {
				return true
			}
		case OwnUnit:
			if p.Scope.HoldsUnit(o.Unit) {
				return true
			}
		case Oneself:
			if o.Owner != "" && o.Owner == p.ID {
				return true
			}
		}
	}
	return false
}

// Reached is the part of all things an action of a principal reaches: what a list is filtered by. A thing is reached when
// it lies in one of the places or belongs to one of the units.
type Reached struct {
	All    bool
	Places []Place
	Units  []string
	Within Bounds // and it lies inside these
}

// ReachOf is how far an action of p reaches. The zero answer reaches nothing.
func ReachOf(p Principal, a Action) Reached {
	rule := rules()[a]
	reached := Reached{Within: p.Bounds}
	for _, role := range p.Roles {
		switch rule.Grants[role] {
		case Nothing, Oneself:
		case Everything:
			reached.All = true
		case OwnArea:
			reached.All = reached.All || p.Scope.Everywhere
			reached.Places = p.Scope.Places
		case OwnUnit:
			reached.Units = p.Scope.Units
		}
	}
	return reached
}

// RightsOf is how far each action of p reaches, in the table's words; actions that reach nothing are left out.
func RightsOf(p Principal) map[Action]string {
	rights := map[Action]string{}
	for _, rule := range Table() {
		most := Nothing
		for _, role := range p.Roles {
			most = max(most, rule.Grants[role])
		}
		if most != Nothing && p.Bounds.hold(rule, Object{}) {
			rights[rule.Action] = most.Word()
		}
	}
	return rights
}
