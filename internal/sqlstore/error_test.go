package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestWhatPostgresSays(t *testing.T) {
	timeout := &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	tests := []struct {
		err             error
		says            string
		disturbed, busy bool
	}{
		{&pgconn.PgError{Code: "53100"}, "the disk of PostgreSQL is full", false, false},
		{&pgconn.PgError{Code: "25006"}, "read-only", false, false},
		{&pgconn.PgError{Code: "53300"}, "no connection left", false, false},
		{&pgconn.PgError{Code: "58030"}, "disk", false, false},
		{&pgconn.PgError{Code: "42704"}, "a parameter of ZIKR_DATABASE_URL", false, false},
		{&os.PathError{Op: "write", Path: "zikr.db.lock", Err: syscall.ENOSPC}, "make room", true, false}, // it is not PostgreSQL's
		{&pgconn.PgError{Code: "57P01"}, "starting or stopping", true, false},
		{&pgconn.PgError{Code: "40P01"}, "", true, false},
		{&pgconn.PgError{Code: "40001"}, "", true, false},
		{&pgconn.PgError{Code: "23505"}, "", true, false},
		{&pgconn.PgError{Code: "25P03"}, "", true, false},
		{&pgconn.PgError{Code: "55P03"}, "", false, true},
		{&pgconn.PgError{Code: "57014"}, "", false, false}, // statement_timeout
		{&pgconn.PgError{Code: "22021"}, "", false, false},
		{driver.ErrBadConn, "cannot be reached", true, false},
		{io.ErrUnexpectedEOF, "", true, false},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, "", true, false},
		{timeout, "", false, false}, // it had its time
		{errVanished, "", true, false},
		{errors.New("anything else"), "", false, false},
	}
	for _, test := range tests {
		err := describe("do it", fmt.Errorf("try: %w", test.err))
		if !strings.HasPrefix(err.Error(), "do it: ") || !strings.Contains(err.Error(), test.says) || !errors.Is(err, test.err) {
			t.Errorf("%v: got %q, want it to say %q", test.err, err, test.says)
		}
		if got := disturbed(err); got != test.disturbed {
			t.Errorf("%v: got disturbed %v, want %v", test.err, got, test.disturbed)
		}
		if got := tooBusy(err); got != test.busy {
			t.Errorf("%v: got too busy %v, want %v", test.err, got, test.busy)
		}
	}
}
