package embedded

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// guardVariable carries the child to run to the guard process, and is how that process knows itself.
const guardVariable = "TOANCANH_GUARD"

// lockDescriptor is where the guard finds the inherited lock: the first of exec.Cmd.ExtraFiles.
const lockDescriptor = 3

// child says what the guard runs and how it ends it.
type child struct {
	Bin      string
	Args     []string
	Env      []string
	Identity identity
	// Ladder is climbed when the program is gone, until the child is too.
	Ladder []rung
	// Orphaned is what the kernel sends the child when the guard itself is killed (Linux only).
	Orphaned syscall.Signal
	// Remove is deleted when the child has ended.
	Remove []string
}

// rung is one step of ending a child: a signal and how long it may take to work.
type rung struct {
	Signal syscall.Signal
	Wait   time.Duration
}

// Guard must be the first call of main. It returns at once in the normal process. In a guard process,
// which is the same binary started again by StartPostgres or StartRedis, it runs the child server, ends
// it as soon as the program that asked for it is gone, and does not return.
func Guard() {
	spec, ok := os.LookupEnv(guardVariable)
	if !ok {
		return
	}
	os.Exit(guard(spec))
}

func guard(spec string) int {
	var c child
	if err := json.Unmarshal([]byte(spec), &c); err != nil {
		fmt.Fprintln(os.Stderr, "guard: read what to run:", err)
		return 2
	}
	// A ^C meant for the program must not end the database before the program has written its last.
	// Caught and dropped, not ignored: a child would inherit "ignored".
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	// The death signal of the child follows the thread that forked it.
	runtime.LockOSThread()
	cmd, err := c.start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "guard: start:", err)
		return 3
	}
	defer c.clear()
	return c.watch(cmd)
}

func (c child) start() (*exec.Cmd, error) {
	cmd := exec.Command(c.Bin, c.Args...) //nolint:noctx // the guard ends it with signals of its own
	cmd.Env, cmd.Stdout, cmd.Stderr = c.Env, os.Stdout, os.Stderr
	// Every process below holds the lock: it is free exactly when none of them is left.
	cmd.ExtraFiles = []*os.File{os.NewFile(lockDescriptor, "lock")}
	c.Identity.apply(cmd)
	dieWithParent(cmd, c.Orphaned)
	return cmd, cmd.Start()
}

// watch waits for the child to end by itself (1) or for the program to go, and then ends the child (0).
func (c child) watch(cmd *exec.Cmd) int {
	var reason error // set before gone is closed
	gone := make(chan struct{})
	go func() {
		reason = cmd.Wait()
		close(gone)
	}()
	program := make(chan struct{})
	go func() {
		// Only the program holds the other end: however it dies, the kernel closes it.
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(program)
	}()
	select {
	case <-gone:
		fmt.Fprintln(os.Stderr, "guard: child ended by itself:", reason)
		return 1
	case <-program:
	}
	for _, r := range c.Ladder {
		_ = cmd.Process.Signal(r.Signal)
		select {
		case <-gone:
			return 0
		case <-time.After(r.Wait):
		}
	}
	return 4
}

func (c child) clear() {
	for _, path := range c.Remove {
		_ = os.RemoveAll(path)
	}
}
