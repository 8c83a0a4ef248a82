package alarming

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"toancanh/server/alarm"
	"toancanh/server/store"
)

// together is how many changes one transaction keeps: ten thousand alarms at once are not ten thousand transactions, nor one
// that takes too long.
const together = 500

// made is a change of an alarm, and the origin of what made it.
type made struct {
	alarm.Change
	origin string
}

// ofSensor are the changes that the readings of a sensor made; they are kept with its checkpoint.
type ofSensor struct {
	sensor *watched
	list   []made
	parts  bool // some were parts of joined rules, which are kept with them
}

// pending is what is judged and not kept yet.
type pending struct {
	sensors []*ofSensor
	bySense map[int32]*ofSensor
	others  []made   // of silence, emergencies and what is judged no more
	jointly []made   // of joined rules
	joints  bool     // what joined rules remember has changed
	ids     []string // alarms of which something ends by itself
	quiet   []string // alarms of what is worked on from now on
}

// add takes what readings of a sensor made. Parts go to the joined rules.
func (p *pending) add(r *round, x *watched, changes []alarm.Change) {
	if len(changes) == 0 {
		return
	}
	if p.bySense == nil {
		p.bySense = map[int32]*ofSensor{}
	}
	of := p.bySense[x.ID]
	if of == nil {
		of = &ofSensor{sensor: x}
		p.bySense[x.ID], p.sensors = of, append(p.sensors, of)
	}
	origin := x.origin
	if origin == "" {
		origin = r.Origin
	}
	for _, c := range changes {
		if c.Part == 0 {
			of.list = append(of.list, made{c, origin})
			continue
		}
		of.parts, p.joints = true, true
		r.joints.Take(c)
	}
}

// joint takes what joined rules made.
func (p *pending) joint(origin string, changes []alarm.Change) {
	p.joints = true
	for _, c := range changes {
		p.jointly = append(p.jointly, made{c, origin})
	}
}

// later takes changes that no reading's checkpoint belongs to: begun anew, they are found again.
func (r *round) later(origin string, changes []alarm.Change) {
	for _, c := range changes {
		r.pending.others = append(r.pending.others, made{c, origin})
	}
}

