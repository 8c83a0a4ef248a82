package alarm

import "toancanh/server/sensor"

// The words are those of schema/states.json, which the faces draw by.

// Label is the priority in Vietnamese, empty for an unknown one.
func (p Priority) Label() string {
	switch p {
	case High:
		return "Khẩn cấp"
	case Medium:
		return "Quan trọng"
	case Low:
		return "Lưu ý"
	case Journal:
		return "Nhật ký"
	}
	return ""
}

// State is how loud a face draws the priority.
func (p Priority) State() sensor.State {
	switch p {
	case High:
		return sensor.Critical
	case Medium:
		return sensor.Warning
	case Low:
		return sensor.Attention
	case Journal:
		return sensor.Normal
	}
	return sensor.Unknown
}

// Rank orders priorities: the higher, the louder; 0 is unknown.
func (p Priority) Rank() int {
	switch p {
	case High:
		return 4
	case Medium:
		return 3
	case Low:
		return 2
	case Journal:
		return 1
	}
	return 0
}

// Label is the state in Vietnamese, empty for an unknown one.
func (s State) Label() string {
	switch s {
	case Unacked:
		return "Chưa ai nhận"
	case Acked:
		return "Đã nhận"
	case Cleared:
		return "Đã hết, chưa ai nhận"
	case Closed:
		return "Đã đóng"
	}
	return ""
}

// Label is the way to be aside in Vietnamese, empty for none.
func (a Aside) Label() string {
	switch a {
	case Shelved:
		return "Tạm hoãn"
	case Suppressed:
		return "Tạm ẩn theo thiết kế"
	case OutOfService:
		return "Ngừng dùng"
	}
	return ""
}
