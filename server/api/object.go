package api

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"toancanh/server/fault"
)

// object reads the members of a JSON object one by one and collects everything that is wrong: a member of the wrong
// type, twice, missing or unknown. Null is the same as absent. Its fields are named by their path, "location.lat".
type object struct {
	path   string
	value  value
	read   []string
	faults *[]error
}

// asObject begins to read v. Whatever is wrong, also inside objects below it, comes to faults.
func asObject(v value, path string, faults *[]error) *object {
	o := &object{path: path, value: v, faults: faults}
	if v.kind != isObject {
		o.wrongType(path, isObject, v.kind)
		o.value = value{}
	}
	return o
}

// decodeObject parses a body that must be one object.
func decodeObject(body []byte) (*object, error) {
	v, err := parseJSON(body)
	if err != nil {
		return nil, err
	}
	var faults []error
	o := asObject(v, "", &faults)
	return o, fault.Join(faults...)
}

func (o *object) field(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func (o *object) wrong(name, reason, format string, args ...any) {
	*o.faults = append(*o.faults, fault.Invalid(o.field(name), format, args...).Because(reason))
}

func (o *object) wrongType(field string, want, got kind) {
	if field == "" {
		*o.faults = append(*o.faults, fault.Invalid("", "Nội dung phải là %s JSON, không phải %s.", want, got).Because("type"))
		return
	}
	*o.faults = append(*o.faults, fault.Invalid(field, "Trường %s phải là %s, không phải %s.", field, want, got).Because("type"))
}

// take finds a member of the kind wanted; ok is false for one that is absent, null or of another kind.
func (o *object) take(name string, want kind) (value, bool) {
	o.read = append(o.read, name)
	var found value
	n := 0
	for _, m := range o.value.members {
		if m.name == name {
			found = m.value
			n++
		}
	}
	switch {
	case n > 1:
		o.wrong(name, "duplicate", "Trường %s được ghi %d lần.", o.field(name), n)
		return value{}, false
	case found.kind == isNull:
		return value{}, false
	case found.kind != want:
		o.wrongType(o.field(name), want, found.kind)
		return value{}, false
	}
	return found, true
}

// given reports whether a member is there and not null, whatever its kind.
func (o *object) given(name string) bool {
	for _, m := range o.value.members {
		if m.name == name && m.value.kind != isNull {
			return true
		}
	}
	return false
}

// named reports whether a member is there, also as null: where null takes something back, it is not the same as absent.
func (o *object) named(name string) bool {
	for _, m := range o.value.members {
		if m.name == name {
			return true
		}
	}
	return false
}

// text is a member that is a text, empty when absent.
func (o *object) text(name string) string {
	v, ok := o.take(name, isText)
	if !ok {
		return ""
	}
	return unquote(v.raw)
}

// number is a member that is a finite number.
func (o *object) number(name string) (float64, bool) {
	v, ok := o.take(name, isNumber)
	if !ok {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil || math.IsInf(x, 0) {
		o.wrong(name, "out_of_range", "Số ở trường %s quá lớn.", o.field(name))
		return 0, false
	}
	return x, true
}

// need is a number that must be there.
func (o *object) need(name string) float64 {
	if !o.given(name) {
		o.read = append(o.read, name)
		o.wrong(name, "required", "Thiếu trường %s.", o.field(name))
		return 0
	}
	x, _ := o.number(name)
	return x
}

// optional is a number or nil.
func (o *object) optional(name string) *float64 {
	x, ok := o.number(name)
	if !ok {
		return nil
	}
	return &x
}

// whole is a member that is a whole number without a fraction, 0 when absent.
func (o *object) whole(name string) int64 {
	v, ok := o.take(name, isNumber)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(string(v.raw), 10, 64)
	if err != nil {
		o.wrong(name, "type", "Trường %s phải là số nguyên.", o.field(name))
	}
	return n
}

// flag is a member that is true or false, false when absent.
func (o *object) flag(name string) bool {
	v, ok := o.take(name, isBool)
	return ok && string(v.raw) == "true"
}

// instant is a member that is an RFC 3339 time, nil when absent.
func (o *object) instant(name string) *time.Time {
	v, ok := o.take(name, isText)
	if !ok {
		return nil
	}
	at, ok := parseTime(unquote(v.raw))
	if !ok {
		o.wrong(name, "format", "Trường %s phải là thời điểm RFC 3339, ví dụ 2026-11-23T02:00:00Z.", o.field(name))
		return nil
	}
	return &at
}

// parseTime reads RFC 3339 in UTC. Years before 1 and after 9999 are none.
func parseTime(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil || at.Year() < 1 {
		return time.Time{}, false
	}
	return at.UTC(), true
}

// list is the items of a member that is an array, nil when absent.
func (o *object) list(name string) []value {
	v, _ := o.take(name, isArray)
	return v.items
}

// child is a member that is an object; an absent one reads as empty and ok is false.
func (o *object) child(name string) (*object, bool) {
	v, ok := o.take(name, isObject)
	c := &object{path: o.field(name), value: v, faults: o.faults}
	return c, ok
}

// item reads one item of an array member as an object.
func (o *object) item(name string, v value) *object { return asObject(v, o.field(name), o.faults) }

// done says which members nobody asked for, and returns everything that was wrong.
func (o *object) done() error {
	o.refuseUnknown()
	return fault.Join(*o.faults...)
}

// mostName bounds how much of an unknown name is repeated.
const mostName = 60

func (o *object) refuseUnknown() {
next:
	for _, m := range o.value.members {
		for _, known := range o.read {
			if m.name == known {
				continue next
			}
		}
		o.wrong(clip(m.name), "unknown_field", "Không có trường tên này.")
	}
}

// clip shortens a name before it is repeated in an answer.
func clip(name string) string {
	if len(name) > mostName {
		name = name[:mostName] + "…"
	}
	return strings.ToValidUTF8(name, "�")
}

// clean reports whether a text may be compared with what the database holds: UTF-8 without control characters.
func clean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
