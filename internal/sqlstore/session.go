package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// session is one connection and the statements prepared on it. One goroutine
// uses it at a time.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // by text
}

func openSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return &session{conn: conn, stmts: make(map[string]*sql.Stmt)}, nil
}

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
	stmt, err := s.prepared(text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *session) exec(text string, args ...any) (sql.Result, error) {
	stmt, err := s.prepared(text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.Background(), args...)
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
	free   chan *session // nil stands for one that is to be opened
	closed chan struct{}
}

func newPool(db *sql.DB, size int) *pool {
	p := &pool{db: db, free: make(chan *session, size), closed: make(chan struct{})}
	for range size {
		p.free <- nil
	}
	return p
}

// take waits for a session until ctx ends or the pool is closed.
func (p *pool) take(ctx context.Context) (*session, error) {
	select {
	case <-p.closed:
		return nil, errClosed
	default:
	}
	select {
	case s := <-p.free:
		if s != nil {
			return s, nil
		}
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a free database connection: %w", ctx.Err())
	}
	s, err := openSession(ctx, p.db)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return s, nil
}

// put gives a session back; nil for one that was discarded.
func (p *pool) put(s *session) { p.free <- s }

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
