package sensor

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// scanner walks over JSON text (RFC 8259).
type scanner struct {
	b []byte
	i int
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// peek is the next byte that is not space; 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i == len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// str reads a string and returns what it says; the result may share the body's memory.
func (s *scanner) str() ([]byte, bool) {
	from := s.i
	s.i++
	plain := true
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			if plain {
				return s.b[from+1 : s.i-1], true
			}
			var text string
			err := json.Unmarshal(s.b[from:s.i], &text)
			return []byte(text), err == nil
		case c == '\\':
			plain = false
			s.i += 2
		case c < ' ':
			return nil, false
		default:
			s.i++
		}
	}
	s.i = len(s.b)
	return nil, false
}

// number walks over a number.
func (s *scanner) number() bool {
	if s.i < len(s.b) && s.b[s.i] == '-' {
		s.i++
	}
	switch from := s.i; {
	case !s.digits():
		return false
	case s.b[from] == '0' && s.i > from+1:
		return false
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		if !s.digits() {
			return false
		}
	}
	if s.i < len(s.b) && (s.b[s.i] == 'e' || s.b[s.i] == 'E') {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i > from
}

// skip walks over any value.
func (s *scanner) skip(depth int) bool {
	if depth == 0 {
		return false
	}
	switch c := s.peek(); c {
	case '"':
		_, ok := s.str()
		return ok
	case '{', '[':
		return s.skipMembers(c, depth)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) skipMembers(open byte, depth int) bool {
	end := open + 2 // '{' to '}', '[' to ']'
	s.i++
	if s.peek() == end {
		s.i++
		return true
	}
	for {
		if open == '{' {
			if s.peek() != '"' {
				return false
			}
			if _, ok := s.str(); !ok || s.peek() != ':' {
				return false
			}
			s.i++
		}
		if !s.skip(depth - 1) {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
		case end:
			s.i++
			return true
		default:
			return false
		}
	}
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// skipLoose walks to the comma or bracket that ends an element of an array, looking at nothing but brackets
// and quotes, so that a broken element ends where it seems to. It is false when there is no such end.
func (s *scanner) skipLoose() bool {
	depth := 0
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			if !s.closeQuote() {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return true
			}
			depth--
		case ',':
			if depth == 0 {
				return true
			}
		}
		s.i++
	}
	return false
}

func (s *scanner) closeQuote() bool {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return true
		}
	}
	s.i = len(s.b)
	return false
}

// parseNumber reads a JSON number; false when it overflows. Up to 15 digits with a small exponent are read
// exactly without a library: both the digits and the power of ten are whole numbers a float64 holds.
func parseNumber(b []byte) (float64, bool) {
	var mantissa uint64
	var digits, point int
	var seen bool
	i := 0
	if b[0] == '-' {
		i++
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.':
			seen = true
		case c == 'e' || c == 'E':
			return parseSlow(b)
		default:
			mantissa = mantissa*10 + uint64(c-'0')
			if digits++; digits > 15 {
				return parseSlow(b)
			}
			if seen {
				point++
			}
		}
	}
	x := float64(mantissa)
	if point > 0 {
		x /= math.Pow10(point)
	}
	if b[0] == '-' {
		x = -x
	}
	return x, true
}

func parseSlow(b []byte) (float64, bool) {
	x, err := strconv.ParseFloat(string(b), 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// parseTime reads an RFC 3339 time into UTC. The usual form, "2026-11-23T02:00:00Z" with or without a
// fraction, is read by hand; any other is left to the library.
func parseTime(b []byte) (time.Time, bool) {
	const usual = len("2026-11-23T02:00:00Z")
	if len(b) < usual || len(b) > usual+10 || b[len(b)-1] != 'Z' || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return parseTimeSlow(b)
	}
	year, month, day := number4(b), number2(b[5:]), number2(b[8:])
	hour, minute, second := number2(b[11:]), number2(b[14:]), number2(b[17:])
	nanos, ok := fraction(b[19 : len(b)-1])
	if !ok || year < 0 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		// Days 29 to 31 too: whether the month has them, the library knows.
		return parseTimeSlow(b)
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC), true
}

func parseTimeSlow(b []byte) (time.Time, bool) {
	const longest = 40
	if len(b) > longest {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, string(b))
	return at.UTC(), err == nil
}

// number2 reads two digits; negative when they are none.
func number2(b []byte) int {
	hi, lo := int(b[0])-'0', int(b[1])-'0'
	if hi < 0 || hi > 9 || lo < 0 || lo > 9 {
		return -10_000
	}
	return 10*hi + lo
}

func number4(b []byte) int { return 100*number2(b) + number2(b[2:]) }

// fraction reads ".123" into nanoseconds.
func fraction(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || len(b) == 1 {
		return 0, false
	}
	n := 0
	for i := 1; i < 10; i++ {
		n *= 10
		if i < len(b) {
			if b[i]-'0' > 9 {
				return 0, false
			}
			n += int(b[i] - '0')
		}
	}
	return n, true
}
