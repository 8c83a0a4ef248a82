package duty

import (
	"fmt"
	"time"

	"toancanh/server/alarm"
	"toancanh/server/fault"
)

// Ladder says when an alarm that nobody takes calls whom: how long after it was known each step of its call list comes. A
// medium or low alarm is only reminded of, to the first of its list.
type Ladder struct {
	High   []time.Duration `json:"high"`
	Medium []time.Duration `json:"medium"`
	Low    []time.Duration `json:"low"`
}

// Usual is the ladder of the house: a high alarm calls the first at once, the second after 2 minutes and the third after 10;
// the others are reminded of when they should have been taken.
func Usual() Ladder {
	return Ladder{
		High:   []time.Duration{0, 2 * time.Minute, 10 * time.Minute},
		Medium: []time.Duration{10 * time.Minute},
		Low:    []time.Duration{30 * time.Minute},
	}
}

// further is what lies between the steps of a call list that is longer than the ladder.
const further = 10 * time.Minute

// Check refuses a ladder that is not in order, or later than the usual one: a centre may be quicker, never slower.
func (l Ladder) Check() error {
	var faults []error
	usual := Usual()
	for _, c := range []struct {
		name      string
		got, most []time.Duration
	}{{"high", l.High, usual.High}, {"medium", l.Medium, usual.Medium}, {"low", l.Low, usual.Low}} {
		if len(c.got) != len(c.most) {
			faults = append(faults, fault.Invalid(c.name, "Cần đúng %d mốc thời gian.", len(c.most)).Because("count"))
			continue
		}
		for i, after := range c.got {
			field := fmt.Sprintf("%s[%d]", c.name, i)
			switch {
			case after < 0 || after > c.most[i]:
				faults = append(faults, fault.Invalid(field, "Mốc này phải từ 0 đến %d giây.", int(c.most[i].Seconds())).Because("out_of_range"))
			case i > 0 && after <= c.got[i-1]:
				faults = append(faults, fault.Invalid(field, "Mốc sau phải muộn hơn mốc trước.").Because("order"))
			}
		}
	}
	return fault.Join(faults...)
}

// Step is one rung: whom to call, so long after the alarm was known.
type Step struct {
	After    time.Duration
	Position Position
}

// Steps are the rungs for an alarm of a priority whose type has a call list.
func (l Ladder) Steps(p alarm.Priority, calls []Position) []Step {
	var after []time.Duration
	switch p {
	case alarm.High:
		after = l.High
	case alarm.Medium:
		after = l.Medium
	case alarm.Low:
		after = l.Low
	case alarm.Journal:
		return nil
	}
	if p != alarm.High && len(calls) > len(after) {
		calls = calls[:len(after)]
	}
	steps := make([]Step, len(calls))
	for i, position := range calls {
		if i < len(after) {
			steps[i] = Step{after[i], position}
			continue
		}
		steps[i] = Step{steps[i-1].After + further, position}
	}
	return steps
}

// CallList is a type's call list; that of a type that names nobody is the room's own.
func CallList(names []string) []Position {
	var list []Position
	for _, name := range names {
		if p := Position(name); p.Label() != "" {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return RoomPositions()
	}
	return list
}

// Callable reports whether an alarm wants people to be called: it is active, nobody has taken it, and nobody has put it aside.
func Callable(a alarm.Alarm) bool {
	return a.State == alarm.Unacked && a.Aside == "" && a.Priority != alarm.Journal
}
