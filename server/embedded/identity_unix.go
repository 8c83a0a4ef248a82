//go:build unix && !linux

package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

func (identity) apply(*exec.Cmd) {}

// dieWithParent does nothing: here only the closing pipe ends the child.
func dieWithParent(*exec.Cmd, syscall.Signal) {}

// identify refuses root, which PostgreSQL refuses too and which has no namespace to hide in here.
func identify(dataDir string, b *binaries) (identity, error) {
	uid := os.Getuid()
	if uid == 0 {
		return identity{}, errors.New("PostgreSQL refuses to run as root; start the program as an ordinary user")
	}
	cluster := b.cluster(dataDir)
	if owner, exists := ownerOf(cluster); exists && owner != uid {
		return identity{}, fmt.Errorf("%s belongs to user id %d and this program runs as %d; run it as the owner or choose another TOANCANH_DATA", cluster, owner, uid)
	}
	return identity{Kind: asCaller}, nil
}

// isOrphan reports whether pid was started on dir, as its command line tells.
func isOrphan(pid int, dir string) bool {
	output, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // answers at once
	return err == nil && strings.Contains(string(output), dir)
}
