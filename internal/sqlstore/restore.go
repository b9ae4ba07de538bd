package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Restored says what was put in place.
type Restored struct {
	Copied
	// Aside is where the database is that was there before; "" if there was none.
	Aside string
}

// Restore puts a backup in the place of a data folder's database, and the one that
// was there aside. Nobody may be using the folder. The backup is copied, brought to this release's
// schema and checked before anything is touched: one that is damaged, or of a newer release, is refused.
func Restore(ctx context.Context, dir, file string) (*Restored, error) {
	began := time.Now()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	path := filepath.Join(dir, fileName)
	lock, err := lockDatabase(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	if err := differ(path, file); err != nil {
		return nil, err
	}
	removeParts(path, -time.Hour) // with the lock held, nobody is making one
	part, err := newPart(path)
	if err != nil {
		return nil, fmt.Errorf("make a file in the data folder: %w", err)
	}
	defer removeDatabase(part)
	r := &Restored{}
	if err := takeOver(ctx, file, part); err != nil {
		return nil, fmt.Errorf("the backup %s cannot be used: %w", file, err)
	}
	if r.Tables, err = provenCopy(ctx, part); err != nil {
		return nil, fmt.Errorf("the backup %s cannot be used: %w", file, err)
	}
	if r.Bytes, err = settleFile(part); err != nil {
		return nil, err
	}
	if r.Aside, err = swap(ctx, part, path); err != nil {
		return nil, err
	}
	r.Took = time.Since(began)
	return r, nil
}

// differ refuses to restore a database from itself.
func differ(path, file string) error {
	backup, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	if own, err := os.Stat(path); err == nil && os.SameFile(own, backup) {
		return fmt.Errorf("%s is the database itself: name a backup of it", file)
	}
	return nil
}

// takeOver copies a backup to a new file and brings it to this release's schema.
func takeOver(ctx context.Context, file, to string) error {
	from, err := connectFile(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // nothing was written
	if err := isOurs(ctx, from, file); err != nil {
		return err
	}
	if err := copyDatabase(ctx, from, to); err != nil {
		return err
	}
	db, err := connect(to, []string{"journal_mode(DELETE)", "synchronous(FULL)", "foreign_keys(ON)"})
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, db, "the database "+file, nil), db.Close())
}

// swap puts a file in the place of the database and keeps the one that was
// there, under the name that it returns. At every moment, whenever the power fails, either
// database is in place, whole.
func swap(ctx context.Context, part, path string) (aside string, err error) {
	if _, err := os.Stat(path); err == nil {
		if err := closeDatabase(ctx, path); err != nil {
			return "", err
		}
		if aside, err = setAside(path); err != nil {
			return "", fmt.Errorf("keep the database that is there: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the database that is there: %w", err)
	}
	for _, log := range []string{path + "-wal", path + "-shm"} { // they would be taken for the new one's
		if err := os.Remove(log); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("remove the log of the database that was there: %w", err)
		}
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("put the backup in place: %w", err)
	}
	return aside, syncFolder(filepath.Dir(path))
}

// closeDatabase brings the log of a database into it and ends the log, which SQLite
// does only where nobody else has it open. A database that is damaged too much for that is left as it is.
func closeDatabase(ctx context.Context, path string) error {
	db, err := connect(path, []string{"busy_timeout(2000)"})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	_ = db.Close() // what counts is the error before
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED) {
		return fmt.Errorf("%w: another process has the database %s open (zikr check, zikr backup, sqlite3?): wait for its end", ErrInUse, path)
	}
	return ctx.Err()
}

// setAside gives a database, and the log of one that could not be closed, a second
// name: the first stays until the new database takes it.
func setAside(path string) (string, error) {
	name := path + ".before-" + time.Now().UTC().Format("20060102T150405Z")
	aside := name
	for n := 2; ; n++ {
		err := os.Link(path, aside)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || n > 100 {
			return "", err
		}
		aside = fmt.Sprintf("%s-%d", name, n)
	}
	if err := os.Link(path+"-wal", aside+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return aside, nil
}
