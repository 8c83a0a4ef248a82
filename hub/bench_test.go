package hub_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"toancanh/hub"
	"toancanh/schema"
)

// The readers of a benchmark live in a process of their own, so that the processor time of this one is the
// server's alone. They are started as this test binary with these variables set.
const (
	envReaderAddr  = "TOANCANH_BENCH_ADDR"
	envReaderCount = "TOANCANH_BENCH_COUNT"
	envReaderHello = "TOANCANH_BENCH_HELLO"
)

// mark stands once in each message, and nowhere else on the wire.
const mark = '!' // not 126, which begins the length of every longer frame

// benchReaders is how many sockets a benchmark serves.
const benchReaders = 1000

// readMarks opens sockets, counts marks on all of them and says, for each number on standard input, when it is reached.
func readMarks() {
	n, _ := strconv.Atoi(os.Getenv(envReaderCount))
	var total atomic.Int64
	for range n {
		conn, err := net.Dial("tcp", os.Getenv(envReaderAddr))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, _ = io.WriteString(conn, os.Getenv(envReaderHello))
		first := make(chan struct{})
		go func() {
			buf := make([]byte, 32<<10)
			for began := false; ; {
				k, err := conn.Read(buf)
				if err != nil {
					return
				}
				if total.Add(int64(bytes.Count(buf[:k], []byte{mark}))); !began {
					began = true
					close(first)
				}
			}
		}()
		if os.Getenv(envReaderHello) != "" {
			<-first
		}
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		target, _ := strconv.ParseInt(in.Text(), 10, 64)
		for total.Load() < target {
			time.Sleep(200 * time.Microsecond)
		}
		fmt.Println(target)
	}
}

// audience is the readers' process.
type audience struct {
	b      *testing.B
	in     io.WriteCloser
	out    *bufio.Scanner
	target int64
}

func newAudience(b *testing.B, addr, hello string, readers int) *audience {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envReaderAddr+"="+addr, envReaderCount+"="+strconv.Itoa(readers), envReaderHello+"="+hello)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	a := &audience{b: b, in: in, out: bufio.NewScanner(out)}
	if !a.out.Scan() || a.out.Text() != "ready" {
		b.Fatalf("readers: %s", a.out.Text())
	}
	return a
}

// await returns when every reader has n messages more.
func (a *audience) await(n int) {
	a.target += int64(n) * benchReaders
	_, _ = fmt.Fprintln(a.in, a.target)
	if !a.out.Scan() {
		a.b.Fatal("readers ended")
	}
}

// processorTime is what this process has used, by the kernel's account.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure sends bursts and reports processor seconds per million deliveries.
func measure(b *testing.B, a *audience, burst int, send func(n int)) {
	b.Helper()
	send(burst) // warm up
	a.await(burst)
	before := processorTime()
	deliveries := 0
	for b.Loop() {
		send(burst)
		a.await(burst)
		deliveries += burst * benchReaders
	}
	b.ReportMetric((processorTime()-before).Seconds()*1e6/float64(deliveries), "cpu-s/Mdeliv")
	b.ReportMetric(float64(deliveries)/b.Elapsed().Seconds(), "deliv/s")
	b.ReportMetric(0, "ns/op")
}

// padding makes a message of the benchmark as long as a report on the wall.
var padding = strings.Repeat("x", 200) + string(mark) //nolint:gochecknoglobals // constant

func BenchmarkFanOut(b *testing.B) {
	for _, w := range []int{1, 64} {
		b.Run(fmt.Sprintf("floor, a write each, %d in flight", w), func(b *testing.B) { floor(b, w, 1) })
		if w > 1 {
			b.Run(fmt.Sprintf("floor, 16 joined, %d in flight", w), func(b *testing.B) { floor(b, w, 16) })
		}
		b.Run(fmt.Sprintf("hub, %d in flight", w), func(b *testing.B) { fanOut(b, w) })
	}
}

// floor writes the same bytes to as many sockets with nothing around it.
func floor(b *testing.B, burst, joined int) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var conns []*net.TCPConn
	var wg sync.WaitGroup
	wg.Go(func() {
		for range benchReaders {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c.(*net.TCPConn))
		}
	})
	a := newAudience(b, listener.Addr().String(), "", benchReaders)
	wg.Wait()
	event := fmt.Sprintf(`{"type":"event","topic":%q,"seq":1000,"kind":"report","id":"1000","version":1000,"at":"2026-11-23T02:00:00.123456789Z","data":{"id":"1000","word":%q}}`, wall, padding)
	one := append([]byte{0x81, 126, byte(len(event) >> 8), byte(len(event))}, event...)
	block := bytes.Repeat(one, min(joined, burst))
	measure(b, a, burst, func(n int) {
		for sent := 0; sent < n; sent += min(joined, burst) {
			for _, c := range conns {
				if _, err := c.Write(block); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	for _, c := range conns {
		_ = c.Close()
	}
}

func fanOut(b *testing.B, burst int) {
	b.Helper()
	r := newRecord(hub.NewLocalBus())
	r.lead(b)
	s := serve(b, r, func(c *hub.Config) {
		c.NoLimits, c.FlushEvery, c.BeatEvery, c.PingEvery = true, 25*time.Millisecond, time.Hour, time.Hour
	})
	a := newAudience(b, s.addr, s.handshake(b), benchReaders)
	measure(b, a, burst, func(n int) {
		for range n {
			r.event(wall, schema.KindReport, "1000", padding)
		}
	})
}

// handshake is what a socket of a benchmark sends.
func (s *served) handshake(b *testing.B) string {
	b.Helper()
	return fmt.Sprintf("GET /live?topics=%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s, ticket.%s\r\n\r\n",
		wall, s.addr, schema.Protocol, s.ticket(b, nil))
}

// BenchmarkIdle reports what an idle socket costs the process, ticket and subscription included.
func BenchmarkIdle(b *testing.B) {
	const sockets = 5000
	r := newRecord(hub.NewLocalBus())
	r.lead(b)
	s := serve(b, r, func(c *hub.Config) { c.NoLimits = true })
	newAudience(b, s.addr, s.handshake(b), 100) // what is allocated once
	before := resident(b)
	newAudience(b, s.addr, s.handshake(b), sockets)
	time.Sleep(11 * time.Second) // until nobody holds an invitation any more
	debug.FreeOSMemory()
	for b.Loop() { //nolint:revive // what is measured has happened
	}
	b.ReportMetric(float64(resident(b)-before)/sockets, "B/socket")
	b.ReportMetric(0, "ns/op")
}

// resident is this process's memory as the kernel counts it, in bytes.
func resident(b *testing.B) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

// BenchmarkJoin is one client's way in: handshake, snapshot, first beat.
func BenchmarkJoin(b *testing.B) {
	r := newRecord(hub.NewLocalBus())
	r.lead(b)
	s := serve(b, r, func(c *hub.Config) { c.NoLimits, c.BeatEvery = true, time.Hour })
	for i := range 100 {
		r.event(wall, schema.KindReport, fmt.Sprint(i), padding)
	}
	token := s.ticket(b, nil)
	for b.Loop() {
		c := s.dial(b, "topics="+wall, token)
		c.untilType(schema.TypeBeat)
		_ = c.conn.Close()
	}
}
