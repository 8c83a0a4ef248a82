package embedded_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"toancanh/server/embedded"
	"toancanh/server/embedded/internal/tree"
)

// The tests of this package start whole programs and kill them. The program is this test binary, told by
// programVariable which data directory to serve.
const programVariable = "TOANCANH_TEST_PROGRAM"

// patience bounds every wait of these tests; nothing takes nearly as long on an idle machine.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	embedded.Guard()
	if dir, ok := os.LookupEnv(programVariable); ok {
		os.Exit(serve(dir))
	}
	code := m.Run()
	served.clear()
	os.Exit(code)
}

// facts is what a program says of itself when it is ready, or why it is not.
type facts struct {
	Program, Guard, Server int
	DSN, Describe, FoundIn string
	Refused                string
}

// serve is what a real main does with an embedded server.
func serve(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	say := json.NewEncoder(os.Stdout)
	postgres, err := embedded.StartPostgres(ctx, embedded.Options{DataDir: dir, Extra: []string{"log_min_messages=log"}})
	if err != nil {
		_ = say.Encode(facts{Refused: err.Error()})
		return 1
	}
	_ = say.Encode(facts{
		Program: os.Getpid(), Guard: postgres.GuardPID(), Server: postgres.PID(), FoundIn: postgres.FoundIn(),
		DSN: postgres.DSN(embedded.Owner, embedded.Database), Describe: postgres.Describe(),
	})
	select {
	case <-postgres.Done():
		_ = say.Encode(facts{Refused: fmt.Sprint(postgres.Err())})
		return 1
	case <-ctx.Done():
	}
	// What a program still has to write when it is told to go.
	err = write(context.Background(), postgres.DSN(embedded.Owner, embedded.Database), "last words")
	if err := errors.Join(err, postgres.Stop(context.Background())); err != nil {
		_ = say.Encode(facts{Refused: err.Error()})
		return 1
	}
	return 0
}

// person is who runs a program.
type person struct {
	name       string
	credential *syscall.Credential // nil for whoever runs the tests
}

// everyone are the people as whom a case is tried: root and an ordinary user, or only the latter.
func everyone() []person {
	if os.Getuid() != 0 {
		return []person{{name: "as an ordinary user"}}
	}
	return []person{{name: "as root"}, {name: "as an ordinary user", credential: &syscall.Credential{Uid: 65534, Gid: 65534}}}
}

// some are the people as whom a case is tried when it is one of many: whoever runs the tests, and with
// TOANCANH_LONG everyone.
func some() []person {
	if os.Getenv("TOANCANH_LONG") != "" {
		return everyone()
	}
	return everyone()[:1]
}

// emptyDir is a directory of the person's own that everyone may pass.
func (w person) emptyDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "toancanh-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "data")
	t.Cleanup(func() {
		awaitNothing(t, own) // the programs are dead by now
		_ = os.RemoveAll(dir)
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	w.take(t, own)
	return own
}

// take gives path and all below it to the person.
func (w person) take(t *testing.T, path string) {
	t.Helper()
	if w.credential == nil {
		return
	}
	err := filepath.WalkDir(path, func(p string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(p, int(w.credential.Uid), int(w.credential.Gid)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// cluster is a data directory in which the person has served before.
func (w person) cluster(t *testing.T) string {
	t.Helper()
	dir := w.emptyDir(t)
	if err := tree.Copy(dir, served.by(t, w)); err != nil {
		t.Fatal(err)
	}
	w.take(t, dir)
	return dir
}

// served keeps a stopped cluster for each person: copying one is ten times faster than making one.
var served clusters

type clusters struct {
	mu   sync.Mutex
	dirs map[string]string
}

func (c *clusters) by(t *testing.T, who person) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if dir, ok := c.dirs[who.name]; ok {
		return dir
	}
	dir, err := os.MkdirTemp("", "toancanh-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	made := who.emptyDir(t)
	who.start(t, made).interrupt(t)
	if err := tree.Copy(dir, made); err != nil {
		t.Fatal(err)
	}
	if c.dirs == nil {
		c.dirs = map[string]string{}
	}
	c.dirs[who.name] = dir
	return dir
}

func (c *clusters) clear() {
	for _, dir := range c.dirs {
		_ = os.RemoveAll(dir)
	}
}

// program is a running serve.
type program struct {
	facts
	cmd   *exec.Cmd
	said  chan facts
	ended chan struct{}
}

// start runs a program and waits until it serves.
func (w person) start(t *testing.T, dir string, env ...string) *program {
	t.Helper()
	p := w.launch(t, dir, env...)
	p.facts = p.next(t)
	if p.Refused != "" {
		t.Fatalf("the program did not start: %s", p.Refused)
	}
	return p
}

// refused runs a program that must not start and returns why it did not.
func (w person) refused(t *testing.T, dir string, env ...string) string {
	t.Helper()
	p := w.launch(t, dir, env...)
	said := p.next(t)
	if said.Refused == "" {
		t.Fatalf("the program started: %s", said.Describe)
	}
	if code := p.exit(t); code != 1 {
		t.Errorf("exit code is %d, want 1", code)
	}
	if strings.Contains(said.Refused, "\n") {
		t.Errorf("the reason is longer than a line: %q", said.Refused)
	}
	return said.Refused
}

func (w person) launch(t *testing.T, dir string, env ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(binary(t)), said: make(chan facts, 4), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), append(env, programVariable+"="+dir)...)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: w.credential}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		defer close(p.said)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			var f facts
			if json.Unmarshal(lines.Bytes(), &f) == nil {
				p.said <- f
			}
		}
		_ = p.cmd.Wait() // the exit code is in ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *program) next(t *testing.T) facts {
	t.Helper()
	select {
	case f, ok := <-p.said:
		if !ok {
			t.Fatal("the program ended without a word")
		}
		return f
	case <-time.After(patience):
		t.Fatal("the program says nothing")
	}
	return facts{}
}

func (p *program) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
	return 0
}

// interrupt is a ^C at the terminal of the program: its whole process group gets it.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(t); code != 0 {
		t.Fatalf("exit code after ^C is %d, want 0", code)
	}
}

// binary is a copy of this test binary where everyone may run it.
func binary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return self
	}
	dir, err := os.MkdirTemp("", "toancanh-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	copied := filepath.Join(dir, filepath.Base(self))
	if err := errors.Join(os.Chmod(dir, 0o755), os.Link(self, copied)); err != nil {
		t.Fatal(err)
	}
	return copied
}

func kill(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %d: %v", pid, err)
		}
	}
}

// await polls until the condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// awaitNothing waits until no process holds the lock of the data directory.
func awaitNothing(t *testing.T, dir string) {
	t.Helper()
	await(t, "every process of the data directory to end", func() bool { return free(filepath.Join(dir, "postgres.lock")) })
}

func free(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// write commits one row.
func write(ctx context.Context, dsn, text string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "create table if not exists mark (text text)"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "insert into mark values ($1)", text)
	return err
}

func mustWrite(t *testing.T, dsn, text string) {
	t.Helper()
	if err := write(t.Context(), dsn, text); err != nil {
		t.Fatal(err)
	}
}

// wantRow checks that a committed row is there. A server that recovers is waited for.
func wantRow(t *testing.T, dsn, text string) {
	t.Helper()
	var found bool
	await(t, "the database to answer", func() bool {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close(context.Background()) }()
		return conn.QueryRow(t.Context(), "select exists (select from mark where text = $1)", text).Scan(&found) == nil
	})
	if !found {
		t.Errorf("the committed row %q is lost", text)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
