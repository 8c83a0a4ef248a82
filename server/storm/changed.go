package storm

import (
	"cmp"
	"slices"
	"time"

	"toancanh/server/kpi"
)

// ItemsMost is how many changes are told one by one; the others are only counted.
const ItemsMost = 12

// SensorRose is the kind of the change of a sensor that became louder; those of reports are kpi's.
const SensorRose = "sensor"

// ChangedLevel is the data of storm/changed: what happened within the last Minutes.
type ChangedLevel struct {
	Minutes       int      `json:"minutes"`
	Received      int      `json:"received"`
	Closed        int      `json:"closed"`
	BecameOverdue int      `json:"became_overdue"`
	Raised        int      `json:"raised"`
	Items         []Change `json:"items"` // the newest first, at most ItemsMost
	Proof
}

// Change is one thing that happened. ID is a report's, or the code of a sensor.
type Change struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Text  string    `json:"text"`
	Area  string    `json:"area"`
	State string    `json:"state"`
	ID    string    `json:"id"`
}

// NewChanged makes an empty level.
func NewChanged(p Proof) ChangedLevel {
	return ChangedLevel{Minutes: int(ChangedSpan.Minutes()), Items: []Change{}, Proof: p}
}

// Count adds n happenings of a kind.
func (l *ChangedLevel) Count(kind string, n int) {
	switch kind {
	case kpi.Received:
		l.Received += n
	case kpi.Closed:
		l.Closed += n
	case kpi.BecameOverdue:
		l.BecameOverdue += n
	case SensorRose:
		l.Raised += n
	}
}

// Tell adds changes to the items and keeps the newest.
func (l *ChangedLevel) Tell(changes ...Change) {
	l.Items = append(l.Items, changes...)
	slices.SortFunc(l.Items, newer)
	l.Items = slices.Compact(l.Items)
	l.Items = l.Items[:min(len(l.Items), ItemsMost)]
}

func newer(a, b Change) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// Rises are the sensors that became louder, as changes. The text is the sensor's name and the limit it reached.
func Rises(list []Measured) []Change {
	var changes []Change
	for _, m := range list {
		if m.RaisedAt == nil {
			continue
		}
		changes = append(changes, Change{
			At: *m.RaisedAt, Kind: SensorRose, Text: m.Name + ": " + m.Limit(m.Value), Area: m.Area,
			State: string(m.Sensor.State(m.Value)), ID: m.Code,
		})
	}
	return changes
}

// Live counts the sensors that are heard.
func Live(list []Measured, now time.Time) Sources {
	n := Sources{Total: len(list)}
	for _, m := range list {
		if m.fresh(now) {
			n.Live++
		}
	}
	return n
}

// LiveGauges counts the gauges of the last hour's rain that are heard.
func LiveGauges(list []Measured, now time.Time) Sources {
	return Live(slices.DeleteFunc(slices.Clone(list), func(m Measured) bool { return m.Kind != Rain }), now)
}

// Heaviest is the gauge with the most rain in the last hour among those that are heard; false when none is.
func Heaviest(list []Measured, now time.Time) (Measured, bool) {
	var top Measured
	for _, m := range list {
		if m.Kind == Rain && m.fresh(now) && (top.Sensor == nil || m.Value > top.Value || m.Value == top.Value && m.Code < top.Code) {
			top = m
		}
	}
	return top, top.Sensor != nil
}
