package load

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// pumps is the network of everywhere: a goroutine reads each link, another writes
// it, and both hand over to the one that waits.
type pumps struct {
	user      user
	node      func(connection int) int
	addresses []string // by node
	dialer    net.Dialer
	tls       *tls.Config // nil: plain TCP
	sources   []net.Addr
	dialed    int
	why       string

	ctx     context.Context // ends with the network
	stop    context.CancelFunc
	running sync.WaitGroup
	inbox   chan arrival
}

// pump is the two goroutines of a link.
type pump struct {
	ctx  context.Context // ends with the link
	stop context.CancelFunc
	used chan struct{} // what was handed over has been used

	mu      sync.Mutex
	waiting []byte        // to be written
	wake    chan struct{} // something waits
}

// arrival is what a goroutine of a link hands over: that it is connected, bytes, or its end.
type arrival struct {
	link *link
	data []byte
	err  error
}

// newPumps makes the network; why is what its cost is excused with.
func newPumps(o Options, u user, why string) *pumps {
	n := &pumps{user: u, why: why, inbox: make(chan arrival)}
	n.ctx, n.stop = context.WithCancel(context.Background())
	n.dialer.Timeout = o.Timeout
	n.node = o.nodeOf
	port := "80"
	if o.URL.Scheme == "https" {
		n.tls, port = &tls.Config{NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}, "443" // the name is that of the address
	}
	for _, node := range o.nodes() {
		n.addresses = append(n.addresses, net.JoinHostPort(node.Hostname(), orDefault(node.Port(), port)))
	}
	for _, source := range o.Sources {
		n.sources = append(n.sources, &net.TCPAddr{IP: source.AsSlice(), Zone: source.Zone()})
	}
	return n
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (n *pumps) cost() string { return n.why }

func (n *pumps) dial(l *link) error {
	p := &pump{used: make(chan struct{}), wake: make(chan struct{}, 1)}
	p.ctx, p.stop = context.WithCancel(n.ctx)
	l.pump = p
	dialer := n.dialer
	if len(n.sources) > 0 {
		dialer.LocalAddr = n.sources[n.dialed%len(n.sources)]
	}
	n.dialed++
	n.running.Go(func() { n.serve(l, dialer) })
	return nil
}

// serve connects a link and reads it to its end.
func (n *pumps) serve(l *link, dialer net.Dialer) {
	p := l.pump
	defer p.stop()
	conn, err := n.connect(p.ctx, dialer, n.addresses[n.node(l.owner.id)])
	if err == nil {
		defer func() { _ = conn.Close() }()
		// A link that is closed from here does not leave its reader waiting.
		defer context.AfterFunc(p.ctx, func() { _ = conn.Close() })()
		n.running.Go(func() { n.send(l, conn) })
		if n.hand(arrival{link: l}) {
			err = n.readAll(l, conn)
		}
	}
	if err != nil {
		n.hand(arrival{link: l, err: err})
	}
}

func (n *pumps) connect(ctx context.Context, dialer net.Dialer, address string) (net.Conn, error) {
	if n.tls == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	return (&tls.Dialer{NetDialer: &dialer, Config: n.tls}).DialContext(ctx, "tcp", address)
}

// readAll hands over all that comes, and returns why no more does.
func (n *pumps) readAll(l *link, conn net.Conn) error {
	buf := make([]byte, 4096)
	for {
		got, err := conn.Read(buf)
		if got > 0 && !n.hand(arrival{link: l, data: buf[:got]}) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return errHungUp
		}
		if err != nil {
			return err
		}
	}
}

// hand gives an arrival to the one who waits, and waits until it has been used. It
// reports false when the link or the network has ended.
func (n *pumps) hand(a arrival) bool {
	p := a.link.pump
	select {
	case n.inbox <- a:
	case <-p.ctx.Done():
		return false
	}
	select {
	case <-p.used:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// send writes what waits until the link ends.
func (n *pumps) send(l *link, conn net.Conn) {
	p := l.pump
	for {
		select {
		case <-p.wake:
		case <-p.ctx.Done():
			return
		}
		p.mu.Lock()
		b := p.waiting
		p.waiting = nil
		p.mu.Unlock()
		if _, err := conn.Write(b); err != nil {
			n.hand(arrival{link: l, err: err})
			return
		}
	}
}

func (n *pumps) write(l *link, b []byte) {
	if l.state == closed {
		return
	}
	p := l.pump
	p.mu.Lock()
	p.waiting = append(p.waiting, b...)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

func (n *pumps) wait(until time.Time) (int, error) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case a := <-n.inbox:
		n.handle(a)
		return 1, nil
	case <-timer.C:
		return 0, nil
	}
}

func (n *pumps) handle(a arrival) {
	l := a.link
	if l.state == closed {
		return // its goroutines know
	}
	switch {
	case a.err != nil:
		n.close(l)
		n.user.lost(l, a.err)
	case l.state == dialing:
		l.state = open
		n.user.opened(l)
	default:
		l.deliver(n.user, a.data)
	}
	select {
	case l.pump.used <- struct{}{}:
	case <-l.pump.ctx.Done():
	}
}

func (n *pumps) close(l *link) {
	l.state, l.rest = closed, nil
	if l.pump != nil {
		l.pump.stop()
	}
}

func (n *pumps) end() {
	n.stop()
	n.running.Wait()
}
