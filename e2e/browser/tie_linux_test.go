//go:build e2e

package browser_test

import "syscall"

// tied has the kernel end a program whose test binary was killed.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
