package door

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// Finder answers the prepared bytes of an address, as it is written and without a query, for a reader with these cookies; nil
// leaves the request to the routes. It keeps neither argument and computes next to nothing.
type Finder func(path, cookies []byte) *Prepared

// Prepared lets find answer GET and HEAD before any routing. What is served so is counted and not logged. Call it before the
// application listens.
func (f *Frame) Prepared(find Finder) { f.find = find }

// Quick makes a listener whose connections answer plain requests for prepared bytes themselves, in one read and one write.
// Whatever is not in the plain form goes on to the HTTP server, byte by byte as it came.
func (f *Frame) Quick(l net.Listener) net.Listener { return &quick{l, f} }

type quick struct {
	net.Listener
	frame *Frame
}

// Accept waits for the next caller.
func (q *quick) Accept() (net.Conn, error) {
	conn, err := q.Listener.Accept()
	tcp, ok := conn.(*net.TCPConn)
	if err != nil || !ok || q.frame.find == nil {
		return conn, err
	}
	addr, _ := tcp.RemoteAddr().(*net.TCPAddr)
	return &quickConn{TCPConn: tcp, frame: q.frame, trusted: addr != nil && q.frame.trusted(addr.AddrPort().Addr().Unmap())}, nil
}

// Conditions of a connection that answers by itself.
const (
	waiting int32 = iota
	answering
	closing // closed by another while it answered
	closed
)

// Times of a connection that answers by itself: its limits are moved on only so often.
const (
	writeTimeout = time.Minute
	limitsMoved  = 10 * time.Second
	lookAgain    = 2 * limitsMoved // until an idle connection is looked at once more, before idleTimeout
)

// quickConn answers plain requests inside of the HTTP server's Read, which sees only the others.
type quickConn struct {
	*net.TCPConn
	frame   *Frame
	trusted bool      // a reverse proxy
	between bool      // the HTTP server waits for a new request and has nothing of it yet
	moved   time.Time // limits of time were last moved; zero: they are the HTTP server's
	looked  bool      // it was looked at once more
	answers int       // of its own since the HTTP server had it
	fd      uintptr   // while it answers; not used everywhere
	state   atomic.Int32
}

// follow hears from the HTTP server where in a request a connection is.
func follow(conn net.Conn, state fasthttp.ConnState) {
	if c, ok := conn.(*quickConn); ok {
		c.between = state == fasthttp.StateNew || state == fasthttp.StateIdle
	}
}

// Read answers plain requests until there is something for the HTTP server.
func (c *quickConn) Read(p []byte) (int, error) {
	if !c.between {
		return c.TCPConn.Read(p)
	}
	for {
		n, err := c.serve(p)
		if c.moved.IsZero() || c.looked || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		c.looked = true
		if err := c.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil { //nolint:forbidigo // a deadline of the kernel's
			return 0, err
		}
	}
}

// handOver gives the HTTP server its limits of time back.
func (c *quickConn) handOver() error {
	c.between = false
	if c.moved.IsZero() {
		return nil
	}
	c.moved, c.answers = time.Time{}, 0
	if err := c.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	return c.SetReadDeadline(time.Now().Add(readTimeout)) //nolint:forbidigo // a deadline of the kernel's
}

// answerAll answers the plain requests at the beginning of b and returns what follows them.
func (c *quickConn) answerAll(b []byte) (rest []byte, err error) {
	for len(b) > 0 {
		a, length := readPlain(b, c.trusted)
		if length == 0 {
			return b, nil
		}
		p := c.frame.find(a.path, a.cookies)
		if p == nil {
			return b, nil
		}
		if err := c.answer(p, a); err != nil {
			return nil, err
		}
		b = b[length:]
	}
	return nil, nil
}

// answer writes one answer. Who closes the connection meanwhile closes it when the answer has been written.
func (c *quickConn) answer(p *Prepared, a plain) error {
	if !c.state.CompareAndSwap(waiting, answering) {
		return net.ErrClosed
	}
	now := time.Now() //nolint:forbidigo // of the Date and of deadlines of the kernel's
	err := c.moveLimits(now)
	if err == nil {
		err = c.put(p.wire(c.frame, a, now.Unix()))
		c.frame.meters.fast.Inc()
		c.answers++
	}
	if !c.state.CompareAndSwap(answering, waiting) {
		_ = c.TCPConn.Close()
		return net.ErrClosed
	}
	return err
}

// moveLimits bounds the next write and the wait for the next request.
func (c *quickConn) moveLimits(now time.Time) error {
	if now.Sub(c.moved) < limitsMoved && !c.looked {
		return nil
	}
	c.moved, c.looked = now, false
	if err := c.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
		return err
	}
	return c.SetReadDeadline(now.Add(lookAgain))
}

// Close closes the connection, after the answer that is being written.
func (c *quickConn) Close() error {
	for {
		switch {
		case c.state.CompareAndSwap(answering, closing):
			return nil
		case c.state.CompareAndSwap(waiting, closed), c.state.Load() > answering:
			return c.TCPConn.Close()
		}
	}
}

// plain is what an answer of prepared bytes depends on. It points into the request.
type plain struct {
	path, cookies, accept, held []byte
	https                       bool
}

