package live_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// recorder is a Tracer that keeps what it is told.
type recorder struct {
	spans chan string
	under chan *zikr.Trace
}

func (r recorder) Start(ctx context.Context, name string, _ ...slog.Attr) (context.Context, zikr.Span) {
	return ctx, begun{r, name}
}

func (r recorder) Record(under *zikr.Trace, name string, _, _ time.Time, _ ...slog.Attr) *zikr.Trace {
	r.spans <- name
	r.under <- under
	return under
}

func (recorder) Of(context.Context) *zikr.Trace { return nil }

type begun struct {
	r    recorder
	name string
}

func (b begun) End(failure string, _ ...slog.Attr) { b.r.spans <- b.name + " " + failure }

// A client's event has a span from its arrival to its answer; an event of a group that is followed has one on each
// node that delivers it, under what it was done for; and the time of each delivery is told.
func TestWayOfAnEvent(t *testing.T) {
	r := recorder{make(chan string, 100), make(chan *zikr.Trace, 100)}
	took := make(chan time.Duration, 100)
	w := newWorld(t, func(o *options) {
		o.live.Tracer, o.live.Delivered, o.live.Follows = r, func(d time.Duration) { took <- d }, func() bool { return true }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	c := w.connect(users[1])
	c.join(g)
	c.socket.expect(t, "joined_group")
	if got := <-r.spans; got != "event join_group " {
		t.Errorf("got span %q, want the one of join_group, which ended well", got)
	}
	trace := &zikr.Trace{TraceID: [16]byte{1}, SpanID: [8]byte{2}}
	next := w.seq(g) + 1
	w.gateway.Events(g, []zikr.Event{{
		GroupID: g, Seq: next, Name: "group_updated", Data: []byte(`{}`), Trace: trace, Committed: time.Now().Add(-time.Hour),
	}})
	if got, under := <-r.spans, <-r.under; got != "deliver group_updated" || under != trace {
		t.Errorf("got span %q under %v, want the delivery under %v", got, under, trace)
	}
	if got := <-took; got < time.Hour {
		t.Errorf("the delivery took %s, want the hour since the other node's commit", got)
	}
	// A clock that is ahead must not make a time below zero.
	w.gateway.Events(g, []zikr.Event{{GroupID: g, Seq: next + 1, Name: "group_updated", Data: []byte(`{}`), Committed: time.Now().Add(time.Hour)}})
	if got := <-took; got < 0 {
		t.Errorf("the delivery took %s", got)
	}
}
