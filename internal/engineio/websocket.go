package engineio

import (
	"encoding/binary"
	"errors"
	"net"
	"net/http"

	"github.com/gobwas/ws"
)

// errTooLarge is a message or a body above Options.MaxPayload.
var errTooLarge = errors.New("engineio: message too large")

// wsConn is one WebSocket: the parser of what comes from the client. Only its
// stream's reader touches it, but for sess and stream, which do not change, and
// probed.
type wsConn struct {
	sess   *Session
	stream stream
	slot   streamSlot // with the two above, all that is needed to write
	in     []byte     // the beginning of a frame
	parts  []byte     // the earlier fragments of a message
	op     ws.OpCode  // of these fragments; 0 when there are none
	keeps  int32      // how many bytes in and parts take, as far as that is counted
	held   int32      // the same; guarded by the session's mu
	mute   bool       // it failed: what still comes is not looked at
	probes bool       // it has not taken over the session yet
	probed bool       // its probe was answered; guarded by the session's mu
}

// openWebSocket opens a session on WebSocket.
func (srv *Server) openWebSocket(w http.ResponseWriter, o *opening) {
	conn, first, ok := srv.accepts(w, o.request)
	if !ok {
		srv.abandon(o)
		return
	}
	s, c := srv.newSession(o)
	if s == nil {
		_ = conn.Close() // the server is going away
		return
	}
	c.stream = srv.newStream(conn, c)
	if !s.begin(c) {
		c.stream.close(false)
		return
	}
	s.Send(s.openFrame())
	s.startHeartbeat()
	s.recvMu.Lock()
	s.open()
	s.recvMu.Unlock()
	// Only now: a client may have sent its first packets with the handshake.
	c.stream.start(first)
}

// begin gives a new session its transport, unless it is closed already.
func (s *Session) begin(c *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == stateClosed {
		return false
	}
	s.ws = c
	s.srv.count.webSockets.Add(1)
	return true
}

// accepts does the WebSocket handshake. first is what the client sent with it.
func (srv *Server) accepts(w http.ResponseWriter, r *http.Request) (conn net.Conn, first []byte, ok bool) {
	upgrader := ws.HTTPUpgrader{Header: w.Header(), Timeout: srv.opt.UpgradeTimeout}
	conn, rw, _, err := upgrader.Upgrade(plain(r), w)
	if err != nil {
		srv.count.refused.Add(1)
		if conn != nil {
			_ = conn.Close() // it was answered
		}
		return nil, nil, false
	}
	if n := rw.Reader.Buffered(); n > 0 {
		peeked, _ := rw.Reader.Peek(n) // cannot fail: it is buffered
		first = append(first, peeked...)
	}
	return conn, first, true
}

// plain is r with its lists as the library reads them: of Connection it looks at the first line only,
// and of Upgrade for nothing but the word. No subprotocol and no extension is ever chosen, however many
// are offered.
func plain(r *http.Request) *http.Request {
	h := http.Header{"Upgrade": {"websocket"}}
	for _, name := range []string{"Sec-Websocket-Key", "Sec-Websocket-Version"} {
		h[name] = r.Header[name]
	}
	if headerLists(r.Header, "Connection", "upgrade") {
		h["Connection"] = []string{"Upgrade"}
	}
	shallow := *r
	shallow.Header = h
	return &shallow
}

// feed takes what came from the client, in any pieces. It changes p.
func (c *wsConn) feed(p []byte) {
	if c.mute || len(p) == 0 {
		return
	}
	if c.in != nil {
		c.in = append(c.in, p...)
		p = c.in
	}
	rest, err := c.frames(p)
	if err == nil {
		err = c.remember(rest)
	}
	if err != nil {
		c.mute, c.in, c.parts = true, nil, nil
		c.failed(err)
	}
}

// remember keeps the beginning of a frame. It fails when there is no room for that.
func (c *wsConn) remember(rest []byte) error {
	switch {
	case len(rest) == 0:
		c.in = nil
	case c.in != nil:
		c.in = append(c.in[:0], rest...)
	default:
		c.in = append([]byte(nil), rest...)
	}
	keeps := c.sess.counts(cap(c.in) + cap(c.parts))
	if keeps == c.keeps {
		return nil
	}
	c.keeps = keeps
	return c.holds(keeps)
}

// holds is Session.holds for the connection. It fails too when that is given up: nobody would give back then what it holds.
func (c *wsConn) holds(bytes int32) error {
	s := c.sess
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ws != c && s.probe != c {
		return errSessionOver
	}
	return s.holdsLocked(&c.held, bytes)
}

// failed deals with a client that broke the protocol.
func (c *wsConn) failed(err error) {
	if c.probes {
		c.gone()
		return
	}
	c.sess.KeepStranger()
	c.sess.fail(err)
}

// gone is called when there is nothing more to read, or no way to write.
func (c *wsConn) gone() { c.sess.transportGone(c) }

