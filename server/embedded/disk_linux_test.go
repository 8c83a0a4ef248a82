package embedded_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	for _, c := range []struct {
		name, size string
		prepare    func(t *testing.T, dir string)
	}{
		{"while the cluster is made", "8m", func(*testing.T, string) {}},
		{"while the server starts", "100m", func(t *testing.T, dir string) {
			t.Helper()
			person{}.start(t, dir).interrupt(t)
			fill(t, dir)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := smallDisk(t, c.size)
			c.prepare(t, dir)
			got := person{}.refused(t, dir)
			for _, want := range []string{dir, "is full", "TOANCANH_DATA"} {
				if !strings.Contains(got, want) {
					t.Errorf("refusal %q does not say %q", got, want)
				}
			}
		})
	}
}

// fill leaves not a byte free on the disk of dir.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		if _, err := f.Write(block[:size]); err != nil {
			size /= 2
		}
	}
}

func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := person{}.emptyDir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		awaitNothing(t, dir)
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}
