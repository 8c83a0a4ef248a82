package alarm

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
	"toancanh/server/sensor"
	"toancanh/server/storm"
)

const (
	maxLabel    = 120
	maxCause    = 500
	maxResponse = 140 // domain AL-1: read at a glance
	maxCalls    = 10
	maxSensors  = 200
	maxParts    = 8
	longest     = 24 * time.Hour // of delays and spans
)

var codeShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// wrong collects what is wrong, field by field.
type wrong struct{ list []error }

func (w *wrong) unless(fine bool, field, reason, message string) {
	if !fine {
		w.list = append(w.list, fault.Invalid(field, "%s", message).Because(reason))
	}
}

// Clean cleans a type, fills in what has a default and says all that is wrong with it, field by field.
func (t Type) Clean() (Type, error) {
	var w wrong
	for _, text := range []*string{&t.Label, &t.Cause, &t.Consequence, &t.Response, &t.Owner} {
		*text = strings.TrimSpace(norm.NFC.String(*text))
	}
	w.unless(codeShape.MatchString(t.Code), "code", "format", "Mã loại cảnh báo chỉ gồm chữ thường không dấu, số và _ -, dài tối đa 64 ký tự")
	w.unless(t.Label != "" && plain(t.Label, maxLabel), "label", "required", "Tên loại cảnh báo phải có từ 1 đến 120 ký tự")
	w.unless(t.Priority.Rank() > 0, "priority", "unknown", "Mức ưu tiên phải là high, medium, low hoặc journal")
	w.unless(plain(t.Cause, maxCause), "cause", "too_long", "Nguyên nhân dài tối đa 500 ký tự")
	w.unless(plain(t.Consequence, maxCause), "consequence", "too_long", "Hậu quả dài tối đa 500 ký tự")
	w.unless(plain(t.Response, maxResponse), "response", "too_long", "Việc cần làm dài tối đa 140 ký tự")
	w.unless(t.ResponseTime >= 0 && t.ResponseTime <= longest, "response_minutes", "out_of_range", "Thời gian xử lý phải từ 1 phút đến 24 giờ")
	w.unless(plain(t.Owner, maxLabel), "owner", "too_long", "Mã đơn vị chịu trách nhiệm dài tối đa 120 ký tự")
	w.unless(t.callable(), "call_list", "format", "Danh sách gọi gồm tối đa 10 vị trí trực khác nhau")
	w.unless(t.Condition.from(t.Source), "source", "mismatch", "Nguồn của loại cảnh báo không hợp với cách xét")
	t.Condition = t.Condition.clean(&w, "condition", false)
	return t, fault.Join(w.list...)
}

func (t Type) callable() bool {
	sorted := slices.Sorted(slices.Values(t.CallList))
	return len(sorted) <= maxCalls && len(slices.Compact(sorted)) == len(t.CallList) &&
		!slices.ContainsFunc(t.CallList, func(position string) bool { return !codeShape.MatchString(position) })
}

// Enable enables a type or says, field by field, what is missing. The journal asks nobody and needs none of it.
func (t Type) Enable() (Type, error) {
	t, err := t.Clean()
	w := wrong{}
	if err != nil {
		w.list = append(w.list, err)
	}
	if t.Priority != Journal {
		w.unless(t.Cause != "", "cause", "required", "Chưa có nguyên nhân")
		w.unless(t.Consequence != "", "consequence", "required", "Chưa có hậu quả nếu không xử lý")
		w.unless(t.Response != "", "response", "required", "Chưa có việc cần làm")
		w.unless(t.ResponseTime != 0, "response_minutes", "required", "Chưa có thời gian xử lý")
		w.unless(t.Owner != "", "owner", "required", "Chưa có đơn vị chịu trách nhiệm")
		w.unless(len(t.CallList) > 0, "call_list", "required", "Chưa có danh sách gọi")
	}
	if err := fault.Join(w.list...); err != nil {
		return t, err
	}
	t.Enabled = true
	return t, nil
}

// from reports whether a condition of a class is judged of a source.
func (c Condition) from(s Source) bool {
	switch c.Class {
	case ByAbsence:
		return s == FromSensor || s == FromGateway
	case ByJoint:
		return s == FromArea
	case ByReport:
		return s == FromReport
	case ByLevel, ByLimit, ByRate, ByTotal:
		return s == FromSensor
	}
	return true // the class itself is what is wrong
}

