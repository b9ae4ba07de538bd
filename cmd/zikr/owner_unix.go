//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// adopt gives what root has made in another's folder to the owner of the folder: else the service, which runs
// as that user, could not open its own files. Names are what the files of ours begin with.
func adopt(dir string, names ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, ok := ownerOf(dir)
	if !ok || owner.Uid == 0 {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for files of root in %s: %w", dir, err)
	}
	var errs []error
	for _, entry := range entries {
		for _, name := range names {
			if entry.Type().IsRegular() && strings.HasPrefix(entry.Name(), name) {
				errs = append(errs, give(filepath.Join(dir, entry.Name()), owner))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// changeable reports by whom a file can be changed but root and the user that runs this.
func changeable(info os.FileInfo) (by string, ok bool) {
	owner, known := info.Sys().(*syscall.Stat_t)
	switch {
	case !known:
		return "", false
	case owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return fmt.Sprintf("another user (%d)", owner.Uid), true
	case owner.Mode&0o022 != 0:
		return "others", true
	}
	return "", false
}

func ownerOf(path string) (*syscall.Stat_t, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return stat, ok
}

// give changes whose a file is, if it is root's and has no other name: the folder's owner may have put
// anything in its place.
func give(path string, owner *syscall.Stat_t) error {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) // #nosec G304 -- in the operator's folder
	if errors.Is(err, os.ErrNotExist) {
		return nil // as a log of SQLite that is gone by now
	}
	if err != nil {
		return fmt.Errorf("give %s to the owner of its folder: %w", path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("give %s to the owner of its folder: %w", path, err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || !info.Mode().IsRegular() || stat.Uid != 0 || stat.Nlink != 1 {
		return nil
	}
	if err := file.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("give %s to the owner of its folder: %w", path, err)
	}
	return nil
}

// foreign names what in a folder is not its owner's, and who that is, as chown takes it.
func foreign(dir string) (owner string, names []string) {
	of, ok := ownerOf(dir)
	if !ok {
		return "", nil
	}
	entries, _ := os.ReadDir(dir) // who may not read it cannot know
	for _, entry := range entries {
		if its, ok := ownerOf(filepath.Join(dir, entry.Name())); ok && entry.Type().IsRegular() && its.Uid != of.Uid {
			names = append(names, entry.Name())
		}
	}
	return fmt.Sprintf("%d:%d", of.Uid, of.Gid), names
}

// openFiles is how many files a process that is started here may open: Go raises the soft limit to the hard one.
func openFiles() (most uint64, known bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Max), err == nil //nolint:unconvert // its type differs between systems
}
