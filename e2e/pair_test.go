//go:build e2e

package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"toancanh/server/embedded/testredis"
)

// healPairing bounds how long a server may be unable to say who is a wall, while what it stands on comes back.
const healPairing = 30 * time.Second

// pairedPage is a wall's page without pixels: it keeps the cookies it is given and asks as a screen.
type pairedPage struct {
	s      *server
	screen string
	cookie string
}

type standing struct{ State, Screen, Code, Lost string }

func (w *pairedPage) send(t *testing.T, method, path, body string) (answer, error) {
	t.Helper()
	a, err := w.s.api().send(method, path, http.Header{"X-Toancanh-Screen": {w.screen}, "Cookie": {w.cookie}}, []byte(body))
	if err == nil {
		for _, set := range a.header.Values("Set-Cookie") {
			if pair, _, _ := strings.Cut(set, ";"); !strings.HasSuffix(pair, "=") {
				w.cookie = pair
			}
		}
	}
	return a, err
}

// ask is what the page asks at its start and while it waits.
func (w *pairedPage) ask(t *testing.T) (standing, error) {
	t.Helper()
	a, err := w.send(t, http.MethodPost, "/api/v1/screens/pairing", fmt.Sprintf(`{"screen":%q}`, w.screen))
	if err != nil {
		return standing{}, err
	}
	var s standing
	return s, a.into(nil, "pairing", &s)
}

func (w *pairedPage) ticket(t *testing.T) (string, error) {
	t.Helper()
	a, err := w.send(t, http.MethodPost, "/api/v1/tickets", `{"topics":["`+wallTopic+`","screen/`+w.screen+`"]}`)
	if err != nil {
		return "", err
	}
	var got struct{ Ticket string }
	return got.Ticket, a.into(nil, "tickets", &got)
}

// TestAPairedWallOutlivesEverythingButItsRevocation takes from under a paired wall, whose browser has nothing but a
// cookie, its server, Redis, PostgreSQL and a week, and then its right.
func TestAPairedWallOutlivesEverythingButItsRevocation(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve("TOANCANH_OPEN=no")
	h := w.hub(s)
	lead := employ(t, w, s, "binh")
	lead.signIn(t)
	page := &pairedPage{s: s, screen: "tinh"}
	waits, err := page.ask(t)
	if err != nil || waits.State != "waiting" {
		t.Fatalf("%+v, %v", waits, err)
	}
	if a := lead.ask(t, http.MethodPut, "/api/v1/screens/tinh/pairing", fmt.Sprintf(`{"code":%q}`, waits.Code)); a.status != 200 {
		t.Fatalf("pair: %d %s", a.status, a.body)
	}
	still := func(what string) {
		t.Helper()
		var last standing
		eventually(t, what+": it is still the wall", healPairing, func() bool {
			var err error
			last, err = page.ask(t)
			if err == nil && (last.State != "paired" || last.Screen != "tinh") {
				t.Fatalf("%s: the browser is %+v", what, last)
			}
			return err == nil
		}, func() string { return fmt.Sprintf("%+v\n%s", last, s.log.tail(5)) })
		if _, err := page.ticket(t); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	still("paired")
	ticket, err := page.ticket(t)
	if err != nil {
		t.Fatal(err)
	}
	wall := watchAt(t, s.addr, func() (string, error) { return page.ticket(t) }, wallTopic, "screen/tinh")
	s.kill()
	s.start()
	s.awaitReady(readyWithin)
	still("the server was killed")
	redis.Kill()
	still("Redis is away")
	redis.Restart()
	still("Redis came back empty")
	w.postgres.Kill()
	// A process of the database that was at work may still answer once after its parent was killed.
	eventually(t, "without its database the server knows no wall", limit(healDatabase), func() bool { _, err := page.ask(t); return err != nil }, nil)
	w.postgres.Restart()
	still("PostgreSQL was killed")
	for _, sql := range []string{
		"update screen_pairing set seen_at = seen_at - interval '7 days', paired_at = paired_at - interval '7 days'",
		"update screen_token set issued_at = issued_at - interval '7 days', shown_at = shown_at - interval '7 days'",
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	before := page.cookie
	still("a week has passed")
	if page.cookie == before {
		t.Error("a token of a week ago was not renewed")
	}
	eventually(t, "the wall shows something it can believe", healPairing, wall.settledNow, wall.state)

	sockets := map[string]<-chan int{}
	for name, addr := range map[string]string{"at the server": s.addr, "at the hub": h.addr} {
		fresh, err := page.ticket(t)
		if err != nil {
			t.Fatal(err)
		}
		sockets[name] = listenWith(t, addr, fresh, "screen/tinh")
	}
	if a := lead.ask(t, http.MethodDelete, "/api/v1/screens/tinh/pairing", ""); a.status != 204 {
		t.Fatalf("revoke: %d %s", a.status, a.body)
	}
	for name, closed := range sockets {
		closesRevoked(t, name, closed, limit(closedWithin))
	}
	if a, err := page.send(t, http.MethodPost, "/api/v1/tickets", `{"topics":["screen/tinh"]}`); err != nil || a.status != 401 || !strings.Contains(string(a.body), "screen_revoked") {
		t.Errorf("a revoked wall asks for a ticket: %d %s, %v", a.status, a.body, err)
	}
	if lost, err := page.ask(t); err != nil || lost.State != "waiting" || lost.Lost != "revoked" {
		t.Errorf("a revoked wall is %+v, %v", lost, err)
	}
	for _, addr := range []string{s.addr, h.addr} {
		conn, res, err := dialTopics(addr, ticket, wallTopic)
		if err == nil {
			_ = conn.Close()
			t.Errorf("the ticket still opens a socket at %s", addr)
		} else if res == nil || res.StatusCode != 403 {
			t.Errorf("the ticket is refused with %v, want 403", err)
		}
	}
}

// TestTheNewcomersWayInIsTheSamplesAlone asks every kind of server that is no sample, and the sample from elsewhere.
func TestTheNewcomersWayInIsTheSamplesAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	served := w.serve("TOANCANH_OPEN=no")
	sample := up(t)
	empty := up(t)
	empty.order.args = append(empty.order.args, "--empty")
	for _, s := range []*server{sample, empty} {
		s.start()
		s.awaitReady(readyWithin)
	}
	for _, tc := range []struct {
		name string
		s    *server
		from string
		want bool
	}{
		{"the sample", sample, "", true},
		{"the sample from elsewhere", sample, "203.0.113.7", false},
		{"up --empty", empty, "", false},
		{"serve", served, "", false},
	} {
		entered := knock(t, tc.s, http.MethodPost, tc.from)
		if want := map[bool]int{true: 303, false: 404}[tc.want]; entered.StatusCode != want {
			t.Errorf("%s: %d, want %d", tc.name, entered.StatusCode, want)
		}
		if set := entered.Header.Get("Set-Cookie"); (set != "") != tc.want {
			t.Errorf("%s: cookie %q", tc.name, set)
		}
		if page := knock(t, tc.s, http.MethodGet, tc.from); (page.StatusCode == 200) != tc.want {
			t.Errorf("%s, the page: %d", tc.name, page.StatusCode)
		}
	}
}

// knock asks at the newcomer's page as a form of it does, and follows nothing.
func knock(t *testing.T, s *server, method, from string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.addr+"/bat-dau", strings.NewReader("vai=can_bo_truc"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return res
}
