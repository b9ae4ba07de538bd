package engineio

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// poll is the state of a session that is on long-polling.
type poll struct {
	wake    chan struct{} // of the GET that waits; nil when none does
	posting bool          // a POST is being served
}

// answer ends the GET that waits, if one does.
func (p *poll) answer() {
	select {
	case p.wake <- struct{}{}:
	default: // none waits, or it is woken already
	}
}

// openPolling opens a session on long-polling.
func (srv *Server) openPolling(w http.ResponseWriter, o *opening) {
	s, _ := srv.newSession(o)
	if s == nil {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	// The first packets wait until Open has returned.
	s.recvMu.Lock()
	defer s.recvMu.Unlock()
	s.startHeartbeat()
	if err := s.respond(w, []Frame{s.openFrame("websocket")}); err != nil {
		s.broken()
	}
	s.open()
}

// upgradePatience is how long a GET with nothing to tell waits, during an
// upgrade, for its end. A client must not poll any more when it sends the
// upgrade; one that does is told so.
const upgradePatience = 20 * time.Millisecond

// servePoll answers a GET as soon as there is something to say.
func (srv *Server) servePoll(w http.ResponseWriter, r *http.Request, s *Session) {
	wake, ok := s.beginPoll()
	if !ok {
		srv.refuse(w, http.StatusBadRequest, errRequest)
		return
	}
	select {
	case <-wake:
	case <-r.Context().Done():
	}
	if s.upgrading() {
		select {
		case <-wake:
		case <-time.After(upgradePatience):
		case <-r.Context().Done():
		}
	}
	frames := s.endPoll(r.Context().Err() != nil)
	if frames == nil {
		srv.refuse(w, http.StatusBadRequest, errRequest)
		return
	}
	if err := s.respond(w, frames); err != nil {
		s.broken()
	}
}

// beginPoll makes a GET the one that waits. A second one at the same time ends
// the session. Protocol v4, section "HTTP long-polling".
func (s *Session) beginPoll() (wake chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ws != nil {
		return nil, false
	}
	if s.poll.wake != nil {
		s.endLocked(TransportError)
		return nil, false
	}
	wake = make(chan struct{}, 1)
	s.poll.wake = wake
	if !s.out.empty() || s.state != stateOpen || s.upgradingLocked() {
		s.poll.answer()
	}
	return wake, true
}

// endPoll takes what the GET is to be answered with; nil is that it is refused.
// hungUp says that the client does not wait any more.
func (s *Session) endPoll(hungUp bool) []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poll.wake = nil
	switch {
	case s.ws != nil:
		return nil
	case hungUp:
		s.endLocked(TransportClose)
		return nil
	case s.state != stateOpen && s.reason == ClientClose:
		s.endLocked(ClientClose)
		return []Frame{textFrame(string(Noop))}
	case s.state != stateOpen && s.out.empty():
		s.endLocked(s.reason)
		return s.goodbye()
	}
	// A close packet never shares an answer with what comes before it: the official
	// client is torn down by it before its listeners have heard the rest.
	if frames := s.out.take(); frames != nil {
		s.outLocked()
		s.wakeLocked()
		return frames
	}
	return []Frame{textFrame(string(Noop))}
}

// goodbye is what the last GET of a session is answered with: a close packet. The library that
// asks with b64=1, Socket.IO-Client-Swift, takes one for the end of the session that it
// opens next: it never comes back. Its GET fails instead (nil), and it comes back at once.
func (s *Session) goodbye() []Frame {
	if s.base64 {
		return nil
	}
	return []Frame{textFrame(string(Close))}
}

// respond writes frames as the answer to a GET. A client that does not read
// it has as long as for the answer to a ping.
func (s *Session) respond(w http.ResponseWriter, frames []Frame) error {
	body, contentType := encodePayload(s.version, s.base64, frames) // b64 means nothing in revision 4
	if n := int64(len(body)); n > grain {
		// It is out of the queue, but not out of memory while the client reads it.
		s.srv.holdings.queued.Add(n)
		defer s.srv.holdings.queued.Add(-n)
	}
	s.countOut(len(frames), len(body))
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(s.srv.opt.PingTimeout)) // not all writers can
	_, err := w.Write(body)
	if err == nil {
		err = rc.Flush()
	}
	_ = rc.SetWriteDeadline(time.Time{})
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// broken ends a session whose HTTP request could not be served to the end, unless it is
// on WebSocket since.
func (s *Session) broken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ws == nil {
		s.endLocked(TransportClose)
	}
}

// servePost takes the packets of a POST and answers when they are handled.
func (srv *Server) servePost(w http.ResponseWriter, r *http.Request, s *Session) {
	if !s.beginPost() {
		srv.refuse(w, http.StatusBadRequest, errRequest)
		return
	}
	var held int32
	defer s.endPost(&held)
	body, err := s.readBody(w, r, &held)
	switch {
	case errors.Is(err, errTooLarge):
		s.fail(err)
		w.Header().Set("Connection", "close") // the rest is not waited for
		http.Error(w, "payload too large", http.StatusRequestEntityTooLarge)
		return
	case errors.Is(err, errCrowded):
		s.fail(err)
		w.Header().Set("Connection", "close")
		srv.noRoom(w, r, s.hs.Address, noRoom{boundIncoming, http.StatusServiceUnavailable, retryRoom})
		return
	case err != nil:
		s.broken()
		return
	}
	if err := s.receivePayload(body, r.Header.Get("Content-Type") == binaryType); err != nil {
		s.fail(err)
		srv.refuse(w, http.StatusBadRequest, errRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "ok")
}

// readBody reads a POST's body, which is bounded in bytes and in time. held is what of it is counted.
func (s *Session) readBody(w http.ResponseWriter, r *http.Request, held *int32) ([]byte, error) {
	limit := s.srv.opt.MaxPayload
	if r.ContentLength > int64(limit) {
		return nil, errTooLarge
	}
	body := make([]byte, 0, 512)
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			// What is done with it may take longer.
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // not all writers can
			return body, nil
		case err != nil:
			return nil, err
		}
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
			if err := s.holds(held, s.counts(cap(body))); err != nil {
				return nil, err
			}
		}
	}
}

// receivePayload handles all packets of a body.
func (s *Session) receivePayload(body []byte, binary bool) error {
	s.recvMu.Lock()
	defer s.recvMu.Unlock()
	err := decodePayload(s.version, body, binary, s.handle)
	if errors.Is(err, errSessionOver) {
		return nil
	}
	return err
}

// latePost is how long a POST may come after its session was upgraded: clients upgrade
// while one is on its way, and what it carries would be lost.
const latePost = 5 * time.Second

// beginPost admits a POST. A second one at the same time ends the session.
func (s *Session) beginPost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen || s.ws != nil && s.due.probe == 0 {
		return false
	}
	if s.poll.posting {
		if s.ws == nil {
			s.endLocked(TransportError)
		}
		return false
	}
	s.poll.posting = true
	return true
}

// endPost ends that a POST is being served, of which held bytes are counted.
func (s *Session) endPost(held *int32) {
	_ = s.holds(held, 0) // fails only when the session is over, and nothing of it counted
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poll.posting = false
}
