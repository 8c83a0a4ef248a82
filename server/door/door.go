// Package door is the frame every HTTP door stands in: request ids, one form of errors (RFC 9457), the address of the
// caller, guards against other web sites, rate limits, security headers and prepared bytes. It knows no report and
// asks no database.
package door

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"toancanh/server/limit"
)

// BodyLimit is the largest body any door takes, in bytes on the wire, and usualBody what a door takes that did not ask for
// more. Doors refuse far smaller ones in words; beyond these the connection ends.
const (
	BodyLimit = 37 << 20 // a form with three photos of 12 MiB
	usualBody = 256 << 10
)

// Times of a connection. A sender that drips its body is dropped; the live feed has its own.
const (
	readTimeout = 30 * time.Second
	idleTimeout = 2 * time.Minute
	headerBytes = 16 << 10
)

// Config says how a frame behaves. Log and Now are needed.
type Config struct {
	Log     *slog.Logger
	Now     func() time.Time
	Metrics prometheus.Registerer // nil: nothing is counted
	Trusted []netip.Prefix        // reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed
	Limits  *limit.Limits         // nil: nobody is slowed
	Origins []string              // web origins beside the request's own host that may change something, "https://a.example"
}

// Frame stands around the handlers of one application.
type Frame struct {
	Config
	meters  *meters
	find    Finder         // nil: nothing is prepared
	bulk    map[string]int // largest bodies, by path
	things  []thingBulk
	errPage func(*fasthttp.RequestHeader, Problem) (page []byte, language string)
}

// New makes a frame.
func New(c Config) *Frame {
	f := &Frame{Config: c, bulk: map[string]int{}}
	f.meters = newMeters(c.Metrics, func() bool { return f.Limits.Alone() })
	return f
}

// AppConfig is the configuration of the application the frame stands around: values handed to handlers are copies, and
// every error, also of the HTTP parser, is answered by the frame.
func (f *Frame) AppConfig() fiber.Config {
	return fiber.Config{
		ErrorHandler: f.ErrorHandler, Immutable: true, BodyLimit: BodyLimit, ReadBufferSize: headerBytes,
		ReadTimeout: readTimeout, IdleTimeout: idleTimeout, CaseSensitive: true, StrictRouting: true,
		DisableStartupMessage: true, DisablePreParseMultipartForm: true,
	}
}

// Install puts the frame around the application. Call it before the first route is added.
func (f *Frame) Install(app *fiber.App) {
	inner := app.Server().Handler
	app.Server().HeaderReceived, app.Server().ConnState = f.bodyLimit, follow
	app.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		if f.refuseOdd(ctx) || f.refuseMethod(ctx) || f.serveFast(ctx) {
			return
		}
		inner(ctx)
	}
	app.Use(f.observe)
}

// ErrorPage sets how a problem looks to somebody who asked for a page, and in which language it is.
func (f *Frame) ErrorPage(page func(*fasthttp.RequestHeader, Problem) (page []byte, language string)) {
	f.errPage = page
}

// refuseMethod answers methods no door has. The router answers unknown ones in plain text, so they end here.
func (f *Frame) refuseMethod(ctx *fasthttp.RequestCtx) bool {
	status := fiber.StatusNotImplemented
	switch string(ctx.Method()) {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodPut, fiber.MethodPatch, fiber.MethodDelete, fiber.MethodOptions:
		return false
	case fiber.MethodTrace, fiber.MethodConnect:
		status = fiber.StatusMethodNotAllowed
		ctx.Response.Header.Set(fiber.HeaderAllow, "GET, HEAD, POST, PUT")
	}
	f.refuseEarly(ctx, status)
	return true
}

// refuseEarly answers before any routing.
func (f *Frame) refuseEarly(ctx *fasthttp.RequestCtx, status int) {
	id := newRequestID()
	ctx.Response.Header.Set(fiber.HeaderXRequestID, id)
	secure(ctx, f.HTTPS(ctx))
	f.write(ctx, problemOf(&Refusal{Status: status}), id)
	f.meters.count("OTHER", unmatched, status, 0)
}

// serveFast answers requests for prepared bytes that are not in the plain form, and those of connections that cannot answer
// themselves.
func (f *Frame) serveFast(ctx *fasthttp.RequestCtx) bool {
	if f.find == nil || !ctx.IsGet() && !ctx.IsHead() || bytes.IndexByte(ctx.Request.Header.RequestURI(), '?') >= 0 {
		return false
	}
	p := f.find(ctx.Path(), ctx.Request.Header.Peek(fiber.HeaderCookie))
	if p == nil {
		return false
	}
	p.Serve(ctx)
	f.guard(ctx, f.HTTPS(ctx))
	f.meters.fast.Inc()
	return true
}

// guard sets the headers every answer has, but for one that shows nothing to guard.
func (f *Frame) guard(ctx *fasthttp.RequestCtx, https bool) {
	if ctx.Response.StatusCode() != fiber.StatusNotModified {
		secure(ctx, https)
	}
}

// observe gives a request its id, answers its error, and counts and logs it.
func (f *Frame) observe(c *fiber.Ctx) error {
	start := f.Now()
	id := requestID(c)
	c.Set(fiber.HeaderXRequestID, id)
	secure(c.Context(), f.HTTPS(c.Context()))
	err := f.guarded(c)
	route := unmatched
	if r := c.Route(); r != nil && !fromRouter(err) {
		route = r.Path
	}
	if err != nil {
		// Here and not by the router, so that the status is known below.
		err2 := f.answer(c, err, id)
		if err2 != nil {
			return err2
		}
	}
	f.note(c, record{id: id, route: route, elapsed: f.Now().Sub(start), err: err})
	return nil
}

// guarded turns a panic into an error: the process and the other requests go on.
func (f *Frame) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f.meters.panics.Inc()
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return c.Next()
}

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

type record struct {
	id, route string
	elapsed   time.Duration
	err       error
}

// note counts and logs a request by its route's pattern: neither path nor query, which may name a report or a person.
func (f *Frame) note(c *fiber.Ctx, r record) {
	status := c.Response().StatusCode()
	f.meters.count(c.Method(), r.route, status, r.elapsed)
	level := slog.LevelDebug
	switch {
	case status == fiber.StatusServiceUnavailable:
		level = slog.LevelWarn
	case status >= fiber.StatusInternalServerError:
		level = slog.LevelError
	}
	if !f.Log.Enabled(c.UserContext(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", r.id), slog.String("method", c.Method()), slog.String("route", r.route),
		slog.Int("status", status), slog.Duration("elapsed", r.elapsed),
	}
	if level > slog.LevelDebug && r.err != nil {
		attrs = append(attrs, slog.Any("err", r.err))
	}
	if p, ok := errors.AsType[*panicError](r.err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	f.Log.LogAttrs(c.UserContext(), level, "request answered", attrs...)
}
