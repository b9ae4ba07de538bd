package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/zikr-app/zikr"
)

// writer runs commands: those of a batch, one after another, in one transaction
// with one commit. It is one goroutine and owns what it holds.
type writer struct {
	db        *sql.DB
	engine    *engine
	log       *slog.Logger
	publish   func(groupID string, events []zikr.Event)
	committed func(commands int, took time.Duration)
	tracer    zikr.Tracer // nil: nothing is followed
	session   *session    // nil before the first batch and after a failure
	memory    memory
	keep      int             // how many rows of a table to know
	patience  time.Duration   // with a statement for which nobody has time any more
	closing   <-chan struct{} // closed when the store is to end
}

// commit runs a batch of commands of one key and answers every command in it.
func (w *writer) commit(key zikr.Key, batch []*command) {
	again := w.attempt(key, batch)
	for len(again) > 0 {
		if err := w.connect(); err != nil { // once for all: it may take its time
			answerAll(again, err)
			return
		}
		rest := w.attempt(key, again[:1])
		again = append(rest, again[1:]...)
	}
}

// those are the commands of a batch of which something holds. The batch stays as it is.
func those(batch []*command, holds func(*command) bool) (some []*command) {
	for _, c := range batch {
		if holds(c) {
			some = append(some, c)
		}
	}
	return some
}

// putBack returns those commands of a batch of which nothing was stored that are to run again.
func putBack(batch []*command) []*command { return those(batch, (*command).putBack) }

// attempt runs commands in one transaction, commits, announces and answers.
// When that fails nothing was written, and what it returns must run
// again, each command in a transaction of its own. Of one command alone, the failure is its
// answer, unless it comes of what others did at the same time. Until the transaction has begun, which
// may take long, callers may give their commands up.
func (w *writer) attempt(key zikr.Key, batch []*command) (again []*command) {
	if batch = those(batch, (*command).wanted); len(batch) == 0 {
		return nil
	}
	t, err := w.begin(key)
	if err != nil {
		return w.unbegun(batch, err)
	}
	w.session.due, w.session.patience = due(batch), w.patience
	if batch = those(batch, (*command).take); len(batch) == 0 {
		w.rollback()
		return nil
	}
	outcomes, spoiler, err := w.runAll(t, batch)
	if err == nil && spoiler < 0 {
		err = w.finish(t, batch)
	}
	var d *doubt
	if errors.As(err, &d) {
		return w.settle(t, batch, outcomes, d)
	}
	if err != nil || spoiler >= 0 {
		w.rollback()
		return putBack(w.blame(batch, outcomes, spoiler, err))
	}
	w.announce(t)
	for i, c := range batch {
		c.answer(outcomes[i])
	}
	return nil
}

// due is when the first of the callers wants an answer; the zero time if none of them says.
func due(batch []*command) (first time.Time) {
	for _, c := range batch {
		if end, ok := c.ctx.Deadline(); ok && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	return first
}

// announce publishes what a transaction logged, once it is committed.
func (w *writer) announce(t *tx) {
	for _, events := range byGroup(t.events) {
		w.publish(events[0].GroupID, events)
	}
}

// unbegun answers for a transaction that could not begin. Where only a lock was not to be
// had, nobody is to blame: it is a matter of time.
func (w *writer) unbegun(batch []*command, err error) (again []*command) {
	if tooBusy(err) {
		w.log.Warn("a lock was not to be had in time", "commands", len(batch), "error", err)
		err = tooLate(busyPause)
	}
	for _, c := range batch {
		c.answer(err)
	}
	return nil
}

// busyPause is how soon a command may try again that waited for a lock in vain.
const busyPause = time.Second

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
	if spoiler >= 0 {
		batch[spoiler].answer(outcomes[spoiler])
		again = append(again, batch[:spoiler]...)
		return append(again, batch[spoiler+1:]...)
	}
	if len(batch) > 1 {
		w.log.Warn("a batch of commands failed; they run again one by one", "commands", len(batch), "error", err)
		return batch
	}
	c := batch[0]
	if c.runs++; disturbed(err) && c.runs < mostRuns {
		return batch
	}
	switch {
	case tooBusy(err) || timedOut(err):
		err = tooLate(busyPause)
	case outcomes[0] != nil:
		err = outcomes[0]
	}
	c.answer(err)
	return nil
}

// mostRuns is how often a command runs alone that others disturb.
const mostRuns = 5

// begin begins a transaction for commands of a key. A connection that was lost since it was
// last used is made anew.
func (w *writer) begin(key zikr.Key) (t *tx, err error) {
	for range 2 {
		had := w.session != nil
		if t, err = w.tryToBegin(key); err == nil || !had || !w.engine.shared || tooBusy(err) {
			return t, err
		}
	}
	return t, err
}

// connect opens the writer's connection, unless it is open. Those that lay idle in the pool may have been lost
// since with their server: after the last of them one is made new, and what that says is told.
func (w *writer) connect() error {
	if w.session != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), writePatience)
	defer cancel()
	for idle := w.db.Stats().Idle; ; idle-- {
		s, err := openSession(ctx, w.db)
		if err != nil {
			return describe("open the database for writing", err)
		}
		if s.server, err = w.engine.run(s); err == nil {
			w.session = s
			return nil
		}
		s.discard()
		if idle <= 0 || !disturbed(err) {
			return describe("open the database for writing", err)
		}
	}
}

func (w *writer) tryToBegin(key zikr.Key) (*tx, error) {
	if err := w.connect(); err != nil {
		return nil, err
	}
	t := newTx(w.session, &w.memory, w.engine)
	if err := w.engine.beginWriting(t, key); err != nil {
		w.drop()
		return nil, describe("begin a transaction", err)
	}
	return t, nil
}

// finish writes what was held back and commits.
func (w *writer) finish(t *tx, batch []*command) error {
	if err := t.flush(); err != nil {
		return err
	}
	if w.engine.shared { // otherwise the answer cannot be lost
		for _, c := range batch {
			c.send()
		}
	}
	began := time.Now()
	if err := w.engine.commit(w.session); err != nil {
		return describe("commit", err)
	}
	ended := time.Now()
	w.committed(len(batch), ended.Sub(began))
	if w.tracer != nil {
		for _, c := range batch {
			w.tracer.Record(w.tracer.Of(c.ctx), "commit", began, ended, slog.Int("zikr.commands", len(batch)))
		}
	}
	if w.engine.shared {
		w.memory = memory{}
	} else {
		w.memory.age(w.keep)
	}
	return nil
}

// rollback undoes the transaction and forgets what was learned in it. In any
// doubt the connection is made anew.
func (w *writer) rollback() {
	w.memory = memory{}
	if _, err := w.session.exec("ROLLBACK"); err != nil && !w.engine.rolledBack(w.session) {
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

var (
	errClosed = errors.New("the store is closed")
	errFull   = errors.New("too many commands wait")
)
