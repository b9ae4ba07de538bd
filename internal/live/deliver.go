package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// maxInbox is how many publications wait in one channel; what is beyond is read
// from the log.
const maxInbox = 4096

// delivery is what the bus brought for one channel: events, or a signal.
type delivery struct {
	events []zikr.Event
	signal *zikr.Signal
	came   time.Time // since when the node could deliver it; zero for what the log brings
}

// inbox holds what waits to be delivered in a channel. The bus must not wait: it
// leaves a delivery here, and a goroutine that lives as long as there are any
// works them off.
type inbox struct {
	mu      sync.Mutex
	waiting []delivery
	working bool
}

// Events takes events of a group from the bus (zikr.Receiver). They are not changed.
func (g *Gateway) Events(groupID string, events []zikr.Event) {
	if ch := g.channels.find(groupID); ch != nil {
		ch.push(delivery{events: events, came: g.now()})
	}
}

// Signal takes a signal from the bus (zikr.Receiver).
func (g *Gateway) Signal(s zikr.Signal) {
	if s.Expire {
		g.endSessions(s)
	}
	switch {
	case s.Name == "":
	case s.GroupID != "":
		if ch := g.channels.find(s.GroupID); ch != nil {
			ch.push(delivery{signal: &s})
		}
	case len(s.UserIDs) == 1:
		g.broadcast(userRoom(s.UserIDs[0]), s.ExceptID, nil, Message{Event: s.Name, Data: s.Data})
	default:
		rooms := make([]string, len(s.UserIDs))
		for i, id := range s.UserIDs {
			rooms[i] = userRoom(id)
		}
		g.toRooms(rooms, s.ExceptID, Message{Event: s.Name, Data: s.Data})
	}
}

// endSessions ends the connections of the sessions that a signal ends. Users may end sessions as often as they like:
// no more than their own connections are looked at for it.
func (g *Gateway) endSessions(s zikr.Signal) {
	g.revoked.Add(1) // before looking: see Connected
	g.mu.Lock()
	var theirs []*Conn
	for _, id := range s.UserIDs {
		theirs = append(theirs, g.conns.of(id)...)
	}
	g.mu.Unlock()
	for _, c := range theirs {
		if c.session.whole().EndedBy(s) {
			c.expire()
		}
	}
}

// push leaves a delivery in the inbox.
func (ch *channel) push(d delivery) {
	in := &ch.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.waiting) >= maxInbox {
		ch.behind.Store(true)
		return
	}
	in.waiting = append(in.waiting, d)
	if !in.working {
		in.working = ch.g.background.start(ch.work)
	}
}

// pull takes all that waits out of the inbox. When there is nothing the work is over.
func (ch *channel) pull() []delivery {
	in := &ch.inbox
	in.mu.Lock()
	defer in.mu.Unlock()
	all := in.waiting
	in.waiting = nil
	in.working = len(all) > 0
	return all
}

// work delivers what is in the inbox until it is empty.
func (ch *channel) work() {
	for all := ch.pull(); len(all) > 0; all = ch.pull() {
		ctx, cancel := context.WithTimeout(context.Background(), ch.g.deadline)
		if err := ch.deliver(ctx, all); err != nil {
			ch.g.log.Error("cannot deliver a group's events yet", "group", ch.id, "err", err)
		}
		cancel()
	}
}

// deliver brings the room what the bus brought. Its error is that of the log,
// which was needed to fill a gap; the events that are left out then are read
// from the log later.
func (ch *channel) deliver(ctx context.Context, all []delivery) error {
	ch.mu.Lock()
	defer ch.unlock()
	out := batch{ch: ch}
	defer out.flush()
	var failed error
	for _, d := range all {
		switch {
		case d.signal != nil:
			out.flush()
			ch.tell(d.signal)
		case failed == nil:
			if failed = out.addAll(ctx, d); failed != nil {
				ch.behind.Store(true) // the poll tries again
			}
			if errors.Is(failed, errFarBehind) {
				failed = nil // what the poll has brought may be next
			}
		}
	}
	return failed
}

// tell sends a signal to the room.
func (ch *channel) tell(s *zikr.Signal) {
	if len(ch.conns) > 0 {
		ch.g.broadcast(ch.room, s.ExceptID, nil, Message{Event: s.Name, Data: s.Data})
	}
}

// advance brings the room to seq to, by what the log has. The caller holds mu.
func (ch *channel) advance(ctx context.Context, to int64) error {
	out := batch{ch: ch}
	defer out.flush()
	return out.fill(ctx, to)
}
