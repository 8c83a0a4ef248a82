// Package callout reaches people outside the room: for an alarm that nobody takes, and to test whether those on duty can be
// reached. On the leader it walks the rounds that the store keeps, makes the calls that are due by web push, short message and
// mail, and keeps what became of each. It decides nothing about whose turn it is, and its messages tell nothing about citizens.
package callout

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"toancanh/schema"
	"toancanh/server/alarm"
	"toancanh/server/auth"
	"toancanh/server/duty"
	"toancanh/server/hook"
	"toancanh/server/mail"
	"toancanh/server/store"
)

// Paces and bounds of the leader. A call that was claimed and not settled within lease, as after a crash, is made again: twice is
// better than never, and what it carries lets the device show it once.
const (
	turnEvery  = time.Second
	levelEvery = 4 * time.Second
	lease      = 30 * time.Second // longer than the slowest call takes
	rest       = 15 * time.Second // between two messages to a person by one channel
	mostRounds = 200              // of a turn
	mostClaims = 100
	atOnce     = 8 // people spoken to at the same time: a channel that hangs holds up nobody else
)

// Store keeps rosters, ways, rounds and calls.
type Store interface {
	Ladder(ctx context.Context) (store.KeptLadder, error)
	Shifts(ctx context.Context, from, until time.Time) ([]duty.Shift, error)
	PersonNames(ctx context.Context, principals []string) (map[string]string, error)
	AllChannels(ctx context.Context) (map[string][]duty.Channel, error)
	Ways(ctx context.Context, people []string) ([]store.Way, error)
	KeepWay(ctx context.Context, w store.Way) error
	NoteWay(ctx context.Context, id, problem string, gone bool, now time.Time) error

	BeginCallouts(ctx context.Context, now time.Time, ladder duty.Ladder, most int) (int, error)
	EndCallouts(ctx context.Context, now, abandoned time.Time) (int, error)
	DueCallouts(ctx context.Context, now time.Time, most int) ([]string, error)
	WalkCallout(ctx context.Context, id string, now time.Time, cast store.Cast) error
	ClaimCalls(ctx context.Context, c store.Claim) ([]store.CallToMake, error)
	SettleCalls(ctx context.Context, c store.CallSettled, now time.Time) error
	UntoldCallouts(ctx context.Context, most int) ([]store.UntoldCallout, error)
	ToldCallout(ctx context.Context, u store.UntoldCallout) error

	CallArrived(ctx context.Context, a store.Arrival) (test bool, err error)
	ReportCall(ctx context.Context, r store.CallReport) error
	AddContactTest(ctx context.Context, t store.ContactTest, calls []duty.Call) error
}

// Config names what a desk needs. A channel whose part is nil or empty is off.
type Config struct {
	Store  Store
	Sealer *auth.Sealer // of ways
	Client *hook.Client // reaches push services and the gateway
	Push   *Push
	Post   *mail.Post
	SMS    SMS

	Home   string // this house as staff reach it, https://host; empty: messages carry no link
	Centre string // who writes, in words
	// Place is what people call an area.
	Place func(division, area string) string
	// Note tells an alarm how far calling has come.
	Note func(ctx context.Context, alarmID string, c alarm.Callout) error
	// Ops and Wall are the topics on which is said who is on duty, with and without names.
	Ops, Wall string

	Location *time.Location
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil: nothing is counted
}

// Desk calls people. Make it with New; on the leader Lead runs it.
type Desk struct {
	Config
	texts map[string]string
	calls *prometheus.CounterVec
}

//go:embed texts.json
var textsFile []byte

// New makes a desk.
func New(c Config) (*Desk, error) {
	d := &Desk{Config: c, calls: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "toancanh_callout_calls_total", Help: "Calls to staff on duty, by channel and by what became of them: sent, delivered, failed.",
	}, []string{"channel", "outcome"})}
	if c.Metrics != nil {
		c.Metrics.MustRegister(d.calls)
	}
	if err := json.Unmarshal(textsFile, &d.texts); err != nil {
		return nil, fmt.Errorf("read texts of callout: %w", err)
	}
	return d, nil
}

// Channels are the channels that are on, in the order in which a person is called.
func (d *Desk) Channels() []duty.Channel {
	on := map[duty.Channel]bool{duty.Push: d.Push != nil, duty.SMS: d.SMS.URL != "", duty.Mail: d.Post != nil}
	return slices.DeleteFunc(duty.Channels(), func(c duty.Channel) bool { return !on[c] })
}

// Lead calls people until ctx ends, and says who is on duty; announce never blocks.
func (d *Desk) Lead(ctx context.Context, announce func([]schema.Level)) {
	turn, level := time.NewTicker(turnEvery), time.NewTicker(levelEvery)
	defer turn.Stop()
	defer level.Stop()
	var jobs sync.WaitGroup
	defer jobs.Wait()
	jobs.Go(func() {
		for {
			d.warn(ctx, "duty level was not made", d.level(ctx, announce))
			select {
			case <-ctx.Done():
				return
			case <-level.C:
			}
		}
	})
	for {
		d.warn(ctx, "people were not called", d.Turn(ctx))
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
	}
}

func (d *Desk) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		d.Log.LogAttrs(ctx, slog.LevelWarn, "callout failed", slog.String("job", what), slog.Any("err", err))
	}
}

