package alarm

import (
	"cmp"
	"slices"
	"time"
)

// Thing is a sensor or gateway that should be heard. Things that are not in service are not given.
type Thing struct {
	Code    string
	Source  Source // FromSensor or FromGateway
	Kind    string // of a sensor
	Area    string
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

const (
	// afterDeaf is the most time that everything has to be heard again after this house did not listen.
	afterDeaf = 2 * time.Minute
	// deepest bounds how far gateways may hang on one another, so that a ring of them ends.
	deepest = 8
	// mostDeaf bounds how many spans without listening are remembered one by one.
	mostDeaf = 64
)

// Silence judges absence. A gateway lives while anything through it lives; when it dies that is one change which names its
// sensors, and theirs are held back until it lives again. Times are those of this house: when something was heard, not
// when it was measured. One goroutine at a time may use it.
//
// A sensor that speaks through a gateway is silent by itself only if the gateway was heard after half of the sensor's limit:
// a sensor has spoken at least once in that time before everything stopped. Without that sign it waits for the
// gateway's own limit, so that a dead gateway is never forty silent sensors first.
type Silence struct {
	types   []Type
	given   []Thing
	windows []Window
	things  map[thingKey]*thing
	order   []*thing // gateways before what speaks through them, then by code
	deaf    []spell  // rising, apart
}

type thingKey struct {
	source Source
	code   string
}

type spell struct{ from, until time.Time }

// thing is what Silence knows of a Thing.
type thing struct {
	Thing
	parent  *thing // the nearest gateway that a type judges; nil without one
	depth   int
	types   []*Type
	raised  map[string]time.Time // by type
	windows []Window             // its own and those of the gateways it speaks through
	first   time.Time            // when it was first watched
	heard   time.Time            // zero: never
	freed   time.Time            // when a gateway that had held it back was heard again
}

// NewSilence makes a judge by those of the types that are enabled and of class absence.
func NewSilence(types []Type) *Silence {
	s := &Silence{things: map[thingKey]*thing{}}
	s.types = absences(types)
	return s
}

func absences(types []Type) []Type {
	return slices.DeleteFunc(slices.Clone(types), func(t Type) bool { return !t.Enabled || t.Condition.Class != ByAbsence })
}

// Deaf says that this house did not listen in a span: from the last sign that an earlier process listened to the beginning
// of this one, or while nothing could be stored. It does not count as silence, and after it everything has time to be
// heard again: its whole limit, at most two minutes. Spans come in their order.
func (s *Silence) Deaf(from, until time.Time) {
	last := len(s.deaf) - 1
	switch {
	case !until.After(from):
	case last >= 0 && !from.After(s.deaf[last].until):
		s.deaf[last].until = later(s.deaf[last].until, until)
	default:
		s.deaf = append(s.deaf, spell{from, until})
	}
	if len(s.deaf) > mostDeaf { // two become one with what lay between: rather late than wrong
		s.deaf[1].from = s.deaf[0].from
		s.deaf = slices.Delete(s.deaf, 0, 1)
	}
}

// Watch sets what should be heard, and the windows, at now. What was never heard counts from when it is first watched.
// What is watched no more returns.
func (s *Silence) Watch(things []Thing, windows []Window, now time.Time, out []Change) []Change {
	s.given, s.windows = things, windows
	return s.arrange(now, out)
}

// Judge sets by which types it is judged from now on. What a type no longer judges returns.
func (s *Silence) Judge(types []Type, now time.Time, out []Change) []Change {
	s.types = absences(types)
	return s.arrange(now, out)
}

// arrange makes the things anew out of what is given, and keeps what is known of those that were there.
func (s *Silence) arrange(now time.Time, out []Change) []Change {
	before := s.things
	s.things, s.order = make(map[thingKey]*thing, len(s.given)), s.order[:0]
	for _, given := range s.given {
		x := &thing{Thing: given, first: now, raised: map[string]time.Time{}}
		if was := before[x.key()]; was != nil {
			x.first, x.heard, x.freed, x.raised = was.first, was.heard, was.freed, was.raised
		}
		for i := range s.types {
			if s.types[i].asksFor(given) {
				x.types = append(x.types, &s.types[i])
			}
		}
		s.things[x.key()] = x
		s.order = append(s.order, x)
	}
	for _, x := range s.order {
		s.place(x)
	}
	slices.SortFunc(s.order, func(a, b *thing) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(b.Source, a.Source), cmp.Compare(a.Code, b.Code))
	})
	return s.dropped(before, now, out)
}

