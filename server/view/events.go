package view

import (
	"encoding/json"
	"fmt"
	"slices"

	"toancanh/schema"
	"toancanh/server/report"
)

// Draft is an event about to be stored in the transaction of its change: one payload for one audience.
type Draft struct {
	Audience schema.Audience
	Kind     string // schema.KindReport or schema.KindGone
	ID       string // the UUID; the public code on public topics
	Version  int64
	Topics   []string
	Data     []byte // JSON; nil for gone
	// Purge, with gone, asks to erase every earlier trace of ID on these topics: rings, kept snapshots, stored
	// payloads.
	Purge bool
}

// Events are the events of a change, before it nil at birth: the new state to every topic of staff and screens that sees it,
// and gone to every topic it left. Everybody else is told later, by PublicEvents. But a withdrawn report leaves every topic, and each is asked to forget what was said: also
// one it had left before in its present area. Topics of areas and units it was in long ago only the store knows; it
// erases what it keeps by ID. Operators still find the report through the API, without its texts.
func Events(before *report.Report, after report.Report, lens Lens) []Draft {
	var was faces
	if before != nil {
		was = facesOf(*before, lens)
	}
	is := facesOf(after, lens)
	purge := after.WithdrawnAt != nil
	var drafts []Draft
	for i, now := range is {
		version := after.Version
		if now.audience == schema.Public {
			version = PublicVersion(after)
		}
		if len(now.topics) > 0 {
			drafts = append(drafts, Draft{
				Audience: now.audience, Kind: schema.KindReport, ID: now.id, Version: version,
				Topics: now.topics, Data: now.data,
			})
		}
		left := without(was[i].topics, now.topics)
		if purge {
			left = append(left, without(without(now.reach, now.topics), left)...)
		}
		if len(left) > 0 {
			drafts = append(drafts, Draft{
				Audience: now.audience, Kind: schema.KindGone, ID: now.id, Version: version, Topics: left, Purge: purge,
			})
		}
	}
	return drafts
}

// face is a report as one audience sees it, and where.
type face struct {
	audience schema.Audience
	id       string
	topics   []string // empty when the audience may not see it
	reach    []string // where the audience may see it or may have seen it
	data     []byte
}

// faces are those of ops, wall, public and unit, in this order.
type faces [4]face

func facesOf(r report.Report, lens Lens) faces {
	ops := face{audience: schema.Ops, id: r.ID, data: encode(Ops(r))}
	ops.reach = schema.AreaTopics(schema.Ops, r.Division, r.Path...)
	if r.WithdrawnAt == nil {
		ops.topics = ops.reach
	}

	wall := face{audience: schema.Wall, id: r.ID, reach: schema.AreaTopics(schema.Wall, r.Division, r.Path...)}
	if w, ok := Wall(r, lens); ok {
		wall.topics, wall.data = wall.reach, encode(w)
	}

	// What everybody may see leaves later, in batches; here they may only be asked to forget. The store adds the topics on
	// which it was told: to name its commune to those who never heard it would tell it.
	public := face{audience: schema.Public, id: r.Code}
	if r.AcceptedAt != nil && len(r.Path) > 0 {
		public.reach = schema.AreaTopics(schema.Public, r.Division, r.Path[0])
	}

	unit := face{audience: schema.Unit, id: r.ID, data: ops.data}
	if r.Unit != "" {
		unit.reach = []string{schema.UnitTopic(r.Unit)}
	}
	if r.WithdrawnAt == nil {
		unit.topics = unit.reach
	}
	return faces{ops, wall, public, unit}
}

// without is the list without those in other.
func without(list, other []string) []string {
	var left []string
	for _, t := range list {
		if !slices.Contains(other, t) {
			left = append(left, t)
		}
	}
	return left
}

// encode cannot fail: the faces hold strings, numbers and times of this era only, and report.New lets no
// coordinate in that JSON cannot say.
func encode(face any) []byte {
	data, err := json.Marshal(face)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", face, err))
	}
	return data
}
