// Package area knows where things are: the places of a province in each of its
// administrative divisions, how one division became the next, the schematic map
// drawn from the places' centres, and the commune a point lies in.
//
// It is pure: it reads the files it is given and computes. It never opens a
// connection, never looks at the clock and knows no province by name.
package area

import "strings"

// Level is the rank of an area inside its division.
type Level string

// The ranks, widest first. A division without districts skips the middle one.
const (
	Province Level = "province"
	District Level = "district"
	Commune  Level = "commune"
)

// rank orders levels; an unknown level has rank 0.
func (l Level) rank() int {
	switch l {
	case Province:
		return 1
	case District:
		return 2
	case Commune:
		return 3
	default:
		return 0
	}
}

// Narrower reports whether areas of the level lie inside areas of another.
func (l Level) Narrower(than Level) bool { return l.rank() > than.rank() }

// Word is the level in Vietnamese, as it stands inside a sentence.
func (l Level) Word() string {
	switch l {
	case Province:
		return "cấp tỉnh"
	case District:
		return "cấp huyện"
	case Commune:
		return "cấp xã"
	default:
		return string(l)
	}
}

// Division is one way the province was divided, with the days it was in force.
type Division struct {
	Code      string // "vn-2022"
	Label     string // Vietnamese, as shown to people: "địa giới 2022"
	LabelEN   string
	ValidFrom string // first civil day in force, yyyy-mm-dd; empty: since ever
	ValidTo   string // first civil day no longer in force; empty: still in force
	Default   bool   // the one shown when nobody asks for another

	// CellsOf names the division whose leaf cells, joined through the
	// cross-walk, make up this one's schematic. Empty: its own centres do.
	CellsOf string
	// Outline names the file that holds the outline of the schematic.
	Outline string
}

// InForce reports whether the division held on a civil day (yyyy-mm-dd, in the
// zone of the province).
func (d Division) InForce(day string) bool {
	return d.ValidFrom <= day && (d.ValidTo == "" || day < d.ValidTo)
}

// Area is a place of a division. Its code is unique only inside that division.
type Area struct {
	Division string
	Code     string
	Parent   string // code of the parent; empty for the root
	Level    Level
	Kind     string // Vietnamese administrative prefix: "Xã", "Thị trấn"
	Name     string // Vietnamese without the prefix, NFC
	NameEN   string
	Folded   string // Fold(Title()), for search
	Aliases  []string
	Centre   Point
}

// Title is the full Vietnamese name: "Thị trấn Đắk Mil".
func (a Area) Title() string {
	return strings.TrimSpace(a.Kind + " " + a.Name)
}
