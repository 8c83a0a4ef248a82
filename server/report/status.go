package report

// Status is where a report stands in its workflow.
type Status string

// The statuses. Their words are those of the province's procedure and stand so in the API and the database.
const (
	Moi           Status = "moi"
	CanBoSung     Status = "can_bo_sung"
	KhongTiepNhan Status = "khong_tiep_nhan"
	TrungLap      Status = "trung_lap"
	DaTiepNhan    Status = "da_tiep_nhan"
	DaPhanCong    Status = "da_phan_cong"
	TraLai        Status = "tra_lai"
	DangXuLy      Status = "dang_xu_ly"
	XinGiaHan     Status = "xin_gia_han"
	DaXuLy        Status = "da_xu_ly"
	CongKhai      Status = "cong_khai"
	MoLai         Status = "mo_lai"
	HoanThanh     Status = "hoan_thanh"
)

// Statuses lists all statuses in the order of the workflow.
func Statuses() []Status {
	return []Status{
		Moi, CanBoSung, KhongTiepNhan, TrungLap, DaTiepNhan, DaPhanCong, TraLai, DangXuLy, XinGiaHan, DaXuLy, CongKhai,
		MoLai, HoanThanh,
	}
}

// Known reports whether s is a status.
func (s Status) Known() bool { return s.Label() != "" }

// Open reports whether the status is one of work still to be done.
func (s Status) Open() bool {
	switch s {
	case Moi, CanBoSung, DaTiepNhan, DaPhanCong, TraLai, DangXuLy, XinGiaHan, MoLai:
		return true
	default:
		return false
	}
}

// Final reports whether no act of the staff but withdrawal, and the covering of photos, follows.
func (s Status) Final() bool { return s == KhongTiepNhan || s == TrungLap || s == HoanThanh }

// Label is the status in Vietnamese, empty for an unknown one.
func (s Status) Label() string {
	switch s {
	case Moi:
		return "Mới gửi – chờ tiếp nhận"
	case CanBoSung:
		return "Yêu cầu bổ sung"
	case KhongTiepNhan:
		return "Không tiếp nhận"
	case TrungLap:
		return "Trùng lặp"
	case DaTiepNhan:
		return "Đã tiếp nhận"
	case DaPhanCong:
		return "Đã phân công"
	case TraLai:
		return "Trả lại"
	case DangXuLy:
		return "Đang xử lý"
	case XinGiaHan:
		return "Xin gia hạn"
	case DaXuLy:
		return "Đã xử lý – chờ duyệt công khai"
	case CongKhai:
		return "Đã công khai kết quả"
	case MoLai:
		return "Mở lại"
	case HoanThanh:
		return "Hoàn thành"
	}
	return ""
}

// Priority says how soon somebody must look.
type Priority string

// The priorities.
const (
	KhanCap    Priority = "khan_cap"
	Cao        Priority = "cao"
	BinhThuong Priority = "binh_thuong"
	Thap       Priority = "thap"
)

// Label is the priority in Vietnamese, empty for an unknown one.
func (p Priority) Label() string {
	switch p {
	case KhanCap:
		return "Khẩn cấp"
	case Cao:
		return "Cao"
	case BinhThuong:
		return "Bình thường"
	case Thap:
		return "Thấp"
	}
	return ""
}

// State is how loudly a face draws a thing. Being overdue is not a state: it has its own mark.
type State string

// The states, of which a report is never Attention.
const (
	Normal    State = "normal"
	Attention State = "attention"
	Warning   State = "warning"
	Critical  State = "critical"
)

// Urgent reports whether somebody must look at the report now: it is open, and an emergency or of high priority.
func (r Report) Urgent() bool { return r.State() != Normal }

// State is how loudly to draw the report; what is no longer open is normal.
func (r Report) State() State {
	switch {
	case !r.Open():
		return Normal
	case r.Emergency || r.Priority == KhanCap:
		return Critical
	case r.Priority == Cao:
		return Warning
	}
	return Normal
}
