package hub

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// rawLink writes to a socket without waiting, past the runtime's poller. The reader of the same connection
// stays with the runtime.
type rawLink struct {
	conn net.Conn
	raw  syscall.RawConn

	// Owned by the goroutine that sends; fields so that a send allocates nothing.
	try func(fd uintptr) bool
	b   []byte
	n   int
	err error
}

func newRawLink(conn net.Conn, raw syscall.RawConn) *rawLink {
	l := &rawLink{conn: conn, raw: raw}
	l.try = l.attempt
	return l
}

// attempt always says that it is done: RawConn must not wait for the socket to become writable. The runtime has
// made the socket non-blocking and takes no SIGPIPE for it, so a plain write is the cheapest send there is.
func (l *rawLink) attempt(fd uintptr) bool {
	for {
		l.n, l.err = unix.Write(int(fd), l.b) //nolint:gosec // a descriptor fits an int
		if l.err != unix.EINTR {              //nolint:errorlint // a bare errno, and this is the hot path
			return true
		}
	}
}

func (l *rawLink) send(b []byte) (int, error) {
	l.b = b
	err := l.raw.Write(l.try)
	l.b = nil
	switch {
	case err != nil:
		return 0, fmt.Errorf("send: %w", err)
	case l.err == unix.EAGAIN: //nolint:errorlint // a bare errno, and this is the hot path
		return 0, errFull
	case l.err != nil:
		return 0, fmt.Errorf("send: %w", l.err)
	case l.n < len(b):
		return l.n, errFull
	}
	return l.n, nil
}

func (l *rawLink) close() { _ = l.conn.Close() }

// filer is a connection whose descriptor can be taken: TCP and unix sockets, not TLS.
type filer interface {
	File() (*os.File, error)
	SyscallConn() (syscall.RawConn, error)
}

// takeOver makes the socket under conn the hub's own and returns the bytes that were already read from it. The
// HTTP server's connection stays behind to be closed by its owner: with it go the request, its maps and its
// buffers, about 10 KiB a socket. ok is false when the connection cannot be taken.
func takeOver(conn net.Conn, sendBuffer int, userTimeout time.Duration) (l link, own net.Conn, read []byte, ok bool) {
	f, is := bare(conn).(filer)
	if !is {
		return nil, nil, nil, false
	}
	read = buffered(conn)
	file, err := f.File()
	if err != nil {
		return nil, nil, nil, false
	}
	defer func() { _ = file.Close() }()
	own, err = net.FileConn(file)
	if err != nil {
		return nil, nil, nil, false
	}
	sc, is := own.(syscall.Conn)
	if !is {
		_ = own.Close()
		return nil, nil, nil, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		_ = own.Close()
		return nil, nil, nil, false
	}
	_ = raw.Control(func(fd uintptr) { tune(int(fd), sendBuffer, userTimeout) }) //nolint:gosec // a descriptor fits an int
	return newRawLink(own, raw), own, read, true
}

// tune bounds what the kernel keeps for a client that reads nothing, and for how long. A socket that takes
// none of these (a unix socket) works without them.
func tune(fd, sendBuffer int, userTimeout time.Duration) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
}

// bare is the connection under the HTTP server's wrapper.
func bare(conn net.Conn) net.Conn {
	if u, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		return u.UnsafeConn()
	}
	return conn
}

// buffered is what the client sent right behind its request and the HTTP server has read already. With a
// deadline in the past, a read returns buffered bytes and never waits for new ones.
func buffered(conn net.Conn) []byte {
	if bare(conn) == conn {
		return nil
	}
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	b := make([]byte, maxInbound)
	n, _ := conn.Read(b)
	return append([]byte(nil), b[:n]...)
}
