package embedded

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identityKind is how a child gets a user it may run as.
type identityKind string

const (
	// asCaller runs the child as whoever runs the program.
	asCaller identityKind = "caller"
	// asMapped runs it in a user namespace in which root is an unprivileged account: PostgreSQL, which
	// refuses root, is content, and on disk nothing changes owner.
	asMapped identityKind = "mapped"
	// asAccount runs it under another account of this machine, which must own the cluster.
	asAccount identityKind = "account"
)

// identity is the user a child runs as. It travels to the guard.
type identity struct {
	Kind    identityKind
	UID     uint32
	GID     uint32
	Account string
}

func (i identity) String() string {
	switch i.Kind {
	case asMapped:
		return "root mapped to " + i.Account + " (user namespace)"
	case asAccount:
		return "account " + i.Account
	case asCaller:
	}
	if u, err := user.Current(); err == nil {
		return "user " + u.Username
	}
	return "user " + strconv.Itoa(os.Getuid())
}

// own gives path, and all below it, to the identity.
func (i identity) own(path string) error {
	if i.Kind != asAccount {
		return nil
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(i.UID), int(i.GID))
	})
}

// canRun reports whether the identity can start the program at all.
func (i identity) canRun(program string) error {
	cmd := exec.Command(program, "--version") //nolint:noctx // answers at once or not at all
	cmd.Env = childEnv("/")
	i.apply(cmd)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s as %s: %w %s", program, i, err, cause(string(output)))
	}
	return nil
}

// account finds one of the named accounts, the first that exists and is not root.
func account(names ...string) (identity, bool) {
	for _, name := range names {
		if id, ok := fromUser(user.Lookup(name)); ok {
			return id, true
		}
	}
	return identity{}, false
}

// accountByID is account for an owner found on disk.
func accountByID(uid int) (identity, bool) { return fromUser(user.LookupId(strconv.Itoa(uid))) }

func fromUser(u *user.User, err error) (identity, bool) {
	if err != nil {
		return identity{}, false
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	ok := errUID == nil && errGID == nil && uid > 0
	return identity{Kind: asAccount, UID: uint32(uid), GID: uint32(gid), Account: u.Username}, ok
}

// impassable returns the first directory on the way to path that the account may not pass, or "".
func (i identity) impassable(path string) string {
	if parent := filepath.Dir(path); parent != path {
		if blocked := i.impassable(parent); blocked != "" {
			return blocked
		}
	}
	st, err := os.Stat(path)
	if err != nil {
		return path
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return path
	}
	bit := fs.FileMode(0o001)
	switch {
	case sys.Uid == i.UID:
		bit = 0o100
	case sys.Gid == i.GID:
		bit = 0o010
	}
	if st.Mode().Perm()&bit == 0 {
		return path
	}
	return ""
}

// ownerOf is the user id that owns path, and whether path exists.
func ownerOf(path string) (int, bool) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(sys.Uid), true
}

// childEnv is all a child sees of our environment: its behaviour must not depend on who started us.
func childEnv(home string) []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + home}
}
