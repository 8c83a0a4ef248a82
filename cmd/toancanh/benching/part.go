package benching

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// roleVariable carries a role to a process of this program that the bench has started.
const roleVariable = "TOANCANH_BENCH_ROLE"

// role says what such a process is to be.
type role struct {
	Name     string // hub, floor, apart
	Redis    string // hub: the bus; empty: what comes on standard input
	Source   string // hub: who is asked for snapshots
	Database string // apart
	Data     string // apart: a directory for its keys
	Profile  string // file for a CPU profile; empty: none
}

// Limits of the life of a process.
const (
	startLimit = 60 * time.Second
	stopLimit  = 15 * time.Second
)

// part is a process that is measured.
type part struct {
	cmd  *exec.Cmd
	in   io.WriteCloser // closing it ends the process
	addr string         // where it listens
	done chan struct{}  // closed when the process has ended
}

func (p *part) pid() int { return p.cmd.Process.Pid }

// startPart starts this program in a role and waits until it listens.
func (b *bench) startPart(ctx context.Context, r role) (*part, error) {
	if b.Profile != "" {
		r.Profile = filepath.Join(b.Profile, r.Name+".pprof")
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode role: %w", err)
	}
	cmd := exec.CommandContext(ctx, b.Program[0], append(b.Program[1:], "bench")...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), roleVariable+"="+string(raw))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", r.Name, err)
	}
	p := &part{cmd: cmd, done: make(chan struct{})}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", r.Name, err)
	}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", r.Name, err)
	}
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		said <- strings.TrimSpace(line)
	}()
	select {
	case p.addr = <-said:
	case <-time.After(startLimit):
	}
	if p.addr == "" {
		p.stop()
		return nil, fmt.Errorf("start %s: it does not listen", r.Name)
	}
	return p, nil
}

func (p *part) start() error {
	p.cmd.Stderr = os.Stderr
	endWith(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return nil
}

// stop ends the process and waits for it.
func (p *part) stop() {
	if p.in != nil {
		_ = p.in.Close()
	} else {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// used is the CPU time of the process and of those it started.
func (p *part) used() (time.Duration, error) { return usedBy(p.pid()) }

func usedBy(pid int) (time.Duration, error) {
	sum, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	for _, child := range childrenOf(pid) {
		if one, err := cpuOf(child); err == nil {
			sum += one
		}
	}
	return sum, nil
}

// errRole says that a role's process was started by hand.
var errRole = errors.New("a role of the bench is started by the bench alone")
