package view

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What stands in place of what was removed.
const (
	hiddenNumber = "[ẩn số]"
	hiddenPlate  = "[ẩn biển số]"
	hiddenMail   = "[ẩn thư điện tử]"
	hiddenLink   = "[ẩn liên kết]"
)

// Redact removes what names or reaches a person: phone numbers, identity and account numbers, number plates,
// e-mail addresses and links, every occurrence, however digits are grouped and in whatever script they are
// written. It rather hides too much than too little; names it cannot know. The result is NFC, and redacting it
// again changes nothing.
func Redact(text string) string {
	text = plainSigns(text)
	// What one pattern hides may part what another then finds: once more, until nothing is found. Each round hides
	// something of what the sender wrote, so there are few.
	for {
		hidden := hide(text)
		if hidden == text {
			return text
		}
		text = hidden
	}
}

// hide looks once for each pattern.
func hide(text string) string {
	// The patterns begin with any letter or digit and are slow; most texts hold nothing they could find.
	if mayHoldMail(text) {
		text = mail.ReplaceAllString(text, hiddenMail)
	}
	if mayHoldLink(text) {
		text = link.ReplaceAllString(text, hiddenLink)
	}
	if !strings.ContainsAny(text, "0123456789") {
		return text
	}
	text = parted.ReplaceAllString(text, hiddenNumber)
	text = redactNumbers(text)
	return redactPlates(text)
}

func mayHoldMail(text string) bool {
	return strings.Contains(text, "@") || strings.ContainsAny(text, "([") && mailWords.MatchString(text)
}

// mayHoldLink reports a full stop or colon with a letter or slash right behind it.
func mayHoldLink(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		if c := text[i+1] | 0x20; text[i] == '.' && c >= 'a' && c <= 'z' || text[i] == ':' && text[i+1] == '/' {
			return true
		}
	}
	return false
}

// latin reports the accented Latin letters, the Vietnamese ones among them, which stand for nothing else. The few
// signs between them that do (² and its like) are in nobody's number.
func latin(r rune) bool { return r < '\u0250' || r >= '\u1e00' && r <= '\u1eff' }

// plainSigns makes a text NFC with ordinary digits and without the invisible signs that could part a number.
func plainSigns(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, "\ufffd"))
	var out strings.Builder
	out.Grow(len(text))
	var last rune
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cf, r) || r == '\u034f' || unicode.Is(unicode.Variation_Selector, r):
			continue // zero-width spaces and joiners, soft hyphens
		case unicode.IsMark(r) && last >= '0' && last <= '9':
			continue // strokes and keycaps on digits
		case r > unicode.MaxASCII && !latin(r):
			if folded := foldSign(r); folded != "" {
				out.WriteString(folded)
				last = rune(folded[len(folded)-1])
				continue
			}
		}
		out.WriteRune(r)
		last = r
	}
	return norm.NFC.String(out.String())
}

// foldSign is the ASCII digit, letter, full stop or at sign that a full-width, mathematical, circled or foreign
// sign stands for; empty for any other.
func foldSign(r rune) string {
	if n := digitValue(r); n >= 0 {
		return strconv.Itoa(n)
	}
	folded := norm.NFKC.String(string(r))
	if folded == string(r) || len(folded) > 2 {
		return ""
	}
	for _, c := range folded {
		if c > unicode.MaxASCII || !(unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("@.+-/:", c)) {
			return ""
		}
	}
	return folded
}

// digitValue is the value of a decimal digit of any script, -1 for other signs. Unicode lays out each script's
// ten digits in order, beginning with its zero.
func digitValue(r rune) int {
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	n := 0
	for n < 9 && unicode.Is(unicode.Nd, r-rune(n)-1) {
		n++
	}
	// Scripts whose digits touch (the mathematical ones) are counted from a block of ten.
	if r >= '\U0001D7CE' && r <= '\U0001D7FF' {
		return int(r-'\U0001D7CE') % 10
	}
	return n
}

var (
	mail = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+-]+\s{0,2}(?:@|\(at\)|\[at\]|\(a còng\)|\[a còng\])\s{0,2}[\p{L}\p{N}-]+(?:\s?(?:\.|\(dot\)|\[dot\]|\(chấm\))\s?[\p{L}\p{N}-]{2,})*`)

	mailWords = regexp.MustCompile(`(?i)[(\[](?:at|a còng)[)\]]`)

	link = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,10}://|www\.)[^\s<>]+` +
		`|\b(?:[a-z0-9_-]+\.)+(?:com|vn|net|org|info|me|io|ly|gl|app|xyz|top|biz|tv|link|site|online|shop|club|page|be|cc|to|ru|cn)\b(?:[/?#:][^\s<>]*)?`)

	// 48A-123.45, 48-B1 234.56, 51F12345, 29-MĐ1 123.45, 80-NG-123-45.
	plate = regexp.MustCompile(`(?i)\d{2}[\s.\-–_]{0,3}(?:[a-zđ]{1,2}\d?)[\s.\-–_]{0,3}(?:\d{3}[\s.\-–]{0,3}\d{2}|\d{4})`)

	// 0912/345/678 and 0912,345,678: elsewhere these signs make dates, lists and coordinates.
	parted = regexp.MustCompile(`\b0\d{2,3}[/,]\s?\d{3}[/,]\s?\d{3,4}\b`)

	// A letter and seven digits: a passport.
	passport = regexp.MustCompile(`\b[A-Z]\d{7}\b`)
)

// redactPlates hides plates and passports that stand by themselves: not within a longer number or word.
func redactPlates(text string) string {
	text = passport.ReplaceAllString(text, hiddenNumber)
	var out strings.Builder
	from := 0
	for from < len(text) {
		m := plate.FindStringIndex(text[from:])
		if m == nil {
			break
		}
		begin, end := from+m[0], from+m[1]
		if digitBefore(text[:begin]) || digitAfter(text[end:]) {
			// Try again one byte later: a plate may begin within what was found.
			out.WriteString(text[from : begin+1])
			from = begin + 1
			continue
		}
		out.WriteString(text[from:begin])
		out.WriteString(hiddenPlate)
		from = end
	}
	out.WriteString(text[from:])
	return out.String()
}

func digitBefore(text string) bool {
	return text != "" && isDigit(text[len(text)-1])
}

func digitAfter(text string) bool { return text != "" && isDigit(text[0]) }
