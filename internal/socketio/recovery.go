package socketio

import (
	"errors"
	"time"

	"github.com/zikr-app/zikr/internal/engineio"
)

// Connection state recovery: a client that lost its connection comes back with
// its private id (pid) and the offset of the last event it got, and gets what it
// missed. https://socket.io/docs/v4/connection-state-recovery
//
// An offset is the position of a message, of which the server has one count. A
// room keeps what was broadcast to it, a socket what was sent to it alone; what
// a client missed is picked out of these. Positions alone do not tell: two that
// send at once may queue in another order than they took their positions. A
// socket therefore notes what was queued late on it, which is rare.

// errGone is sending to a socket that is gone.
var errGone = errors.New("socketio: the socket is gone")

const (
	maxWaiting   = 100_000          // Bounds.Waiting, if it says nothing
	maxLate      = 32               // batches noted as late before offsets as old as the first are refused
	replaceLimit = 10 * time.Second // to wait for the connection that a client has left behind
)

// recover gives the client on c the socket that it was, or nil when that cannot
// be. It is queued the CONNECT packet and what it missed.
func (c *conn) recover(ns *namespace, who Identity, pid, offset string) *Socket {
	s := c.srv.session(pid)
	from := parseOffset(offset)
	if s == nil || s.ns != ns || s.user != who.User || from == 0 {
		return nil
	}
	if !s.comeBack() {
		return nil
	}
	list, ok := s.owedByRooms(from)
	if !ok || !s.resume(c, who.Data, list, from) {
		s.drop()
		return nil
	}
	return s
}

// session is the socket with that pid, nil if there is none.
func (srv *Server) session(pid string) *Socket {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.sessions[pid]
}

// comeBack begins the recovery of a socket, of which there can be one at a
// time. A connection that still looks open is closed, and its handler waited for.
func (s *Socket) comeBack() bool {
	if left := s.replace(); left != nil {
		timeout := time.NewTimer(replaceLimit)
		defer timeout.Stop()
		select {
		case <-left:
		case <-timeout.C:
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != socketWaiting {
		return false
	}
	s.state = socketBack
	s.expiry.Stop()
	s.srv.waiting.Add(-1)
	return true
}

// replace closes the connection that the socket has, and returns what tells
// that it is done with it; nil if it has none.
func (s *Socket) replace() (left chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != socketLive {
		return nil
	}
	if s.left == nil {
		s.left = make(chan struct{})
	}
	s.conn.replaced.Store(true)
	s.conn.sess.Abort()
	return s.left
}

// owedByRooms returns what the socket's rooms keep for it. From here on, what
// is broadcast to them is held.
func (s *Socket) owedByRooms(offset uint64) (list []owed, ok bool) {
	s.mu.Lock()
	from := s.sent.needed(offset)
	s.mu.Unlock()
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	to := recipient{ns: s.ns, offset: true}
	for _, m := range s.in {
		some, ok := m.room.since(m, from, to)
		if !ok {
			return nil, false
		}
		list = append(list, some...)
	}
	return list, true
}

// resume makes the socket live on c. It is false when the offset is too old,
// or when the client has missed more than its queue holds.
func (s *Socket) resume(c *conn, data any, list []owed, from uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != socketBack || from < s.sent.lost || from > s.sent.last {
		return false
	}
	list = append(list, s.held...)
	frames := append([]engineio.Frame{s.connectFrame()}, s.sent.missed(list, from)...)
	size := 0
	for _, f := range frames {
		size += len(f)
	}
	if size > s.srv.queueBytes()/2 {
		return false
	}
	s.state, s.conn, s.data, s.held = socketLive, c, data, nil
	c.add(s)
	c.sess.Send(frames...)
	s.countLocked(s.sent.size())
	return true
}

// mayReturn reports whether the client may come back after its connection ended for reason. What is kept
// for it until then is counted from here on.
func (s *Socket) mayReturn(reason Reason) bool {
	if s.pid == "" || !reason.Recoverable() {
		return false
	}
	bound := boundWaiting
	if !reached(s.srv.waiting.Load(), s.srv.opt.Bounds.Waiting) {
		bound = s.reserve()
	}
	if bound != "" {
		s.srv.met(bound)
		s.srv.lines.forgotten(s.srv.log, s.user, bound)
	}
	return bound == ""
}

// reserve has the server count all that a socket takes that waits for its client.
func (s *Socket) reserve() (bound string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == socketGone {
		return ""
	}
	return s.countLocked(socketCost + s.sent.size())
}

// countLocked has the server count so many bytes that are kept for the client.
func (s *Socket) countLocked(bytes int) (bound string) {
	if bound = s.srv.holdings.keep(s.user, int64(bytes)-int64(s.kept)); bound == "" {
		s.kept = int32(bytes)
	}
	return bound
}

// recountLocked is countLocked, now and then, for a client that is connected. When there is no room for it,
// what was sent to it alone is not kept.
func (s *Socket) recountLocked() {
	size, kept := s.sent.size(), int(s.kept)
	if size-kept <= grain && (kept == 0 || size > 0 && kept-size <= grain) {
		return
	}
	bound := s.countLocked(size)
	if bound == "" {
		return
	}
	s.srv.met(bound)
	s.srv.lines.forgotten(s.srv.log, s.user, bound)
	s.sent.forget(func(ownPacket) bool { return true })
	s.countLocked(0)
}

// lost is called when the socket's connection is over. A client that may come back
// may do so for a while.
func (s *Socket) lost(mayReturn bool) {
	if !mayReturn {
		s.drop()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != socketLive {
		return
	}
	s.srv.waiting.Add(1)
	s.state, s.conn = socketWaiting, nil
	s.expiry = time.AfterFunc(s.srv.opt.Recovery, s.expire)
	if s.left != nil {
		close(s.left)
		s.left = nil
	}
}

// expire drops a socket that has waited long enough.
func (s *Socket) expire() {
	s.mu.Lock()
	waiting := s.state == socketWaiting
	s.mu.Unlock()
	if waiting {
		s.drop()
	}
}

// remember makes the socket recoverable.
func (srv *Server) remember(s *Socket) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.sessions[s.pid] = s
}

func (srv *Server) forget(s *Socket) {
	if s.pid == "" {
		return
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	delete(srv.sessions, s.pid)
}

// tidy drops what rooms keep for longer than anybody may come back, now and
// then: a room that is not sent to does not do that itself.
func (srv *Server) tidy() {
	ticker := time.NewTicker(srv.opt.Recovery / 2)
	defer ticker.Stop()
	for {
		select {
		case <-srv.ctx.Done():
			return
		case now := <-ticker.C:
			srv.rooms.each(func(r *room) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.log.prune(&srv.holdings, now.Add(-srv.opt.Recovery), srv.queueBytes())
			})
		}
	}
}
