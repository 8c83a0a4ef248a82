//go:build e2e

package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bounds of a program's life.
const (
	readyWithin   = 60 * time.Second
	stopWithin    = 60 * time.Second
	requestWithin = 10 * time.Second
	liveWithin    = 30 * time.Second // a first page: software draws the map here
)

// province is a `toancanh up` with a directory of its own, which it keeps over restarts. It ends with the test.
type province struct {
	t    testing.TB
	addr string
	dir  string
	args []string

	cmd  *exec.Cmd
	log  *logbook
	done chan struct{} // closed when the program has ended
}

// quiet has no simulator and no past: what happens in it the test has done.
func quiet() []string { return []string{"TOANCANH_SIMULATE=off", "TOANCANH_HISTORY_DAYS=0"} }

// settle starts a province and waits until it is ready. env comes over what every province gets.
func settle(t testing.TB, args, env []string) *province {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		t.Fatal(err)
	}
	p := &province{t: t, addr: l.Addr().String(), dir: t.TempDir(), args: append([]string{"up"}, args...), log: &logbook{}}
	_ = l.Close()
	t.Cleanup(func() {
		p.stop()
		p.awaitChildrenGone()
		if t.Failed() {
			t.Logf("log of the program:\n%s", p.log.tail(30))
		}
	})
	p.start(env)
	return p
}

// start starts the program, again on the same address and data after the first time, and waits until it is ready.
func (p *province) start(env []string) {
	p.t.Helper()
	path := program(p.t)
	p.cmd = exec.Command(path, p.args...) //nolint:noctx // ended by pid
	p.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TMPDIR=" + os.TempDir(), "TOANCANH_LISTEN=" + p.addr,
		"TOANCANH_DATA=" + p.dir, "TOANCANH_LIMITS=off", "TOANCANH_PUBLIC_EVERY=500ms",
	}, env...)
	if bin := os.Getenv("TOANCANH_PG_BIN"); bin != "" {
		p.cmd.Env = append(p.cmd.Env, "TOANCANH_PG_BIN="+bin)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = tied()
	p.cmd.WaitDelay = time.Second // a child server must not hold the log open
	p.done = make(chan struct{})
	if err := live(p.cmd, p.done); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "the program is ready", readyWithin, func() bool {
		status, _, err := p.request(http.MethodGet, "/readyz", nil)
		return err == nil && status == http.StatusOK
	}, func() string { return p.log.tail(20) })
}

// live starts a program and closes done when it has ended.
func live(cmd *exec.Cmd, done chan struct{}) error {
	started := make(chan error, 1)
	go func() {
		// The kernel ends a tied program with the thread that started it: this one is kept as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return <-started
}

// stop ends the program as a service manager does. It is safe on one that has ended or stands still.
func (p *province) stop() {
	p.t.Helper()
	if p.done == nil {
		return
	}
	p.thawAll()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("the program did not end within %v of SIGTERM", stopWithin)
	}
}

// kill ends the program as a crash would.
func (p *province) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.done
}

// awaitChildrenGone waits until no child server uses the directory: they outlive a killed program by seconds.
func (p *province) awaitChildrenGone() {
	p.t.Helper()
	for _, name := range []string{"postgres.lock", "redis.lock"} {
		lock, err := os.Open(filepath.Join(p.dir, name))
		if err != nil {
			continue // never started
		}
		eventually(p.t, name+" is free", stopWithin, func() bool {
			return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil //nolint:gosec // a descriptor fits
		}, nil)
		_ = lock.Close()
	}
}

// postgres are the processes of the database, the postmaster first.
func (p *province) postgres() []int {
	p.t.Helper()
	head := p.pidIn(filepath.Join("pg*", "postmaster.pid"))
	pids := []int{head}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // a constant pattern
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid: the name may hold anything.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(head) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// redis is the process of the bus; the test lacks a part when the program found none.
func (p *province) redis() []int {
	p.t.Helper()
	if _, err := os.Stat(filepath.Join(p.dir, "redis.pid")); err != nil {
		missing(p.t, "there is no redis-server here (apt-get install -y redis-server)")
	}
	return []int{p.pidIn("redis.pid")}
}

func (p *province) pidIn(pattern string) int {
	p.t.Helper()
	found, _ := filepath.Glob(filepath.Join(p.dir, pattern))
	if len(found) != 1 {
		p.t.Fatalf("%d files are called %s", len(found), pattern)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		p.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// freeze stops processes without ending them; thaw lets them go on.
func (p *province) freeze(pids []int) { p.t.Helper(); p.signal(pids, syscall.SIGSTOP) }
func (p *province) thaw(pids []int)   { p.t.Helper(); p.signal(pids, syscall.SIGCONT) }

func (p *province) signal(pids []int, s syscall.Signal) {
	p.t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			p.t.Fatalf("signal %d: %v", pid, err)
		}
	}
}

// thawAll lets everything go on that a failed test has left standing.
func (p *province) thawAll() {
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	if found, _ := filepath.Glob(filepath.Join(p.dir, "pg*", "postmaster.pid")); len(found) == 1 {
		p.thaw(p.postgres())
	}
	if _, err := os.Stat(filepath.Join(p.dir, "redis.pid")); err == nil {
		p.thaw([]int{p.pidIn("redis.pid")})
	}
}

// database connects to the province's database as the role that owns it.
func (p *province) database() *pgx.Conn {
	p.t.Helper()
	found, _ := filepath.Glob(filepath.Join(p.dir, "pg*", "postmaster.pid"))
	if len(found) != 1 {
		p.t.Fatalf("the database has %d pid files", len(found))
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		p.t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n") // pid, directory, start, port, socket directory
	ctx, cancel := context.WithTimeout(context.Background(), requestWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, fmt.Sprintf("host=%s port=%s user=toancanh_owner dbname=toancanh sslmode=disable", lines[4], lines[3]))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// request asks the program for something.
func (p *province) request(method, path string, body any) (status int, answer []byte, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// get asks for JSON.
func (p *province) get(path string, into any) {
	p.t.Helper()
	p.call(http.MethodGet, path, nil, into)
}

// post sends JSON and reads what comes back.
func (p *province) post(path string, body, into any) {
	p.t.Helper()
	p.call(http.MethodPost, path, body, into)
}

func (p *province) call(method, path string, body, into any) {
	p.t.Helper()
	status, answer, err := p.request(method, path, body)
	if err != nil || status < 200 || status > 299 {
		p.t.Fatalf("%s %s: %d %v %.300s", method, path, status, err, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		p.t.Fatalf("%s %s: %v in %.300s", method, path, err, answer)
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

// says reports whether the program has said something.
func (l *logbook) says(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), what)
}

// tail is the last lines.
func (l *logbook) tail(lines int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := strings.Split(strings.TrimSpace(l.text.String()), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
