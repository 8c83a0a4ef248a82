package report

import "toancanh/server/fault"

// Level is the level of government that answers for a report.
type Level string

// The levels, from the nearest to the people.
const (
	Xa        Level = "xa"
	Huyen     Level = "huyen"
	Tinh      Level = "tinh"
	TrungUong Level = "trung_uong"
)

// FirstLevel is where every report begins: the centre that takes it in is the province's.
const FirstLevel = Tinh

// Levels lists all levels, from the nearest to the people.
func Levels() []Level { return []Level{Xa, Huyen, Tinh, TrungUong} }

// Label is the level in Vietnamese, empty for an unknown one.
func (l Level) Label() string {
	switch l {
	case Xa:
		return "Xã"
	case Huyen:
		return "Huyện"
	case Tinh:
		return "Tỉnh"
	case TrungUong:
		return "Trung ương"
	}
	return ""
}

// checkLevel asks for another level than the present one, up or down.
func checkLevel(r Report, to Level) error {
	switch {
	case to == "":
		return fault.Invalid("level", "Chưa chọn cấp").Because("required")
	case to.Label() == "":
		return fault.Invalid("level", "Không có cấp này: chọn xa, huyen, tinh hoặc trung_uong").Because("unknown")
	case to == r.Level:
		return fault.Invalid("level", "Phản ánh đang ở cấp này").Because("same")
	}
	return nil
}
