package engineio

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A member who does not read is closed, its queue is bounded, and the others
// get everything.
func TestSlowConsumer(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		opt.QueueBytes = 200_000
		ts := serve(t, opt, nil)
		stalled, reading := ts.open(t), ts.open(t)
		if tcp, ok := stalled.conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096)
		}
		frames := []Frame{TextMessage(bytes.Repeat([]byte("x"), 50_000))}
		bad, good := ts.receiver(t, 0), ts.receiver(t, 1)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			defer close(stop)
			if got := wait(t, bad.closed); got != SlowConsumer {
				t.Errorf("got %v, want %v", got, SlowConsumer)
			}
		})
		sent := 0
		for over := false; !over; sent++ {
			if bad.session.Queue(frames, 0, false, nil) {
				ts.Flush([]*Session{bad.session}, false)
			}
			if n := bad.session.Queued(); n > opt.QueueBytes {
				t.Fatalf("%d bytes are queued", n)
			}
			good.session.Send(frames...)
			if got := reading.read(); len(got) != 50_001 {
				t.Fatalf("got %d bytes", len(got))
			}
			select {
			case <-stop:
				over = true
			default:
			}
		}
		wg.Wait()
	})
}

// Packets of one session come in order, one after another, while a handler
// blocks; others go on.
func TestBlockedHandlerHoldsUpNobodyElse(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		release := make(chan struct{})
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(_ *Session, text string) error {
				if text == "block" {
					<-release
				}
				r.got <- text
				return nil
			}
		})
		const blocked = 100
		for range blocked {
			c := ts.open(t)
			c.send("4block")
			c.send("4after")
		}
		free := ts.open(t)
		free.send("4free")
		if got := wait(t, ts.receiver(t, blocked).got); got != "free" {
			t.Errorf("got %q", got)
		}
		close(release)
		for i := range blocked {
			r := ts.receiver(t, i)
			if first, second := wait(t, r.got), wait(t, r.got); first != "block" || second != "after" {
				t.Errorf("got %q and %q", first, second)
			}
		}
	})
}

// What a handler has answered is written, also when the handler of a packet that came with it blocks.
func TestAnswersDoNotWaitForBlockedHandlers(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		release := make(chan struct{})
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(s *Session, text string) error {
				switch text {
				case "block":
					<-release
				case "wait":
					s.Waits()
					<-release
				}
				s.Send(TextMessage([]byte(text)))
				return nil
			}
		})
		texts := []string{"answer", "block", "answer", "wait"}
		var clients []*wsClient
		for range 10 * len(texts) {
			clients = append(clients, ts.open(t))
		}
		for i, c := range clients {
			c.send("4" + texts[i%len(texts)])
		}
		for i, c := range clients {
			if want := texts[i%len(texts)]; want == "answer" {
				if got := c.read(); got != "4"+want {
					t.Errorf("client %d: got %q", i, got)
				}
			}
		}
		close(release)
		for i, c := range clients {
			if want := texts[i%len(texts)]; want != "answer" {
				if got := c.read(); got != "4"+want {
					t.Errorf("client %d: got %q", i, got)
				}
			}
		}
	})
}

// Clients that send without end take turns with the others.
func TestFloodStarvesNobody(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(s *Session, text string) error {
				if text != "flood" {
					s.Send(TextMessage([]byte(text)))
				}
				return nil
			}
		})
		one := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("4flood"))))
		many := bytes.Repeat(one, 10_000)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 2*runtime.GOMAXPROCS(0) + 1 {
			c := ts.open(t)
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if _, err := c.conn.Write(many); err != nil {
						t.Errorf("flood: %v", err)
						return
					}
				}
			})
		}
		free := ts.open(t)
		for i := range 20 {
			want := fmt.Sprintf("4free %d", i)
			free.send(want)
			if got := free.read(); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		close(stop)
		wg.Wait()
	})
}

// Whatever is sent while a packet is handled goes out when it is, in order.
func TestSendFromHandlerAndBeside(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		const n = 200
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(s *Session, text string) error {
				s.Send(TextMessage([]byte("a" + text)))
				s.Send(TextMessage([]byte("b" + text)))
				return nil
			}
		})
		c := ts.open(t)
		s := ts.receiver(t, 0).session
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range n {
				s.Send(TextMessage(fmt.Appendf(nil, "c%d", i)))
			}
		})
		wg.Go(func() {
			for i := range n {
				c.send(fmt.Sprintf("4%d", i))
			}
		})
		next := map[byte]int{}
		for range 3 * n {
			got := c.read()
			if want := fmt.Sprintf("4%c%d", got[1], next[got[1]]); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			next[got[1]]++
		}
		wg.Wait()
	})
}

// A client may send packets in the same segment as its handshake. They must
// wait until the session can take them, and never be lost. When all clients have
// hung up, nothing of them is left.
func TestFirstBytesAreNeverLost(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		n := 10_000
		if testing.Short() || opt.NoEpoll {
			n = 1_000
		}
		ts := serve(t, opt, func(r *testReceiver) {
			opened := false
			r.onOpen = func(*Session) { opened = true }
			r.onText = func(s *Session, text string) error {
				s.Send(TextMessage(fmt.Appendf(nil, "%s %v", text, opened)))
				return nil
			}
			r.closed = make(chan Reason, 1)
		})
		goroutines := runtime.NumGoroutine()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range n / 8 {
					if err := ts.rush(); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		eventually(t, "all are forgotten", func() bool { return ts.Stats().Open == 0 && ts.Stats().WebSockets == 0 })
		eventually(t, "their goroutines have ended", func() bool { return runtime.NumGoroutine() <= goroutines+maxIdleReaders })
	})
}

// maxIdleReaders is how many goroutines may be kept to read with.
const maxIdleReaders = 64

// rush connects with the first packet in the same write, reads the answer and
// hangs up.
func (ts *testServer) rush() error {
	addr := strings.TrimSuffix(strings.TrimPrefix(ts.url, "http://"), "/engine.io/")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := []byte("GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	request = append(request, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("40"))))...)
	if _, err := conn.Write(request); err != nil {
		return err
	}
	var got []byte
	for buf := make([]byte, 1024); !bytes.HasSuffix(got, []byte("40 true")); {
		k, err := conn.Read(buf)
		if err != nil {
			return fmt.Errorf("got %q: %w", got, err)
		}
		got = append(got, buf[:k]...)
	}
	return nil
}

func TestWaitBelow(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, nil)
		c := ts.open(t)
		s := ts.receiver(t, 0).session
		if err := s.WaitBelow(t.Context(), 1); err != nil {
			t.Errorf("empty queue: %v", err)
		}
		done := make(chan error)
		go func() { // 20 MB through a queue of 1 MiB
			for range 400 {
				if err := s.WaitBelow(t.Context(), 500_000); err != nil {
					done <- err
					return
				}
				s.Send(TextMessage(make([]byte, 50_000)))
			}
			done <- nil
		}()
		for range 400 {
			if _, p, err := c.next(); err != nil || len(p) != 50_001 {
				t.Fatalf("got %d bytes, %v", len(p), err)
			}
		}
		if err := wait(t, done); err != nil {
			t.Error(err)
		}
		s.Abort()
		if err := s.WaitBelow(t.Context(), 1); !errors.Is(err, errSessionOver) {
			t.Errorf("got %v after the end", err)
		}
	})
}
