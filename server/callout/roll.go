package callout

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"toancanh/schema"
	"toancanh/server/auth"
	"toancanh/server/duty"
	"toancanh/server/fault"
	"toancanh/server/store"
)

// LevelKey is the level that says who is on duty.
const LevelKey = "duty/now"

// OnDuty is who holds the positions of the room at an instant; one that nobody holds has no holders.
type OnDuty struct {
	Shift     string
	Positions []Held
	AsOf      time.Time
}

// Held is a position with the shifts that hold it. Of a unit it stands here only while somebody holds it.
type Held struct {
	duty.Post
	Holders []duty.Shift
}

// OnDuty reads who is on duty now.
func (d *Desk) OnDuty(ctx context.Context) (OnDuty, error) {
	now := d.Now().UTC()
	shifts, err := d.Store.Shifts(ctx, now, now.Add(time.Microsecond))
	if err != nil {
		return OnDuty{}, err
	}
	roster := duty.Roster(shifts)
	on := OnDuty{Shift: roster.Now(now), AsOf: now}
	posts := make([]duty.Post, 0, len(duty.RoomPositions()))
	for _, p := range duty.RoomPositions() {
		posts = append(posts, duty.Post{Position: p})
	}
	seen := map[duty.Post]bool{}
	for _, s := range shifts {
		if s.Position == duty.UnitOnDuty && !seen[s.Post] {
			seen[s.Post] = true
			posts = append(posts, s.Post)
		}
	}
	for _, post := range posts {
		on.Positions = append(on.Positions, Held{post, roster.Holders(post, now)})
	}
	return on, nil
}

// levelShown is the data of the level; names are said to operators alone.
type levelShown struct {
	Shift     string       `json:"shift"`
	Positions []levelEntry `json:"positions"`
	AsOf      time.Time    `json:"as_of"`
}

type levelEntry struct {
	Position duty.Position `json:"position"`
	Unit     string        `json:"unit,omitempty"`
	Name     string        `json:"name,omitempty"`
	Since    *time.Time    `json:"since"` // null: nobody holds it
}

// mostLevel bounds the entries of the level.
const mostLevel = 100

// level says who is on duty.
func (d *Desk) level(ctx context.Context, announce func([]schema.Level)) error {
	on, err := d.OnDuty(ctx)
	if err != nil {
		return err
	}
	var people []string
	for _, h := range on.Positions {
		for _, s := range h.Holders {
			people = append(people, auth.Person{ID: s.Person}.Principal())
		}
	}
	names, err := d.Store.PersonNames(ctx, people)
	if err != nil {
		return err
	}
	ops := levelShown{on.Shift, []levelEntry{}, on.AsOf}
	wall := levelShown{on.Shift, []levelEntry{}, on.AsOf}
	add := func(e levelEntry) {
		if len(ops.Positions) >= mostLevel {
			return
		}
		ops.Positions = append(ops.Positions, e)
		e.Name = ""
		wall.Positions = append(wall.Positions, e)
	}
	for _, h := range on.Positions {
		if len(h.Holders) == 0 {
			add(levelEntry{Position: h.Position, Unit: h.Unit})
		}
		for _, s := range h.Holders {
			add(levelEntry{h.Position, h.Unit, names[auth.Person{ID: s.Person}.Principal()], &s.From})
		}
	}
	var levels []schema.Level
	for topic, shown := range map[string]levelShown{d.Ops: ops, d.Wall: wall} {
		raw, err := json.Marshal(shown)
		if err != nil {
			return err
		}
		levels = append(levels, schema.Level{Topic: topic, LevelItem: schema.LevelItem{Key: LevelKey, Version: on.AsOf.UnixMicro(), At: on.AsOf, Data: raw}})
	}
	announce(levels)
	return nil
}

// Test asks everybody on duty, substitutes too, by every channel they can be reached by, whether they hear.
func (d *Desk) Test(ctx context.Context, by, name string) (id string, err error) {
	on, err := d.OnDuty(ctx)
	if err != nil {
		return "", err
	}
	ways, err := d.ways(ctx)
	if err != nil {
		return "", err
	}
	var calls []duty.Call
	asked := map[string]bool{}
	for _, h := range on.Positions {
		for _, c := range duty.Chains(0, h.Position, h.Holders, ways) {
			key := c.Person + " " + string(c.Channel)
			if c.Person != "" && asked[key] {
				continue // holds two positions
			}
			asked[key] = true
			calls = append(calls, atOnceDue(c))
		}
	}
	if !slices.ContainsFunc(calls, func(c duty.Call) bool { return c.Person != "" }) {
		return "", fault.Conflict("Không có ai trực lúc này, nên không có ai để thử liên lạc.").Because("vacant")
	}
	id = uuid.NewString()
	return id, d.Store.AddContactTest(ctx, store.ContactTest{ID: id, MadeAt: on.AsOf, By: by, Name: name}, calls)
}

// TestOwn asks one person alone by every channel.
func (d *Desk) TestOwn(ctx context.Context, person, by, name string) (id string, err error) {
	ways, err := d.ways(ctx)
	if err != nil {
		return "", err
	}
	var calls []duty.Call
	for _, c := range duty.Chains(0, duty.Operator, []duty.Shift{{Person: person}}, ways) {
		calls = append(calls, atOnceDue(c))
	}
	id = uuid.NewString()
	return id, d.Store.AddContactTest(ctx, store.ContactTest{ID: id, MadeAt: d.Now().UTC(), By: by, Name: name, Own: true}, calls)
}

// atOnceDue is a call that waits for no other.
func atOnceDue(c duty.Call) duty.Call {
	if c.Result == duty.Planned {
		c.Result = duty.Due
	}
	return c
}
