package benching

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"toancanh/schema"
)

// Opcodes of RFC 6455, section 5.2, as far as a listener meets them.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
)

// handshakeLimit bounds the opening of one socket.
const handshakeLimit = 20 * time.Second

// wish is what a socket asks for.
type wish struct {
	addr   string
	topic  string
	ticket string // empty: none
	since  string // empty: begin with a snapshot
}

// socket is one listening WebSocket. One goroutine uses it.
type socket struct {
	conn net.Conn
	buf  []byte
	r, w int // buf[r:w] is unread
}

// socketBuffer is the first size of a socket's buffer, in bytes.
const socketBuffer = 4 << 10

// open connects and does the handshake. The key is fixed: nothing between the bench and the server could mistake an
// old answer for a new one.
func open(ctx context.Context, w wish) (*socket, error) {
	conn, err := (&net.Dialer{Timeout: handshakeLimit}).DialContext(ctx, "tcp", w.addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &socket{conn: conn, buf: make([]byte, socketBuffer)}
	_ = conn.SetDeadline(time.Now().Add(handshakeLimit))
	if err := s.handshake(w); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

func (s *socket) handshake(w wish) error {
	q := url.Values{"topics": {w.topic}}
	if w.since != "" {
		q.Set("since", w.since)
	}
	protocols := schema.Protocol
	if w.ticket != "" {
		protocols += ", " + schema.TicketPrefix + w.ticket
	}
	request := "GET /live?" + q.Encode() + " HTTP/1.1\r\nHost: " + w.addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + fixedKey + "\r\nSec-WebSocket-Protocol: " + protocols + "\r\n\r\n"
	if _, err := s.conn.Write([]byte(request)); err != nil {
		return fmt.Errorf("send handshake: %w", err)
	}
	for {
		if end := bytes.Index(s.buf[:s.w], []byte("\r\n\r\n")); end >= 0 {
			s.r = end + 4
			break
		}
		if err := s.fill(); err != nil {
			return fmt.Errorf("read handshake: %w", err)
		}
	}
	head := string(s.buf[:s.r])
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") || !strings.Contains(head, fixedAccept) {
		status, _, _ := strings.Cut(head, "\r\n")
		return fmt.Errorf("handshake is refused: %s", status)
	}
	return nil
}

// fill reads more, making room first.
func (s *socket) fill() error {
	if s.r > 0 {
		s.w = copy(s.buf, s.buf[s.r:s.w])
		s.r = 0
	}
	if s.w == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.conn.Read(s.buf[s.w:])
	s.w += n
	if n > 0 {
		return nil
	}
	return err
}

// next is the payload of the next text frame; it is valid until the following call. Pings are answered.
func (s *socket) next() ([]byte, error) {
	for {
		op, payload, size := frame(s.buf[s.r:s.w])
		if size == 0 {
			if err := s.fill(); err != nil {
				return nil, err
			}
			continue
		}
		s.r += size
		switch op {
		case opText:
			return payload, nil
		case opPing:
			// A pong with the mask 0, which leaves the payload as it is (RFC 6455, 5.3).
			pong := append([]byte{0x8A, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...) //nolint:gosec // at most 125
			if _, err := s.conn.Write(pong); err != nil {
				return nil, fmt.Errorf("answer ping: %w", err)
			}
		case opClose:
			return nil, fmt.Errorf("server closed the socket: %x", payload)
		}
	}
}

// frame reads one whole unmasked frame from b; size is 0 when b holds none.
func frame(b []byte) (op byte, payload []byte, size int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	head, n := 2, uint64(b[1])
	switch n {
	case 126:
		if len(b) < 4 {
			return 0, nil, 0
		}
		head, n = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return 0, nil, 0
		}
		head, n = 10, binary.BigEndian.Uint64(b[2:])
	}
	if uint64(len(b)-head) < n { //nolint:gosec // head is at most len(b) here
		return 0, nil, 0
	}
	size = head + int(n) //nolint:gosec // at most len(b)
	return b[0] & 0x0F, b[head:size], size
}

// textFrame is payload as one finished frame of a server.
func textFrame(payload []byte) []byte {
	b := []byte{0x80 | opText}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	default:
		b = append(b, 126)
		b = binary.BigEndian.AppendUint16(b, uint16(n)) //nolint:gosec // the bench's frames are small
	}
	return append(b, payload...)
}

// seqOf is the number of an event's frame; ok is false for every other frame.
func seqOf(payload []byte) (seq int64, ok bool) {
	if !bytes.HasPrefix(payload, []byte(`{"type":"event"`)) {
		return 0, false
	}
	return numberOf(payload)
}

// numberOf reads the seq of a frame.
func numberOf(payload []byte) (seq int64, ok bool) {
	key := []byte(`"seq":`)
	_, rest, ok := bytes.Cut(payload, key)
	if !ok {
		return 0, false
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		seq = seq*10 + int64(c-'0')
	}
	return seq, true
}
