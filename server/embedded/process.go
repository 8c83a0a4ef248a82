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
	orphan   func(syscall.Signal) // signals the child past a guard that is gone
	stopping atomic.Bool
	done     chan struct{}
	err      error // set before done is closed
}

// supervise starts the guard for c. The lease of p is given up by stop.
func (p *process) supervise(c child) error {
	defer p.log.close() // the guard has its own by then
	spec, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("describe %s to its guard: %w", p.name, err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	read, hold, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make the pipe of the guard: %w", err)
	}
	defer func() { _ = read.Close() }()
	cmd := exec.Command(self) //nolint:noctx // lives until the pipe closes
	cmd.Env = append(os.Environ(), guardVariable+"="+string(spec))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, p.log.file, p.log.file
	cmd.ExtraFiles = []*os.File{p.lease.lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of the terminal's ^C
	if err := cmd.Start(); err != nil {
		_ = hold.Close()
		return fmt.Errorf("start the guard of %s: %w", p.name, err)
	}
	p.guard, p.hold, p.done = cmd, hold, make(chan struct{})
	go p.reap()
	return nil
}

// reap ends with the guard; Stop waits for it.
func (p *process) reap() {
	err := p.guard.Wait()
	if !p.stopping.Load() {
		// Either the child died or the guard was killed. Where the kernel does not tell the child of the
		// latter, it serves on with nobody to end it.
		p.orphan(syscall.SIGINT)
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