// Turn does everything that is due, and what follows from it at once, as when a call fails. Whatever it did not come to is
// still due for the next, here or elsewhere.
func (d *Desk) Turn(ctx context.Context) error {
	ladder, err := d.Store.Ladder(ctx)
	if err != nil {
		return err
	}
	now := d.Now().UTC()
	if _, err := d.Store.EndCallouts(ctx, now, now.Add(-lease)); err != nil {
		return err
	}
	if _, err := d.Store.BeginCallouts(ctx, now, ladder.Ladder, mostRounds); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := d.walk(ctx); err != nil {
			return err
		}
		if err := d.tell(ctx); err != nil {
			return err
		}
		made, err := d.make(ctx)
		if err != nil {
			return err
		}
		if made == 0 {
			break
		}
	}
	return nil
}

// walk brings the rounds that are due to now.
func (d *Desk) walk(ctx context.Context) error {
	now := d.Now().UTC()
	due, err := d.Store.DueCallouts(ctx, now, mostRounds)
	if err != nil || len(due) == 0 {
		return err
	}
	shifts, err := d.Store.Shifts(ctx, now, now.Add(time.Second))
	if err != nil {
		return err
	}
	ways, err := d.ways(ctx)
	if err != nil {
		return err
	}
	cast := func(owner string, step int, position duty.Position) []duty.Call {
		return duty.Chains(step, position, duty.Roster(shifts).Holders(postOf(position, owner), now), ways)
	}
	for _, id := range due {
		if err := d.Store.WalkCallout(ctx, id, now, cast); err != nil {
			return err
		}
	}
	return nil
}

// postOf is the post that a call list's position means for an alarm of a unit.
func postOf(p duty.Position, owner string) duty.Post {
	if p == duty.UnitOnDuty {
		return duty.Post{Position: p, Unit: owner}
	}
	return duty.Post{Position: p}
}

// ways answers by which channels that are on a person can be reached.
func (d *Desk) ways(ctx context.Context) (func(person string) []duty.Channel, error) {
	told, err := d.Store.AllChannels(ctx)
	if err != nil {
		return nil, err
	}
	on := d.Channels()
	return func(person string) []duty.Channel {
		return slices.DeleteFunc(slices.Clone(on), func(c duty.Channel) bool { return !slices.Contains(told[person], c) })
	}, nil
}

// tell tells alarms how far calling has come.
func (d *Desk) tell(ctx context.Context) error {
	untold, err := d.Store.UntoldCallouts(ctx, mostRounds)
	if err != nil {
		return err
	}
	for _, u := range untold {
		if u.Changed {
			if err := d.Note(ctx, u.Alarm, u.Now); err != nil {
				return fmt.Errorf("tell alarm %s of its callout: %w", u.Alarm, err)
			}
		}
		if err := d.Store.ToldCallout(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// make makes the calls that are due, those of one person by one channel in one message, and says how many messages.
func (d *Desk) make(ctx context.Context) (int, error) {
	now := d.Now().UTC()
	groups := map[groupKey]*group{}
	claimed, err := d.Store.ClaimCalls(ctx, store.Claim{
		Now: now, Abandoned: now.Add(-lease), Rested: now.Add(-rest), Most: mostClaims,
		Token: func(person string, channel duty.Channel) ([]byte, error) {
			key := groupKey{person, channel}
			if groups[key] == nil {
				token, hash, err := auth.NewSecret()
				if err != nil {
					return nil, err
				}
				groups[key] = &group{groupKey: key, token: token, hash: hash}
			}
			return groups[key].hash, nil
		},
	})
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	var order []*group
	for _, c := range claimed {
		g := groups[groupKey{c.Person, c.Channel}]
		if len(g.calls) == 0 {
			order = append(order, g)
		}
		g.calls = append(g.calls, c)
	}
	turns := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, g := range order {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			d.warn(ctx, "a call was not settled", d.call(ctx, *g))
		})
	}
	wg.Wait()
	return len(order), ctx.Err()
}

// groupKey is what calls share that go into one message.
type groupKey struct {
	person  string
	channel duty.Channel
}

// group is the calls of one message.
type group struct {
	groupKey
	token string
	hash  []byte
	calls []store.CallToMake
}

// outcome is what became of a message.
type outcome struct {
	result duty.Result
	reason string
}

func failed(reason string) outcome { return outcome{duty.Failed, reason} }

// call makes one message and keeps what became of it.
func (d *Desk) call(ctx context.Context, g group) error {
	o := d.send(ctx, g)
	if ctx.Err() != nil {
		// Whoever leads next finds the calls claimed, and makes them when the lease has passed.
		return nil //nolint:nilerr // the term is over
	}
	now := d.Now().UTC()
	settled := store.CallSettled{Result: o.result, Reason: o.reason}
	for _, c := range g.calls {
		settled.IDs = append(settled.IDs, c.ID)
	}
	if o.result == duty.Sent {
		until := now.Add(duty.Patience(g.channel))
		settled.WaitUntil = &until
	}
	d.calls.WithLabelValues(string(g.channel), string(o.result)).Inc()
	return d.Store.SettleCalls(ctx, settled, now)
}

// Arrived keeps that the device with a message's secret has it, and whether the person opened it. It says whether
// it was a test.
func (d *Desk) Arrived(ctx context.Context, token string, answered bool) (test bool, err error) {
	return d.Store.CallArrived(ctx, store.Arrival{TokenHash: auth.HashSecret(token), Answered: answered, Now: d.Now().UTC()})
}
