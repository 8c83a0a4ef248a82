package report

import (
	"encoding/binary"
	"strings"
)

// alphabet has no sign that is mistaken for another when read aloud or from paper: no 0 and O, 1 and I and L,
// U and V.
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

const codeHalf = 4

// Code makes the public code of a report, "K7M2-Q9XD", from 8 random bytes. There are 30^8 (656 thousand
// million) codes, evenly likely; whoever stores them keeps them unique.
func Code(random [8]byte) string {
	n := binary.LittleEndian.Uint64(random[:])
	var out [2*codeHalf + 1]byte
	for i := range out {
		if i == codeHalf {
			out[i] = '-'
			continue
		}
		out[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(out[:])
}

// ParseCode reads a code as people type it: in small letters, without the dash or with spaces.
func ParseCode(text string) (string, bool) {
	if len(text) > 4*codeHalf {
		return "", false
	}
	text = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '–' {
			return -1
		}
		return r
	}, strings.ToUpper(text))
	if len(text) != 2*codeHalf || strings.Trim(text, alphabet) != "" {
		return "", false
	}
	return text[:codeHalf] + "-" + text[codeHalf:], true
}
