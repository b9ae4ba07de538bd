package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/zikr-app/zikr"
)

// logPage is how many events are read from the log at once.
const logPage = 200

// batch collects consecutive events that go to a channel's room as one broadcast.
// The channel's last is that of the collected ones, so flush must be called before
// mu is released.
type batch struct {
	ch       *channel
	messages []Message
	passage
}

// flush sends what was collected.
func (b *batch) flush() {
	if len(b.messages) > 0 {
		b.ch.g.broadcast(b.ch.room, "", b.written(b.ch.g), b.messages...)
		b.messages, b.passage = nil, passage{}
	}
}

// maxGap is how many events are read from the log at once when the bus has lost some.
const maxGap = 1000

// errFarBehind is of a room that lacks more than that: the poll brings it up to date, bit by bit.
var errFarBehind = errors.New("far behind")

// addAll collects events from the bus: the next ones as they are, none twice, and
// those that are missing before one from the log.
func (b *batch) addAll(ctx context.Context, d delivery) error {
	for _, e := range d.events {
		if len(b.ch.conns) > 0 && e.Seq-b.ch.last > maxGap {
			return errFarBehind
		}
		if err := b.fill(ctx, e.Seq-1); err != nil {
			return err
		}
		b.add(e, d.came)
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
			if err := b.skip(ctx, min(events[0].Seq-1, to)); err != nil {
				return err
			}
			continue
		}
		for _, e := range events {
			b.add(e, time.Time{})
		}
	}
	return nil
}

// add collects an event if it is the next, and that the bus brought it at a moment, if it did. What follows from it
// for who is in the room happens right behind it.
func (b *batch) add(e zikr.Event, came time.Time) {
	ch := b.ch
	if len(ch.conns) == 0 || e.Seq != ch.last+1 {
		return
	}
	ch.last = e.Seq
	b.messages = append(b.messages, Message{Event: e.Name, Data: e.Data})
	b.note(&e, came)
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
		if c.session.userID == gone.UserID {
			ch.evict(c)
		}
	}
	ch.outside = append(ch.outside, gone.UserID)
}

// skip moves the room on past events that the log no longer has, and tells
// everyone in it to read the snapshot: joined_group with resync (contract section
// 4). It takes a node that was held up for as long as the log is kept.
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
