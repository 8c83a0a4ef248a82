package door_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"toancanh/server/door"
)

// scarce is a listener that finds no descriptor for its first callers.
type scarce struct {
	net.Listener
	faults []error
	conn   net.Conn
}

func (s *scarce) Accept() (net.Conn, error) {
	if len(s.faults) > 0 {
		err := s.faults[0]
		s.faults = s.faults[1:]
		return nil, err
	}
	return s.conn, nil
}

func TestAShortageOfDescriptorsIsOutlived(t *testing.T) {
	t.Parallel()
	caller, _ := net.Pipe()
	emfile := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	var log bytes.Buffer
	l := door.Patient(&scarce{faults: []error{emfile, emfile, emfile}, conn: caller}, slog.New(slog.NewTextHandler(&log, nil)))
	got, err := l.Accept()
	if err != nil || got != caller {
		t.Fatalf("Accept = %v, %v, want the caller after the shortage", got, err)
	}
	if n := strings.Count(log.String(), "no descriptor"); n != 1 {
		t.Errorf("the shortage is logged %d times, want once", n)
	}
}

func TestOtherFaultsOfAListenerEndIt(t *testing.T) {
	t.Parallel()
	l := door.Patient(&scarce{faults: []error{net.ErrClosed}}, slog.New(slog.DiscardHandler))
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept = %v, want that it is closed", err)
	}
}
