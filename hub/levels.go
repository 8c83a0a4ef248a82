package hub

import (
	"maps"
	"slices"
	"time"

	"toancanh/schema"
)

// Bounds of a topic's levels.
const (
	maxLevelKeys  = 10_000
	levelFrames   = 8 // changes kept for whoever is a few flushes behind
	maxLevelBytes = 64 << 10
)

// levels holds the newest item of each key of a topic and the last changes as finished frames. It is not safe
// for several goroutines.
type levels struct {
	items   map[string]schema.LevelItem
	changed map[string]struct{} // keys not yet in a frame
	gen     uint64              // grows with each frame
	recent  [][]byte            // the frames gen-len(recent)+1 … gen
	all     []byte              // every item in one frame; nil when something changed since
	at      time.Time           // of the last frame
}

// put takes an item if it is newer than what is held and reports whether it was taken.
func (l *levels) put(item schema.LevelItem) bool {
	held, known := l.items[item.Key]
	if known && item.Version <= held.Version || !known && len(l.items) >= maxLevelKeys || len(item.Data) > maxLevelBytes {
		return false
	}
	if l.items == nil {
		l.items, l.changed = map[string]schema.LevelItem{}, map[string]struct{}{}
	}
	l.items[item.Key] = item
	l.changed[item.Key] = struct{}{}
	return true
}

// after returns the frames a reader at gen lacks and the gen it then has. While changes wait for their turn,
// due says when to come back; it is zero otherwise.
func (l *levels) after(topic string, gen uint64, now time.Time, every time.Duration) (frames [][]byte, newGen uint64, due time.Time) {
	if len(l.changed) > 0 {
		if next := l.at.Add(every); now.Before(next) {
			due = next
		} else {
			l.seal(topic, now)
		}
	}
	switch behind := l.gen - gen; {
	case behind == 0:
		return nil, gen, due
	case behind <= uint64(len(l.recent)):
		return l.recent[uint64(len(l.recent))-behind:], l.gen, due
	case len(l.items) == 0:
		return nil, l.gen, due
	default:
		return [][]byte{l.everything(topic)}, l.gen, due
	}
}

// forget drops every item; whoever asks next gets only what arrives from now on.
func (l *levels) forget() { *l = levels{gen: l.gen + 1} }

// seal makes one frame of all changes.
func (l *levels) seal(topic string, now time.Time) {
	frame := l.frame(topic, slices.Sorted(maps.Keys(l.changed)))
	clear(l.changed)
	l.gen++
	l.at, l.all = now, nil
	if l.recent = append(l.recent, frame); len(l.recent) > levelFrames {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
}

// everything is all known items as one frame, nil when there is none.
func (l *levels) everything(topic string) []byte {
	if len(l.items) == 0 {
		return nil
	}
	if l.all == nil || len(l.changed) > 0 {
		l.all = l.frame(topic, slices.Sorted(maps.Keys(l.items)))
	}
	return l.all
}

func (l *levels) frame(topic string, keys []string) []byte {
	items := make([]schema.LevelItem, len(keys))
	for i, k := range keys {
		items[i] = l.items[k]
	}
	return mustEncode(schema.LevelFrame{Type: schema.TypeLevel, Topic: topic, Items: items})
}
