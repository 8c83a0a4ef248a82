package testmqtt

import (
	"os/exec"
	"syscall"
)

// dieWithTest has the kernel kill the broker when the test binary is killed.
func dieWithTest(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
