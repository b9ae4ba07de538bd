package limit

import "sync"

// Held counts what is held at the moment, in bytes or in number: in all, and by one user or
// address. It remembers only keys that hold something. A nil *Held limits nothing.
type Held struct {
	inAll, byKey Bound
	fair         bool

	mu   sync.Mutex
	all  int64
	keys map[string]int64
}

// NewHeld lets all keys together hold inAll, and each of them byKey. What is at Off is not
// limited, of what is at 0 nothing may be held.
func NewHeld(inAll, byKey Bound) *Held {
	if inAll.Most == Off && byKey.Most == Off {
		return nil
	}
	return &Held{inAll: inAll, byKey: byKey, keys: map[string]int64{}}
}

// fairShare is what part of the room that is free one key may have, if it is to be fair.
const fairShare = 8

// Fair lets a key hold no more than an eighth of what is free: when fifty hold all they can, there is
// still room for one who wants little.
func (h *Held) Fair() *Held {
	if h != nil {
		h.fair = true
	}
	return h
}

// Take holds n for a key. If that is too much it holds nothing, and reports false. What
// was taken must be given back.
func (h *Held) Take(key string, n int64) bool {
	if h == nil {
		return true
	}
	met := h.take(key, n)
	if met != nil {
		met.met()
	}
	return met == nil
}

// take returns the bound that was met, nil if there is room.
func (h *Held) take(key string, n int64) *Bound {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.keys[key] > int64(h.byKey.Most)-n:
		return &h.byKey
	case h.all > int64(h.inAll.Most)-n:
		return &h.inAll
	case h.fair && h.keys[key]+n > (int64(h.inAll.Most)-h.all)/fairShare:
		return &h.inAll
	}
	h.all += n
	h.keys[key] += n
	return nil
}

// Give gives n of a key back.
func (h *Held) Give(key string, n int64) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all -= n
	if h.keys[key] -= n; h.keys[key] <= 0 {
		delete(h.keys, key)
	}
}

// Now is how much is held in all.
func (h *Held) Now() int64 {
	if h == nil {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all
}
