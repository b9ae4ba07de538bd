package sqlstore

import (
	"errors"
	"time"
)

// doubt is a commit that was not answered: the connection was lost, and whether the
// transaction is committed only the database knows.
type doubt struct{ cause error }

func (d *doubt) Error() string {
	return "whether this was stored is not known: " + d.cause.Error()
}
func (d *doubt) Unwrap() error { return d.cause }

// errUnanswered is the cause of a doubt while the connection may still be there.
var errUnanswered = errors.New("the database does not answer the commit")

// commitGrace is how long a caller whose time is over waits for a commit that is under way, before it is in
// doubt; doubtPause how often the database is asked about one whose connection was lost.
const (
	commitGrace = time.Second
	doubtPause  = 250 * time.Millisecond
)

// settle finds out whether a transaction whose commit was not answered is committed, and
// answers accordingly: what was stored is announced and confirmed, what was not runs again, unless
// its caller has left meanwhile. What turns out to be stored then is announced still. The line waits for it
// meanwhile, so that events are announced in order.
func (w *writer) settle(t *tx, batch []*command, outcomes []error, d *doubt) (again []*command) {
	run := w.session.server
	w.drop()
	w.log.Warn("the connection was lost during a commit", "commands", len(batch), "error", d.cause)
	committed, err := w.learn(t, run)
	switch {
	case err != nil:
		answerAll(batch, d)
	case committed:
		w.announce(t)
		for i, c := range batch {
			c.answer(outcomes[i])
		}
	default:
		return putBack(batch)
	}
	return nil
}

func answerAll(batch []*command, err error) {
	for _, c := range batch {
		c.answer(err)
	}
}

// learn asks whether a transaction is committed until the database tells. It fails when the
// database never will, or when the store closes.
func (w *writer) learn(t *tx, run string) (committed bool, err error) {
	for {
		committed, err := w.engine.outcome(w.db, t, run)
		if err == nil || errors.Is(err, errForgotten) {
			return committed, err
		}
		select {
		case <-w.closing:
			return false, err
		case <-time.After(doubtPause):
		}
	}
}
