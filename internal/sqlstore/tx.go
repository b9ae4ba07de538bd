package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/zikr-app/zikr"
)

// statement is one that writes.
type statement struct {
	op, text string
	args     []any
	one      bool // it must change exactly one row
}

// tx is what the commands of one batch read and write. Rows that commands share
// are read and changed in memory; counts and events are gathered; both
// reach the database at the latest before the commit, and before any query that
// could see that they are missing.
type tx struct {
	reader // settles before each query
	// direct queries without settling: for rows that are never held back, or are not known.
	direct reader
	known  *memory
	engine *engine
	number string // by which a shared database knows the transaction

	held    map[string]bool    // ids of users whose rows are locked, by others too
	claimed map[string]bool    // and of those whose rows nobody else has locked
	counts  []zikr.Count       // not yet inserted
	ops     map[op]int         // of these, where the one with an opId is
	shares  map[shareKey]int64 // not yet added
	days    map[dayKey]int64   // not yet added
	events  []zikr.Event       // of the whole batch; those from logged on are not yet inserted
	logged  int

	notifications []any // values of rows that are not yet inserted

	lessShares []shareKey // of shares and days, those that may be empty after that
	lessDays   []dayKey

	pending []statement // of a flush that gathers them

	writes int   // how often commands wrote: who fails after writing has spoiled the batch
	err    error // the database's first failure: the batch is lost
}

func newTx(db *session, known *memory, e *engine) *tx {
	t := &tx{
		known: known, engine: e, held: make(map[string]bool), claimed: make(map[string]bool), ops: make(map[op]int), shares: make(map[shareKey]int64),
		days: make(map[dayKey]int64),
	}
	t.direct = reader{ctx: context.Background(), db: db, failed: t.lose}
	t.reader = t.direct
	t.settle = t.flush
	return t
}

// lose remembers the first failure.
func (t *tx) lose(err error) {
	if t.err == nil {
		t.err = err
	}
}

// exec runs a statement that writes.
func (t *tx) exec(op, statement string, args ...any) (sql.Result, error) {
	t.writes++
	res, err := t.db.exec(statement, args...)
	if err != nil {
		err = t.fail(op, err)
	}
	return res, err
}

// execOne runs a statement that must change exactly one row.
func (t *tx) execOne(op, text string, args ...any) error {
	t.writes++
	return t.run(statement{op, text, args, true})
}

// run runs statements in as few round trips as the engine can.
func (t *tx) run(all ...statement) error {
	i, changed, err := t.db.run(all)
	if err != nil {
		return t.fail(all[i].op, err)
	}
	for i, st := range all {
		if st.one && changed[i] == 0 {
			return t.vanished(st.op)
		}
	}
	return nil
}

// vanished is for a row that was to be changed and is not there. Where others write too, it may
// have been there when the command looked: it has to look again.
func (t *tx) vanished(op string) error {
	err := fmt.Errorf("%s: %w", op, zikr.ErrNotFound)
	if t.engine.shared {
		t.lose(errors.Join(errVanished, err))
	}
	return err
}

// later notes a statement that flush is to run.
func (t *tx) later(op, text string, args ...any) {
	t.pending = append(t.pending, statement{op, text, args, false})
}

// laterOne notes one that must change exactly one row.
func (t *tx) laterOne(op, text string, args ...any) {
	t.pending = append(t.pending, statement{op, text, args, true})
}

// flush brings to the database what was held back.
func (t *tx) flush() error {
	if t.err != nil {
		return t.err
	}
	t.saveRows()
	t.insertCounts()
	t.addShares()
	t.addDays()
	t.insertEvents()
	t.insertNotifications()
	if len(t.pending) == 0 {
		return nil
	}
	err := t.run(t.pending...)
	clear(t.pending)
	t.pending = t.pending[:0]
	if err != nil {
		t.lose(err)
	}
	return err
}

func (t *tx) saveRows() {
	t.known.groups.save(t.saveGroup)
	t.known.members.save(t.saveMember)
	t.known.hatms.save(t.saveHatm)
	t.saveBookings()
	t.known.zikrs.save(t.saveZikr)
}

// change changes a known row in memory. It fails if there is no such row.
func change[K, V comparable](t *tx, r *rows[K, V], key K, read func(K) (*V, error), v V) error {
	k, err := r.get(key, read)
	if err != nil {
		return fmt.Errorf("update %T %v: %w", v, key, err)
	}
	t.writes++
	r.change(k, v)
	return nil
}