// asksFor reports whether a type judges the silence of a thing.
func (t *Type) asksFor(x Thing) bool {
	return t.Source == x.Source && x.Limit > 0 && within(t.Condition, x.Area, x.Path) &&
		(x.Source == FromGateway || asked(t.Condition.Kinds, x.Kind)) && asked(t.Condition.Sensors, x.Code)
}

// place finds what a thing hangs on. In a ring of gateways nobody explains anybody.
func (s *Silence) place(x *thing) {
	x.windows = s.windowsOf(x.key())
	up := x
	for range deepest {
		up = s.things[thingKey{FromGateway, up.Gateway}]
		if up == nil {
			return
		}
		x.depth++
		x.windows = append(x.windows, s.windowsOf(up.key())...)
		if x.parent == nil && len(up.types) > 0 {
			x.parent = up
		}
	}
	x.parent = nil
}

func (s *Silence) windowsOf(key thingKey) []Window {
	var list []Window
	for _, w := range s.windows {
		if w.Source == key.source && w.Code == key.code {
			list = append(list, w)
		}
	}
	return list
}

func (x *thing) key() thingKey { return thingKey{x.Source, x.Code} }

// dropped appends the returns of what nobody judges any more.
func (s *Silence) dropped(before map[thingKey]*thing, now time.Time, out []Change) []Change {
	var list []Change
	for key, was := range before {
		x := s.things[key]
		for code := range was.raised {
			if x == nil || !x.judgedBy(code) {
				delete(was.raised, code)
				list = append(list, was.change(code, Returned, now))
			}
		}
	}
	slices.SortFunc(list, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Type, b.Type)) })
	return append(out, list...)
}

// Restore takes up an alarm of a type that was raised at at, and active when an earlier process ended. It is false when the
// type judges no such thing any more: then the alarm is over.
func (s *Silence) Restore(code string, source Source, target string, at time.Time) bool {
	x := s.things[thingKey{source, target}]
	if x == nil || !x.judgedBy(code) {
		return false
	}
	x.raised[code] = at
	return true
}

func (x *thing) judgedBy(code string) bool {
	return slices.ContainsFunc(x.types, func(t *Type) bool { return t.Code == code })
}

// Heard takes a sign of life of a sensor, and so of the gateways it speaks through. Its own alarm and theirs return, unless
// they were raised later. To begin with, the last signs that an earlier process had are given so.
func (s *Silence) Heard(code string, at time.Time, out []Change) []Change {
	return s.lives(s.things[thingKey{FromSensor, code}], at, out)
}

// Gateway takes a sign of life of a gateway.
func (s *Silence) Gateway(code string, at time.Time, out []Change) []Change {
	return s.lives(s.things[thingKey{FromGateway, code}], at, out)
}

func (s *Silence) lives(x *thing, at time.Time, out []Change) []Change {
	for ; x != nil; x = x.parent {
		if !at.After(x.heard) {
			continue
		}
		x.heard = at
		if len(x.raised) == 0 {
			continue
		}
		n := len(out)
		for _, t := range x.types {
			if raised, ok := x.raised[t.Code]; ok && at.After(raised) {
				delete(x.raised, t.Code)
				out = append(out, x.change(t.Code, Returned, at))
			}
		}
		if len(out) > n && x.Source == FromGateway {
			s.free(x, at)
		}
	}
	return out
}

// free gives what a dead gateway held back its whole limit to be heard.
func (s *Silence) free(gateway *thing, at time.Time) {
	for _, x := range s.order {
		if x.beneath(gateway) {
			x.freed = at
		}
	}
}

func (x *thing) beneath(gateway *thing) bool {
	for up := x.parent; up != nil; up = up.parent {
		if up == gateway {
			return true
		}
	}
	return false
}

