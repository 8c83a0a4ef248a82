// Package testmqtt gives a test a real MQTT broker of its own, which it may kill, stop and restart with what it kept.
//
// Where no mosquitto is installed a test is skipped at a desk and fails under CI=true. The broker listens on 127.0.0.1 only,
// and ends with the test binary.
package testmqtt

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"toancanh/server/embedded/testchild"
)

// limit bounds every start and every stop.
const limit = 30 * time.Second

// attempts is how often a start is tried when somebody else takes the free port first.
const attempts = 5

// Broker is one test's broker. It keeps its address and its sessions over restarts.
type Broker struct {
	tb     testing.TB
	binary string
	dir    string
	port   int
	extra  []string
	run    *testchild.Child
}

// New starts a broker for one test. Settings are further lines of mosquitto.conf; without any, everybody is let in.
func New(tb testing.TB, settings ...string) *Broker {
	tb.Helper()
	binary, err := find()
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("testmqtt: %v", err)
		}
		tb.Skipf("testmqtt: %v", err)
	}
	if len(settings) == 0 {
		settings = []string{"allow_anonymous true"}
	}
	b := &Broker{tb: tb, binary: binary, dir: tb.TempDir(), extra: settings}
	tb.Cleanup(b.Kill)
	for range attempts {
		b.port = testchild.FreePort(tb)
		if err = b.start(); err == nil {
			return b
		}
	}
	tb.Fatalf("testmqtt: %v", err)
	return nil
}

// find looks where Debian keeps it too: not everybody's path leads there.
func find() (string, error) {
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("mosquitto is not installed: tests against a real broker cannot be run")
}

// URL is the address as a setting of ours.
func (b *Broker) URL() string { return "mqtt://" + b.Addr() }

// Addr is the address as host:port.
func (b *Broker) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)) }

// Kill ends the broker with SIGKILL, as a crash would, and returns when it is gone.
func (b *Broker) Kill() {
	if b.run == nil {
		return
	}
	b.run.Kill(b.tb)
	b.run = nil
}

// Restart starts the broker again on what it kept, after ending it if it still runs.
func (b *Broker) Restart() {
	b.tb.Helper()
	b.Kill()
	if err := b.start(); err != nil {
		b.tb.Fatalf("testmqtt: %v", err)
	}
}

// Save has the broker write what it holds to disk, and returns when that is done: of a crash it knows no more than that.
func (b *Broker) Save() {
	b.tb.Helper()
	poll, late := time.NewTicker(10*time.Millisecond), time.NewTimer(limit)
	defer poll.Stop()
	defer late.Stop()
	for before := b.saved(); b.saved() == before; {
		_ = b.run.Signal(syscall.SIGUSR1)
		select {
		case <-poll.C:
		case <-late.C:
			b.tb.Fatal("testmqtt: the broker does not save")
		}
	}
}

// Refusals counts the clients that the broker did not let in.
func (b *Broker) Refusals() int {
	b.tb.Helper()
	text, err := os.ReadFile(b.log())
	if err != nil {
		b.tb.Fatalf("testmqtt: %v", err)
	}
	return strings.Count(string(text), "not authorised")
}

// saved tells one saved state from another: the broker writes a new file and puts it in the place of the old one.
func (b *Broker) saved() string {
	info, err := os.Stat(filepath.Join(b.dir, "mosquitto.db"))
	if err != nil {
		return ""
	}
	return info.ModTime().String()
}

func (b *Broker) start() error {
	config := fmt.Sprintf(`listener %d 127.0.0.1
persistence true
persistence_location %s/
autosave_interval 3600
max_queued_messages 0
log_dest file %s
log_type all
%s
`, b.port, b.dir, b.log(), strings.Join(b.extra, "\n"))
	if os.Getuid() == 0 {
		config += "user root\n" // it would give up the right to its own directory
	}
	path := filepath.Join(b.dir, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(b.binary, "-c", path) //nolint:gosec,noctx // the program that was looked for, ended by Kill
	child, err := testchild.Start(cmd)
	if err != nil {
		return fmt.Errorf("start mosquitto: %w", err)
	}
	b.run = child
	if err := b.awaitReady(); err != nil {
		b.Kill()
		return err
	}
	return nil
}

func (b *Broker) log() string { return filepath.Join(b.dir, "mosquitto.log") }

func (b *Broker) awaitReady() error {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		conn, err := net.DialTimeout("tcp", b.Addr(), time.Second) //nolint:noctx // loopback, bounded
		if err == nil {
			return conn.Close()
		}
		select {
		case <-b.run.Ended():
			text, _ := os.ReadFile(b.log())
			return fmt.Errorf("mosquitto ended at its start: %s", text)
		case <-late.C:
			return fmt.Errorf("wait for mosquitto: %w", err)
		case <-poll.C:
		}
	}
}
