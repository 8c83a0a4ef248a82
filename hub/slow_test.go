package hub_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/hub"
	"toancanh/schema"
)

// freeze opens a socket that reads its handshake and then nothing more.
func (s *served) freeze(t testing.TB, query, ticket string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET /live?%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s, ticket.%s\r\n\r\n", query, s.addr, schema.Protocol, ticket)
	b := make([]byte, 12)
	if _, err := conn.Read(b); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 101") {
		t.Fatalf("handshake: %q %v", b, err)
	}
	return conn
}

func TestFrozenReadersChangeNothingForOthersAndHoldLittle(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SlowAfter, c.SendBuffer = time.Hour, 32<<10 })
	token := s.ticket(t, nil)
	for range 200 {
		s.freeze(t, "topics="+wall, token)
	}
	b := joined(t, s, wall)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	word := strings.Repeat("đ", 500)
	const events = 2000
	for i := range events {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i%50), word)
		if i%20 == 19 {
			b.untilSeq(wall, int64(i+1))
		}
	}
	wantWhole(t, b, 1, events)
	runtime.GC()
	runtime.ReadMemStats(&after)
	// The record, the ring and the browser hold every event several times; 200 clients that each held them too
	// would hold 200 times 3 MB.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("heap grew by %d MiB with 200 frozen readers, want below 100", grown>>20)
	}
}

func TestASlowReaderIsToldToResyncAndThenIsWhole(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SendBuffer, c.PendingBytes, c.SlowAfter = 32<<10, 32<<10, time.Hour })
	b := joined(t, s, wall)
	_ = b.conn.NetConn().(*net.TCPConn).SetReadBuffer(64 << 10)
	word := strings.Repeat("x", 1000)
	const events = 4000
	for i := range events { // nobody reads meanwhile
		r.event(wall, schema.KindReport, fmt.Sprint("r", i%20), word)
		if i%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	reset := b.untilType(schema.TypeReset)
	if reset.Reason != "slow" {
		t.Errorf("reset = %s, want slow", reset.raw)
	}
	before := b.seqs(wall)
	if diff := cmp.Diff(span(1, int64(len(before))), before); diff != "" {
		t.Errorf("seqs before the reset (-want +got):\n%s", diff)
	}
	snap := b.untilType(schema.TypeSnapshot)
	if snap.Seq < events {
		b.until("a snapshot of everything, or the last event", func(f frame) bool {
			return f.Type == schema.TypeSnapshot && f.Seq >= events || f.Type == schema.TypeEvent && f.Seq == events
		})
	}
	r.event(wall, schema.KindReport, "end", "x")
	b.untilSeq(wall, events+1)
	var tail []int64
	for _, f := range b.seen {
		switch f.Type {
		case schema.TypeSnapshot:
			tail = []int64{}
			snap = f
		case schema.TypeEvent:
			tail = append(tail, f.Seq)
		}
	}
	if diff := cmp.Diff(span(snap.Seq+1, events+1), tail); diff != "" {
		t.Errorf("seqs after the last snapshot (-want +got):\n%s", diff)
	}
}

func TestAReaderThatTakesNothingIsClosed(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SlowAfter, c.SendBuffer = 200*time.Millisecond, 4<<10 })
	conn := s.freeze(t, "topics="+wall, s.ticket(t, nil))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				r.event(wall, schema.KindReport, fmt.Sprint(i%10), strings.Repeat("x", 3000))
			}
		}
	}()
	eventually(t, "the socket is cut", func() bool {
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		// A masked pong, which a living hub takes quietly; a cut connection answers with a reset.
		_, err := conn.Write([]byte{0x8A, 0x80, 0, 0, 0, 0})
		return err != nil
	})
}

func TestABigSnapshotReachesASlowReaderWhole(t *testing.T) {
	t.Parallel()
	r, s := world(t, func(c *hub.Config) { c.SendBuffer = 16 << 10 })
	for i := range 500 {
		r.event(wall, schema.KindReport, fmt.Sprint("r", i), strings.Repeat("ă", 500))
	}
	b := s.dial(t, "topics="+wall, s.ticket(t, nil))
	snap := b.untilType(schema.TypeSnapshot)
	var data schema.Snapshot
	if err := json.Unmarshal(snap.Data, &data); err != nil || len(data.Reports) != 500 {
		t.Errorf("snapshot holds %d reports, %v; want 500", len(data.Reports), err)
	}
	r.event(wall, schema.KindReport, "end", "x")
	b.untilSeq(wall, 501)
	wantWhole(t, b, 501, 501)
}

func TestASocketThatAnswersNoPingIsDropped(t *testing.T) {
	t.Parallel()
	_, s := world(t, func(c *hub.Config) { c.PingEvery = 600 * time.Millisecond })
	b := joined(t, s, wall)
	ended := make(chan struct{})
	go func() { // a client answers pings only while it reads
		defer close(ended)
		b.until("a beat of much later", func(f frame) bool { return f.Type == schema.TypeBeat && b.count(schema.TypeBeat) > 40 })
	}()
	conn := s.freeze(t, "topics="+wall, s.ticket(t, nil))
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, conn); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a socket that answers nothing stays open")
	}
	<-ended
}
