package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/zikr-app/zikr"
)

// tx is what the commands of one batch read and write. Rows that commands share
// are read and changed in memory; counts and events are gathered; both
// reach the database at the latest before the commit, and before any query that
// could see that they are missing.
type tx struct {
	reader // settles before each query
	// direct queries without settling: for rows that are never held back, or are not known.
	direct reader
	known  *memory
	texts  *texts

	counts []zikr.Count       // not yet inserted
	ops    map[op]int         // of these, where the one with an opId is
	shares map[shareKey]int64 // not yet added
	events []zikr.Event       // of the whole batch; those from logged on are not yet inserted
	logged int

	writes int   // how often commands wrote: who fails after writing has spoiled the batch
	err    error // the database's first failure: the batch is lost
}

func newTx(db *session, known *memory, texts *texts) *tx {
	t := &tx{known: known, texts: texts, ops: make(map[op]int), shares: make(map[shareKey]int64)}
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
func (t *tx) execOne(op, statement string, args ...any) error {
	res, err := t.exec(op, statement, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return t.fail(op, err)
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", op, zikr.ErrNotFound)
	}
	return nil
}

// flush brings to the database what was held back.
func (t *tx) flush() error {
	if t.err != nil {
		return t.err
	}
	steps := []func() error{t.saveRows, t.insertCounts, t.addShares, t.insertEvents}
	for _, step := range steps {
		if err := step(); err != nil {
			t.lose(err)
			return err
		}
	}
	return nil
}

func (t *tx) saveRows() error {
	if err := t.known.groups.save(t.saveGroup); err != nil {
		return err
	}
	if err := t.known.hatms.save(t.saveHatm); err != nil {
		return err
	}
	if err := t.saveBookings(); err != nil {
		return err
	}
	return t.known.zikrs.save(t.saveZikr)
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
