package engineio

import (
	"errors"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// The bits of epollStream.state.
const (
	serving = 1 << iota // a reader has it
	again               // something came since it last looked
	hungUp              // the other end will send no more
)

// turn is what a reader does with a stream.
type turn uint8

const (
	none    turn = iota
	reading      // it reads and handles packets
	heldUp       // one of these waits for something
)

// streamSlot is the place for a stream in a wsConn: there is one for each.
type streamSlot = epollStream

// epollStream is a connected socket in the epoll set.
type epollStream struct {
	set     *streams
	ws      *wsConn
	fd      int32
	refs    atomic.Int32 // who uses fd: it is closed when this falls to 0
	state   atomic.Uint32
	wantOut atomic.Bool // the queue waits until the socket takes more
	closed  atomic.Bool
	turn    turn // guarded by set.mu
}

func (e *epollStream) start(first []byte) {
	e.ws.feed(first)
	e.state.Store(0)
	if !e.use() {
		return
	}
	// What has come meanwhile is told at once.
	err := unix.EpollCtl(e.set.fd, unix.EPOLL_CTL_ADD, int(e.fd), &unix.EpollEvent{Events: watched, Fd: e.fd})
	e.release()
	if err != nil {
		e.ws.gone()
	}
}

// notice acts on what epoll told of the stream, and reports whether it is to be queued for a reader.
func (e *epollStream) notice(events uint32) (queue bool) {
	if events&unix.EPOLLOUT != 0 && e.wantOut.CompareAndSwap(true, false) {
		e.set.srv.flusher.add(e.ws.sess)
	}
	if events&^unix.EPOLLOUT == 0 {
		return false
	}
	bits := uint32(serving | again)
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		bits |= hungUp
	}
	return e.state.Or(bits)&serving == 0
}

// read reads once, which is not for two at a time, and reports whether it is to be
// called again; if not, notice will say when.
func (e *epollStream) read(buf []byte) (more bool) {
	before := e.state.And(^uint32(again))
	more, open := e.readSome(buf)
	e.set.back(e)
	if !open {
		e.ws.gone() // and nobody reads it again
		return false
	}
	if more || before&hungUp != 0 {
		return true
	}
	for {
		now := e.state.Load()
		if now&again != 0 {
			return true
		}
		if e.state.CompareAndSwap(now, now&^serving) {
			return false
		}
	}
}

// readSome reads once. There may be more when the buffer was filled; the stream is not open any
// more when its end was read.
func (e *epollStream) readSome(buf []byte) (more, open bool) {
	if !e.use() {
		return false, false
	}
	n, err := rawRead(int(e.fd), buf)
	e.release()
	switch {
	case errors.Is(err, unix.EINTR):
		return true, true
	case errors.Is(err, unix.EAGAIN):
		return false, true
	case err != nil || n == 0:
		return false, false
	}
	e.ws.feed(buf[:n])
	return n == len(buf), true
}

func (e *epollStream) flush(s *Session) {
	room := batches.Get().(*[maxBatch][]byte)
	defer releaseBatch(room)
	for {
		frames, last := s.unwritten(room[:0])
		if last {
			e.closeWrite()
		}
		if len(frames) == 0 || !e.writeSome(s, frames) {
			return
		}
	}
}

// writeSome writes frames, or some of them, and is false when the flush is not
// to go on: because the stream has failed, or because the socket is full and
// notice will have it go on.
func (e *epollStream) writeSome(s *Session, frames [][]byte) bool {
	n, err := e.writeAll(frames)
	s.written(n)
	if err == nil {
		return true
	}
	if !errors.Is(err, unix.EAGAIN) {
		e.ws.gone()
		return false
	}
	// The socket may have taken something out since: ask for notice first, and
	// then try again.
	e.wantOut.Store(true)
	frames, _ = s.unwritten(frames[:0])
	n, err = e.writeAll(frames)
	s.written(n)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return false
	case err != nil:
		e.ws.gone()
		return false
	default:
		return e.wantOut.CompareAndSwap(true, false)
	}
}

// writeAll writes frames with one system call. It never blocks.
func (e *epollStream) writeAll(frames [][]byte) (n int, err error) {
	if !e.use() {
		return 0, net.ErrClosed
	}
	defer e.release()
	for {
		if len(frames) == 1 {
			n, err = rawWrite(int(e.fd), frames[0])
		} else {
			n, err = rawWriteAll(int(e.fd), frames)
		}
		if !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}

func (e *epollStream) write(p []byte) error {
	n, err := e.writeAll([][]byte{p})
	if err == nil && n < len(p) {
		err = unix.EAGAIN
	}
	return err
}

func (e *epollStream) closeWrite() {
	if e.use() {
		_ = unix.Shutdown(int(e.fd), unix.SHUT_WR) // it may be closed already
		e.release()
	}
}

func (e *epollStream) close(reset bool) {
	if e.closed.Swap(true) {
		return
	}
	if reset {
		_ = unix.SetsockoptLinger(int(e.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	} else {
		_ = unix.Shutdown(int(e.fd), unix.SHUT_RDWR) // wakes whoever uses it
	}
	e.release()
}

// use keeps the descriptor from being closed, and so from becoming another
// connection's, until release. It is false when the stream is closed.
func (e *epollStream) use() bool {
	if e.closed.Load() {
		return false
	}
	for {
		n := e.refs.Load()
		if n == 0 {
			return false
		}
		if e.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (e *epollStream) release() {
	if e.refs.Add(-1) > 0 {
		return
	}
	e.set.table.Lock()
	e.set.byFD[e.fd] = nil
	e.set.table.Unlock()
	_ = unix.Close(int(e.fd)) // nothing can be done about it
}
