package socketio

import (
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
	// What a broadcast needs comes first, in one line of the processor's cache with conn.sess.
	ns  *namespace
	pid string // what the client recovers it by; "": it cannot

	mu       sync.Mutex // guards what follows, to left
	state    socketState
	expelled bool  // the server has taken it out of the namespace
	kept     int32 // bytes kept for its client that are counted
	conn     *conn // while it is live
	sent     sentLog
	data     any
	held     []owed        // what came while it is coming back
	expiry   *time.Timer   // while it waits
	left     chan struct{} // closed when it is not live any more, if somebody waits for that

	srv  *Server
	id   string
	user string

	// Which rooms it is in; see the package comment for the order of locks.
	roomsMu sync.Mutex
	in      []*membership
	// Most clients are in two rooms, their user's and their group's: room for
	// that, so that an idle connection is few objects.
	list2  [2]*membership
	places [2]membership
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

// Waits is for a Handler that is about to wait for something in Event: other clients then need not
// wait for that too, not even for milliseconds.
func (s *Socket) Waits() {
	s.mu.Lock()
	c := s.conn
	s.mu.Unlock()
	if c != nil {
		c.sess.Waits()
	}
}

// Join puts the socket into a room: it gets what is broadcast from now on. It
// may be in there already. It is false when the socket is gone.
func (s *Socket) Join(name string) bool {
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	if s.isGone() {
		return false
	}
	if s.find(name) >= 0 {
		return true
	}
	if s.in == nil {
		s.in = s.list2[:0]
	}
	m := s.place()
	s.srv.rooms.join(s, name, m)
	s.in = append(s.in, m)
	return true
}

// place is an empty membership.
func (s *Socket) place() *membership {
	for i := range s.places {
		if m := &s.places[i]; m.room == nil {
			return m
		}
	}
	return new(membership)
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

// Disconnect sends the client a DISCONNECT packet and takes it out of the
// namespace; closeTransport closes its connection too, and with it its sockets
// in other namespaces. A socket that waits for its client is dropped.
func (s *Socket) Disconnect(closeTransport bool) {
	s.mu.Lock()
	c := s.conn
	s.expelled = true
	s.mu.Unlock()
	if c == nil {
		s.drop()
		return
	}
	if c.remove(s) {
		s.end()
		c.send(encodePacket(typeDisconnect, s.ns.name, -1, nil))
		c.sess.Do(func() {
			c.disconnected(s, ServerDisconnect, false)
			s.leaveAll()
		})
	}
	if closeTransport {
		c.sess.Close()
	}
}

// Flooded closes the client's connection at once, because it went on to send far more than it may.
func (s *Socket) Flooded() {
	s.mu.Lock()
	c := s.conn
	s.mu.Unlock()
	if c != nil {
		c.sess.CloseAs(engineio.Flood)
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
	if s.state == socketWaiting {
		s.srv.waiting.Add(-1)
	}
	s.state, s.conn, s.held, s.sent = socketGone, nil, nil, sentLog{}
	s.countLocked(0)
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
