//go:build unix && !linux

package pgtest

import "syscall"

// dieWithTests can do nothing here: a test process that is killed leaves its server.
func dieWithTests(*syscall.SysProcAttr) {}
