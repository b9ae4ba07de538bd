package engineio

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Readers whose handlers wait, and say so, are not counted among those at work: the
// next that has much to do is helped all the same.
func TestReadersThatWaitDoNotCount(t *testing.T) {
	release := make(chan struct{})
	ts := serve(t, Options{}, func(r *testReceiver) {
		r.onText = func(s *Session, text string) error {
			s.Waits()
			r.got <- text
			<-release
			s.Send(TextMessage([]byte(text)))
			return nil
		}
	})
	readers := func() (awake int, waited bool) {
		p := &ts.streams
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.awake, p.waited
	}
	var clients []*wsClient
	for i := range 10 {
		c := ts.open(t)
		c.send("4wait")
		wait(t, ts.receiver(t, i).got)
		clients = append(clients, c)
	}
	eventually(t, "none is at work, and one waits for packets", func() bool {
		awake, waited := readers()
		return awake == 0 && waited
	})
	close(release)
	for _, c := range clients {
		if got := c.read(); got != "4wait" {
			t.Errorf("got %q", got)
		}
	}
	eventually(t, "none is at work when all are done", func() bool {
		awake, waited := readers()
		return awake == 0 && waited
	})
}

// Whoever sends without end is read after those who send little: they are found each time before one of those who had
// more is read again, however many these are.
func TestWhoSendsMuchIsLate(t *testing.T) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	p := &streams{fd: fd, epoll: os.NewFile(uintptr(fd), "epoll"), procs: 1, awake: 1, watch: time.NewTimer(time.Hour)}
	p.wake.L = &p.mu
	t.Cleanup(func() { _ = p.epoll.Close() })
	if p.waiting, err = p.epoll.SyscallConn(); err != nil {
		t.Fatal(err)
	}
	little := &epollStream{set: p}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(pair[0]), unix.Close(pair[1]) })
	p.byFD = make([]*epollStream, pair[0]+1)
	p.byFD[pair[0]] = little
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, pair[0], &unix.EpollEvent{Events: watched, Fd: int32(pair[0])}); err != nil {
		t.Fatal(err)
	}
	send := func() {
		little.state.Store(0) // it was read to its end
		if _, err := unix.Write(pair[1], []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	next := func(want *epollStream) {
		t.Helper()
		if got := p.next(); got != want {
			t.Fatalf("the wrong one is read next: of little %t", got == little)
		}
	}

	much := make([]*epollStream, 40)
	for i := range much {
		much[i] = &epollStream{set: p}
		p.requeue(much[i])
	}
	for _, e := range much[:3] {
		send()
		next(little)
		next(e)
		p.requeue(e) // and has more
	}
	next(much[3]) // nobody sends little
	p.waited = true
	next(much[4]) // another reader finds those
	p.waited = false
	send()
	next(little)
}
