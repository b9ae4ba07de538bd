package live

import (
	"context"
	"fmt"
	"time"

	"github.com/zikr-app/zikr"
)

// replayRest is how many events of a replay may be left to be sent while the
// channel is held up.
const replayRest = 100

// entry is one connection's way into a channel.
//
// The client must be a member, and must see every event of the log once, in
// order: from the one after seen; without a replay, from the one after
// joined_group's seq. The order of the steps is why it does.
//
//  1. Membership is read with D, the seq that the log stands at. Strangers go no further.
//  2. The channel is held, the bus brings to it what happens in the group, and the room is not
//     far behind D.
//  3. The bulk of a replay is sent while the connection is not in the room, where
//     nothing else of the group reaches it.
//  4. The rest is one step under the channel's lock (admit). If the room is empty,
//     it was not being brought past D; if it is past D, the user may have left since; if
//     the replay is past D, the client must not be sent that again: in all
//     three cases membership and D are read again. Now the room is at D or
//     before. It is brought to D exactly, the connection is sent what it lacks up
//     to D and joined_group with D, and enters. From here on both are alike:
//     the next that either is sent is D+1.
//
// A member_left after D finds the connection in the room and takes it out. One
// at or before D is outlived by the membership that was read at D, and is never
// delivered to the room again.
type entry struct {
	c       *Conn
	groupID string
	replay  bool               // what came after seen is sent first
	seen    int64              // the last seq that the client has seen; moves on
	quiet   bool               // no joined_group
	cancel  context.CancelFunc // of the latest renewed deadline

	ch       *channel
	standing *zikr.Standing
	resync   bool
}

// join goes the whole way, and returns joined_group, sent already.
func (e *entry) join(ctx context.Context) (joined Message, err error) {
	if err := e.stand(ctx); err != nil {
		return Message{}, err
	}
	e.ch = e.c.g.hold(e.groupID)
	defer e.ch.release()
	if err := e.ch.heard(ctx); err != nil {
		return Message{}, err
	}
	if err := e.approach(ctx); err != nil {
		return Message{}, err
	}
	if joined, in, err := e.again(ctx); in || err != nil {
		return joined, err
	}
	e.cancel = func() {}
	defer func() { e.cancel() }()
	if ctx, err = e.catchUp(ctx); err != nil {
		return Message{}, err
	}
	g, user := e.c.g, e.c.session.userID
	if err := g.service.Enter(ctx, user, e.groupID, e.c.socket.ID()); err != nil {
		return Message{}, err
	}
	if joined, err = e.admit(ctx); err != nil {
		g.countOut(user, e.groupID)
	}
	return joined, err
}

// stand reads where the log stands, as a member.
func (e *entry) stand(ctx context.Context) (err error) {
	e.standing, err = e.c.g.service.Standing(ctx, e.c.session.userID, e.groupID)
	return err
}

// approach waits, as long as a poll takes, for a room that is far behind where the member stands,
// as after an outage: if it were brought there at once, the queues of those in it would overflow.
// The poll brings it, bit by bit; who has waited in vain is to try again.
func (e *entry) approach(ctx context.Context) error {
	for waited := 0; e.ch.isBefore(e.standing.Seq - maxGap); waited++ {
		if waited == 10 {
			return tooLate()
		}
		e.ch.behind.Store(true)
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("enter the channel of group %s: %w", e.groupID, ctx.Err())
		}
	}
	return nil
}

// again confirms to a connection that is in the channel already that it is.
func (e *entry) again(ctx context.Context) (joined Message, in bool, err error) {
	e.ch.mu.Lock()
	defer e.ch.unlock()
	if _, in = e.ch.conns[e.c]; !in {
		return Message{}, false, nil
	}
	if err := e.ch.advance(ctx, e.standing.Seq); err != nil {
		return Message{}, true, err
	}
	if _, in = e.ch.conns[e.c]; !in { // it was that of an earlier membership
		return Message{}, false, nil
	}
	if e.quiet {
		return Message{}, true, nil
	}
	if joined, err = e.confirmation(ctx); err == nil {
		e.c.socket.Emit(joined)
	}
	return joined, true, err
}

