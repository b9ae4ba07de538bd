// Package limit is the budget of a server. Bounds is the table of everything that a client can
// make grow; the other types hold it: Rate how often, Held how much at once, SignUps, Logins and
// Times how many in a span of time. All of it is in this node's memory, which stays bounded however
// many different keys are seen; guesses are counted by all nodes together, too, in Redis.
package limit

import (
	"net/netip"
	"time"

	"github.com/zikr-app/zikr/internal/address"
)

// keep is how many keys of one limit are remembered at least; twice as many at most.
const keep = 50_000

// recent holds values by key: those used lately, in bounded memory. A value is
// let go when it was not used for age, or earlier when more than size other
// keys were used since. It is not safe for concurrent use.
//
// Two generations are enough for that: what is used moves to the fresh one, and
// the stale one is dropped as a whole when the fresh one is full or old.
type recent[V any] struct {
	size   int
	age    time.Duration
	fresh  map[string]*V
	stale  map[string]*V
	turned time.Time // when fresh was begun
}

func newRecent[V any](size int, age time.Duration) recent[V] {
	return recent[V]{size: size, age: age, fresh: map[string]*V{}}
}

// get returns the value of a key, a zero one if there is none.
func (r *recent[V]) get(key string, now time.Time) *V {
	if len(r.fresh) >= r.size || now.Sub(r.turned) >= r.age {
		r.stale, r.fresh, r.turned = r.fresh, map[string]*V{}, now
	}
	if v, ok := r.fresh[key]; ok {
		return v
	}
	v, ok := r.stale[key]
	if !ok {
		v = new(V)
	}
	r.fresh[key] = v
	delete(r.stale, key)
	return v
}

// look returns the value of a key, nil if there is none. Unlike get it lets nothing go, and keeps nothing: who
// only asks, of keys that they make up, makes nobody else's forgotten.
func (r *recent[V]) look(key string) *V {
	if v, ok := r.fresh[key]; ok {
		return v
	}
	return r.stale[key]
}

// AddressKey names whoever is behind an address: an IPv4 address, or the /64
// of an IPv6 one, which is what a single customer is given at the least.
func AddressKey(a netip.Addr) string { return address.Network(a).String() }
