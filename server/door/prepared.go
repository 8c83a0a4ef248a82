package door

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/valyala/fasthttp"
)

// Cache-Control of prepared bytes.
const (
	// CacheForever is for addresses whose content never changes.
	CacheForever = "public, max-age=31536000, immutable"
	// CacheAsk lets anybody keep a copy and asks before each use whether it still holds.
	CacheAsk = "no-cache"
	// CachePage is CacheAsk for what may be shown for a day while the house does not answer (RFC 5861, 4): it says its own
	// time. "no-cache" would forbid that.
	CachePage = "max-age=0, stale-if-error=86400"
)

// How hard bodies are compressed. The highest levels take a hundred times as long for a fifth less, which neither a
// page remade every few seconds nor a quick start can wait for.
const (
	gzipLevel   = 6
	brotliLevel = 5
)

// Prepared is a body made once with its compressed twins and its ETag, so that serving it computes nothing. It does
// not change.
type Prepared struct {
	headers                   [][2][]byte
	contentType, cache, vary  []byte
	plain, gzip, brotli, etag []byte
	etagGzip, etagBrotli      []byte
	vouch                     string
	wires                     [forms]atomic.Pointer[wired] // whole answers, by their form
}

// Content names what Prepare makes bytes of.
type Content struct {
	Body    []byte
	Type    string
	Cache   string
	Vary    string // beside Accept-Encoding
	Headers [][2]string
	// Gzip and Brotli are twins made elsewhere; nil ones are made here.
	Gzip, Brotli []byte
}

// Prepare compresses a body and hashes it. A twin that is not smaller is not kept.
func Prepare(c Content) *Prepared {
	sum := sha256.Sum256(c.Body)
	mark := hex.EncodeToString(sum[:10])
	p := &Prepared{
		contentType: []byte(c.Type), cache: []byte(c.Cache), plain: c.Body, vouch: mark,
		vary: []byte("Accept-Encoding"), gzip: c.Gzip, brotli: c.Brotli,
		etag: []byte(`"` + mark + `"`), etagGzip: []byte(`"` + mark + `-g"`), etagBrotli: []byte(`"` + mark + `-b"`),
	}
	if c.Vary != "" {
		p.vary = []byte("Accept-Encoding, " + c.Vary)
	}
	for _, pair := range c.Headers {
		p.headers = append(p.headers, [2][]byte{[]byte(pair[0]), []byte(pair[1])})
	}
	if p.gzip == nil {
		p.gzip = gzipped(c.Body)
	}
	if p.brotli == nil {
		p.brotli = brotlied(c.Body)
	}
	if len(p.gzip) >= len(p.plain) {
		p.gzip = nil
	}
	if len(p.brotli) >= len(p.plain) {
		p.brotli = nil
	}
	return p
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzipLevel)
	if err != nil {
		return nil
	}
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

func brotlied(body []byte) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotliLevel)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// Sizes are the lengths of the body and its twins, 0 for a twin that is not kept.
func (p *Prepared) Sizes() (plain, gzip, brotli int) { return len(p.plain), len(p.gzip), len(p.brotli) }

// Plain is the body. It must not be changed.
func (p *Prepared) Plain() []byte { return p.plain }

// Serve answers with 304 when the caller holds these bytes already, else with the smallest form it takes.
func (p *Prepared) Serve(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	body, etag, encoding := p.choose(ctx.Request.Header.Peek("Accept-Encoding"))
	h.SetCanonical([]byte("Etag"), etag)
	h.SetCanonical([]byte("Cache-Control"), p.cache)
	h.SetCanonical([]byte("Vary"), p.vary)
	// A browser replaces the headers of what it holds by those of a 304 (RFC 9111, 3.2): the policy of a page has to come
	// with it, or the next use of the page is under that of answers which are none.
	for _, pair := range p.headers {
		h.SetCanonical(pair[0], pair[1])
	}
	if p.held(ctx.Request.Header.Peek("If-None-Match")) {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	h.SetContentTypeBytes(p.contentType)
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	ctx.Response.SetBodyRaw(body)
}

// held compares weakly (RFC 9110, 13.1.2): whichever form the caller holds, its content is this one.
func (p *Prepared) held(ifNoneMatch []byte) bool {
	if len(ifNoneMatch) == 0 {
		return false
	}
	return bytes.Contains(ifNoneMatch, []byte(p.vouch)) || string(bytes.TrimSpace(ifNoneMatch)) == "*"
}

func (p *Prepared) choose(accept []byte) (body, etag []byte, encoding string) {
	switch encoding = p.coding(accept); encoding {
	case "br":
		return p.brotli, p.etagBrotli, encoding
	case "gzip":
		return p.gzip, p.etagGzip, encoding
	}
	return p.plain, p.etag, ""
}

// coding is the coding that serves Accept-Encoding best: br, gzip, or none. What nearly everybody sends is known by heart.
func (p *Prepared) coding(accept []byte) string {
	var br, zip bool
	switch string(accept) {
	case "":
	case "gzip", "gzip, deflate":
		zip = true
	case "br", "gzip, deflate, br", "gzip, deflate, br, zstd":
		br, zip = true, string(accept) != "br"
	default:
		br, zip = takes(string(accept), "br"), takes(string(accept), "gzip")
	}
	switch {
	case br && p.brotli != nil:
		return "br"
	case zip && p.gzip != nil:
		return "gzip"
	}
	return ""
}

// takes reads Accept-Encoding (RFC 9110, 12.5.3) for one coding; weights other than 0 count alike.
func takes(accept, coding string) bool {
	rest := false
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		if !strings.EqualFold(name, coding) && name != "*" {
			continue
		}
		welcome := true
		if _, q, ok := strings.Cut(params, "="); ok {
			weight, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
			welcome = err == nil && weight > 0
		}
		if name != "*" {
			return welcome
		}
		rest = welcome
	}
	return rest
}

// Mark is the hash of the body in 20 hexadecimal digits.
func (p *Prepared) Mark() string { return p.vouch }
