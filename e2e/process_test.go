//go:build e2e

package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopLimit bounds the clean end of a program: its own bound with that of its child servers.
const stopLimit = 60 * time.Second

// order is how a program is started.
type order struct {
	args []string
	env  []string // NAME=value, over what every program gets
}

// process is one run of the program. It is ended with the test.
type process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	log  *logbook
	done chan struct{} // closed when it has ended
}

// run starts the program.
func run(t testing.TB, o order) *process {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: strings.Join(o.args[:min(len(o.args), 2)], " "), log: &logbook{}, done: make(chan struct{})}
	p.cmd = exec.Command(path, o.args...) //nolint:noctx // ended by pid
	p.cmd.Env = append(surroundings(t), o.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = tied()
	p.cmd.WaitDelay = time.Second // a child server must not hold the log open
	started := make(chan error, 1)
	go func() {
		// The kernel ends a tied program with the thread that started it: this one is kept as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("log of %s (%d):\n%s", p.name, p.cmd.Process.Pid, p.log.tail(40))
		}
	})
	return p
}

// surroundings are what every program gets from its surroundings: nothing that a test did not mean.
func surroundings(t testing.TB) []string {
	t.Helper()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}
	for _, name := range []string{"TOANCANH_PG_BIN", "TZ", "XDG_RUNTIME_DIR"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
}

// kill ends the program as a crash would.
func (p *process) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	p.await(stopLimit)
}

// stop ends the program as a service manager does. It is safe on one that has ended or stands still.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		<-p.done
		p.t.Errorf("%s did not end within %v of SIGTERM", p.name, stopLimit)
	}
}

// await waits for the end and returns the exit code, -1 after a signal.
func (p *process) await(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		p.t.Fatalf("%s has not ended within %v; its log ends:\n%s", p.name, within, p.log.tail(20))
		return 0
	}
}

// ended reports whether the program has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// logbook keeps what a program says.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail is the last lines.
func (l *logbook) tail(lines int) string {
	all := strings.Split(strings.TrimSpace(l.String()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
