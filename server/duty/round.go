package duty

import (
	"slices"
	"time"

	"toancanh/server/alarm"
)

// Stopped is how a round ends that nobody answered: the alarm went away, or was put aside.
const Stopped alarm.CalloutState = "stopped"

// Round is calling people for one alarm, as far as it has come. An alarm that comes back unanswered has another.
type Round struct {
	Since time.Time // when its clock began
	Steps []Step
	Begun int // steps that have begun
	// StepAt is when the next step is due, or when the round is exhausted; nil once it is over.
	StepAt *time.Time
	// WakeAt is when to walk next: at StepAt, or when a call has gone without a sign for too long. Nil once nothing is awaited.
	WakeAt *time.Time
	Over   alarm.CalloutState // how it ended; empty while it has not
}

// NewRound begins a round.
func NewRound(since time.Time, steps []Step) Round {
	r := Round{Since: since, Steps: steps}
	r.await(since)
	r.WakeAt = r.StepAt
	return r
}

// await finds when the next step is due: its own time, also after a step that was brought forward. After the last one the
// round waits a while for an answer.
func (r *Round) await(now time.Time) {
	var at time.Time
	switch {
	case r.Over != "" || len(r.Steps) == 0:
		r.StepAt = nil
		return
	case r.Begun < len(r.Steps):
		at = r.Since.Add(r.Steps[r.Begun].After)
	default:
		at = r.Since.Add(r.Steps[r.Begun-1].After)
		if at.Before(now) {
			at = now
		}
		at = at.Add(further)
	}
	r.StepAt = &at
}

// End closes a round: somebody took the alarm, or it is Stopped.
func (r Round) End(why alarm.CalloutState) Round {
	r.Over, r.StepAt, r.WakeAt = why, nil, nil
	return r
}

// State is what is shown of a round.
func (r Round) State() alarm.CalloutState {
	switch {
	case r.Over == Stopped:
		return ""
	case r.Over != "":
		return r.Over
	case r.Begun == 0:
		return alarm.CalloutWaiting
	}
	return alarm.CalloutCalling
}

// Channel is a way to reach somebody outside the room.
type Channel string

// The channels, in the order in which a person is called: what can wake somebody first.
const (
	Push Channel = "push"
	SMS  Channel = "sms"
	Mail Channel = "mail"
)

// Channels are all channels, in that order.
func Channels() []Channel { return []Channel{Push, SMS, Mail} }

// Patience is how long a call by a channel may go without a sign that it arrived before the next one of its chain is made
// beside it. A mail never tells.
func Patience(c Channel) time.Duration {
	if c == Push {
		return 30 * time.Second
	}
	return time.Minute
}

// Result is what became of a call.
type Result string

// The results. A call is planned as long as those before it in its chain may do, and due until it was made.
const (
	Planned   Result = "planned"
	Due       Result = "due"
	Sent      Result = "sent"
	Delivered Result = "delivered"
	Failed    Result = "failed"
)

// The reasons why a call fails before it is made.
const (
	Vacant    = "vacant"     // nobody holds the post
	NoChannel = "no_channel" // the person told no way to be reached
)

// Call is one attempt to reach a person by a channel. Those of a chain are made one after the other, until one arrives.
type Call struct {
	ID          string // empty while it is not kept yet
	Step        int    // from 1
	Chain, Link int
	Position    Position
	Person      string // empty when nobody holds the post
	Channel     Channel
	Result      Result
	Reason      string     // of a failed one, in a word that names nobody
	WaitUntil   *time.Time // of one that was sent: when to go on beside it
}

// Chains are the calls to everybody who holds the post of a step: each through the person's channels, and then through those
// of the substitute. What cannot be made stands there as failed.
func Chains(step int, position Position, holders []Shift, ways func(person string) []Channel) []Call {
	if len(holders) == 0 {
		return []Call{{Step: step, Position: position, Result: Failed, Reason: Vacant}}
	}
	var calls []Call
	seen := map[string]bool{}
	for chain, s := range holders {
		link := 0
		add := func(c Call) {
			c.Step, c.Chain, c.Link, c.Position = step, chain, link, position
			calls = append(calls, c)
			link++
		}
		for _, person := range []string{s.Person, s.Substitute} {
			if person == "" || seen[person] {
				continue
			}
			seen[person] = true
			list := ways(person)
			if len(list) == 0 {
				add(Call{Person: person, Result: Failed, Reason: NoChannel})
			}
			for _, c := range list {
				add(Call{Person: person, Channel: c, Result: Planned})
			}
		}
	}
	return calls
}

// Walk brings a round and its calls to an instant. Steps whose time has come begin, all of them after a time in which nobody
// walked, and each once: cast says whom they call. A call that failed, or of which nothing was heard for too long, is followed by
// the next of its chain; a step that reached nobody by the step after it, at once. Calls come back with the new ones
// behind them.
func (r Round) Walk(calls []Call, now time.Time, cast func(step int, position Position) []Call) (Round, []Call) {
	calls = slices.Clone(calls)
	for r.Over == "" {
		if r.StepAt != nil && !now.Before(*r.StepAt) {
			if r.Begun == len(r.Steps) {
				r = r.End(alarm.CalloutExhausted)
				break
			}
			r.Begun++
			calls = append(calls, cast(r.Begun, r.Steps[r.Begun-1].Position)...)
			r.await(now)
			continue
		}
		wake, reached := follow(calls, r.Begun, now)
		if r.Begun > 0 && !reached {
			if r.Begun == len(r.Steps) {
				r = r.End(alarm.CalloutExhausted)
				break
			}
			r.StepAt = &now
			continue
		}
		r.WakeAt = earliest(r.StepAt, wake)
		break
	}
	return r, calls
}

// follow makes the calls due whose turn has come. It says when to look again for want of a sign, and whether the newest step may
// have reached somebody, or may still.
func follow(calls []Call, newest int, now time.Time) (wake *time.Time, reached bool) {
	type chain struct{ step, chain int }
	settled := map[chain]bool{} // nothing more to do now
	for i := range calls {
		c := &calls[i]
		at := chain{c.Step, c.Chain}
		if c.Result != Failed && c.Step == newest {
			reached = true
		}
		if settled[at] {
			continue
		}
		switch c.Result {
		case Planned:
			c.Result = Due
			settled[at] = true
		case Due, Delivered:
			settled[at] = true
		case Sent:
			if c.WaitUntil != nil && now.Before(*c.WaitUntil) {
				settled[at] = true
				wake = earliest(wake, c.WaitUntil)
			}
		case Failed:
		}
	}
	return wake, reached
}

func earliest(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}
