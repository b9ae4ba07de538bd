package live

import (
	"context"

	"github.com/zikr-app/zikr"
)

// respondToInvitation answers an invitation. Who accepts is let into the group's
// channel on this connection, right before the member_joined that it caused, so that
// the client sees it (contract section 2, Invitations).
//
// That event may have been told already by the time that the answer is stored, or
// be told much later, when the bus is slow. Neither matters: the connection enters
// as one that had seen everything up to the event before, and is sent the rest
// from the log. A repeated answer caused no event: the connection enters where the channel stands.
func (g *Gateway) respondToInvitation(ctx context.Context, c *Conn, in zikr.RespondToInvitation) (zikr.Payload, error) {
	in.ConnID = c.socket.ID()
	out, err := g.service.RespondToInvitation(ctx, c.session.userID, in)
	if err != nil || !out.Accepted {
		return out, err
	}
	e := &entry{c: c, groupID: out.GroupID, quiet: true}
	if out.Joined > 0 {
		e.replay, e.seen = true, out.Joined-1
	}
	_, err = e.join(ctx)
	if zikr.CodeOf(err) == zikr.CodeNotMember {
		err = nil // left again since: the answer is confirmed all the same
	}
	return out, err
}
