package opendata

import (
	"strings"
	"time"

	"toancanh/server/sensor"
)

// kind is what a cell holds.
type kind string

const (
	text     kind = "string"
	whole    kind = "integer"
	number   kind = "number"
	yesNo    kind = "boolean"
	day      kind = "date"
	instant  kind = "date-time"
	texts    kind = "strings"
	limits   kind = "levels"
	listSign      = "; " // between the items of a list in one cell of a table
)

// column is one of a dataset, under the same name in every format.
type column struct {
	name  string
	kind  kind
	maybe bool // it may be null
	say   [2]string
	among []string // all values there are; nil: any
}

// row is one of a dataset. Cells are string, int, float64, bool, time.Time, []string, []threshold or nil.
type row struct {
	key   string // unique; rows stand in its order
	cells []any
	shape []byte // GeoJSON; nil: none
}

// threshold is a level of a sensor that a source confirms.
type threshold struct {
	At     float64      `json:"at"`
	State  sensor.State `json:"state"`
	Label  string       `json:"label"`
	Source string       `json:"source"`
}

// Set says what a dataset is.
type Set struct {
	ID          string
	Title, Text [2]string // Vietnamese, English
	Every       string    // how often it may change, as an ISO 8601 duration
	Protected   bool      // small numbers are told only with others
	Places      bool      // there is GeoJSON of it
}

// Formats are the formats of a dataset.
func (s Set) Formats() []string {
	if s.Places {
		return []string{string(asJSON), string(asCSV), string(asGeo)}
	}
	return []string{string(asJSON), string(asCSV)}
}

func (s Set) has(f format) bool {
	return strings.Contains(" "+strings.Join(s.Formats(), " ")+" ", " "+string(f)+" ") && f != ""
}

// set is a dataset.
type set struct {
	Set
	columns []column
	filters []string // columns to choose rows by
	span    string   // column of days or instants that from and to bound; empty: none
	still   bool     // it is as of its last change
	asOf    func(*source) time.Time
	input   func(*source) any // what its rows are made of
	rows    func(*Door, *source) []row
}

// Sets are the datasets, in the order they are listed in.
func Sets() []Set {
	var list []Set
	for _, s := range allSets() {
		list = append(list, s.Set)
	}
	return list
}

func (s set) column(name string) int {
	for i, c := range s.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}
