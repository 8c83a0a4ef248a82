package door

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Bulk lets the body of exactly this path be up to so many bytes, at most BodyLimit. Call it before the application
// listens.
func (f *Frame) Bulk(path string, bytes int) { f.bulk[path] = min(bytes, BodyLimit) }

// thingBulk is Bulk for what belongs to a thing whose name stands within the path.
type thingBulk struct {
	before, after string
	most          int
}

// BulkOf lets the body of every path that is one name between before and after be up to so many bytes, at most BodyLimit. Call
// it before the application listens.
func (f *Frame) BulkOf(before, after string, bytes int) {
	f.things = append(f.things, thingBulk{before, after, min(bytes, BodyLimit)})
}

// holds reports whether a path is one name between before and after.
func (t thingBulk) holds(path []byte) bool {
	name, begins := bytes.CutPrefix(path, []byte(t.before))
	name, ends := bytes.CutSuffix(name, []byte(t.after))
	return begins && ends && !bytes.ContainsRune(name, '/')
}

// bodyLimit bounds a body before any of it is read. A path written in an unusual way gets the usual bound.
func (f *Frame) bodyLimit(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
	most, ok := f.bulk[string(path)]
	if !ok {
		most = usualBody
	}
	for _, t := range f.things {
		if t.holds(path) {
			most = t.most
		}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: most}
}

// refuseOdd answers requests that a proxy before us may have read in another way than we do, and ends their connection:
// a length beside chunks (RFC 9112, 6.3), a line folded into the next (5.2), and a Host that is none (3.2). Two lengths, two hosts, none,
// unknown codings and broken lines are the HTTP parser's to refuse.
func (f *Frame) refuseOdd(ctx *fasthttp.RequestCtx) bool {
	h := &ctx.Request.Header
	switch {
	case framedTwice(h.RawHeaders()):
	case !saneHost(h.Host()), folded(h.RawHeaders()):
	default:
		return false
	}
	ctx.SetConnectionClose()
	f.refuseEarly(ctx, fiber.StatusBadRequest)
	return true
}

// folded reports whether a header goes on in a line of its own.
func folded(raw []byte) bool {
	return bytes.Contains(raw, []byte("\n ")) || bytes.Contains(raw, []byte("\n\t"))
}

// framedTwice reports whether a body has both a length and chunks. The parsed headers no longer say: chunks win there.
func framedTwice(raw []byte) bool {
	var length, coding bool
	for line := range bytes.Lines(raw) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		length = length || bytes.EqualFold(name, []byte(fiber.HeaderContentLength))
		coding = coding || bytes.EqualFold(name, []byte(fiber.HeaderTransferEncoding))
	}
	return length && coding
}

// saneHost allows what names, addresses and ports are made of.
func saneHost(host []byte) bool {
	for _, b := range host {
		ok := b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' ||
			b == '.' || b == '-' || b == '_' || b == ':' || b == '[' || b == ']'
		if !ok {
			return false
		}
	}
	return true
}
