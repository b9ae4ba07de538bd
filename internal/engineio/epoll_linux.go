package engineio

import (
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// streams holds idle connections in one epoll set, and reads those that have something to
// read. A few goroutines take turns at that, the readers: one waits for the set, queues what
// is ready, reads it, one connection after another, and then writes the answers. As long as that
// goes on, nobody waits for the set, so that what comes meanwhile is found at one go; a client that
// waits for many answers is woken once. Another reader helps while the queue is long,
// and one is there instead when a handler waits for something: it says so (Session.Waits),
// or is seen to hold up the queue.
type streams struct {
	srv     *Server
	epoll   *os.File // nil: not used
	waiting syscall.RawConn
	fd      int // of epoll
	readers sync.WaitGroup
	procs   int
	events  [256]unix.EpollEvent // for the reader that waits
	ready   []*epollStream       // the same

	mu     sync.Mutex
	wake   sync.Cond
	queue  fifo[*epollStream]
	late   fifo[*epollStream] // those that had more than was read: one joins the queue each time that the set is asked
	due    []*Session         // to be flushed; empty while a reader waits for the set
	round  int                // how many are taken off the queue before the set is asked again
	taken  uint64             // how many ever were
	awake  int                // readers that have something to do, or are about to, and are not known to be held up
	idle   int                // readers that have not
	waited bool               // a reader waits for the set
	closed bool
	watch  *time.Timer // looks whether the queue moves; nil while nobody reads
	seen   uint64      // what it saw of taken

	table sync.RWMutex
	byFD  []*epollStream
}

const (
	// maxIdle is how many readers for each processor are kept when there is nothing to read.
	maxIdle = 4
	// enough is how many connections may wait for one reader before another helps. With those that are late
	// all processors but one are busy at the most.
	enough = 16
	// most is how many sessions may be due before they are flushed.
	most = 64
	// standstill is how long the queue may stand still before that is noticed.
	standstill = 5 * time.Millisecond
)

// watched is what a connection is watched for. Edge triggered: it is told once
// for each change, so that it never has to be registered again.
const watched = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

func (p *streams) init(srv *Server) {
	p.srv = srv
	p.wake.L = &p.mu
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
	p.procs = runtime.GOMAXPROCS(0)
	p.help()
}

func (p *streams) close() {
	if p.epoll == nil {
		return
	}
	p.mu.Lock()
	p.closed = true
	if p.watch != nil {
		p.watch.Stop()
	}
	p.mu.Unlock()
	p.wake.Broadcast()
	_ = p.epoll.Close()
	p.readers.Wait()
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
	e.fd, e.set, e.ws = int32(fd), p, c
	e.refs.Store(1)
	e.state.Store(serving)
	p.table.Lock()
	defer p.table.Unlock()
	for fd >= len(p.byFD) {
		p.byFD = append(p.byFD, nil)
	}
	p.byFD[fd] = e
	return e
}

// read is what a reader does.
func (p *streams) read() {
	for e := p.next(); e != nil; e = p.next() {
		buf := readBuffers.Get().(*[readBuffer]byte)
		if e.read(buf[:]) {
			p.requeue(e)
		}
		readBuffers.Put(buf)
	}
}

// readBuffers are used while a connection is read, and not while none is.
var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// next is the connection that the reader who asks is to read, nil if it is to end.
func (p *streams) next() *epollStream {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		read := p.queue.len() > 0 && (p.round > 0 || p.waited)
		switch {
		case len(p.due) >= most || len(p.due) > 0 && !read:
			p.flush()
		case read:
			p.round--
			return p.take(&p.queue)
		case p.waited && p.late.len() > 0:
			return p.take(&p.late)
		case !p.waited:
			p.wait()
		case p.idle >= maxIdle*p.procs:
			p.awake--
			return nil
		default:
			p.awake--
			p.idle++
			p.wake.Wait() // for help, which counts it
		}
	}
	return nil
}

// take takes a connection to be read off a queue. The caller holds mu.
func (p *streams) take(q *fifo[*epollStream]) *epollStream {
	e := q.pop()
	p.taken++
	e.turn = reading
	if p.queue.len() > enough && p.awake < p.procs || p.late.len() > enough && p.awake < p.procs-1 {
		p.help()
	}
	return e
}

// requeue has e, which has more, read again. Who sends without end is read after all who send little: those that are
// ready now, and those that are found meanwhile.
func (p *streams) requeue(e *epollStream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late.push(e)
}

// back ends e's turn.
func (p *streams) back(e *epollStream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.turn == heldUp {
		p.awake++
	}
	e.turn = none
}

// flushSoon is Session.flush, perhaps a little later: when other sessions were read, too.
func (p *streams) flushSoon(s *Session) {
	p.mu.Lock()
	now := p.epoll == nil || p.waited || p.closed
	if !now {
		p.due = append(p.due, s)
	}
	p.mu.Unlock()
	if now {
		s.flush()
	}
}

// flush flushes what is due. The caller holds mu, and meanwhile does not.
func (p *streams) flush() {
	var room [most]*Session
	list := append(room[:0], p.due...)
	clear(p.due)
	p.due = p.due[:0]
	p.mu.Unlock()
	for _, s := range list {
		s.flush()
	}
	p.mu.Lock()
}

// wait queues what is ready, and one that is late; it waits until something is, unless there is some in a
// queue. The caller holds mu, and meanwhile does not.
func (p *streams) wait() {
	block := p.queue.len()+p.late.len() == 0
	p.waited = true
	p.awake--
	p.mu.Unlock()
	n := 0
	err := p.waiting.Read(func(fd uintptr) bool {
		n = rawEpollWait(int(fd), p.events[:])
		return n > 0 || !block
	})
	p.sift(p.events[:n])
	p.mu.Lock()
	p.waited = false
	p.awake++
	p.closed = p.closed || err != nil
	p.queue.push(p.ready...)
	clear(p.ready) // they may close
	if p.late.len() > 0 {
		p.queue.push(p.late.pop())
	}
	p.round = p.queue.len()
	if p.watch == nil && !p.closed {
		p.seen = p.taken
		p.watch = time.AfterFunc(standstill, p.look)
	}
}

// sift tells the streams what epoll told of them, and makes ready those that are to be read.
func (p *streams) sift(events []unix.EpollEvent) {
	p.table.RLock()
	defer p.table.RUnlock()
	p.ready = p.ready[:0]
	for _, ev := range events {
		if e := p.byFD[ev.Fd]; e != nil && e.notice(ev.Events) { // nil: it is closed
			p.ready = append(p.ready, e)
		}
	}
}

// look has another reader go on when the queue has stood still.
func (p *streams) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited || p.closed {
		p.watch = nil // somebody is free
		return
	}
	if p.taken == p.seen {
		p.goOn()
	}
	p.seen = p.taken
	p.watch.Reset(standstill)
}

// aside is called by who handles a packet of c, is about to wait, and may be c's reader.
func (p *streams) aside(c *wsConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c == nil || c.slot.turn != reading {
		return
	}
	c.slot.turn = heldUp
	p.awake--
	if !p.waited && !p.closed {
		p.goOn()
	}
}

// goOn has all that is left to be done done without the reader that is held up.
func (p *streams) goOn() {
	p.srv.flusher.add(p.due...)
	clear(p.due)
	p.due = p.due[:0]
	p.help()
}

// help has one more reader at work.
func (p *streams) help() {
	p.awake++
	if p.idle > 0 {
		p.idle--
		p.wake.Signal()
		return
	}
	p.readers.Go(p.read)
}
