// Package drilling plays exercises on the leader: it sends what a script says through the same doors by which gateways and
// citizens come, under a key that makes all of it a drill, tells every screen that one is on, and at its end judges the room and
// takes away what was left. What it has sent it writes down; after a crash it goes on, and what is sent twice is taken once.
package drilling

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"toancanh/schema"
	"toancanh/server/area"
	"toancanh/server/auth"
	"toancanh/server/drill"
	"toancanh/server/fault"
	"toancanh/server/report"
	"toancanh/server/sensor"
	"toancanh/server/store"
)

// LevelKey is the level by which every wall and console knows that a drill is on.
const LevelKey = "drill/now"

// Paces.
const (
	lookEvery     = 500 * time.Millisecond
	announceEvery = 4 * time.Second
	callLimit     = 5 * time.Second
	// settles is how long after its end a drill is looked at again: whoever judges readings may still decide about its sensors.
	settles = 10 * time.Second
)

// Store keeps drills.
type Store interface {
	OpenDrills(ctx context.Context) ([]drill.Drill, error)
	ChangeDrill(ctx context.Context, id, why string, change func(drill.Drill) (drill.Drill, error)) (drill.Drill, error)
	DrillReports(ctx context.Context, d drill.Drill) ([]store.DrillReport, error)
	DrillAlarms(ctx context.Context, d drill.Drill) ([]drill.Seen, error)
	EndDrill(ctx context.Context, codes []string, reason string, now time.Time) error
	AddKey(ctx context.Context, k auth.Key) error
	RevokeKey(ctx context.Context, id string) error
}

// Doors are what the house offers to everybody who has a key.
type Doors interface {
	Register(ctx context.Context, key string, list []sensor.Sensor) error
	Read(ctx context.Context, key string, list []sensor.Reading) error
	// Report sends a report; the same promise never makes a second one.
	Report(ctx context.Context, key, promise string, words drill.Words) error
}

// Actor acts on reports.
type Actor interface {
	Act(ctx context.Context, id string, act report.Act) (report.Report, error)
}

// Config names what a player needs.
type Config struct {
	Store    Store
	Doors    Doors
	Actor    Actor
	Atlas    *area.Atlas
	Division string
	Now      func() time.Time
	Log      *slog.Logger
}

// Player plays while its process leads. It implements relay.Follower but for Stamped.
type Player struct {
	Config
	wake chan struct{}

	// Owned by Lead.
	keys map[string]key // by drill
	said string
	at   time.Time
}

type key struct{ id, token string }

// New makes a player.
func New(c Config) *Player { return &Player{Config: c, wake: make(chan struct{}, 1)} }

