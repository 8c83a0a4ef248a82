package gateway

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

// What a gateway has when nobody says otherwise, and its bounds.
const (
	UsualStale     = 15 * time.Minute
	UsualPerMinute = 6000
	mostPerMinute  = 600_000
	mostStale      = 30 * 24 * time.Hour
	mostLabel      = 120
)

// Kinds lists what a gateway can be.
func Kinds() []string { return []string{"lorawan", "mqtt", "logger", "system"} }

// codeShape keeps a code fit for an address and one level of an MQTT topic.
var codeShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CodeFits reports whether a code can be a gateway's.
func CodeFits(code string) bool { return codeShape.MatchString(code) }

// Clean makes a gateway to be registered canonical and says all that is wrong with it. known are those registered already,
// for its parent.
func (g Gateway) Clean(known map[string]Gateway) (Gateway, error) {
	var wrong []error
	refuse := func(field, reason, format string, args ...any) {
		wrong = append(wrong, fault.Invalid(field, format, args...).Because(reason))
	}
	g = g.withDefaults()
	if !CodeFits(g.Code) {
		refuse("code", "format", "Mã cổng chỉ gồm chữ không dấu, số và . _ -, dài tối đa 64 ký tự")
	}
	g.Name = strings.TrimSpace(norm.NFC.String(g.Name))
	if n := utf8.RuneCountInString(g.Name); n == 0 || n > mostLabel || !utf8.ValidString(g.Name) || strings.ContainsFunc(g.Name, unicode.IsControl) {
		refuse("name", "required", "Tên cổng phải có từ 1 đến %d ký tự", mostLabel)
	}
	if !slices.Contains(Kinds(), g.Kind) {
		refuse("kind", "unknown", "Loại cổng phải là một trong: %s", strings.Join(Kinds(), ", "))
	}
	if !(math.Abs(g.Lat) <= 90 && math.Abs(g.Lon) <= 180) {
		refuse("lat", "out_of_range", "Tọa độ không hợp lệ")
	}
	if g.StaleAfter < 10*time.Second || g.StaleAfter > mostStale {
		refuse("stale_after_s", "out_of_range", "Thời gian coi là im lặng phải từ 10 giây đến 30 ngày")
	}
	if g.PerMinute < 1 || g.PerMinute > mostPerMinute {
		refuse("per_minute", "out_of_range", "Số giá trị mỗi phút phải từ 1 đến %d", mostPerMinute)
	}
	if !slices.Contains([]Standing{Proposed, Active, Retired}, g.Standing) {
		refuse("standing", "unknown", "Tình trạng phải là một trong: proposed, active, retired")
	}
	if g.Parent != "" && !g.mayHang(known) {
		refuse("parent", "unknown", "Cổng cha chưa được khai báo, hoặc đứng dưới chính cổng này")
	}
	return g, fault.Join(wrong...)
}

func (g Gateway) withDefaults() Gateway {
	if g.Kind == "" {
		g.Kind = Kinds()[0]
	}
	if g.StaleAfter == 0 {
		g.StaleAfter = UsualStale
	}
	if g.PerMinute == 0 {
		g.PerMinute = UsualPerMinute
	}
	if g.Standing == "" {
		g.Standing = Active
	}
	return g
}

// mostSteps bounds how deep gateways hang below one another.
const mostSteps = 8

// mayHang reports whether the parent is there and does not hang below g.
func (g Gateway) mayHang(known map[string]Gateway) bool {
	chain := Chain(g.Parent, known)
	return len(chain) > 0 && len(chain) < mostSteps && !slices.Contains(chain, g.Code)
}

// Chain is a gateway and those it speaks through, by code, itself first. Codes nobody registered end it.
func Chain(code string, known map[string]Gateway) []string {
	var chain []string
	for len(chain) < mostSteps {
		g, ok := known[code]
		if !ok || slices.Contains(chain, code) {
			break
		}
		chain = append(chain, code)
		code = g.Parent
	}
	return chain
}
