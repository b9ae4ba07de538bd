package engineio

import (
	"testing"
	"time"
)

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
}
