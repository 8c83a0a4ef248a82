package door

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Paces of a listener that has run out of descriptors.
const (
	leastPause = 5 * time.Millisecond
	mostPause  = time.Second
)

// refusal is what a caller gets for whom there is no descriptor.
const refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 2\r\n" +
	"Connection: close\r\nContent-Length: 0\r\n\r\n"

// Patient makes a listener that outlives a shortage of descriptors or memory. The HTTP server takes every fault of
// Accept for the end, so that one flood of sockets would end the program. Close closes the listener below.
func Patient(l net.Listener, log *slog.Logger) net.Listener {
	return &patient{Listener: l, log: log, closed: make(chan struct{}), spare: spareDescriptor()}
}

type patient struct {
	net.Listener
	log    *slog.Logger
	spare  *os.File // given up for a moment to refuse a caller instead of leaving them waiting
	once   sync.Once
	closed chan struct{}
}

// Accept waits for the next caller. It is called by one goroutine.
func (p *patient) Accept() (net.Conn, error) {
	pause := leastPause
	for {
		conn, err := p.Listener.Accept()
		if err == nil || !passing(err) {
			if pause > leastPause {
				p.log.Info("callers are accepted again")
			}
			return conn, err
		}
		if pause == leastPause {
			p.log.Warn("no descriptor for another caller", slog.Any("err", err))
		}
		p.refuse()
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-p.closed:
			wait.Stop()
		}
		pause = min(2*pause, mostPause)
	}
}

// Close ends Accept.
func (p *patient) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Listener.Close()
}

// refuse answers whoever waits, by the descriptor kept for it.
func (p *patient) refuse() {
	if p.spare == nil {
		p.spare = spareDescriptor()
		return
	}
	_ = p.spare.Close()
	if t, ok := p.Listener.(*net.TCPListener); ok {
		_ = t.SetDeadline(time.Now().Add(leastPause)) //nolint:forbidigo // a deadline of the kernel's
		for range 64 {
			conn, err := t.Accept()
			if err != nil {
				break
			}
			_ = conn.SetDeadline(time.Now().Add(leastPause)) //nolint:forbidigo // as above
			_, _ = conn.Write([]byte(refusal))
			_ = conn.Close()
		}
		_ = t.SetDeadline(time.Time{})
	}
	p.spare = spareDescriptor()
}

func spareDescriptor() *os.File {
	f, err := os.Open(os.DevNull)
	if err != nil {
		return nil
	}
	return f
}

// passing reports whether a fault of accept is one of the moment: no descriptor, no memory, a caller already gone.
func passing(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
