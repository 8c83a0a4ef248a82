package benching

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU times in /proc, the same on every Linux.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time a process has used so far, in user code and in the kernel on its behalf, as the kernel counts.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read CPU time of process %d: %w", pid, err)
	}
	// The name in parentheses may hold anything; the fields are counted from behind it.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("read CPU time of process %d: %q", pid, raw)
	}
	u, err1 := strconv.ParseInt(fields[user], 10, 64)
	s, err2 := strconv.ParseInt(fields[system], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("read CPU time of process %d: %q", pid, raw)
	}
	return time.Duration(u+s) * tick, nil
}

// residentOf is the memory a process holds, in bytes.
func residentOf(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("read memory of process %d: it holds none", pid)
}

// childrenOf lists the processes a process has started.
func childrenOf(pid int) []int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var list []int
	for word := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(word); err == nil {
			list = append(list, child)
		}
	}
	return list
}

// raiseFiles lets this process, and those it starts, open as many files as it may.
func raiseFiles() error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("read limit of open files: %w", err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: l.Cur, Max: l.Max}); err != nil {
		return fmt.Errorf("raise limit of open files: %w", err)
	}
	return nil
}

// openFiles is how many files this process may open.
func openFiles() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 1024
	}
	return int(min(l.Cur, 1<<20)) //nolint:gosec // bounded
}

// endWith makes a process end when this one does, however that happens.
func endWith(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

// rawWriter writes to a socket with one system call and nothing else.
type rawWriter int

func newRawWriter(c syscall.RawConn) (rawWriter, error) {
	var fd int
	err := c.Control(func(n uintptr) { fd = int(n) }) //nolint:gosec // a descriptor fits an int
	return rawWriter(fd), err
}

// write sends all of b. A full socket is tried again: a floor loses nothing either.
func (w rawWriter) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.SendmsgN(int(w), b, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch err { //nolint:errorlint // system calls return plain numbers
		case nil:
			b = b[n:]
		case unix.EAGAIN:
			time.Sleep(time.Millisecond)
		case unix.EINTR:
		default:
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}
