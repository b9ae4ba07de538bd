package engineio

import (
	"net"
	"sync"
)

// stream is the byte stream below a WebSocket. There are two: one whose reader
// is a goroutine, for every connection (stream_net.go), and one that is read
// when the system says that there is something (stream_linux.go).
type stream interface {
	// start hands first, and from then on all that comes, to the connection's
	// feed, and its end to gone, from one goroutine at a time.
	start(first []byte)
	// flush writes the session's queue, now or soon. One is under way at a time.
	flush(s *Session)
	// write writes a few bytes past the queue.
	write(p []byte) error
	// closeWrite tells the other end that nothing more comes.
	closeWrite()
	// close ends the stream; reset drops what the system still has to send.
	close(reset bool)
}

// maxBatch is how many frames are written with one system call.
const maxBatch = 128

// newStream takes over conn for c.
func (srv *Server) newStream(conn net.Conn, c *wsConn) stream {
	if s := srv.streams.adopt(conn, c); s != nil {
		return s
	}
	return &netStream{conn: conn, ws: c}
}

// batches are lists of frames that are being written: on the heap, for a
// reader's stack shall stay small.
var batches = sync.Pool{New: func() any { return new([maxBatch][]byte) }}

func releaseBatch(b *[maxBatch][]byte) {
	clear(b[:])
	batches.Put(b)
}
