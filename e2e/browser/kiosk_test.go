//go:build e2e

package browser_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// backWithin is how long the launcher may take to bring a wall back, on a machine with other work.
const backWithin = time.Minute

// TestTheKioskBringsADeadPageBack starts a wall as a control room does, kills the process of its page, then the browser,
// and sees the wall listen again each time. docs/kiosk.md says how long it takes on a screen.
func TestTheKioskBringsADeadPageBack(t *testing.T) {
	t.Parallel()
	if !long() {
		t.Skip("a browser is killed and waited for; set TOANCANH_LONG=1")
	}
	browser := chromiumPath(t)
	p := settle(t, nil, quiet())
	s := play(t, p, ordinaryShow(10))
	kiosk := exec.Command("../../deploy/kiosk/toancanh-kiosk") //nolint:noctx // ended by its process group
	log := &logbook{}
	kiosk.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TOANCANH_WALL=http://" + s.addr + "/wall/tinh", "TOANCANH_CHROMIUM=" + browser,
		"TOANCANH_KIOSK_FLAGS=--headless=new --no-sandbox --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader --window-size=1366,768",
	}
	kiosk.Stdout, kiosk.Stderr = log, log
	kiosk.SysProcAttr = tied()
	kiosk.WaitDelay = time.Second
	done := make(chan struct{})
	if err := live(kiosk, done); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = kiosk.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(stopWithin):
			t.Errorf("the launcher did not end within %v of SIGTERM", stopWithin)
		}
		_ = syscall.Kill(-kiosk.Process.Pid, syscall.SIGKILL)
		if t.Failed() {
			t.Logf("log of the launcher:\n%s", log.tail(20))
		}
	})
	listens := func(more int) func() bool {
		return func() bool { _, joined := s.at(); return joined >= more }
	}
	say := func() string { return log.tail(5) }
	eventually(t, "the wall listens", backWithin, listens(1), say)

	_, before := s.at()
	page := below(t, kiosk.Process.Pid, "--type=renderer")
	kill(t, page)
	took := eventually(t, "the wall listens after its page died", backWithin, listens(before+1), say)
	if !log.says("the page has died") {
		t.Errorf("the launcher says nothing of it:\n%s", log.tail(5))
	}
	t.Logf("the page died: the wall listens again after %v", took.Round(100*time.Millisecond))

	_, before = s.at()
	kill(t, below(t, kiosk.Process.Pid, "--user-data-dir="))
	took = eventually(t, "the wall listens after its browser died", backWithin, listens(before+1), say)
	t.Logf("the browser died: the wall listens again after %v", took.Round(100*time.Millisecond))
}

func chromiumPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("TOANCANH_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	missing(t, "there is no Chromium here (apt-get install -y chromium, or name one in TOANCANH_CHROMIUM)")
	return ""
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// below is the first process, walking down from a process, whose command line holds a word.
func below(t *testing.T, from int, word string) int {
	t.Helper()
	found := 0
	eventually(t, "a process with "+word, backWithin, func() bool {
		parents, lines := map[int]int{}, map[int]string{}
		stats, _ := filepath.Glob("/proc/[0-9]*/stat") // a constant pattern
		for _, path := range stats {
			text, err := os.ReadFile(path)
			if err != nil {
				continue // it has ended
			}
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err == nil && len(fields) > 1 && fields[0] != "Z" {
				parents[pid], _ = strconv.Atoi(fields[1])
				lines[pid] = string(line)
			}
		}
		found = 0
		for pid, line := range lines {
			if !strings.Contains(line, word) || word == "--user-data-dir=" && strings.Contains(line, "--type=") {
				continue
			}
			for up := pid; up > 1; up = parents[up] {
				if up == from && pid != from {
					found = pid
				}
			}
		}
		return found != 0
	}, nil)
	return found
}
