// Package client speaks the HTTP API of Toàn Cảnh as any stranger would: it
// bounds the requests that are under way, repeats what may be repeated under
// one Idempotency-Key, waits as long as the server asks and tells a refusal
// from an outage. It knows the words of the API and nothing of how the server
// keeps them; it never opens the database or the bus.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Defaults of Options.
const (
	DefaultOutstanding = 8
	DefaultPatience    = 2 * time.Minute
)

const (
	requestTimeout = 30 * time.Second
	firstPause     = 250 * time.Millisecond
	longestPause   = 10 * time.Second
	maxAnswer      = 32 << 20 // bytes of an answer that are read
)

// Options says whom a Client speaks to and how patiently.
type Options struct {
	Base *url.URL // root of the server: http://127.0.0.1:8080
	Key  string   // sent as bearer token; empty sends none

	HTTP        *http.Client  // nil: one with a 30 s time-out
	Outstanding int           // requests under way at once; 0: DefaultOutstanding
	Patience    time.Duration // how long one request is repeated; 0: DefaultPatience
	Log         *slog.Logger  // nil: slog.Default()
}

// Client sends requests. It may be used by many goroutines.
type Client struct {
	base     url.URL
	key      string
	http     *http.Client
	slots    chan struct{}
	patience time.Duration
	log      *slog.Logger
}

// New makes a client. It does not connect.
func New(o Options) (*Client, error) {
	if o.Base == nil || o.Base.Host == "" {
		return nil, errors.New("make client: the address of the server is missing")
	}
	c := &Client{
		base: *o.Base, key: o.Key, http: o.HTTP, patience: o.Patience, log: o.Log,
		slots: make(chan struct{}, max(o.Outstanding, 0)),
	}
	if o.Outstanding <= 0 {
		c.slots = make(chan struct{}, DefaultOutstanding)
	}
	if c.http == nil {
		c.http = &http.Client{Timeout: requestTimeout}
	}
	if c.patience <= 0 {
		c.patience = DefaultPatience
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	return c, nil
}

// Call is one request. Path is below the base and may carry a query; Body, if
// not nil, is sent as JSON.
type Call struct {
	Method string
	Path   string
	Body   any
	// Once gives the request an Idempotency-Key, so that a repeat after a lost
	// answer does the deed no second time.
	Once bool
}

// Send does one call and decodes the answer into answer, unless that is nil. A
// request that met an outage, a full server or a running twin is repeated until
// the client's patience or ctx ends; a refusal comes back at once as *Problem.
func (c *Client) Send(ctx context.Context, call Call, answer any) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return fmt.Errorf("%s %s: %w", call.Method, call.Path, context.Cause(ctx))
	}
	a, err := c.prepare(call)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := c.try(ctx, a, answer)
		wait, again := retryAfter(err, pause)
		if !again {
			return err
		}
		if a.tries++; a.tries == 1 {
			c.log.DebugContext(ctx, "request will be repeated",
				slog.String("method", call.Method), slog.String("path", call.Path), slog.Any("err", err))
		}
		if !sleep(ctx, wait) {
			return err
		}
	}
}

// attempt is a call made ready: encoded once, so that every repeat is the same.
type attempt struct {
	call  Call
	url   string
	body  []byte
	once  string
	tries int
}

func (c *Client) prepare(call Call) (*attempt, error) {
	path, query, _ := strings.Cut(call.Path, "?")
	target := c.base.JoinPath(path)
	target.RawQuery = query
	a := &attempt{call: call, url: target.String()}
	if call.Body != nil {
		body, err := json.Marshal(call.Body)
		if err != nil {
			return nil, fmt.Errorf("encode %s %s: %w", call.Method, call.Path, err)
		}
		a.body = body
	}
	if call.Once {
		a.once = uuid.NewString()
	}
	return a, nil
}

func (c *Client) try(ctx context.Context, a *attempt, answer any) error {
	req, err := http.NewRequestWithContext(ctx, a.call.Method, a.url, bytes.NewReader(a.body))
	if err != nil {
		return fmt.Errorf("make request %s %s: %w", a.call.Method, a.call.Path, err)
	}
	req.Header.Set("Accept", "application/json")
	if a.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.once != "" {
		req.Header.Set("Idempotency-Key", a.once)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w: %w", a.call.Method, a.call.Path, errUnreachable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer of %s %s: %w: %w", a.call.Method, a.call.Path, errUnreachable, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newProblem(a.call, resp, body)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("decode answer of %s %s: %w", a.call.Method, a.call.Path, err)
	}
	return nil
}

// errUnreachable marks an answer that never came whole: the request may be repeated.
var errUnreachable = errors.New("server is out of reach")

// retryAfter decides whether a failed try is worth another, and when.
func retryAfter(err error, pause time.Duration) (time.Duration, bool) {
	if err == nil {
		return 0, false
	}
	jittered := pause/2 + rand.N(pause) //nolint:gosec // spreading load needs no secrecy
	var problem *Problem
	if !errors.As(err, &problem) {
		return jittered, errors.Is(err, errUnreachable)
	}
	switch problem.Status {
	case http.StatusConflict:
		// Only a twin still running says when to come back; a version that
		// has moved on is final.
		return problem.RetryAfter, problem.RetryAfter > 0
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(problem.RetryAfter, jittered), true
	}
	return 0, false
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func secondsHeader(h http.Header, name string) time.Duration {
	seconds, err := strconv.Atoi(h.Get(name))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}
