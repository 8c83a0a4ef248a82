package alarm

import "time"

// Thing is a sensor or gateway that should be heard. Things that are not in service are not given.
type Thing struct {
	Code    string
	Source  Source // FromSensor or FromGateway
	Kind    string // of a sensor
	Path    []string
	Gateway string        // code of the gateway it speaks through; empty: none
	Limit   time.Duration // silence longer than this is a fault; 0: never
}

// Window is a time in which a thing is worked on: neither its silence nor, for a gateway, that of what speaks through it
// counts.
type Window struct {
	Source      Source
	Code        string
	From, Until time.Time
}

// Silence judges absence. A gateway lives while anything through it lives; when it dies that is one change which names its
// sensors, and theirs are held back until it lives again. Times are those of this house: when something was heard, not
// when it was measured. One goroutine at a time may use it.
type Silence struct{}

// NewSilence makes a judge by those of the types that are enabled and of class absence.
func NewSilence(types []Type) *Silence { return &Silence{} }

// Deaf says that this house did not listen in a span: from the last sign that an earlier process listened to the beginning
// of this one, or while nothing could be stored. It does not count as silence, and after it everything has time to be
// heard again: its whole limit, at most two minutes.
func (s *Silence) Deaf(from, to time.Time) {}

// Watch sets what should be heard, and the windows, at now. What was never heard counts from when it is first watched.
// What is watched no more returns.
func (s *Silence) Watch(things []Thing, windows []Window, now time.Time, out []Change) []Change {
	return out
}

// Restore takes up an alarm of a type that was open and active when an earlier process ended.
func (s *Silence) Restore(code string, source Source, target string) {}

// Heard takes a sign of life of a sensor, and so of the gateways it speaks through. Its own alarm and theirs return.
func (s *Silence) Heard(code string, at time.Time, out []Change) []Change { return out }

// Gateway takes a sign of life of a gateway.
func (s *Silence) Gateway(code string, at time.Time, out []Change) []Change { return out }

// Pass appends what fell silent up to now.
func (s *Silence) Pass(now time.Time, out []Change) []Change { return out }

// Silent lists the sensors that are silent at present, by themselves or beneath a dead gateway, and since when.
func (s *Silence) Silent() map[string]time.Time { return nil }

// Maintained is until when a thing, or a gateway it speaks through, is worked on; false when it is not.
func (s *Silence) Maintained(source Source, code string, now time.Time) (time.Time, bool) {
	return time.Time{}, false
}
