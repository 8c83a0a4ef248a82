package hub_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"toancanh/hub"
	"toancanh/schema"
)

func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	other, foreign := world(t, nil)
	_ = other
	r.revoke("gone", time.Now().Add(time.Hour))
	eventually(t, "the revocation arrived", func() bool {
		_, res, _ := s.tryDial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Subject = "gone" }), nil)
		return res != nil && res.StatusCode == 403
	})
	cases := []struct {
		name   string
		topics string
		ticket string
		want   int
	}{
		{"a public topic without a ticket", openAll, "", 101},
		{"a screen with its ticket", wall, s.ticket(t, nil), 101},
		{"a person with a ticket", wall, s.ticket(t, func(k *schema.Ticket) { k.Screen = false }), 101},
		{"a public topic beside one of the ticket", openAll + "," + ops, s.ticket(t, nil), 101},
		{"no ticket", wall, "", 401},
		{"a ticket of another server", wall, foreign.ticket(t, nil), 401},
		{"an expired ticket", wall, s.ticket(t, func(k *schema.Ticket) { k.ExpiresAt = time.Now().Add(-time.Second) }), 401},
		{"a ticket that is none", wall, "abc", 401},
		{"a ticket for something else", wall, s.ticket(t, func(k *schema.Ticket) { k.Topics = []string{ops} }), 403},
		{"one of two topics not covered", wall + "," + ops, s.ticket(t, func(k *schema.Ticket) { k.Topics = []string{ops} }), 403},
		{"control with a ticket that names it", "control", s.ticket(t, func(k *schema.Ticket) { k.Topics = []string{"control"} }), 400},
		{"no topic", "", s.ticket(t, nil), 400},
		{"a name that is no topic", "wall/x", s.ticket(t, nil), 400},
		{"seventeen topics", manyTopics(17), "", 400},
		{"sixteen topics", manyTopics(16), "", 101},
	}
	for _, c := range cases {
		_, res, err := s.tryDial(t, "topics="+c.topics, c.ticket, nil)
		if res == nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if res.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", c.name, res.StatusCode, c.want)
		}
		if c.want != 101 {
			wantProblem(t, c.name, res)
		}
	}
}

func manyTopics(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%s/%d", openAll, i))
	}
	return strings.Join(names, ",")
}

func wantProblem(t *testing.T, name string, res *http.Response) {
	t.Helper()
	var p struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
	}
	if ct := res.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/problem+json") {
		t.Errorf("%s: content type %q", name, ct)
	}
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || p.Status != res.StatusCode || p.Title == "" {
		t.Errorf("%s: problem %+v, %v; want status %d and a title", name, p, err, res.StatusCode)
	}
}

func TestOriginIsCheckedAgainstTheHostAndAList(t *testing.T) {
	t.Parallel()
	_, s := world(t, func(c *hub.Config) { c.Origins = []string{"https://toancanh.example"} })
	for origin, want := range map[string]int{
		"":                                101,
		"http://" + s.addr:                101,
		"https://toancanh.example":        101,
		"https://toancanh.example.evil":   403,
		"http://toancanh.example":         403,
		"https://evil.example":            403,
		"https://toancanh.example:8443":   403,
		"null":                            403,
		"http://user@" + s.addr:           403,
		"http://" + s.addr + ".evil.test": 403,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		_, res, err := s.tryDial(t, "topics="+openAll, "", header)
		if res == nil || res.StatusCode != want {
			t.Errorf("Origin %q: %v %v, want %d", origin, res, err, want)
		}
	}
}

func TestHandshakesThatAreNoneGetAnAnswer(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	good := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
	cases := []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"all right without a sub-protocol", nil, 101},
		{"no upgrade at all", map[string]string{"Upgrade": ""}, 426},
		{"version 12", map[string]string{"Sec-WebSocket-Version": "12"}, 426},
		{"no key", map[string]string{"Sec-WebSocket-Key": ""}, 400},
		{"a short key", map[string]string{"Sec-WebSocket-Key": "YWJj"}, 400},
		{"another sub-protocol", map[string]string{"Sec-WebSocket-Protocol": "chat"}, 400},
		{"compression offered", map[string]string{"Sec-WebSocket-Extensions": "permessage-deflate"}, 101},
	}
	for _, c := range cases {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /live?topics=%s HTTP/1.1\r\nHost: %s\r\n", openAll, s.addr)
		for k, v := range good {
			if change, ok := c.header[k]; ok {
				v = change
			}
			if v != "" {
				fmt.Fprintf(conn, "%s: %s\r\n", k, v)
			}
		}
		for k, v := range c.header {
			if _, known := good[k]; !known {
				fmt.Fprintf(conn, "%s: %s\r\n", k, v)
			}
		}
		fmt.Fprint(conn, "\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != c.want {
			t.Errorf("%s: %v %v, want %d", c.name, res, err, c.want)
		} else if ext := res.Header.Get("Sec-WebSocket-Extensions"); ext != "" {
			t.Errorf("%s: extensions %q were agreed on", c.name, ext)
		}
		_ = conn.Close()
	}
}

