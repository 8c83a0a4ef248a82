package screen

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// MostMessage bounds a message, in characters: two lines of the least legible wall.
const MostMessage = 140

// Change is a new value for one part of a show, or none.
type Change[T any] struct {
	Given bool
	To    T
}

// To is a change to a value.
func To[T any](value T) Change[T] { return Change[T]{true, value} }

// Order is a partial show: a part that is not given stays as it is, a zero value takes it back.
type Order struct {
	Scene     Change[string]
	Area      Change[*Place]
	Highlight Change[*Highlight]
	Message   Change[*Message]
	Reload    bool // the page loads anew, once
}

// Clean brings the texts of an order into the form they are kept in.
func (o Order) Clean() Order {
	if m := o.Message.To; m != nil {
		o.Message.To = &Message{Text: cleanText(m.Text), State: m.State, Until: m.Until}
		if m.State == "" {
			o.Message.To.State = "attention"
		}
	}
	return o
}

// OnlyReload reports whether an order changes nothing of what is shown.
func (o Order) OnlyReload() bool {
	return !o.Scene.Given && !o.Area.Given && !o.Highlight.Given && !o.Message.Given
}

// Apply is the show after the order.
func (o Order) Apply(s Show) Show {
	if o.Scene.Given {
		s.Scene = o.Scene.To
	}
	if o.Area.Given {
		s.Area = o.Area.To
	}
	if o.Highlight.Given {
		s.Highlight = o.Highlight.To
	}
	if o.Message.Given {
		s.Message = o.Message.To
	}
	if o.Reload {
		s.Reload++
	}
	return s
}

// World is what there is to be shown.
type World struct {
	Now      time.Time
	HasScene func(id string) bool
	Ground   Ground
}

// Check names every part of an order that cannot be shown, "show.message.text". Whether a highlighted thing exists is
// the caller's to ask.
func (o Order) Check(w World) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid("show."+field, format, args...).Because(reason))
	}
	if o.OnlyReload() && !o.Reload {
		return fault.Invalid("show", "Chưa có gì để gửi tới màn hình.").Because("required")
	}
	if o.Scene.To != "" && !w.HasScene(o.Scene.To) {
		wrong("scene", "unknown", "Không có cảnh %q.", clip(o.Scene.To))
	}
	if p := o.Area.To; p != nil && !w.Ground.Has(*p) {
		wrong("area", "unknown", "Không có địa bàn %q trong địa giới %q đang dùng.", clip(p.Code), clip(p.Division))
	}
	if h := o.Highlight.To; h != nil && (h.ID == "" || h.Kind != "report" && h.Kind != "sensor" && h.Kind != "area") {
		wrong("highlight", "unknown", "Cần kind là report, sensor hoặc area, và id của nó.")
	}
	if m := o.Message.To; m != nil {
		faults = append(faults, m.check(w.Now))
	}
	return fault.Join(faults...)
}

func (m Message) check(now time.Time) error {
	var faults []error
	wrong := func(field, reason, format string, args ...any) {
		faults = append(faults, fault.Invalid("show.message."+field, format, args...).Because(reason))
	}
	switch n := utf8.RuneCountInString(m.Text); {
	case n == 0:
		wrong("text", "required", "Thông điệp chưa có nội dung.")
	case n > MostMessage:
		wrong("text", "too_long", "Thông điệp dài %d ký tự, tối đa %d.", n, MostMessage)
	case !readable(m.Text):
		wrong("text", "encoding", "Thông điệp có ký tự điều khiển hoặc ký tự không đọc được.")
	}
	switch m.State {
	case "attention", "warning", "critical":
	default:
		wrong("state", "unknown", "Mức của thông điệp phải là attention, warning hoặc critical.")
	}
	if m.Until != nil && !m.Until.After(now) {
		wrong("until", "past", "Thời điểm hết hiệu lực phải ở tương lai.")
	}
	return fault.Join(faults...)
}

func cleanText(text string) string { return strings.TrimSpace(norm.NFC.String(text)) }

// readable refuses what has no shape on a screen or turns the direction of what stands around it.
func readable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp)
	})
}

// clip shortens a word before it is repeated in a refusal.
func clip(word string) string {
	const most = 40
	if len(word) > most {
		word = word[:most] + "…"
	}
	return strings.ToValidUTF8(word, "�")
}
