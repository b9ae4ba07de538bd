package engineio

import (
	"crypto/tls"
	"net"
	"slices"
)

// readBuffer is how much is read at once.
const readBuffer = 4096

// netStream is a stream on any net.Conn: a goroutine reads as long as it is
// open, another writes while there is something to write.
type netStream struct {
	conn net.Conn
	ws   *wsConn
}

func (n *netStream) start(first []byte) {
	n.ws.feed(first)
	n.ws.sess.spawn(n.read)
}

func (n *netStream) read() {
	defer n.ws.gone()
	buf := make([]byte, readBuffer)
	for {
		k, err := n.conn.Read(buf)
		n.ws.feed(buf[:k])
		if err != nil {
			return
		}
	}
}

func (n *netStream) flush(s *Session) { s.spawn(func() { n.writeAll(s) }) }

func (n *netStream) writeAll(s *Session) {
	room := batches.Get().(*[maxBatch][]byte)
	defer releaseBatch(room)
	for {
		frames, last := s.unwritten(room[:0])
		if last {
			n.closeWrite()
		}
		if len(frames) == 0 {
			return
		}
		k, err := n.writev(frames)
		s.written(k)
		if err != nil {
			n.ws.gone()
			return
		}
	}
}

// writev writes frames with one system call, or, on what is no plain
// connection, with one Write.
func (n *netStream) writev(frames net.Buffers) (int, error) {
	if _, plain := n.conn.(*net.TCPConn); plain {
		k, err := frames.WriteTo(n.conn)
		return int(k), err
	}
	return n.conn.Write(slices.Concat(frames...))
}

func (n *netStream) write(p []byte) error {
	_, err := n.conn.Write(p)
	return err
}

func (n *netStream) closeWrite() {
	if c, ok := n.conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite() // it may be closed already
	}
}

func (n *netStream) close(reset bool) {
	conn := n.conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn() // its own Close may wait for a peer that does not read
	}
	if t, ok := conn.(*net.TCPConn); ok && reset {
		_ = t.SetLinger(0) // at worst the system keeps what it has a little longer
	}
	_ = conn.Close() // nothing can be done about it
}
