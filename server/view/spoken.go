package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A number said in words is hidden from so many figures on, of which so many are words: fewer words are a year, a
// house number or "ba" beside a number that is found without them.
const (
	leastSpoken = 9
	leastWords  = 3
)

// figureWord is whether a word is a figure, with its marks, without, and as people write it in a hurry. Many mean
// something else too (nam, ba, sau): only a long row of them is a number.
func figureWord(word string) bool {
	switch word {
	case "không", "khong", "khôg", "ko", "hông", "một", "mot", "mốt", "hai", "ba", "bốn", "bon", "tư", "tu",
		"năm", "nam", "lăm", "lam", "nhăm", "sáu", "sau", "bảy", "bay", "bẩy", "tám", "tam", "chín", "chin", "o",
		"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine":
		return true
	}
	return false
}

// mostWord is the longest of the words, in bytes: "không".
const mostWord = len("không")

// figures counts the figures that letters are made of when they are nothing else, "haibamột" too; 0 for other words.
func figures(letters string) int {
	if letters == "" {
		return 0
	}
	for size := min(mostWord, len(letters)); size > 0; size-- {
		if !figureWord(letters[:size]) {
			continue
		}
		if size == len(letters) {
			return 1
		}
		if rest := figures(letters[size:]); rest > 0 {
			return 1 + rest
		}
	}
	return 0
}

// spoken is a row of figures, in digits and words, from its begin to its end in the text.
type spoken struct {
	begin, end   int
	total, words int
	plate        bool // one letter stands behind the first two figures
}

func (s spoken) personal() bool {
	return s.words >= leastWords && (s.total >= leastSpoken || s.plate && s.total >= 6)
}

// redactSpoken hides numbers and plates that are said in words, or half in words.
func redactSpoken(text string) string {
	if !maybeSpoken(text) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		s := spokenAt(text, i)
		switch {
		case s.personal() && s.plate:
			out.WriteString(hiddenPlate)
		case s.personal():
			out.WriteString(hiddenNumber)
		default:
			// Not one figure further: the next token may begin a number.
			s.end = i + tokenSize(text, i)
			out.WriteString(text[i:s.end])
		}
		i = s.end
	}
	return out.String()
}

// maybeSpoken is a quick look for three figure words.
func maybeSpoken(text string) bool {
	found := 0
	for i := 0; i < len(text); {
		size := tokenSize(text, i)
		if n := figures(strings.ToLower(text[i : i+size])); n > 0 {
			if found += n; found >= leastWords {
				return true
			}
		}
		i += size
	}
	return false
}

// tokenSize is the size of the letters that begin at i, or of the one sign that stands there.
func tokenSize(text string, i int) int {
	size := 0
	for i+size < len(text) {
		r, n := utf8.DecodeRuneInString(text[i+size:])
		if !unicode.IsLetter(r) {
			if size == 0 {
				return n
			}
			break
		}
		size += n
	}
	return size
}

// spokenAt reads the row of figures that begins at i; it is empty where none does.
func spokenAt(text string, i int) spoken {
	s := spoken{begin: i, end: i}
	for i < len(text) {
		size := tokenSize(text, i)
		token := text[i : i+size]
		n := figures(strings.ToLower(token))
		switch {
		case len(token) == 1 && isDigit(token[0]):
			s.total++
		case n > 0:
			s.total += n
			s.words += n
		case s.total == 2 && !s.plate && utf8.RuneCountInString(token) == 1 && latinLetter(token):
			s.plate = true
		default:
			return s
		}
		i += size
		s.end = i
		next := skipGap(text, i)
		if next == len(text) {
			return s
		}
		i = next
	}
	return s
}

func latinLetter(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return unicode.IsLetter(r) && latin(r)
}

// skipGap passes the signs that may stand between two figures.
func skipGap(text string, i int) int {
	for range maxGap {
		if i == len(text) {
			break
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !groups(r) && r != ',' && r != '/' {
			break
		}
		i += size
	}
	return i
}
