package sensor

import (
	"bytes"
	"time"
	"unicode/utf8"

	"toancanh/server/fault"
)

// MaxItems is how many readings one body may hold.
const MaxItems = 10_000

// maxDepth bounds how deep unknown members may nest.
const maxDepth = 32

// Encoding says how a body is written.
type Encoding int

// The encodings.
const (
	JSON   Encoding = iota // one object, or an array of them
	NDJSON                 // an object a line; empty lines are skipped
)

// Item is one reading of a body, or why it could not be read. Index counts the items from 0; in NDJSON the
// lines that are not empty.
type Item struct {
	Index   int
	Reading Reading
	Reason  Reason // Malformed, BadValue or Taken
	Detail  string // Vietnamese; empty when it was read
}

// DecodeReadings reads a body (already inflated). One bad item never spoils another: it stands in its place
// with its reason, also when its own syntax is broken, as long as its brackets and quotes are closed. What
// follows an item that never ends is one malformed item. Numbers that no reading can hold are BadValue.
//
// Members may come in any order, unknown ones are skipped, of doubled ones the last counts. The error (invalid
// or too_many) is for bodies that hold no list at all or too long a one.
func DecodeReadings(body []byte, enc Encoding) ([]Item, error) {
	d := decoder{names: map[string]string{}}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if enc == NDJSON {
		return d.lines(body)
	}
	s := scanner{b: body}
	switch s.peek() {
	case '{':
		item := d.item(0, body)
		return []Item{item}, nil
	case '[':
		return d.array(s)
	}
	return nil, fault.Invalid("", "Nội dung phải là một đối tượng JSON, một mảng JSON hoặc NDJSON").Because("malformed")
}

// decoder keeps what is shared between the items of a body.
type decoder struct {
	names map[string]string // one string for each sensor's code, however often it comes
	items []Item
}

func (d *decoder) lines(body []byte) ([]Item, error) {
	d.items = make([]Item, 0, min(MaxItems, bytes.Count(body, []byte{'\n'})+1))
	for len(body) > 0 {
		line := body
		if i := bytes.IndexByte(body, '\n'); i >= 0 {
			line, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := d.add(line); err != nil {
			return nil, err
		}
	}
	return d.items, nil
}

func (d *decoder) array(s scanner) ([]Item, error) {
	d.items = make([]Item, 0, min(MaxItems, bytes.Count(s.b, []byte{'}'})))
	s.i++
	if s.peek() == ']' {
		return d.after(s)
	}
	for {
		s.space()
		from := s.i
		whole := s.skipLoose()
		if err := d.add(s.b[from:s.i]); err != nil {
			return nil, err
		}
		switch c := s.peek(); {
		case whole && c == ',':
			s.i++
		case whole && c == ']':
			return d.after(s)
		default:
			// The array never ends: whatever was whole stays taken, the rest is one malformed item.
			return d.broken(whole)
		}
	}
}

// after marks what stands behind the array's end.
func (d *decoder) after(s scanner) ([]Item, error) {
	s.i++
	if s.peek() != 0 || s.i < len(s.b) {
		return d.broken(true)
	}
	return d.items, nil
}

// broken says that the list is cut short or goes on behind its end: as another item, or in place of the last
// one when that never ended.
func (d *decoder) broken(another bool) ([]Item, error) {
	const detail = "Mảng JSON bị cắt ngang hoặc có nội dung thừa"
	if !another && len(d.items) > 0 {
		last := &d.items[len(d.items)-1]
		last.Reading, last.Reason, last.Detail = Reading{}, Malformed, detail
		return d.items, nil
	}
	err := d.push(Item{Index: len(d.items), Reason: Malformed, Detail: detail})
	return d.items, err
}

func (d *decoder) add(raw []byte) error { return d.push(d.item(len(d.items), raw)) }

func (d *decoder) push(it Item) error {
	if len(d.items) == MaxItems {
		return fault.TooMany("Mỗi lần gửi tối đa %d giá trị đo", MaxItems).Because("too_many_items")
	}
	d.items = append(d.items, it)
	return nil
}

// item reads one object.
func (d *decoder) item(index int, raw []byte) Item {
	p := parser{scanner: scanner{b: raw}, names: d.names}
	reading, reason, detail := p.object()
	if reason != Taken {
		reading = Reading{Sensor: reading.Sensor}
	}
	return Item{Index: index, Reading: reading, Reason: reason, Detail: detail}
}

// parser reads the object of one reading.
type parser struct {
	scanner
	names map[string]string
	got   struct{ sensor, at, value bool }
	out   Reading
	// The first thing wrong with a member; the object is read on, so that the sensor can still be named.
	reason Reason
	detail string
}

func (p *parser) wrong(reason Reason, detail string) {
	if p.reason == Taken {
		p.reason, p.detail = reason, detail
	}
}

func (p *parser) object() (Reading, Reason, string) {
	if p.peek() != '{' {
		return p.out, Malformed, "Mỗi giá trị đo phải là một đối tượng JSON"
	}
	p.i++
	if p.peek() == '}' {
		p.i++
	} else if !p.members() {
		return p.out, Malformed, Malformed.Detail()
	}
	if p.peek() != 0 || p.i < len(p.b) {
		return p.out, Malformed, "Có nội dung thừa sau đối tượng JSON"
	}
	switch {
	case p.reason != Taken:
	case !p.got.sensor:
		p.wrong(Malformed, "Thiếu trường sensor")
	case !p.got.at:
		p.wrong(Malformed, "Thiếu trường at")
	case !p.got.value:
		p.wrong(Malformed, "Thiếu trường value")
	}
	return p.out, p.reason, p.detail
}

// members reads up to and with the closing brace; false is a broken syntax.
func (p *parser) members() bool {
	for {
		if p.peek() != '"' {
			return false
		}
		key, ok := p.str()
		if !ok || p.peek() != ':' {
			return false
		}
		p.i++
		p.space()
		if !p.member(key) {
			return false
		}
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			return true
		default:
			return false
		}
	}
}

