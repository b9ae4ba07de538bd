package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// newNetwork is epoll, except over TLS, which needs Go's own connections.
func newNetwork(o Options, u user) (network, error) {
	if o.URL.Scheme == "https" {
		return newPumps(o, u, "TLS is done in the generator, with two goroutines for each connection"), nil
	}
	return newEpoll(o, u)
}

// epoll is the network of a single goroutine (epoll(7)).
type epoll struct {
	user    user
	fd      int // of the epoll instance
	timer   int // a timerfd: epoll itself counts in milliseconds
	set     time.Time
	links   []*link // by their socket
	dialed  int
	events  []unix.EpollEvent
	buf     []byte
	node    func(connection int) int
	targets []target // by node
	sources []unix.Sockaddr
}

// target is the address of a node.
type target struct {
	address unix.Sockaddr
	family  int
}

func newEpoll(o Options, u user) (_ *epoll, err error) {
	n := &epoll{user: u, node: o.nodeOf, fd: -1, timer: -1, events: make([]unix.EpollEvent, 512), buf: make([]byte, 256<<10)}
	defer func() {
		if err != nil {
			n.end()
		}
	}()
	if err = n.aim(o); err != nil {
		return nil, err
	}
	if n.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if n.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return n, n.watch(unix.EPOLL_CTL_ADD, n.timer, unix.EPOLLIN)
}

// aim finds where to connect to, and from where.
func (n *epoll) aim(o Options) error {
	for _, node := range o.nodes() {
		at, err := resolve(node)
		if err != nil {
			return err
		}
		if len(n.targets) == 0 {
			for _, source := range sources(o, at.Addr()) {
				address, _ := sockaddr(netip.AddrPortFrom(source, 0))
				n.sources = append(n.sources, address)
			}
		}
		address, family := sockaddr(at)
		n.targets = append(n.targets, target{address, family})
	}
	return nil
}

func (n *epoll) cost() string { return "" }

func (n *epoll) watch(op, fd int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(n.fd, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}))
}

func (n *epoll) dial(l *link) error {
	to := n.targets[n.node(l.owner.id)]
	fd, err := unix.Socket(to.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := n.begin(fd, to); err != nil {
		_ = unix.Close(fd)
		return err
	}
	// Until it is connected it must not be written to, so it is told when it can be.
	l.fd, l.polls = fd, unix.EPOLLIN|unix.EPOLLOUT
	for fd >= len(n.links) {
		n.links = append(n.links, nil)
	}
	n.links[fd] = l
	return n.watch(unix.EPOLL_CTL_ADD, fd, l.polls)
}

// begin begins to connect a socket, from the source whose turn it is.
func (n *epoll) begin(fd int, to target) error {
	// One small packet is not to wait for the next; a kernel that will not promise it only makes latencies longer.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if len(n.sources) > 0 {
		// The port is to be chosen when the target is known: the same one can serve several targets.
		_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, n.sources[n.dialed%len(n.sources)]); err != nil {
			return fmt.Errorf("bind to a source address: %w", err)
		}
	}
	n.dialed++
	err := unix.Connect(fd, to.address)
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		return fmt.Errorf("connect: %w: all ports of the source address are in use; name more addresses of this machine to connect from", err)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

func (n *epoll) write(l *link, b []byte) {
	if l.state == closed {
		return
	}
	if l.state == dialing || len(l.out) > 0 {
		l.out = append(l.out, b...)
		return
	}
	sent, err := unix.Write(l.fd, b)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		n.lose(l, os.NewSyscallError("write", err))
		return
	}
	if sent = max(sent, 0); sent < len(b) {
		l.out = append(l.out, b[sent:]...)
		n.poll(l, unix.EPOLLIN|unix.EPOLLOUT)
	}
}

// poll says what of l the kernel is to tell.
func (n *epoll) poll(l *link, events uint32) {
	if l.polls == events {
		return
	}
	l.polls = events
	if err := n.watch(unix.EPOLL_CTL_MOD, l.fd, events); err != nil {
		n.lose(l, err)
	}
}

func (n *epoll) wait(until time.Time) (int, error) {
	if !until.Equal(n.set) {
		n.set = until
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(time.Until(until)), 1))}
		if err := unix.TimerfdSettime(n.timer, 0, &spec, nil); err != nil {
			return 0, os.NewSyscallError("timerfd_settime", err)
		}
	}
	count, err := unix.EpollWait(n.fd, n.events, -1)
	if errors.Is(err, unix.EINTR) {
		return 0, nil
	}
	if err != nil {
		return 0, os.NewSyscallError("epoll_wait", err)
	}
	happened := 0
	for _, event := range n.events[:count] {
		if int(event.Fd) == n.timer {
			n.set = time.Time{}
			var ticks [8]byte
			_, _ = unix.Read(n.timer, ticks[:]) // only so that it is not told again
			continue
		}
		happened++
		n.handle(event)
	}
	return happened, nil
}

func (n *epoll) handle(event unix.EpollEvent) {
	l := n.links[event.Fd]
	if l == nil {
		return // closed by what was handled just before
	}
	if event.Events&unix.EPOLLOUT != 0 || l.state == dialing {
		n.writable(l)
	}
	if l.state == open && event.Events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		n.read(l)
	}
}

// writable goes on with a link that is connected now, or takes bytes again.
func (n *epoll) writable(l *link) {
	if l.state == dialing {
		code, err := unix.GetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		if err != nil {
			n.lose(l, os.NewSyscallError("connect", err))
			return
		}
		l.state = open
		n.user.opened(l)
	}
	waiting := l.out
	l.out = nil
	if l.state == open {
		n.poll(l, unix.EPOLLIN)
	}
	if len(waiting) > 0 {
		n.write(l, waiting)
	}
}

func (n *epoll) read(l *link) {
	got, err := unix.Read(l.fd, n.buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
	case err != nil:
		n.lose(l, os.NewSyscallError("read", err))
	case got == 0:
		n.lose(l, errHungUp)
	default:
		l.deliver(n.user, n.buf[:got])
	}
}

func (n *epoll) lose(l *link, err error) {
	n.close(l)
	n.user.lost(l, err)
}

func (n *epoll) close(l *link) {
	l.state, l.rest, l.out = closed, nil, nil
	if l.fd < len(n.links) && n.links[l.fd] == l {
		n.links[l.fd] = nil
		_ = unix.Close(l.fd)
	}
}

func (n *epoll) end() {
	for _, l := range n.links {
		if l != nil {
			n.close(l)
		}
	}
	for _, fd := range []*int{&n.timer, &n.fd} {
		if *fd >= 0 {
			_ = unix.Close(*fd)
			*fd = -1
		}
	}
}
