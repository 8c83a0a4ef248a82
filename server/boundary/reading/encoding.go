package reading

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Encoding is how an attribute table writes Vietnamese.
type Encoding int

// The encodings met in Vietnamese tables.
const (
	Auto Encoding = iota
	UTF8
	TCVN3
	Windows1258
)

func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "UTF-8"
	case TCVN3:
		return "TCVN3 (ABC)"
	case Windows1258:
		return "windows-1258"
	default:
		return "ASCII"
	}
}

// Decode turns bytes into NFC text. What is no letter of the encoding becomes U+FFFD.
func (e Encoding) Decode(raw []byte) string {
	switch e {
	case TCVN3:
		return decodeTCVN3(raw)
	case Windows1258:
		text, err := charmap.Windows1258.NewDecoder().Bytes(raw)
		if err != nil {
			return strings.ToValidUTF8(string(raw), "\ufffd")
		}
		return norm.NFC.String(string(text))
	default:
		return norm.NFC.String(strings.ToValidUTF8(string(raw), "\ufffd"))
	}
}

// tcvn3 is the upper half of the single-byte Vietnamese set of TCVN 5712:1993 (VN3) as the fonts named .VnTime draw it,
// known as ABC: small letters with their tones, the seven letters that Latin lacks in both cases. A capital with a tone
// does not exist: the fonts whose names end in H draw the small one large. A space means that nothing stands there.
const tcvn3 = "" +
	"                " + // 80
	"                " + // 90
	" ĂÂÊÔƠƯĐăâêôơưđ " + // A0
	"     àảãáạ ằẳẵắ " + // B0
	"      ặầẩẫấậè ẻẽ" + // C0
	"éẹềểễếệìỉ   ĩíịò" + // D0
	" ỏõóọồổỗốộờởỡớợù" + // E0
	" ủũúụừửữứựỳỷỹýỵ " //   F0

func decodeTCVN3(raw []byte) string {
	upper := []rune(tcvn3)
	var b strings.Builder
	for _, c := range raw {
		switch {
		case c < utf8.RuneSelf:
			b.WriteByte(c)
		case c == 0xa0:
			b.WriteByte(' ') // the space that does not break
		case upper[c-0x80] == ' ':
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(upper[c-0x80])
		}
	}
	return b.String()
}

// Detect looks at texts of unknown encoding. Text without a letter above ASCII is Auto: it does not matter.
func Detect(texts [][]byte) Encoding {
	plain, valid := true, true
	for _, t := range texts {
		valid = valid && utf8.Valid(t)
		for _, c := range t {
			plain = plain && c < utf8.RuneSelf
		}
	}
	switch {
	case plain:
		return Auto
	case valid:
		return UTF8
	}
	score := func(e Encoding) (good int) {
		for _, t := range texts {
			for word := range strings.FieldsFuncSeq(e.Decode(t), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,;:/()-'", r) }) {
				switch syllable(word) {
				case vietnamese:
					good++
				case impossible:
					good--
				case silent:
				}
			}
		}
		return good
	}
	if score(TCVN3) >= score(Windows1258) {
		return TCVN3
	}
	return Windows1258
}

// verdict on a word: plain ASCII says nothing.
type verdict int

const (
	silent verdict = iota
	vietnamese
	impossible
)

// syllable judges a word by what every Vietnamese syllable keeps to: its letters are those of the alphabet, at most one
// of them carries a tone, its vowels stand together, and đ comes first.
func syllable(word string) verdict {
	above, tones, groups, letters := false, 0, 0, 0
	before := false
	for _, r := range norm.NFD.String(word) {
		switch {
		case strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", r): // grave, acute, tilde, hook, dot
			above = true
			tones++
			continue
		case strings.ContainsRune("\u0302\u0306\u031b", r): // circumflex, breve, horn
			above = true
			continue
		case r == 'đ' || r == 'Đ':
			above = true
			if letters > 0 {
				return impossible
			}
		case r >= utf8.RuneSelf:
			return impossible
		}
		letters++
		vowel := strings.ContainsRune("aeiouyAEIOUY", r)
		if vowel && !before {
			groups++
		}
		before = vowel
	}
	switch {
	case !above:
		return silent
	case tones > 1 || groups != 1:
		return impossible
	}
	return vietnamese
}
