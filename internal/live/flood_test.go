package live_test

import (
	"sync/atomic"
	"testing"
	"time"
)

// budget allows so many, and then nothing for a millisecond.
type budget struct{ left atomic.Int64 }

func (l *budget) Wait(userID string, now time.Time) time.Duration {
	if wait, ok := l.Allow(userID, now); !ok {
		return wait
	}
	return 0
}

func (l *budget) Allow(string, time.Time) (time.Duration, bool) {
	return time.Millisecond, l.left.Add(-1) >= 0
}

// Who sends far more than it may is answered as often as that is allowed, then not read for a while each
// time, and closed when it goes on. A burst does not count as going on.
func TestFlood(t *testing.T) {
	events, refusals := &budget{}, &budget{}
	var clock atomic.Int64
	w := newWorld(t, func(o *options) {
		o.live.Limiter, o.live.Refusals = events, refusals
		start := time.Now()
		o.live.Now = func() time.Time { return start.Add(time.Duration(clock.Load())) }
	})
	c := w.connect(w.user("Ali"))
	refusals.left.Store(100)
	for range 100 {
		c.send("get_notifications", nil)
	}
	if n := count(c.socket.names(), "error"); n != 100 || c.socket.waits.Load() != 0 {
		t.Errorf("%d of 100 were answered, %d were waited for", n, c.socket.waits.Load())
	}
	flood := func(span time.Duration) {
		for range 20 {
			clock.Add(int64(span / 20)) // less than a breath
			c.send("get_notifications", nil)
		}
	}
	flood(4 * time.Second)
	if n := count(c.socket.names(), "error"); n != 120 || c.socket.waits.Load() != 20 {
		t.Errorf("%d of 120 were answered, %d waited for", n, c.socket.waits.Load())
	}
	clock.Add(int64(2 * time.Second)) // it takes a breath
	flood(4 * time.Second)
	if c.socket.flooded.Load() {
		t.Fatal("it was closed, although it did not go on")
	}
	flood(7 * time.Second)
	if !c.socket.flooded.Load() {
		t.Error("it went on, and was not closed")
	}
}
