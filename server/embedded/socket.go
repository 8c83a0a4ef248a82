package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// tempLimit keeps a socket's whole path under the 103 bytes that the shortest sockaddr_un allows.
const tempLimit = 60

// socketDir makes the private directory of a child's socket. It is short, because a socket's path must
// be, and named by the data directory, so that hard kills leave at most one behind. The caller holds the
// lease: what is found there is stale.
func socketDir(kind, dataDir string) (string, error) {
	sum := sha256.Sum256([]byte(dataDir))
	temp := shortTemp()
	dir := filepath.Join(temp, "toancanh-"+kind+"-"+hex.EncodeToString(sum[:5]))
	if ours(dir) {
		_ = os.RemoveAll(dir)
	}
	err := os.Mkdir(dir, 0o700)
	if os.IsExist(err) {
		// Somebody else owns that name: never use a directory another account can reach into.
		dir, err = os.MkdirTemp(temp, "toancanh-"+kind+"-")
	}
	if err != nil {
		return "", fmt.Errorf("make socket directory: %w", unwritable(temp, err))
	}
	return dir, nil
}

func shortTemp() string {
	if dir := os.TempDir(); len(dir) < tempLimit {
		return dir
	}
	return "/tmp"
}

func ours(dir string) bool {
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && (os.Getuid() == 0 || int(sys.Uid) == os.Getuid())
}
