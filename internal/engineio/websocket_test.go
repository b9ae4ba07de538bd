package engineio

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestOpenPacket(t *testing.T) {
	ts := serve(t, Options{PingInterval: time.Second, PingTimeout: 2 * time.Second, MaxPayload: 1234}, nil)
	var got map[string]any
	if err := json.Unmarshal([]byte(ts.dial(t, "EIO=4&transport=websocket").read()[1:]), &got); err != nil {
		t.Fatal(err)
	}
	id := ts.receiver(t, 0).session.ID()
	want := map[string]any{"sid": id, "upgrades": []any{}, "pingInterval": 1000.0, "pingTimeout": 2000.0, "maxPayload": 1234.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesBothWays(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, func(r *testReceiver) {
			r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
		})
		c := ts.open(t)
		for _, text := range []string{"hello", "", strings.Repeat("long", 20_000), "€"} {
			c.send("4" + text)
			if got := c.read(); got != "4"+text {
				t.Errorf("got %.40q, want %.40q", got, "4"+text)
			}
		}
		c.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
		if got := wait(t, ts.receiver(t, 0).got); got != "binary:\x01\x02\x03" {
			t.Errorf("got %q", got)
		}
	})
}

// A client may cut its bytes where it likes.
func TestFramesInPieces(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, nil)
		c := ts.open(t)
		var stream []byte
		add := func(f ws.Frame) { stream = append(stream, ws.MustCompileFrame(ws.MaskFrame(f))...) }
		add(ws.NewTextFrame([]byte("4one")))
		add(ws.NewFrame(ws.OpText, false, []byte("4tw")))
		add(ws.NewPingFrame([]byte("in between")))
		add(ws.NewFrame(ws.OpContinuation, false, nil))
		add(ws.NewFrame(ws.OpContinuation, true, []byte("o")))
		add(ws.NewTextFrame(append([]byte("4"), bytes.Repeat([]byte("x"), 300)...)))
		for _, b := range stream {
			if _, err := c.conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		r := ts.receiver(t, 0)
		for _, want := range []string{"text:one", "text:two", "text:" + strings.Repeat("x", 300)} {
			if got := wait(t, r.got); got != want {
				t.Errorf("got %.20q, want %.20q", got, want)
			}
		}
		if op, payload, err := c.next(); op != ws.OpPong || string(payload) != "in between" || err != nil {
			t.Errorf("got %v %q %v, want the pong", op, payload, err)
		}
	})
}

// Each of these ends its session, and no other.
func TestMalformedFrames(t *testing.T) {
	masked := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	tooLong := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<63|1)
	tests := []struct {
		name string
		data []byte
		want ws.StatusCode
	}{
		{"unmasked", ws.MustCompileFrame(ws.NewTextFrame([]byte("4a"))), ws.StatusProtocolError},
		{"empty packet", masked(ws.NewTextFrame(nil)), ws.StatusProtocolError},
		{"unknown packet", masked(ws.NewTextFrame([]byte("abc"))), ws.StatusProtocolError},
		{"open packet", masked(ws.NewTextFrame([]byte("0{}"))), ws.StatusProtocolError},
		{"upgrade packet", masked(ws.NewTextFrame([]byte("5"))), ws.StatusProtocolError},
		{"ping packet", masked(ws.NewTextFrame([]byte("2"))), ws.StatusProtocolError},
		{"not UTF-8", masked(ws.NewTextFrame([]byte("4\xff"))), ws.StatusInvalidFramePayloadData},
		{"reserved operation", masked(ws.NewFrame(3, true, nil)), ws.StatusProtocolError},
		{"reserved bit", masked(ws.Frame{Header: ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText, Length: 2}, Payload: []byte("4a")}), ws.StatusProtocolError},
		{"continuation of nothing", masked(ws.NewFrame(ws.OpContinuation, true, nil)), ws.StatusProtocolError},
		{"message in a message", append(masked(ws.NewFrame(ws.OpText, false, []byte("4"))), masked(ws.NewTextFrame([]byte("4")))...), ws.StatusProtocolError},
		{"fragmented ping", masked(ws.NewFrame(ws.OpPing, false, nil)), ws.StatusProtocolError},
		{"long ping", masked(ws.NewPingFrame(make([]byte, 126))), ws.StatusProtocolError},
		{"too large", masked(ws.NewTextFrame(make([]byte, 1001)))[:10], ws.StatusMessageTooBig},
		{"fragments too large", append(masked(ws.NewFrame(ws.OpText, false, make([]byte, 600))), masked(ws.NewFrame(ws.OpContinuation, true, make([]byte, 600)))...), ws.StatusMessageTooBig},
		{"impossible length", append(tooLong, 1, 2, 3, 4), ws.StatusMessageTooBig},
	}
	bothReaders(t, func(t *testing.T, opt Options) {
		opt.MaxPayload = 1000
		ts := serve(t, opt, nil)
		other := ts.open(t)
		for i, tc := range tests {
			t.Run(tc.name, func(t *testing.T) {
				c := ts.open(t)
				if _, err := c.conn.Write(tc.data); err != nil {
					t.Fatal(err)
				}
				if got := c.readClose(); got != tc.want {
					t.Errorf("got status %d, want %d", got, tc.want)
				}
				if got := wait(t, ts.receiver(t, i+1).closed); got != ParseError {
					t.Errorf("got %v, want %v", got, ParseError)
				}
			})
		}
		other.send("4still here")
		if got := wait(t, ts.receiver(t, 0).got); got != "text:still here" {
			t.Errorf("got %q", got)
		}
	})
}

