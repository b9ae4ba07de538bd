package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/zikr-app/zikr"
)

// reader reads one state of the database: what a snapshot or a transaction sees.
type reader struct {
	ctx context.Context
	db  *session
	// settle brings what a transaction holds back into the database before a
	// query; nil when there is nothing to bring.
	settle func() error
	// failed is told of every query that the database failed; nil for nobody.
	failed func(error)
}

// row is what a scan function reads one row from.
type row interface{ Scan(dest ...any) error }

// list returns all rows of a query.
func list[T any](r *reader, op string, scan func(row, *T) error, query string, args ...any) ([]T, error) {
	if r.settle != nil {
		if err := r.settle(); err != nil {
			return nil, err
		}
	}
	rows, err := r.db.query(r.ctx, query, args...)
	if err != nil {
		return nil, r.fail(op, err)
	}
	found, err := collect(rows, scan)
	if err != nil {
		return nil, r.fail(op, err)
	}
	return found, nil
}

func collect[T any](rows *sql.Rows, scan func(row, *T) error) (found []T, err error) {
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, rows.Err()
}

// one returns the first row of a query by a key. It fails with zikr.ErrNotFound if there is none.
func one[T any](r *reader, op string, scan func(row, *T) error, query string, args ...any) (*T, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, r.fail(op, err)
	}
	found, err := list(r.brief(), op, scan, query, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, zikr.ErrNotFound
	}
	return &found[0], nil
}

// brief is the reader for a query that SQLite answers in microseconds: to have two goroutines watch over it, in case
// its caller goes, would take longer.
func (r *reader) brief() *reader {
	if !r.db.isLocal() {
		return r
	}
	unwatched := *r
	unwatched.ctx = context.Background()
	return &unwatched
}

// count returns the one number that a query finds.
func (r *reader) count(op, query string, args ...any) (int64, error) {
	n, err := one(r, op, number, query, args...)
	if err != nil {
		return 0, err
	}
	return *n, nil
}

func (r *reader) fail(op string, err error) error {
	err = describe(op, err)
	if r.failed != nil {
		r.failed(err)
	}
	return err
}

// text and number scan rows of one column.
func text(r row, s *string) error  { return r.Scan(s) }
func number(r row, n *int64) error { return r.Scan(n) }

// moment scans milliseconds into a time; NULL is the zero time.
type moment time.Time

// Scan implements sql.Scanner.
func (m *moment) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m = moment{}
	case int64:
		*m = moment(time.UnixMilli(v).UTC())
	default:
		return fmt.Errorf("a moment is milliseconds, got %T", v)
	}
	return nil
}

// millis is how a time is stored; the zero time is NULL.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// beginning is a time with which a list goes on, as it is stored: all come after the zero time.
func beginning(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// stored is t as it comes back from the database.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// nullable is NULL for "".
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// word scans text; NULL is "".
type word string

// Scan implements sql.Scanner.
func (w *word) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*w = ""
	case string:
		*w = word(v)
	default:
		return fmt.Errorf("text is a string, got %T", v)
	}
	return nil
}
