package report

import (
	"slices"
	"strings"
	"time"

	"toancanh/server/fault"
)

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
	Rate             ActName = "rate"
	Withdraw         ActName = "withdraw"
	ConfirmPlace     ActName = "confirm_place"
	AddPhoto         ActName = "add_photo"
	RedactPhoto      ActName = "redact_photo"
	Escalate         ActName = "escalate"
	// Inform tells the sender of a happening the report belongs to. It is done through that happening and cannot be asked for.
	Inform ActName = "inform"
)

// Act is one thing somebody does.
type Act struct {
	Name    ActName
	Version int64  // the version its actor saw; 0 skips the check
	Actor   string // an opaque id or a role, never a citizen's name
	Unit    string // assign
	// Proposed is the unit the rules of assignment propose for an assign; they never decide.
	Proposed string
	Level    Level      // escalate
	Reason   string     // refuse, ask, return, request_extension, deny_extension, reopen, withdraw, escalate
	Text     string     // supplement, resolve, publish, the acts of a visit
	Parent   string     // merge: the other's public code
	Until    *time.Time // request_extension; approve_extension may name another day
	Place    *Placed    // confirm_place; nil confirms the present area
	Photo    string     // add_photo, redact_photo: the photo's id
	Copy     string     // redact_photo: the public name of the copy everybody may see; empty: they see none
	Rating   Rating     // rate
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
	Area   string // at birth and confirm_place
	Photo  string
	Copy   string
	Rating Rating // of rate
	// Proposed is, at an assign, the unit the rules proposed; empty when nobody asked them.
	Proposed string
	Level    Level // escalate
	At       time.Time
}

// Label is the act in Vietnamese, empty for an unknown one.
func (a ActName) Label() string {
	switch a {
	case Receive:
		return "Gửi phản ánh"
	case Accept:
		return "Tiếp nhận"
	case Refuse:
		return "Không tiếp nhận"
	case Merge:
		return "Gộp vào phản ánh khác"
	case Ask:
		return "Yêu cầu bổ sung"
	case Supplement:
		return "Bổ sung thông tin"
	case Assign:
		return "Phân công"
	case Return:
		return "Trả lại"
	case Start:
		return "Bắt đầu xử lý"
	case RequestExtension:
		return "Xin gia hạn"
	case ApproveExtension:
		return "Duyệt gia hạn"
	case DenyExtension:
		return "Không duyệt gia hạn"
	case Resolve:
		return "Báo đã xử lý"
	case Publish:
		return "Công khai kết quả"
	case Reopen:
		return "Mở lại"
	case Complete:
		return "Hoàn thành"
	case Rate:
		return "Đánh giá"
	case Withdraw:
		return "Thu hồi"
	case ConfirmPlace:
		return "Xác nhận địa bàn"
	case AddPhoto:
		return "Thêm ảnh"
	case RedactPhoto:
		return "Che ảnh để công khai"
	case Escalate:
		return "Chuyển cấp"
	case Inform:
		return "Báo tin cho người phản ánh"
	case AskVisit:
		return "Yêu cầu xác minh tại hiện trường"
	case ArriveVisit:
		return "Có mặt tại hiện trường"
	case FinishVisit:
		return "Xác minh xong"
	}
	return ""
}

// WithPhoto reports whether the act is done by handing in or covering a photo, and cannot be asked for by its name.
func (a ActName) WithPhoto() bool { return a == AddPhoto || a == RedactPhoto }

// ActNames lists what can be asked for, in the order faces show it.
func ActNames() []ActName {
	return []ActName{
		Accept, Assign, Start, Resolve, Publish, Complete, Ask, Supplement, RequestExtension, ApproveExtension, DenyExtension,
		Return, Reopen, Merge, Refuse, ConfirmPlace, Escalate, Withdraw, Rate,
	}
}

// transition is where an act may begin and where it leads; an empty to keeps or restores a status.
type transition struct {
	from []Status
	to   Status
}

