//go:build e2e

package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

// takenWithin is promised for a change of person at a desk.
const takenWithin = 5 * time.Second

// jar is a browser's cookies.
type jar map[string]string

func (j jar) header() http.Header {
	var pairs []string
	for name, value := range j {
		pairs = append(pairs, name+"="+value)
	}
	return http.Header{"X-Toancanh": {"1"}, "Cookie": {strings.Join(pairs, "; ")}}
}

func (j jar) take(a answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		j[c.Name] = c.Value
		if c.Value == "" {
			delete(j, c.Name)
		}
	}
}

// ask sends a request of the desk's page and keeps its cookies.
func (j jar) ask(t *testing.T, s *server, method, path string, body any) answer {
	t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.api().send(method, path, j.header(), raw)
	if err != nil {
		t.Fatal(err)
	}
	j.take(a)
	return a
}

// must is ask for what has to be done.
func (j jar) must(t *testing.T, s *server, method, path string, body any) answer {
	t.Helper()
	a := j.ask(t, s, method, path, body)
	if a.status < 200 || a.status > 299 {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

// screenful is what one socket of the desk has heard.
type screenful struct {
	mu    sync.Mutex
	heard map[string]bool // codes of reports
	ended error
}

func (s *screenful) read(conn *websocket.Conn) {
	for {
		_, frame, err := conn.ReadMessage()
		s.mu.Lock()
		if err != nil {
			s.ended = err
			s.mu.Unlock()
			return
		}
		for _, part := range strings.Split(string(frame), `"code":"`)[1:] {
			code, _, _ := strings.Cut(part, `"`)
			s.heard[code] = true
		}
		s.mu.Unlock()
	}
}

func (s *screenful) has(code string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[code]
}

func (s *screenful) closed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// TestADesksSocketStaysWhilePeopleComeAndGo keeps one socket open through a lock, an unlocking, a change of person and
// an empty chair, with a report in every one of them; it closes when the desk is ended, also through a Redis that dies
// and comes back empty.
func TestADesksSocketStaysWhilePeopleComeAndGo(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve("TOANCANH_OPEN=no")
	h := w.hub(s)
	employ(t, w, s, "an")
	employ(t, w, s, "binh")
	lead := employ(t, w, s, "chi")
	lead.signIn(t)

	desk := jar{}
	desk.must(t, s, http.MethodPost, "/api/v1/session", map[string]string{"login": "an", "password": staffPassword})
	var paired struct{ ID string }
	if err := json.Unmarshal(desk.must(t, s, http.MethodPost, "/api/v1/desks", map[string]any{"label": "Bàn trực 1", "areas": []string{division + "/" + root}}).body, &paired); err != nil {
		t.Fatal(err)
	}
	desk.must(t, s, http.MethodPut, "/api/v1/session/pin", map[string]string{"password": staffPassword, "pin": "582914"})
	var ticket struct{ Ticket string }
	if err := json.Unmarshal(desk.must(t, s, http.MethodPost, "/api/v1/tickets", map[string]any{"topics": []string{opsTopic}}).body, &ticket); err != nil {
		t.Fatal(err)
	}
	shown := map[string]*screenful{}
	for name, addr := range map[string]string{"server": s.addr, "hub": h.addr} {
		conn, _, err := dial(addr, ticket.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		shown[name] = &screenful{heard: map[string]bool{}}
		go shown[name].read(conn)
	}
	at, category := s.communes()[0], s.categories()[0]
	arrives := func(when string) {
		t.Helper()
		var r struct{ Code string }
		body := map[string]any{"category": category, "description": "Rác ở chợ, " + when, "location": map[string]float64{"lat": at.Lat, "lon": at.Lon}}
		if err := s.api().postJSON("/api/v1/reports", body, &r); err != nil {
			t.Fatal(err)
		}
		for name, screen := range shown {
			eventually(t, fmt.Sprintf("the report of %q is heard at the %s", when, name), limit(closedWithin), func() bool { return screen.has(r.Code) }, func() string {
				return fmt.Sprint(screen.closed())
			})
			if err := screen.closed(); err != nil {
				t.Fatalf("%s: the socket at the %s closed: %v", when, name, err)
			}
		}
	}
	arrives("manned")
	desk.must(t, s, http.MethodPost, "/api/v1/desk/lock", nil)
	arrives("locked")
	if a := desk.ask(t, s, http.MethodPut, "/api/v1/screens/x", map[string]any{}); a.status != 401 {
		t.Errorf("a locked desk acts: %d", a.status)
	}
	desk.must(t, s, http.MethodPost, "/api/v1/desk/unlock", map[string]string{"secret": "582914"})
	arrives("unlocked")
	began := time.Now()
	desk.must(t, s, http.MethodPost, "/api/v1/desk/person", map[string]string{"login": "binh", "secret": staffPassword})
	if took := time.Since(began); took > limit(takenWithin) {
		t.Errorf("a change of person took %v", took)
	}
	arrives("changed")
	desk.must(t, s, http.MethodDelete, "/api/v1/session", nil)
	arrives("vacant")
	desk.must(t, s, http.MethodPost, "/api/v1/desk/person", map[string]string{"login": "an", "secret": "582914"})
	arrives("back")

	redis.Kill()
	if a := lead.ask(t, http.MethodDelete, "/api/v1/desks/"+paired.ID, ""); a.status != 204 {
		t.Fatalf("end the desk: %d %s", a.status, a.body)
	}
	redis.Restart()
	for name, screen := range shown {
		eventually(t, "the socket at the "+name+" closes with the desk", limit(healBus), func() bool { return screen.closed() != nil }, nil)
		var closed *websocket.CloseError
		if err := screen.closed(); !errors.As(err, &closed) || closed.Code != schema.CloseRevoked {
			t.Errorf("at the %s it closed with %v", name, err)
		}
	}
	if a := desk.ask(t, s, http.MethodGet, "/api/v1/reports", nil); a.status != 401 {
		t.Errorf("a machine that is no desk any more reads: %d", a.status)
	}
	var rows int
	if err := w.pool.QueryRow(t.Context(), `select count(distinct what || why) from audit where object = 'desk:' || $1 or detail like '%' || $1 || '%'`, paired.ID).Scan(&rows); err != nil || rows < 5 {
		t.Errorf("the audit has %d kinds of rows about the desk, %v", rows, err)
	}
}
