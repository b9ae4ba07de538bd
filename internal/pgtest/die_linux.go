package pgtest

import "syscall"

// dieWithTests ends the process when that of the tests ends, however it does.
func dieWithTests(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
