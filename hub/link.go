package hub

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// errFull says that a socket takes no more at present.
var errFull = errors.New("socket takes no more at present")

// link is the way out to one client. One goroutine at a time uses it.
type link interface {
	// send passes on what the socket takes without waiting and returns how many bytes that was. The error is
	// errFull when it took less than everything, anything else when the connection is gone.
	send(b []byte) (int, error)
	// close ends the connection and unblocks its reader. It may be called more than once.
	close()
}

// Bounds of a queued link.
const (
	queuedBytes   = 128 << 10
	queuedTimeout = 10 * time.Second
)

// queuedLink serves connections that cannot be written without waiting, such as TLS: a goroutine of its own
// writes what is queued.
type queuedLink struct {
	conn io.WriteCloser

	mu     sync.Mutex
	queue  []byte
	closed bool
	more   *sync.Cond
}

// deadliner is the part of net.Conn that bounds a write.
type deadliner interface{ SetWriteDeadline(time.Time) error }

func newQueuedLink(conn net.Conn) *queuedLink {
	l := &queuedLink{conn: conn}
	l.more = sync.NewCond(&l.mu)
	return l
}

func (l *queuedLink) send(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, net.ErrClosed
	}
	n := min(len(b), queuedBytes-len(l.queue))
	l.queue = append(l.queue, b[:n]...)
	l.more.Signal()
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func (l *queuedLink) close() {
	l.mu.Lock()
	l.closed = true
	l.more.Signal()
	l.mu.Unlock()
	_ = l.conn.Close()
}

// run writes until the link is closed or the connection fails. It is the only writer.
func (l *queuedLink) run(now func() time.Time) {
	for {
		l.mu.Lock()
		for len(l.queue) == 0 && !l.closed {
			l.more.Wait()
		}
		b, done := l.queue, l.closed
		l.queue = nil
		l.mu.Unlock()
		if done {
			return
		}
		if d, ok := l.conn.(deadliner); ok {
			_ = d.SetWriteDeadline(now().Add(queuedTimeout))
		}
		if _, err := l.conn.Write(b); err != nil {
			l.close()
			return
		}
	}
}
