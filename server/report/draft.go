package report

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// Bounds of a draft, in characters unless said otherwise.
const (
	maxDescription = 4000
	maxAddress     = 300
	maxRaw         = 64 << 10 // bytes, before anything is looked at

	futureAllowed = 5 * time.Minute // clocks of phones differ
	pastYears     = 10
)

// Check cleans a draft (NFC, trimmed, line ends) and says everything that is wrong with it at once. Fields are
// named as in the JSON of the API.
func (b *Rulebook) Check(d Draft, now time.Time) (Draft, error) {
	var wrong [6]error
	d.Description, wrong[0] = cleanText("description", d.Description, bounds{least: 1, most: maxDescription, lines: true})
	d.Address, wrong[1] = cleanText("address", d.Address, bounds{most: maxAddress})
	if _, ok := b.Category(d.Category); !ok {
		wrong[2] = unknownCategory(d.Category)
	}
	wrong[3] = checkPoint(d.Location)
	d.OccurredAt, wrong[4] = checkOccurred(d.OccurredAt, now)
	if !d.Origin.Known() {
		wrong[5] = fault.Invalid("origin", "Nguồn gốc dữ liệu không hợp lệ").Because("unknown")
	}
	return d, fault.Join(wrong[:]...)
}

// New makes the report of a draft, and the first entry of its timeline.
func (b *Rulebook) New(d Draft, born Birth) (Report, Entry, error) {
	at := born.At.UTC().Truncate(time.Microsecond)
	d, err := b.Check(d, at)
	if err != nil {
		return Report{}, Entry{}, err
	}
	c, _ := b.Category(d.Category)
	r := Report{
		ID: born.ID, Code: born.Code, Version: 1, Origin: d.Origin, Source: d.Source,
		Category: d.Category, Description: d.Description, Address: d.Address, Location: d.Location,
		Division: born.Division, Area: born.Area, Path: born.Path,
		Status: Moi, Level: FirstLevel, Priority: c.Priority, Emergency: d.Emergency,
		ReceivedAt: at, ChangedAt: at, OccurredAt: d.OccurredAt,
		HasContact: d.HasContact, Rules: b.current.Version,
	}
	if d.Emergency {
		r.Priority = KhanCap
	}
	accept := b.current.Calendar.Add(at, c.Limits(d.Emergency).Accept)
	r.Due.Accept = &accept
	return r, Entry{N: 1, Act: Receive, To: Moi, Actor: born.Actor, Area: born.Area, At: at}, nil
}

func unknownCategory(code string) error {
	if code == "" {
		return fault.Invalid("category", "Chưa chọn lĩnh vực").Because("required")
	}
	return fault.Invalid("category", "Lĩnh vực không có trong danh mục").Because("unknown")
}

func checkPoint(p Point) error {
	var lat, lon error
	if !inRange(p.Lat, 90) {
		lat = fault.Invalid("location.lat", "Vĩ độ phải nằm trong khoảng -90 đến 90 (có thể vĩ độ và kinh độ bị đảo)").Because("out_of_range")
	}
	if !inRange(p.Lon, 180) {
		lon = fault.Invalid("location.lon", "Kinh độ phải nằm trong khoảng -180 đến 180").Because("out_of_range")
	}
	return fault.Join(lat, lon)
}

// inRange is false for NaN and the infinities too.
func inRange(x, most float64) bool { return math.Abs(x) <= most }

func checkOccurred(at *time.Time, now time.Time) (*time.Time, error) {
	switch {
	case at == nil:
		return nil, nil
	case at.After(now.Add(futureAllowed)):
		return nil, fault.Invalid("occurred_at", "Thời điểm xảy ra nằm trong tương lai").Because("future")
	case at.Before(now.AddDate(-pastYears, 0, 0)):
		return nil, fault.Invalid("occurred_at", "Thời điểm xảy ra đã quá %d năm", pastYears).Because("too_old")
	}
	utc := at.UTC().Truncate(time.Microsecond)
	return &utc, nil
}

// bounds say how long a text may be and whether it may have several lines.
type bounds struct {
	least, most int // characters
	lines       bool
}

// cleanText makes a text NFC with plain line ends and no space around it, or says why it cannot be taken.
func cleanText(field, text string, b bounds) (string, error) {
	if len(text) > maxRaw {
		return "", fault.Invalid(field, "Nội dung dài quá %d ký tự", b.most).Because("too_long")
	}
	if !utf8.ValidString(text) {
		return "", fault.Invalid(field, "Nội dung không đúng mã UTF-8").Because("encoding")
	}
	text = norm.NFC.String(text)
	if b.lines {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	}
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return forbidden(r, b.lines) }) {
		return "", fault.Invalid(field, "Nội dung có ký tự điều khiển không được phép").Because("control_character")
	}
	switch n := utf8.RuneCountInString(text); {
	case n < b.least || b.least > 0 && !visible(text):
		return "", fault.Invalid(field, "Chưa nhập nội dung").Because("required")
	case n > b.most:
		return "", fault.Invalid(field, "Nội dung dài %d ký tự, tối đa là %d", n, b.most).Because("too_long")
	}
	return text, nil
}

// forbidden reports control characters, and the marks that turn the reading direction, with which a text can
// show something else than it says.
func forbidden(r rune, lines bool) bool {
	if lines && (r == '\n' || r == '\t') {
		return false
	}
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == utf8.RuneError
}

// visible reports whether there is anything to see in a text.
func visible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) })
}
