package engineio

import "github.com/gobwas/ws"

// deadlines of a session on the wheel's clock; 0 is none. A session has one
// alarm, set to the first of them.
type deadlines struct {
	ping   int64 // to send a ping (revision 4)
	pong   int64 // by which the client has to be heard
	settle int64 // by which the application has to settle it
	probe  int64 // by which the upgrade has to be through; then, by which the last POST has to come
	linger int64 // by which a closed session is dropped
}

// next is the first deadline, 0 if there is none.
func (d *deadlines) next() (first int64) {
	for _, t := range [...]int64{d.ping, d.pong, d.settle, d.probe, d.linger} {
		if t != 0 && (first == 0 || t < first) {
			first = t
		}
	}
	return first
}

func past(deadline, now int64) bool { return deadline != 0 && deadline <= now }

func (s *Session) scheduleLocked() { s.srv.wheel.set(&s.alarm, s.due.next()) }

// startHeartbeat is called once, when the session opens.
func (s *Session) startHeartbeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return
	}
	now, opt := s.srv.wheel.now(), &s.srv.opt
	if s.version == V3 {
		s.due.pong = now + int64(opt.PingInterval+opt.PingTimeout)
	} else {
		s.due.ping = now + int64(opt.PingInterval)
	}
	if opt.ConnectTimeout > 0 {
		s.due.settle = now + int64(opt.ConnectTimeout)
	}
	s.scheduleLocked()
}

// ring is called by the wheel when a deadline has passed.
func (s *Session) ring(now int64) {
	s.mu.Lock()
	flush := s.expireLocked(now)
	s.mu.Unlock()
	if flush {
		s.srv.flusher.add(s)
	}
}

// expireLocked does what is due at now.
func (s *Session) expireLocked(now int64) (flush bool) {
	switch {
	case s.state == stateClosed:
		return false
	case past(s.due.linger, now):
		s.endLocked(s.reason)
		return false
	case past(s.due.pong, now):
		s.endLocked(PingTimeout)
		return false
	case past(s.due.settle, now):
		return s.closeLocked(ConnectTimeout, ws.StatusPolicyViolation)
	}
	if past(s.due.probe, now) {
		s.dropProbeLocked()
	}
	if past(s.due.ping, now) {
		// The client's time runs from when the ping was due, not from the tick.
		flush = s.pingLocked(max(s.due.ping, now-2*int64(s.srv.wheel.tick)))
	}
	s.scheduleLocked()
	return flush
}

// pingLocked sends a ping that was due at a time.
func (s *Session) pingLocked(due int64) (flush bool) {
	s.due.ping, s.due.pong = 0, due+int64(s.srv.opt.PingTimeout)
	s.out.push(s.srv.pingFrame)
	s.pings.Add(1)
	return s.claimLocked()
}

// pingNow sends a ping before its time, unless one is on its way. Its answer tells that all that was
// sent has been read.
func (s *Session) pingNow() {
	s.mu.Lock()
	flush := false
	if s.state == stateOpen && s.due.ping != 0 {
		flush = s.pingLocked(s.srv.wheel.now())
		s.scheduleLocked()
	}
	s.mu.Unlock()
	if flush {
		s.srv.flusher.add(s)
	}
}

// expire does what is due now, should the wheel be a little late.
func (s *Session) expire() {
	now := s.srv.wheel.now()
	s.mu.Lock()
	late := past(s.due.next(), now)
	s.mu.Unlock()
	if late {
		s.ring(now)
	}
}

// pinged answers a ping of a revision 3 client.
func (s *Session) pinged() error {
	if s.version != V3 {
		return errHeartbeat
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return errSessionOver
	}
	s.due.pong = s.srv.wheel.now() + int64(s.srv.opt.PingInterval+s.srv.opt.PingTimeout)
	s.scheduleLocked()
	if !s.pushLocked([]Frame{s.srv.pongFrame}, frameCost) { // a client may ask and never read
		return errSessionOver
	}
	if s.claimLocked() {
		s.srv.flusher.add(s)
	}
	return nil
}

// ponged notes the answer to a ping. One that nobody asked for is ignored.
func (s *Session) ponged() error {
	if s.version == V3 {
		return errHeartbeat
	}
	s.mu.Lock()
	waiting := s.state == stateOpen && s.due.pong != 0
	if waiting {
		s.due.pong, s.due.ping = 0, s.srv.wheel.now()+int64(s.srv.opt.PingInterval)
		s.scheduleLocked()
	}
	s.mu.Unlock()
	if waiting {
		s.recv.Received(s.pings.Load())
	}
	return nil
}
