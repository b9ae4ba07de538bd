package engineio

import (
	"context"
	"time"

	"github.com/gobwas/ws"
)

// parting is how long clients have to read the last words before their transports end. Some look
// at the end of a connection before they look at what it brought, and drop that.
const parting = 100 * time.Millisecond

// part waits until all clients have read what was sent to them, as far as they say so by answering
// a ping, or parting is over.
func (srv *Server) part(ctx context.Context) {
	over := time.After(parting)
	look := time.NewTicker(parting / 20)
	defer look.Stop()
	srv.Sessions(func(s *Session) bool { s.pingNow(); return true })
	for srv.unread() {
		select {
		case <-look.C:
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

// unread reports whether a session may still have something to read.
func (srv *Server) unread() (some bool) {
	srv.Sessions(func(s *Session) bool {
		some = s.unread()
		return !some
	})
	return some
}

func (s *Session) unread() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == stateOpen && (s.version == V3 || s.due.pong != 0)
}

// Close ends the session after what is queued has been written. It is over for
// the application at once: nothing more can be sent, no Message comes.
func (s *Session) Close() { s.close(ServerClose, ws.StatusNormalClosure) }

// CloseAs is Close for what the client sent, by who handles that.
func (s *Session) CloseAs(reason Reason) {
	s.KeepStranger()
	s.close(reason, ws.StatusPolicyViolation)
}

// Abort ends the session and drops what is queued.
func (s *Session) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(ServerClose)
}

// makeRoom ends a session that is pending still.
func (s *Session) makeRoom() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending.Load() > 0 {
		s.endLocked(Crowded)
	}
}

// close ends the session in good order. code is for a client on WebSocket.
func (s *Session) close(reason Reason, code ws.StatusCode) {
	s.mu.Lock()
	flush := s.closeLocked(reason, code)
	s.mu.Unlock()
	if flush {
		s.srv.flusher.add(s)
	}
}

// closeLocked is close; the caller passes the session to the flusher if told so.
func (s *Session) closeLocked(reason Reason, code ws.StatusCode) (flush bool) {
	if s.state != stateOpen {
		return false
	}
	s.state, s.reason = stateClosing, reason
	s.wakeLocked()
	s.dropProbeLocked()
	s.due = deadlines{linger: s.srv.wheel.now() + int64(lingerTime)}
	s.scheduleLocked()
	s.overLocked()
	if s.ws == nil {
		s.poll.answer()
		return false
	}
	s.out.push(closeFrame(code))
	return s.claimLocked()
}

// endLocked ends the session at once.
func (s *Session) endLocked(reason Reason) {
	was := s.state
	if was == stateClosed {
		return
	}
	s.state = stateClosed
	s.wakeLocked()
	s.dropProbeLocked() // before what has come is given back, of which it holds a part
	if s.ws != nil {
		s.srv.count.webSockets.Add(-1)
	}
	if was == stateOpen {
		s.reason = reason
		s.overLocked()
	}
	s.out.reset()
	s.outLocked()
	s.settledLocked()
	if s.incoming != 0 {
		s.srv.holdings.hold(s.source, -int64(s.incoming))
	}
	s.srv.holdings.close(s.source)
	s.due = deadlines{}
	s.scheduleLocked()
	s.srv.forget(s)
	if s.ws != nil {
		s.ws.stream.close(reason == SlowConsumer || reason == PingTimeout)
	}
	s.poll.answer()
	s.srv.running.Done()
}

// overLocked has the application told that the session is over, as soon as it
// is done with the packet that it has now. Not on this goroutine, for that may
// be a broadcast's.
func (s *Session) overLocked() {
	s.srv.count.open.Add(-1)
	s.srv.count.closed[s.reason].Add(1)
	reason := s.reason
	s.srv.running.Go(func() {
		s.recvMu.Lock()
		defer s.recvMu.Unlock()
		s.shield("close", func() { s.recv.Close(reason) })
	})
}

// transportGone is called when c can no longer be read.
func (s *Session) transportGone(c *wsConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c {
	case s.ws:
		s.endLocked(TransportClose)
	case s.probe:
		s.dropProbeLocked()
	}
}
