package area

import (
	"slices"
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

// mostWord bounds a word, in characters.
const mostWord = 40

// Words are the words of a text as search compares them: folded, each once, in order, what stands between letters and digits
// left out. A word with an apostrophe inside is there in parts and whole: "R'Măng" is r, mang and rmang.
func Words(s string) []string {
	folded := Fold(s)
	words := splitWords(folded)
	if strings.Contains(folded, "'") {
		words = append(words, splitWords(strings.ReplaceAll(folded, "'", ""))...)
	}
	seen := make(map[string]struct{}, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		_, twice := seen[w]
		seen[w] = struct{}{}
		return twice
	})
}

func splitWords(folded string) []string {
	words := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for i, w := range words {
		n := 0
		for at := range w {
			if n == mostWord {
				words[i] = w[:at]
				break
			}
			n++
		}
	}
	return words
}
