package engineio

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/gobwas/ws"
)

// Why a session is ended for what its client sent.
var (
	// errHeartbeat is a ping or pong from the side that has to answer them.
	errHeartbeat = errors.New("engineio: invalid heartbeat direction")
	errFlood     = errors.New("engineio: too many packets")
	errCrowded   = errors.New("engineio: no room for more of what is not complete")
)

// open tells the application of the session, and writes what that sends. The
// caller holds recvMu.
func (s *Session) open() {
	if !s.isClosed() {
		s.shield("open", s.recv.Open)
	}
}

// handle handles one packet. The caller holds recvMu. An error means that no
// more packets may be handled; unless it is errSessionOver, the client is to
// blame.
func (s *Session) handle(p Packet) error {
	s.countIn(len(p.Data) + 1)
	now := s.srv.wheel.now()
	if err := s.paced(now); err != nil {
		return err
	}
	switch p.Type {
	case Message:
		return s.message(p, now)
	case Ping:
		return s.pinged()
	case Pong:
		return s.ponged()
	case Close:
		s.closedByClient()
		return errSessionOver
	case Noop:
		return nil
	default:
		return errPacketType
	}
}

// message hands a message that came at now to the application, and writes what that sends.
func (s *Session) message(p Packet, now int64) error {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return errSessionOver
	}
	s.corked = now
	s.mu.Unlock()

	err := s.guard("message", func() error { return s.recv.Message(p.Data, p.Binary) })

	s.mu.Lock()
	s.corked = 0
	flush := s.claimLocked()
	s.mu.Unlock()
	if flush {
		s.srv.streams.flushSoon(s)
	}
	return err
}

// closedByClient ends the session as the client asked for. On polling, a GET
// that was sent at the same time may still be on its way.
func (s *Session) closedByClient() {
	s.mu.Lock()
	if s.ws == nil && s.poll.wake != nil {
		s.endLocked(ClientClose)
	}
	flush := s.closeLocked(ClientClose, ws.StatusNormalClosure)
	s.mu.Unlock()
	if flush {
		s.flush()
	}
}

// guard calls the application; a panic there ends the session and no more.
func (s *Session) guard(what string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.srv.opt.Logger.Error("engineio: panic in a receiver", "in", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			s.close(ServerClose, ws.StatusInternalServerError)
			err = errSessionOver
		}
	}()
	return call()
}

// shield is guard for a call that fails by nothing but a panic, which has ended
// the session when it returns.
func (s *Session) shield(what string, call func()) {
	_ = s.guard(what, func() error { call(); return nil })
}

// fail ends the session for what the client sent.
func (s *Session) fail(err error) {
	if errors.Is(err, errSessionOver) {
		return
	}
	s.srv.opt.Logger.Debug("engineio: session closed", "address", s.hs.Address, "error", err)
	reason := failure(err)
	s.mu.Lock()
	if s.ws == nil {
		s.endLocked(reason)
	}
	flush := s.closeLocked(reason, closeCode(err))
	s.mu.Unlock()
	if flush {
		s.flush()
	}
}

// failure is the reason that fits err.
func failure(err error) Reason {
	switch {
	case errors.Is(err, errFlood):
		return Flood
	case errors.Is(err, errCrowded):
		return Crowded
	default:
		return ParseError
	}
}

// closeCode is the WebSocket status that fits err (RFC 6455, section 7.4.1).
func closeCode(err error) ws.StatusCode {
	switch {
	case errors.Is(err, errTooLarge):
		return ws.StatusMessageTooBig
	case errors.Is(err, errFlood):
		return ws.StatusPolicyViolation
	case errors.Is(err, errCrowded):
		return 1013 // try again later
	case errors.Is(err, errUTF8):
		return ws.StatusInvalidFramePayloadData
	default:
		return ws.StatusProtocolError
	}
}