// keep keeps what was judged: first whatever touches joined rules, as one, then the rest in parts.
func (r *round) keep(ctx context.Context, now time.Time) error {
	p := r.pending
	r.pending = pending{}
	var first []made
	var sensors []*watched
	for _, of := range p.sensors {
		if of.parts {
			first, sensors = append(first, of.list...), append(sensors, of.sensor)
		}
	}
	if p.joints {
		saved, err := r.joints.Save()
		if err != nil {
			return err
		}
		if err := r.keepSome(ctx, now, some{changes: append(first, p.jointly...), sensors: sensors, joints: append([]byte{}, saved...)}); err != nil {
			return err
		}
	}
	var next some
	flush := func(most int) error {
		if len(next.changes)+len(next.sensors)+len(next.ids)+len(next.quiet) < most {
			return nil
		}
		s := next
		next = some{}
		return r.keepSome(ctx, now, s)
	}
	for _, of := range p.sensors {
		if of.parts {
			continue
		}
		next.changes, next.sensors = append(next.changes, of.list...), append(next.sensors, of.sensor)
		if err := flush(together); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(p.others, together) {
		next.changes = append(next.changes, part...)
		if err := flush(together); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(p.ids, together) {
		next.ids = append(next.ids, part...)
		if err := flush(together); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(p.quiet, together) {
		next.quiet = append(next.quiet, part...)
		if err := flush(together); err != nil {
			return err
		}
	}
	if err := flush(1); err != nil {
		return err
	}
	return r.save(ctx, now)
}

// save keeps, now and then, how far sensors are judged that nothing happened to; of new ones at once.
func (r *round) save(ctx context.Context, now time.Time) error {
	dirty := slices.DeleteFunc(r.fresh, func(x *watched) bool { return x.kept })
	r.fresh = nil
	if now.Sub(r.at.save) >= saveEvery || now.Before(r.at.save) {
		r.at.save = now
		dirty = dirty[:0]
		for _, x := range r.sensors {
			if x.dirty && !x.judge.Idle() {
				dirty = append(dirty, x)
			}
		}
	}
	for part := range slices.Chunk(dirty, together) {
		if err := r.keepSome(ctx, now, some{sensors: part}); err != nil {
			return err
		}
	}
	return nil
}

// some is what one transaction keeps.
type some struct {
	changes []made
	sensors []*watched
	ids     []string
	quiet   []string // put aside since they are worked on
	joints  []byte   // nil: as they were
}

func (r *round) keepSome(ctx context.Context, now time.Time, s some) error {
	deed := store.AlarmDeed{Term: r.term, At: now, IDs: append(slices.Clone(s.ids), s.quiet...), Joints: s.joints}
	for _, x := range s.sensors {
		state, err := x.judge.Save()
		if err != nil {
			return err
		}
		deed.Checkpoints = append(deed.Checkpoints, store.AlarmCheckpoint{
			SensorID: x.ID, JudgedAt: x.after, Version: x.seen, State: slices.Clone(state),
		})
	}
	seen := map[store.AlarmKey]bool{}
	for _, c := range s.changes {
		if key := (store.AlarmKey{Type: c.Type, Target: c.Target}); !seen[key] {
			seen[key] = true
			deed.Keys = append(deed.Keys, key)
		}
	}
	deed.Decide = func(found []store.Alarm) ([]store.AlarmStep, error) { return r.decide(found, s, now) }
	after, err := r.Store.JudgeAlarms(ctx, deed)
	if err != nil {
		return err
	}
	for _, x := range s.sensors {
		x.dirty, x.kept = false, true
	}
	if len(after) > 0 {
		r.Wake()
		r.tell(after)
	}
	for _, c := range s.changes {
		r.counts.changes.WithLabelValues(string(c.Kind)).Inc()
	}
	return nil
}

// decide says what changes make of the open alarms that were found, each by its rules.
func (r *round) decide(found []store.Alarm, s some, now time.Time) ([]store.AlarmStep, error) {
	d := decision{r: r, now: now, open: map[store.AlarmKey]int{}}
	for _, a := range found {
		if a.State != alarm.Closed {
			d.open[store.AlarmKey{Type: a.Type, Target: a.Target}] = len(d.steps)
		}
		d.steps = append(d.steps, store.AlarmStep{After: a})
	}
	for i := range d.steps {
		after, entries := d.steps[i].After.Pass(now)
		d.note(i, after, entries)
		if slices.Contains(s.quiet, after.ID) {
			d.suppress(i)
		}
	}
	for _, c := range s.changes {
		if err := d.take(c); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(d.steps, func(s store.AlarmStep) bool { return len(s.Entries) == 0 }), nil
}

// decision is one transaction's alarms on their way.
type decision struct {
	r     *round
	now   time.Time
	steps []store.AlarmStep
	open  map[store.AlarmKey]int // of steps
}

func (d *decision) note(i int, after alarm.Alarm, entries []alarm.Entry) {
	d.steps[i].After.Alarm = after
	d.steps[i].Entries = append(d.steps[i].Entries, entries...)
	if after.State == alarm.Closed {
		delete(d.open, store.AlarmKey{Type: after.Type, Target: after.Target})
	}
}

// take brings one change to its alarm, or makes that.
func (d *decision) take(c made) error {
	if i, ok := d.open[store.AlarmKey{Type: c.Type, Target: c.Target}]; ok {
		after, entries := d.steps[i].After.Take(c.Change, d.now)
		d.note(i, after, entries)
		return nil
	}
	t, enabled := d.r.types[c.Type]
	if c.Kind == alarm.Returned || c.Kind == alarm.Calm || !enabled || !t.Enabled {
		return nil
	}
	on, ok := d.r.target(c.Change)
	if !ok {
		return nil
	}
	if c.origin != "" {
		on.Origin = c.origin
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("draw id of an alarm: %w", err)
	}
	a, entry := alarm.Raise(t, on, c.Change, id.String(), d.now)
	d.open[store.AlarmKey{Type: c.Type, Target: c.Target}] = len(d.steps)
	d.steps = append(d.steps, store.AlarmStep{After: store.Alarm{Alarm: a, Of: t}, Entries: []alarm.Entry{entry}, New: true})
	d.suppress(len(d.steps) - 1)
	return nil
}

// house is who does what is done by design.
const house = "Hệ thống"

// suppress keeps an alarm aside while what it is about is worked on.
func (d *decision) suppress(i int) {
	a := d.steps[i].After
	until, ok := d.r.silence.Maintained(a.Source, a.Target, d.now)
	if !ok || a.Aside != "" {
		return
	}
	after, entry, err := a.Act(alarm.Act{Name: alarm.DoSuppress, Until: &until, Reason: "Đang bảo trì", By: house}, d.now)
	if err == nil { // one that cannot be put aside stays where it is
		d.note(i, after, []alarm.Entry{entry})
	}
}
