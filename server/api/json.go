package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"toancanh/server/door"
)

// kind is what a JSON value is, in the words people are told.
type kind byte

const (
	isNull kind = iota
	isBool
	isNumber
	isText
	isArray
	isObject
)

func (k kind) String() string {
	return [...]string{"null", "true/false", "số", "chuỗi", "mảng", "đối tượng"}[k]
}

// maxDepth bounds how deep values may nest.
const maxDepth = 32

// value is a parsed JSON value. Unlike encoding/json it keeps doubled members apart, compares names exactly and never
// puts U+FFFD in place of broken bytes, so that a door can refuse all of these.
type value struct {
	kind    kind
	raw     []byte // of a number or a text, quotes included; shares the body's memory
	items   []value
	members []member
}

type member struct {
	name  string
	value value
}

// parseJSON reads a body as one JSON value. The error is for people and says where the text breaks.
func parseJSON(body []byte) (value, error) {
	if !utf8.Valid(body) {
		return value{}, &door.Refusal{Status: 400, Detail: "Nội dung không đúng mã UTF-8."}
	}
	var raw json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		detail := "Nội dung không phải là JSON hợp lệ."
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && len(bytes.TrimSpace(body)) > 0 {
			detail = fmt.Sprintf("Nội dung không phải là JSON hợp lệ (sai ở byte thứ %d).", syntax.Offset)
		}
		return value{}, &door.Refusal{Status: 400, Detail: detail}
	}
	p := parser{b: body}
	v := p.value(0)
	if p.tooDeep {
		return value{}, &door.Refusal{Status: 400, Detail: fmt.Sprintf("JSON lồng nhau quá %d lớp.", maxDepth)}
	}
	return v, nil
}

// parser walks a body that is known to be valid JSON.
type parser struct {
	b       []byte
	i       int
	tooDeep bool
}

// next is the next byte that is no space.
func (p *parser) next() byte {
	for {
		switch c := p.b[p.i]; c {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return c
		}
	}
}

func (p *parser) value(depth int) value {
	if depth > maxDepth {
		p.tooDeep = true
	}
	if p.tooDeep {
		return value{}
	}
	switch c := p.next(); c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return value{kind: isText, raw: p.text()}
	case 't', 'f', 'n':
		from := p.i
		for p.i < len(p.b) && p.b[p.i] >= 'a' && p.b[p.i] <= 'z' {
			p.i++
		}
		if c == 'n' {
			return value{kind: isNull}
		}
		return value{kind: isBool, raw: p.b[from:p.i]}
	}
	from := p.i
	for p.i < len(p.b) && bytes.IndexByte([]byte("+-.0123456789Ee"), p.b[p.i]) >= 0 {
		p.i++
	}
	return value{kind: isNumber, raw: p.b[from:p.i]}
}

// text steps over a text and returns it with its quotes.
func (p *parser) text() []byte {
	from := p.i
	for p.i++; p.b[p.i] != '"'; p.i++ {
		if p.b[p.i] == '\\' {
			p.i++
		}
	}
	p.i++
	return p.b[from:p.i]
}

func (p *parser) object(depth int) value {
	v := value{kind: isObject}
	for p.i++; !p.tooDeep && p.next() != '}'; {
		if p.b[p.i] == ',' {
			p.i++
			continue
		}
		name := unquote(p.text())
		p.next()
		p.i++ // the colon
		v.members = append(v.members, member{name, p.value(depth + 1)})
	}
	p.i++
	return v
}

func (p *parser) array(depth int) value {
	v := value{kind: isArray}
	for p.i++; !p.tooDeep && p.next() != ']'; {
		if p.b[p.i] == ',' {
			p.i++
			continue
		}
		v.items = append(v.items, p.value(depth+1))
	}
	p.i++
	return v
}

// unquote is the text of a valid JSON string; the result shares nothing with the body.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s)
	return s
}

// encode writes a value again. Numbers and texts stay as they were sent.
func (v value) encode(b []byte) []byte {
	switch v.kind {
	case isNull:
		return append(b, "null"...)
	case isBool, isNumber, isText:
		return append(b, v.raw...)
	case isArray:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.encode(b)
		}
		return append(b, ']')
	case isObject:
		b = append(b, '{')
		for i, m := range v.members {
			if i > 0 {
				b = append(b, ',')
			}
			name, _ := json.Marshal(m.name)
			b = append(append(b, name...), ':')
			b = m.value.encode(b)
		}
		return append(b, '}')
	}
	return b
}
