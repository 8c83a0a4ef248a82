//go:build e2e

package deploy_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"toancanh/server/embedded/testpg"
	"toancanh/server/embedded/testredis"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// startLimit bounds the start of one process.
const startLimit = time.Minute

// machine stands for the containers: the same commands with the same environment, each host name of the compose
// file replaced by an address of this machine.
type machine struct {
	t       *testing.T
	project *types.Project
	program string            // path of the binary
	address map[string]string // of each service, host:port
	replace *strings.Replacer // host names by addresses
	keys    string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, project: project(t), program: buildProgram(t), address: map[string]string{}, keys: t.TempDir()}
	var pairs []string
	for _, name := range []string{"server", "hub-1", "hub-2"} {
		m.address[name] = freeAddress(t)
		pairs = append(pairs, "http://"+name+":8080", "http://"+m.address[name])
	}
	pairs = append(pairs, "redis://redis:6379/0", testredis.New(t).URL(), "/var/lib/toancanh/keys", m.keys, "/var/lib/toancanh/photos", t.TempDir())
	m.replace = strings.NewReplacer(pairs...)
	return m
}

func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "toancanh")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags=dist", "-o", program, "../cmd/toancanh")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}
	return program
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// environment is what the service gets, and nothing of ours but PATH and HOME.
func (m *machine) environment(service, owner string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.t.TempDir()}
	for name, value := range m.project.Services[service].Environment {
		v := m.replace.Replace(*value)
		switch {
		case name == "TOANCANH_LISTEN":
			v = m.address[service]
		case name == "TOANCANH_METRICS_LISTEN":
			v = "127.0.0.1:0"
		case strings.HasSuffix(name, "_URL") && strings.HasPrefix(v, "postgres://"):
			v = as(m.t, owner, v)
		}
		env = append(env, name+"="+v)
	}
	return env
}

// as is the test database's address with the role and password of another address.
func as(t *testing.T, owner, other string) string {
	t.Helper()
	here, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	there, err := url.Parse(other)
	if err != nil {
		t.Fatal(err)
	}
	here.User = there.User
	return here.String()
}

// process is one running service.
type process struct {
	name string
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan error
}

func (m *machine) start(ctx context.Context, service, owner string) *process {
	m.t.Helper()
	p := &process{name: service, log: &bytes.Buffer{}, done: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, m.program, m.project.Services[service].Command...)
	p.cmd.Env = m.environment(service, owner)
	p.cmd.Dir = m.t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		m.t.Fatalf("start %s: %v", service, err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p
}

// await runs the container's own health check until it passes.
func (m *machine) await(p *process) {
	m.t.Helper()
	check := m.project.Services[p.name].HealthCheck.Test[1:] // without CMD
	args := make([]string, 0, len(check))
	for _, arg := range check[1:] {
		args = append(args, strings.ReplaceAll(arg, "127.0.0.1:8080", m.address[p.name]))
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), startLimit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for exec.CommandContext(ctx, m.program, args...).Run() != nil {
		select {
		case err := <-p.done:
			m.t.Fatalf("%s ended: %v\n%s", p.name, err, p.log)
		case <-ctx.Done():
			_ = p.cmd.Process.Kill()
			err := <-p.done // its log is whole now
			m.t.Fatalf("%s is not healthy after %s, ended with %v\n%s", p.name, startLimit, err, p.log)
		case <-tick.C:
		}
	}
}

// stop ends a process as an engine does and holds it to its own grace period.
func (m *machine) stop(p *process) {
	m.t.Helper()
	grace := time.Duration(*m.project.Services[p.name].StopGracePeriod)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Errorf("stop %s: %v", p.name, err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			m.t.Errorf("%s ended with %v\n%s", p.name, err, p.log)
		}
	case <-time.After(grace):
		_ = p.cmd.Process.Kill()
		err := <-p.done
		m.t.Errorf("%s did not end within %s, then with %v\n%s", p.name, grace, err, p.log)
	}
}

func TestComposeProcessesServeWithoutContainers(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	owner := testpg.Empty(t)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel) // kills what a failed test left

	for range 2 { // every `docker compose up` runs it again
		migrate := m.start(ctx, "migrate", owner)
		if err := <-migrate.done; err != nil {
			t.Fatalf("migrate: %v\n%s", err, migrate.log)
		}
	}
	var running []*process
	for _, name := range []string{"server", "hub-1", "hub-2"} {
		p := m.start(ctx, name, owner)
		running = append(running, p)
		m.await(p)
	}
	if err := m.report(); err != nil {
		t.Errorf("server: %v", err)
	}
	for _, hub := range []string{"hub-1", "hub-2"} {
		if err := m.hello(hub); err != nil {
			t.Errorf("%s: %v", hub, err)
		}
	}
	for _, p := range slices.Backward(running) {
		m.stop(p)
	}
}

// report posts one report and wants it acknowledged.
func (m *machine) report() error {
	ctx, cancel := context.WithTimeout(m.t.Context(), startLimit)
	defer cancel()
	body := `{"category":"MT","description":"Rác chưa được thu gom","location":{"lat":12.0,"lon":107.6}}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+m.address["server"]+"/api/v1/reports", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("post a report: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("post a report: answered %s: %s", response.Status, text)
	}
	return nil
}

// hello asks a hub for a public topic and waits for its first event.
func (m *machine) hello(hub string) error {
	ctx, cancel := context.WithTimeout(m.t.Context(), startLimit)
	defer cancel()
	address := "http://" + m.address[hub] + "/live/sse?topics=public/vn-2022/67"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask for the feed: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data:") {
			return nil
		}
	}
	return fmt.Errorf("the stream ended without an event: %w", lines.Err())
}
