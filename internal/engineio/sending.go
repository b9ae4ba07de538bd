package engineio

import (
	"context"
	"time"
)

// Send queues frames and has them written: at once, or, while a packet has just
// begun to be handled, together with all else that its handler sends. It
// reports whether they were queued: they are not when the session is over, or
// when its queue is full, which ends it.
func (s *Session) Send(frames ...Frame) bool {
	s.mu.Lock()
	ok := s.pushLocked(frames, weight(frames))
	flush := ok && !s.corkedLocked() && s.claimLocked()
	s.mu.Unlock()
	if flush {
		s.srv.flusher.add(s)
	}
	return ok
}

// maxCork is how long what is sent waits for the handler of a packet to return.
const maxCork = time.Millisecond

// corkedLocked reports whether what is sent now is written when a handler
// returns: soon, for one that blocks is not waited for.
func (s *Session) corkedLocked() bool {
	return s.corked != 0 && s.srv.wheel.now()-s.corked < int64(maxCork)
}

// Queue queues frames and reports whether the caller has to pass the session
// to Server.Flush, with the same later: one call for all sessions of a broadcast. later
// says that it may wait for more to be written with it. share is this session's part of the bytes, which
// others wait for too. p follows them, if it is not nil.
func (s *Session) Queue(frames []Frame, share int, later bool, p *Passage) (flush bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pushLocked(frames, share) {
		return false
	}
	if p != nil && !s.out.empty() {
		s.out.follow(p)
	}
	if later && s.flushing || !s.claimLocked() {
		return false
	}
	s.lingering = later
	return true
}

// lingered reports whether a session that waits for more to write still does,
// and ends that: the caller is then responsible for its flush.
func (s *Session) lingered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.lingering
	s.lingering = false
	return was
}

// Queued is how many bytes wait to be written.
func (s *Session) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.out.bytes)
}

// WaitBelow waits until fewer than n bytes wait to be written, or, while much waits for all
// sessions together, few. It fails when the session, or ctx, is over first.
func (s *Session) WaitBelow(ctx context.Context, n int) error {
	for {
		drained, err := s.drainedBelow(n)
		if drained == nil {
			return err
		}
		select {
		case <-drained:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drainedBelow has the queue written, and returns what is closed when some of
// it was; nil when fewer than n bytes are waiting.
func (s *Session) drainedBelow(n int) (drained chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return nil, errSessionOver
	}
	if bytes := s.out.weight(); bytes < n && (bytes < grain || !s.srv.holdings.crowded()) {
		return nil, nil
	}
	if s.claimLocked() {
		s.srv.flusher.add(s)
	}
	if s.drained == nil {
		s.drained = make(chan struct{})
	}
	return s.drained, nil
}

// wakeLocked tells whoever waits in WaitBelow to look again.
func (s *Session) wakeLocked() {
	if s.drained != nil {
		close(s.drained)
		s.drained = nil
	}
}

// pushLocked queues frames, all or none. own is how many of their bytes nobody else waits for.
func (s *Session) pushLocked(frames []Frame, own int) bool {
	if s.state != stateOpen {
		return false
	}
	if !s.out.empty() && s.out.weight()+weight(frames) > s.srv.opt.QueueBytes {
		s.endLocked(SlowConsumer)
		return false
	}
	s.out.push(frames...)
	if s.own += int32(own); s.own-s.counted > grain && !s.countLocked() {
		s.srv.met(boundQueued)
		s.endLocked(Crowded)
		return false
	}
	return true
}

// countLocked has the server count what waits for the session alone, and reports whether there is room.
func (s *Session) countLocked() bool {
	more := s.own - s.counted
	s.counted = s.own
	return s.srv.holdings.wait(int64(more))
}

// outLocked is called when bytes have left the queue.
func (s *Session) outLocked() {
	if s.own = min(s.own, int32(s.out.weight())); s.counted > 0 && (s.own == 0 || s.counted-s.own > grain) {
		s.countLocked()
	}
}

// claimLocked makes the caller responsible for a flush if one is needed and
// nobody else is about to do it. Who has something to say to one client does not
// wait for the linger of a broadcast.
func (s *Session) claimLocked() bool {
	if s.out.empty() || s.flushing && !s.lingering {
		return false
	}
	if s.ws == nil {
		s.poll.answer()
		return false
	}
	s.flushing, s.lingering = true, false
	return true
}

// flush writes the queue out. The caller has claimed that.
func (s *Session) flush() {
	s.mu.Lock()
	conn := s.ws
	s.mu.Unlock()
	if conn != nil {
		conn.stream.flush(s)
	}
}

// unwritten appends the frames that are to be written next to dst, as many as
// fit. When there are none, the flush is over; last says that nothing will ever
// be written again, so that this side of the connection can be closed.
func (s *Session) unwritten(dst [][]byte) (frames [][]byte, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed || s.out.empty() {
		s.flushing = false
		if s.state == stateClosing && s.farewell {
			s.endLocked(s.reason)
		}
		return dst, s.state == stateClosing
	}
	return s.out.peek(dst), false
}

// written takes n bytes off the queue.
func (s *Session) written(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed || n == 0 {
		return
	}
	if s.writes++; s.writes%waitedOneOf == 0 {
		s.srv.count.waited.add(int(s.out.bytes))
	}
	done := s.out.advance(n)
	s.outLocked()
	s.wakeLocked()
	s.countOut(done, n)
}