// catchUp sends a replay but for a short rest. It takes as long as the client
// needs to read it: the context that it returns has a new deadline for what is
// left to be done.
func (e *entry) catchUp(ctx context.Context) (context.Context, error) {
	for e.replay {
		page, err := e.c.g.service.Events(ctx, e.c.session.userID, e.groupID, e.seen, logPage)
		if err != nil {
			return ctx, err
		}
		if page.Resync {
			e.replay, e.resync = false, true
			break
		}
		if page.Latest-e.seen <= replayRest {
			break // it is left to admit, which must ask the log anyway
		}
		if ctx, err = e.send(ctx, page.Events); err != nil {
			return ctx, err
		}
	}
	return ctx, nil
}

// send sends a page of a replay, as fast as the client reads.
func (e *entry) send(ctx context.Context, page []zikr.LoggedEvent) (context.Context, error) {
	messages := make([]Message, len(page))
	for i, event := range page {
		messages[i] = Message{Event: event.Event, Data: event.Data}
		e.seen = event.Seq
	}
	// A socket outlives a connection that is lost, and may have the next one already.
	if e.c.isGone() || e.c.socket.EmitWait(e.c.g.serving, messages...) != nil {
		return ctx, errGone // or it is about to be: draining
	}
	e.c.restart()
	e.cancel()
	ctx, e.cancel = context.WithTimeout(context.WithoutCancel(ctx), e.c.g.deadline)
	return ctx, nil
}

// admit is the one step in which the connection enters: see entry.
func (e *entry) admit(ctx context.Context) (joined Message, err error) {
	ch := e.ch
	ch.mu.Lock()
	defer ch.unlock()
	if len(ch.conns) == 0 || e.standing.Seq < ch.last || e.replay && e.standing.Seq < e.seen {
		if err := e.stand(ctx); err != nil {
			return Message{}, err
		}
	}
	if err := e.meet(ctx); err != nil {
		return Message{}, err
	}
	messages, err := e.rest(ctx)
	if err != nil {
		return Message{}, err
	}
	if !e.quiet {
		if joined, err = e.confirmation(ctx); err != nil {
			return Message{}, err
		}
		messages = append(messages, joined)
	}
	if err := ch.put(e.c); err != nil {
		return Message{}, err
	}
	e.c.socket.Emit(messages...)
	return joined, nil
}

// meet brings the room to where the member stands.
func (e *entry) meet(ctx context.Context) error {
	if len(e.ch.conns) > 0 {
		if err := e.ch.advance(ctx, e.standing.Seq); err != nil {
			return err
		}
	}
	if len(e.ch.conns) == 0 {
		e.ch.last = e.standing.Seq
	}
	if e.ch.last != e.standing.Seq {
		return fmt.Errorf("enter the channel of group %s: the room is at %d, the log at %d", e.groupID, e.ch.last, e.standing.Seq)
	}
	return nil
}

// rest reads what is left of a replay.
func (e *entry) rest(ctx context.Context) ([]Message, error) {
	var rest []Message
	for e.replay && e.seen < e.ch.last {
		page, err := e.c.g.service.EventsAfter(ctx, e.groupID, e.seen, int(min(e.ch.last-e.seen, logPage)))
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[0].Seq != e.seen+1 {
			e.resync = true
			return nil, nil
		}
		for _, event := range page {
			rest = append(rest, Message{Event: event.Name, Data: event.Data})
			e.seen = event.Seq
		}
	}
	return rest, nil
}

// confirmation makes joined_group. The caller holds the channel's lock.
func (e *entry) confirmation(ctx context.Context) (Message, error) {
	joined, err := e.ch.joined(ctx)
	if err != nil {
		return Message{}, err
	}
	joined.Message = fmt.Sprintf("You have joined the channel of %q.", e.standing.GroupName)
	joined.OnlineUserIDs = including(joined.OnlineUserIDs, e.c.session.userID)
	joined.Resync = e.resync
	return e.c.g.message(joined), nil
}
