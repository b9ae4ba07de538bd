package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// describe gives a failure of the database the operation's name and, where an
// operator can do something about it, a sentence that says so.
func describe(op string, err error) error {
	var c *pgconn.ConnectError
	if errors.As(err, &c) {
		err = oneLine{err}
	}
	if sentence := advice(err); sentence != "" {
		return fmt.Errorf("%s: %s: %w", op, sentence, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// oneLine is an error in one line: the driver gives each address that it tried a line of its own.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }

func advice(err error) string {
	var s *sqlite.Error
	if errors.As(err, &s) {
		return sqliteAdvice(s.Code() & 0xff)
	}
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return postgresAdvice(p.Code)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return sqliteAdvice(sqlite3.SQLITE_FULL)
	}
	var c *pgconn.ConnectError
	if errors.As(err, &c) || errors.Is(err, driver.ErrBadConn) {
		return "PostgreSQL cannot be reached: see whether it runs, and the host and port in ZIKR_DATABASE_URL"
	}
	return ""
}

// sqliteAdvice knows SQLite's primary result codes (sqlite.org/rescode.html).
func sqliteAdvice(code int) string {
	switch code {
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

// PostgreSQL's codes that we know (appendix A of its manual).
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	idleInTransaction    = "25P03"
	readOnly             = "25006"
)

func postgresAdvice(code string) string {
	switch code {
	case "28P01", "28000":
		return "PostgreSQL refuses the user or the password of ZIKR_DATABASE_URL: see both, and the server's pg_hba.conf"
	case "3D000":
		return "there is no such database in PostgreSQL: make it with createdb, or correct ZIKR_DATABASE_URL"
	case "42704":
		return "PostgreSQL does not take a parameter of ZIKR_DATABASE_URL: correct or remove it"
	case "53300":
		return "PostgreSQL has no connection left: raise its max_connections, or run fewer nodes"
	case "53100":
		return "the disk of PostgreSQL is full: nothing was stored; make room"
	case "42501":
		return "the user of ZIKR_DATABASE_URL may not do this: make it the owner of the database"
	case readOnly:
		return "PostgreSQL is read-only, perhaps a standby: name the server that may be written to in ZIKR_DATABASE_URL"
	case adminShutdown, crashShutdown, cannotConnectNow:
		return "PostgreSQL is starting or stopping"
	case "XX001", "XX002", "58030":
		return "PostgreSQL's disk is damaged or fails: see its log"
	default:
		return ""
	}
}

var (
	// errForgotten says that a transaction's outcome will not be known.
	errForgotten = errors.New("the database does not know the outcome any more")
	// errRolledBack says that a transaction was not committed since a statement in it had failed.
	errRolledBack = errors.New("the transaction had failed, and was rolled back")
	// errVanished says that a row which a command found was gone when it was to be changed.
	errVanished = errors.New("a row was removed meanwhile")
)

func postgresCode(err error) string {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// heldUp reports whether a transaction came to nothing only since others held what it needed.
func heldUp(err error) bool {
	switch postgresCode(err) {
	case lockNotAvailable, deadlockDetected, serializationFailure:
		return true
	default:
		return false
	}
}

// disturbed tells failures that come of what others did at the same time, or of a connection that
// was lost before the commit: nothing was stored, and run again the command may succeed. A unique
// violation is one of them: the rules are checked before a row is inserted, so somebody else has inserted
// it since, which the command will find.
func disturbed(err error) bool {
	if errors.Is(err, errVanished) {
		return true
	}
	switch postgresCode(err) {
	case uniqueViolation, serializationFailure, deadlockDetected, adminShutdown, crashShutdown, idleInTransaction:
		return true
	case "":
		return lost(err)
	default:
		return false
	}
}

// lost tells that the connection to PostgreSQL is gone.
func lost(err error) bool {
	var n net.Error
	if errors.As(err, &n) {
		return !n.Timeout()
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// timedOut tells that PostgreSQL did not answer a statement in time, or not at all.
func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// tooBusy tells that a lock was not to be had in time: another node hangs, or has too much to do.
func tooBusy(err error) bool { return postgresCode(err) == lockNotAvailable }
