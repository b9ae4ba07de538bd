package engineio

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// streams holds idle connections in one epoll set. A goroutine waits for it,
// and hands each connection that has something to read to one of a few readers;
// there are more of them only while handlers block.
type streams struct {
	srv     *Server
	epoll   *os.File // nil: not used
	fd      int      // of epoll
	waiting syscall.RawConn
	work    chan *epollStream
	idle    atomic.Int32 // readers that wait for work
	done    sync.WaitGroup

	mu   sync.RWMutex
	byFD []*epollStream
}

// maxIdle is how many readers are kept when there is nothing to read.
const maxIdle = 64

// watched is what a connection is watched for. Edge triggered: it is told once
// for each change, so that it never has to be registered again.
const watched = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

func (p *streams) init(srv *Server) {
	p.srv = srv
	if srv.opt.NoEpoll {
		return
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		srv.opt.Logger.Warn("engineio: no epoll, reading with goroutines", "error", err)
		return
	}
	// The runtime's own poller waits for ours, so that no thread is blocked.
	_ = unix.SetNonblock(fd, true)
	p.fd = fd
	p.epoll = os.NewFile(uintptr(fd), "epoll")
	p.waiting, _ = p.epoll.SyscallConn() // fails only on a nil file
	p.work = make(chan *epollStream)
	p.done.Go(p.wait)
}

func (p *streams) close() {
	if p.epoll == nil {
		return
	}
	_ = p.epoll.Close()
	p.done.Wait()
}

// adopt makes a stream of a plain TCP connection, nil of any other.
func (p *streams) adopt(conn net.Conn, c *wsConn) stream {
	tcp, ok := conn.(*net.TCPConn)
	if p.epoll == nil || !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(f uintptr) { fd, dupErr = unix.FcntlInt(f, unix.F_DUPFD_CLOEXEC, 0) }); err != nil || dupErr != nil {
		return nil
	}
	// The copy of the descriptor needs none of what net keeps for a connection.
	_ = tcp.Close()
	e := &c.slot
	e.fd, e.set, e.ws = fd, p, c
	e.refs.Store(1)
	e.state.Store(serving)
	p.mu.Lock()
	defer p.mu.Unlock()
	for fd >= len(p.byFD) {
		p.byFD = append(p.byFD, nil)
	}
	p.byFD[fd] = e
	return e
}

// wait hands out connections as they become ready.
func (p *streams) wait() {
	defer close(p.work)
	var events [256]unix.EpollEvent
	ready := make([]*epollStream, 0, len(events))
	for {
		n := 0
		err := p.waiting.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events[:], 0)
			return n > 0
		})
		if err != nil {
			return // closed
		}
		ready = p.lookUp(events[:n], ready[:0])
		for i, e := range ready {
			e.notice(events[i].Events)
		}
	}
}

// lookUp appends the stream of each event.
func (p *streams) lookUp(events []unix.EpollEvent, ready []*epollStream) []*epollStream {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, ev := range events {
		ready = append(ready, p.byFD[ev.Fd])
	}
	return ready
}

// serve has e read by a reader that waits, or by a new one.
func (p *streams) serve(e *epollStream) {
	select {
	case p.work <- e:
	default:
		p.done.Go(func() { p.reader(e) })
	}
}

// readBuffers are used while a connection is read, and not while none is.
var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

func (p *streams) reader(e *epollStream) {
	for e != nil {
		buf := readBuffers.Get().(*[readBuffer]byte)
		e.drain(buf[:])
		readBuffers.Put(buf)
		if p.idle.Add(1) > maxIdle {
			p.idle.Add(-1)
			return
		}
		e = <-p.work
		p.idle.Add(-1)
	}
}
