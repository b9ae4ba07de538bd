package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/zikr-app/zikr/internal/due"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

// schedule makes backups by the clock and keeps the newest of them.
type schedule struct {
	dir   string // where they go; one server's only
	every time.Duration
	keep  int
	copy  func(ctx context.Context, file string) (*sqlstore.Copied, error)
	done  func(copied *sqlstore.Copied, err error) // told of every try
	log   *slog.Logger
}

// retryBackup is how soon a backup that failed is tried again, at the latest.
const retryBackup = 15 * time.Minute

// backupName is what the files are called, by the moment (UTC) at which each was begun.
const backupName = "zikr-20060102T150405Z.db"

// job makes a backup whenever the newest is older than it may be.
func (s schedule) job() due.Job {
	return due.Job{Name: "backup", First: s.due(), Every: s.every, Retry: retryBackup, Turn: func(ctx context.Context) error {
		err := s.once(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.done(nil, err)
		return fmt.Errorf("no backup was made in %s: %w", s.dir, err)
	}}
}

// due is how long it is until the next backup: no time when there is none yet, or the
// newest is too old. One from the future (the clock was set back) counts as of now.
func (s schedule) due() time.Duration {
	begun, ok := s.newest()
	if !ok {
		return 0
	}
	return min(max(s.every-time.Since(begun), 0), s.every)
}

// newest is when the newest backup was begun, if there is one.
func (s schedule) newest() (begun time.Time, ok bool) {
	files, err := s.files()
	if err != nil || len(files) == 0 {
		return time.Time{}, false
	}
	begun, err = time.Parse(backupName, files[len(files)-1])
	return begun, err == nil
}

// once makes a backup, and then removes those that are too many.
func (s schedule) once(ctx context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make the backups' folder: %w", err)
	}
	s.removeParts()
	name := time.Now().UTC().Format(backupName)
	copied, err := s.copy(ctx, filepath.Join(s.dir, name))
	if err != nil {
		return err
	}
	s.done(copied, nil)
	s.log.Info("a backup was made", "file", filepath.Join(s.dir, name), "bytes", copied.Bytes, "took", copied.Took)
	if err := s.prune(name); err != nil {
		s.log.Warn("an old backup could not be removed", "dir", s.dir, "err", err) // the new one is good
	}
	return nil
}

// prune removes the oldest backups but the newest keep, and never the one just made.
func (s schedule) prune(made string) error {
	files, err := s.files()
	if err != nil {
		return fmt.Errorf("list the backups: %w", err)
	}
	files = slices.DeleteFunc(files, func(name string) bool { return name == made })
	var errs []error
	for _, name := range files[:max(0, len(files)-(s.keep-1))] {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove an old backup: %w", err))
		}
	}
	return errors.Join(errs...)
}

// files are the names of the backups that the schedule has made, oldest first. What
// is called otherwise is not its own.
func (s schedule) files() ([]string, error) {
	ours := regexp.MustCompile(`^zikr-\d{8}T\d{6}Z\.db$`)
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && ours.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err // os.ReadDir sorts by name, which is by time
}

// removeParts removes what backups left that were killed half-way: nobody else makes
// any in this folder.
func (s schedule) removeParts() {
	part := regexp.MustCompile(`^\.zikr-\d{8}T\d{6}Z\.db\..*\.part`)
	entries, _ := os.ReadDir(s.dir) // what is wrong with it the backup will tell
	for _, e := range entries {
		if part.MatchString(e.Name()) {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
}
