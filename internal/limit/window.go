package limit

import (
	"slices"
	"sync"
	"time"
)

// inFlight is after how long to try again when the attempts that are under way
// would reach the limit if they all counted.
const inFlight = time.Second

// window lets a number of attempts of each key pass in any span of a length. A
// nil *window limits nothing.
type window struct {
	bound Bound
	per   time.Duration
	// common is the same of all nodes; nil: this one is alone.
	common *commonWindow

	mu   sync.Mutex
	keys recent[attempts]
}

// attempts is what a window knows of a key.
type attempts struct {
	counted []time.Time // those of the last span
	pending int         // begun and not done
}

func newWindow(bound Bound, per time.Duration) *window {
	if bound.Most == Off {
		return nil
	}
	return &window{bound: bound, per: per, keys: newRecent[attempts](keep, per)}
}

// begin asks for one attempt of a key that may have fold times as many as others.
func (w *window) begin(key string, fold int64, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if w == nil {
		return func(bool) {}, 0, true
	}
	return w.beginUpTo(key, int64(w.bound.Most)*fold, now)
}

// beginUpTo asks for one attempt of a key that may have most, here and where all nodes count together.
func (w *window) beginUpTo(key string, most int64, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	if w == nil {
		return func(bool) {}, 0, true
	}
	here, retryAfter, ok := w.beginHere(key, most, now)
	if !ok || w.common == nil {
		return here, retryAfter, ok
	}
	everywhere, retryAfter, ok := w.common.begin(key, most)
	if !ok {
		here(false)
		w.bound.met()
		return nil, retryAfter, false
	}
	return func(counts bool) { here(counts); everywhere(counts) }, 0, true
}

// beginHere asks for one attempt on this node. Those that are under way are taken as if they
// counted, so that many at once cannot get past the limit together.
func (w *window) beginHere(key string, most int64, now time.Time) (done func(counts bool), retryAfter time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.recall(key, now)
	counted := int64(len(a.counted))
	switch {
	case most <= 0:
		w.bound.met()
		return nil, never, false
	case counted >= most:
		w.bound.met()
		slices.SortFunc(a.counted, time.Time.Compare)
		return nil, a.counted[counted-most].Add(w.per).Sub(now), false
	case counted+int64(a.pending) >= most:
		w.bound.met()
		return nil, inFlight, false
	}
	a.pending++
	return func(counts bool) { w.end(a, now, counts) }, 0, true
}

// recall returns what is known of a key, without what is too long ago.
func (w *window) recall(key string, now time.Time) *attempts {
	a := w.keys.get(key, now)
	w.prune(a, now)
	return a
}

// prune forgets what is too long ago.
func (w *window) prune(a *attempts, now time.Time) {
	a.counted = slices.DeleteFunc(a.counted, func(at time.Time) bool { return now.Sub(at) >= w.per })
}

func (w *window) end(a *attempts, began time.Time, counts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.pending--
	if counts {
		a.counted = append(a.counted, began)
	}
}

// add counts what nobody asked for. Of a key no more is kept than the bound.
func (w *window) add(key string, now time.Time) {
	if w == nil {
		return
	}
	w.mu.Lock()
	if a := w.recall(key, now); int64(len(a.counted)) < int64(w.bound.Most) {
		a.counted = append(a.counted, now)
	}
	w.mu.Unlock()
	if w.common != nil {
		w.common.add(key)
	}
}

// count is how many attempts of a key counted in the last span.
func (w *window) count(key string, now time.Time) int64 {
	if w == nil {
		return 0
	}
	n := w.countHere(key, now)
	if w.common != nil {
		n = max(n, w.common.count(key))
	}
	return n
}

// countHere is count on this node.
func (w *window) countHere(key string, now time.Time) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.keys.look(key)
	if a == nil {
		return 0
	}
	w.prune(a, now)
	return int64(len(a.counted))
}
