package engineio

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// lingerTime is how long a session that was closed is kept for its last words
// to be fetched, or for the client to close its side.
const lingerTime = 3 * time.Second

// Receiver is what an application makes of a session. Open, Message and Close
// are never called at the same time for one session; any of them may block,
// which holds up nothing but that session, if Message calls Session.Waits before it
// does. A panic in one ends its session.
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
	// All that a broadcast needs of a session comes first, in one line of the processor's cache: a room of
	// many is mostly waiting for memory.
	srv *Server
	// Everything from mu to incoming, but for the version and base64, is guarded by mu. No other session's
	// lock, and none of the application's, is taken under it.
	mu        sync.Mutex
	version   Version
	base64    bool // the client cannot take binary: b64=1
	state     sessionState
	reason    Reason
	flushing  bool  // somebody sees to it that out is written
	lingering bool  // but a broadcast waits for more to be written with it
	farewell  bool  // the client has closed its WebSocket
	writes    uint8 // how often it was written to, counted on from 0 after 255
	own       int32 // about how many bytes of out nobody else waits for
	counted   int32 // how many of these the server counts
	out       queue
	ws        *wsConn
	drained   chan struct{} // closed when some of out was written, if somebody waits for that
	corked    int64         // since when a packet is being handled, on the wheel's clock; 0: none is
	probe     *wsConn       // a WebSocket that is about to take over from polling
	poll      poll
	due       deadlines
	alarm     alarm
	incoming  int32 // bytes of what is not complete that are counted

	pending atomic.Int32 // bytes that it takes up, as long as it was never settled
	source  *source      // by whom what it takes up is counted
	usage   *usage       // nil: nobody asks

	id    string
	hs    Handshake
	recv  Receiver
	pings atomic.Uint32

	// Receiving: held while packets are handled.
	hasty  uint8 // seconds on end in which it has sent too many packets; guarded by recvMu
	recvMu sync.Mutex
	pace   pace // guarded by recvMu
}

// ID is the session's id. Whoever knows it can act as the client.
func (s *Session) ID() string { return s.id }

// Version is the revision of the protocol that the client speaks.
func (s *Session) Version() Version { return s.version }

// Receiver is what the application made of the session.
func (s *Session) Receiver() Receiver { return s.recv }

// Base64 reports whether the client asked for binary to be sent as text, which
// revision 4 does on long-polling anyhow.
func (s *Session) Base64() bool { return s.base64 && s.version == V3 }

// Handshake is the request that opened the session.
func (s *Session) Handshake() *Handshake { return &s.hs }

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

// Settle says that the session is of use, so that ConnectTimeout does not close it.
func (s *Session) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateOpen {
		s.due.settle = 0
		s.scheduleLocked()
	}
	if s.state != stateClosed {
		s.settledLocked()
	}
}

// settledLocked ends that the session counts as pending.
func (s *Session) settledLocked() {
	if bytes := s.pending.Swap(0); bytes > 0 {
		s.srv.holdings.settle(s.source, int64(bytes))
	}
}

// counts is how many of so many bytes the session is asked for.
func (s *Session) counts(bytes int) int32 {
	if bytes <= pendingGrain || bytes <= grain && s.pending.Load() == 0 {
		return 0
	}
	return int32(bytes)
}

// holds says that bytes of something that is not complete are to be counted, of which
// before were already. It fails when that is too much, or the session is over.
func (s *Session) holds(before *int32, bytes int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holdsLocked(before, bytes)
}

// holdsLocked is holds.
func (s *Session) holdsLocked(before *int32, bytes int32) error {
	switch more := bytes - *before; {
	case more == 0:
		return nil
	case s.state == stateClosed:
		return errSessionOver
	default:
		if bound := s.srv.holdings.hold(s.source, int64(more)); bound != "" {
			s.srv.met(bound)
			return errCrowded
		}
		s.incoming += more
		*before = bytes
		return nil
	}
}

// Waits is called by a Receiver that is about to wait for something in Message, so that other
// sessions' packets need not wait for that too. Where it is not called, they may wait a few milliseconds.
func (s *Session) Waits() {
	s.mu.Lock()
	c := s.ws
	s.mu.Unlock()
	s.srv.streams.aside(c)
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
		s.shield("do", f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		go run()
		return
	}
	s.srv.running.Go(run)
}
