package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

// BackupOptions say what is copied where. Dir and File are required.
type BackupOptions struct {
	Dir  string // data folder whose database is copied; a server may be using it
	File string // the copy; its folder must be there
	// Force replaces a file that is there already.
	Force bool
	// Unchecked leaves out the check of the copy.
	Unchecked bool
}

// Copied says what a copy holds.
type Copied struct {
	Bytes  int64
	Took   time.Duration
	Tables []TableRows // nil if it was not checked
}

// Backup copies the database of a data folder, as it is at this moment, into one
// file: whole, checked and on disk, or not at all. Beside a server it is one more reader, so
// that commands do not wait for it.
func Backup(ctx context.Context, o BackupOptions) (*Copied, error) {
	began := time.Now()
	source := filepath.Join(o.Dir, fileName)
	if err := mayWrite(o, source); err != nil {
		return nil, err
	}
	r, err := OpenReadOnly(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // nothing was written
	part, err := newPart(o.File)
	if err != nil {
		return nil, fmt.Errorf("make a file in the backup's folder: %w", err)
	}
	defer removeDatabase(part)
	if err := copyDatabase(ctx, r.readers.db, part); err != nil {
		return nil, err
	}
	c := &Copied{}
	if !o.Unchecked {
		if c.Tables, err = provenCopy(ctx, part); err != nil {
			return nil, err
		}
	}
	if c.Bytes, err = settleFile(part); err != nil {
		return nil, err
	}
	if err := mayWrite(o, source); err != nil { // again: a copy takes its time
		return nil, err
	}
	if err := os.Rename(part, o.File); err != nil {
		return nil, fmt.Errorf("name the backup: %w", err)
	}
	c.Took = time.Since(began)
	return c, syncFolder(filepath.Dir(o.File))
}

// mayWrite says why the copy cannot take its place, nil if it can.
func mayWrite(o BackupOptions, source string) error {
	there, err := os.Stat(o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if own, err := os.Stat(source); err == nil && os.SameFile(own, there) {
		return fmt.Errorf("%s is the database itself: name another file for the backup", o.File)
	}
	if !there.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file: name one for the backup", o.File)
	}
	if !o.Force {
		return fmt.Errorf("%s is there already: name another file, or replace it with --force", o.File)
	}
	return nil
}

// A copy goes in pieces of so many pages, with a rest after each that is as long as it
// took, so that the disk is half free for the server's commits. Each piece is brought to the disk:
// a commit must not have to wait for all of them.
const pagesAtOnce = 1024

// RoomLeft is what a copy leaves free on its disk, in bytes: a backup on the disk of
// the data must not be what fills it.
const RoomLeft = 64 << 20

// copyDatabase copies one committed state of a database into an empty file.
func copyDatabase(ctx context.Context, db *sql.DB, to string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return describe("open the database to copy it", err)
	}
	defer func() { _ = conn.Close() }()
	size, err := holdState(ctx, conn)
	if err != nil {
		return describe("begin to copy", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	if free, _, known := DiskRoom(filepath.Dir(to)); known {
		if err := fits(filepath.Dir(to), free, uint64(size)); err != nil {
			return err
		}
	}
	err = conn.Raw(func(driver any) error { return copyPages(ctx, driver, to) })
	if err != nil {
		return describe("copy the database to "+to, err)
	}
	return nil
}

// fits says that a copy has no room, nil if it has.
func fits(dir string, free, size uint64) error {
	if free >= size+RoomLeft {
		return nil
	}
	return fmt.Errorf("the disk of %s has %d MiB free, the copy needs %d MiB, and %d MiB must stay free: make room, or name another disk",
		dir, free>>20, size>>20, RoomLeft>>20)
}

// holdState begins a transaction that sees one committed state until its end, and
// returns how many bytes that is. Without it every commit of the server would make the
// copy begin again.
func holdState(ctx context.Context, conn *sql.Conn) (size int64, err error) {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return 0, err
	}
	var tables int // the first query is what begins it in truth
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size)
	return size, err
}

// copyPages lets SQLite's online backup (sqlite.org/backup.html) do the copying.
func copyPages(ctx context.Context, driver any, to string) (err error) {
	source, ok := driver.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	})
	if !ok {
		return fmt.Errorf("the driver %T makes no backups", driver)
	}
	file, err := os.OpenFile(to, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// A copy that is not finished is removed: it needs no journal.
	b, err := source.NewBackup(fileURL(to, url.Values{"_pragma": {"journal_mode(OFF)", "synchronous(OFF)"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for {
		began := time.Now()
		more, err := b.Step(pagesAtOnce)
		if err != nil || !more {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)):
		}
	}
}

// provenCopy checks a file that nobody else uses.
func provenCopy(ctx context.Context, path string) ([]TableRows, error) {
	r, err := OpenFile(ctx, path)
	if err != nil {
		return nil, err
	}
	var first string
	n := 0
	rows, err := r.Check(ctx, func(violation string) {
		if n++; n == 1 {
			first = violation
		}
	})
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if n > 0 {
		return nil, fmt.Errorf("the copy is not in good order: %s; in all %d violations, which `zikr check` names", first, n)
	}
	return rows, nil
}
