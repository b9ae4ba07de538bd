package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// gatedStore lets each command through when the test says so.
type gatedStore struct {
	zikr.Store
	arrived chan chan struct{} // closing what arrives lets a command through
}

func (g *gatedStore) Update(ctx context.Context, key zikr.Key, command func(zikr.Tx) error) error {
	if g.arrived != nil {
		gate := make(chan struct{})
		g.arrived <- gate
		select {
		case <-gate:
		case <-ctx.Done():
			return zikr.RateLimited(time.Second, "too late")
		}
	}
	return g.Store.Update(ctx, key, command)
}

func newGated(t *testing.T, set ...func(*options)) (*world, *gatedStore) {
	gated := &gatedStore{}
	w := newWorld(t, append(set, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { gated.Store = s; return gated }
	})...)
	return w, gated
}

func within[T any](t *testing.T, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(patience):
		t.Fatalf("nothing came within %s", patience)
	}
	return got
}

// Counts of one connection are under way together, but are answered in the order in which they came.
func TestCountsGoTogether(t *testing.T) {
	w, gated := newGated(t)
	admin := w.user("Admin")
	g := w.group(zikr.ZikrGroup, admin)
	z := must(w.CreateZikr(w.ctx, admin, g, zikr.NewZikr{Name: "Istighfar"})).ZikrID
	c := w.connect(admin)
	gated.arrived = make(chan chan struct{}, 100)

	const n = 5
	var gates []chan struct{}
	for i := range n {
		c.send("update_zikr_count", map[string]any{"groupId": g, "zikrId": z, "count": i + 1})
		gates = append(gates, within(t, gated.arrived)) // it does not wait for those before it
	}
	c.send("get_notifications", nil)
	for _, gate := range gates[1:] {
		close(gate)
	}
	waitFor(t, "the later ones to be stored", func() bool { return w.seq(g) == 1+n-1 })
	if names := c.socket.names("connection_status"); len(names) != 0 {
		t.Errorf("answered before the first: %v", names)
	}
	close(gates[0])
	c.socket.expect(t, "notifications")
	var counts []any
	for _, m := range c.socket.sent {
		if m.Event == "zikr_update_confirmed" {
			counts = append(counts, fields(m.Data)["count"])
		}
	}
	if diff := cmp.Diff([]any{1.0, 2.0, 3.0, 4.0, 5.0}, counts); diff != "" {
		t.Errorf("confirmed (-want +got):\n%s", diff)
	}
}

// Everything else runs one after another, and a count waits for it.
func TestOthersGoInTurn(t *testing.T) {
	w, gated := newGated(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	gated.arrived = make(chan chan struct{}, 100)
	for i := range 3 {
		c.send("book_pora", map[string]any{"groupId": g, "poraId": fmt.Sprint(i + 1)})
	}
	c.send("update_zikr_count", map[string]any{"groupId": g, "zikrId": "none", "count": 1})
	c.send("explode", nil)
	for i := range 4 {
		gate := within(t, gated.arrived)
		if len(gated.arrived) != 0 {
			t.Fatalf("event %d: another is under way", i)
		}
		close(gate)
	}
	for range 2 {
		c.socket.expect(t, "error")
	}
	want := []string{"booking_confirmed", "booking_confirmed", "booking_confirmed", "error", "error"}
	if diff := cmp.Diff(want, c.socket.names("connection_status")); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// Another connection of the same user does not wait.
func TestLinesAreApart(t *testing.T) {
	w, gated := newGated(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	stuck, free := w.connect(admin), w.connect(admin)
	gated.arrived = make(chan chan struct{}, 1)
	stuck.send("book_pora", map[string]any{"groupId": g, "poraId": "1"})
	gate := within(t, gated.arrived)
	free.do("get_notifications", nil)
	close(gate)
	stuck.socket.expect(t, "booking_confirmed")
}

// While a channel reads the log, who leaves it waits for that, and who is not in it does not;
// and whoever brings their events does not in either case.
func TestLeavingABusyChannel(t *testing.T) {
	hooked := &hookedStore{}
	w, g, member := newDeaf(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	stranger := w.connect(w.user("Stranger"))
	w.fill(g, 2)
	second := must(w.EventsAfter(w.ctx, g, 1, 1))
	reading, read := make(chan struct{}), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(read) })
	defer goOn()
	hooked.then(func() { close(reading); <-read })
	w.gateway.Events(g, second) // the first is missing: the log is read
	within(t, reading)

	acks := make(chan (<-chan json.RawMessage), 2)
	begin := func(c *client) { acks <- c.begin("leave_group", map[string]any{"groupId": g}) }
	go begin(stranger)
	stranger.wait(within(t, acks))
	go begin(member)
	left := within(t, acks)
	if n := len(left); n != 0 {
		t.Error("left a channel that reads the log")
	}
	goOn()
	member.wait(left)
	member.socket.wantSeqs(t, g, 1, 2)
	if n := w.hub.size("group:" + g); n != 0 {
		t.Errorf("got %d in the room, want none", n)
	}
}

// A connection may have only so much under way: what it sends beyond is not read until there is
// room, and then done as all else. None is refused.
func TestTooMuchUnderWay(t *testing.T) {
	w, gated := newGated(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	gated.arrived = make(chan chan struct{}, 1)
	c.send("book_pora", map[string]any{"groupId": g, "poraId": "1"})
	gate := within(t, gated.arrived)
	for range 255 {
		c.send("get_notifications", nil)
	}
	if names := c.socket.names("connection_status"); len(names) != 0 {
		t.Fatalf("answered: %v", names)
	}
	const more = 1244 // 1,500 in all
	read := make(chan struct{})
	go func() {
		defer close(read)
		for range more {
			c.send("get_notifications", nil)
		}
	}()
	waitFor(t, "the next to wait", func() bool { return c.socket.waits.Load() == 1 })
	close(gate)
	<-read
	waitFor(t, "all answers", func() bool { return count(c.socket.names(), "notifications") == 255+more })
	if n := count(c.socket.names(), "error"); n != 0 {
		t.Errorf("%d were refused", n)
	}
}

// What waits longer than the deadline is refused, never left without an answer.
func TestDeadline(t *testing.T) {
	w, gated := newGated(t, func(o *options) { o.live.Deadline = 100 * time.Millisecond })
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	gated.arrived = make(chan chan struct{}, 10)
	first := c.begin("book_pora", map[string]any{"groupId": g, "poraId": "1"})
	second := c.begin("get_notifications", nil)
	for name, acks := range map[string]<-chan json.RawMessage{"the first": first, "the one behind it": second} {
		if a := c.wait(acks); a.Error.Code != zikr.CodeRateLimited || a.Error.RetryAfterMs == 0 {
			t.Errorf("%s: got %+v, want rate_limited", name, a)
		}
	}
}

func TestAnswered(t *testing.T) {
	type answer struct {
		Event string
		Code  zikr.Code
	}
	answers := make(chan answer, 10)
	w := newWorld(t, func(o *options) {
		o.live.Answered = func(event string, code zikr.Code, _ time.Duration) { answers <- answer{event, code} }
	})
	c := w.connect(w.user("Ali"))
	c.do("get_notifications", nil)
	c.call("explode", nil)
	c.call("join_group", map[string]any{"groupId": "none"})
	got := []answer{within(t, answers), within(t, answers), within(t, answers)}
	want := []answer{{"get_notifications", ""}, {"unknown", zikr.CodeUnknownEvent}, {"join_group", zikr.CodeNotMember}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
