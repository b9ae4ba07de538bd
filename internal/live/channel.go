package live

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/zikr-app/zikr"
)

// channel is the realtime channel of one group on this node. It exists while
// connections are in it or about to enter.
//
// Its one rule: whoever is in conns has been sent, of the group's log, everything
// up to last and nothing after it, each event once. It holds because all that
// changes the room, conns or last, or is sent to the room, happens under mu:
// deliver.go moves last on by exactly what it sends to the room, and entry.admit
// lets a connection in only when it has been sent everything up to last.
type channel struct {
	g    *Gateway
	id   string // of the group
	room string
	turn int // of ten, in which a healthy bus is checked by asking the log
	// ready is closed when the bus brings what happens in the group; nil if it always does.
	ready <-chan struct{}

	refs int // connections in it and entries under way; guarded by channels.mu

	inbox  inbox
	behind atomic.Bool // the log must be asked: something was not delivered

	mu sync.Mutex
	// conns are the connections in the room, and whether each is counted as online: one whose
	// client was lost and may come back is not.
	conns map[*Conn]bool
	last  int64 // the seq that the room is at; means nothing while it is empty
	// To be done behind mu: users of connections to be counted out, once for each, and
	// users who are no longer in the group.
	departed []string
	outside  []string
}

// channels are those of this node.
type channels struct {
	mu     sync.RWMutex
	open   map[string]*channel
	opened int
}

// hold returns a group's channel, and keeps it until release. A new one begins
// empty; from when the bus has heard of it, it is brought whatever happens in the group.
func (g *Gateway) hold(groupID string) *channel {
	cs := &g.channels
	cs.mu.Lock()
	defer cs.mu.Unlock()
	ch := cs.open[groupID]
	if ch == nil {
		ch = &channel{g: g, id: groupID, room: "group:" + groupID, turn: cs.opened % 10, conns: make(map[*Conn]bool)}
		cs.open[groupID] = ch
		cs.opened++
		if g.groups != nil {
			ch.ready = g.groups.Listen(groupID, func() { ch.behind.Store(true) })
		}
	}
	ch.refs++
	return ch
}

// keep holds a channel that is held already.
func (ch *channel) keep() {
	ch.g.channels.mu.Lock()
	defer ch.g.channels.mu.Unlock()
	ch.refs++
}

// release undoes hold or keep. A channel that nobody holds is forgotten; should its
// inbox still be worked on, that finds an empty room.
func (ch *channel) release() {
	cs := &ch.g.channels
	cs.mu.Lock()
	defer cs.mu.Unlock()
	ch.refs--
	if ch.refs > 0 {
		return
	}
	delete(cs.open, ch.id)
	if ch.g.groups != nil {
		ch.g.groups.Unlisten(ch.id)
	}
}

// heard waits until the bus brings what happens in the group, or ctx ends.
func (ch *channel) heard(ctx context.Context) error {
	if ch.ready == nil {
		return nil
	}
	select {
	case <-ch.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("listen to group %s: %w", ch.id, ctx.Err())
	}
}

// find returns a group's channel, nil if it has none here.
func (cs *channels) find(groupID string) *channel {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	return cs.open[groupID]
}

func (cs *channels) count() int {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	return len(cs.open)
}

// all returns the channels that want holds for.
func (cs *channels) all(want func(*channel) bool) []*channel {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	var some []*channel
	for _, ch := range cs.open {
		if want(ch) {
			some = append(some, ch)
		}
	}
	return some
}

// miss takes a connection out of the channel, or, if its client may come back, only
// takes off that it is counted as online. It reports whether it was.
func (ch *channel) miss(c *Conn, mayReturn bool) (counted bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	counted, in := ch.conns[c]
	switch {
	case in && mayReturn:
		ch.conns[c] = false
	case in:
		ch.take(c)
	}
	return counted
}

// put lets a connection in, which must have been sent everything up to last, and has
// been counted in. It fails when the connection has ended. The caller holds mu.
func (ch *channel) put(c *Conn) error {
	if !c.attach(ch) {
		return errGone
	}
	ch.keep()
	ch.conns[c] = true
	c.socket.Join(ch.room)
	return nil
}

// take takes out a connection that is in. The caller holds mu.
func (ch *channel) take(c *Conn) {
	delete(ch.conns, c)
	c.detach(ch)
	c.socket.Leave(ch.room)
	ch.release()
}

// replace puts c in the place of was, which has the same Socket. It reports false if
// was is not in the channel any more, or c has ended.
func (ch *channel) replace(was, c *Conn, counted bool) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if _, in := ch.conns[was]; !in {
		return false
	}
	if !c.attach(ch) {
		ch.take(was)
		return false
	}
	delete(ch.conns, was)
	was.detach(ch)
	ch.conns[c] = counted
	return true
}

// evict takes a connection out that may no longer be in the channel, and tells it
// so. The caller holds mu, and releases it with unlock.
func (ch *channel) evict(c *Conn) {
	if ch.conns[c] {
		ch.departed = append(ch.departed, c.session.userID)
	}
	ch.take(c)
	c.emit(zikr.LeftGroup{
		GroupID: ch.id, Message: "You are no longer in this group's channel.", Timestamp: zikr.At(ch.g.now()),
	})
}

// unlock releases mu and counts out whoever was evicted meanwhile. That may
// take long, and tells the others, so it is not done under mu.
func (ch *channel) unlock() {
	departed, outside := ch.departed, ch.outside
	ch.departed, ch.outside = nil, nil
	ch.mu.Unlock()
	for _, userID := range departed {
		ch.g.countOut(userID, ch.id)
	}
	for _, userID := range outside {
		ch.g.endGrace(userID, ch.id)
	}
}

// endGrace counts out what is still in its grace of a user who is no longer in the group.
func (g *Gateway) endGrace(userID, groupID string) {
	ctx, cancel := context.WithTimeout(context.Background(), g.deadline)
	defer cancel()
	g.service.EndGrace(ctx, userID, groupID)
}
