// Command testreport runs `go test` with its own arguments and tells what a person wants to know: one line a
// package, the whole output of what failed, which tests were skipped and why, and a closing count. It changes
// nothing about how the tests run.
//
//	testreport [go test arguments]
//
// Where TOANCANH_TEST_COUNTS names a file, the counts "passed failed skipped" are appended to it. The exit
// code is 1 when a test failed, did not compile, or none was run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("open output of go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start go test: %w", err)
	}
	r := newReport(out)
	readErr := r.read(events)
	waitErr := cmd.Wait()
	r.close()
	if err := appendCounts(os.Getenv("TOANCANH_TEST_COUNTS"), r.counts); err != nil {
		return err
	}
	switch {
	case readErr != nil:
		return readErr
	case waitErr != nil:
		return fmt.Errorf("go test: %w", waitErr)
	case r.counts.passed == 0:
		return errors.New("no test was run")
	}
	return nil
}

func appendCounts(path string, c counts) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open file of counts: %w", err)
	}
	_, err = fmt.Fprintf(f, "%d %d %d\n", c.passed, c.failed, c.skipped)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}
