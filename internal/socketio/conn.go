package socketio

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zikr-app/zikr/internal/engineio"
)

// conn is a client's connection: an Engine.IO session, with a socket for each
// namespace that the client is in.
type conn struct {
	sess *engineio.Session
	// Most clients are in one namespace: room for that, so that an idle
	// connection is few objects.
	first Socket

	srv      *Server
	replaced atomic.Bool // the client has come back on another connection
	refused  int32       // how many CONNECT packets were; for Message only
	partial  *partial    // a packet whose attachments are on their way; for Message only

	mu      sync.Mutex
	sockets []*Socket
	left    *departed
	list1   [1]*Socket // room for the first
}

// departed are sockets of a connection that have left their namespaces: they count as their users' as long
// as the connection is there.
type departed struct{ sockets []*Socket }

// Open connects clients of revision 4 to the default namespace, as they expect.
func (c *conn) Open() {
	if c.sess.Version() == engineio.V3 {
		c.connect("/", nil)
	}
}

// Message takes a packet, or an attachment of the last one.
func (c *conn) Message(data []byte, binary bool) error {
	if binary {
		return c.attachment(data)
	}
	if c.partial != nil {
		return errBinary
	}
	p, err := decodePacket(data, c.srv.namespaces)
	if err != nil {
		return err
	}
	if p.kind >= typeBinaryEvent {
		return c.beginPartial(p)
	}
	return c.packet(p, nil)
}

// Received tells the sockets that the client has got what was sent before.
func (c *conn) Received(pings uint32) {
	for _, s := range c.list() {
		s.mu.Lock()
		s.sent.received(pings)
		s.recountLocked()
		s.mu.Unlock()
	}
}

// Close tells the handlers of all sockets.
func (c *conn) Close(why engineio.Reason) {
	reason := reasonOf(why)
	if c.replaced.Load() {
		reason = Replaced
	}
	c.srv.lines.closed(c, why)
	if c.srv.opt.Ended != nil {
		c.srv.opt.Ended(Ending{c.sess.Handshake().Address, c.user(), c.sess.Transport(), c.sess.Usage(), why})
	}
	for _, s := range c.list() {
		if c.remove(s) {
			mayReturn := s.mayReturn(reason)
			c.disconnected(s, reason, mayReturn)
			s.lost(mayReturn)
		}
	}
	c.countOut()
}

// expelled reports whether the server has taken the client out of a namespace.
func (c *conn) expelled(namespace string) bool {
	c.mu.Lock()
	var was *Socket
	if c.left != nil {
		if i := slices.IndexFunc(c.left.sockets, func(s *Socket) bool { return s.ns.name == namespace }); i >= 0 {
			was = c.left.sockets[i]
		}
	}
	c.mu.Unlock()
	if was == nil {
		return false
	}
	was.mu.Lock()
	defer was.mu.Unlock()
	return was.expelled
}

// countOut ends that sockets of the connection count as their users'.
func (c *conn) countOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left != nil {
		for _, s := range c.left.sockets {
			c.srv.holdings.leave(s.user)
		}
		c.left = nil
	}
}

// packet handles a packet that is complete.
func (c *conn) packet(p packet, attachments [][]byte) error {
	name, auth := p.namespace, p.data
	if c.sess.Version() == engineio.V3 {
		name, auth = splitQuery(name)
	}
	s := c.socket(name)
	switch {
	case p.kind == typeConnect && s == nil:
		c.connect(name, auth)
	case p.kind == typeConnect:
		// Sent twice, as by an app that connects in two places: it is in already.
	case s == nil && c.expelled(name):
		// Sent before the client heard that the server has ended that.
	case s == nil:
		return errState
	case p.kind == typeDisconnect:
		c.disconnect(s)
	case p.kind == typeEvent || p.kind == typeBinaryEvent:
		return c.event(s, p, attachments)
	}
	return nil // an acknowledgement: none was asked for
}

// disconnect serves a DISCONNECT packet.
func (c *conn) disconnect(s *Socket) {
	if c.remove(s) {
		s.end()
		c.sess.Waits()
		c.disconnected(s, ClientDisconnect, false)
		s.leaveAll()
	}
}

// event serves an EVENT packet.
func (c *conn) event(s *Socket, p packet, attachments [][]byte) error {
	room := &struct { // one object for what most events need
		args [3]json.RawMessage
		ack  Ack
	}{}
	args := splitArray(room.args[:0], p.data)
	if len(args) == 0 {
		return errPayload
	}
	ev := Event{Args: args[1:], Attachments: attachments}
	ev.Name, ev.NameOK = stringOf(args[0])
	if p.ackID >= 0 {
		room.ack.conn, room.ack.socket, room.ack.id = c, s, p.ackID
		ev.Ack = &room.ack
	}
	c.guard("event", func() { s.ns.handler.Event(s, ev) })
	return nil
}

func (c *conn) send(packet []byte) { c.sess.Send(engineio.TextMessage(packet)) }

// disconnected tells the handler that a socket has left.
func (c *conn) disconnected(s *Socket, reason Reason, mayReturn bool) {
	c.guard("disconnected", func() { s.ns.handler.Disconnected(s, reason, mayReturn) })
}

// guard calls a handler; a panic there is logged and closes the connection.
func (c *conn) guard(what string, call func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			c.srv.log.Error("socketio: panic in a handler", "in", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			c.sess.Close()
		}
	}()
	call()
	return true
}

func (c *conn) list() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sockets)
}

// socket is the client's socket in a namespace, nil if it has none.
func (c *conn) socket(namespace string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == namespace {
			return s
		}
	}
	return nil
}

func (c *conn) add(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sockets == nil {
		c.sockets = c.list1[:0]
	}
	c.sockets = append(c.sockets, s)
}

// remove takes out a socket and reports whether it was there. Whoever takes it
// out tells the handler.
func (c *conn) remove(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.sockets, s)
	if i < 0 {
		return false
	}
	c.sockets = slices.Delete(c.sockets, i, i+1)
	if c.left == nil {
		c.left = new(departed)
	}
	c.left.sockets = append(c.left.sockets, s)
	return true
}
