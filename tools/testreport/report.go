package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of `go test -json`; the fields are those of `go doc test2json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

// subject is what an event is about: a test, a package or a compilation.
type subject struct{ pkg, test string }

func (e event) subject() subject {
	if e.ImportPath != "" {
		return subject{pkg: e.ImportPath}
	}
	return subject{e.Package, e.Test}
}

type counts struct{ passed, failed, skipped int }

// report gathers events and prints what is worth reading as soon as it is known.
type report struct {
	out    io.Writer
	counts counts
	output map[subject][]string // of what has not ended yet
	reason map[string][]string  // why tests were skipped: their names by reason
	parent map[subject]bool     // tests with subtests, which are not counted beside them
}

func newReport(out io.Writer) *report {
	return &report{
		out: out, output: map[subject][]string{}, reason: map[string][]string{}, parent: map[subject]bool{},
	}
}

// read takes the whole stream. A line that is no event is printed as it is: it comes from the go command.
func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.take(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read output of go test: %w", err)
		}
	}
}

func (r *report) take(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil {
		r.print(line)
		return
	}
	s := e.subject()
	switch e.Action {
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			r.parent[subject{e.Package, e.Test[:i]}] = true
		}
	case "output", "build-output":
		r.output[s] = append(r.output[s], e.Output)
	case "pass", "fail", "skip", "build-fail":
		r.end(s, e.Action)
	}
}

// end prints and counts what has ended.
func (r *report) end(s subject, action string) {
	text := r.output[s]
	delete(r.output, s)
	if s.test == "" {
		r.endPackage(s, action, text)
		return
	}
	if action == "fail" {
		r.print(text...)
	}
	switch {
	case r.parent[s]: // its subtests are counted
	case action == "pass":
		r.counts.passed++
	case action == "fail":
		r.counts.failed++
	case action == "skip":
		r.counts.skipped++
		why := skipReason(text)
		r.reason[why] = append(r.reason[why], s.test)
	}
}

// endPackage prints a package's closing line, and everything when it failed: a panic belongs to no test.
func (r *report) endPackage(s subject, action string, text []string) {
	if action == "fail" || action == "build-fail" {
		r.flush(s.pkg)
		r.print(text...)
		return
	}
	for _, line := range text {
		if strings.HasPrefix(line, "ok ") {
			r.print(line)
		}
	}
}

// flush prints what tests said that never ended, because their package died or ran out of time under them.
func (r *report) flush(pkg string) {
	for s, text := range r.output {
		if s.pkg == pkg && s.test != "" {
			r.counts.failed++
			r.print(text...)
			delete(r.output, s)
		}
	}
}

// close prints what was skipped and the counts, alone on the last line.
func (r *report) close() {
	reasons := make([]string, 0, len(r.reason))
	for why := range r.reason {
		reasons = append(reasons, why)
	}
	slices.Sort(reasons)
	for _, why := range reasons {
		tests := r.reason[why]
		r.print(fmt.Sprintf("skipped: %s (%s)\n", why, shorten(tests)))
	}
	r.print(fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.counts.passed, r.counts.failed, r.counts.skipped))
}

func (r *report) print(lines ...string) {
	for _, line := range lines {
		_, _ = io.WriteString(r.out, line) // nowhere to complain to when the terminal is gone
	}
}

// skipReason is what a test said before it was skipped, without the place in the source.
func skipReason(output []string) string {
	for _, line := range slices.Backward(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") {
			continue
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return text
			}
		}
		return line
	}
	return "no reason given"
}

func shorten(tests []string) string {
	const shown = 3
	if len(tests) <= shown {
		return strings.Join(tests, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(tests[:shown], ", "), len(tests)-shown)
}
