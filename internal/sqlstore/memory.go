package sqlstore

import "github.com/zikr-app/zikr"

// memory is what the writer knows of rows that many commands share: a batch of
// counts reads the group and the zikr once and writes each once. It is exact
// because nobody else writes while the writer knows it: on SQLite there is one
// writer for all, so it is kept from batch to batch; on PostgreSQL the batch holds a lock on
// its group, and it is dropped after the batch. A rollback drops it.
type memory struct {
	users   rows[string, zikr.User]
	groups  rows[string, zikr.Group]
	members rows[memberKey, membership]
	hatms   rows[hatmKey, zikr.Hatm]
	zikrs   rows[string, zikr.Zikr]

	// open says which hatms of a group are open (hatm.go).
	open     rows[string, *openHatms]
	bookings rows[string, zikr.Booking]
	// holders says which bookings are not released. Those of a hatm are known before
	// any booking of it is held back.
	holders rows[hatmKey, holders]
}

// rowsKept bounds how many rows of a table are known: between this many, the
// ones used last, and twice as many.
const rowsKept = 20_000

// age forgets, of tables of which many rows are known, those not used for long.
// Nothing may be unsaved.
func (m *memory) age(limit int) {
	m.users.age(limit)
	m.groups.age(limit)
	m.members.age(limit)
	m.hatms.age(limit)
	m.zikrs.age(limit)
	m.open.age(limit)
	m.bookings.age(limit)
	m.holders.age(limit)
}

// rows is what is known of one table's rows. The zero value knows none.
type rows[K, V comparable] struct {
	recent  map[K]*known[V]
	older   map[K]*known[V] // not used since recent was begun
	changed []*known[V]     // in the order of their first change
}

// known is one row.
type known[V comparable] struct {
	saved   V    // as it is in the database
	value   V    // as commands see it
	fresh   bool // not in the database yet
	changed bool
}

// get returns the row of a key, read from the database if it is not known yet.
func (r *rows[K, V]) get(key K, read func(K) (*V, error)) (*known[V], error) {
	if k := r.recent[key]; k != nil {
		return k, nil
	}
	if k := r.older[key]; k != nil {
		return r.keep(key, k), nil
	}
	v, err := read(key)
	if err != nil {
		return nil, err
	}
	return r.keep(key, &known[V]{saved: *v, value: *v}), nil
}

// has reports whether a row is known.
func (r *rows[K, V]) has(key K) bool { return r.recent[key] != nil || r.older[key] != nil }

// put makes known what was just written to the database.
func (r *rows[K, V]) put(key K, v V) { r.keep(key, &known[V]{saved: v, value: v}) }

// learn makes known what was read, unless the row is known, and may have changed since.
func (r *rows[K, V]) learn(key K, v V) {
	if !r.has(key) {
		r.put(key, v)
	}
}

// insert makes a new row, to be written later.
func (r *rows[K, V]) insert(key K, v V) { r.change(r.keep(key, &known[V]{fresh: true}), v) }

func (r *rows[K, V]) keep(key K, k *known[V]) *known[V] {
	if r.recent == nil {
		r.recent = make(map[K]*known[V])
	}
	r.recent[key] = k
	return k
}

// change gives a row a new value, to be written later.
func (r *rows[K, V]) change(k *known[V], v V) {
	k.value = v
	if !k.changed {
		k.changed = true
		r.changed = append(r.changed, k)
	}
}

// unsaved is a row that is to be written.
type unsaved[V any] struct {
	was, is V
	fresh   bool
}

// take returns the rows that changed since it was last called, in the order of their
// first change, and counts on them being written now.
func (r *rows[K, V]) take() []unsaved[V] {
	if len(r.changed) == 0 {
		return nil
	}
	out := make([]unsaved[V], 0, len(r.changed))
	for _, k := range r.changed {
		if k.fresh || k.value != k.saved {
			out = append(out, unsaved[V]{k.saved, k.value, k.fresh})
		}
		k.saved, k.fresh, k.changed = k.value, false, false
	}
	clear(r.changed)
	r.changed = r.changed[:0]
	return out
}

// save hands every row that changed since the last save to write.
func (r *rows[K, V]) save(write func(was, is V)) {
	for _, u := range r.take() {
		write(u.was, u.is)
	}
}

// age forgets, when more than limit rows are recent, those that are not.
func (r *rows[K, V]) age(limit int) {
	if len(r.recent) > limit {
		r.older, r.recent = r.recent, nil
	}
}
