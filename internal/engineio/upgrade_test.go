package engineio

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

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

// heldWriter hands out connections that stop whoever answers the handshake as soon as the
// answer is written.
type heldWriter struct {
	http.ResponseWriter
	release <-chan struct{}
}

func (h heldWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	held := &heldConn{Conn: conn, release: h.release}
	return held, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(held)), nil
}

type heldConn struct {
	net.Conn
	release <-chan struct{}
}

func (c *heldConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	<-c.release
	return n, err
}

// Of two WebSockets the one that was let in first takes over, though its server has not gone
// on since. A session that ends meanwhile closes it.
func TestFirstWebSocketIsFirst(t *testing.T) {
	for _, ends := range []bool{false, true} {
		ts := serve(t, Options{}, echo)
		released := make(chan struct{})
		release := sync.OnceFunc(func() { close(released) })
		t.Cleanup(release)
		held := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ts.ServeHTTP(heldWriter{w, released}, r)
		}))
		t.Cleanup(held.Close)
		q := ts.openPoll(t)
		first := (&testServer{url: held.URL + "/engine.io/"}).upgradeTo(t, q)
		if got := ts.upgradeTo(t, q).readClose(); got != ws.StatusPolicyViolation {
			t.Errorf("the second: got status %d", got)
		}
		if ends {
			ts.receiver(t, 0).session.Abort()
			release()
			first.readClose()
			continue
		}
		release()
		first.send("2probe")
		if got := first.read(); got != "3probe" {
			t.Errorf("got %q", got)
		}
	}
}

// Revision 3 upgrades in the same way, with payloads of its own.
func TestUpgradeV3(t *testing.T) {
	ts := serve(t, Options{AllowV3: true}, echo)
	_, body := ts.get(t, "EIO=3&transport=polling")
	if !strings.Contains(body, `"upgrades":["websocket"]`) {
		t.Errorf("got %q", body)
	}
	q := "EIO=3&transport=polling&sid=" + ts.receiver(t, 0).session.ID()
	c := ts.upgradeTo(t, q)
	c.send("2probe")
	if got := c.read(); got != "3probe" {
		t.Errorf("got %q", got)
	}
	if _, body := ts.get(t, q); body != "1:6" {
		t.Errorf("got %q, want a noop", body)
	}
	c.send("5")
	c.send("4hello")
	c.send("2")
	for _, want := range []string{"4hello", "3"} {
		if got := c.read(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// An upgrade that was given up holds nothing any more, also of what its reader has in hand.
func TestProbeThatWasGivenUpHoldsNothing(t *testing.T) {
	ts, _ := bounded(t, Options{Bounds: Bounds{Incoming: 1 << 20}}, nil)
	ts.openPoll(t)
	s := ts.receiver(t, 0).session
	c := &wsConn{sess: s, stream: noStream{}, probes: true}
	if !s.beginProbe(c) {
		t.Fatal("it is not admitted")
	}
	if err := c.remember(make([]byte, 50_000)); err != nil || ts.Stats().Incoming < 50_000 {
		t.Fatalf("got %v, %d bytes are counted", err, ts.Stats().Incoming)
	}
	s.mu.Lock()
	s.dropProbeLocked()
	s.mu.Unlock()
	if err := c.remember(make([]byte, 90_000)); !errors.Is(err, errSessionOver) || ts.Stats().Incoming != 0 {
		t.Errorf("got %v, %d bytes are counted", err, ts.Stats().Incoming)
	}
}
