//go:build e2e

package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"toancanh/server/embedded"
	"toancanh/server/embedded/testpg"
)

func TestMain(m *testing.M) {
	embedded.Guard() // before anything else: the test's own servers run this binary as their guard
	flag.Parse()
	if !long() && !given("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(together))
	}
	testpg.Main(m)
}

// together is how many tests run at a time: they wait for clocks far more than they compute.
const together = 5

// given reports whether a flag stands on the command line.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// built is the binary under test, made once for all tests.
//
//nolint:gochecknoglobals // one build serves every test
var built struct {
	once     sync.Once
	path     string
	err      error
	lifeline *os.File // closed by the kernel when this process ends, however it ends
}

// program is the path of the binary under test. TOANCANH_E2E_PROGRAM names one built elsewhere.
func program() (string, error) {
	built.once.Do(func() {
		if built.path = os.Getenv("TOANCANH_E2E_PROGRAM"); built.path == "" {
			built.path, built.err = buildProgram()
		}
	})
	return built.path, built.err
}

// buildProgram builds into a directory of its own. A shell that hears this process no more removes it.
func buildProgram() (string, error) {
	dir, err := os.MkdirTemp("", "toancanh-e2e-")
	if err != nil {
		return "", err
	}
	var hearing *os.File
	if hearing, built.lifeline, err = os.Pipe(); err != nil {
		return "", err
	}
	defer func() { _ = hearing.Close() }()
	sweeper := exec.Command("sh", "-c", `read -r nothing; rm -rf "$0"`, dir) //nolint:noctx // outlives every test
	sweeper.Stdin = hearing
	if err := sweeper.Start(); err != nil {
		return "", err
	}
	args := []string{"build", "-o", filepath.Join(dir, "toancanh")}
	if _, err := os.Stat("../frontend/dist/wall.html"); err == nil {
		args = append(args, "-tags", "dist")
	}
	output, err := exec.Command("go", append(args, "../cmd/toancanh")...).CombinedOutput() //nolint:noctx // bounded by go test
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, output)
	}
	return filepath.Join(dir, "toancanh"), nil
}

// long says that faults come many times and limits are held to the letter.
func long() bool { return os.Getenv("TOANCANH_LONG") != "" }

// times is how often a fault comes: a little in every run, much in the long one. TOANCANH_TIMES names another number
// for the long one.
func times(short, many int) int {
	if !long() {
		return short
	}
	if n, err := strconv.Atoi(os.Getenv("TOANCANH_TIMES")); err == nil && n > 0 {
		return n
	}
	return many
}

// limit is how long a promise may take here. Beside other tests on a machine shared with everybody, twice the promise
// still tells a hub that heals from one that does not; the long run has the machine to itself.
func limit(promise time.Duration) time.Duration {
	if long() {
		return promise
	}
	return 2 * promise
}

// poll is how often a wait looks.
const poll = 20 * time.Millisecond

// eventually waits until holds, and fails the test when it does not within limit. It returns how long it took. why, when
// it is not nil, says what is missing.
func eventually(t testing.TB, claim string, within time.Duration, holds func() bool, why func() string) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !holds() {
		if time.Since(began) > within {
			reason := ""
			if why != nil {
				reason = ": " + why()
			}
			t.Fatalf("not within %v: %s%s", within, claim, reason)
		}
		<-tick.C
	}
	return time.Since(began)
}
