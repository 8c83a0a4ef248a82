package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
)

// process is the program's hold on a supervised child: the guard, and the pipe whose closing ends it.
type process struct {
	name     string
	guard    *exec.Cmd
	hold     *os.File
	lease    *lease
	log      *childLog
	stopping atomic.Bool
	done     chan struct{}
	err      error // set before done is closed
}

// supervise starts the guard for c. The caller gives its lease up only after done is closed.
func supervise(name string, c child, l *lease, log *childLog) (*process, error) {
	spec, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("describe %s to its guard: %w", name, err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary: %w", err)
	}
	read, hold, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make the pipe of the guard: %w", err)
	}
	defer func() { _ = read.Close() }()
	defer log.close()
	cmd := exec.Command(self) //nolint:noctx // lives until the pipe closes
	cmd.Env = append(os.Environ(), guardVariable+"="+string(spec))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, log.file, log.file
	cmd.ExtraFiles = []*os.File{l.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of the terminal's ^C
	if err := cmd.Start(); err != nil {
		_ = hold.Close()
		return nil, fmt.Errorf("start the guard of %s: %w", name, err)
	}
	p := &process{name: name, guard: cmd, hold: hold, lease: l, log: log, done: make(chan struct{})}
	go p.reap()
	return p, nil
}

// reap ends with the guard; Stop waits for it.
func (p *process) reap() {
	err := p.guard.Wait()
	if !p.stopping.Load() {
		p.err = fmt.Errorf("%s ended by itself: %s", p.name, p.log.lastWords(errText(err)))
	} else if err != nil {
		p.err = fmt.Errorf("stop %s: %w", p.name, err)
	}
	close(p.done)
}

func errText(err error) string {
	if err == nil {
		return "no reason given"
	}
	return err.Error()
}

// stop closes the pipe, which is the whole protocol, waits until the guard has ended the child and gives
// the lease up. The guard has removed the socket by then: after the lease is gone nothing is ours to touch.
func (p *process) stop(ctx context.Context) error {
	if p.stopping.CompareAndSwap(false, true) {
		_ = p.hold.Close()
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", p.name, ctx.Err())
	}
	p.lease.release()
	return p.err
}

// failure says why the child ended; nil while it runs and after an orderly stop.
func (p *process) failure() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}
