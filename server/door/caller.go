package door

import (
	"bytes"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"toancanh/server/fault"
)

// Caller is the address a request comes from: the peer's, or behind trusted proxies the last one in X-Forwarded-For
// that is none of them. What an untrusted peer writes there is not looked at. It is invalid for a socket without
// addresses. Several lines of the header are one list (RFC 9110, 5.2): some proxies add theirs below a caller's own.
func (f *Frame) Caller(ctx *fasthttp.RequestCtx) netip.Addr {
	addr := peer(ctx)
	if !f.trusted(addr) {
		return addr
	}
	lines := ctx.Request.Header.PeekAll(fiber.HeaderXForwardedFor)
	hops := strings.Split(string(bytes.Join(lines, []byte(","))), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = next.Unmap()
		if !f.trusted(addr) {
			return addr
		}
	}
	return addr
}

func peer(ctx *fasthttp.RequestCtx) netip.Addr {
	if tcp, ok := ctx.RemoteAddr().(*net.TCPAddr); ok {
		addr, _ := netip.AddrFromSlice(tcp.IP)
		return addr.Unmap()
	}
	return netip.Addr{}
}

func (f *Frame) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(f.Trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Loopback reports whether the request surely comes from this machine's own user: by a loopback address, not handed on
// by a proxy nobody told us of, and under a loopback name, so that a web site whose name was pointed at 127.0.0.1
// gains nothing.
func (f *Frame) Loopback(ctx *fasthttp.RequestCtx) bool {
	if !f.Caller(ctx).IsLoopback() {
		return false
	}
	if !f.trusted(peer(ctx)) {
		for _, name := range []string{fiber.HeaderXForwardedFor, fiber.HeaderForwarded, "X-Real-Ip"} {
			if len(ctx.Request.Header.PeekAll(name)) > 0 {
				return false
			}
		}
	}
	host := hostname(string(ctx.Host()))
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// hostname takes the port and the brackets off.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// HTTPS reports whether the caller's own connection is encrypted.
func (f *Frame) HTTPS(ctx *fasthttp.RequestCtx) bool {
	return ctx.IsTLS() || f.trusted(peer(ctx)) && string(ctx.Request.Header.Peek(fiber.HeaderXForwardedProto)) == "https"
}

// SameSite refuses a change that a browser makes in the name of another web site. What does not come from a browser
// names neither Sec-Fetch-Site nor Origin and passes.
func (f *Frame) SameSite(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	h := &c.Request().Header
	origin := string(h.Peek(fiber.HeaderOrigin))
	switch site := string(h.Peek("Sec-Fetch-Site")); {
	case site == "same-origin" || site == "none":
		return c.Next()
	case origin == "" && site == "":
		return c.Next()
	case origin != "" && f.ownOrigin(origin, string(c.Context().Host())):
		return c.Next()
	}
	return fault.Forbidden("Yêu cầu đến từ một trang web khác nên bị từ chối.").Because("cross_site")
}

// ownOrigin compares hosts only: behind a proxy that ends TLS our own scheme is not the browser's.
func (f *Frame) ownOrigin(origin, host string) bool {
	if slices.Contains(f.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
