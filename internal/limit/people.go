package limit

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A household and a mosque may stand behind one address each. What tells them apart is how
// many people are signed in there: so what one address may do grows with them.
const (
	crowd       = 100       // people of one address that are counted
	crowdShare  = 10        // with so many more, an address may do as much again as at first
	mostFold    = 10        // but never more than so many times as much
	crowdMemory = time.Hour // how long somebody who was seen counts, at least
)

// People counts who is signed in at which address. A nil *People has seen nobody.
type People struct {
	seed maphash.Seed

	mu        sync.Mutex
	addresses recent[seen]
}

// seen is who was seen at an address: those of this span of crowdMemory, and of the one before.
type seen struct {
	fresh, stale []uint32 // hashes of their ids
	turned       time.Time
}

// NewPeople has seen nobody.
func NewPeople() *People {
	return &People{seed: maphash.MakeSeed(), addresses: newRecent[seen](keep/10, 2*crowdMemory)}
}

// Saw notes that a user is signed in at an address.
func (p *People) Saw(address netip.Addr, userID string, now time.Time) {
	if p == nil {
		return
	}
	id := uint32(maphash.String(p.seed, userID))
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.addresses.get(AddressKey(address), now)
	s.turn(now)
	if len(s.fresh) < crowd && !slices.Contains(s.fresh, id) {
		s.fresh = append(s.fresh, id)
	}
}

func (s *seen) turn(now time.Time) {
	since := now.Sub(s.turned)
	if since < crowdMemory {
		return
	}
	if s.stale, s.fresh, s.turned = s.fresh, nil, now; since >= 2*crowdMemory {
		s.stale = nil
	}
}

// fold is how many times as much as a single household an address may do.
func (p *People) fold(address netip.Addr, now time.Time) int64 {
	if p == nil {
		return 1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.addresses.look(AddressKey(address))
	if s == nil {
		return 1
	}
	s.turn(now)
	return min(1+int64(max(len(s.fresh), len(s.stale)))/crowdShare, mostFold)
}
