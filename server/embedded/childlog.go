package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// logLimit is the size at which a child's log is put aside at the next start; one older one is kept.
const logLimit = 16 << 20

// childLog is the file a child writes its output to, and where in it this start began.
type childLog struct {
	file  *os.File
	path  string
	begin int64
}

func openLog(path string) (*childLog, error) {
	if st, err := os.Stat(path); err == nil && st.Size() > logLimit {
		_ = os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &childLog{file: f, path: path, begin: st.Size()}, nil
}

func (l *childLog) close() { _ = l.file.Close() }

// sinceStart is what the child has written since this start, at most the first 64 KiB.
func (l *childLog) sinceStart() string {
	f, err := os.Open(l.path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.NewSectionReader(f, l.begin, 64<<10))
	if err != nil {
		return ""
	}
	return string(text)
}

// lastWords is the one line of the log that best says why the child ended.
func (l *childLog) lastWords(otherwise string) string {
	if line := cause(l.sinceStart()); line != "" {
		return line + " (more in " + l.path + ")"
	}
	return otherwise
}

// cause picks the line that names the fault out of a server's output: the first fatal one, else the last.
func cause(output string) string {
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"FATAL:", "PANIC:", "error:", "# Fatal", "could not"} {
			if _, after, found := strings.Cut(line, mark); found {
				if mark == "could not" {
					after = line
				}
				return strings.TrimSpace(after)
			}
		}
		if line != "" {
			last = line
		}
	}
	return last
}

// explain turns the output of a failed server into one sentence with a way out where there is one.
func explain(dir, output string) error {
	switch {
	case strings.Contains(output, "No space left on device"), strings.Contains(output, "Disk quota exceeded"):
		return fmt.Errorf("the disk that holds %s is full; free some space or choose another place with TOANCANH_DATA", dir)
	case strings.Contains(output, "Read-only file system"):
		return fmt.Errorf("data directory %s is on a read-only disk; choose another with TOANCANH_DATA", dir)
	case strings.Contains(output, "could not look up effective user ID"):
		return fmt.Errorf("user id %d has no account on this machine (no entry in /etc/passwd) and PostgreSQL asks for one; run as a named user", os.Getuid())
	}
	return errors.New(cause(output))
}
