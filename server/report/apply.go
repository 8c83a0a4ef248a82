package report

import (
	"regexp"
	"time"

	"toancanh/server/fault"
)

// Bounds of what an act carries, in characters.
const (
	maxReason = 1000
	maxResult = 4000
)

// unitID keeps a unit's id fit for the name of its topic.
var unitID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// Apply does an act and returns the report as it is afterwards and the entry for its timeline; r is not
// changed. An act never goes back in time: when now lies before the newest act, that act's time is taken.
//
// The error is a conflict when the version is not the present one or the act is not lawful in the status, and
// invalid, with all faults at once, when something the act needs is missing.
func (b *Rulebook) Apply(r Report, a Act, now time.Time) (Report, Entry, error) {
	k, c, err := b.of(r)
	if err != nil {
		return Report{}, Entry{}, err
	}
	if a.Version != 0 && a.Version != r.Version {
		return Report{}, Entry{}, fault.Conflict("Phản ánh vừa được người khác cập nhật, hãy xem lại rồi thao tác").Because("version")
	}
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(r.ChangedAt) {
		at = r.ChangedAt
	}
	if err := mayNow(r, a, at); err != nil {
		return Report{}, Entry{}, err
	}
	if a, err = checkAct(r, a, at); err != nil {
		return Report{}, Entry{}, err
	}
	d := deed{cal: k.Calendar, limits: c.Limits(r.Emergency), clock: c.Clock, at: at}
	if r.Emergency {
		d.clock = ClockTime
	}
	after := d.do(r, a)
	return after, Entry{
		N: after.Version, Act: a.Name, From: r.Status, To: after.Status, Actor: a.Actor, Unit: a.Unit, Reason: a.Reason,
		Text: a.Text, Parent: a.Parent, Until: a.Until, Area: confirmed(after, a), Photo: a.Photo, Copy: a.Copy, Rating: a.Rating,
		Proposed: a.Proposed, Level: a.Level, At: at,
	}, nil
}

// mayNow says why the act cannot be done now; what a sender may differs from what the staff may.
func mayNow(r Report, a Act, at time.Time) error {
	switch {
	case a.Actor == Citizen && a.Name.Label() != "":
		return senderRefused(r, a.Name, at)
	case lawful(r, a.Name):
		return nil
	}
	return unlawful(r, a.Name)
}

func confirmed(r Report, a Act) string {
	if a.Name == ConfirmPlace {
		return r.Area
	}
	return ""
}

// checkAct cleans what an act carries, drops what it has no use for and says all that is missing.
func checkAct(r Report, a Act, at time.Time) (Act, error) {
	clean := Act{Name: a.Name, Version: a.Version, Actor: a.Actor}
	var wrong [6]error
	clean.Reason, wrong[0] = cleanText("reason", a.Reason, bounds{least: leastIf(needsReason(a.Name)), most: maxReason, lines: true})
	if needsText(a.Name) || a.Name.OfVisit() {
		clean.Text, wrong[1] = cleanText("text", a.Text, bounds{least: leastIf(needsText(a.Name)), most: maxResult, lines: true})
	}
	switch a.Name {
	case Assign:
		clean.Unit, clean.Proposed = a.Unit, a.Proposed
		wrong[2] = checkUnit(r, a.Unit)
	case Merge:
		clean.Parent, wrong[2] = checkParent(r, a.Parent)
	case RequestExtension, ApproveExtension:
		clean.Until, wrong[3] = checkUntil(r, a, at)
	case Rate:
		clean.Rating = a.Rating
		wrong[2] = a.Rating.check()
	case ConfirmPlace:
		clean.Place = a.Place
		wrong[4] = checkPlace(a.Place)
	case Escalate:
		clean.Level = a.Level
		wrong[5] = checkLevel(r, a.Level)
	case AddPhoto, RedactPhoto:
		clean.Photo = a.Photo
		if a.Name == RedactPhoto {
			clean.Copy = a.Copy
		}
		wrong[4] = checkPhoto(a.Photo)
	default: // a reason or a text is all the others carry
	}
	return clean, fault.Join(wrong[:]...)
}

func leastIf(needed bool) int {
	if needed {
		return 1
	}
	return 0
}

func needsReason(a ActName) bool {
	switch a {
	case Refuse, Ask, Return, RequestExtension, DenyExtension, Reopen, Withdraw, Escalate:
		return true
	default:
		return false
	}
}

func needsText(a ActName) bool {
	return a == Supplement || a == Resolve || a == Publish || a == FinishVisit || a == Inform
}

func checkUnit(r Report, unit string) error {
	switch {
	case unit == "":
		return fault.Invalid("unit", "Chưa chọn đơn vị xử lý").Because("required")
	case !unitID.MatchString(unit):
		return fault.Invalid("unit", "Mã đơn vị không hợp lệ").Because("format")
	case unit == r.Unit && (r.Status == DaPhanCong || r.Status == DangXuLy):
		return fault.Invalid("unit", "Phản ánh đang do đơn vị này xử lý").Because("same")
	}
	return nil
}

func checkParent(r Report, parent string) (string, error) {
	if parent == "" {
		return "", fault.Invalid("parent", "Chưa nhập mã phản ánh gốc").Because("required")
	}
	code, ok := ParseCode(parent)
	switch {
	case !ok:
		return "", fault.Invalid("parent", "Mã phản ánh gốc không đúng").Because("format")
	case code == r.Code:
		return "", fault.Invalid("parent", "Không thể gộp phản ánh vào chính nó").Because("same")
	}
	return code, nil
}

// checkUntil asks for a day after both now and the present deadline; an approval without one takes the day
// asked for, even when it has passed meanwhile.
func checkUntil(r Report, a Act, at time.Time) (*time.Time, error) {
	if a.Until == nil {
		if a.Name == ApproveExtension {
			return r.ExtensionUntil, nil
		}
		return nil, fault.Invalid("until", "Chưa nhập hạn mới").Because("required")
	}
	until := a.Until.UTC().Truncate(time.Microsecond)
	switch {
	case !until.After(at), r.Due.Resolve != nil && !until.After(*r.Due.Resolve):
		return nil, fault.Invalid("until", "Hạn mới phải sau hạn hiện tại và sau thời điểm này").Because("too_early")
	case until.After(at.AddDate(1, 0, 0)):
		return nil, fault.Invalid("until", "Hạn mới không được quá một năm").Because("too_late")
	}
	return &until, nil
}

func checkPhoto(id string) error {
	if id == "" {
		return fault.Invalid("photo", "Chưa có ảnh").Because("required")
	}
	return nil
}

func checkPlace(p *Placed) error {
	if p == nil {
		return nil
	}
	if p.Division == "" || len(p.Path) == 0 || p.Path[len(p.Path)-1] != p.Area {
		return fault.Invalid("area", "Địa bàn không hợp lệ").Because("unknown")
	}
	return nil
}