func TestATicketThatRunsOutClosesTheSocketUnlessRenewed(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	short := func(k *schema.Ticket) { k.ExpiresAt = time.Now().Add(1200 * time.Millisecond).UTC() }
	renewed := s.dial(t, "topics="+wall, s.ticket(t, short))
	renewed.untilType(schema.TypeBeat)
	if err := renewed.conn.WriteJSON(map[string]string{"type": "renew", "ticket": s.ticket(t, nil)}); err != nil {
		t.Fatal(err)
	}
	b := s.dial(t, "topics="+wall, s.ticket(t, short))
	if code := b.untilClosed(); code != schema.CloseRenew {
		t.Errorf("close code = %d, want %d", code, schema.CloseRenew)
	}
	until := time.Now().Add(time.Second)
	renewed.until("a beat after the first ticket ran out", func(f frame) bool { return f.Type == schema.TypeBeat && f.SourceAt.After(until) })
}

func TestWhatAClientMaySay(t *testing.T) {
	t.Parallel()
	_, s := world(t, nil)
	foreign := s.ticket(t, func(k *schema.Ticket) { k.Topics = []string{ops} })
	cases := []struct {
		name string
		kind int
		say  string
		want int
	}{
		{"a renewal that covers less", websocket.TextMessage, `{"type":"renew","ticket":"` + foreign + `"}`, schema.CloseUnauthorized},
		{"a renewal with nonsense", websocket.TextMessage, `{"type":"renew","ticket":"x"}`, schema.CloseUnauthorized},
		{"an unknown type", websocket.TextMessage, `{"type":"subscribe"}`, schema.CloseBadMessage},
		{"no JSON", websocket.TextMessage, `hello`, schema.CloseBadMessage},
		{"binary", websocket.BinaryMessage, `{"type":"pong"}`, schema.CloseBadMessage},
		{"text that is not UTF-8", websocket.TextMessage, "{\"type\":\"\xff\"}", 1007},
		{"a message that is too long", websocket.TextMessage, `{"type":"` + strings.Repeat("x", 9000) + `"}`, 1009},
		{"its own goodbye", websocket.CloseMessage, string(websocket.FormatCloseMessage(1000, "")), 1000},
	}
	for _, c := range cases {
		b := s.dial(t, "topics="+wall, s.ticket(t, nil))
		b.untilType(schema.TypeBeat)
		if err := b.conn.WriteMessage(c.kind, []byte(c.say)); err != nil {
			t.Fatal(err)
		}
		if code := b.untilClosed(); code != c.want {
			t.Errorf("%s: close code %d, want %d", c.name, code, c.want)
		}
	}
	b := s.dial(t, "topics="+wall, s.ticket(t, nil))
	for _, fine := range []string{`{"type":"pong"}`, `{"type":"screen","tile":3}`} {
		if err := b.conn.WriteMessage(websocket.TextMessage, []byte(fine)); err != nil {
			t.Fatal(err)
		}
	}
	pong := make(chan string, 1)
	b.conn.SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := b.conn.WriteMessage(websocket.PingMessage, []byte("đây")); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		b.untilType(schema.TypeBeat)
	}
	select {
	case got := <-pong:
		if got != "đây" {
			t.Errorf("pong = %q, want what the ping carried", got)
		}
	default:
		t.Error("no pong")
	}
	_ = b.conn.SetWriteDeadline(time.Now().Add(patience))
	for range 100 {
		_ = b.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"pong"}`))
	}
	if code := b.untilClosed(); code != schema.CloseBadMessage {
		t.Errorf("a hundred messages at once: close code %d, want %d", code, schema.CloseBadMessage)
	}
}

func TestARevocationClosesItsSubjectsSocketsOnly(t *testing.T) {
	t.Parallel()
	r, s := world(t, nil)
	victim := s.dial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Subject = "thief" }))
	other := joined(t, s, wall)
	victim.untilType(schema.TypeBeat)
	r.revoke("thief", time.Now())
	if code := victim.untilClosed(); code != schema.CloseRevoked {
		t.Errorf("close code = %d, want %d", code, schema.CloseRevoked)
	}
	other.untilType(schema.TypeBeat)
	other.untilType(schema.TypeBeat)
	later := s.dial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Subject = "thief"; k.IssuedAt = time.Now().Add(time.Second) }))
	later.untilType(schema.TypeBeat)
}

func TestRevocationsFromBeforeTheHubCountToo(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus())
	r.lead(t)
	for i := range 30 {
		r.revoke(fmt.Sprint("s", i), time.Now().Add(time.Hour))
	}
	r.set(func(r *record) { r.kept[schema.ControlTopic] = 10 })
	s := serve(t, r, nil)
	s.dial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Subject = "fine" })).untilType(schema.TypeBeat)
	_, res, _ := s.tryDial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Subject = "s29" }), nil)
	if res == nil || res.StatusCode != 403 {
		t.Errorf("a ticket revoked before the hub began: %v, want 403", res)
	}
}

func TestPersonsAreClosedWhileRevocationsAreUnsureAndScreensStay(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.ControlGrace = 300 * time.Millisecond })
	person := s.dial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Screen = false }))
	person.untilType(schema.TypeBeat)
	screen := joined(t, s, wall)
	public := s.dial(t, "topics="+openAll, "")
	r.set(func(r *record) { r.mute = true })
	if code := person.untilClosed(); code != schema.CloseUnsure {
		t.Errorf("close code = %d, want %d", code, schema.CloseUnsure)
	}
	for range 3 {
		screen.untilType(schema.TypeBeat)
		public.untilType(schema.TypeBeat)
	}
	_, res, _ := s.tryDial(t, "topics="+wall, s.ticket(t, func(k *schema.Ticket) { k.Screen = false }), nil)
	if res == nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a person meanwhile: %v, want 503 with Retry-After", res)
	}
}

func TestLimitsOfPublicSocketsTellThePageToPoll(t *testing.T) {
	t.Parallel()
	limited := func(change func(*hub.Config)) []int {
		_, s := world(t, change)
		var got []int
		for range 5 {
			_, res, _ := s.tryDial(t, "topics="+openAll, "", nil)
			got = append(got, res.StatusCode)
			if res.StatusCode >= 400 && res.Header.Get("Retry-After") == "" {
				t.Errorf("status %d without Retry-After", res.StatusCode)
			}
		}
		if b := s.dial(t, "topics="+wall, s.ticket(t, nil)); b.untilType(schema.TypeBeat).Type == "" {
			t.Error("a screen is kept out by the public's limits")
		}
		return got
	}
	cases := []struct {
		name   string
		change func(*hub.Config)
		want   []int
	}{
		{"of the process", func(c *hub.Config) { c.MaxPublic = 3 }, []int{101, 101, 101, 503, 503}},
		{"of a network", func(c *hub.Config) { c.MaxPerNetwork = 2 }, []int{101, 101, 429, 429, 429}},
		{"of the rate", func(c *hub.Config) { c.RatePerNetwork = 1.0001 }, []int{101, 429, 429, 429, 429}},
		{"of the networks behind a proxy", func(c *hub.Config) {
			var caller atomic.Uint32
			c.MaxPerNetwork, c.Caller = 1, func(*fasthttp.RequestCtx) netip.Addr {
				return netip.AddrFrom4([4]byte{203, 0, byte(caller.Add(1)), 7})
			}
		}, []int{101, 101, 101, 101, 101}},
		{"switched off", func(c *hub.Config) { c.MaxPublic, c.MaxPerNetwork, c.RatePerNetwork, c.NoLimits = 1, 1, 1, true }, []int{101, 101, 101, 101, 101}},
	}
	for _, c := range cases {
		got := limited(c.change)
		if c.name == "of the rate" && got[1] == 101 {
			continue // this machine took a second for one handshake
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("limit %s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestNobodyIsTakenInBeforeTheBusIsKnown(t *testing.T) {
	t.Parallel()
	r := newRecord(hub.NewLocalBus()) // nobody leads
	h := hub.New(hub.Config{Bus: r.bus, Source: r})
	if h.Ready() == nil {
		t.Error("Ready = nil before Run")
	}
	r.lead(t)
	s := serve(t, r, func(c *hub.Config) { c.JoinWait = 100 * time.Millisecond })
	r.set(func(r *record) { r.failing = true })
	_, res, _ := s.tryDial(t, "topics="+openAll, "", nil)
	if res == nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("without a snapshot: %v, want 503 with Retry-After", res)
	}
}
