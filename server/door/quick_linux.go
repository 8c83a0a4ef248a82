package door

import (
	"io"
	"syscall"
	"unsafe"
)

// provenAfter is how many answers make a connection one whose caller waits for each answer before the next request.
const provenAfter = 3

// serve answers plain requests until there is something for the HTTP server, which it leaves in p. The socket never blocks, so
// that the scheduler need not hear of its system calls: telling it costs more than the calls of a short answer leave over.
func (c *quickConn) serve(p []byte) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fault error
	err = raw.Read(func(fd uintptr) (done bool) {
		c.fd = fd
		for {
			n, fault = transfer(syscall.SYS_READ, fd, p)
			switch {
			case fault == syscall.EAGAIN: //nolint:errorlint // system calls return plain numbers
				return false
			case fault == syscall.EINTR: //nolint:errorlint // the same
				continue
			case fault != nil:
				return true
			case n == 0:
				fault = io.EOF
				return true
			}
			short, before := n < len(p), c.answers
			var rest []byte
			if rest, fault = c.answerAll(p[:n]); fault != nil {
				n = 0
				return true
			}
			if n = copy(p, rest); n > 0 {
				fault = c.handOver()
				return true
			}
			if c.answers != before+1 {
				c.answers = 0 // several requests came together
			}
			// What comes from now on wakes this up. An end that came together with the request does not: it is found when the
			// connection is looked at again, and at once while nothing is known of the caller.
			if short && c.answers > provenAfter {
				return false
			}
		}
	})
	if err == nil {
		err = fault
	}
	return n, err
}

// put writes an answer. Only serve calls it, which keeps the descriptor open.
func (c *quickConn) put(b []byte) error {
	n, err := transfer(syscall.SYS_WRITE, c.fd, b)
	switch {
	case err == syscall.EAGAIN, err == syscall.EINTR: //nolint:errorlint // system calls return plain numbers
		n = 0
	case err != nil:
		return err
	}
	if n < len(b) {
		_, err = c.TCPConn.Write(b[n:]) // waits until the caller takes more
		return err
	}
	return nil
}

func transfer(call, fd uintptr, b []byte) (int, error) {
	n, _, fault := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))) //nolint:gosec // as syscall.Read does
	if fault != 0 {
		return 0, fault
	}
	return int(n), nil //nolint:gosec // at most len(b)
}
