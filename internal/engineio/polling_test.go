package engineio

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func echo(r *testReceiver) {
	r.onText = func(s *Session, text string) error { s.Send(TextMessage([]byte(text))); return nil }
}

func TestPollingBothWays(t *testing.T) {
	ts := serve(t, Options{}, echo)
	q := ts.openPoll(t)
	if status, body := ts.post(t, q, "4one\x1e4two"); status != 200 || body != "ok" {
		t.Errorf("post: %d %q", status, body)
	}
	if status, body := ts.get(t, q); status != 200 || body != "4one\x1e4two" {
		t.Errorf("get: %d %q", status, body)
	}
}

// A GET waits until there is something to say.
func TestPollWaits(t *testing.T) {
	ts := serve(t, Options{}, nil)
	q := ts.openPoll(t)
	s := ts.receiver(t, 0).session
	answered := make(chan string)
	go func() {
		_, body := ts.get(t, q)
		answered <- body
	}()
	eventually(t, "the GET waits", func() bool { return s.polled() })
	s.Send(TextMessage([]byte("news")))
	if got := wait(t, answered); got != "4news" {
		t.Errorf("got %q", got)
	}
	if got := s.Transport(); got != "polling" {
		t.Errorf("got transport %q", got)
	}
}

// polled reports whether a GET waits.
func (s *Session) polled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poll.wake != nil
}

func TestPollingV3(t *testing.T) {
	ts := serve(t, Options{AllowV3: true}, echo)
	status, body := ts.get(t, "EIO=3&transport=polling&b64=1")
	length, open, _ := strings.Cut(body, ":")
	if status != 200 || length != fmt.Sprint(len(open)) || !strings.HasPrefix(open, `0{"sid":"`) {
		t.Fatalf("open: %d %q", status, body)
	}
	s := ts.receiver(t, 0).session
	q := "EIO=3&transport=polling&b64=1&sid=" + s.ID()
	if _, body := ts.post(t, q, "6:4€😀ab1:2"); body != "ok" {
		t.Errorf("post: %q", body)
	}
	if _, body := ts.get(t, q); body != "6:4€😀ab1:3" {
		t.Errorf("get: %q", body)
	}
	s.Send(BinaryMessage(V3, s.Base64(), []byte{1, 2, 3, 4}))
	if _, body := ts.get(t, q); body != "10:b4AQIDBA==" {
		t.Errorf("get: %q", body)
	}
}

