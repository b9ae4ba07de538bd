package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/zikr-app/zikr"
)

// writer runs commands: all that wait, one after another, in one transaction
// with one commit. It is one goroutine and owns what it holds.
type writer struct {
	db        *sql.DB
	log       *slog.Logger
	publish   func(groupID string, events []zikr.Event)
	committed func(commands int, took time.Duration)
	pace      atomic.Int64 // nanoseconds that the latest turn took
	session   *session     // nil before the first batch and after a failure
	memory    memory
	keep      int // how many rows of a table to know
	texts     *texts
}

// run works until the queue is closed and empty.
func (w *writer) run(queue <-chan *command, limit int) {
	var batch []*command
	for first := range queue {
		began := time.Now()
		batch = gather(append(batch[:0], first), queue, limit)
		w.commit(batch)
		clear(batch)
		w.pace.Store(int64(time.Since(began)))
	}
	w.drop()
}

// gather takes what waits, limit commands at most.
func gather(batch []*command, queue <-chan *command, limit int) []*command {
	for len(batch) < limit {
		select {
		case c, open := <-queue:
			if !open {
				return batch
			}
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch and answers every command in it.
func (w *writer) commit(batch []*command) {
	ready := batch[:0:0]
	for _, c := range batch {
		if c.take() {
			ready = append(ready, c)
		}
	}
	again := w.attempt(ready)
	for i := range again {
		w.attempt(again[i : i+1])
	}
}

// attempt runs commands in one transaction, commits, announces and answers.
// When that fails nothing was written, and what it returns must run
// again, each command in a transaction of its own. Of one command alone, the failure is its answer.
func (w *writer) attempt(batch []*command) (again []*command) {
	if len(batch) == 0 {
		return nil
	}
	t, err := w.begin()
	if err != nil {
		for _, c := range batch {
			c.answer(err)
		}
		return nil
	}
	outcomes, spoiler, err := w.runAll(t, batch)
	if err == nil && spoiler < 0 {
		err = w.finish(t, len(batch))
	}
	if err == nil && spoiler < 0 {
		for _, events := range byGroup(t.events) {
			w.publish(events[0].GroupID, events)
		}
		for i, c := range batch {
			c.answer(outcomes[i])
		}
		return nil
	}
	w.rollback()
	return w.blame(batch, outcomes, spoiler, err)
}

// runAll runs the commands. It ends at the first that fails after it wrote
// (the spoiler, otherwise -1), or when the database fails (err).
func (w *writer) runAll(t *tx, batch []*command) (outcomes []error, spoiler int, err error) {
	outcomes = make([]error, len(batch))
	for i, c := range batch {
		before := t.writes
		outcomes[i] = c.call(t)
		if t.err != nil {
			return outcomes, -1, t.err
		}
		if outcomes[i] != nil && t.writes != before {
			return outcomes, i, nil
		}
	}
	return outcomes, -1, nil
}

// blame answers whoever is known to be at fault for a transaction that was
// rolled back, and returns the others.
func (w *writer) blame(batch []*command, outcomes []error, spoiler int, err error) (again []*command) {
	if len(batch) == 1 {
		if outcomes[0] == nil {
			outcomes[0] = err
		}
		batch[0].answer(outcomes[0])
		return nil
	}
	if spoiler < 0 {
		w.log.Warn("a batch of commands failed; they run again one by one", "commands", len(batch), "error", err)
		return batch
	}
	batch[spoiler].answer(outcomes[spoiler])
	again = append(again, batch[:spoiler]...)
	return append(again, batch[spoiler+1:]...)
}

func (w *writer) begin() (*tx, error) {
	if w.session == nil {
		s, err := openSession(context.Background(), w.db)
		if err != nil {
			return nil, describe("open the database for writing", err)
		}
		w.session = s
	}
	if _, err := w.session.exec("BEGIN IMMEDIATE"); err != nil {
		w.drop()
		return nil, describe("begin a transaction", err)
	}
	return newTx(w.session, &w.memory, w.texts), nil
}

// finish writes what was held back and commits.
func (w *writer) finish(t *tx, commands int) error {
	if err := t.flush(); err != nil {
		return err
	}
	began := time.Now()
	if _, err := w.session.exec("COMMIT"); err != nil {
		return describe("commit", err)
	}
	w.committed(commands, time.Since(began))
	w.memory.age(w.keep)
	return nil
}

// rollback undoes the transaction and forgets what was learned in it. After
// some failures SQLite has rolled back already; then, as after any other
// doubt, the connection is made anew.
func (w *writer) rollback() {
	w.memory = memory{}
	if _, err := w.session.exec("ROLLBACK"); err != nil {
		w.drop()
	}
}

// drop closes the writer's connection; the next batch opens another.
func (w *writer) drop() {
	w.memory = memory{}
	if w.session != nil {
		w.session.discard()
		w.session = nil
	}
}

// tooLate is the answer to a command that never ran.
func tooLate(retryAfter time.Duration) error {
	return zikr.RateLimited(retryAfter, "The server is busy: this was not done. Please try again.")
}

var errClosed = errors.New("the store is closed")
