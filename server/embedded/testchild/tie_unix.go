//go:build unix && !linux

package testchild

import (
	"os/exec"
	"syscall"
)

// dieWithTest cannot tie the program to the test binary here: one that is killed leaves it behind.
func dieWithTest(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