// token is the small letter of a byte that a header's name may be made of, 0 for any other.
func token(b byte) byte {
	switch {
	case b >= 'a' && b <= 'z', b == '-', b >= '0' && b <= '9', strings.IndexByte("!#$%&'*+.^_`|~", b) >= 0:
		return b
	case b >= 'A' && b <= 'Z':
		return b + 'a' - 'A'
	}
	return 0
}

// longestName bounds the names of headers in a plain request.
const longestName = 48

// readPlain reads one request that is whole and in the usual form: GET, HTTP/1.1, one host, no body, no header twice of those
// that matter, nothing that a proxy may read in another way. length is how long it is, 0 for any other.
func readPlain(b []byte, trusted bool) (a plain, length int) {
	rest, ok := bytes.CutPrefix(b, []byte("GET /"))
	if !ok {
		return a, 0
	}
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		return a, 0
	}
	path, ok := bytes.CutSuffix(rest[:end], []byte(" HTTP/1.1\r"))
	if !ok || !plainPath(path) {
		return a, 0
	}
	a.path = b[len("GET ") : len("GET /")+len(path)]
	rest = rest[end+1:]
	var seen headers
	for {
		if end = bytes.IndexByte(rest, '\n'); end < 1 || rest[end-1] != '\r' {
			return a, 0
		}
		line := rest[:end-1]
		rest = rest[end+1:]
		if len(line) == 0 {
			break
		}
		if !a.header(line, trusted, &seen) {
			return a, 0
		}
	}
	if seen&hostHeader == 0 {
		return a, 0
	}
	return a, len(b) - len(rest)
}

// plainPath allows what needs no decoding and no cleaning.
func plainPath(path []byte) bool {
	for i, b := range path {
		ok := b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b == '-' || b == '_' || b == '.' ||
			b == '/' && i > 0 && path[i-1] != '/'
		if !ok {
			return false
		}
	}
	return true
}

// plainHost allows a name or an IPv4 address, and a port.
func plainHost(host []byte) bool {
	name, port, ported := bytes.Cut(host, []byte(":"))
	for _, b := range port {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(name) > 0 && ported == (len(port) > 0) && saneHost(name) && !bytes.ContainsAny(name, "[]")
}

// headers are those of a plain request that may come only once.
type headers uint8

const (
	hostHeader headers = 1 << iota
	acceptHeader
	heldHeader
	cookieHeader
	protoHeader
	connectionHeader
)

// header reads one line; false when the request is not plain.
func (a *plain) header(line []byte, trusted bool, seen *headers) bool {
	var lower [longestName]byte
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || colon > longestName {
		return false
	}
	for i, b := range line[:colon] {
		if lower[i] = token(b); lower[i] == 0 {
			return false
		}
	}
	for _, b := range line[colon+1:] {
		if b < ' ' || b >= 0x7f {
			return false
		}
	}
	value := bytes.Trim(line[colon+1:], " ")
	once := headers(0)
	switch string(lower[:colon]) {
	case "host":
		if !plainHost(value) {
			return false
		}
		once = hostHeader
	case "accept-encoding":
		a.accept, once = value, acceptHeader
	case "if-none-match":
		a.held, once = value, heldHeader
	case "cookie":
		a.cookies, once = value, cookieHeader
	case "x-forwarded-proto":
		a.https, once = trusted && string(value) == "https", protoHeader
	case "connection":
		if !bytes.EqualFold(value, []byte("keep-alive")) {
			return false
		}
		once = connectionHeader
	case "content-length", "transfer-encoding", "expect", "upgrade", "trailer", "te", "keep-alive", "proxy-connection", "range":
		return false
	}
	if *seen&once != 0 {
		return false
	}
	*seen |= once
	return true
}

// wired is a whole answer with its Date.
type wired struct {
	second int64
	bytes  []byte
}

// Forms of an answer.
const (
	formHeld  = 1 << iota // 304
	formHTTPS             // with Strict-Transport-Security
	formGzip
	formBrotli
	forms
)

// wire is the answer to a plain request as the HTTP server would write it, made once a second.
func (p *Prepared) wire(f *Frame, a plain, second int64) []byte {
	form := 0
	if p.held(a.held) {
		form |= formHeld
	}
	if a.https {
		form |= formHTTPS
	}
	switch coding := p.coding(a.accept); coding {
	case "gzip":
		form |= formGzip
	case "br":
		form |= formBrotli
	}
	if w := p.wires[form].Load(); w != nil && w.second == second {
		return w.bytes
	}
	w := &wired{second, p.write(f, a)}
	p.wires[form].Store(w)
	return w.bytes
}

// write makes the bytes of an answer by the HTTP server's own means.
func (p *Prepared) write(f *Frame, a plain) []byte {
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetBytesV(fasthttp.HeaderAcceptEncoding, a.accept)
	ctx.Request.Header.SetBytesV(fasthttp.HeaderIfNoneMatch, a.held)
	p.Serve(&ctx)
	f.guard(&ctx, a.https)
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	_ = ctx.Response.Write(w) // a buffer takes everything
	_ = w.Flush()
	return b.Bytes()
}
