//go:build unix && !linux

package testredis

import (
	"os/exec"
	"syscall"
)

// dieWithTest cannot tie the server to the test binary here: one that is killed leaves it behind.
func dieWithTest(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
