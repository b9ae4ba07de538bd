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
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// What is found of a database by looking at it: nothing is changed, no file is made.

// Schema says how a database fits this program.
type Schema struct {
	// Has is the version of the database; 0 where there is no data of ours yet.
	Has int64
	// Newest is the one that this program knows.
	Newest int64
}

// SQLiteFound is what ExamineSQLite finds.
type SQLiteFound struct {
	Schema
	Bytes int64 // of the file and its log
	// Damage is what SQLite says of a file that is not in good order.
	Damage string
	// Unread says that there was no time to read the file to its end.
	Unread bool
}

// ExamineSQLite looks at a database file, a backup's too, whether a server uses it or not. Where there is none, that is
// no error. It reads the file through for as long as patience lasts.
func ExamineSQLite(ctx context.Context, path string, patience time.Duration) (SQLiteFound, error) {
	f, err := examineFile(ctx, path, patience)
	if f.Damage == "" && err == nil {
		return f, nil
	}
	return examineFile(ctx, path, patience) // a server that started meanwhile may have begun its log
}

func examineFile(ctx context.Context, path string, patience time.Duration) (f SQLiteFound, err error) {
	if f.Newest, err = newestSchema(); err != nil {
		return f, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("open the database: %w", err)
	}
	f.Bytes = info.Size()
	db, err := connectUnchanged(path, &f.Bytes)
	if err != nil {
		return f, err
	}
	defer func() { _ = db.Close() }() // nothing was written
	if f.Has, err = schemaOf(ctx, db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'goose_db_version'"); err != nil {
		return f, describe("read "+path, err)
	}
	return f, f.readThrough(ctx, db, patience)
}

// connectUnchanged makes a handle that neither makes files beside the database, nor tidies up what a server that was
// killed has left. The size of its log is added to size.
func connectUnchanged(path string, size *int64) (*sql.DB, error) {
	values := url.Values{"_pragma": readPragmas(), "mode": {"ro"}}
	if log, err := os.Stat(path + "-wal"); err == nil {
		*size += log.Size()
	} else {
		values.Set("immutable", "1") // else SQLite would want to make a log
	}
	c, err := sqlite.NewConnector(fileURL(path, values))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return sql.OpenDB(c), nil
}

// readThrough has SQLite look at every page.
func (f *SQLiteFound) readThrough(ctx context.Context, db *sql.DB, patience time.Duration) error {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var result string
	err := db.QueryRowContext(short, "PRAGMA quick_check(1)").Scan(&result)
	switch {
	case short.Err() != nil && ctx.Err() == nil:
		f.Unread = true
	case err != nil:
		return describe("read the database", err)
	case result != "ok":
		f.Damage = strings.Join(strings.Fields(result), " ")
	}
	return nil
}

// schemaOf is the version of a database's schema, 0 if it has none. table counts the tables that hold it.
func schemaOf(ctx context.Context, db *sql.DB, table string) (version int64, err error) {
	var there int
	if err := db.QueryRowContext(ctx, table).Scan(&there); err != nil || there == 0 {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

// newestSchema is the newest version that this program knows.
func newestSchema() (int64, error) {
	entries, err := schemas.ReadDir("schema")
	if err != nil || len(entries) == 0 {
		return 0, errors.Join(errors.New("the program has no schema"), err)
	}
	var version int64
	if _, err := fmt.Sscanf(entries[len(entries)-1].Name(), "%d_", &version); err != nil {
		return 0, fmt.Errorf("schema: %w", err)
	}
	return version, nil
}

// FileName is the database of a data folder.
func FileName(dir string) string { return filepath.Join(dir, fileName) }

// PostgresFound is what ExaminePostgres finds.
type PostgresFound struct {
	Schema
	Version int // of the server, as 15
	// Oldest is the oldest that will do.
	Oldest   int
	Encoding string // UTF8 is needed
	Fsync    bool   // whether what is confirmed is on the disk
	Standby  bool   // whether it only follows another server
	// ReadOnly says that its sessions may not write unless they ask for it.
	ReadOnly bool
	// Allowed says that our user may do what is needed: make tables, or write to those that are there.
	Allowed bool
	// Connections is how many the server gives, and Needed how many one node takes.
	Connections, Needed int
	// Machines is from how many addresses other zikrs use the database now.
	Machines int
	// RoundTrip is how long a small question takes: the median of some.
	RoundTrip time.Duration
	// Ahead is how far the server's clock is ahead of ours.
	Ahead time.Duration
}

// examined is how many small questions are timed.
const examined = 5

// ExaminePostgres looks at the database of an address. It fails when that cannot be reached.
func ExaminePostgres(ctx context.Context, address string) (f PostgresFound, err error) {
	if f.Newest, err = newestSchema(); err != nil {
		return f, err
	}
	db, err := connectPostgres(address, patient())
	if err != nil {
		return f, err
	}
	defer func() { _ = db.Close() }() // nothing was written
	db.SetMaxOpenConns(1)
	f.Oldest, f.Needed = oldestPostgres, Options{}.withDefaults().connections()
	if err := f.readServer(ctx, db); err != nil {
		return f, describe("open "+NameOf(address), err)
	}
	if err := f.readDatabase(ctx, db); err != nil {
		return f, describe("read "+NameOf(address), err)
	}
	return f, f.readClock(ctx, db)
}

func (f *PostgresFound) readServer(ctx context.Context, db *sql.DB) error {
	return db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),
		current_setting('fsync') = 'on', pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT COUNT(DISTINCT COALESCE(client_addr::text, '')) FROM pg_stat_activity
			WHERE application_name = 'zikr' AND datname = current_database() AND pid <> pg_backend_pid())`).
		Scan(&f.Version, &f.Encoding, &f.Fsync, &f.Standby, &f.ReadOnly, &f.Connections, &f.Machines)
}

func (f *PostgresFound) readDatabase(ctx context.Context, db *sql.DB) (err error) {
	err = db.QueryRowContext(ctx, "SELECT COALESCE(has_table_privilege(to_regclass('events'), 'INSERT'), has_schema_privilege(current_schema(), 'CREATE'), FALSE)").Scan(&f.Allowed)
	if err != nil || !f.Allowed {
		return err
	}
	f.Has, err = schemaOf(ctx, db, "SELECT (to_regclass('goose_db_version') IS NOT NULL)::int")
	return err
}

func (f *PostgresFound) readClock(ctx context.Context, db *sql.DB) error {
	took := make([]time.Duration, examined)
	for i := range took {
		var now time.Time
		began := time.Now()
		if err := db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
			return describe("ask the database server for its time", err)
		}
		took[i] = time.Since(began)
		f.Ahead = now.Sub(began.Add(took[i] / 2))
	}
	slices.Sort(took)
	f.RoundTrip = took[len(took)/2]
	return nil
}
