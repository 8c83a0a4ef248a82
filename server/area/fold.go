package area

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings spellings of one Vietnamese name together, for search and for
// matching names of other sources: no diacritics, đ as d, every apostrophe as
// ', every dash as -, lower case, single spaces. "Đăk R’Moan" and "đắk r'moan"
// fold alike. Folded text is for comparing, never for showing.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(foldRune(r))
	}
	return b.String()
}

func foldRune(r rune) rune {
	switch r {
	case 'đ', 'Đ', 'ð', 'Ð': // the last two are look-alikes of other keyboards
		return 'd'
	case '’', '‘', '‛', 'ʼ', 'ʻ', '′', '´', '`', '＇':
		return '\''
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	default:
		return unicode.ToLower(r)
	}
}
