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
// written, or said in words. It rather hides too much than too little; names it cannot know. The result is NFC, and redacting it
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

// Hidden counts the places of a redacted text from which something was removed.
func Hidden(text string) int {
	n := 0
	for _, sign := range []string{hiddenNumber, hiddenPlate, hiddenMail, hiddenLink} {
		n += strings.Count(text, sign)
	}
	return n
}

// hide looks once for each pattern.
func hide(text string) string {
	// The patterns begin with any letter or digit and are slow; most texts hold nothing they could find.
	if mayHoldMail(text) {
		text = redactMail(text)
	}
	if mayHoldLink(text) {
		text = link.ReplaceAllString(text, hiddenLink)
	}
	text = redactSpoken(text)
	if countDigits(text) < fewestDigits {
		return text
	}
	return besides(text, hideNumbers)
}

// hideNumbers looks for what is made of digits, where there are enough of them.
func hideNumbers(text string) string {
	n := countDigits(text)
	if n < fewestDigits {
		return text
	}
	if n >= leastPaper {
		text = papers.ReplaceAllString(text, hiddenNumber)
	}
	if n >= leastDigits {
		text = redactNumbers(redactParted(text))
	}
	return redactPlates(text)
}

// leastPaper is how many digits the shortest of the papers has.
const leastPaper = 7

// fewestDigits is how many digits the shortest of what is hidden has: TM-12-34.
const fewestDigits = 4

func countDigits(text string) int {
	n := 0
	for i := range len(text) {
		if startsNumber(text, i) {
			n++
		}
	}
	return n
}

func mayHoldMail(text string) bool {
	if strings.ContainsAny(text, "@([") {
		return true
	}
	lower := strings.ToLower(text)
	return strings.Contains(lower, "còng") || strings.Contains(lower, "cong") || strings.Contains(lower, " dot ")
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

// foldSign is the ASCII digit, letter or sign of numbers and addresses that a full-width, mathematical, circled or foreign
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
		if c > unicode.MaxASCII || !(unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("@.+-/:,_()[]", c)) {
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
	link = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,10}://|www\.)[^\s<>]+` +
		`|\b(?:[a-z0-9_-]+\.)+(?:com|vn|net|org|info|me|io|ly|gl|app|xyz|top|biz|tv|link|site|online|shop|club|page|be|cc|to|ru|cn)\b(?:[/?#:][^\s<>]*)?`)

	// A passport, an identity card of another country, and the code of a customer of the power company: one or two
	// letters and seven or eight digits, or the company's thirteen signs. And an identity card in threes parted by signs
	// that elsewhere make lists.
	papers = regexp.MustCompile(`\b(?:P[A-Z]\s?\d{2}\s?[A-Z]{2}\s?(?:\d\s?){7}|[A-Z]{1,2}\s?\d{7,8}|0\d{2}(?:[,/]\s?\d{3}){3})\b`)
)