// Look makes the player look at its drills at once: one was planned or ended.
func (p *Player) Look() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Lead plays until ctx ends.
func (p *Player) Lead(ctx context.Context, announce func([]schema.Level)) {
	p.keys, p.said = map[string]key{}, ""
	defer p.dropKeys()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	blind := false
	for {
		list, err := p.Store.OpenDrills(ctx)
		if err == nil {
			for i := range list {
				list[i] = p.step(ctx, list[i])
			}
			p.announce(list, announce)
		} else if !blind && ctx.Err() == nil {
			p.Log.LogAttrs(ctx, slog.LevelWarn, "drills cannot be read", slog.Any("err", err))
		}
		blind = err != nil
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// dropKeys ends the keys of this term; the next leader makes its own.
func (p *Player) dropKeys() {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	for id := range p.keys {
		p.dropKey(ctx, id)
	}
}

func (p *Player) dropKey(ctx context.Context, id string) {
	k, ok := p.keys[id]
	if !ok {
		return
	}
	delete(p.keys, id)
	if err := p.Store.RevokeKey(ctx, k.id); err != nil {
		p.Log.LogAttrs(ctx, slog.LevelWarn, "key of a drill cannot be revoked", slog.String("key", k.id), slog.Any("err", err))
	}
}

// step does what is due of one drill. What fails is told in the drill and tried again at the next look.
func (p *Player) step(ctx context.Context, d drill.Drill) drill.Drill {
	now := p.Now().UTC()
	after, err := d, error(nil)
	switch {
	case d.State == drill.Planned && !now.Before(d.StartsAt):
		after, err = p.Store.ChangeDrill(ctx, d.ID, "started", func(d drill.Drill) (drill.Drill, error) { return d.Start(now) })
	case d.Over(now):
		after, err = p.Store.ChangeDrill(ctx, d.ID, "ended", func(d drill.Drill) (drill.Drill, error) { return d.End("", now) })
	case d.State == drill.Running:
		after, err = p.play(ctx, d, now)
	case d.State == drill.Ended, d.State == drill.Cancelled:
		after, err = p.clear(ctx, d, now)
	}
	if err == nil || ctx.Err() != nil {
		return after
	}
	p.Log.LogAttrs(ctx, slog.LevelWarn, "drill is stuck", slog.String("drill", d.ID), slog.String("state", string(d.State)), slog.Any("err", err))
	if problem := fault.Message(err); d.Problem != problem {
		_, _ = p.Store.ChangeDrill(ctx, d.ID, "", func(d drill.Drill) (drill.Drill, error) {
			d.Problem = problem
			d.Version++
			return d, nil
		})
	}
	return d
}

// play sends what is due: readings together, reports one by one.
func (p *Player) play(ctx context.Context, d drill.Drill, now time.Time) (drill.Drill, error) {
	due := d.Due(now)
	if len(due) == 0 {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	token, err := p.token(ctx, d)
	if err != nil {
		return d, err
	}
	var readings []sensor.Reading
	for _, deed := range due {
		if deed.Sensor != "" {
			readings = append(readings, sensor.Reading{Sensor: deed.Sensor, At: d.DueAt(deed).Truncate(time.Millisecond), Value: deed.Value})
		}
	}
	if len(readings) > 0 {
		if err := p.Doors.Read(ctx, token, readings); err != nil {
			return d, err
		}
	}
	for i, deed := range due {
		if deed.Report == nil {
			continue
		}
		if err := p.Doors.Report(ctx, token, fmt.Sprintf("%s/%d", d.ID, d.Played+i), *deed.Report); err != nil {
			return d, err
		}
	}
	played := d.Played + len(due)
	return p.Store.ChangeDrill(ctx, d.ID, "", func(d drill.Drill) (drill.Drill, error) {
		d.Played, d.Problem = max(d.Played, played), ""
		d.Version++
		return d, nil
	})
}

// token is the key of a running drill. Each term of a leader makes one, and registers the drill's sensors with it.
func (p *Player) token(ctx context.Context, d drill.Drill) (string, error) {
	if k, ok := p.keys[d.ID]; ok {
		return k.token, nil
	}
	k, token, err := auth.NewKey("Diễn tập "+d.ID[:8], auth.RightSensors, auth.RightReadings, auth.RightReports, auth.RightDrill)
	if err != nil {
		return "", fault.Internal(err)
	}
	// Written down before it exists, so that a key whose maker has died is found and ended.
	former := d.KeyID
	_, err = p.Store.ChangeDrill(ctx, d.ID, "", func(d drill.Drill) (drill.Drill, error) {
		d.KeyID = k.ID
		return d, nil
	})
	if err != nil {
		return "", err
	}
	if former != "" {
		if err := p.Store.RevokeKey(ctx, former); err != nil && !fault.Is(err, fault.KindNotFound) {
			return "", err
		}
	}
	if err := p.Store.AddKey(ctx, k); err != nil {
		return "", err
	}
	p.keys[d.ID] = key{k.ID, token}
	actors := make([]sensor.Sensor, len(d.Script.Actors))
	for i, a := range d.Script.Actors {
		actors[i] = a.Sensor
	}
	if err := p.Doors.Register(ctx, token, actors); err != nil {
		p.dropKey(ctx, d.ID)
		return "", err
	}
	return token, nil
}

// clear judges the room, once, and takes away what the drill left.
func (p *Player) clear(ctx context.Context, d drill.Drill, now time.Time) (drill.Drill, error) {
	p.dropKey(ctx, d.ID)
	if d.KeyID != "" {
		if err := p.Store.RevokeKey(ctx, d.KeyID); err != nil && !fault.Is(err, fault.KindNotFound) {
			return d, err
		}
	}
	reports, err := p.Store.DrillReports(ctx, d)
	if err != nil {
		return d, err
	}
	if d.State == drill.Ended && d.Debrief == nil {
		if d, err = p.judge(ctx, d, reports, now); err != nil {
			return d, err
		}
	}
	codes := make([]string, len(d.Script.Actors))
	for i, a := range d.Script.Actors {
		codes[i] = a.Sensor.Code
	}
	const why = "Kết thúc diễn tập."
	if err := p.Store.EndDrill(ctx, codes, why, now); err != nil {
		return d, err
	}
	for _, r := range reports {
		if r.Withdrawn {
			continue
		}
		act := report.Act{Name: report.Withdraw, Actor: "dien_tap", Reason: why}
		if _, err := p.Actor.Act(ctx, r.ID, act); err != nil {
			return d, err
		}
	}
	if d.EndedAt != nil && now.Before(d.EndedAt.Add(settles)) {
		return d, nil
	}
	return p.Store.ChangeDrill(ctx, d.ID, "", func(d drill.Drill) (drill.Drill, error) {
		d.Cleared, d.Problem = true, ""
		d.Version++
		return d, nil
	})
}

func (p *Player) judge(ctx context.Context, d drill.Drill, reports []store.DrillReport, now time.Time) (drill.Drill, error) {
	alarms, err := p.Store.DrillAlarms(ctx, d)
	if err != nil {
		return d, err
	}
	var emergencies []drill.Seen
	for _, r := range reports {
		if r.Emergency {
			emergencies = append(emergencies, r.Seen)
		}
	}
	debrief := drill.Judge(d, alarms, emergencies, now)
	return p.Store.ChangeDrill(ctx, d.ID, "", func(d drill.Drill) (drill.Drill, error) {
		d.Debrief = &debrief
		d.Version++
		return d, nil
	})
}

// Level is the data of the level: Running is null while none is on.
type Level struct {
	Running *Now      `json:"running"`
	AsOf    time.Time `json:"as_of"`
}

// Now is the drill that is on.
type Now struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Area  string    `json:"area"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // when it ends by itself
}

// announce tells every area's screens and consoles, also those the drill does not lie in: who walks past one must not take
// another for real.
func (p *Player) announce(list []drill.Drill, announce func([]schema.Level)) {
	now := p.Now().UTC()
	level := Level{}
	for _, d := range list {
		if d.State == drill.Running && d.StartedAt != nil {
			level.Running = &Now{d.ID, d.Title, d.Area, *d.StartedAt, d.StartedAt.Add(d.Length())}
		}
	}
	body, err := json.Marshal(level)
	if err != nil {
		p.Log.Error("encode level", slog.String("key", LevelKey), slog.Any("err", err))
		return
	}
	if p.said == string(body) && now.Sub(p.at) < announceEvery {
		return
	}
	p.said, p.at = string(body), now
	level.AsOf = now
	if body, err = json.Marshal(level); err != nil {
		return
	}
	var levels []schema.Level
	for _, a := range p.Atlas.Tree.Areas(p.Division) {
		path := p.Atlas.Tree.Path(a.Division, a.Code)
		for _, audience := range []schema.Audience{schema.Wall, schema.Ops} {
			levels = append(levels, schema.Level{Topic: schema.AreaTopic(audience, p.Division, path...), LevelItem: schema.LevelItem{
				Key: LevelKey, Version: now.UnixMicro(), At: now, Data: body,
			}})
		}
	}
	announce(levels)
}
