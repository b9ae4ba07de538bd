// Package sqlstore keeps zikr's data in SQL: the port zikr.Store on SQLite. The
// SQL is written so that PostgreSQL takes it too; what is SQLite's own stands in sqlite.go.
//
// Reading and writing go separate ways. Readers share a pool of connections
// and see one committed state each. There is one writer, which runs all
// commands that wait in one transaction, with one fsync for all (group commit, commit.go).
package sqlstore

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// Options says how a Store works. Only Dir is required.
type Options struct {
	// Dir is the data folder: the database is zikr.db in it. Both are made if they
	// are not there.
	Dir string
	// Publish is told of committed events: of one group, consecutive, in the order of
	// seq, before the commands that appended them are answered. It must not wait.
	Publish func(groupID string, events []zikr.Event)
	// Committed is told of every commit: how many commands it confirmed, and how
	// long it took to be on disk. It must not wait.
	Committed func(commands int, took time.Duration)
	Log       *slog.Logger // default: slog.Default()
	// QueueLimit is how many commands may wait. Default: 50,000.
	QueueLimit int
	// BatchLimit is how many commands share a commit at most. Default: 512.
	BatchLimit int
	// Readers is how many connections read at once. Default: twice the processors, at least 4.
	Readers int
}

func (o Options) withDefaults() Options {
	if o.Publish == nil {
		o.Publish = func(string, []zikr.Event) {}
	}
	if o.Committed == nil {
		o.Committed = func(int, time.Duration) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.QueueLimit = orDefault(o.QueueLimit, 50_000)
	o.BatchLimit = orDefault(o.BatchLimit, 512)
	o.Readers = orDefault(o.Readers, max(4, 2*runtime.GOMAXPROCS(0)))
	return o
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// Store is zikr.Store on an SQL database.
type Store struct {
	readers *pool
	writer  *writer
	queue   chan *command
	limit   int
	done    chan struct{} // closed when the writer has ended
	release func() error

	mu     sync.RWMutex // held to read while putting into the queue
	closed bool
}

var _ zikr.Store = (*Store)(nil)

// start makes a Store of two handles of one database. release closes and
// unlocks what was opened for them.
func start(w *writer, readers *pool, o Options, release func() error) *Store {
	s := &Store{
		readers: readers,
		writer:  w,
		queue:   make(chan *command, o.QueueLimit),
		limit:   o.BatchLimit,
		done:    make(chan struct{}),
		release: release,
	}
	go func() {
		defer close(s.done)
		w.run(s.queue, o.BatchLimit)
	}()
	return s
}

// Update implements zikr.Store. A command must not call Update or View itself.
func (s *Store) Update(ctx context.Context, _ zikr.Key, run func(zikr.Tx) error) error {
	c := newCommand(ctx, run)
	if err := s.enqueue(c); err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		if c.giveUp() {
			return tooLate(s.retryAfter())
		}
		<-c.done // it is under way: its outcome is near, and must be told
		return c.err
	}
}

func (s *Store) enqueue(c *command) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	if c.ctx.Err() != nil {
		return tooLate(s.retryAfter())
	}
	select {
	case s.queue <- c:
		return nil
	default:
		return tooLate(s.retryAfter())
	}
}

// retryAfter is how long the commands that wait now will take, as far as the
// latest batch tells.
func (s *Store) retryAfter() time.Duration {
	batches := len(s.queue)/s.limit + 1
	return min(max(time.Duration(batches)*time.Duration(s.writer.pace.Load()), 100*time.Millisecond), 10*time.Second)
}

// View implements zikr.Store.
func (s *Store) View(ctx context.Context, query func(zikr.Reader) error) error {
	db, err := s.readers.take(ctx)
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			db.discard()
			db = nil
		}
		s.readers.put(db)
	}()
	if _, err := db.exec("BEGIN"); err != nil {
		return describe("begin to read", err)
	}
	err = query(&reader{ctx: ctx, db: db})
	_, rollback := db.exec("ROLLBACK")
	keep = rollback == nil
	return err
}

// Ping reports whether the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.View(ctx, func(r zikr.Reader) error {
		_, err := r.OldestSeq("")
		return err
	})
}

// Queued is how many commands wait for the writer.
func (s *Store) Queued() int { return len(s.queue) }

// Close takes no more commands, waits for those that were taken, and closes the
// database. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	close(s.queue)
	<-s.done
	return errors.Join(s.readers.close(), s.release())
}
