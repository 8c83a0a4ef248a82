//go:build e2e

package e2e_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"toancanh/schema"
)

// frozenReader is a socket that asked for a topic and never reads again.
func frozenReader(t testing.TB, s *server, topics ...string) {
	t.Helper()
	token, err := s.token(topics...)
	if err != nil {
		t.Fatal(err)
	}
	d := net.Dialer{Timeout: requestLimit}
	conn, err := d.DialContext(t.Context(), "tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4096)
	}
	_, err = fmt.Fprintf(conn, "GET /live?topics=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s, %s%s\r\n\r\n",
		strings.Join(topics, ","), s.addr, schema.Protocol, schema.TicketPrefix, token)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(requestLimit))
	res, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("a frozen reader was answered %s", res.Status)
	}
}

func TestFrozenReadersSlowNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t, "")
	s := w.serve()
	for range times(20, 200) {
		frozenReader(t, s, opsTopic, wallTopic)
	}
	screens := []*screen{watch(t, s, wallTopic, opsTopic), watch(t, s, publicTopic)}
	l := send(t, s)
	// Enough for the frozen ones' buffers here and in the kernel to be full several times over.
	for range times(2, 20) {
		l.awaitAcks(250)
		l.pause()
		agree(t, w.pool, time.Now(), limit(3*time.Second), screens...)
		l.resume()
	}
	l.stop()
	l.check(t, w.pool)
	sound(screens...)
	for _, sc := range screens {
		if n := sc.noted(); n.sessions != 1 || len(n.resets) > 0 || n.snapshots != len(sc.topics) {
			t.Errorf("frozen neighbours had a screen begin anew: %s", sc.state())
		}
	}
	if long() {
		eventually(t, "frozen readers are dropped", 2*time.Minute, func() bool {
			a, err := s.api().get("/metrics")
			return err == nil && strings.Contains(string(a.body), `toancanh_hub_connections{kind="ticketed"} 1`)
		}, nil)
	}
}
