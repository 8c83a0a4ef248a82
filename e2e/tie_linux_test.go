//go:build e2e

package e2e_test

import "syscall"

// tied has the kernel kill a program whose test binary was killed.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
