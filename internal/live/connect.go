package live

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/zikr-app/zikr"
)

// Handshake is what of an HTTP handshake may carry a token.
type Handshake struct {
	Authorization string // the header
	Token         string // the query's token
}

// Refusal is the payload of a CONNECT_ERROR packet (contract section 1).
type Refusal struct {
	Message string      `json:"message"`
	Data    RefusalData `json:"data"`
}

// RefusalData is what a program is told of a Refusal.
type RefusalData struct {
	Code         zikr.Code `json:"code"`
	RetryAfterMs int64     `json:"retryAfterMs,omitempty"`
}

// refuse makes the Refusal of an error.
func refuse(e *zikr.Error) *Refusal {
	return &Refusal{Message: e.Message, Data: RefusalData{Code: e.Code, RetryAfterMs: e.RetryAfter.Milliseconds()}}
}

// TooManyConnections is what a user is told who has too many connections already.
func TooManyConnections() *Refusal {
	return refuse(zikr.RateLimited(time.Minute, "You have too many connections already. Please close the app on a device that you do not use."))
}

// Admission is a CONNECT packet that was found good: whose it is.
type Admission struct {
	session zikr.Session
	token   string
	own     bool  // the token came with the CONNECT packet
	revoked int64 // Gateway.revoked, before the token was checked
}

// UserID is who connects.
func (a *Admission) UserID() string { return a.session.UserID }

// NeedsHandshake reports whether the token came with the handshake, and will be asked for again when
// the client connects to another namespace.
func (a *Admission) NeedsHandshake() bool { return !a.own }

// Admit finds out who connects, from the auth of a CONNECT packet and the
// handshake. A nil Refusal means that they may.
func (g *Gateway) Admit(ctx context.Context, auth json.RawMessage, h Handshake) (*Admission, *Refusal) {
	ctx, cancel := context.WithTimeout(ctx, g.deadline)
	defer cancel()
	token, own := findToken(auth, h)
	a := &Admission{token: token, own: own, revoked: g.revoked.Load()}
	session, err := g.service.Authenticate(ctx, a.token)
	if err != nil {
		return nil, refuse(g.service.Explain(ctx, "connect", err))
	}
	a.session = *session
	return a, nil
}

// findToken looks for the token in the order of contract section 1, and says whether it is the CONNECT
// packet's own. One that is empty, or not a string, is not there.
func findToken(auth json.RawMessage, h Handshake) (token string, own bool) {
	for i, token := range []string{authToken(auth), h.Authorization, h.Token} {
		if bare := strings.TrimSpace(token); bare != "" && !strings.EqualFold(bare, "bearer") {
			return token, i == 0
		}
	}
	return "", false
}

// authToken returns the token of a CONNECT packet's auth, "" if there is none.
func authToken(auth json.RawMessage) string {
	var fields map[string]json.RawMessage // not a struct: its fields would match TOKEN, too
	if json.Unmarshal(auth, &fields) != nil {
		return ""
	}
	var token string
	if json.Unmarshal(fields["token"], &token) != nil {
		return ""
	}
	return token
}

// Connected begins to serve a client that was admitted and has been answered its
// CONNECT packet. Disconnected must be called when it ends. recovered says that s
// is the Socket of a client that was lost and came back, with its rooms. It may
// wait for what that client had still under way.
func (g *Gateway) Connected(a *Admission, s Socket, recovered bool) *Conn {
	c := &Conn{g: g, socket: s, session: sessionOf(a.session)}
	s.Join(userRoom(c.session.userID)) // first, so that nothing told to the user meanwhile is missed
	c.tellStatus(zikr.StatusConnected)

	g.mu.Lock()
	g.conns.add(c)
	draining := g.serving.Err() != nil
	g.mu.Unlock()
	g.expiries.add(c)
	if recovered {
		g.takeOver(c)
	}
	if draining {
		c.drain()
	}
	// A signal that ended sessions after the token was checked, and before the
	// connection could be found, missed it: look again.
	if g.revoked.Load() != a.revoked {
		g.background.start(func() { c.recheck(a.token) })
	}
	return c
}

// recheck ends the connection if its token is no longer good. While that cannot be found out nobody is told that
// their session is over, for which clients sign them out: it is found out as soon as it can be.
func (c *Conn) recheck(token string) {
	ctx, cancel := context.WithTimeout(context.Background(), c.g.deadline)
	defer cancel()
	_, err := c.g.service.Authenticate(ctx, token)
	switch zikr.CodeOf(err) {
	case "":
	case zikr.CodeUnauthenticated, zikr.CodeTokenExpired, zikr.CodeSuspended:
		c.expire()
	default:
		c.g.unsure.Store(true)
		c.g.log.Error("cannot check a token again yet", "user", c.session.userID, "err", err)
	}
}

// Disconnected ends what Connected began. meant is whether the connection was
// ended on purpose: a DISCONNECT packet, of either side, or an Engine.IO close
// packet; otherwise the others are told only if the user does not come back
// (contract section 2, Presence). mayReturn is whether the client may come back as
// the same Socket: until then it stays in its channels. It may wait for a channel
// that is reading the log.
func (c *Conn) Disconnected(meant, mayReturn bool) {
	was, first := c.end()
	if !first {
		return
	}
	g := c.g
	g.expiries.remove(c)
	mayReturn = mayReturn && len(was) > 0
	g.mu.Lock()
	g.conns.remove(c)
	if mayReturn {
		g.lost[c.socket.ID()] = lostConn{c, g.now()}
	}
	g.mu.Unlock()
	for _, ch := range was {
		if !ch.miss(c, mayReturn) {
			continue
		}
		if meant {
			g.leave(c.session.userID, ch.id)
		} else {
			g.service.Drop(c.session.userID, ch.id)
		}
	}
}

// countOut counts one connection out of a channel at once. It is called once for
// each that was counted in, by whoever took that mark off it (channel.conns).
func (g *Gateway) countOut(userID, groupID string) {
	ctx, cancel := context.WithTimeout(context.Background(), g.deadline)
	defer cancel()
	if err := g.service.Leave(ctx, userID, groupID); err != nil {
		g.log.Error("a connection that left a channel still counts as online", "user", userID, "group", groupID, "err", err)
	}
}
