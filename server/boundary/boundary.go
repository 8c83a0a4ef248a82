// Package boundary decides whether somebody's boundary file can be the map of a division: it turns coordinates into
// WGS 84, finds the area each feature is meant to be, mends what can be mended without guessing, and refuses the rest
// with the reason, the feature and the place. What it lets pass it still tells.
//
// It is pure: it gets what a file holds and the areas that are expected. It opens nothing and keeps nothing.
package boundary

import (
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"toancanh/server/area"
)

// Bounds of what is taken in.
const (
	MostBytes  = 64 << 20  // of a file
	MostPoints = 5_000_000 // positions in a file
)

// Layer is what a file holds, before anything is known about it.
type Layer struct {
	Format     string     // "GeoJSON", "TopoJSON", "Shapefile"
	Encoding   string     // of the attribute table, when it is not said by the format: "TCVN3 (ABC)"
	Projection Projection // what the coordinates are; the zero value is WGS 84 degrees
	Columns    []string   // names of attributes, in the file's order
	Features   []Feature
}

// Feature is one thing of a layer.
type Feature struct {
	Number     int // from 1, as in the file
	Attributes map[string]string
	Kind       string // of its geometry: "Polygon", "MultiPolygon", "Point", …; empty: none
	Shape      orb.MultiPolygon
}

// Finding is something to tell about a file, in Vietnamese.
type Finding struct {
	Kind  string      `json:"kind"` // "missing", "overlap", …: for programs
	Text  string      `json:"text"`
	Codes []string    `json:"codes,omitempty"`
	At    *area.Point `json:"at,omitempty"`
}

// Refusal says why a file is not taken. It is an error.
type Refusal struct{ Findings []Finding }

// Refuse makes a refusal of one sentence.
func Refuse(kind, format string, args ...any) *Refusal {
	return &Refusal{Findings: []Finding{{Kind: kind, Text: fmt.Sprintf(format, args...)}}}
}

func (r *Refusal) Error() string {
	lines := make([]string, len(r.Findings))
	for i, f := range r.Findings {
		lines[i] = f.Text
	}
	return strings.Join(lines, "\n")
}

// Kinds lists the kinds of the findings, each once, in order.
func (r *Refusal) Kinds() []string {
	var kinds []string
	for _, f := range r.Findings {
		if len(kinds) == 0 || kinds[len(kinds)-1] != f.Kind {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}

// findings collects what is to be told and what stands against the file.
type findings struct{ told, against []Finding }

func (f *findings) tell(found Finding)   { f.told = append(f.told, found) }
func (f *findings) oppose(found Finding) { f.against = append(f.against, found) }

func (f *findings) refusal() error {
	if len(f.against) == 0 {
		return nil
	}
	return &Refusal{Findings: f.against}
}

// number is a number as Vietnamese text writes it: a comma before decimals, full stops between thousands.
func number(v float64, decimals int) string {
	text := fmt.Sprintf("%.*f", decimals, math.Abs(v))
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "." + whole[i:]
	}
	if fraction != "" {
		whole += "," + fraction
	}
	if v < 0 {
		return "-" + whole
	}
	return whole
}

// place is a point as a person would type it into a map.
func place(p area.Point) string { return fmt.Sprintf("vĩ độ %.5f, kinh độ %.5f", p.Lat, p.Lon) }

func named(a area.Area) string { return a.Code + " " + a.Title() }

// mostListed is how many areas a sentence names before it counts the rest.
const mostListed = 12

// someOf joins texts and says how many more there are.
func someOf(list []string) string {
	if len(list) <= mostListed {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s và %d đơn vị khác", strings.Join(list[:mostListed], ", "), len(list)-mostListed)
}