// clean cleans a condition, or a part of a joint.
func (c Condition) clean(w *wrong, field string, part bool) Condition {
	whose := func(kind string) bool { _, ok := sensor.KindOf(kind); return !ok }
	w.unless(!slices.ContainsFunc(c.Kinds, whose), field+".kinds", "unknown", "Loại cảm biến không có trong danh mục")
	w.unless(len(c.Sensors) <= maxSensors, field+".sensors", "too_many", "Chọn tối đa 200 cảm biến")
	switch c.Class {
	case ByLevel, ByLimit, ByRate, ByTotal:
		c = c.cleanValue(w, field)
	case ByAbsence, ByReport:
		w.unless(!part, field+".class", "part", "Một phần của quy tắc ghép phải xét theo giá trị đo")
		c.OnDelay = new(Seconds(c.onDelay() / time.Second))
		const month = 30 * 24 * time.Hour
		w.unless(between(c.onDelay(), 0, month), field+".on_delay_s", "out_of_range", "Thời gian chờ phải từ 0 đến 30 ngày")
	case ByJoint:
		w.unless(!part, field+".class", "part", "Một phần của quy tắc ghép phải xét theo giá trị đo")
		if !part {
			c = c.cleanJoint(w, field)
		}
	default:
		w.unless(false, field+".class", "unknown", "Cách xét phải là level, limit, rate, total, absence, joint hoặc report")
	}
	return c
}

func (c Condition) cleanValue(w *wrong, field string) Condition {
	c.OnDelay, c.OffDelay = new(Seconds(c.onDelay()/time.Second)), new(Seconds(c.offDelay()/time.Second))
	w.unless(between(c.onDelay(), 0, longest), field+".on_delay_s", "out_of_range", "Thời gian chờ trước khi báo phải từ 0 đến 24 giờ")
	w.unless(between(c.offDelay(), 0, longest), field+".off_delay_s", "out_of_range", "Thời gian chờ trước khi hết phải từ 0 đến 24 giờ")
	w.unless(c.DeadBand == nil || c.DeadBandShare == nil, field+".dead_band", "both", "Vùng đệm cho theo đơn vị đo hoặc theo phần của ngưỡng, không cả hai")
	w.unless(c.DeadBand == nil || finite(*c.DeadBand) && *c.DeadBand >= 0, field+".dead_band", "out_of_range", "Vùng đệm phải là một số không âm")
	w.unless(c.DeadBandShare == nil || *c.DeadBandShare >= 0 && *c.DeadBandShare <= 0.5, field+".dead_band_share", "out_of_range", "Vùng đệm phải từ 0 đến 0,5 của ngưỡng")
	w.unless(finite(c.Limit), field+".limit", "out_of_range", "Ngưỡng phải là một số hữu hạn")
	switch c.Class {
	case ByLevel:
		w.unless(storm.Rank(sensor.State(c.State)) > 0, field+".state", "unknown", "Mức phải là attention, warning hoặc critical")
		w.unless(!c.Below, field+".below", "mismatch", "Ngưỡng của cảm biến chỉ xét khi giá trị lên")
	case ByRate:
		c.Over = new(Seconds(c.over() / time.Second))
		w.unless(c.Limit > 0, field+".limit", "out_of_range", "Tốc độ thay đổi phải lớn hơn 0")
		w.unless(between(c.over(), time.Minute, longest), field+".over_s", "out_of_range", "Khoảng đo tốc độ phải từ 1 phút đến 24 giờ")
	case ByTotal:
		c.Over = new(Seconds(c.over() / time.Second))
		w.unless(c.Limit > 0 && !c.Below, field+".limit", "out_of_range", "Tổng lượng mưa phải lớn hơn 0 và chỉ xét khi vượt")
		w.unless(between(c.over(), time.Hour, longest), field+".over_s", "out_of_range", "Khoảng cộng mưa phải từ 1 đến 24 giờ")
	default:
	}
	return c
}

func (c Condition) cleanJoint(w *wrong, field string) Condition {
	c.Over = new(Seconds(c.over() / time.Second))
	w.unless(between(c.over(), 0, longest), field+".over_s", "out_of_range", "Các phần phải xảy ra trong vòng 0 đến 24 giờ")
	w.unless(slices.Contains([]string{"commune", "district", "province"}, c.Level), field+".level", "unknown", "Cấp địa bàn phải là commune, district hoặc province")
	w.unless(c.OnDelay == nil && c.OffDelay == nil, field+".on_delay_s", "mismatch", "Thời gian chờ đặt ở từng phần của quy tắc ghép")
	w.unless(len(c.Parts) >= 2 && len(c.Parts) <= maxParts, field+".parts", "out_of_range", "Quy tắc ghép có từ 2 đến 8 phần")
	parts := slices.Clone(c.Parts[:min(len(c.Parts), maxParts)])
	for i, p := range parts {
		parts[i] = p.clean(w, fmt.Sprintf("%s.parts.%d", field, i), true)
	}
	c.Parts = parts
	return c
}

func between(d, least, most time.Duration) bool { return d >= least && d <= most }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
