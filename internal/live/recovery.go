package live

import (
	"context"
	"time"
)

// recoverySlack is how much longer than a Socket its place in channels is kept.
const recoverySlack = 10 * time.Second

// lostConn is a connection whose client may come back as the same Socket.
type lostConn struct {
	conn *Conn
	at   time.Time // when it was lost
}

// takeOver gives the channels of a client that was lost to the connection on which
// it came back (contract section 4). Those that its user was taken out of meanwhile
// are not among them.
func (g *Gateway) takeOver(c *Conn) {
	g.mu.Lock()
	was := g.lost[c.socket.ID()].conn
	delete(g.lost, c.socket.ID())
	g.mu.Unlock()
	if was == nil {
		return // it was in no channel
	}
	wait(was.underWay()) // a leave_group that still comes must find the connection that sent it
	for _, ch := range was.joined() {
		g.returnTo(ch, was, c)
	}
}

// returnTo puts c where was is in a channel, and counts it in again.
func (g *Gateway) returnTo(ch *channel, was, c *Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), g.deadline)
	defer cancel()
	err := g.service.Enter(ctx, c.session.userID, ch.id, c.socket.ID())
	if err != nil {
		g.log.Error("a connection that came back does not count as online", "user", c.session.userID, "group", ch.id, "err", err)
	}
	if counted := err == nil; !ch.replace(was, c, counted) && counted {
		g.countOut(c.session.userID, ch.id)
	}
}

// forgetLost takes those out of their channels whose clients did not come back in time.
func (g *Gateway) forgetLost() {
	for _, c := range g.overdue() {
		for _, ch := range c.joined() {
			ch.miss(c, false) // it was counted out when it was lost
		}
	}
}

func (g *Gateway) overdue() []*Conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	var late []*Conn
	for id, l := range g.lost {
		if g.now().Sub(l.at) > g.recovery+recoverySlack {
			late = append(late, l.conn)
			delete(g.lost, id)
		}
	}
	return late
}
