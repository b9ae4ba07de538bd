// Package bus brings what happened to every node, and knows who is online: the
// ports zikr.Bus and zikr.Presence. Local and LocalPresence serve one process;
// whatever serves several stands beside them, and passes the same suite, bustest.
package bus

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/zikr-app/zikr"
)

// shards is how many groups can be served at one moment.
const shards = 32

// Local is the Bus of a single process: it hands to its receivers, on the
// caller's goroutine, what it is given. The zero value is not usable; see NewLocal.
type Local struct {
	seed   maphash.Seed
	groups [shards]sync.Mutex // held while a group's receivers are called, so that its calls come one after another

	mu        sync.RWMutex
	receivers []zikr.Receiver // replaced as a whole, never changed
}

// NewLocal returns a Bus without receivers: what it is given goes nowhere.
func NewLocal() *Local { return &Local{seed: maphash.MakeSeed()} }

// Attach lets r receive what comes from now on. A receiver that is attached
// twice is called twice.
func (b *Local) Attach(r zikr.Receiver) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.receivers = append(slices.Clone(b.receivers), r)
}

// Publish hands the events to every receiver.
func (b *Local) Publish(groupID string, events []zikr.Event) {
	if len(events) == 0 {
		return
	}
	b.each(groupID, func(r zikr.Receiver) { r.Events(groupID, events) })
}

// Signal hands the signal to every receiver.
func (b *Local) Signal(s zikr.Signal) {
	b.each(s.GroupID, func(r zikr.Receiver) { r.Signal(s) })
}

// each calls every receiver while no other call of the group is under way.
func (b *Local) each(groupID string, call func(zikr.Receiver)) {
	b.mu.RLock()
	receivers := b.receivers
	b.mu.RUnlock()

	m := &b.groups[maphash.String(b.seed, groupID)%shards]
	m.Lock()
	defer m.Unlock()
	for _, r := range receivers {
		call(r)
	}
}
