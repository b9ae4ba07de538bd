package bus

import (
	"cmp"
	"slices"

	"github.com/redis/rueidis"

	"github.com/zikr-app/zikr"
)

// maxOrigins is how many processes' latest messages are remembered. When there are more, all are forgotten.
const maxOrigins = 4096

// echo is a signal of this node that its receivers hear when it comes back.
type echo struct {
	number uint64
	signal *zikr.Signal
}

// receive takes what another node published, or this one. It is called by the
// connection's reader, one message after another, and does not wait.
func (l *link) receive(p rueidis.PubSubMessage) {
	group := l.lane.groupOfChannel(p.Channel)
	m, err := decode(group, p.Message)
	switch {
	case err != nil:
		l.miss(group)
	case m.origin == l.lane.r.origin:
		if l.forget(m.number) { // else it was delivered at once
			l.lane.r.heard(*m.signal)
		}
	case l.had(m.origin, m.number):
	case m.signal != nil:
		l.lane.r.heard(*m.signal)
	default:
		l.lane.r.local.Publish(group, m.events)
	}
}

// hears reports whether what this node publishes in a group comes back to it.
func (l *link) hears(groupID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.groups[groupID]
	return l.up && in != nil && in.state == active
}

// await notes that a signal is to be heard when it comes back.
func (l *link) await(number uint64, s *zikr.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.echoes = append(l.echoes, echo{number, s})
}

// forget takes that back, and reports whether it was so.
func (l *link) forget(number uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, found := slices.BinarySearchFunc(l.echoes, number, func(e echo, n uint64) int { return cmp.Compare(e.number, n) })
	if found {
		l.echoes = slices.Delete(l.echoes, i, i+1)
	}
	return found
}

// miss says that something of a group was lost.
func (l *link) miss(groupID string) {
	var missed func()
	l.mu.Lock()
	if in := l.groups[groupID]; in != nil {
		missed = in.missed
	}
	l.mu.Unlock()
	if missed != nil {
		missed()
	}
}

// had reports whether a message came before: its sender did not know that it had arrived.
func (l *link) had(origin, number uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number <= l.numbers[origin] {
		return true
	}
	if len(l.numbers) >= maxOrigins {
		clear(l.numbers)
	}
	l.numbers[origin] = number
	return false
}
