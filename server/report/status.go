package report

// Status is where a report stands in its workflow.
type Status string

// The statuses.
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

// Priority says how soon somebody must look.
type Priority string

// The priorities.
const (
	KhanCap    Priority = "khan_cap"
	Cao        Priority = "cao"
	BinhThuong Priority = "binh_thuong"
	Thap       Priority = "thap"
)

// State is how loudly a face draws a thing.
type State string

// The states, of which a report is never attention.
const (
	Normal    State = "normal"
	Attention State = "attention"
	Warning   State = "warning"
	Critical  State = "critical"
)
