// Package sqlstore keeps zikr's data in SQL: the port zikr.Store on SQLite and on
// PostgreSQL, with one set of queries for both. What is one's own stands in sqlite.go and
// in postgres.go.
//
// Reading and writing go separate ways. Readers share a pool of connections
// and see one committed state each. A writer runs all commands that wait for
// one key in one transaction, with one fsync for all (group commit, commit.go). SQLite has one
// writer, for which all keys are one; PostgreSQL has some, on any number of nodes.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr"
)

// Options says how a Store works. Either Dir or URL is required.
type Options struct {
	// Dir is the data folder: the SQLite database is zikr.db in it. Both are made if they
	// are not there.
	Dir string
	// URL names a PostgreSQL database, postgres://..., which is used instead.
	URL string
	// Publish is told of committed events: of one group, consecutive, in the order of
	// seq, before the commands that appended them are answered. It must not wait.
	Publish func(groupID string, events []zikr.Event)
	// Committed is told of every commit: how many commands it confirmed, and how
	// long it took to be on disk. It must not wait.
	Committed func(commands int, took time.Duration)
	// Tracer follows commits; nil: nobody does.
	Tracer zikr.Tracer
	Log    *slog.Logger // default: slog.Default()
	// QueueLimit is how many commands may wait. Default: 50,000.
	QueueLimit int
	// BatchLimit is how many commands share a commit at most. Default: 512; on PostgreSQL, where a batch
	// holds a lock and asks over a wire, 128.
	BatchLimit int
	// Readers is how many connections read at once. Default: twice the processors, at least 4.
	Readers int
	// ReadersKept is how many of them are for prompt reads only (zikr.Prompt). Others may wait, and
	// ReadersWaited is told of each that does; nil tells nobody.
	ReadersKept   int
	ReadersWaited func()
	// Writers is how many connections to PostgreSQL write at once. Default: 8.
	Writers int
}

func (o Options) withDefaults() Options {
	if o.Publish == nil {
		o.Publish = func(string, []zikr.Event) {}
	}
	if o.Committed == nil {
		o.Committed = func(int, time.Duration) {}
	}
	if o.ReadersWaited == nil {
		o.ReadersWaited = func() {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.QueueLimit = orDefault(o.QueueLimit, 50_000)
	if o.URL != "" {
		o.BatchLimit = orDefault(o.BatchLimit, 128)
	}
	o.BatchLimit = orDefault(o.BatchLimit, 512)
	o.Readers = orDefault(o.Readers, max(4, 2*runtime.GOMAXPROCS(0)))
	o.Writers = orDefault(o.Writers, 8)
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
	writers []*writer
	lines   *lines
	limit   int           // of a batch
	grace   time.Duration // for a commit whose caller's time is over
	pace    atomic.Int64  // nanoseconds that the latest batch took
	done    chan struct{} // closed when the writers have ended
	closing chan struct{} // closed when they are to end
	release func() error
}

var _ zikr.Store = (*Store)(nil)

// Open opens the database, brings its schema up to date and starts the writers. Errors say
// what to do.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o = o.withDefaults(); o.URL != "" {
		return openPostgres(ctx, o)
	}
	return openSQLite(ctx, o)
}

// start makes a Store of a pool of readers and of a handle for so many writers. release closes
// and unlocks what was opened for them.
func start(readers *pool, db *sql.DB, writers int, o Options, release func() error) *Store {
	readers.keep(o.ReadersKept)
	readers.waits = o.ReadersWaited
	s := &Store{
		readers: readers,
		lines:   newLines(o.QueueLimit),
		limit:   o.BatchLimit,
		grace:   commitGrace,
		done:    make(chan struct{}),
		closing: make(chan struct{}),
		release: release,
	}
	var working sync.WaitGroup
	for range writers {
		w := &writer{db: db, engine: readers.engine, log: o.Log, publish: o.Publish, committed: o.Committed, tracer: o.Tracer, keep: rowsKept, patience: leastPatience, closing: s.closing}
		s.writers = append(s.writers, w)
		working.Go(func() { s.write(w) })
	}
	if readers.engine.shared {
		working.Go(func() { s.rekey(db, o.Log) })
	}
	go func() {
		defer close(s.done)
		working.Wait()
	}()
	return s
}

// rekey writes anew what nodes of a release before stored since the schema is of today. The last node of
// an upgrade starts when none of them is left.
func (s *Store) rekey(db *sql.DB, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := rekey(ctx, db, log); err != nil && ctx.Err() == nil {
		log.Warn("some may not be found by name until the next start", "err", err)
	}
}

// write lets a writer run what waits, until the lines are closed and empty.
func (s *Store) write(w *writer) {
	defer w.drop()
	var batch []*command
	for {
		var of *line
		if of, batch = s.lines.next(batch[:0], s.limit); of == nil {
			return
		}
		began := time.Now()
		w.commit(of.key, batch)
		s.lines.done(of)
		clear(batch)
		s.pace.Store(int64(time.Since(began)))
	}
}

// Update implements zikr.Store. A command must not call Update or View itself.
func (s *Store) Update(ctx context.Context, key zikr.Key, run func(zikr.Tx) error) error {
	c := newCommand(ctx, run)
	if ctx.Err() != nil {
		return tooLate(s.retryAfter())
	}
	if err := s.lines.add(s.readers.engine.line(key), c); errors.Is(err, errFull) {
		return tooLate(s.retryAfter())
	} else if err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		if c.giveUp() {
			return tooLate(s.retryAfter())
		}
		return s.outcome(c)
	}
}

// outcome waits for the outcome of a command that is under way: it is near, and must be told. Only where the
// database does not answer its commit, the caller is told that it is not known: sent again with its
// opId, a command is exact.
func (s *Store) outcome(c *command) error {
	for {
		select {
		case <-c.done:
			return c.err
		case <-time.After(s.grace):
			if c.leave() {
				return &doubt{errUnanswered}
			}
		}
	}
}

// retryAfter is how long the commands that wait now will take, as far as the
// latest batch tells.
func (s *Store) retryAfter() time.Duration {
	commands, ready := s.lines.length()
	batches := max(commands/s.limit, ready)/len(s.writers) + 1
	return min(max(time.Duration(batches)*time.Duration(s.pace.Load()), 100*time.Millisecond), 10*time.Second)
}

// View implements zikr.Store.
func (s *Store) View(ctx context.Context, query func(zikr.Reader) error) error {
	return s.readers.view(ctx, query)
}

// Ping reports whether the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.View(zikr.Prompt(ctx), func(r zikr.Reader) error {
		_, err := r.OldestSeq("")
		return err
	})
}

// Queued is how many commands wait for a writer.
func (s *Store) Queued() int {
	commands, _ := s.lines.length()
	return commands
}

// Oldest is for how long the command has waited for a writer that has waited longest; 0 for none.
func (s *Store) Oldest() time.Duration { return s.lines.oldest(time.Now()) }

// Close takes no more commands, waits for those that were taken, and closes the
// database. A second call does nothing.
func (s *Store) Close() error {
	if !s.lines.close() {
		return nil
	}
	close(s.closing)
	<-s.done
	return errors.Join(s.readers.close(), s.release())
}
