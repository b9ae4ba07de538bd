package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// clockIsKept reports whether something keeps the clock right, as the kernel is told (adjtimex(2)).
func clockIsKept() (kept, known bool) {
	var now unix.Timex // no modes: it is only read
	state, err := unix.Adjtimex(&now)
	return state != unix.TIME_ERROR && now.Status&unix.STA_UNSYNC == 0, err == nil
}

// fileSystem is the kind of a folder's file system where a database should not be on it: its name if it is on a
// network, memory, overlay or FUSE; else "".
func fileSystem(dir string) string {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return ""
	}
	return map[uint32]string{
		unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB",
		unix.V9FS_MAGIC: "9p", unix.CEPH_SUPER_MAGIC: "Ceph", unix.AFS_SUPER_MAGIC: "AFS", unix.CODA_SUPER_MAGIC: "Coda",
		unix.TMPFS_MAGIC: "memory", unix.RAMFS_MAGIC: "memory", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.FUSE_SUPER_MAGIC: "FUSE",
	}[uint32(disk.Type)]
}

// holderFiles is how many files the process may open that holds a lock in whose file its number stands. Everybody may know
// that, also of a process of another user.
func holderFiles(lock string) (most uint64, pid int, known bool) {
	info, err := os.Stat(lock)
	if err != nil {
		return 0, 0, false
	}
	of, is := info.Sys().(*syscall.Stat_t)
	noted, err := os.ReadFile(lock) // #nosec G304 -- in the operator's data folder
	if err != nil || !is {
		return 0, 0, false
	}
	if pid, err = strconv.Atoi(string(bytes.TrimSpace(noted))); err != nil || !holds(pid, of.Ino) {
		return 0, 0, false // it is of a process that has ended
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return 0, 0, false
	}
	for line := range strings.Lines(string(limits)) {
		if soft, ok := strings.CutPrefix(line, "Max open files"); ok {
			most, err = strconv.ParseUint(strings.Fields(soft)[0], 10, 64) // there is always one: it is never unlimited
			return most, pid, err == nil
		}
	}
	return 0, 0, false
}

// holds reports whether a process has the lock of a file, by its inode (proc_locks(5)).
func holds(pid int, inode uint64) bool {
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line) // 1: FLOCK ADVISORY WRITE 812 08:01:1234 0 EOF
		if len(f) > 5 && f[1] == "FLOCK" && f[4] == strconv.Itoa(pid) && strings.HasSuffix(f[5], ":"+strconv.FormatUint(inode, 10)) {
			return true
		}
	}
	return false
}
