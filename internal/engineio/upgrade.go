package engineio

import (
	"errors"
	"net/http"

	"github.com/gobwas/ws"
)

// errProbe is a WebSocket that should have probed or upgraded and did not.
var errProbe = errors.New("engineio: bad probe")

// upgrade serves the WebSocket that asks to take over a session from polling.
// Protocol v4, section "Upgrade".
func (srv *Server) upgrade(w http.ResponseWriter, r *http.Request, s *Session) {
	c := &wsConn{sess: s, probes: true}
	// Before the client hears that it may go on: the first that does is the one.
	admitted := s.beginProbe(c)
	conn, first, ok := srv.accepts(w, r)
	if !ok {
		s.transportGone(c)
		return
	}
	stream := srv.newStream(conn, c)
	if !admitted || !s.attach(c, stream) {
		_ = stream.write(closeFrame(ws.StatusPolicyViolation)) // it is closed anyhow
		stream.close(false)
		return
	}
	stream.start(first)
}

// attach gives a WebSocket that was admitted its stream, unless it was dropped since.
func (s *Session) attach(c *wsConn, stream stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.stream = stream
	return s.probe == c
}

// beginProbe admits c as the one that may take over. It has no stream yet.
func (s *Session) beginProbe(c *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen || s.ws != nil || s.probe != nil {
		return false
	}
	s.probe = c
	s.due.probe = s.srv.wheel.now() + int64(s.srv.opt.UpgradeTimeout)
	s.scheduleLocked()
	return true
}

// upgradingLocked reports whether an upgrade is under way and nothing else is
// to be told: a poll is then only answered so that the client can go on.
func (s *Session) upgradingLocked() bool {
	return s.state == stateOpen && s.probe != nil && s.probe.probed && s.out.empty()
}

func (s *Session) upgrading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upgradingLocked()
}

// dropProbeLocked gives up an upgrade that is under way; the session goes on.
func (s *Session) dropProbeLocked() {
	s.due.probe = 0
	if s.probe == nil {
		return
	}
	if s.probe.stream != nil {
		s.probe.stream.close(false)
	}
	if s.probe.held != 0 {
		s.srv.holdings.hold(s.source, -int64(s.probe.held))
		s.incoming -= s.probe.held
		s.probe.held = 0
	}
	s.probe = nil
}

// probe handles a packet of a WebSocket that has not taken over yet: the probe,
// then the upgrade, and nothing else.
func (c *wsConn) probe(p Packet) error {
	switch {
	case p.Type == Ping && string(p.Data) == "probe" && !c.probed:
		if err := c.stream.write(textFrame(string(Pong) + "probe")); err != nil {
			return err
		}
		c.sess.mu.Lock()
		defer c.sess.mu.Unlock()
		c.probed = true
		c.sess.poll.answer()
		return nil
	case p.Type == Upgrade && len(p.Data) == 0 && c.probed:
		return c.takeOver()
	default:
		return errProbe
	}
}

// takeOver makes c the session's transport. What is queued goes out on it.
func (c *wsConn) takeOver() error {
	s := c.sess
	s.mu.Lock()
	if s.state != stateOpen || s.probe != c {
		s.mu.Unlock()
		return errProbe
	}
	c.probes = false
	s.ws, s.probe, s.due.probe = c, nil, s.srv.wheel.now()+int64(latePost)
	s.scheduleLocked()
	s.poll.answer()
	flush := s.claimLocked()
	s.mu.Unlock()
	s.srv.count.webSockets.Add(1)
	s.srv.count.upgraded.Add(1)
	if flush {
		s.srv.flusher.add(s)
	}
	return nil
}
