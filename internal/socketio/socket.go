package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

type socketState uint8

const (
	socketLive    socketState = iota // connected
	socketWaiting                    // its connection is lost; it may come back
	socketBack                       // it is coming back
	socketGone
)

// Socket is a client in a namespace. Its methods may be called from any
// goroutine.
type Socket struct {
	srv  *Server
	ns   *namespace
	id   string
	pid  string // what the client recovers it by; "": it cannot
	user string

	// Which rooms it is in; see the package comment for the order of locks.
	roomsMu sync.Mutex
	in      []*membership

	mu     sync.Mutex
	state  socketState
	conn   *conn // while it is live
	data   any
	sent   sentLog
	held   []owed        // what came while it is coming back
	expiry *time.Timer   // while it waits
	left   chan struct{} // closed when it is not live any more, if somebody waits for that
}

// ID is the socket's public id.
func (s *Socket) ID() string { return s.id }

// Namespace is the name of the namespace it is in.
func (s *Socket) Namespace() string { return s.ns.name }

// User is what Handler.Connect said of the client.
func (s *Socket) User() string { return s.user }

// Handshake is the request that the client came with, nil when it is not
// connected.
func (s *Socket) Handshake() *Handshake {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	return s.conn.sess.Handshake()
}

// Data is what the application keeps with the socket.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData replaces Data.
func (s *Socket) SetData(data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
}

// Join puts the socket into a room: it gets what is broadcast from now on. It
// may be in there already. It is false when the socket is gone.
func (s *Socket) Join(name string) bool {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	if s.isGone() {
		return false
	}
	if s.find(name) < 0 {
		s.in = append(s.in, s.srv.rooms.join(s, name))
	}
	return true
}

// Leave takes the socket out of a room, also while its connection is lost.
func (s *Socket) Leave(name string) {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	if i := s.find(name); i >= 0 {
		s.srv.rooms.leave(s.in[i])
		s.in = slices.Delete(s.in, i, i+1)
	}
}

// Rooms are the names of the rooms it is in.
func (s *Socket) Rooms() []string {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	names := make([]string, 0, len(s.in))
	for _, m := range s.in {
		names = append(names, m.room.name)
	}
	return names
}

// In reports whether it is in a room.
func (s *Socket) In(name string) bool {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	return s.find(name) >= 0
}

func (s *Socket) find(name string) int {
	return slices.IndexFunc(s.in, func(m *membership) bool { return m.room.name == name })
}

// leaveAll takes a socket that is gone out of all rooms.
func (s *Socket) leaveAll() {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	for _, m := range s.in {
		s.srv.rooms.leave(m)
	}
	s.in = nil
}

func (s *Socket) isGone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == socketGone
}

// recipient is what the bytes for this socket depend on. It needs conn.
func (s *Socket) recipient() recipient {
	to := recipient{ns: s.ns, offset: s.pid != ""}
	switch {
	case s.conn == nil || s.conn.sess.Version() == engineio.V4:
	case s.conn.sess.Base64():
		to.encoding = asBase64
	default:
		to.encoding = asOctets3
	}
	return to
}

// deliver queues a broadcast and returns the session if it is to be flushed.
func (s *Socket) deliver(b *batch) (flush *engineio.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pid != "" {
		s.sent.note(b)
	}
	switch s.state {
	case socketLive:
		if s.conn.sess.Queue(b.frames(s.recipient())) {
			return s.conn.sess
		}
	case socketBack:
		s.held = append(s.held, owed{b, b.frames(s.recipient())})
	}
	return nil
}

// Emit sends an event with these arguments to the client. What a handler that
// does not block emits to the client that it serves goes out when it returns,
// together with the acknowledgement. It is false when the client will not get
// it; while it may still come back, it will.
func (s *Socket) Emit(event string, args ...json.RawMessage) bool {
	return s.EmitAll(NewMessage(event, args...))
}

// EmitAll sends messages one after another.
func (s *Socket) EmitAll(messages ...Message) bool {
	if len(messages) == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == socketGone {
		return false
	}
	b := newBatch(messages, s.srv.nextPositions(len(messages)))
	frames := b.frames(s.recipient())
	ok := s.state != socketLive || s.conn.sess.Send(frames...)
	if s.pid == "" {
		return ok
	}
	s.sent.note(b)
	s.sent.keep(b, s.pings(), s.srv.queueBytes())
	return true
}

// pings is how many pings the client was sent.
func (s *Socket) pings() uint32 {
	if s.conn == nil {
		return 0
	}
	return s.conn.sess.Pings()
}

// EmitWait is EmitAll for more than a queue holds: it waits while more than
// half of the queue is full, so that a client that reads is not closed. A
// handler may use it for the client that it serves, and for no other.
func (s *Socket) EmitWait(ctx context.Context, messages ...Message) error {
	const chunk = 64
	for len(messages) > 0 {
		if err := s.drained(ctx); err != nil {
			return err
		}
		n := min(chunk, len(messages))
		if !s.EmitAll(messages[:n]...) {
			return errGone
		}
		messages = messages[n:]
	}
	return nil
}

// drained waits until no more than half of the client's queue is full.
func (s *Socket) drained(ctx context.Context) error {
	s.mu.Lock()
	c := s.conn
	s.mu.Unlock()
	if c == nil {
		return errGone
	}
	if err := c.sess.WaitBelow(ctx, s.srv.queueBytes()/2); err != nil {
		return fmt.Errorf("socketio: emit: %w", err)
	}
	return nil
}

// Disconnect sends the client a DISCONNECT packet and takes it out of the
// namespace; closeTransport closes its connection too, and with it its sockets
// in other namespaces. A socket that waits for its client is dropped.
func (s *Socket) Disconnect(closeTransport bool) {
	s.mu.Lock()
	c := s.conn
	s.mu.Unlock()
	if c == nil {
		s.drop()
		return
	}
	if c.remove(s) {
		s.end()
		c.send(encodePacket(typeDisconnect, s.ns.name, -1, nil))
		c.sess.Do(func() {
			c.disconnected(s, ServerDisconnect)
			s.leaveAll()
		})
	}
	if closeTransport {
		c.sess.Close()
	}
}

// CloseTransport closes the client's connection without a DISCONNECT packet,
// after all that was sent: it comes back by itself.
func (s *Socket) CloseTransport() {
	s.mu.Lock()
	c := s.conn
	s.mu.Unlock()
	if c != nil {
		c.sess.Close()
	}
}

// end makes the socket gone for good: nothing is sent to it any more.
func (s *Socket) end() {
	s.mu.Lock()
	s.state, s.conn, s.held, s.sent = socketGone, nil, nil, sentLog{}
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if s.left != nil {
		close(s.left)
		s.left = nil
	}
	s.mu.Unlock()
	s.srv.forget(s)
}

// drop is end, and takes the socket out of all rooms.
func (s *Socket) drop() {
	s.end()
	s.leaveAll()
}
