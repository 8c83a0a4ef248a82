package hub

import (
	"time"

	"toancanh/schema"
)

// group is the clients of a shard that listen to the same topics in the same way: what they get is joined once
// for all. Its shard owns it.
type group struct {
	key     string
	stream  bool
	public  bool // every topic is public: fewer beats
	spots   []spot
	clients []*client
	joining []*client // got their beginning, enter with the next flush
}

func (g *group) add(c *client) {
	c.group, c.index = g, len(g.clients)
	g.clients = append(g.clients, c)
}

// remove takes a client out, wherever it is.
func (g *group) remove(c *client) {
	if c.group == g {
		last := len(g.clients) - 1
		g.clients[c.index] = g.clients[last]
		g.clients[c.index].index = c.index
		g.clients[last] = nil
		g.clients = g.clients[:last]
		c.group = nil
		return
	}
	for i, j := range g.joining {
		if j == c {
			g.joining[i] = g.joining[len(g.joining)-1]
			g.joining = g.joining[:len(g.joining)-1]
			return
		}
	}
}

// beat says that the hub lives and how old what stands behind it is.
func (h *Hub) beat(spots []spot, now time.Time) []byte {
	b := schema.Beat{Type: schema.TypeBeat, At: now.UTC(), Epoch: h.currentEpoch(), Heads: make(map[string]int64, len(spots))}
	for i := range spots {
		t := spots[i].topic
		b.Heads[t.name] = t.highest()
		_, _, at := t.feed.health()
		if i == 0 || at.Before(b.SourceAt) {
			b.SourceAt = at
		}
	}
	b.SourceAt = b.SourceAt.UTC()
	return mustEncode(b)
}

// hello is the first frame of a connection.
func (h *Hub) hello(g *group, now time.Time) []byte {
	every := h.cfg.BeatEvery
	if g.public {
		every *= time.Duration(h.cfg.PublicBeatEach)
	}
	return mustEncode(schema.Hello{
		Type: schema.TypeHello, Protocol: schema.Protocol, At: now.UTC(), Epoch: h.currentEpoch(), Build: h.cfg.Build,
		BeatMS: int(every.Milliseconds()), RetryMS: int(h.cfg.Retry.Milliseconds()),
	})
}

// levelsAfter adds a topic's new levels for a group at s. due says when more will be ready.
func (t *topic) levelsAfter(s *spot, out *outbox, now time.Time, every time.Duration) (due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	frames, gen, due := t.levels.after(t.name, s.levels, now, every)
	s.levels = gen
	for _, f := range frames {
		out.frame(f)
	}
	return due
}

// allLevels adds every known level of a topic.
func (t *topic) allLevels(out *outbox) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out.frame(t.levels.everything(t.name))
}
