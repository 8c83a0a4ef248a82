package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotRunning says that no PostgreSQL of ours serves a data directory.
var ErrNotRunning = errors.New("no database runs in this data directory")

// socketLine is where postmaster.pid names the directory of the socket (PostgreSQL, src/include/utils/pidfile.h).
const socketLine = 5

// Running is the address of the server that another process keeps running in a data directory, for tools of the same
// user. It matches ErrNotRunning when there is none.
func Running(dataDir, role string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dataDir, "pg*", "postmaster.pid"))
	if err != nil {
		return "", fmt.Errorf("look for a database in %s: %w", dataDir, err)
	}
	for _, file := range files {
		socket, err := lineOf(file, socketLine)
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(socket, ".s.PGSQL.5432")); err == nil {
			return (&Postgres{socket: socket}).DSN(role, Database), nil
		}
	}
	return "", fmt.Errorf("%s: %w", dataDir, ErrNotRunning)
}

func lineOf(file string, number int) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == number {
			return strings.TrimSpace(lines.Text()), nil
		}
	}
	return "", errors.Join(lines.Err(), os.ErrNotExist)
}
