package sensor

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

const (
	maxName       = 120
	maxUnit       = 16
	maxLevels     = 10
	maxNote       = 500
	maxReference  = 64 // of a thing, a field, a gateway and an owner
	maxStaleAfter = 30 * 24 * time.Hour
	maxStuckAfter = 365 * 24 * time.Hour
)

// codeShape keeps a sensor's code fit for the key of a level and an address.
var codeShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Clean cleans a sensor to be registered, fills in what its kind has by default and says all that is wrong.
// Levels come out rising.
func (s Sensor) Clean() (Sensor, error) {
	if kind, ok := KindOf(s.Kind); ok {
		s = s.withDefaults(kind)
	}
	return s.Checked()
}

// Checked cleans a sensor as somebody changed it and says all that is wrong. What was taken away stays away.
func (s Sensor) Checked() (Sensor, error) {
	var wrong []error
	refuse := func(field, reason, message string) {
		wrong = append(wrong, fault.Invalid(field, "%s", message).Because(reason))
	}
	if !codeShape.MatchString(s.Code) {
		refuse("code", "format", "Mã cảm biến chỉ gồm chữ không dấu, số và . _ -, dài tối đa 64 ký tự")
	}
	s.Name = strings.TrimSpace(norm.NFC.String(s.Name))
	if s.Name == "" || !plain(s.Name, maxName) {
		refuse("name", "required", "Tên cảm biến phải có từ 1 đến 120 ký tự")
	}
	if _, ok := KindOf(s.Kind); !ok {
		refuse("kind", "unknown", "Loại cảm biến không có trong danh mục")
	}
	if !plain(s.Unit, maxUnit) {
		refuse("unit", "too_long", "Đơn vị đo dài tối đa 16 ký tự")
	}
	if !(math.Abs(s.Lat) <= 90 && math.Abs(s.Lon) <= 180) {
		refuse("lat", "out_of_range", "Tọa độ không hợp lệ")
	}
	if s.StaleAfter < time.Second || s.StaleAfter > maxStaleAfter {
		refuse("stale_after_s", "out_of_range", "Thời gian coi là cũ phải từ 1 giây đến 30 ngày")
	}
	if !ordered(s.Min, s.Max) {
		refuse("min", "out_of_range", "Khoảng hợp lý phải có cận dưới không lớn hơn cận trên")
	}
	levels, ok := cleanLevels(s.Levels)
	if !ok {
		refuse("levels", "format", "Ngưỡng phải có giá trị hữu hạn khác nhau, mức hợp lệ và nhãn; tối đa 10 ngưỡng")
	}
	s.Levels = levels
	return s.checkRest(refuse), fault.Join(wrong...)
}

// checkRest checks what stands behind a sensor and when its readings are doubted.
func (s Sensor) checkRest(refuse func(field, reason, message string)) Sensor {
	for _, x := range []struct {
		field, word string
		text        *string
	}{{"thing", "Mã thiết bị", &s.Thing}, {"field", "Tên dòng dữ liệu", &s.Field}, {"gateway", "Mã cổng kết nối", &s.Gateway}, {"owner", "Mã đơn vị", &s.Owner}} {
		*x.text = strings.TrimSpace(norm.NFC.String(*x.text))
		if !plain(*x.text, maxReference) {
			refuse(x.field, "too_long", x.word+" dài tối đa 64 ký tự, không có ký tự điều khiển")
		}
	}
	s.Note = strings.TrimSpace(norm.NFC.String(s.Note))
	if !plain(s.Note, maxNote) {
		refuse("note", "too_long", "Ghi chú dài tối đa 500 ký tự, trên một dòng")
	}
	if s.Standing == "" {
		s.Standing = Active
	}
	if !s.Standing.Known() {
		refuse("standing", "unknown", "Tình trạng đăng ký không hợp lệ")
	}
	if s.MaxRate != nil && !(*s.MaxRate > 0 && !math.IsInf(*s.MaxRate, 0)) {
		refuse("max_rate", "out_of_range", "Tốc độ thay đổi lớn nhất phải là số dương")
	}
	if s.StuckAfter < 0 || s.StuckAfter > maxStuckAfter || s.StuckAfter > 0 && s.StuckAfter < time.Minute {
		refuse("stuck_after_s", "out_of_range", "Thời gian đứng yên phải là 0 hoặc từ 1 phút đến 365 ngày")
	}
	names := make([]string, 0, len(s.Unconfirmed))
	for _, name := range s.Unconfirmed {
		name = strings.TrimSpace(norm.NFC.String(name))
		if name == "" || !plain(name, maxName) || slices.Contains(names, name) {
			refuse("unconfirmed", "format", "Tên ngưỡng chưa xác nhận phải có từ 1 đến 120 ký tự và khác nhau")
			break
		}
		names = append(names, name)
	}
	if len(names) > maxLevels {
		refuse("unconfirmed", "too_many_items", "Tối đa 10 ngưỡng chưa xác nhận")
	}
	s.Unconfirmed = names
	return s
}

func (s Sensor) withDefaults(k Kind) Sensor {
	if s.Unit == "" {
		s.Unit = k.Unit
	}
	if s.StaleAfter == 0 {
		s.StaleAfter = k.StaleAfter
	}
	if s.Min == nil {
		s.Min = k.Min
	}
	if s.Max == nil {
		s.Max = k.Max
	}
	if len(s.Levels) == 0 && len(s.Unconfirmed) == 0 {
		s.Levels = k.Levels
	}
	if s.MaxRate == nil {
		s.MaxRate = k.MaxRate
	}
	if s.StuckAfter == 0 {
		s.StuckAfter = k.StuckAfter
	}
	return s
}

func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

// ordered is true for open ranges; NaN and the infinities are no bounds.
func ordered(low, high *float64) bool {
	for _, x := range []*float64{low, high} {
		if x != nil && (math.IsNaN(*x) || math.IsInf(*x, 0)) {
			return false
		}
	}
	return low == nil || high == nil || *low <= *high
}

func cleanLevels(levels []Level) ([]Level, bool) {
	if len(levels) > maxLevels {
		return nil, false
	}
	levels = slices.Clone(levels)
	slices.SortFunc(levels, func(a, b Level) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	for i, l := range levels {
		known := l.State == Attention || l.State == Warning || l.State == Critical
		if !known || math.IsNaN(l.At) || math.IsInf(l.At, 0) || i > 0 && levels[i-1].At == l.At {
			return nil, false
		}
		levels[i].Label = strings.TrimSpace(norm.NFC.String(l.Label))
		if levels[i].Label == "" || !plain(levels[i].Label, maxName) || !plain(l.Source, 2*maxName) {
			return nil, false
		}
	}
	return levels, true
}
