package report

import (
	"fmt"
	"time"
)

// PathOf finds the codes from the root of a division down to an area; nil when there is no such area.
type PathOf func(division, area string) []string

// Newborn is the report as it was right after its receipt, of which first is the entry. What no act ever changes
// (texts, origin, category) is that of r.
func (b *Rulebook) Newborn(r Report, first Entry, pathOf PathOf) (Report, error) {
	if first.N != 1 || first.Act != Receive {
		return Report{}, fmt.Errorf("report %s: timeline begins with entry %d (%s)", r.ID, first.N, first.Act)
	}
	k, c, err := b.of(r)
	if err != nil {
		return Report{}, err
	}
	born := Report{
		ID: r.ID, Code: r.Code, Version: 1, Origin: r.Origin, Source: r.Source, Category: r.Category,
		Description: r.Description, Address: r.Address, Location: r.Location,
		Division: r.Division, Area: r.Area, Path: r.Path, Status: Moi, Level: FirstLevel, Priority: r.Priority, Emergency: r.Emergency,
		ReceivedAt: r.ReceivedAt, OccurredAt: r.OccurredAt, ChangedAt: first.At, HasContact: r.HasContact, Rules: r.Rules,
	}
	born.move(first.Area, pathOf)
	accept := k.Calendar.Add(r.ReceivedAt, c.Limits(r.Emergency).Accept)
	born.Due.Accept = &accept
	return born, nil
}

// Redo carries an entry of the timeline out again: the report as it stood after it, deadlines included, under the
// rules it was born with. r is not changed. The error says where the timeline is broken.
func (b *Rulebook) Redo(r Report, e Entry, pathOf PathOf) (Report, error) {
	k, c, err := b.of(r)
	if err != nil {
		return Report{}, err
	}
	if e.N != r.Version+1 || e.From != r.Status {
		return Report{}, fmt.Errorf("report %s: entry %d (%s) from %q does not follow entry %d at %q", r.ID, e.N, e.Act, e.From, r.Version, r.Status)
	}
	d := deed{cal: k.Calendar, limits: c.Limits(r.Emergency), clock: c.Clock, at: e.At}
	if r.Emergency {
		d.clock = ClockTime
	}
	after := d.do(r, Act{
		Name: e.Act, Unit: e.Unit, Reason: e.Reason, Text: e.Text, Parent: e.Parent, Until: e.Until, Photo: e.Photo, Copy: e.Copy, Rating: e.Rating, Level: e.Level,
	})
	if after.Status != e.To {
		return Report{}, fmt.Errorf("report %s: entry %d (%s) leads to %q, not %q", r.ID, e.N, e.Act, after.Status, e.To)
	}
	if e.Act == ConfirmPlace {
		after.move(e.Area, pathOf)
	}
	return after, nil
}

// move puts the report into an area. One that is not known any more leaves it where it is.
func (r *Report) move(area string, pathOf PathOf) {
	if area == "" || area == r.Area {
		return
	}
	if path := pathOf(r.Division, area); path != nil {
		r.Area, r.Path = area, path
	}
}

// At is the report as its timeline left it at an instant; false when it had not been received yet.
func (b *Rulebook) At(r Report, timeline []Entry, at time.Time, pathOf PathOf) (Report, bool, error) {
	if len(timeline) == 0 {
		return Report{}, false, fmt.Errorf("report %s: has no timeline", r.ID)
	}
	if timeline[0].At.After(at) {
		return Report{}, false, nil
	}
	state, err := b.Newborn(r, timeline[0], pathOf)
	for _, e := range timeline[1:] {
		if err != nil || e.At.After(at) {
			break
		}
		state, err = b.Redo(state, e, pathOf)
	}
	return state, err == nil, err
}