// member reads the value of a known key and skips any other.
func (p *parser) member(key []byte) bool {
	switch string(key) {
	case "sensor":
		return p.sensor()
	case "at":
		return p.at()
	case "value":
		return p.value()
	}
	return p.skip(maxDepth)
}

func (p *parser) sensor() bool {
	p.got.sensor = true
	if p.peek() != '"' {
		p.wrong(Malformed, "Trường sensor phải là chuỗi")
		return p.skip(maxDepth)
	}
	code, ok := p.str()
	if !ok {
		return false
	}
	const most = 64
	if len(code) == 0 || len(code) > most || !utf8.Valid(code) {
		p.wrong(Malformed, "Trường sensor phải có từ 1 đến 64 ký tự")
		return true
	}
	name, known := p.names[string(code)]
	if !known {
		name = string(code)
		p.names[name] = name
	}
	p.out.Sensor = name
	return true
}

func (p *parser) at() bool {
	p.got.at = true
	if p.peek() != '"' {
		p.wrong(Malformed, "Trường at phải là thời điểm RFC 3339, ví dụ 2026-11-23T02:00:00Z")
		return p.skip(maxDepth)
	}
	text, ok := p.str()
	if !ok {
		return false
	}
	at, ok := parseTime(text)
	if !ok {
		p.wrong(Malformed, "Trường at phải là thời điểm RFC 3339, ví dụ 2026-11-23T02:00:00Z")
	}
	p.out.At = at.Truncate(time.Microsecond)
	return true
}

func (p *parser) value() bool {
	p.got.value = true
	// Not JSON, but what some languages write for a number that is none.
	for _, w := range [...]string{"NaN", "Infinity", "-Infinity"} {
		if p.word(w) {
			p.wrong(BadValue, BadValue.Detail())
			return true
		}
	}
	from := p.i
	if c := p.peek(); c != '-' && (c < '0' || c > '9') {
		p.wrong(BadValue, BadValue.Detail())
		return p.skip(maxDepth)
	}
	if !p.number() {
		return false
	}
	value, ok := parseNumber(p.b[from:p.i])
	if !ok {
		p.wrong(BadValue, BadValue.Detail())
	}
	p.out.Value = value
	return true
}