// What ends a session on polling: its next request is not known any more.
func TestPollingAttacks(t *testing.T) {
	tests := []struct {
		name   string
		attack func(t *testing.T, ts *testServer, q string)
		want   Reason
	}{
		{"malformed body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, "abc"); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"empty body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, ""); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"octets", func(t *testing.T, ts *testServer, q string) {
			res, err := http.Post(ts.url+"?"+q, binaryType, strings.NewReader("4a"))
			if status, _ := answer(t, res, err); status != 400 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"large body", func(t *testing.T, ts *testServer, q string) {
			if status, _ := ts.post(t, q, "4"+strings.Repeat("x", 1000)); status != 413 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"large body of unknown length", func(t *testing.T, ts *testServer, q string) {
			res, err := http.Post(ts.url+"?"+q, "text/plain", io.MultiReader(strings.NewReader("4"), strings.NewReader(strings.Repeat("x", 1000))))
			if status, _ := answer(t, res, err); status != 413 {
				t.Errorf("got %d", status)
			}
		}, ParseError},
		{"body that breaks off", func(t *testing.T, ts *testServer, q string) {
			conn := ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
			_ = conn.Close()
		}, TransportClose},
		{"body that is late", func(t *testing.T, ts *testServer, q string) {
			ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
		}, TransportClose},
		{"poll that hangs up", func(t *testing.T, ts *testServer, q string) {
			conn := ts.begin(t, "GET", q, "", "")
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			_ = conn.Close()
		}, TransportClose},
		{"two posts at once", func(t *testing.T, ts *testServer, q string) {
			ts.begin(t, "POST", q, "Content-Length: 100\r\n", "4abc")
			eventually(t, "the POST is being served", func() bool {
				s := ts.receiver(t, 0).session
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.poll.posting
			})
			if status, _ := ts.post(t, q, "4a"); status != 400 {
				t.Errorf("got %d", status)
			}
		}, TransportError},
		{"two polls at once", func(t *testing.T, ts *testServer, q string) {
			first := make(chan string)
			go func() {
				_, body := ts.get(t, q)
				first <- body
			}()
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			if status, _ := ts.get(t, q); status != 400 {
				t.Errorf("got %d", status)
			}
			if got := wait(t, first); got != "1" {
				t.Errorf("the first got %q, want a close packet", got)
			}
		}, TransportError},
		{"ping", func(t *testing.T, ts *testServer, q string) { ts.post(t, q, "2") }, ParseError},
		{"close packet", func(t *testing.T, ts *testServer, q string) {
			waiting := make(chan string)
			go func() {
				_, body := ts.get(t, q)
				waiting <- body
			}()
			eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
			if status, body := ts.post(t, q, "1"); status != 200 || body != "ok" {
				t.Errorf("got %d %q", status, body)
			}
			if got := wait(t, waiting); got != "6" {
				t.Errorf("the GET got %q, want a noop", got)
			}
		}, ClientClose},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ts := serve(t, Options{MaxPayload: 1000, PingTimeout: 300 * time.Millisecond}, nil)
			q := ts.openPoll(t)
			tc.attack(t, ts, q)
			if got := wait(t, ts.receiver(t, 0).closed); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			for _, method := range []string{"GET", "POST"} {
				req, _ := http.NewRequest(method, ts.url+"?"+q, nil)
				res, err := http.DefaultClient.Do(req)
				if status, body := answer(t, res, err); status != 400 || !strings.Contains(body, "Session ID unknown") {
					t.Errorf("%s afterwards: %d %s", method, status, body)
				}
			}
		})
	}
}

// begin sends the beginning of a request.
func (ts *testServer) begin(t *testing.T, method, query, headers, body string) net.Conn {
	t.Helper()
	addr := strings.TrimSuffix(strings.TrimPrefix(ts.url, "http://"), "/engine.io/")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "%s /engine.io/?%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n%s\r\n%s", method, query, addr, headers, body)
	return conn
}

// Close lets a client that polls have the last words, and only then the close
// packet: the official client is torn down by it before its listeners have
// heard what came in the same answer.
func TestPollingClose(t *testing.T) {
	ts := serve(t, Options{}, nil)
	q := ts.openPoll(t)
	r := ts.receiver(t, 0)
	r.session.Send(TextMessage([]byte("last")))
	r.session.Close()
	if got := wait(t, r.closed); got != ServerClose {
		t.Errorf("got %v", got)
	}
	if status, body := ts.get(t, q); status != 200 || body != "4last" {
		t.Errorf("got %d %q", status, body)
	}
	if status, body := ts.get(t, q); status != 200 || body != "1" {
		t.Errorf("got %d %q", status, body)
	}
	if status, _ := ts.get(t, q); status != 400 {
		t.Errorf("got %d afterwards", status)
	}
}

func TestPollingQueueIsBounded(t *testing.T) {
	ts := serve(t, Options{QueueBytes: 10_000}, nil)
	ts.openPoll(t)
	r := ts.receiver(t, 0)
	for r.session.Send(TextMessage(make([]byte, 1000))) {
	}
	if got := wait(t, r.closed); got != SlowConsumer {
		t.Errorf("got %v, want %v", got, SlowConsumer)
	}
}

