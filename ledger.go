package zikr

import (
	"sync"
	"time"
)

const (
	// ledgerSteps is in how many steps a bound is reached: a user's bytes are brought to the store
	// when a step is full, so that only who stores much costs anything. What a node forgets, when it
	// ends, is less than a step.
	ledgerSteps = 16
	// maxLedger is of how many users a node knows bytes that are not in the store yet; of as many more it may.
	maxLedger = 50_000
	// rowBytes is about what a row costs, with its share of indexes.
	rowBytes = 512
)

// ledger is what users have stored by way of this node since it last brought their sums to the
// store. It begins anew each day.
type ledger struct {
	mu            sync.Mutex
	day           int64
	recent, older map[string]*account
}

// account is one user's.
type account struct {
	bytes int64
	over  bool // the bound was met today
}

// of returns the user's account of a day. The caller holds mu.
func (l *ledger) of(userID string, at time.Time) *account {
	if day := at.UnixMilli() / aDay.Milliseconds(); day != l.day || l.recent == nil {
		l.day, l.recent, l.older = day, make(map[string]*account), nil
	}
	if a := l.recent[userID]; a != nil {
		return a
	}
	if len(l.recent) >= maxLedger {
		l.recent, l.older = make(map[string]*account), l.recent
	}
	a := l.older[userID]
	if a == nil {
		a = &account{}
	}
	l.recent[userID] = a
	return a
}

// take adds bytes to the user's account. When it holds a step or more, it returns all and empties it.
func (l *ledger) take(userID string, at time.Time, bytes, step int64) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of(userID, at)
	a.bytes += bytes
	if a.bytes < max(step, 1) {
		return 0
	}
	taken := a.bytes
	a.bytes = 0
	return taken
}

// add adds bytes to the user's account.
func (l *ledger) add(userID string, at time.Time, bytes int64) {
	if bytes == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(userID, at).bytes += bytes
}

// close notes that the user has stored too much today, isOver whether that was noted.
func (l *ledger) close(userID string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(userID, at).over = true
}

func (l *ledger) isOver(userID string, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(userID, at).over
}
