package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/zikr-app/zikr/internal/engineio"
)

// connect serves a CONNECT packet.
func (c *conn) connect(name string, auth json.RawMessage) {
	ns := c.srv.namespaces[name]
	if ns == nil {
		c.refuse(name, &ConnectError{Message: "Invalid namespace"})
		return
	}
	if len(auth) == 0 {
		auth = nil
	}
	auth = slices.Clone(auth)
	who, err := Identity{}, error(nil)
	c.sess.Waits() // for what it takes to find out who that is
	if !c.guard("connect", func() { who, err = ns.handler.Connect(c.srv.ctx, c.sess.Handshake(), auth) }) {
		return
	}
	if err != nil && c.srv.ctx.Err() != nil {
		return // the server is going away: a client that is refused would not try again
	}
	if err != nil {
		c.refuse(name, c.connectError(err))
		return
	}
	s, recovered := c.enter(ns, who, auth)
	if s == nil {
		c.srv.met(boundUserSockets)
		c.sess.KeepStranger()
		c.refuse(name, c.srv.opt.Crowded)
		return
	}
	c.sess.Settle()
	c.guard("connected", func() { ns.handler.Connected(s, recovered) })
}

// connectError is what a client is told of err.
func (c *conn) connectError(err error) *ConnectError {
	if refused, ok := errors.AsType[*ConnectError](err); ok {
		return refused
	}
	c.srv.log.Error("socketio: connect", "address", c.sess.Handshake().Address, "error", err)
	return &ConnectError{Message: "Internal error"}
}

// enter makes the client's socket, or finds the one that it was. It is nil when its user has too many.
func (c *conn) enter(ns *namespace, who Identity, auth []byte) (s *Socket, recovered bool) {
	recovery := c.srv.opt.Recovery > 0 && c.sess.Version() == engineio.V4
	if recovery {
		var was struct{ PID, Offset string }
		_ = json.Unmarshal(auth, &was) // of another type: there is nothing to recover
		if s := c.recover(ns, who, was.PID, was.Offset); s != nil {
			c.countIn(s, true)
			return s, true
		}
	}
	s = c.newSocket()
	s.srv, s.ns, s.user, s.data, s.conn = c.srv, ns, who.User, who.Data, c
	if !c.countIn(s, false) {
		s.ns = nil // the room for it is free again
		return nil, false
	}
	switch {
	case c.sess.Version() == engineio.V4:
		s.id, s.pid = newIDs()
	case ns.name == "/":
		s.id = c.sess.ID() // clients 2.x work it out for themselves
	default:
		s.id = ns.name + "#" + c.sess.ID()
	}
	if recovery {
		c.srv.remember(s)
	} else {
		s.pid = ""
	}
	c.add(s)
	c.sess.Send(s.connectFrame())
	return s, false
}

// countIn counts a socket as its user's. It is false when there are too many, unless the client is back. One
// that comes again after it has left the namespace on this connection counts already.
func (c *conn) countIn(s *Socket, back bool) bool {
	if was := c.cameBefore(s.ns); was != nil {
		if was.user == s.user {
			return true
		}
		c.srv.holdings.leave(was.user)
	}
	return c.srv.holdings.enter(s.user, back)
}

// cameBefore takes out the socket that has left a namespace; nil if there is none.
func (c *conn) cameBefore(ns *namespace) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == nil {
		return nil
	}
	i := slices.IndexFunc(c.left.sockets, func(s *Socket) bool { return s.ns == ns })
	if i < 0 {
		return nil
	}
	was := c.left.sockets[i]
	c.left.sockets = slices.Delete(c.left.sockets, i, i+1)
	return was
}

// newSocket is an empty socket.
func (c *conn) newSocket() *Socket {
	if c.first.ns == nil {
		return &c.first
	}
	return new(Socket)
}

// connectFrame is the CONNECT packet that lets the client in.
func (s *Socket) connectFrame() engineio.Frame {
	var body []byte
	switch {
	case s.conn != nil && s.conn.sess.Version() == engineio.V3:
	case s.pid != "":
		body = fmt.Appendf(nil, `{"sid":%q,"pid":%q}`, s.id, s.pid)
	default:
		body = fmt.Appendf(nil, `{"sid":%q}`, s.id)
	}
	return engineio.TextMessage(encodePacket(typeConnect, s.ns.name, -1, body))
}

// refuse answers a CONNECT packet with an error. The client may try again.
func (c *conn) refuse(namespace string, e *ConnectError) {
	payload := e.payload()
	if c.sess.Version() == engineio.V3 {
		payload = e.payloadV4()
	}
	c.send(encodePacket(typeConnectError, namespace, -1, payload))
	c.srv.refused.Add(1)
	c.srv.lines.refused(c, namespace, e)
	if c.refused++; exceeded(int64(c.refused), c.srv.opt.Bounds.Refusals) {
		c.srv.met(boundRefusals)
		c.sess.CloseAs(engineio.Flood)
	}
}

// splitQuery takes the query off a namespace as clients 2.x send it, and makes
// it the object that later ones send as auth.
func splitQuery(namespace string) (name string, auth json.RawMessage) {
	name, query, ok := strings.Cut(namespace, "?")
	if !ok {
		return name, nil
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return name, nil
	}
	fields := make(map[string]string, len(values))
	for key := range values {
		fields[key] = values.Get(key)
	}
	auth, _ = json.Marshal(fields) // cannot fail: strings
	return name, auth
}

// newIDs are two times 20 characters that nobody can guess, in one object.
func newIDs() (id, pid string) {
	var b [30]byte
	var both [40]byte
	_, _ = rand.Read(b[:]) // never fails
	base64.RawURLEncoding.Encode(both[:], b[:])
	s := string(both[:])
	return s[:20], s[20:]
}
