package presence

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"toancanh/schema"
)

// LevelKey is the level of an area's ops topic that says who has which report open there.
const LevelKey = "presence"

// Paces of the announcer.
const (
	lookEvery  = time.Second
	repeatMost = 4 // looks between two announcements of what did not change
	restAfter  = 4 // announcements that an area is empty, for those who missed one
)

// Bounds of one level: a hub keeps 64 KiB of each.
const (
	mostShown  = 60 // reports
	mostPeople = 5  // of a report
)

// Level is the data of the level.
type Level struct {
	Reports []Shown `json:"reports"`
	// Truncated counts the reports left out because the level was full.
	Truncated int `json:"truncated"`
}

// Shown is a report that somebody has open.
type Shown struct {
	ID     string   `json:"id"`
	People []Person `json:"people"`
	Lock   *Holder  `json:"lock"`
	// Until is when all of it is over unless it is said again.
	Until time.Time `json:"until"`
}

// Person is somebody who is there.
type Person struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
}

// Holder holds the lock; Page tells which of their pages.
type Holder struct {
	Person
	Page string `json:"page"`
}

// Announcer tells the operators of every area who has which report of it open. Only the leader does.
type Announcer struct {
	board *Board
	now   func() time.Time
	said  map[string][]byte // the last data of each topic that is not empty
	empty map[string]int    // announcements left of topics that became empty
	looks int
}

// NewAnnouncer makes an announcer of a board.
func NewAnnouncer(board *Board, now func() time.Time) *Announcer {
	return &Announcer{board: board, now: now}
}

// Lead announces until ctx ends; announce never blocks.
func (a *Announcer) Lead(ctx context.Context, announce func([]schema.Level)) {
	a.said, a.empty = map[string][]byte{}, map[string]int{}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if levels := a.look(ctx); len(levels) > 0 {
			announce(levels)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look is what has changed since the last look, or all there is when its turn has come.
func (a *Announcer) look(ctx context.Context) []schema.Level {
	now := a.now().UTC()
	a.looks++
	all := a.looks%repeatMost == 0
	var levels []schema.Level
	say := func(topic string, data []byte) {
		levels = append(levels, schema.Level{Topic: topic, LevelItem: schema.LevelItem{
			Key: LevelKey, Version: now.UnixMicro(), At: now, Data: data,
		}})
	}
	is := map[string][]byte{}
	for topic, level := range byTopic(a.board.All(ctx)) {
		data, _ := json.Marshal(level) // strings and times
		is[topic] = data
		if all || !bytes.Equal(a.said[topic], data) {
			say(topic, data)
		}
		delete(a.empty, topic)
	}
	for topic := range a.said {
		if is[topic] == nil {
			a.empty[topic] = restAfter
		}
	}
	none, _ := json.Marshal(Level{Reports: []Shown{}})
	for topic, left := range a.empty {
		if left == restAfter || all {
			say(topic, none)
			if a.empty[topic]--; left == 1 {
				delete(a.empty, topic)
			}
		}
	}
	a.said = is
	return levels
}

// byTopic are the levels of the ops topics of all areas where somebody has something open.
func byTopic(states []State) map[string]*Level {
	levels := map[string]*Level{}
	for _, s := range states {
		shown := show(s)
		for _, topic := range schema.AreaTopics(schema.Ops, s.Division, s.Path...) {
			l := levels[topic]
			if l == nil {
				l = &Level{}
				levels[topic] = l
			}
			if len(l.Reports) >= mostShown {
				l.Truncated++
				continue
			}
			l.Reports = append(l.Reports, shown)
		}
	}
	return levels
}

func show(s State) Shown {
	shown := Shown{ID: s.Report, People: []Person{}, Until: newest(s).Add(GoneAfter)}
	for _, p := range s.People() {
		if len(shown.People) < mostPeople {
			shown.People = append(shown.People, Person{p.ID, p.Name, p.Since})
		}
	}
	if l := s.Lock; l != nil {
		shown.Lock = &Holder{Person{l.ID, l.Name, l.Since}, l.Page}
	}
	return shown
}