// Polling over HTTP/2: many requests on one connection.
func TestPollingHTTP2(t *testing.T) {
	ts := serve(t, Options{}, echo)
	srv := httptest.NewUnstartedServer(ts.Server)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	http2 := &testServer{Server: ts.Server, url: srv.URL + "/"}
	res, err := srv.Client().Get(http2.url + "?EIO=4&transport=polling")
	if status, _ := answer(t, res, err); status != 200 || res.ProtoMajor != 2 {
		t.Fatalf("got %d over HTTP/%d", status, res.ProtoMajor)
	}
	q := http2.url + "?EIO=4&transport=polling&sid=" + ts.receiver(t, 0).session.ID()
	waiting := make(chan string)
	go func() {
		res, err := srv.Client().Get(q)
		_, body := answer(t, res, err)
		waiting <- body
	}()
	res, err = srv.Client().Post(q, "text/plain", strings.NewReader("4hello"))
	if status, _ := answer(t, res, err); status != 200 {
		t.Errorf("post: got %d", status)
	}
	if got := wait(t, waiting); got != "4hello" {
		t.Errorf("got %q", got)
	}
}

// upgradeTo opens a WebSocket for a session that is on polling.
func (ts *testServer) upgradeTo(t *testing.T, q string) *wsClient {
	t.Helper()
	return ts.dial(t, strings.Replace(q, "transport=polling", "transport=websocket", 1))
}

// Packets that are sent before, during and after an upgrade come once each, in
// order, on one transport or the other.
func TestUpgradeLosesNothing(t *testing.T) {
	bothReaders(t, func(t *testing.T, opt Options) {
		const n = 300
		ts := serve(t, opt, nil)
		q := ts.openPoll(t)
		s := ts.receiver(t, 0).session
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for i := range n {
				s.Send(TextMessage(fmt.Append(nil, i)))
				time.Sleep(50 * time.Microsecond)
			}
		})
		next := 0
		take := func(packet string) {
			if packet == "6" {
				return
			}
			if want := fmt.Sprintf("4%d", next); packet != want {
				t.Fatalf("got %q, want %q", packet, want)
			}
			next++
		}
		poll := func() {
			_, body := ts.get(t, q)
			for packet := range strings.SplitSeq(body, "\x1e") {
				take(packet)
			}
		}
		poll()
		c := ts.upgradeTo(t, q)
		poll()
		c.send("2probe")
		if got := c.read(); got != "3probe" {
			t.Fatalf("got %q", got)
		}
		poll()
		c.send("5")
		for next < n {
			take(c.read())
		}
		if got := s.Transport(); got != "websocket" {
			t.Errorf("got transport %q", got)
		}
		if status, _ := ts.get(t, q); status != 400 {
			t.Errorf("a poll after the upgrade: %d", status)
		}
		if got := ts.Stats().Upgraded; got != 1 {
			t.Errorf("%d upgrades counted", got)
		}
	})
}

// The waiting GET is answered so that the client can go on with the upgrade.
func TestProbeEndsPoll(t *testing.T) {
	ts := serve(t, Options{}, nil)
	q := ts.openPoll(t)
	waiting := make(chan string)
	go func() {
		_, body := ts.get(t, q)
		waiting <- body
	}()
	eventually(t, "the GET waits", func() bool { return ts.receiver(t, 0).session.polled() })
	c := ts.upgradeTo(t, q)
	c.send("2probe")
	if got := wait(t, waiting); got != "6" {
		t.Errorf("got %q, want a noop", got)
	}
}

