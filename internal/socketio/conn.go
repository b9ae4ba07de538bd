package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zikr-app/zikr/internal/engineio"
)

// conn is a client's connection: an Engine.IO session, with a socket for each
// namespace that the client is in.
type conn struct {
	srv      *Server
	sess     *engineio.Session
	replaced atomic.Bool // the client has come back on another connection
	partial  *partial    // a packet whose attachments are on their way; for Message only

	mu      sync.Mutex
	sockets []*Socket
	// Most clients are in one namespace: room for that, so that an idle
	// connection is few objects.
	list1 [1]*Socket
	first Socket
}

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
	p, err := decodePacket(data)
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
		s.mu.Unlock()
	}
}

// Close tells the handlers of all sockets.
func (c *conn) Close(why engineio.Reason) {
	reason := reasonOf(why)
	if c.replaced.Load() {
		reason = Replaced
	}
	for _, s := range c.list() {
		if c.remove(s) {
			c.disconnected(s, reason)
			s.lost(reason)
		}
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
	case p.kind == typeConnect || s == nil:
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
		c.disconnected(s, ClientDisconnect)
		s.leaveAll()
	}
}

// event serves an EVENT packet.
func (c *conn) event(s *Socket, p packet, attachments [][]byte) error {
	args := splitArray(p.data)
	if len(args) == 0 {
		return errPayload
	}
	ev := Event{Args: args[1:], Attachments: attachments}
	ev.Name, ev.NameOK = stringOf(args[0])
	if p.ackID >= 0 {
		ev.answer = &answer{conn: c, socket: s, id: p.ackID}
		ev.Ack = ev.answer.plain
	}
	c.guard("event", func() { s.ns.handler.Event(s, ev) })
	return nil
}

// answer is an acknowledgement that a client waits for.
type answer struct {
	conn   *conn
	socket *Socket
	id     int64
	done   atomic.Bool
}

func (a *answer) plain(args ...json.RawMessage) { a.send(nil, args) }

// send sends the answer, once, if the client is still there.
func (a *answer) send(attachments [][]byte, args []json.RawMessage) {
	if a.done.Swap(true) {
		return
	}
	kind := typeAck
	if len(attachments) > 0 {
		kind = typeBinaryAck
	}
	s := a.socket
	size := len(s.ns.name) + 32 + len(args)
	for _, arg := range args {
		size += len(arg)
	}
	body := append(appendHead(make([]byte, 0, size), kind, len(attachments), s.ns.name, a.id), '[')
	for i, arg := range args {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, arg...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != a.conn {
		return // an answer is of no use on another connection
	}
	frames := []engineio.Frame{engineio.TextMessage(append(body, ']'))}
	a.conn.sess.Send(appendAttachments(frames, s.recipient().encoding, attachments)...)
}

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
	c.sess.Settle()
	c.guard("connected", func() { ns.handler.Connected(s, recovered) })
}

// connectError is what a client is told of err.
func (c *conn) connectError(err error) *ConnectError {
	if refused, ok := errors.AsType[*ConnectError](err); ok {
		return refused
	}
	c.srv.log.Error("socketio: connect", "remote", c.sess.Handshake().RemoteAddr, "error", err)
	return &ConnectError{Message: "Internal error"}
}

// enter makes the client's socket, or finds the one that it was.
func (c *conn) enter(ns *namespace, who Identity, auth []byte) (s *Socket, recovered bool) {
	recovery := c.srv.opt.Recovery > 0 && c.sess.Version() == engineio.V4
	if recovery {
		var was struct{ PID, Offset string }
		_ = json.Unmarshal(auth, &was) // of another type: there is nothing to recover
		if s := c.recover(ns, who, was.PID, was.Offset); s != nil {
			return s, true
		}
	}
	s = c.newSocket()
	s.srv, s.ns, s.user, s.data, s.conn = c.srv, ns, who.User, who.Data, c
	switch {
	case c.sess.Version() == engineio.V4:
		s.id = newID()
	case ns.name == "/":
		s.id = c.sess.ID() // clients 2.x work it out for themselves
	default:
		s.id = ns.name + "#" + c.sess.ID()
	}
	if recovery {
		s.pid = newID()
		c.srv.remember(s)
	}
	c.add(s)
	c.sess.Send(s.connectFrame())
	return s, false
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
}

func (c *conn) send(packet []byte) { c.sess.Send(engineio.TextMessage(packet)) }

// disconnected tells the handler that a socket has left.
func (c *conn) disconnected(s *Socket, reason Reason) {
	c.guard("disconnected", func() { s.ns.handler.Disconnected(s, reason) })
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
	if len(c.sockets) == 0 {
		c.sess.Unsettle()
	}
	return true
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

// newID is 20 characters that nobody can guess.
func newID() string {
	var b [15]byte
	var id [20]byte
	_, _ = rand.Read(b[:]) // never fails
	base64.RawURLEncoding.Encode(id[:], b[:])
	return string(id[:])
}
