package sqlstore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// describe gives a failure of the database the operation's name and, where an
// operator can do something about it, a sentence that says so.
func describe(op string, err error) error {
	if sentence := advice(err); sentence != "" {
		return fmt.Errorf("%s: %s: %w", op, sentence, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// advice knows SQLite's primary result codes (sqlite.org/rescode.html).
func advice(err error) string {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return "the disk is full: nothing was stored; make room"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another process holds a lock on the database file: end it"
	case sqlite3.SQLITE_IOERR:
		return "the disk failed to read or write: see the system's log, and whether there is room"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return "the database file cannot be written: see its permissions and whether its disk is mounted read-only"
	case sqlite3.SQLITE_CANTOPEN:
		return "the database file cannot be opened: see the permissions of its folder"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the database file is damaged, or is no zikr database: restore a backup"
	default:
		return ""
	}
}
