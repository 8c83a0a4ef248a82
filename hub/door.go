package hub

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"toancanh/schema"
)

// Bounds on what a client may send: messages and pings a second, and how many at once.
const (
	inboundRate  = 5.0
	inboundBurst = 20.0
	readBuffer   = 512
)

// invitationKey is where the admitting handler leaves its invitation for the upgraded connection.
const invitationKey = "toancanh.invitation"

// Routes mounts GET /live and GET /live/sse.
func (h *Hub) Routes(app fiber.Router) {
	// Origins are checked in readWish, against the request's own host too.
	upgrade := websocket.New(h.serveSocket, websocket.Config{Subprotocols: []string{schema.Protocol}, Origins: []string{"*"}, ReadBufferSize: readBuffer, WriteBufferSize: readBuffer})
	app.Get("/live", h.admitSocket, upgrade)
	app.Get("/live/sse", h.admitStream)
}

// admitSocket decides about a WebSocket before its handshake is answered.
func (h *Hub) admitSocket(c *fiber.Ctx) error {
	if p := checkUpgrade(c); p != nil {
		return h.answer(c, p)
	}
	w, p := h.readWish(c, false)
	if p != nil {
		return h.answer(c, p)
	}
	if w.ticket, p = offered(c); p != nil {
		return h.answer(c, p)
	}
	inv, p := h.invite(w)
	if p != nil {
		return h.answer(c, p)
	}
	c.Locals(invitationKey, inv)
	return c.Next()
}

// serveSocket takes the socket from the HTTP server. The wrapper it comes in goes back to a pool when this
// returns, so nothing of it is kept.
func (h *Hub) serveSocket(ws *websocket.Conn) {
	inv, ok := ws.Locals(invitationKey).(*invitation)
	if ok && inv.claim() {
		h.connect(inv, ws.NetConn(), nil)
	}
}

// admitStream decides about an event stream and answers it.
func (h *Hub) admitStream(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodGet {
		return h.answer(c, &problem{Status: fiber.StatusMethodNotAllowed, Title: "Chỉ nhận GET", reason: "bad_request"})
	}
	w, p := h.readWish(c, true)
	if p != nil {
		return h.answer(c, p)
	}
	w.ticket = strings.Clone(c.Cookies(CookieTicket))
	// A browser repeats whatever id it last saw; one that cannot be read means beginning anew, not an error,
	// because EventSource never comes back after one.
	if at, err := parsePosition(strings.Clone(c.Get("Last-Event-ID"))); err == nil && at.epoch != "" {
		w.since = at
	}
	inv, p := h.invite(w)
	if p != nil {
		return h.answer(c, p)
	}
	head := streamHead(c)
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		if inv.claim() {
			h.connect(inv, conn, head)
		}
	})
	return nil
}

// streamHead is the answer's header as bytes: the hub writes the socket itself, without chunks, until it closes
// it. Headers set by middleware are kept.
func streamHead(c *fiber.Ctx) []byte {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\n")
	for k, v := range c.Response().Header.All() {
		switch strings.ToLower(string(k)) {
		case "content-type", "content-length", "connection", "cache-control", "transfer-encoding":
		default:
			b.Write(k)
			b.WriteString(": ")
			b.Write(v)
			b.WriteString("\r\n")
		}
	}
	b.WriteString("Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n: toancanh\n\n")
	return []byte(b.String())
}

// connect makes a client of an admitted connection. When the socket can be taken over it returns at once;
// otherwise it reads here until the connection ends.
func (h *Hub) connect(inv *invitation, conn net.Conn, preface []byte) {
	h.metrics.connections.WithLabelValues(inv.network.class.String()).Inc()
	c := &client{
		shard: h.shards[h.next.Add(1)%uint64(len(h.shards))], topics: inv.topics, key: groupKey(inv.stream, inv.topics),
		stream: inv.stream, network: inv.network, pass: inv.pass, preface: preface,
	}
	l, own, read, taken := takeOver(conn, h.cfg.SendBuffer, 2*h.cfg.PingEvery)
	if taken {
		c.link = l
		if h.enroll(c, inv.start) {
			h.begin(l, func() { h.read(c, own, read) })
		}
		return
	}
	q := newQueuedLink(bare(conn))
	c.link = q
	if h.enroll(c, inv.start) && h.begin(q, func() { q.run(h.cfg.Clock.Now) }) {
		h.read(c, conn, nil)
		q.close()
	}
}

