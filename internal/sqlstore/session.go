package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/zikr-app/zikr"
)

// session is one connection and the statements prepared on it. One goroutine
// uses it at a time.
type session struct {
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt // by text; nil for PostgreSQL's, whose driver keeps them itself
	server string               // its run, of a writer's session; see engine.run

	// Of a writer's session on PostgreSQL; see hurry.
	end, due time.Time
	patience time.Duration
}

func openSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	s := &session{conn: conn}
	if !isPostgres(db) {
		s.stmts = make(map[string]*sql.Stmt)
	}
	return s, nil
}

// isLocal reports whether the database is SQLite, which is in this process.
func (s *session) isLocal() bool { return s.stmts != nil }

// prepared returns the statement of a text. The texts are constants of this
// package, so that there is an end to them.
func (s *session) prepared(text string) (*sql.Stmt, error) {
	if stmt := s.stmts[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	s.stmts[text] = stmt
	return stmt, nil
}

func (s *session) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s.stmts == nil {
		if err := s.hurry(); err != nil {
			return nil, err
		}
		return s.conn.QueryContext(ctx, text, args...)
	}
	stmt, err := s.prepared(text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *session) exec(text string, args ...any) (sql.Result, error) {
	if s.stmts == nil {
		if err := s.hurry(); err != nil {
			return nil, err
		}
		return s.conn.ExecContext(context.Background(), text, args...)
	}
	stmt, err := s.prepared(text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.Background(), args...)
}

// run runs statements, one after another, and returns how many rows each has changed. When one
// fails, i is which, and those after it did not run.
func (s *session) run(all []statement) (i int, changed []int64, err error) {
	if s.stmts == nil && len(all) > 1 {
		return s.pipeline(all)
	}
	changed = make([]int64, len(all))
	for i, st := range all {
		res, err := s.exec(st.text, st.args...)
		if err != nil {
			return i, nil, err
		}
		if changed[i], err = res.RowsAffected(); err != nil {
			return i, nil, err
		}
	}
	return 0, changed, nil
}

// discard closes the connection instead of giving it back to its pool.
func (s *session) discard() {
	for _, stmt := range s.stmts {
		_ = stmt.Close() // the connection goes anyway
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close() // closed by ErrBadConn already
}

// pool is a bounded number of sessions for readers, opened when first needed.
type pool struct {
	db     *sql.DB
	engine *engine
	free   chan *session // nil stands for one that is to be opened
	closed chan struct{}
	// patient holds a token for each reader that those may have who are not prompt (zikr.IsPrompt).
	patient chan struct{}
	waits   func() // is told when one of these has to wait
}

func newPool(e *engine, db *sql.DB, size int) *pool {
	p := &pool{db: db, engine: e, free: make(chan *session, size), closed: make(chan struct{}), waits: func() {}}
	p.keep(0)
	for range size {
		p.free <- nil
	}
	return p
}

// keep keeps so many readers free for those who are prompt; one at least is for all. It is
// called before the pool is used.
func (p *pool) keep(kept int) {
	p.patient = make(chan struct{}, max(cap(p.free)-kept, 1))
}

// view runs query on one committed state.
func (p *pool) view(ctx context.Context, query func(zikr.Reader) error) error {
	if !zikr.IsPrompt(ctx) {
		if err := p.queue(ctx); err != nil {
			return err
		}
		defer func() { <-p.patient }()
	}
	s, err := p.begin(ctx)
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			s.discard()
			s = nil
		}
		p.free <- s
	}()
	err = query(&reader{ctx: ctx, db: s})
	_, rollback := s.exec("ROLLBACK")
	keep = rollback == nil
	return err
}

// queue waits until one who is not prompt may have a reader.
func (p *pool) queue(ctx context.Context) error {
	select {
	case p.patient <- struct{}{}:
		return nil
	default:
		p.waits()
	}
	select {
	case p.patient <- struct{}{}:
		return nil
	case <-p.closed:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for a reader: %w", ctx.Err())
	}
}

// begin takes a session and begins to read. One whose connection was lost since it was last
// used is replaced by a new one.
func (p *pool) begin(ctx context.Context) (*session, error) {
	s, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	for {
		fresh := s == nil
		if fresh {
			if s, err = openSession(ctx, p.db); err != nil {
				break
			}
		}
		if err = p.engine.beginReading(ctx, s); err == nil {
			return s, nil
		}
		s.discard()
		if s = nil; fresh {
			break
		}
	}
	p.free <- nil
	return nil, describe("begin to read", err)
}

// take waits for a session until ctx ends or the pool is closed. nil is one to be opened.
func (p *pool) take(ctx context.Context) (*session, error) {
	select {
	case <-p.closed:
		return nil, errClosed
	default:
	}
	select {
	case s := <-p.free:
		return s, nil
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a free database connection: %w", ctx.Err())
	}
}

// close waits for all sessions and closes them. It is called once.
func (p *pool) close() error {
	close(p.closed)
	for range cap(p.free) {
		if s := <-p.free; s != nil {
			s.discard()
		}
	}
	return p.db.Close()
}