// frames handles all frames that are complete and returns the rest.
func (c *wsConn) frames(p []byte) (rest []byte, err error) {
	for {
		h, size, ok := parseHeader(p)
		if !ok {
			return p, nil
		}
		if err := c.check(h); err != nil {
			return nil, err
		}
		end := size + int(h.Length)
		if len(p) < end {
			return p, nil
		}
		payload := p[size:end]
		ws.Cipher(payload, h.Mask, 0)
		if err := c.frame(h, payload); err != nil {
			return nil, err
		}
		p = p[end:]
	}
}

// check refuses a frame by its header (RFC 6455, section 5).
func (c *wsConn) check(h ws.Header) error {
	state := ws.StateServerSide
	if c.op != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return err
	}
	if limit := int64(c.sess.srv.opt.MaxPayload); h.Length > limit || int64(len(c.parts)) > limit-h.Length {
		return errTooLarge
	}
	return nil
}

func (c *wsConn) frame(h ws.Header, payload []byte) error {
	// What is no packet takes as long as one that says nothing.
	if h.OpCode == ws.OpPing || h.OpCode == ws.OpPong || !h.Fin {
		if err := c.paced(); err != nil {
			return err
		}
	}
	switch h.OpCode {
	case ws.OpPing:
		return c.reply(newFrame(ws.OpPong, payload))
	case ws.OpPong:
		return nil
	case ws.OpClose:
		return c.goodbye()
	}
	if h.Fin && c.op == 0 {
		return c.message(h.OpCode, payload)
	}
	if c.op == 0 {
		c.op = h.OpCode
	}
	c.parts = append(c.parts, payload...)
	if !h.Fin {
		return nil
	}
	op, whole := c.op, c.parts
	c.op, c.parts = 0, nil
	return c.message(op, whole)
}

// reply answers a WebSocket ping.
func (c *wsConn) reply(f Frame) error {
	if c.probes {
		return c.stream.write(f)
	}
	if !c.sess.Send(f) {
		return errSessionOver
	}
	return nil
}

// goodbye takes the client's close frame: it is answered, if it is no answer
// itself, and then there is nothing to wait for (RFC 6455, section 7.1.1).
func (c *wsConn) goodbye() error {
	if c.probes {
		return errSessionOver
	}
	s := c.sess
	s.mu.Lock()
	flush := s.closeLocked(TransportClose, ws.StatusNormalClosure)
	s.farewell = true
	if s.out.empty() {
		s.endLocked(s.reason)
	}
	s.mu.Unlock()
	if flush {
		s.srv.flusher.add(s)
	}
	return nil
}

// message handles one message: a packet.
func (c *wsConn) message(op ws.OpCode, data []byte) error {
	p, err := c.decode(op, data)
	if err != nil {
		return err
	}
	if c.probes {
		return c.probe(p)
	}
	c.beginReceiving()
	defer c.sess.recvMu.Unlock()
	if err := c.sess.handle(p); !errors.Is(err, errSessionOver) {
		return err
	}
	return nil // all that is looked at from now on is whether the client closes, too
}

// beginReceiving waits for the turn to handle what came.
func (c *wsConn) beginReceiving() {
	if !c.sess.recvMu.TryLock() {
		c.sess.srv.streams.aside(c)
		c.sess.recvMu.Lock()
	}
}

// paced is Session.paced for a frame that is no packet.
func (c *wsConn) paced() error {
	c.beginReceiving()
	defer c.sess.recvMu.Unlock()
	return c.sess.paced(c.sess.srv.wheel.now())
}

func (c *wsConn) decode(op ws.OpCode, data []byte) (Packet, error) {
	if op == ws.OpBinary {
		return decodeBinary(c.sess.version, data)
	}
	return decodeText(c.sess.version, data)
}

// parseHeader reads a frame's header from the front of p (RFC 6455, section
// 5.2). ok is false when p does not hold all of it. A length that does not fit
// into 63 bits, which is not allowed, is read as the largest that does.
func parseHeader(p []byte) (h ws.Header, size int, ok bool) {
	if len(p) < 2 {
		return h, 0, false
	}
	h.Fin, h.Rsv, h.OpCode = p[0]&0x80 != 0, p[0]>>4&7, ws.OpCode(p[0]&0x0f)
	h.Masked, h.Length, size = p[1]&0x80 != 0, int64(p[1]&0x7f), 2
	need := 2
	switch {
	case h.Length == 126:
		need += 2
	case h.Length == 127:
		need += 8
	}
	if h.Masked {
		need += 4
	}
	if len(p) < need {
		return h, 0, false
	}
	switch h.Length {
	case 126:
		h.Length, size = int64(binary.BigEndian.Uint16(p[2:])), 4
	case 127:
		h.Length, size = int64(min(binary.BigEndian.Uint64(p[2:]), 1<<63-1)), 10
	}
	if h.Masked {
		copy(h.Mask[:], p[size:])
	}
	return h, need, true
}
