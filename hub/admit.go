package hub

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"toancanh/schema"
)

// CookieTicket is the cookie in which an event stream brings its ticket.
const CookieTicket = "toancanh_ticket"

// handshakeWait is how long an answered request may take to become a connection.
const handshakeWait = 10 * time.Second

// wish is what a request asks for, read before anything is promised. Every string is a copy: fiber reuses its
// buffers when the handler has returned.
type wish struct {
	names  []string // sorted, each once
	since  position
	ticket string
	stream bool
	ip     netip.Addr
}

// invitation is an admitted wish: everything a connection needs to begin.
type invitation struct {
	topics  []*topic
	start   *start
	pass    pass
	network network
	stream  bool
	taken   atomic.Bool
}

// claim reports whether the caller is the one who may use, or give back, the invitation.
func (i *invitation) claim() bool { return i.taken.CompareAndSwap(false, true) }

// invite decides about a request. It waits at most Config.JoinWait for the topics to be ready. It goes by the hub's
// own context: a fasthttp request must not be the parent of one, because it is used again for the next request
// while the child still looks at it.
func (h *Hub) invite(w *wish) (*invitation, *problem) {
	now := h.cfg.Clock.Now()
	ctx, cancel := h.lifetime(h.cfg.JoinWait)
	defer cancel()
	if h.draining.Load() || ctx.Err() != nil {
		return nil, unavailable("draining", "Máy chủ đang dừng hoặc chưa sẵn sàng.")
	}
	inv := &invitation{stream: w.stream}
	var p *problem
	if inv.pass, p = h.passFor(w, now); p != nil {
		return nil, p
	}
	inv.network = networkOf(w.ip, classOf(w))
	if r := h.limits.enter(inv.network, now); r != "" {
		return nil, tooMany(r)
	}
	if h.openTopics.Load()+int64(len(w.names)) > int64(h.cfg.MaxTopics)+1 { // control is always open
		h.limits.leave(inv.network)
		return nil, unavailable("topics_full", "Quá nhiều chủ đề đang mở.")
	}
	for _, name := range w.names {
		inv.topics = append(inv.topics, h.feedOf(name).open(name))
	}
	var err error
	if inv.start, err = h.prepare(ctx, inv.topics, w.since, ""); err != nil {
		h.giveBack(inv)
		return nil, unavailable("not_ready", "Dữ liệu trực tiếp chưa sẵn sàng.")
	}
	// The connection may be lost between the answer and the upgrade; then nobody else gives the topics back.
	time.AfterFunc(handshakeWait, func() { h.giveBack(inv) })
	return inv, nil
}

// giveBack releases an invitation nobody took.
func (h *Hub) giveBack(inv *invitation) {
	if inv.claim() {
		for _, t := range inv.topics {
			t.feed.release(t)
		}
		h.limits.leave(inv.network)
		inv.start = nil
	}
}

// passFor checks who asks. Public topics need no ticket.
func (h *Hub) passFor(w *wish, now time.Time) (pass, *problem) {
	if allPublic(w.names) {
		return pass{}, nil
	}
	t, err := schema.OpenTicket(h.cfg.TicketKey, w.ticket, now)
	switch {
	case len(h.cfg.TicketKey) == 0, w.ticket == "", err != nil:
		detail := "Cần vé hợp lệ để nghe các chủ đề này."
		if errors.Is(err, schema.ErrTicketExpired) {
			detail = "Vé đã hết hạn."
		}
		return pass{}, &problem{Status: fiber.StatusUnauthorized, Title: "Chưa được phép", Detail: detail, reason: "ticket"}
	case h.control.revoked(t.Subject, t.IssuedAt):
		return pass{}, &problem{Status: fiber.StatusForbidden, Title: "Không được phép", Detail: "Vé đã bị thu hồi.", reason: "revoked"}
	case !covers(t, w.names):
		return pass{}, &problem{Status: fiber.StatusForbidden, Title: "Không được phép", Detail: "Vé không bao gồm chủ đề này.", reason: "ticket"}
	case !t.Screen && h.control.unsure(now, h.cfg.ControlGrace):
		return pass{}, unavailable("unsure", "Chưa xác nhận được danh sách vé bị thu hồi.")
	}
	return pass{person: !t.Screen, subject: t.Subject, issued: t.IssuedAt, expires: t.ExpiresAt}, nil
}

// covers reports whether a ticket is good for every topic that needs one.
func covers(t schema.Ticket, names []string) bool {
	for _, n := range names {
		if !isPublic(n) && !t.Allows(n) {
			return false
		}
	}
	return true
}

