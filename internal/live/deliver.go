package live

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/zikr-app/zikr"
)

// Bounds of what is done at once.
const (
	maxInbox = 4096 // publications that wait in one channel; what is beyond is read from the log
	logPage  = 200  // events read from the log at once
	maxPages = 20   // pages that one poll of one channel reads
)

// delivery is what the bus brought for one channel: events, or a signal.
type delivery struct {
	events []zikr.Event
	signal *zikr.Signal
}

// inbox holds what waits to be delivered in a channel. The bus must not wait: it
// leaves a delivery here, and a goroutine that lives as long as there are any works them off.
type inbox struct {
	mu      sync.Mutex
	waiting []delivery
	working bool
}

// Events takes events of a group from the bus (zikr.Receiver). They are not changed.
func (g *Gateway) Events(groupID string, events []zikr.Event) {
	if ch := g.channels.find(groupID); ch != nil {
		ch.push(delivery{events: events})
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
	default:
		for _, id := range s.UserIDs {
			g.broadcast(userRoom(id), s.ExceptID, Message{Event: s.Name, Data: s.Data})
		}
	}
}

// endSessions ends the connections of the sessions that a signal ends.
func (g *Gateway) endSessions(s zikr.Signal) {
	g.revoked.Add(1) // before looking: see Connected
	users := make(map[string]bool, len(s.UserIDs))
	for _, id := range s.UserIDs {
		users[id] = true
	}
	for _, c := range g.connections() {
		if users[c.session.UserID] && c.session.EndedBy(s) {
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
			ch.behind.Store(true) // the poll tries again
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
			failed = out.addAll(ctx, d.events)
		}
	}
	return failed
}

// tell sends a signal to the room.
func (ch *channel) tell(s *zikr.Signal) {
	if len(ch.conns) > 0 {
		ch.g.broadcast(ch.room, s.ExceptID, Message{Event: s.Name, Data: s.Data})
	}
}

// advance brings the room to seq to, by what the log has. The caller holds mu.
func (ch *channel) advance(ctx context.Context, to int64) error {
	out := batch{ch: ch}
	defer out.flush()
	return out.fill(ctx, to)
}

// batch collects consecutive events that go to a channel's room as one broadcast.
// The channel's last is that of the collected ones, so flush must be called before mu is released.
type batch struct {
	ch       *channel
	messages []Message
}

// flush sends what was collected.
func (b *batch) flush() {
	if len(b.messages) > 0 {
		b.ch.g.broadcast(b.ch.room, "", b.messages...)
		b.messages = nil
	}
}

// addAll collects events from the bus: the next ones as they are, none twice, and those that
// are missing before one from the log.
func (b *batch) addAll(ctx context.Context, events []zikr.Event) error {
	for _, e := range events {
		if err := b.fill(ctx, e.Seq-1); err != nil {
			return err
		}
		b.add(e)
	}
	return nil
}

// fill collects from the log what the room lacks up to seq to.
func (b *batch) fill(ctx context.Context, to int64) error {
	ch := b.ch
	for len(ch.conns) > 0 && ch.last < to {
		events, err := ch.g.service.EventsAfter(ctx, ch.id, ch.last, int(min(to-ch.last, logPage)))
		if err != nil {
			return fmt.Errorf("fill a gap: %w", err)
		}
		if len(events) == 0 {
			return fmt.Errorf("fill a gap: the log ends at %d or before, it should reach %d", ch.last, to)
		}
		if events[0].Seq > ch.last+1 {
			return b.skip(ctx, events[0].Seq-1)
		}
		for _, e := range events {
			b.add(e)
		}
	}
	return nil
}

// add collects an event if it is the next. What follows from it for who is in
// the room happens right behind it.
func (b *batch) add(e zikr.Event) {
	ch := b.ch
	if len(ch.conns) == 0 || e.Seq != ch.last+1 {
		return
	}
	ch.last = e.Seq
	b.messages = append(b.messages, Message{Event: e.Name, Data: e.Data})
	switch e.Name {
	case zikr.MemberLeft{}.EventName():
		b.flush()
		ch.evictUser(e)
	case zikr.GroupDeleted{}.EventName():
		b.flush()
		for c := range ch.conns {
			ch.evict(c)
		}
	}
}

// evictUser takes a member who left out of the channel. Whichever of their
// connections are in it were let in as of an earlier seq, or else the room would
// have been brought past this event before (entry.admit): so a membership that
// began after it is not touched.
func (ch *channel) evictUser(e zikr.Event) {
	// Not e.UserID: of an account that was deleted since, the log no longer has it.
	var gone zikr.MemberLeft
	if err := json.Unmarshal(e.Data, &gone); err != nil {
		ch.g.log.Error("cannot read who left", "group", ch.id, "seq", e.Seq, "err", err)
		return
	}
	for c := range ch.conns {
		if c.session.UserID == gone.UserID {
			ch.evict(c)
		}
	}
	ch.outside = append(ch.outside, gone.UserID)
}

// skip moves the room on past events that the log no longer has, and tells
// everyone in it to read the snapshot: joined_group with resync (contract section 4). It
// takes a node that was held up for as long as the log is kept.
func (b *batch) skip(ctx context.Context, to int64) error {
	b.flush()
	ch := b.ch
	ch.g.log.Warn("a channel fell behind the event log", "group", ch.id, "from", ch.last, "to", to)
	joined, err := ch.joined(ctx)
	if err != nil {
		return err
	}
	ch.last = to
	joined.Seq, joined.Resync = to, true
	joined.Message = "Some of what happened in the group can no longer be told. Please read its snapshot."
	b.messages = append(b.messages, ch.g.message(joined))
	return nil
}

// poll asks the log, again and again, for what the bus has not brought.
func (g *Gateway) poll(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for tick := 0; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		g.forgetLost()
		g.catchUp(ctx, tick)
	}
}

// catchUp asks the log about the channels whose turn it is.
func (g *Gateway) catchUp(ctx context.Context, tick int) {
	healthy := g.healthy()
	due := g.channels.all(func(ch *channel) bool {
		return !healthy || ch.behind.Load() || ch.turn == tick%10
	})
	for _, ch := range due {
		if err := ch.catchUp(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("cannot read a group's event log", "group", ch.id, "err", err)
			return // the others would meet the same
		}
	}
}

// catchUp reads the log from where the room is, and delivers it as if the bus had brought it.
func (ch *channel) catchUp(ctx context.Context) error {
	ch.mu.Lock()
	last, empty := ch.last, len(ch.conns) == 0
	ch.mu.Unlock()
	if empty {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ch.g.deadline)
	defer cancel()
	ch.behind.Store(false)
	for range maxPages {
		events, err := ch.g.service.EventsAfter(ctx, ch.id, last, logPage)
		if err != nil {
			ch.behind.Store(true)
			return fmt.Errorf("poll: %w", err)
		}
		if len(events) == 0 {
			return nil
		}
		ch.push(delivery{events: events})
		last = events[len(events)-1].Seq
	}
	ch.behind.Store(true) // there is more
	return nil
}
