package main

import "golang.org/x/sys/unix"

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
