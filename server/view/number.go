package view

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// leastDigits is how long a number must be to reach or name a person: identity cards have 9 or 12 digits, phones
// 10, accounts more. Hotlines (1900 1075) and emergency numbers are shorter and stay.
const leastDigits = 9

// maxGap is how many signs may stand between two digits of one number.
const maxGap = 3

// redactNumbers hides every run of nine or more digits, however they are grouped, but for amounts of money.
func redactNumbers(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if !startsNumber(text, i) {
			out = append(out, text[i])
			i++
			continue
		}
		end, digits := numberEnd(text, i)
		if digits >= leastDigits && !isAmount(text[i:end], text[end:]) {
			// "+" and "(" belonged to the number.
			out = append(bytes.TrimRight(out, "+("), hiddenNumber...)
		} else {
			out = append(out, text[i:end]...)
		}
		i = end
	}
	return string(out)
}

// startsNumber reports a digit, or an O that a digit follows, that does not continue a number.
func startsNumber(text string, i int) bool {
	return isDigit(text[i]) || zeroLetter(text, i)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// zeroLetter reports an O in place of a zero: no letter beside it, and a digit or another O next to it.
func zeroLetter(text string, i int) bool {
	if text[i] != 'o' && text[i] != 'O' {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	letter := func(r rune) bool { return unicode.IsLetter(r) && r != 'o' && r != 'O' || unicode.IsMark(r) }
	near := func(r rune) bool { return r >= '0' && r <= '9' || r == 'o' || r == 'O' }
	return !letter(before) && !letter(after) && (near(before) || near(after))
}

// numberEnd walks over digits and the signs that group them, and counts the digits.
func numberEnd(text string, i int) (end, digits int) {
	for i < len(text) {
		if isDigit(text[i]) || zeroLetter(text, i) {
			digits++
			i++
			end = i
			continue
		}
		next := i
		for gap := 0; gap < maxGap && next < len(text); gap++ {
			r, size := utf8.DecodeRuneInString(text[next:])
			if !groups(r) {
				break
			}
			next += size
		}
		if next == i || next == len(text) || !isDigit(text[next]) && !zeroLetter(text, next) {
			return end, digits
		}
		i = next
	}
	return end, digits
}

// groups reports the signs people put between the digits of one number. A slash and a colon are not among them:
// they make dates and times.
func groups(r rune) bool {
	switch r {
	case '.', '-', '_', '(', ')', '[', ']', '*', '\'', '~', '·', '•', '–', '—', '‐', '‑', '−':
		return true
	}
	return unicode.IsSpace(r)
}

var (
	// Like 1.500.000.000 and 120 000 000.
	thousands = regexp.MustCompile(`^[1-9]\d{0,2}(?:([. ]\d{3})+)$`)
	currency  = regexp.MustCompile(`(?i)^\s?(?:đồng|đ|vnđ|vnd|usd|triệu|tỷ|tỉ)(?:$|[^\p{L}])`)
)

// isAmount reports a sum of money: digits in threes with the currency behind them.
func isAmount(number, rest string) bool {
	return thousands.MatchString(number) && currency.MatchString(rest)
}
