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
	"strings"
	"time"

	"modernc.org/sqlite"
)

// A part is a file that is to become a database, under another name until it is whole.

// newPart makes an empty file, for its owner only, beside the one that it is to become.
func newPart(file string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.part") // mode 0600
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// removeParts removes those of a file that are older than an age: what made them was killed.
func removeParts(file string, age time.Duration) {
	entries, _ := os.ReadDir(filepath.Dir(file)) // what cannot be read is not removed
	for _, e := range entries {
		info, err := e.Info()
		old := err == nil && time.Since(info.ModTime()) > age
		if old && strings.HasPrefix(e.Name(), "."+filepath.Base(file)+".") && strings.Contains(e.Name(), ".part") {
			_ = os.Remove(filepath.Join(filepath.Dir(file), e.Name()))
		}
	}
}

// removeDatabase removes a file and what SQLite may have left beside it.
func removeDatabase(path string) {
	for _, ending := range []string{"", "-journal", "-wal", "-shm"} {
		_ = os.Remove(path + ending) // it may be gone, or never have been
	}
}

// settleFile makes a copy one plain file that any SQLite opens, on a read-only disk
// too, brings it to the disk and returns its size.
func settleFile(path string) (size int64, err error) {
	db, err := connect(path, []string{"journal_mode(DELETE)", "synchronous(FULL)"})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(db.PingContext(context.Background()), db.Close()); err != nil {
		return 0, describe("finish the copy", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return 0, fmt.Errorf("finish the copy: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Sync(); err != nil {
		return 0, fmt.Errorf("bring the copy to the disk: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("finish the copy: %w", err)
	}
	return info.Size(), nil
}

// OpenFile opens a database to read only that is not the one of a data folder: a
// backup. Unless a log lies beside it, which is read too, nobody may be writing it.
func OpenFile(ctx context.Context, path string) (*ReadOnly, error) {
	db, err := connectFile(path)
	if err != nil {
		return nil, err
	}
	r := &ReadOnly{newPool(sqliteEngine(), db, 1)}
	if err := isOurs(ctx, db, path); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := r.sameRelease(ctx, "the database "+path); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// connectFile makes a handle on a file to read only.
func connectFile(path string) (*sql.DB, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	values := url.Values{"_pragma": readPragmas()}
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		values.Set("mode", "ro")
		values.Set("immutable", "1") // else SQLite would want to make a log beside it
	}
	c, err := sqlite.NewConnector(fileURL(path, values))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return sql.OpenDB(c), nil
}

// fileURL is how SQLite is told of a file.
func fileURL(path string, values url.Values) string {
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: values.Encode()}
	return name.String()
}

// isOurs finds out whether a file is a database that this program once made.
func isOurs(ctx context.Context, db *sql.DB, path string) error {
	var ours bool
	err := db.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM sqlite_schema WHERE name = 'goose_db_version'`).Scan(&ours)
	if err != nil {
		return describe("read "+path, err)
	}
	if !ours {
		return fmt.Errorf("%s is no zikr database: name a file that `zikr backup` has made", path)
	}
	return nil
}
