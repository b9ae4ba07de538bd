package live_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/live"
)

// listener is a bus that must be asked for a group, and takes its time.
type listener struct {
	mu     sync.Mutex
	asked  []string // "+" or "-" and the group
	ready  chan struct{}
	missed func()

	interruptions atomic.Uint64
}

func (l *listener) Interruptions() uint64 { return l.interruptions.Load() }

func (l *listener) Listen(groupID string, missed func()) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.missed = append(l.asked, "+"+groupID), missed
	return l.ready
}

func (l *listener) Unlisten(groupID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, "-"+groupID)
}

func (l *listener) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.asked, want) {
		t.Errorf("the bus was asked %v, want %v", l.asked, want)
	}
}

// Nobody joins before the bus brings what happens in the group: what was told
// before that is in the log when it is asked.
func TestJoinWaitsForTheBus(t *testing.T) {
	l := &listener{ready: make(chan struct{})}
	w := newWorld(t, func(o *options) { o.live.Groups = l })
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	a, b := w.connect(admin), w.connect(admin)
	joined := a.begin("join_group", map[string]any{"groupId": g})
	w.touch(admin, g, 2)
	select {
	case data := <-joined:
		t.Fatalf("joined too early: %s", data)
	case <-time.After(20 * time.Millisecond): // nothing to wait for: it must not happen
	}
	close(l.ready)
	if got := a.wait(joined); !got.OK {
		t.Fatalf("join_group: got %+v", got)
	}
	if got := fields(a.wait(a.begin("join_group", map[string]any{"groupId": g})).Data)["seq"]; got != 2.0 {
		t.Errorf("joined_group: got seq %v, want 2", got)
	}
	b.join(g)
	a.do("leave_group", map[string]any{"groupId": g})
	l.wantAsked(t, "+"+g)
	b.do("leave_group", map[string]any{"groupId": g})
	l.wantAsked(t, "+"+g, "-"+g)
}

// A bus that never says that it listens costs no more than the deadline.
func TestJoinGivesUpOnTheBus(t *testing.T) {
	l := &listener{ready: make(chan struct{})}
	w := newWorld(t, func(o *options) { o.live.Groups, o.live.Deadline = l, time.Second }) // time enough to come as far as the bus
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	if got := w.connect(admin).call("join_group", map[string]any{"groupId": g}); got.Error.Code != zikr.CodeRateLimited || got.Error.RetryAfterMs == 0 {
		t.Errorf("join_group: got %+v, want rate_limited", got)
	}
	if got := w.gateway.Stats(); got.Channels != 0 {
		t.Errorf("%d channels are left, want none", got.Channels)
	}
	l.wantAsked(t, "+"+g, "-"+g)
}

// What a bus says that it lost is read from the log at the next poll, and not
// only when it is the group's turn.
func TestMissed(t *testing.T) {
	l := &listener{ready: make(chan struct{})}
	close(l.ready)
	polls := make(chan struct{})
	w := newWorld(t, func(o *options) {
		o.live.Groups, o.live.PollEvery = l, time.Millisecond
		o.live.BusHealthy = func() bool { <-polls; return true }
		o.passBus = func(zikr.Receiver) zikr.Receiver { return deafReceiver{} }
	})
	defer close(polls)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	c := w.connect(admin)
	c.join(g)
	polls <- struct{}{} // its turn
	w.touch(admin, g, 5)
	l.mu.Lock()
	l.missed()
	l.mu.Unlock()
	polls <- struct{}{}
	c.socket.untilSeq(t, g, 5)
	c.socket.wantSeqs(t, g, 1, 5)
}

// deafReceiver loses everything.
type deafReceiver struct{}

func (deafReceiver) Events(string, []zikr.Event) {}
func (deafReceiver) Signal(zikr.Signal)          {}

var _ live.Listener = (*listener)(nil)