// What follows a malformed frame is not looked at any more.
func TestNothingAfterMalformed(t *testing.T) {
	ts := serve(t, Options{}, nil)
	c := ts.open(t)
	c.send("4good")
	c.send("9bad")
	c.send("4late")
	r := ts.receiver(t, 0)
	if got := wait(t, r.got); got != "text:good" {
		t.Errorf("got %q", got)
	}
	wait(t, r.closed)
	select {
	case got := <-r.got:
		t.Errorf("got %q after the end", got)
	default:
	}
}

func TestRefusedHandshakes(t *testing.T) {
	ts := serve(t, Options{Origins: []string{"https://allowed.example"}}, nil)
	tests := []struct {
		method, query, origin string
		status                int
		want                  string
	}{
		{"GET", "EIO=4", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=toString", "", 400, `{"code":0,"message":"Transport unknown"}`},
		{"GET", "EIO=4&transport=polling&sid=nobody", "", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"GET", "EIO=4&transport=websocket&sid=__proto__", "", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"POST", "EIO=4&transport=polling", "", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"PUT", "EIO=4&transport=polling", "", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"GET", "EIO=4&transport=websocket", "", 400, `{"code":3,"message":"Bad request"}`},
		{"GET", "EIO=4&transport=polling", "https://evil.example", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", "EIO=4&transport=polling", "null", 403, `{"code":4,"message":"Forbidden"}`},
		{"OPTIONS", "EIO=4&transport=polling", "https://evil.example", 403, `{"code":4,"message":"Forbidden"}`},
		{"GET", "transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=3&transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"GET", "EIO=44&transport=polling", "", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	}
	for _, tc := range tests {
		req, err := http.NewRequest(tc.method, ts.url+"?"+tc.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tc.origin != "" {
			req.Header.Set("Origin", tc.origin)
		}
		res, err := http.DefaultClient.Do(req)
		status, body := answer(t, res, err)
		if status != tc.status || body != tc.want {
			t.Errorf("%s %s: got %d %s, want %d %s", tc.method, tc.query, status, body, tc.status, tc.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	ts := serve(t, Options{Origins: []string{"https://allowed.example"}}, nil)
	for _, tc := range []struct{ origin, allowed string }{
		{"https://allowed.example", "https://allowed.example"},
		{strings.TrimSuffix(ts.url, "/engine.io/"), ""}, // the same origin needs no permission
	} {
		req, _ := http.NewRequest(http.MethodGet, ts.url+"?EIO=4&transport=polling", nil)
		req.Header.Set("Origin", tc.origin)
		res, err := http.DefaultClient.Do(req)
		if status, body := answer(t, res, err); status != 200 {
			t.Errorf("%s: got %d %s", tc.origin, status, body)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != tc.allowed {
			t.Errorf("%s: allowed %q, want %q", tc.origin, got, tc.allowed)
		}
		if cookies := res.Cookies(); len(cookies) > 0 {
			t.Errorf("got cookies %v", cookies)
		}
	}
	req, _ := http.NewRequest(http.MethodOptions, ts.url+"?EIO=4&transport=polling", nil)
	req.Header.Set("Origin", "https://allowed.example")
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("Access-Control-Request-Headers", "content-type")
	res, err := http.DefaultClient.Do(req)
	if status, _ := answer(t, res, err); status != http.StatusNoContent {
		t.Errorf("preflight: got %d", status)
	}
	if got := res.Header.Get("Access-Control-Allow-Headers"); got != "content-type" {
		t.Errorf("preflight allows %q", got)
	}
}

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
			if bad.session.Queue(frames) {
				ts.Flush([]*Session{bad.session})
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

func TestHeartbeat(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		opt.PingInterval, opt.PingTimeout = 30*time.Millisecond, 100*time.Millisecond
		ts := serve(t, opt, nil)
		c := ts.open(t)
		r := ts.receiver(t, 0)
		for i := range uint32(3) {
			if got := c.read(); got != "2" {
				t.Fatalf("got %q, want a ping", got)
			}
			c.send("3")
			if got := wait(t, r.received); got != i+1 {
				t.Errorf("got %d pings answered, want %d", got, i+1)
			}
		}
		c.send("3") // unasked for: ignored
		if got := wait(t, r.closed); got != PingTimeout {
			t.Errorf("got %v, want %v", got, PingTimeout)
		}
	})
}

func TestHeartbeatV3(t *testing.T) {
	ts := serve(t, Options{AllowV3: true, PingInterval: 50 * time.Millisecond, PingTimeout: 100 * time.Millisecond}, nil)
	c := ts.dial(t, "EIO=3&transport=websocket")
	c.read()
	for range 3 {
		c.send("2")
		if got := c.read(); got != "3" {
			t.Fatalf("got %q, want a pong", got)
		}
	}
	if got := wait(t, ts.receiver(t, 0).closed); got != PingTimeout {
		t.Errorf("got %v, want %v", got, PingTimeout)
	}
}

func TestConnectTimeout(t *testing.T) {
	ts := serve(t, Options{ConnectTimeout: 50 * time.Millisecond}, nil)
	ts.open(t)
	r := ts.receiver(t, 0)
	r.session.Settle()
	ts.open(t)
	if got := wait(t, ts.receiver(t, 1).closed); got != ConnectTimeout {
		t.Errorf("got %v, want %v", got, ConnectTimeout)
	}
	select {
	case got := <-r.closed:
		t.Errorf("the settled session ended: %v", got)
	default:
	}
	r.session.Unsettle()
	if got := wait(t, r.closed); got != ConnectTimeout {
		t.Errorf("got %v, want %v", got, ConnectTimeout)
	}
}

// Close writes what is queued, then the close frame.
func TestCloseWritesEverything(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, nil)
		c := ts.open(t)
		r := ts.receiver(t, 0)
		last := strings.Repeat("z", 300_000)
		r.session.Send(TextMessage([]byte(last)), TextMessage([]byte("end")))
		r.session.Close()
		if r.session.Send(TextMessage([]byte("late"))) {
			t.Error("a closed session took a frame")
		}
		if got := wait(t, r.closed); got != ServerClose {
			t.Errorf("got %v, want %v", got, ServerClose)
		}
		if got := c.read(); got != "4"+last {
			t.Errorf("got %d bytes", len(got))
		}
		if got := c.read(); got != "4end" {
			t.Errorf("got %q", got)
		}
		if got := c.readClose(); got != ws.StatusNormalClosure {
			t.Errorf("got status %d", got)
		}
	})
}

func TestClientCloses(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		ts := serve(t, opt, nil)
		tests := []struct {
			name  string
			close func(*wsClient)
			want  Reason
		}{
			{"close packet", func(c *wsClient) { c.send("1"); c.readClose(); _ = c.conn.Close() }, ClientClose},
			{"close frame", func(c *wsClient) { c.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(1001, ""))) }, TransportClose},
			{"hangs up", func(c *wsClient) { _ = c.conn.Close() }, TransportClose},
			{"last words", func(c *wsClient) { c.send("4bye"); _ = c.conn.Close() }, TransportClose},
		}
		for i, tc := range tests {
			c := ts.open(t)
			tc.close(c)
			if got := wait(t, ts.receiver(t, i).closed); got != tc.want {
				t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
			}
		}
		if got := wait(t, ts.receiver(t, 3).got); got != "text:bye" {
			t.Errorf("got %q", got)
		}
		eventually(t, "all are forgotten", func() bool { return ts.Stats().Open == 0 && ts.Stats().WebSockets == 0 })
	})
}

func TestPanicEndsOnlyItsSession(t *testing.T) {
	ts := serve(t, Options{}, func(r *testReceiver) {
		r.onText = func(_ *Session, text string) error {
			if text == "panic" {
				panic("on purpose")
			}
			r.got <- text
			return nil
		}
	})
	c, other := ts.open(t), ts.open(t)
	c.send("4panic")
	if got := c.readClose(); got != ws.StatusInternalServerError {
		t.Errorf("got status %d", got)
	}
	if got := wait(t, ts.receiver(t, 0).closed); got != ServerClose {
		t.Errorf("got %v", got)
	}
	other.send("4fine")
	if got := wait(t, ts.receiver(t, 1).got); got != "fine" {
		t.Errorf("got %q", got)
	}
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

func TestOverTLS(t *testing.T) {
	ts := serve(t, Options{}, func(r *testReceiver) {
		r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
	})
	srv := httptest.NewTLSServer(ts.Server)
	defer srv.Close()
	dialer := ws.Dialer{TLSConfig: &tls.Config{InsecureSkipVerify: true}} // its own certificate
	conn, _, _, err := dialer.Dial(t.Context(), strings.Replace(srv.URL, "http", "ws", 1)+"/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &wsClient{t: t, conn: conn, r: conn}
	c.read()
	c.send("4over TLS")
	if got := c.read(); got != "4over TLS" {
		t.Errorf("got %q", got)
	}
	ts.receiver(t, 0).session.Close()
	if got := c.readClose(); got != ws.StatusNormalClosure {
		t.Errorf("got status %d", got)
	}
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
