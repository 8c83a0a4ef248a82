package gateway

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"toancanh/server/fault"
)

// Bounds of what one message of a network server is read for.
const (
	MostValues = 200 // of one message; what follows is left out and counted
	mostDepth  = 8
	mostName   = 128 // bytes of a thing or a field
)

// Uplink is one message of a network server: what a device measured, under the names its decoder gave.
type Uplink struct {
	Event   string    // what happened, in the network server's word: "up", "join"
	Things  []string  // the names the device goes by, in lower case, the best one first
	At      time.Time // when it was received over the air
	Values  []Value   // by field
	Omitted int       // values beyond MostValues
	// Undecoded is true of a message with bytes that nobody decoded: its device has no codec over there.
	Undecoded bool
}

// Value is one leaf of what was decoded. Its field names the path to it, "air.temperature" or "probes.0.level".
type Value struct {
	Field  string
	Number float64
	Bad    bool // not a number, nor true or false
	// Aside is true for what the network server says of the radio or the device by itself: it is taken when somebody
	// registered it, and nobody is told when not.
	Aside bool
}

// Measured reports whether the message holds a number that somebody should have registered.
func (u Uplink) Measured() bool {
	return slices.ContainsFunc(u.Values, func(v Value) bool { return !v.Aside && !v.Bad })
}

// take adds the leaves of a decoded object under a prefix.
func (u *Uplink) take(prefix string, raw json.RawMessage, aside bool) error {
	if empty(raw) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a number that no float64 holds is one bad value, not a bad body
	var tree any
	if err := d.Decode(&tree); err != nil {
		return malformed("object", "Không đọc được phần đã giải mã.")
	}
	u.walk(prefix, tree, leaf{aside: aside, depth: mostDepth})
	slices.SortStableFunc(u.Values, func(a, b Value) int { return strings.Compare(a.Field, b.Field) })
	return nil
}

type leaf struct {
	aside bool
	depth int
}

func (u *Uplink) walk(field string, tree any, l leaf) {
	if l.depth == 0 || len(field) > mostName {
		u.Omitted++
		return
	}
	below := leaf{l.aside, l.depth - 1}
	switch x := tree.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			u.walk(join(field, name), x[name], below)
		}
	case []any:
		for i, item := range x {
			u.walk(join(field, strconv.Itoa(i)), item, below)
		}
	case json.Number:
		n, err := x.Float64()
		u.add(Value{Field: field, Number: n, Bad: err != nil || math.IsInf(n, 0), Aside: l.aside})
	case bool:
		v := Value{Field: field, Aside: l.aside}
		if x {
			v.Number = 1
		}
		u.add(v)
	default: // text and null
		u.add(Value{Field: field, Bad: true, Aside: l.aside})
	}
}

func (u *Uplink) add(v Value) {
	if v.Field == "" || len(u.Values) == MostValues {
		u.Omitted++
		return
	}
	u.Values = append(u.Values, v)
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// named adds a name the device goes by.
func (u *Uplink) named(name string) {
	name = Thing(name)
	if name != "" && len(name) <= mostName && utf8.ValidString(name) && !slices.Contains(u.Things, name) {
		u.Things = append(u.Things, name)
	}
}

// Thing is a device's name as it is compared: EUIs are written in both cases.
func Thing(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// dated reads when the message was received.
func (u *Uplink) dated(field, text string) error {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return malformed(field, "Trường "+field+" phải là thời điểm RFC 3339.")
	}
	u.At = at.UTC().Truncate(time.Microsecond)
	return nil
}

func malformed(field, detail string) error {
	return fault.Invalid(field, "%s", detail).Because("malformed")
}

// envelope reads the outside of a body.
func envelope(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return malformed("", "Nội dung không phải là JSON đúng dạng của máy chủ mạng.")
	}
	return nil
}
