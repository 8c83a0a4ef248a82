package calltest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"toancanh/server/hook"
)

// Gateway is a gateway for short messages. It takes what is signed with its secret.
type Gateway struct {
	Secret []byte
	t      testing.TB
	now    func() time.Time // by which signatures are judged
	server *httptest.Server
	mu     sync.Mutex
	got    []Order
	answer string
	status int
}

// Order is a message that the gateway was asked to send.
type Order struct{ ID, Kind, To, Text string }

// NewGateway opens a gateway on a free port; it judges signatures by a clock.
func NewGateway(t testing.TB, now func() time.Time) *Gateway {
	t.Helper()
	g := &Gateway{Secret: bytes.Repeat([]byte{5}, 32), now: now, t: t, answer: `{"status":"accepted"}`, status: http.StatusAccepted}
	g.server = httptest.NewServer(http.HandlerFunc(g.take))
	t.Cleanup(g.server.Close)
	return g
}

// URL is where the gateway takes orders.
func (g *Gateway) URL() string { return g.server.URL + "/sms" }

// Answer is what every order is answered from now on.
func (g *Gateway) Answer(status int, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status, g.answer = status, body
}

// Got is what was ordered so far.
func (g *Gateway) Got() []Order {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Order(nil), g.got...)
}

func (g *Gateway) take(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var o Order
	if err == nil {
		err = json.Unmarshal(raw, &o)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil || !hook.Verify(g.Secret, r.Header.Get, raw, g.now()) || r.Header.Get(hook.HeaderID) != o.ID {
		g.t.Errorf("an order that is none of the house's: %v %s", err, raw)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.got = append(g.got, o)
	w.WriteHeader(g.status)
	_, _ = io.WriteString(w, g.answer)
}
