package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// initdbLimit bounds the making of a cluster; it takes a second or two on an ordinary machine.
const initdbLimit = 5 * time.Minute

// init makes the cluster under another name and renames it, so that one cut short never looks whole.
func (p *Postgres) init(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(p.cluster, "PG_VERSION")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	begin := time.Now()
	made := p.cluster + ".new"
	if err := errors.Join(os.RemoveAll(made), os.Mkdir(made, 0o700), p.identity.own(made)); err != nil {
		return unwritable(p.options.DataDir, err)
	}
	if err := p.initdb(ctx, made); err != nil {
		return err
	}
	if err := os.Rename(made, p.cluster); err != nil {
		return unwritable(p.options.DataDir, err)
	}
	if !p.options.Volatile {
		syncDir(p.options.DataDir)
	}
	p.options.Log.InfoContext(ctx, "made a new database cluster", attr("dir", p.cluster), attr("elapsed", time.Since(begin).Round(time.Millisecond).String()))
	return nil
}

func (p *Postgres) initdb(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, initdbLimit)
	defer cancel()
	args := []string{
		"-D", dir, "-U", Owner, "-A", "trust", "-E", "UTF8", "--data-checksums", "--no-instructions",
		// With LC_CTYPE=C lower() and pg_trgm pass Vietnamese letters by; see also the compose file.
		"--locale-provider=icu", "--icu-locale=vi", "--locale=" + ctype(),
	}
	if p.options.Volatile {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, p.binaries.program("initdb"), args...)
	cmd.Env = childEnv(p.options.DataDir)
	cmd.WaitDelay = 5 * time.Second
	// An initdb that outlives us must be waited for by whoever comes next.
	cmd.ExtraFiles = []*os.File{p.lease.lock}
	p.identity.apply(cmd)
	output, err := tied(cmd)
	if ctx.Err() != nil {
		return fmt.Errorf("make database cluster: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("make database cluster: %w", explain(p.options.DataDir, output))
	}
	return nil
}

// tied runs a short command that the kernel ends with us.
func tied(cmd *exec.Cmd) (output string, err error) {
	runtime.LockOSThread() // the death signal follows the thread
	defer runtime.UnlockOSThread()
	dieWithParent(cmd, syscall.SIGKILL)
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	err = cmd.Run()
	return text.String(), err
}

// ctype is a locale with the character classes of Unicode that the system surely has.
func ctype() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

// syncDir makes a rename last. Where a directory cannot be synced there is nothing better to do.
func syncDir(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}
