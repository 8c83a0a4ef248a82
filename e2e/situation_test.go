//go:build e2e

package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"toancanh/schema"
)

// The rules of a page: how old what stands behind the hub may be, how long a head may stay ahead, how far the pauses
// between attempts go.
const (
	staleAfter = 4800 * time.Millisecond
	headGrace  = 1500 * time.Millisecond
	pauseFirst = 500 * time.Millisecond
	pauseMost  = 5 * time.Second
)

// thing is a report as its audience was told.
type thing struct {
	ID          string   `json:"id"`
	Code        string   `json:"code"`
	Version     int64    `json:"version"`
	Status      string   `json:"status"`
	Category    string   `json:"category"`
	Description string   `json:"description"`
	Summary     string   `json:"summary"`
	Text        string   `json:"text"`
	Unit        string   `json:"unit"`
	Path        []string `json:"path"`
	Open        *bool    `json:"open"`
}

// name is what the audience calls it: public topics know only the code.
func (g thing) name() string { return cmp.Or(g.ID, g.Code) }

// situation is a page's copy of what is true for one topic.
type situation struct {
	seq    int64
	placed bool // a snapshot has come
	cut    bool // it had no room for everything
	things map[string]thing
	gone   map[string]int64
	levels map[string]schema.LevelItem
	owed   owed
}

// owed is a head that a beat has announced.
type owed struct {
	head  int64
	since time.Time
	ahead bool // this page stands above it
}

func newSituation() *situation {
	return &situation{things: map[string]thing{}, gone: map[string]int64{}, levels: map[string]schema.LevelItem{}}
}

// snapshot replaces what is known, but never by something older.
func (s *situation) snapshot(seq int64, data schema.Snapshot) error {
	held := s.things
	s.seq, s.placed, s.owed, s.things = seq, true, owed{}, map[string]thing{}
	s.cut = data.Truncated > 0
	for _, raw := range data.Reports {
		g, err := readThing(raw)
		if err != nil {
			return err
		}
		if g.Version <= s.gone[g.name()] {
			continue
		}
		if known, ok := held[g.name()]; ok && known.Version > g.Version {
			g = known
		}
		s.things[g.name()] = g
	}
	return nil
}

// event applies the next fact.
func (s *situation) event(e *schema.EventFrame) error {
	s.seq = e.Seq
	switch e.Kind {
	case schema.KindGone:
		if e.Version >= s.things[e.ID].Version {
			delete(s.things, e.ID)
		}
		s.gone[e.ID] = max(s.gone[e.ID], e.Version)
	case schema.KindReport:
		g, err := readThing(e.Data)
		if err != nil {
			return err
		}
		if g.name() != e.ID || g.Version != e.Version {
			return fmt.Errorf("event %d of %s is about %s version %d and holds %s version %d", e.Seq, e.Topic, e.ID, e.Version, g.name(), g.Version)
		}
		if held, ok := s.things[e.ID]; e.Version > s.gone[e.ID] && (!ok || e.Version > held.Version) {
			s.things[e.ID] = g
			delete(s.gone, e.ID)
		}
	}
	return nil
}

// level takes the newer value of a key. It reports a value that is older than a held one of the same connection.
func (s *situation) level(i schema.LevelItem) (old bool) {
	held, ok := s.levels[i.Key]
	if ok && i.Version < held.Version {
		return true
	}
	s.levels[i.Key] = i
	return false
}

// hear takes in a head that a beat announces. One not reached yet stays owed, so that a loss cannot hide.
func (s *situation) hear(head int64, known bool, now time.Time) {
	if s.isOwed() {
		return
	}
	if !known {
		head = s.seq
	}
	s.owed = owed{head: head, since: now, ahead: s.placed && s.seq > head}
}

func (s *situation) isOwed() bool {
	return !s.owed.since.IsZero() && (s.owed.ahead || s.seq < s.owed.head)
}

// settled reports whether a beat was heard and the page stands where it said.
func (s *situation) settled() bool { return s.placed && !s.owed.since.IsZero() && !s.isOwed() }

func (s *situation) late(now time.Time) bool { return s.isOwed() && now.Sub(s.owed.since) > headGrace }

func readThing(raw json.RawMessage) (thing, error) {
	var g thing
	if err := json.Unmarshal(raw, &g); err != nil {
		return g, fmt.Errorf("report %.120s: %w", raw, err)
	}
	if g.name() == "" || g.Version < 1 {
		return g, fmt.Errorf("report without id or version: %.120s", raw)
	}
	return g, nil
}

// copyThings is what a topic shows now.
func (s *situation) copyThings() map[string]thing { return maps.Clone(s.things) }

// holds reports whether a word stands anywhere in what the topic shows.
func (s *situation) holds(word string) bool {
	for _, g := range s.things {
		if strings.Contains(g.Description+g.Summary+g.Text, word) {
			return true
		}
	}
	return false
}