// Pass appends what fell silent up to now.
func (s *Silence) Pass(now time.Time, out []Change) []Change {
	for _, x := range s.order {
		for _, t := range x.types {
			if _, ok := x.raised[t.Code]; ok {
				continue
			}
			if at, silent := s.silent(x, t, now); silent {
				c := x.change(t.Code, Raised, at)
				c.Limit = "không có tín hiệu quá " + span(x.Limit+t.Condition.onDelay())
				c.Members = s.members(x)
				x.raised[t.Code] = at
				out = append(out, c)
			}
		}
	}
	return out
}

// silent reports since when a thing is silent by itself, by a type.
func (s *Silence) silent(x *thing, t *Type, now time.Time) (time.Time, bool) {
	if _, maintained := x.maintained(now); maintained || x.explained() {
		return time.Time{}, false
	}
	limit := x.Limit + t.Condition.onDelay()
	base := x.base(now)
	end := base.Add(limit + s.unheard(base, now))
	if n := len(s.deaf); n > 0 && s.deaf[n-1].until.After(base) {
		end = later(end, s.deaf[n-1].until.Add(min(limit, afterDeaf)))
	}
	if !now.After(end) {
		return time.Time{}, false
	}
	return end, x.parent == nil || s.outlived(x.parent, base, x.Limit)
}

// base is from when silence counts: the last sign of life, or what began later.
func (x *thing) base(now time.Time) time.Time {
	base := later(x.since(), x.freed)
	for _, w := range x.windows {
		if !w.Until.After(now) {
			base = later(base, w.Until)
		}
	}
	return base
}

// since is when the thing was last heard, or first watched.
func (x *thing) since() time.Time {
	if x.heard.IsZero() {
		return x.first
	}
	return x.heard
}

// explained reports whether a gateway above is dead.
func (x *thing) explained() bool {
	for up := x.parent; up != nil; up = up.parent {
		if len(up.raised) > 0 {
			return true
		}
	}
	return false
}

// outlived reports whether a gateway was heard so long after a sign of life of what speaks through it that another should
// have come with it.
func (s *Silence) outlived(gateway *thing, base time.Time, limit time.Duration) bool {
	return gateway.heard.Sub(base)-s.unheard(base, gateway.heard) > limit/2
}

// unheard is how much of a span this house did not listen.
func (s *Silence) unheard(from, until time.Time) time.Duration {
	var sum time.Duration
	for _, d := range s.deaf {
		if overlap := earlier(d.until, until).Sub(later(d.from, from)); overlap > 0 {
			sum += overlap
		}
	}
	return sum
}

// members are the sensors beneath a gateway that no other alarm names.
func (s *Silence) members(gateway *thing) []string {
	if gateway.Source != FromGateway {
		return nil
	}
	members := []string{}
	for _, x := range s.order {
		if x.Source == FromSensor && x.beneath(gateway) && !x.named(gateway) {
			members = append(members, x.Code)
		}
	}
	slices.Sort(members)
	return members
}

// named reports whether the alarm of a sensor itself, or of a gateway between it and another, names it already.
func (x *thing) named(gateway *thing) bool {
	for ; x != gateway; x = x.parent {
		if len(x.raised) > 0 {
			return true
		}
	}
	return false
}

func (x *thing) change(code string, kind ChangeKind, at time.Time) Change {
	return Change{Type: code, Source: x.Source, Target: x.Code, Kind: kind, At: at}
}

// Silent lists the sensors that are silent at present, by themselves or beneath a dead gateway, and since when.
func (s *Silence) Silent() map[string]time.Time {
	list := map[string]time.Time{}
	for _, x := range s.order {
		if x.Source == FromSensor && (len(x.raised) > 0 || x.explained()) {
			list[x.Code] = x.since()
		}
	}
	return list
}

// Maintained is until when a thing, or a gateway it speaks through, is worked on; false when it is not.
func (s *Silence) Maintained(source Source, code string, now time.Time) (time.Time, bool) {
	if x := s.things[thingKey{source, code}]; x != nil {
		return x.maintained(now)
	}
	return time.Time{}, false
}

func (x *thing) maintained(now time.Time) (until time.Time, ok bool) {
	for _, w := range x.windows {
		if !now.Before(w.From) && now.Before(w.Until) {
			until, ok = later(until, w.Until), true
		}
	}
	return until, ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
