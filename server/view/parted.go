package view

import (
	"regexp"
	"strings"
)

// Where a phone number may begin: its zero, or the country with or without its signs.
var phoneStart = regexp.MustCompile(`(?:\(?(?:\+|00)[ .]?84\)?|\(84\)|\b84)[ .,/_-]{0,2}(?:\(0\))?[ .,/_-]{0,2}|[0oO]`)

// A date is not the begin of a phone number, though it may begin with a zero.
var dateStart = regexp.MustCompile(`^\d{1,2}([/.-])\d{1,2}[/.-](?:19|20)\d\d\b`)

// national is how many figures follow the zero of a phone number.
const national = 9

// redactParted hides phone numbers whose groups are parted by signs that elsewhere make dates, lists and coordinates:
// 0912, 345, 678 and 0912/345/678. Only where the figures are just those of a phone number.
func redactParted(text string) string {
	if !strings.ContainsAny(text, ",/") {
		return text
	}
	return hideEach(text, hiddenNumber, func(from int) (begin, end int, found bool) {
		m := phoneStart.FindStringIndex(text[from:])
		if m == nil {
			return 0, 0, false
		}
		begin = from + m[0]
		end = phoneEnd(text, from+m[1])
		if end == 0 || continued(text[:begin]) || dateStart.MatchString(text[begin:]) || isList(text[begin:end]) {
			end = begin
		}
		return begin, end, true
	})
}

// phoneEnd walks over the figures behind a phone's zero; 0 when they are not those of one.
func phoneEnd(text string, i int) int {
	first, count, end := byte(0), 0, 0
	for i < len(text) && count <= national+1 {
		if c := text[i]; isDigit(c) || c == 'o' || c == 'O' {
			if count++; count == 1 {
				first = c
			}
			i++
			end = i
			continue
		}
		next := i
		for gap := 0; gap < 2 && next < len(text) && strings.IndexByte(" .,/_-", text[next]) >= 0; gap++ {
			next++
		}
		if next == i || next == len(text) || !isDigit(text[next]) && text[next] != 'o' && text[next] != 'O' || count == national {
			break
		}
		i = next
	}
	mobile := strings.IndexByte("35789", first) >= 0 && count == national
	landline := first == '2' && (count == national || count == national+1)
	if !mobile && !landline {
		return 0
	}
	return end
}

// continued reports that a number goes on: a figure stands right before, or before a sign that joins two.
func continued(before string) bool {
	return digitBefore(before) || len(before) > 1 && strings.IndexByte("./,-", before[len(before)-1]) >= 0 && digitBefore(before[:len(before)-1])
}

// isList reports a list of growing numbers of two figures each: 05, 10, 15, 20, 25.
func isList(text string) bool {
	last := ""
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if len(part) != 2 || part <= last {
			return false
		}
		last = part
	}
	return true
}
