//go:build e2e

package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
	"toancanh/server/access"
	"toancanh/server/auth"
	"toancanh/server/embedded/testpg"
	"toancanh/server/embedded/testredis"
	"toancanh/server/store"
)

// closedWithin is promised for the sockets of who signs out or loses a right.
const closedWithin = 2 * time.Second

const staffPassword = "trâu ngựa ghế đèn"

// staff is somebody signed in at a server of real data.
type staff struct {
	s      *server
	store  *store.Store
	person auth.Person
	cookie string
}

// employ brings a shift lead of the whole province in.
func employ(t *testing.T, w *town, s *server, login string) *staff {
	t.Helper()
	st, err := store.Open(t.Context(), w.postgres.DSN(testpg.App), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	id, err := auth.NewPersonID()
	if err != nil {
		t.Fatal(err)
	}
	token, hash, err := auth.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	p := auth.Person{ID: id, Login: login, Name: "Trần Thị Bình", Roles: []access.Role{access.ShiftLead}, Areas: []string{division + "/" + root}}
	if err := st.AddPerson(t.Context(), p, store.Invitation{Hash: hash, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.api().postJSON("/api/v1/invitations", map[string]string{"token": token, "password": staffPassword}, nil); err != nil {
		t.Fatal(err)
	}
	return &staff{s: s, store: st, person: p}
}

// ask sends a request as the person's own page does.
func (p *staff) ask(t *testing.T, method, path, body string) answer {
	t.Helper()
	header := http.Header{"X-Toancanh": {"1"}, "Cookie": {p.cookie}}
	var raw []byte
	if body != "" {
		raw = []byte(body)
	}
	a, err := p.s.api().send(method, path, header, raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *staff) signIn(t *testing.T) {
	t.Helper()
	a := p.ask(t, http.MethodPost, "/api/v1/session", fmt.Sprintf(`{"login":%q,"password":%q}`, p.person.Login, staffPassword))
	if a.status != 200 {
		t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	p.cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
}

// listen opens a socket with a ticket of the person's, and returns the ticket and when the socket was closed with which
// code.
func (p *staff) listen(t *testing.T, addr string) (ticket string, closed <-chan int) {
	t.Helper()
	a := p.ask(t, http.MethodPost, "/api/v1/tickets", `{"topics":["`+opsTopic+`"]}`)
	var got struct{ Ticket string }
	if err := a.into(nil, "tickets", &got); err != nil {
		t.Fatal(err)
	}
	return got.Ticket, listenWith(t, addr, got.Ticket, opsTopic)
}

// listenWith opens a socket with a ticket and says when it was closed with which code.
func listenWith(t *testing.T, addr, ticket, topic string) <-chan int {
	t.Helper()
	conn, _, err := dialTopics(addr, ticket, topic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ended := make(chan int, 1)
	ready := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			_, _, err := conn.ReadMessage()
			var c *websocket.CloseError
			switch {
			case errors.As(err, &c):
				ended <- c.Code
				return
			case err != nil:
				ended <- 0
				return
			case first:
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case code := <-ended:
		t.Fatalf("the socket closed at once: %d", code)
	case <-time.After(limit(10 * time.Second)):
		t.Fatal("the socket says nothing")
	}
	return ended
}

// endFromElsewhere signs in once more and ends the session before from there.
func (p *staff) endFromElsewhere(t *testing.T) {
	t.Helper()
	elsewhere := *p
	elsewhere.signIn(t)
	var list struct {
		Sessions []struct {
			ID  string
			Own bool
		}
	}
	if err := elsewhere.ask(t, http.MethodGet, "/api/v1/sessions", "").into(nil, "sessions", &list); err != nil {
		t.Fatal(err)
	}
	ended := 0
	for _, each := range list.Sessions {
		if !each.Own {
			if a := elsewhere.ask(t, http.MethodDelete, "/api/v1/sessions/"+each.ID, ""); a.status != 204 {
				t.Fatalf("end: %d %s", a.status, a.body)
			}
			ended++
		}
	}
	if ended != 1 {
		t.Fatalf("ended %d sessions", ended)
	}
}

func dial(addr, ticket string) (*websocket.Conn, *http.Response, error) {
	return dialTopics(addr, ticket, opsTopic)
}

func dialTopics(addr, ticket, topic string) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{schema.Protocol, schema.TicketPrefix + ticket}, HandshakeTimeout: requestLimit}
	return d.Dial("ws://"+addr+"/live?topics="+topic, nil) //nolint:bodyclose // closed with the connection
}

func closesRevoked(t *testing.T, name string, closed <-chan int, within time.Duration) {
	t.Helper()
	select {
	case code := <-closed:
		if code != schema.CloseRevoked {
			t.Errorf("%s: closed with %d, want %d", name, code, schema.CloseRevoked)
		}
	case <-time.After(within):
		t.Errorf("%s: still open after %v", name, within)
	}
}

// TestALostRightClosesOpenSockets holds for sockets at the server and at a hub beside it, and through a Redis that dies
// and comes back empty.
func TestALostRightClosesOpenSockets(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve("TOANCANH_OPEN=no")
	h := w.hub(s)
	p := employ(t, w, s, "binh")
	if a := p.ask(t, http.MethodPost, "/api/v1/tickets", `{"topics":["`+wallTopic+`"]}`); a.status != 401 {
		t.Errorf("a stranger asked for a ticket: %d", a.status)
	}
	change := func(edit func(*auth.Person)) {
		now, err := p.store.Person(t.Context(), p.person.ID)
		if err != nil {
			t.Fatal(err)
		}
		edit(&now)
		if _, err := p.store.ChangePerson(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	employ(t, w, s, "quan.tri") // the last administrator must stay
	other, err := p.store.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range other {
		if o.Login == "quan.tri" {
			o.Roles = []access.Role{access.Administrator}
			if _, err := p.store.ChangePerson(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name  string
		redis bool // Redis is away while it happens
		deed  func()
	}{
		{"signing out", false, func() { p.ask(t, http.MethodDelete, "/api/v1/session", "") }},
		{"ending it from another machine", false, func() { p.endFromElsewhere(t) }},
		{"a changed right", false, func() { change(func(q *auth.Person) { q.Roles = []access.Role{access.ShiftLead, access.Leader} }) }},
		{"signing out while Redis is away", true, func() { p.ask(t, http.MethodDelete, "/api/v1/session", "") }},
		{"a disabled person", false, func() { change(func(q *auth.Person) { at := time.Now(); q.DisabledAt = &at }) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p.signIn(t)
			ticket, atServer := p.listen(t, s.addr)
			_, atHub := p.listen(t, h.addr)
			within := limit(closedWithin)
			if tc.redis {
				redis.Kill()
				tc.deed()
				redis.Restart()
				within = limit(healBus)
			} else {
				tc.deed()
			}
			closesRevoked(t, "at the server", atServer, within)
			closesRevoked(t, "at the hub", atHub, within)
			for _, addr := range []string{s.addr, h.addr} {
				conn, res, err := dial(addr, ticket)
				if err == nil {
					_ = conn.Close()
					t.Errorf("the ticket still opens a socket at %s", addr)
				} else if res == nil || res.StatusCode != 403 {
					t.Errorf("the ticket is refused with %v, want 403", err)
				}
			}
		})
	}
}
