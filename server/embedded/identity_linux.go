package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"toancanh/server/embedded/internal/tree"
)

// Two switches for tests of roads this machine would not take by itself.
const (
	// noDeathSignal makes Linux behave like a system without PR_SET_PDEATHSIG.
	noDeathSignal = "TOANCANH_TEST_NO_PDEATHSIG"
	// noNamespace makes root behave as where user namespaces are forbidden.
	noNamespace = "TOANCANH_TEST_NO_USERNS"
)

func (i identity) apply(cmd *exec.Cmd) {
	attr := attributes(cmd)
	switch i.Kind {
	case asMapped:
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: int(i.UID), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: int(i.GID), HostID: os.Getgid(), Size: 1}}
	case asAccount:
		attr.Credential = &syscall.Credential{Uid: i.UID, Gid: i.GID}
	case asCaller:
	}
}

// dieWithParent has the kernel send the child a signal when the thread that starts it ends.
func dieWithParent(cmd *exec.Cmd, signal syscall.Signal) {
	if os.Getenv(noDeathSignal) == "" {
		attributes(cmd).Pdeathsig = signal
	}
}

func attributes(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}

// identify chooses the user PostgreSQL runs as. It may put a copy of the binaries where that user can
// reach them, and changes b to say so.
func identify(dataDir string, b *binaries) (identity, error) {
	cluster := b.cluster(dataDir)
	owner, exists := ownerOf(cluster)
	if uid := os.Getuid(); uid != 0 {
		if exists && owner != uid {
			return identity{}, fmt.Errorf("%s belongs to user id %d and this program runs as %d; run it as the owner or choose another TOANCANH_DATA", cluster, owner, uid)
		}
		return identity{Kind: asCaller}, nil
	}
	// A cluster once given to an account stays with it: inside a namespace it would be nobody's.
	if !exists || owner == 0 {
		if mapped, err := mappedRoot(*b); err == nil {
			return mapped, nil
		}
	}
	return settle(dataDir, b)
}

// mappedRoot is root seen as an ordinary account, if the kernel allows it.
func mappedRoot(b binaries) (identity, error) {
	if os.Getenv(noNamespace) != "" {
		return identity{}, errors.New("user namespaces are switched off")
	}
	// The id inside needs an account: initdb looks its name up.
	mapped, ok := account("nobody", "daemon")
	if !ok {
		return identity{}, errors.New("no unprivileged account to map root to")
	}
	mapped.Kind = asMapped
	return mapped, mapped.canRun(b.program("postgres"))
}

// settle runs PostgreSQL under an account of its own: the one that owns the cluster, else the usual ones.
func settle(dataDir string, b *binaries) (identity, error) {
	cluster := b.cluster(dataDir)
	names := []string{"postgres", "nobody"}
	id, ok := account(names...)
	if owner, exists := ownerOf(cluster); exists && owner != 0 {
		id, ok = accountByID(owner)
		names = []string{"user id " + strconv.Itoa(owner) + ", the owner of the data"}
	}
	if !ok {
		return id, fmt.Errorf("running as root, which PostgreSQL refuses: user namespaces are not available and there is no account %v to run it as", names)
	}
	if err := os.Chmod(dataDir, 0o711); err != nil {
		return id, unwritable(dataDir, err)
	}
	if blocked := id.impassable(dataDir); blocked != "" {
		return id, fmt.Errorf("running as root, so PostgreSQL runs as %s, which may not pass %s; choose a TOANCANH_DATA it can reach, such as /var/lib/toancanh", id, blocked)
	}
	if id.canRun(b.program("postgres")) != nil {
		if err := bringAlong(dataDir, b); err != nil {
			return id, err
		}
	}
	if err := id.canRun(b.program("postgres")); err != nil {
		return id, err
	}
	if _, exists := ownerOf(cluster); exists {
		if err := id.own(cluster); err != nil {
			return id, fmt.Errorf("give the cluster to %s: %w", id, err)
		}
	}
	return id, nil
}

// bringAlong copies binaries that lie out of reach, under /root for one, beside the data.
func bringAlong(dataDir string, b *binaries) error {
	home := filepath.Join(dataDir, "bin"+strconv.Itoa(b.Major))
	if err := tree.Copy(home, filepath.Dir(b.Dir)); err != nil {
		return fmt.Errorf("copy the PostgreSQL binaries to where their account can reach them: %w", err)
	}
	b.Dir = filepath.Join(home, filepath.Base(b.Dir))
	return nil
}

// isOrphan reports whether pid is a process that works in dir, as PostgreSQL and Redis do.
func isOrphan(pid int, dir string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && cwd == dir
}
