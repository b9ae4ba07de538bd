package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/zikr-app/zikr"
)

// engine is what one kind of database does otherwise than another.
type engine struct {
	write string // begins a transaction that writes
	read  string // begins one that sees one committed state until its end
	texts *texts
	// shared says that other processes write to the database too: it is PostgreSQL. Then what
	// is known of rows holds within a batch only, and there only because the batch
	// begins with a lock on the row that its key names. Otherwise there is one
	// writer for all keys, and it knows what it has written.
	shared bool
}

// line is the key of the line in which commands of a key wait.
func (e *engine) line(key zikr.Key) zikr.Key {
	if e.shared {
		return key
	}
	return zikr.Key{}
}

// beginWriting begins a transaction for commands of a key.
func (e *engine) beginWriting(t *tx, key zikr.Key) error {
	if e.shared {
		return beginLocked(t, key)
	}
	_, err := t.db.exec(e.write)
	return err
}

// beginReading begins a transaction that sees one committed state. A server that does not answer is waited for
// no longer than ctx allows.
func (e *engine) beginReading(ctx context.Context, s *session) error {
	if e.shared {
		patience := readPatience
		if end, ok := ctx.Deadline(); ok {
			patience = min(patience, time.Until(end))
		}
		if err := s.until(time.Now().Add(patience)); err != nil {
			return err
		}
	}
	_, err := s.exec(e.read)
	return err
}

// rolledBack reports whether a transaction that cannot be rolled back is so already, as SQLite does it when the disk is
// full or fails: then another can begin, which touches no file. A connection costs more than many a command, and
// each command fails as long as the disk is full.
func (e *engine) rolledBack(s *session) bool {
	if e.shared {
		return false
	}
	if _, err := s.exec(e.read); err != nil {
		return false
	}
	_, err := s.exec("ROLLBACK")
	return err == nil
}

// outcome tells whether a transaction is committed whose commit was not answered. It was begun in this
// run of the server.
func (e *engine) outcome(db *sql.DB, t *tx, run string) (committed bool, err error) {
	if e.shared {
		return isCommitted(db, t, run)
	}
	return false, errForgotten
}

// run names the server's run that a session belongs to: from one start or crash to the next.
func (e *engine) run(s *session) (string, error) {
	if !e.shared {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectPatience)
	defer cancel()
	return serverRun(ctx, s.conn)
}

// commit commits. On PostgreSQL it fails with a doubt, unless it is certain that nothing is committed.
func (e *engine) commit(s *session) error {
	if e.shared {
		return s.commitPostgres()
	}
	_, err := s.exec("COMMIT")
	return err
}
