package sqlstore

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// lockEnding is what the name of a database's lock ends with.
const lockEnding = ".lock"

// LockName is the file in a data folder whose lock keeps a second server away, with the number of the process that has it.
func LockName(dir string) string { return FileName(dir) + lockEnding }

// lockDatabase keeps a second server away from a database file: a lock of the
// operating system on a file beside it, which ends with the process.
func lockDatabase(path string) (*os.File, error) {
	f, err := os.OpenFile(path+lockEnding, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written: %w", filepath.Dir(path), err)
	}
	ok, err := lockFile(f)
	if ok {
		return f, note(f)
	}
	defer f.Close()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil, fmt.Errorf("%w: %s by another server%s: stop it, or give this one another folder",
		ErrInUse, filepath.Dir(path), holder(f))
}

// note writes this process's number into the lock's file, for holder.
func note(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return describe("write "+f.Name(), err)
	}
	if _, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0); err != nil {
		return describe("write "+f.Name(), err)
	}
	return nil
}

// holder names the process that holds the lock, if it can be read.
func holder(f *os.File) string {
	pid, err := io.ReadAll(io.LimitReader(f, 20))
	if err != nil || len(pid) == 0 {
		return ""
	}
	return " (process " + strings.TrimSpace(string(pid)) + ")"
}
