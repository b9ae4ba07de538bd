package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// fileName is the database in its data folder.
const fileName = "zikr.db"

// writePragmas make the writer's connection. WAL lets readers read while it
// writes; synchronous=FULL makes every commit a sync of the log: what is
// confirmed is on disk. It is synced with fdatasync, which leaves out when the file was changed. The log is brought into the database every 4,000 pages (16 MiB): pages that
// every commit writes, as the ends of tables are, then cost one write and not four, and an
// eighth less of the processor is spent on a count than with SQLite's 1,000. Most of that is done
// beside the writer (checkpoint.go). The page cache is in KiB when
// negative; the limit cuts the log's file back when a long reader has made it grow.
func writePragmas() []string {
	return []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "temp_store(MEMORY)", "cache_size(-65536)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)"}
}

// readPragmas make the readers' connections.
func readPragmas() []string {
	return []string{"busy_timeout(5000)", "query_only(ON)", "temp_store(MEMORY)", "cache_size(-16384)"}
}

// sqliteEngine is SQLite: this process is the only one that writes. In long statements the
// placeholder of a value is not $1, as elsewhere: that is a name to SQLite, looked up among all
// names for every value.
func sqliteEngine() *engine {
	return &engine{write: "BEGIN IMMEDIATE", read: "BEGIN", texts: newTexts(func(int) string { return "?" })}
}

// openSQLite opens the database of a data folder, making it if it is not there. Nothing
// else may have it open: a second server is refused.
func openSQLite(ctx context.Context, o Options) (*Store, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", o.Dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, fmt.Errorf("have commits synced with fdatasync: %w", err)
	}
	path := filepath.Join(dir, fileName)
	lock, err := lockDatabase(path)
	if err != nil {
		return nil, err
	}
	s, err := openLocked(ctx, path, o, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

func openLocked(ctx context.Context, path string, o Options, lock *os.File) (*Store, error) {
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	db, err := connect(path, writePragmas())
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, db, path, o.Log); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.SetMaxOpenConns(1)
	readers, err := connect(path, readPragmas())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	readers.SetMaxOpenConns(o.Readers)
	checkpoints, err := startCheckpointer(path)
	if err != nil {
		return nil, errors.Join(err, readers.Close(), db.Close())
	}
	told := o.Committed
	o.Committed = func(commands int, took time.Duration) {
		checkpoints.committed()
		told(commands, took)
	}
	e := sqliteEngine()
	release := func() error { return errors.Join(checkpoints.close(), db.Close(), lock.Close()) }
	return start(newPool(e, readers, o.Readers), db, 1, o, release), nil
}

// ready checks the database and brings its schema up to date.
func ready(ctx context.Context, db *sql.DB, path string, log *slog.Logger) error {
	if err := check(ctx, db, path); err != nil {
		return err
	}
	return migrate(ctx, db, "the database "+path, log)
}

// prepareFile makes the database file, for its owner only, or sees that it can be written.
func prepareFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the database file cannot be opened for writing: see its permissions "+
			"and whether its disk is mounted read-only: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("database file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("the database %s is not a file", path)
	}
	if info.Mode().Perm()&0o200 == 0 { // root could write it, but somebody did not want it written
		return fmt.Errorf("the database file %s is read-only (%s): make it writable by its owner, or name another",
			path, info.Mode().Perm())
	}
	return nil
}

// connect makes a handle whose connections carry the pragmas.
func connect(path string, pragmas []string) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path),
		RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	c, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return sql.OpenDB(c), nil
}

// checkedWhole is up to which size a database is read through at the start; a
// larger one takes too long, `zikr check` does that.
const checkedWhole = 32 << 20

// check finds out whether the file is a database in good order.
func check(ctx context.Context, db *sql.DB, path string) error {
	var pages, size int64
	err := db.QueryRowContext(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size)
	if err != nil {
		return describe("open the database "+path, err)
	}
	if pages*size > checkedWhole {
		return nil
	}
	var result string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return describe("check the database "+path, err)
	}
	if result != "ok" {
		return fmt.Errorf("the database %s is damaged (%s): restore a backup", path, strings.Join(strings.Fields(result), " "))
	}
	return nil
}