func isPublic(topic string) bool { return strings.HasPrefix(topic, string(schema.Public)+"/") }

func allPublic(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !isPublic(n) })
}

func publicOnly(topics []*topic) bool {
	return !slices.ContainsFunc(topics, func(t *topic) bool { return !isPublic(t.name) })
}

func classOf(w *wish) class {
	switch {
	case !allPublic(w.names):
		return ticketed
	case w.stream:
		return stream
	default:
		return public
	}
}

// readWish reads a request.
func (h *Hub) readWish(c *fiber.Ctx, asStream bool) (*wish, *problem) {
	w := &wish{stream: asStream, ip: h.cfg.Caller(c.Context())}
	if !h.originAllowed(c.Get(fiber.HeaderOrigin), string(c.Context().Host())) {
		return nil, &problem{Status: fiber.StatusForbidden, Title: "Không được phép", Detail: "Trang gọi (Origin) không nằm trong danh sách cho phép.", reason: "origin"}
	}
	var err error
	if w.names, err = readTopics(c.Query("topics")); err != nil {
		return nil, badRequest(err.Error())
	}
	if w.since, err = parsePosition(strings.Clone(c.Query("since"))); err != nil {
		return nil, badRequest(err.Error())
	}
	return w, nil
}

//nolint:gochecknoglobals // an error value
var errNoTopic = errors.New("a topic is <audience>/<division>/<area>, of letters, digits, '-', '_' and '.'")

// readTopics reads "a,b": up to 16 topics a client may name.
func readTopics(list string) ([]string, error) {
	if list == "" {
		return nil, errors.New("topics is missing: want ?topics=<topic>,<topic>")
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if _, err := schema.ParseTopic(name); err != nil {
			return nil, errNoTopic // which may be anything, and is not repeated
		}
		if !slices.Contains(names, name) {
			names = append(names, strings.Clone(name))
		}
		if len(names) > maxTopics {
			return nil, errors.New("at most 16 topics are allowed")
		}
	}
	slices.Sort(names)
	return names, nil
}

// originAllowed compares scheme, host and port of a page's origin with the list, or with the host it calls. No
// Origin means that no browser is calling.
func (h *Hub) originAllowed(origin, host string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" {
		return false
	}
	if strings.EqualFold(u.Host, host) && (u.Scheme == "http" || u.Scheme == "https") {
		return true
	}
	return slices.ContainsFunc(h.cfg.Origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// peer is the address of who is connected.
func peer(ctx *fasthttp.RequestCtx) netip.Addr {
	ip, _ := netip.AddrFromSlice(ctx.RemoteIP())
	return ip
}

// offered reads the sub-protocols a client offers and finds the ticket among them.
func offered(c *fiber.Ctx) (ticket string, p *problem) {
	var ours, any bool
	for _, line := range c.Request().Header.PeekAll("Sec-WebSocket-Protocol") {
		for word := range strings.SplitSeq(string(line), ",") {
			word = strings.TrimSpace(word)
			any = any || word != ""
			ours = ours || word == schema.Protocol
			if t, ok := strings.CutPrefix(word, schema.TicketPrefix); ok {
				ticket = t
			}
		}
	}
	if any && !ours {
		return "", badRequest("sub-protocol " + schema.Protocol + " is not among those offered")
	}
	return ticket, nil
}

// checkUpgrade looks at the parts of the handshake (RFC 6455, section 4.2.1) that would otherwise be refused
// without a word of why.
func checkUpgrade(c *fiber.Ctx) *problem {
	version := c.Get("Sec-WebSocket-Version")
	if c.Method() != fiber.MethodGet || !websocket.IsWebSocketUpgrade(c) || version != "13" {
		return &problem{Status: fiber.StatusUpgradeRequired, Title: "Cần nâng cấp kết nối", Detail: "/live chỉ nhận WebSocket phiên bản 13.", reason: "upgrade"}
	}
	if key, err := base64.StdEncoding.DecodeString(c.Get("Sec-WebSocket-Key")); err != nil || len(key) != 16 {
		return badRequest("Sec-WebSocket-Key must be the base64 of 16 bytes")
	}
	return nil
}

// groupKey names the group of clients that get the same bytes.
func groupKey(stream bool, names []*topic) string {
	var b strings.Builder
	b.WriteString(cmp.Or(map[bool]string{true: "s"}[stream], "w"))
	for _, t := range names {
		b.WriteByte(',')
		b.WriteString(t.name)
	}
	return b.String()
}
