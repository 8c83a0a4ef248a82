// Package testchild runs a program beside a test: it ends with the test binary, however that ends.
package testchild

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// killLimit bounds the end of a killed program.
const killLimit = 30 * time.Second

// Child is one life of a program.
type Child struct {
	process *os.Process
	ended   chan struct{}
}

// Start starts a program. It ends by itself or by Kill.
func Start(cmd *exec.Cmd) (*Child, error) {
	dieWithTest(cmd)
	c := &Child{ended: make(chan struct{})}
	started := make(chan error, 1)
	go c.live(cmd, started)
	return c, <-started
}

// live starts the program and stays with it. On Linux the kernel ends the program with the thread that started it: the
// thread is kept as long as the program lives.
func (c *Child) live(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	c.process = cmd.Process
	started <- err
	if err == nil {
		_ = cmd.Wait() // killed more often than not
	}
	close(c.ended)
}

// Ended is closed when the program is gone.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Signal sends the program a signal.
func (c *Child) Signal(signal os.Signal) error { return c.process.Signal(signal) }

// Kill ends the program with SIGKILL, a frozen one too, and returns when it is gone.
func (c *Child) Kill(tb testing.TB) {
	tb.Helper()
	_ = c.process.Kill()
	select {
	case <-c.ended:
	case <-time.After(killLimit):
		tb.Fatal("testchild: the program does not die")
	}
}

// FreePort asks the kernel for a port of 127.0.0.1 that nobody has now.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		tb.Fatalf("testchild: find a free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatalf("testchild: find a free port: %v is no TCP address", l.Addr())
	}
	return address.Port
}