func transitionOf(a ActName) transition {
	switch a {
	case Accept:
		return transition{[]Status{Moi}, DaTiepNhan}
	case Refuse:
		return transition{[]Status{Moi, CanBoSung, DaTiepNhan, TraLai}, KhongTiepNhan}
	case Merge:
		return transition{[]Status{Moi, CanBoSung, DaTiepNhan, DaPhanCong, TraLai, DangXuLy}, TrungLap}
	case Ask:
		return transition{[]Status{Moi, DaTiepNhan, DaPhanCong, DangXuLy}, CanBoSung}
	case Supplement:
		return transition{[]Status{CanBoSung}, ""}
	case Assign:
		return transition{[]Status{DaTiepNhan, DaPhanCong, TraLai, DangXuLy, MoLai}, DaPhanCong}
	case Return:
		return transition{[]Status{DaPhanCong, DangXuLy}, TraLai}
	case Start:
		return transition{[]Status{DaPhanCong, MoLai}, DangXuLy}
	case RequestExtension:
		return transition{[]Status{DaPhanCong, DangXuLy}, XinGiaHan}
	case ApproveExtension, DenyExtension:
		return transition{[]Status{XinGiaHan}, ""}
	case Resolve:
		return transition{[]Status{DaPhanCong, DangXuLy, XinGiaHan}, DaXuLy}
	case Publish:
		return transition{[]Status{DaXuLy}, CongKhai}
	case Reopen:
		return transition{[]Status{DaXuLy, CongKhai, HoanThanh}, MoLai}
	case Complete:
		return transition{[]Status{CongKhai}, HoanThanh}
	case Rate:
		return transition{[]Status{CongKhai, HoanThanh}, ""}
	case Withdraw, RedactPhoto, Inform: // what shows a face must go whenever somebody sees it; who sent a report that is closed is told too
		return transition{Statuses(), ""}
	case Escalate:
		return transition{[]Status{DaTiepNhan, DaPhanCong, TraLai, DangXuLy, MoLai}, ""}
	case ConfirmPlace, AddPhoto, AskVisit, ArriveVisit, FinishVisit:
		return transition{[]Status{Moi, CanBoSung, DaTiepNhan, DaPhanCong, TraLai, DangXuLy, XinGiaHan, DaXuLy, CongKhai, MoLai}, ""}
	default: // no act, or the birth, which follows nothing
		return transition{}
	}
}

// TakesPhotos reports whether a photo may still be added.
func (r Report) TakesPhotos() bool { return lawful(r, AddPhoto) }

// Allowed lists the acts of the staff that can be asked for and are lawful for the report as it stands.
func Allowed(r Report) []ActName {
	return slices.DeleteFunc(ActNames(), func(a ActName) bool { return !lawful(r, a) })
}

// May reports whether the staff may do an act to the report as it stands.
func (r Report) May(a ActName) bool { return lawful(r, a) }

func lawful(r Report, a ActName) bool {
	if r.WithdrawnAt != nil || !slices.Contains(transitionOf(a).from, r.Status) {
		return false
	}
	switch a {
	case Ask:
		return r.HasContact // else nobody could answer
	case Rate:
		return false // the sender's alone
	default:
		return a == Withdraw || a == RedactPhoto || a == Inform || !r.Status.Final() // what is complete only its sender may open again
	}
}

// unlawful says, for people, why an act cannot be done now and what can.
func unlawful(r Report, a ActName) error {
	if a.Label() == "" || a == Receive {
		return fault.Invalid("act", "Không có thao tác này").Because("unknown")
	}
	if r.WithdrawnAt != nil {
		return fault.Conflict("Phản ánh đã được thu hồi, không thể thao tác thêm").Because("withdrawn")
	}
	if a == Ask && !r.HasContact {
		return fault.Conflict("Người gửi không để lại liên hệ nên không thể yêu cầu bổ sung").Because("no_contact")
	}
	var can []string
	for _, b := range Allowed(r) {
		can = append(can, "“"+b.Label()+"”")
	}
	return fault.Conflict("Phản ánh đang ở trạng thái “%s” nên không thể “%s”; có thể: %s",
		r.Status.Label(), a.Label(), strings.Join(can, ", ")).Because("not_lawful")
}
