// Package schema is the contract every part of Toàn Cảnh shares: the names of topics, the frames that
// travel to browsers, the batches that travel on the bus, and the database's migrations. It holds words
// and their encodings; it never decides anything about a report and never talks to a network.
package schema

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Audience names who may listen to a topic.
type Audience string

// The audiences. Ops is for operators, shift leads and leaders of an area; Wall for screens; Public for
// everybody; Unit for the staff of one department; Screen for one screen.
const (
	Ops    Audience = "ops"
	Wall   Audience = "wall"
	Public Audience = "public"
	Unit   Audience = "unit"
	Screen Audience = "screen"
)

// ControlTopic carries revocations of tickets to the hubs; no browser may listen to it.
const ControlTopic = "control"

// Channels is the number of bus channels that topics are hashed on. Topics do not map to channels one to
// one: on a Redis Cluster a subscription must stay within one slot, and a connection a topic is too many.
const Channels = 16

// maxTopic bounds a topic's length in bytes; the longest real one is about 40.
const maxTopic = 96

// Topic is one numbered stream of events.
type Topic struct {
	Audience Audience
	Division string   // set for ops, wall and public
	Path     []string // area codes from the root down, or the one unit or screen id
}

// AreaTopic names the topic of an audience for the area at the end of path (root first).
func AreaTopic(a Audience, division string, path ...string) string {
	return string(a) + "/" + division + "/" + strings.Join(path, "/")
}

// AreaTopics names the topics of an audience for every area on path: the root's first, the leaf's last.
func AreaTopics(a Audience, division string, path ...string) []string {
	topics := make([]string, 0, len(path))
	for i := range path {
		topics = append(topics, AreaTopic(a, division, path[:i+1]...))
	}
	return topics
}

// UnitTopic names the topic of a unit's staff.
func UnitTopic(unit string) string { return string(Unit) + "/" + unit }

// ScreenTopic names the topic of one screen.
func ScreenTopic(screen string) string { return string(Screen) + "/" + screen }

// ParseTopic reads a topic's name. The error says which part is wrong.
func ParseTopic(name string) (Topic, error) {
	if name == "" || len(name) > maxTopic {
		return Topic{}, fmt.Errorf("topic %.40q: length must be 1 to %d bytes", name, maxTopic)
	}
	parts := strings.Split(name, "/")
	for _, p := range parts {
		if !isTopicWord(p) {
			return Topic{}, fmt.Errorf("topic %q: part %q must be letters, digits, '-', '_' or '.'", name, p)
		}
	}
	t := Topic{Audience: Audience(parts[0])}
	switch t.Audience {
	case Ops, Wall, Public:
		if len(parts) < 3 {
			return Topic{}, fmt.Errorf("topic %q: want audience/division/area codes", name)
		}
		t.Division, t.Path = parts[1], parts[2:]
	case Unit, Screen:
		if len(parts) != 2 {
			return Topic{}, fmt.Errorf("topic %q: want %s/id", name, t.Audience)
		}
		t.Path = parts[1:]
	default:
		return Topic{}, fmt.Errorf("topic %q: unknown audience %q", name, parts[0])
	}
	return t, nil
}

// String is the topic's name.
func (t Topic) String() string {
	if t.Division == "" {
		return string(t.Audience) + "/" + strings.Join(t.Path, "/")
	}
	return AreaTopic(t.Audience, t.Division, t.Path...)
}

// Area is the code of the area at the end of the topic's path, or the unit's or screen's id.
func (t Topic) Area() string { return t.Path[len(t.Path)-1] }

// Channel is the bus channel of a topic, "toancanh:{bus-7}"; the braces keep it in one cluster slot.
func Channel(topic string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(topic))
	return ChannelName(int(h.Sum32() % Channels))
}

// ChannelName is the name of the bus channel with the given index, 0 to Channels-1.
func ChannelName(i int) string { return fmt.Sprintf("toancanh:{bus-%d}", i) }

func isTopicWord(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		ok := r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !ok {
			return false
		}
	}
	return true
}
