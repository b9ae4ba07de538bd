package engineio

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

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
	if got := wait(t, polled); got != "2" {
		t.Errorf("GET: got %q, want the ping that asks whether all was read", got)
	}
	if _, body := ts.get(t, q); body != "1" {
		t.Errorf("the next GET: got %q", body)
	}
	probe.readClose()
	for _, want := range []string{"2", "1"} {
		if _, body := ts.get(t, probing); body != want {
			t.Errorf("a later GET: got %q, want %q", body, want)
		}
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