// enroll gives a client to its shard.
func (h *Hub) enroll(c *client, b *start) bool {
	if c.shard.post(func(now time.Time) {
		c.shard.admit(c, now)
		c.shard.join(c, b, now)
	}) {
		return true
	}
	c.link.close()
	h.left(c)
	return false
}

// read takes what a client sends until the connection ends, then has its shard forget it.
func (h *Hub) read(c *client, conn net.Conn, first []byte) {
	defer c.shard.post(func(time.Time) { c.shard.drop(c) })
	if c.stream {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	r := &reader{hub: h, client: c, tokens: inboundBurst, at: h.cfg.Clock.Now()}
	err := r.in.feed(first, r.take)
	buf := make([]byte, readBuffer)
	for err == nil {
		n, readErr := conn.Read(buf)
		if readErr != nil {
			return
		}
		c.heard.Store(h.since0(h.cfg.Clock.Now()))
		err = r.in.feed(buf[:n], r.take)
	}
	var no *refusal
	if !errors.As(err, &no) {
		return
	}
	c.shard.post(func(now time.Time) {
		if r.closed {
			c.shard.answerClose(c, no.code, now)
		} else {
			c.shard.close(c, no.code, no.reason, now)
		}
	})
	_, _ = io.Copy(io.Discard, conn) // until the client answers or the shard cuts the connection
}

// reader is the state of one client's incoming side, owned by the goroutine that reads.
type reader struct {
	hub    *Hub
	client *client
	in     inbound
	closed bool // the client said goodbye
	tokens float64
	at     time.Time
}

// take handles one message or control frame. An error ends the connection.
func (r *reader) take(op byte, payload []byte) error {
	if op == opClose {
		r.closed = true
		return &refusal{checkClose(payload), ""}
	}
	if !r.allowed() {
		return &refusal{schema.CloseBadMessage, "too many messages"}
	}
	switch op {
	case opPing:
		pong := appendFrame(nil, opPong, payload)
		s, c := r.client.shard, r.client
		s.post(func(now time.Time) {
			if c.closing.IsZero() && c.size < maxInbound {
				s.write(c, pong, now)
			}
		})
	case opText:
		return r.text(payload)
	}
	return nil
}

// allowed takes a token from the client's bucket.
func (r *reader) allowed() bool {
	now := r.hub.cfg.Clock.Now()
	r.tokens = min(inboundBurst, r.tokens+now.Sub(r.at).Seconds()*inboundRate)
	r.at = now
	if r.tokens < 1 {
		return r.hub.cfg.NoLimits
	}
	r.tokens--
	return true
}

// text takes the few messages a client may send. Whoever sends anything else is no client of ours.
func (r *reader) text(payload []byte) error {
	var m struct {
		Type   string `json:"type"`
		Ticket string `json:"ticket"`
	}
	if json.Unmarshal(payload, &m) != nil {
		return &refusal{schema.CloseBadMessage, "message is not understood"}
	}
	switch m.Type {
	case "renew":
		return r.renew(m.Ticket)
	case "pong", "screen":
		return nil
	default:
		return &refusal{schema.CloseBadMessage, "message is not understood"}
	}
}

// renew puts a new ticket in the place of the old one.
func (r *reader) renew(token string) error {
	names := make([]string, len(r.client.topics))
	for i, t := range r.client.topics {
		names[i] = t.name
	}
	fresh, p := r.hub.passFor(&wish{names: names, ticket: token}, r.hub.cfg.Clock.Now())
	switch {
	case p == nil:
	case p.reason == "revoked":
		return &refusal{schema.CloseRevoked, "ticket was revoked"}
	case p.reason == "unsure":
		return &refusal{schema.CloseUnsure, "revocations are unsure"}
	default:
		return &refusal{schema.CloseUnauthorized, "ticket is not good"}
	}
	s, c := r.client.shard, r.client
	s.post(func(time.Time) { c.pass = fresh })
	return nil
}
