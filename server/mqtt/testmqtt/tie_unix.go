//go:build unix && !linux

package testmqtt

import (
	"os/exec"
	"syscall"
)

// dieWithTest cannot tie the broker to the test binary here: one that is killed leaves it behind.
func dieWithTest(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
