package hub

import "bytes"

// outbox joins what one group, or one joiner, gets in a single write.
type outbox struct {
	stream bool
	epoch  string
	spots  []spot // for the ids of a stream
	buf    []byte
	frames int
	purged bool   // something was withdrawn that may stand in unsent bytes
	stable []byte // a copy of buf for whoever must keep it
	id     []byte
}

// reset empties the box for a group at spots.
func (o *outbox) reset(stream bool, epoch string, spots []spot) {
	*o = outbox{stream: stream, epoch: epoch, spots: spots, buf: o.buf[:0], id: o.id[:0]}
}

// frame adds a finished frame.
func (o *outbox) frame(f []byte) {
	if len(f) == 0 {
		return
	}
	o.frames++
	if o.stream {
		o.buf = appendStream(o.buf, f, "")
		return
	}
	o.buf = append(o.buf, f...)
}

// marked adds a finished frame after which a stream stands where spots say.
func (o *outbox) marked(f []byte) {
	if !o.stream {
		o.frame(f)
		return
	}
	o.frames++
	o.buf = appendStream(o.buf, f, o.position())
}

// event adds a topic's next event.
func (o *outbox) event(s *spot, e *entry) {
	s.cursor = e.event.Seq
	o.marked(e.frame)
}

// snapshot adds the snapshot s stands at.
func (o *outbox) snapshot(_ *spot, frame []byte) { o.marked(frame) }

func (o *outbox) position() string {
	names, seqs := make([]string, len(o.spots)), make([]int64, len(o.spots))
	for i := range o.spots {
		names[i], seqs[i] = o.spots[i].topic.name, o.spots[i].cursor
	}
	o.id = appendPosition(o.id[:0], o.epoch, names, seqs)
	return string(o.id)
}

// keep is the first n bytes as a copy that may be kept. All who ask share one copy.
func (o *outbox) keep(n int) []byte {
	if o.stable == nil {
		o.stable = bytes.Clone(o.buf)
	}
	return o.stable[:n]
}
