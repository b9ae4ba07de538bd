//go:build !linux && !darwin && !freebsd

package sqlstore

// DiskRoom does not know.
func DiskRoom(string) (free, size uint64, known bool) { return 0, 0, false }

// syncFolder does nothing where a folder cannot be synced; renames are in the journal of its file system.
func syncFolder(string) error { return nil }
