//go:build e2e

package e2e_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// lossy stands before a Redis and loses what it is told to: messages on their way to a subscriber. Everything else
// passes as it is.
type lossy struct {
	listener net.Listener
	upstream string
	loses    atomic.Pointer[func(channel string, body []byte) bool]
	lost     atomic.Int64
	pairs    sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool
	ended    bool
}

func newLossy(t testing.TB, upstream string) *lossy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	p := &lossy{listener: l, upstream: upstream, open: map[net.Conn]bool{}}
	p.lose(nil)
	p.pairs.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.pairs.Wait()
	})
	return p
}

func (p *lossy) url() string { return "redis://" + p.listener.Addr().String() }

// lose sets what is lost; nil: nothing.
func (p *lossy) lose(which func(channel string, body []byte) bool) {
	if which == nil {
		which = func(string, []byte) bool { return false }
	}
	p.loses.Store(&which)
}

// cut ends every connection for good.
func (p *lossy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for c := range p.open {
		_ = c.Close()
	}
}

func (p *lossy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		_ = c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *lossy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.upstream) //nolint:noctx // loopback, at once
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client) || !p.keep(server) {
			return
		}
		p.pairs.Go(func() { p.up(server, client) })
		p.pairs.Go(func() { p.down(client, server) })
	}
}

func (p *lossy) up(server, client net.Conn) {
	_, _ = io.Copy(server, client)
	_ = server.Close()
	_ = client.Close()
}

func (p *lossy) down(client, server net.Conn) {
	defer func() { _ = server.Close(); _ = client.Close() }()
	r := bufio.NewReaderSize(server, 1<<16)
	for {
		var raw bytes.Buffer
		words, err := reply(r, &raw)
		if err != nil {
			return
		}
		if len(words) == 3 && string(words[0]) == "message" && (*p.loses.Load())(string(words[1]), words[2]) {
			p.lost.Add(1)
			continue
		}
		if _, err := client.Write(raw.Bytes()); err != nil {
			return
		}
	}
}

// reply reads one reply of the Redis protocol as it stands on the wire and returns the strings in it.
func reply(r *bufio.Reader, raw *bytes.Buffer) (words [][]byte, err error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	raw.Write(line)
	n, _ := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	switch line[0] {
	case '$', '=', '!': // a string of n bytes and an end of line; -1 is none
		if n < 0 {
			return nil, nil
		}
		text := make([]byte, n+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		raw.Write(text)
		return [][]byte{text[:n]}, nil
	case '%', '|': // a map of n pairs
		n *= 2
	case '*', '>', '~': // n replies
	default: // the line is all
		return nil, nil
	}
	for range n {
		more, err := reply(r, raw)
		if err != nil {
			return nil, err
		}
		words = append(words, more...)
	}
	return words, nil
}
