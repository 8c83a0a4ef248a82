package alarm

import "time"

// Target is what an alarm is about.
type Target struct {
	Source   Source
	Code     string
	Name     string
	Kind     string // of sensor
	Unit     string // of measure
	Origin   string
	Division string
	Area     string
	Path     []string
	Lat, Lon float64
}

// Entry is one line of an alarm's timeline.
type Entry struct {
	Act    ActName // what was done or, of what happened by itself, what came
	At     time.Time
	Until  *time.Time
	Value  *float64
	From   State // empty for the first
	To     State
	Aside  Aside // after it
	By     string
	As     string
	Reason string
	Text   string
}

const (
	horn      = 2 * time.Minute // how long the horn may be silenced (domain AL-6)
	hornHigh  = 30 * time.Second
	staleAge  = 24 * time.Hour // domain AL-3
	ackHigh   = 2 * time.Minute
	ackMedium = 10 * time.Minute
	ackLow    = 30 * time.Minute
)

// Raise begins an alarm. The journal asks nobody: it is taken from the first.
func Raise(t Type, on Target, c Change, id string, now time.Time) (Alarm, Entry) {
	a := Alarm{
		ID: id, Version: 1, Origin: on.Origin, Type: t.Code, Source: on.Source, Target: on.Code, Name: on.Name, Kind: on.Kind,
		Priority: t.Priority, State: t.Priority.first(), Division: on.Division, Area: on.Area, Path: on.Path, Lat: on.Lat, Lon: on.Lon,
		Unit: on.Unit, RaisedAt: c.At, KnownAt: now, Count: 1, Machine: Machine{CalledAt: now},
	}
	a.tell(c)
	return a, a.entry(ActName(Raised), "", now)
}

// first is the state in which an alarm begins.
func (p Priority) first() State {
	if p == Journal {
		return Acked
	}
	return Unacked
}

// tell takes over what a change says of the condition.
func (a *Alarm) tell(c Change) {
	if c.Value != nil {
		a.Value = new(*c.Value)
	}
	if c.Limit != "" {
		a.Limit = c.Limit
	}
	if c.Unit != "" {
		a.Unit = c.Unit
	}
	if c.Members != nil {
		a.Members = c.Members
	}
	a.Chattering = c.Chattering
}

func (a *Alarm) entry(act ActName, from State, now time.Time) Entry {
	return Entry{Act: act, At: now, Value: a.Value, From: from, To: a.State, Aside: a.Aside}
}

// Take is what a change of its condition makes of an alarm. Without entries nothing changed and the version is the same. A
// change that is no return and finds no open alarm is one to Raise.
//
// An alarm calls again only out of Cleared (ISA-18.2, figure 3): one that is active already asks, or somebody has it; growing
// worse does not take it from them. A level that wants an answer of its own is a type of its own. One that was acknowledged
// closes when it returns, and what comes after is another alarm.
func (a Alarm) Take(c Change, now time.Time) (Alarm, []Entry) {
	from := a.State
	switch {
	case from == Closed:
		return a, nil
	case c.Kind == Returned && a.Active():
		a.tell(c)
		a.returned(c.At, now)
	case c.Kind == Raised && from == Cleared:
		a.tell(c)
		a.State, a.ClearAt, a.AckedAt, a.AckedBy, a.AckedAs = a.Priority.first(), nil, nil, "", ""
		a.AgainAt, a.Machine.CalledAt, a.SilencedUntil = new(c.At), now, nil
		a.Count++
	case c.Kind == Again && a.Active():
		a.tell(c)
		a.AgainAt = new(c.At)
		a.Count++
	case (c.Kind == Worse || c.Kind == Calm) && a.Active():
		a.tell(c)
	default:
		return a, nil
	}
	a.Version++
	return a, []Entry{a.entry(ActName(c.Kind), from, now)}
}

// returned makes an active alarm one whose condition holds no more. While it is aside it stays open, so that what comes and
// goes meanwhile calls nobody.
func (a *Alarm) returned(at, now time.Time) {
	acked := a.State == Acked
	a.State, a.ClearAt = Cleared, new(at)
	if acked && a.Aside == "" {
		a.close(now)
	}
}

func (a *Alarm) close(now time.Time) {
	a.State, a.ClosedAt = Closed, new(now)
	a.Aside, a.AsideReason, a.Until, a.SilencedUntil, a.Chattering = "", "", nil, nil, false
}

// back ends being aside. What is active asks anew, whoever had it before; what is over is answered (ISA-18.2: from being
// shelved, suppressed or out of service an alarm returns to unacknowledged or to normal).
func (a *Alarm) back(now time.Time) {
	a.Aside, a.AsideReason, a.Until = "", "", nil
	if !a.Active() {
		a.close(now)
		return
	}
	a.State, a.AckedAt, a.AckedBy, a.AckedAs, a.Machine.CalledAt = a.Priority.first(), nil, "", "", now
}

// Pass ends what ends by itself: a shelf, a suppression with an end, the horn's silence.
func (a Alarm) Pass(now time.Time) (Alarm, []Entry) {
	var list []Entry
	end := func(act ActName, do func()) {
		from := a.State
		do()
		a.Version++
		list = append(list, a.entry(act, from, now))
	}
	if a.SilencedUntil != nil && !now.Before(*a.SilencedUntil) {
		end(SilenceEnded, func() { a.SilencedUntil = nil })
	}
	if a.Until != nil && !now.Before(*a.Until) {
		act := ShelfEnded
		if a.Aside == Suppressed {
			act = SuppressionEnded
		}
		end(act, func() { a.back(now) })
	}
	return a, list
}

// Gone closes an alarm whose target is no more: a sensor that was retired, or one of a drill that is over. Reason says which.
func (a Alarm) Gone(reason string, now time.Time) (Alarm, []Entry) {
	if a.State == Closed {
		return a, nil
	}
	from := a.State
	a.close(now)
	a.Version++
	e := a.entry(TargetGone, from, now)
	e.Reason = reason
	return a, []Entry{e}
}

// Due is when Pass has something to do; false when never.
func (a Alarm) Due() (time.Time, bool) {
	switch first, second := a.SilencedUntil, a.Until; {
	case first == nil && second == nil:
		return time.Time{}, false
	case first == nil || second != nil && second.Before(*first):
		return *second, true
	default:
		return *first, true
	}
}

// Active reports whether the condition holds.
func (a Alarm) Active() bool { return a.State == Unacked || a.State == Acked }

// Asks reports whether the alarm is annunciated and waits to be taken. What is over and was taken by nobody asks still.
func (a Alarm) Asks() bool {
	return (a.State == Unacked || a.State == Cleared) && a.Aside == "" && a.Priority != Journal
}

// AckBy is when somebody should have taken it.
func (a Alarm) AckBy() time.Time { return a.Machine.CalledAt.Add(a.Priority.within()) }

// within is how soon an alarm should be taken (domain AL-7).
func (p Priority) within() time.Duration {
	switch p {
	case High:
		return ackHigh
	case Medium:
		return ackMedium
	case Low, Journal:
	}
	return ackLow
}

// Stale reports whether it has been active for more than a day.
func (a Alarm) Stale(now time.Time) bool {
	since := a.RaisedAt
	if a.AgainAt != nil && !a.Chattering {
		since = *a.AgainAt
	}
	return a.Active() && now.Sub(since) > staleAge
}
