package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// MoveOptions say what is moved where. From and To are required.
type MoveOptions struct {
	From string // a data folder, or a file that zikr backup has made
	To   string // URL of a PostgreSQL database without data
	// Progress is told how many rows of a table were copied so far, and when it is done.
	Progress func(table string, rows int64, done bool)
}

// Move copies an SQLite database into an empty PostgreSQL one, whole and proven as Check does, or not at all: it is
// one transaction. The source is only read; no server may be using it meanwhile, since what it
// stored later would be missing.
func Move(ctx context.Context, o MoveOptions) (_ []TableRows, err error) {
	source, release, err := openSource(ctx, o.From)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := migratePostgres(ctx, o.To, nil); err != nil {
		return nil, err
	}
	db, err := connectPostgres(o.To, unhurried())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m := &move{ctx: ctx, progress: o.Progress, name: NameOf(o.To)}
	if m.from, err = openSession(ctx, source.readers.db); err != nil {
		return nil, describe("open the source", err)
	}
	defer m.from.discard()
	if m.to, err = openSession(ctx, db); err != nil {
		return nil, describe("open "+m.name, err)
	}
	defer m.to.discard() // which undoes what is not committed
	return m.run()
}

// openSource opens what is to be moved, and keeps servers away from a data folder.
func openSource(ctx context.Context, from string) (_ *ReadOnly, release func() error, err error) {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no file or folder %s: name a data folder, or a backup", from)
	} else if err != nil {
		return nil, nil, fmt.Errorf("open the source: %w", err)
	}
	path := from
	if info.IsDir() {
		path = filepath.Join(from, fileName)
		if _, err := os.Stat(path); err != nil {
			return nil, nil, fmt.Errorf("there is no database in the data folder %s: name the right folder: %w", from, err)
		}
	}
	var closers []func() error
	if filepath.Base(path) == fileName { // a server may have it; a backup nobody uses
		lock, err := lockDatabase(path)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, lock.Close)
	}
	release = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	r, err := OpenFile(ctx, path)
	if err != nil {
		return nil, nil, errors.Join(err, release())
	}
	closers = append([]func() error{r.Close}, closers...)
	return r, release, nil
}

// move is one move, within a transaction on either side.
type move struct {
	ctx      context.Context
	from, to *session
	name     string // of the target
	progress func(table string, rows int64, done bool)
}

func (m *move) run() ([]TableRows, error) {
	if _, err := m.from.exec("BEGIN"); err != nil {
		return nil, describe("begin to read", err)
	}
	for _, text := range []string{"BEGIN", "LOCK TABLE " + strings.Join(tables(), ", ") + " IN SHARE ROW EXCLUSIVE MODE"} {
		if _, err := m.to.exec(text); err != nil {
			return nil, describe("begin to write to "+m.name, err)
		}
	}
	if err := m.empty(); err != nil {
		return nil, err
	}
	copied := make(map[string]int64)
	for _, table := range tables() {
		n, err := m.copyTable(table)
		if err != nil {
			return nil, describe("copy "+table, err)
		}
		copied[table] = n
	}
	// The next counting gets the next number.
	_, err := m.to.exec(`SELECT setval(pg_get_serial_sequence('counts', 'num'), (SELECT COALESCE(MAX(num), 0) + 1 FROM counts), FALSE)`)
	if err != nil {
		return nil, describe("number the countings", err)
	}
	return m.proven(copied)
}

// empty refuses a target that holds data.
func (m *move) empty() error {
	for _, table := range tables() {
		var some bool
		err := m.to.conn.QueryRowContext(m.ctx, "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&some)
		if err != nil {
			return describe("look into "+m.name, err)
		}
		if some {
			return fmt.Errorf("%s is not empty (there are %s): name one without data, or drop this one and make it anew", m.name,
				strings.ReplaceAll(table, "_", " "))
		}
	}
	return nil
}

// copyTable copies all rows of a table.
func (m *move) copyTable(table string) (copied int64, err error) {
	rows, err := m.from.query(m.ctx, "SELECT * FROM "+table)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return 0, err
	}
	source := &rowSource{rows: rows, tell: func(n int64) { m.progress(table, n, false) }}
	columns := make([]string, len(types))
	for i, column := range types {
		columns[i] = column.Name()
		source.isTruth = append(source.isTruth, column.DatabaseTypeName() == "BOOLEAN")
	}
	err = m.to.raw(func(c *pgx.Conn) error {
		copied, err = c.CopyFrom(m.ctx, pgx.Identifier{table}, columns, source)
		return err
	})
	if err = errors.Join(err, rows.Err()); err == nil {
		m.progress(table, copied, true)
	}
	return copied, err
}

// progressEvery is how many rows are copied between two words of progress.
const progressEvery = 250_000

// rowSource hands rows of a query to a COPY.
type rowSource struct {
	rows    *sql.Rows
	isTruth []bool // of the columns, those that SQLite holds as 0 and 1
	n       int64
	tell    func(n int64)
}

// Next implements pgx.CopyFromSource.
func (s *rowSource) Next() bool {
	if s.n > 0 && s.n%progressEvery == 0 {
		s.tell(s.n)
	}
	s.n++
	return s.rows.Next()
}

// Values implements pgx.CopyFromSource.
func (s *rowSource) Values() ([]any, error) {
	values, pointers := make([]any, len(s.isTruth)), make([]any, len(s.isTruth))
	for i := range values {
		pointers[i] = &values[i]
	}
	err := s.rows.Scan(pointers...)
	for i, v := range values {
		if n, ok := v.(int64); ok && s.isTruth[i] {
			values[i] = n != 0
		}
	}
	return values, err
}

// Err implements pgx.CopyFromSource.
func (s *rowSource) Err() error { return s.rows.Err() }

// proven checks what was copied, and commits it if it is in good order.
func (m *move) proven(copied map[string]int64) ([]TableRows, error) {
	if _, err := m.to.exec("ANALYZE"); err != nil { // the proofs are queries over everything
		return nil, describe("gather statistics", err)
	}
	first, violations := "", 0
	c := &checker{ctx: m.ctx, db: m.to, tell: func(violation string) {
		if violations++; violations == 1 {
			first = violation
		}
	}}
	found, err := c.prove((*checker).structurePostgres)
	if err != nil {
		return nil, err
	}
	if violations > 0 {
		return nil, fmt.Errorf("the source is not in good order, and nothing was moved: %s; in all %d violations, which `zikr check` names", first, violations)
	}
	for _, t := range found {
		if t.Rows != copied[t.Table] {
			return nil, fmt.Errorf("%d rows of %s were copied, and %d are there: nothing was moved", copied[t.Table], t.Table, t.Rows)
		}
	}
	if err := m.to.commitPostgres(); err != nil {
		return nil, describe("commit", err)
	}
	return found, nil
}
