package live

import (
	"context"
	"slices"

	"github.com/zikr-app/zikr"
)

// joinGroup lets the connection into a group's channel.
func (g *Gateway) joinGroup(ctx context.Context, c *Conn, in zikr.JoinGroup) (zikr.Payload, error) {
	e := &entry{c: c, groupID: in.GroupID}
	if in.Since != nil {
		e.replay, e.seen = true, int64(*in.Since)
	}
	joined, err := e.join(ctx)
	if err != nil {
		return nil, err
	}
	return &sent{joined}, nil
}

// leaveGroup takes it out. Not being in it is fine, too. It may wait for a channel that is
// reading the log, and, on many nodes, for presence, which is kept elsewhere.
func (g *Gateway) leaveGroup(_ context.Context, c *Conn, in zikr.LeaveGroup) (zikr.Payload, error) {
	if ch := c.channel(in.GroupID); ch != nil && ch.miss(c, false) {
		g.leave(c.session.userID, in.GroupID)
	}
	return zikr.LeftGroup{GroupID: in.GroupID, Message: "You have left the group's channel.", Timestamp: zikr.At(g.now())}, nil
}

// leave counts a connection out whose user meant to leave: at once, or, of one who comes and goes again and again, after
// the grace of a lost connection. So one user's coming and going is not told to all members without end, and how it
// ends always is.
func (g *Gateway) leave(userID, groupID string) {
	if g.leaves != nil {
		if _, ok := g.leaves.Allow(userID+" "+groupID, g.now()); !ok {
			g.service.Drop(userID, groupID)
			return
		}
	}
	g.countOut(userID, groupID)
}

// notJoined reports whether there is nothing to leave.
func notJoined(c *Conn, in zikr.LeaveGroup) bool { return c.channel(in.GroupID) == nil }

// joined is what joined_group says of a channel as it is now. The caller holds mu.
//
// So who is online is read under the channel's lock, and, for one that enters,
// after Enter: whoever comes or goes later is told to the room after that, and the client misses nobody.
func (ch *channel) joined(ctx context.Context) (zikr.JoinedGroup, error) {
	count, ids, err := ch.g.service.Online(ctx, ch.id)
	return zikr.JoinedGroup{
		GroupID: ch.id, Seq: ch.last, OnlineCount: max(count, 1), OnlineUserIDs: ids, Timestamp: zikr.At(ch.g.now()),
	}, err
}

// including returns ids with id among them: of very many, not all are named.
func including(ids []string, id string) []string {
	switch {
	case slices.Contains(ids, id):
	case len(ids) == 0:
		ids = []string{id}
	default:
		ids[len(ids)-1] = id
	}
	return ids
}