// None of these upgrades, and the session goes on where it is.
func TestBadUpgrades(t *testing.T) {
	tests := map[string]func(c *wsClient){
		"no probe":          func(c *wsClient) { c.send("5") },
		"a message":         func(c *wsClient) { c.send("4hello") },
		"another ping":      func(c *wsClient) { c.send("2") },
		"two probes":        func(c *wsClient) { c.send("2probe"); c.send("2probe") },
		"message instead":   func(c *wsClient) { c.send("2probe"); c.send("4hello") },
		"upgrade with data": func(c *wsClient) { c.send("2probe"); c.send("5x") },
		"binary":            func(c *wsClient) { c.frame(ws.NewBinaryFrame([]byte{5})) },
		"unmasked":          func(c *wsClient) { _ = ws.WriteFrame(c.conn, ws.NewTextFrame([]byte("2probe"))) },
		"close frame":       func(c *wsClient) { c.frame(ws.NewCloseFrame(nil)) },
		"hangs up":          func(c *wsClient) { c.send("2probe"); _ = c.conn.Close() },
		"does nothing":      func(c *wsClient) {},
	}
	for name, attack := range tests {
		t.Run(name, func(t *testing.T) {
			bothReaders(t, func(t *testing.T, opt Options) {
				opt.UpgradeTimeout = 100 * time.Millisecond
				ts := serve(t, opt, echo)
				q := ts.openPoll(t)
				s := ts.receiver(t, 0).session
				c := ts.upgradeTo(t, q)
				attack(c)
				if name != "hangs up" {
					c.readClose()
				}
				eventually(t, "the probe is given up", func() bool {
					s.mu.Lock()
					defer s.mu.Unlock()
					return s.probe == nil
				})
				ts.post(t, q, "4still here")
				if _, body := ts.get(t, q); body != "4still here" {
					t.Errorf("got %q", body)
				}
				again := ts.upgradeTo(t, q)
				again.send("2probe")
				again.read()
				again.send("5")
				again.send("4moved")
				if got := again.read(); got != "4moved" {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

// A second WebSocket for a session is closed; the first is not disturbed.
func TestSecondWebSocket(t *testing.T) {
	ts := serve(t, Options{}, echo)
	q := ts.openPoll(t)
	c := ts.upgradeTo(t, q)
	c.send("2probe")
	c.read()
	if got := ts.upgradeTo(t, q).readClose(); got != ws.StatusPolicyViolation {
		t.Errorf("during the upgrade: got status %d", got)
	}
	c.send("5")
	c.send("4a")
	c.read()
	if got := ts.upgradeTo(t, q).readClose(); got != ws.StatusPolicyViolation {
		t.Errorf("after the upgrade: got status %d", got)
	}
	c.send("4b")
	if got := c.read(); got != "4b" {
		t.Errorf("got %q", got)
	}
}

func TestServerClose(t *testing.T) {
	ts := serve(t, Options{}, nil)
	ws1 := ts.open(t)
	q := ts.openPoll(t)
	probing := ts.openPoll(t)
	probe := ts.upgradeTo(t, probing)
	for i := range 3 {
		ts.receiver(t, i)
	}
	polled := make(chan string)
	go func() {
		_, body := ts.get(t, q)
		polled <- body
	}()
	eventually(t, "the GET waits", func() bool { return ts.receiver(t, 1).session.polled() })
	closed := make(chan error)
	go func() { closed <- ts.Close(t.Context()) }()
	if got := ws1.readClose(); got != ws.StatusGoingAway {
		t.Errorf("WebSocket: got status %d", got)
	}
	_ = ws1.conn.Close()
	if got := wait(t, polled); got != "1" {
		t.Errorf("GET: got %q", got)
	}
	probe.readClose()
	if _, body := ts.get(t, probing); body != "1" {
		t.Errorf("a later GET: got %q", body)
	}
	if err := wait(t, closed); err != nil {
		t.Error(err)
	}
	for i := range 3 {
		if got := wait(t, ts.receiver(t, i).closed); got != Shutdown {
			t.Errorf("session %d: got %v", i, got)
		}
	}
	if status, _ := ts.get(t, "EIO=4&transport=polling"); status != http.StatusServiceUnavailable {
		t.Errorf("a handshake afterwards: got %d", status)
	}
}

// When time is over, what is left is dropped.
func TestServerCloseInTime(t *testing.T) {
	ts := serve(t, Options{}, nil)
	ts.open(t) // never closes its side
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := ts.Close(ctx); err == nil {
		t.Error("a client that does not go was waited for")
	}
	if got := wait(t, ts.receiver(t, 0).closed); got != Shutdown {
		t.Errorf("got %v", got)
	}
}
