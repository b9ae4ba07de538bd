package socketio

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/zikr-app/zikr/internal/engineio"
)

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

// deliver queues a broadcast, which may be to be written later, and returns the
// session if it is to be flushed. share is its part of the bytes, as all have the same ones; p
// follows them, if it is not nil.
func (s *Socket) deliver(b *batch, share int, later bool, p *engineio.Passage) (flush *engineio.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pid != "" {
		s.sent.note(b.first, b.last())
	}
	switch s.state {
	case socketLive:
		if s.conn.sess.Queue(b.frames(s.recipient()), share, later, p) {
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
	first, to := s.srv.nextPositions(len(messages)), s.recipient()
	if s.pid != "" {
		s.sent.note(first, first+uint64(len(messages))-1)
	}
	var room [4]engineio.Frame
	frames := room[:0]
	for i := range messages {
		position, n := first+uint64(i), len(frames)
		frames = to.encode(frames, &messages[i], position)
		if s.pid != "" {
			s.sent.keep(frames[n:], position, s.pings(), s.srv.queueBytes())
		}
	}
	s.recountLocked()
	queued := s.state != socketLive || s.conn.sess.Send(frames...)
	return queued || s.pid != ""
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
