package engineio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// lingerTime is how long a session that was closed is kept for its last words
// to be fetched, or for the client to close its side.
const lingerTime = 3 * time.Second

// Receiver is what an application makes of a session. Open, Message and Close
// are never called at the same time for one session; any of them may block,
// which holds up nothing but that session. A panic in one ends its session.
type Receiver interface {
	// Open is called once, before all others. It is not called for a session
	// that ended before it could be.
	Open()
	// Message is called for each message. data is valid until it returns. An
	// error ends the session with ParseError.
	Message(data []byte, binary bool) error
	// Received is called when the client has answered the ping number pings:
	// all that was sent while Session.Pings was smaller has arrived.
	Received(pings uint32)
	// Close is called once, after all others.
	Close(reason Reason)
}

type sessionState uint8

const (
	stateOpen    sessionState = iota
	stateClosing              // over for the application; last words are being written
	stateClosed
)

var errSessionOver = errors.New("engineio: the session is over")

// Session is one client, on whichever transport it is. Its methods may be
// called from any goroutine.
type Session struct {
	srv     *Server
	id      string
	hs      *Handshake
	recv    Receiver
	version Version
	base64  bool // the client cannot take binary

	// Receiving: held while packets are handled.
	recvMu sync.Mutex

	pings atomic.Uint32

	// Everything below is guarded by mu. No other session's lock, and none of
	// the application's, is taken under it.
	mu       sync.Mutex
	state    sessionState
	reason   Reason
	out      queue
	flushing bool  // somebody sees to it that out is written
	farewell bool  // the client has closed its WebSocket
	corked   int64 // since when a packet is being handled, on the wheel's clock; 0: none is
	ws       *wsConn
	probe    *wsConn // a WebSocket that is about to take over from polling
	poll     poll
	due      deadlines
	drained  chan struct{} // closed when some of out was written, if somebody waits for that
	alarm    alarm
}

// ID is the session's id. Whoever knows it can act as the client.
func (s *Session) ID() string { return s.id }

// Version is the revision of the protocol that the client speaks.
func (s *Session) Version() Version { return s.version }

// Receiver is what the application made of the session.
func (s *Session) Receiver() Receiver { return s.recv }

// Base64 reports whether the client asked for binary to be sent as text.
func (s *Session) Base64() bool { return s.base64 }

// Handshake is the request that opened the session.
func (s *Session) Handshake() *Handshake { return s.hs }

// Pings is how many pings have been sent. See Receiver.Received.
func (s *Session) Pings() uint32 { return s.pings.Load() }

// Transport is "websocket" or "polling".
func (s *Session) Transport() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ws != nil {
		return "websocket"
	}
	return "polling"
}

// Send queues frames and has them written: at once, or, while a packet has just
// begun to be handled, together with all else that its handler sends. It
// reports whether they were queued: they are not when the session is over, or
// when its queue is full, which ends it.
func (s *Session) Send(frames ...Frame) bool {
	s.mu.Lock()
	ok := s.pushLocked(frames)
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
// to Server.Flush: one call for all sessions of a broadcast.
func (s *Session) Queue(frames []Frame) (flush bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushLocked(frames) && s.claimLocked()
}

// Queued is how many bytes wait to be written.
func (s *Session) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.bytes
}

// WaitBelow waits until fewer than n bytes wait to be written. It fails when the
// session, or ctx, is over first.
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
	if s.out.bytes < n {
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

// pushLocked queues frames, all or none.
func (s *Session) pushLocked(frames []Frame) bool {
	if s.state != stateOpen {
		return false
	}
	if !s.out.empty() && s.out.bytes+totalSize(frames) > s.srv.opt.QueueBytes {
		s.endLocked(SlowConsumer)
		return false
	}
	s.out.push(frames...)
	return true
}

// claimLocked makes the caller responsible for a flush if one is needed and
// nobody else is.
func (s *Session) claimLocked() bool {
	if s.flushing || s.out.empty() {
		return false
	}
	if s.ws == nil {
		s.poll.answer()
		return false
	}
	s.flushing = true
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
	done := s.out.advance(n)
	s.wakeLocked()
	s.srv.count.packetsOut.Add(uint64(done))
	s.srv.count.bytesOut.Add(uint64(n))
}

// Settle says that the session is of use, so that ConnectTimeout does not
// close it; Unsettle that it is not any more, and the time begins anew.
func (s *Session) Settle() { s.setSettle(0) }

// Unsettle is the opposite of Settle.
func (s *Session) Unsettle() {
	if t := s.srv.opt.ConnectTimeout; t > 0 {
		s.setSettle(s.srv.wheel.now() + int64(t))
	}
}

func (s *Session) setSettle(due int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateOpen {
		s.due.settle = due
		s.scheduleLocked()
	}
}

// Close ends the session after what is queued has been written. It is over for
// the application at once: nothing more can be sent, no Message comes.
func (s *Session) Close() { s.close(ServerClose, ws.StatusNormalClosure) }

// Abort ends the session and drops what is queued.
func (s *Session) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(ServerClose)
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
	if was == stateOpen {
		s.reason = reason
		s.overLocked()
	}
	s.out.reset()
	s.due = deadlines{}
	s.scheduleLocked()
	s.dropProbeLocked()
	s.srv.forget(s)
	if s.ws != nil {
		s.ws.stream.close(reason == SlowConsumer || reason == PingTimeout)
		s.srv.count.webSockets.Add(-1)
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
		s.guard("close", func() error { s.recv.Close(reason); return nil })
	})
}

// spawn runs f on a goroutine that Server.Close waits for, unless the session
// is closed.
func (s *Session) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateClosed {
		s.srv.running.Go(f)
	}
}

// Do runs f on another goroutine when no packet is being handled, and so not
// while the Receiver is called.
func (s *Session) Do(f func()) {
	run := func() {
		s.recvMu.Lock()
		defer s.recvMu.Unlock()
		s.guard("do", func() error { f(); return nil })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		go run()
		return
	}
	s.srv.running.Go(run)
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
