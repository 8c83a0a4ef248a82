package warning

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"toancanh/server/fault"
)

// Bounds of what a warning says, in characters.
const (
	MostHeadline = 160 // CAP's own aim: what a line of a telephone or a board holds
	MostText     = 3000
	MostEvent    = 80
	MostValue    = 200
	MostReason   = 500
	MostAreas    = 100
	mostDays     = 15 // of a warning
)

// Draft is what its author says of a warning. Words may hold placeholders, {song}, that are filled when it is read.
type Draft struct {
	Template      string   `json:"template"`
	Status        Status   `json:"status"`
	Category      string   `json:"category"`
	Urgency       string   `json:"urgency"`
	Severity      string   `json:"severity"`
	Certainty     string   `json:"certainty"`
	ResponseTypes []string `json:"response_types"`
	// RiskLevel is the disaster-risk level by law, 1 to 5; 0 where the law knows none.
	RiskLevel int        `json:"risk_level"`
	Onset     *time.Time `json:"onset"`
	Expires   time.Time  `json:"expires"`
	Areas     []string   `json:"areas"` // codes of the division in force
	// Values fill the placeholders of the template, by name.
	Values   map[string]string `json:"values"`
	Vi       Words             `json:"vi"`
	En       *Words            `json:"en"` // nil: Vietnamese only
	Note     string            `json:"note"`
	Incident string            `json:"incident"` // of ours, that it belongs to
}

// Words are a warning in one language.
type Words struct {
	Event       string `json:"event"`
	Headline    string `json:"headline"`
	Description string `json:"description"`
	Instruction string `json:"instruction"`
}

// placeholder is whatever stands in braces.
//
//nolint:gochecknoglobals // a constant Go has no literal for
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// The placeholders that fill themselves from what the draft says otherwise.
func ownPlaceholders() []string { return []string{"dia_ban", "tu", "den", "cap", "trung_tam"} }

// complete says everything that is missing or wrong before a draft may go out at an instant.
func (d Draft) complete(now time.Time) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	if !slices.Contains([]Status{Actual, Exercise, Test}, d.Status) {
		wrong("status", "unknown", "Cần chọn thật (Actual), diễn tập (Exercise) hoặc thử nghiệm (Test).")
	}
	for _, word := range []struct {
		field, value string
		known        []string
	}{
		{"category", d.Category, Categories()},
		{"urgency", d.Urgency, Urgencies()},
		{"severity", d.Severity, Severities()},
		{"certainty", d.Certainty, Certainties()},
	} {
		if !slices.Contains(word.known, word.value) {
			wrong(word.field, "unknown", "Cần một trong: %s.", strings.Join(word.known, ", "))
		}
	}
	if len(d.Areas) == 0 {
		wrong("areas", "required", "Chưa chọn địa bàn.")
	}
	switch {
	case d.Expires.IsZero():
		wrong("expires", "required", "Chưa nói hết hiệu lực lúc nào.")
	case !d.Expires.After(now):
		wrong("expires", "out_of_range", "Thời điểm hết hiệu lực đã qua.")
	case d.Expires.After(now.AddDate(0, 0, mostDays)):
		wrong("expires", "out_of_range", "Cảnh báo có hiệu lực tối đa %d ngày.", mostDays)
	}
	if d.Onset != nil && !d.Expires.IsZero() && !d.Onset.Before(d.Expires) {
		wrong("onset", "out_of_range", "Thời điểm bắt đầu phải trước khi hết hiệu lực.")
	}
	faults = append(faults, d.completeWords("vi", d.Vi, "Tiếng Việt"))
	if d.En != nil {
		faults = append(faults, d.completeWords("en", *d.En, "Tiếng Anh"))
	}
	return fault.Join(faults...)
}

func (d Draft) completeWords(language string, w Words, name string) error {
	var faults []error
	for _, word := range []struct{ field, text, what string }{
		{"event", w.Event, "tên hiện tượng"},
		{"headline", w.Headline, "tiêu đề"},
		{"description", w.Description, "diễn biến"},
		{"instruction", w.Instruction, "việc cần làm"},
	} {
		field := language + "." + word.field
		if word.text == "" {
			faults = append(faults, fault.Invalid(field, "%s: chưa viết %s.", name, word.what).Because("required"))
		}
		for _, p := range placeholder.FindAllString(word.text, -1) {
			key := strings.Trim(p, "{}")
			if !slices.Contains(ownPlaceholders(), key) && d.Values[key] == "" {
				faults = append(faults, fault.Invalid(field, "%s: chưa điền %s.", name, clip(p)).Because("placeholder"))
			}
			if key == "cap" && d.RiskLevel == 0 {
				faults = append(faults, fault.Invalid("risk_level", "Lời văn nói tới cấp độ rủi ro thiên tai mà chưa chọn cấp.").Because("required"))
			}
		}
	}
	return fault.Join(faults...)
}

// Check says what is wrong with a draft that may still be unfinished: what no stage may hold.
func (d Draft) Check() error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid(field, format, args...).Because(reason))
	}
	if _, ok := TemplateOf(d.Template); !ok {
		wrong("template", "unknown", "Không có mẫu cảnh báo này.")
	}
	for i, r := range d.ResponseTypes {
		if !slices.Contains(ResponseTypes(), r) || slices.Contains(d.ResponseTypes[:i], r) {
			wrong("response_types", "unknown", "Cần các giá trị khác nhau trong: %s.", strings.Join(ResponseTypes(), ", "))
			break
		}
	}
	if d.RiskLevel < 0 || d.RiskLevel > 5 {
		wrong("risk_level", "out_of_range", "Cấp độ rủi ro thiên tai từ 1 đến 5; 0 khi không có.")
	}
	if len(d.Areas) > MostAreas {
		wrong("areas", "too_many", "Tối đa %d địa bàn; xin chọn địa bàn cấp trên.", MostAreas)
	}
	if len(d.Values) > 30 {
		wrong("values", "too_many", "Tối đa 30 chỗ điền.")
	}
	return fault.Join(faults...)
}

// RiskWord is a disaster-risk level as the law counts and people say it: the numeral with its word, never the colour alone
// (Decision 18/2021/QĐ-TTg, article 4).
func RiskWord(level int, english bool) string {
	if level < 1 || level > 5 {
		return ""
	}
	if english {
		return fmt.Sprintf("level %d (%s)", level, [...]string{"low", "moderate", "high", "very high", "catastrophic"}[level-1])
	}
	return fmt.Sprintf("cấp %d (%s)", level, [...]string{"nhỏ", "trung bình", "lớn", "rất lớn", "thảm họa"}[level-1])
}

// RiskSeverity is what CAP calls a disaster-risk level: its four degrees are one fewer than the law's five.
func RiskSeverity(level int) string {
	if level < 1 || level > 5 {
		return "Unknown"
	}
	return [...]string{"Minor", "Moderate", "Severe", "Extreme", "Extreme"}[level-1]
}

// length counts characters.
func length(text string) int { return utf8.RuneCountInString(text) }
