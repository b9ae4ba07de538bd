//go:build linux || darwin || freebsd

package sqlstore

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// DiskRoom is how many bytes may still be written to the disk of a folder, and how large it is, if that is known.
func DiskRoom(dir string) (free, size uint64, known bool) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, 0, false
	}
	block := uint64(disk.Bsize)
	return uint64(disk.Bavail) * block, disk.Blocks * block, true //nolint:unconvert // its type differs between systems
}

// syncFolder brings the names in a folder to the disk.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("bring the folder to the disk: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("bring the folder %s to the disk: %w", dir, err)
	}
	return nil
}
