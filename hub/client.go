package hub

import (
	"bytes"
	"errors"
	"sync/atomic"
	"time"
)

// client is one socket or event stream. Its shard owns it; only the fields named below are for others.
type client struct {
	// Static after construction.
	link    link
	shard   *shard
	topics  []*topic // sorted by name
	key     string   // of its group
	stream  bool     // server-sent events
	network network  // what its limits are counted on

	// For everybody.
	heard atomic.Int64 // when bytes last came, ns since the hub began

	// Owned by the shard.
	pass    pass
	group   *group
	index   int      // in group.clients
	at      int      // in shard.clients
	preface []byte   // what goes out before the first frame: a stream's HTTP header
	greeted bool     // hello is out
	start   *start   // while it waits to enter its group
	pending [][]byte // unsent buffers, shared with others; the first may be partly sent
	sent    int      // bytes of pending[0] that are out
	rest    bool     // pending[0] is the end of a frame
	size    int      // unsent bytes
	allowed int      // bound of size
	stuck   time.Time
	tryAt   time.Time
	pause   time.Duration
	noLevel bool   // it missed levels while it was slow
	again   string // the reason it must start anew for, once its pending bytes are out
	pingAt  time.Time
	closing time.Time // when the connection is cut although it did not answer the close
	gone    bool
}

// pass is what a client may listen with.
type pass struct {
	person  bool // loses its socket while revocations are unsure
	subject string
	issued  time.Time
	expires time.Time // zero: never
}

// queue adds bytes behind what is pending. b must not change any more.
func (c *client) queue(b []byte) {
	if len(b) > 0 {
		c.pending = append(c.pending, b)
		c.size += len(b)
	}
}

// drain sends pending bytes until the socket is full. It returns an error only when the connection is gone.
func (c *client) drain() (progress bool, err error) {
	for len(c.pending) > 0 {
		n, err := c.link.send(c.pending[0][c.sent:])
		c.sent += n
		c.size -= n
		progress = progress || n > 0
		if errors.Is(err, errFull) {
			return progress, nil
		}
		if err != nil {
			return progress, err
		}
		c.pending[0] = nil
		c.pending, c.sent, c.rest = c.pending[1:], 0, false
	}
	c.pending = nil
	return progress, nil
}

// cut drops what is pending but the rest of a frame that is partly out.
func (c *client) cut() {
	if len(c.pending) == 0 {
		return
	}
	first, sent, rest := c.pending[0], c.sent, c.rest
	c.pending, c.sent, c.size, c.rest = nil, 0, 0, false
	end := frameEnd
	if c.stream {
		end = streamEnd
	}
	switch {
	case rest:
		c.queue(first[sent:])
		c.rest = true
	case sent > 0:
		c.queue(bytes.Clone(first[sent:end(first, sent)]))
		c.rest = len(c.pending) > 0
	}
}
