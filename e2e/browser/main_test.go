//go:build e2e

package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	chrome.quit()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// built is the binary under test, made once for all tests.
//
//nolint:gochecknoglobals // one build serves every test
var built struct {
	once      sync.Once
	dir, path string
	err       error
}

// program is the path of the binary under test: the one that ships, with the faces inside.
func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv("TOANCANH_E2E_PROGRAM"); built.path != "" {
			return
		}
		if _, built.err = os.Stat("../../frontend/dist/wall.html"); built.err != nil {
			return
		}
		if built.dir, built.err = os.MkdirTemp("", "toancanh-browser-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "toancanh")
		build := exec.Command("go", "build", "-tags", "dist", "-o", built.path, "../../cmd/toancanh") //nolint:noctx // bounded by go test
		if output, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build the program: %w\n%s", err, output)
		}
	})
	if os.IsNotExist(built.err) {
		missing(t, "the built faces are missing (npm --prefix frontend run build)")
	}
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// missing ends a test that lacks a part: at a desk it is skipped, where everything is promised it fails.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// long says that every state and size is looked at, and for longer.
func long() bool { return os.Getenv("TOANCANH_LONG") != "" }

// poll is how often a wait looks.
const poll = 50 * time.Millisecond

// eventually waits until holds, and fails the test when it does not within limit. It returns how long it took; why says
// what is missing.
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
