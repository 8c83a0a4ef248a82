package replaying

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Reason is the kind of a refusal, in the words of the API where it has one.
type Reason string

// The reasons found before anything is sent; the server may give others.
const (
	Missing   Reason = "missing"
	Malformed Reason = "malformed"
	BadTime   Reason = "bad_time"
	BadValue  Reason = "bad_value"
	BadPlace  Reason = "bad_place"
	Backwards Reason = "closed_before_received"
)

// Summary counts what became of the lines.
type Summary struct {
	Reports  int // taken
	Readings int // taken
	Sensors  int // registered
	Refused  map[Reason]int
}

func newSummary() Summary { return Summary{Refused: make(map[Reason]int)} }

// Print writes the summary for people.
func (s Summary) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "taken: %d reports, %d readings of %d sensors\n", s.Reports, s.Readings, s.Sensors)
	for _, reason := range slices.Sorted(maps.Keys(s.Refused)) {
		if err == nil {
			_, err = fmt.Fprintf(w, "refused: %d lines, %s\n", s.Refused[reason], reason)
		}
	}
	if err != nil {
		return fmt.Errorf("print summary: %w", err)
	}
	return nil
}

// refusal is a line that is not taken: where, which field, and why.
type refusal struct {
	line   int
	field  string
	reason Reason
	why    string
}
