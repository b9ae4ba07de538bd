package live_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestJoinBookComplete(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	a, b := w.connect(users[0]), w.connect(users[1])

	j := a.join(g)
	if j.GroupID != g || j.Seq != 1 || j.OnlineCount != 1 || !slices.Equal(j.OnlineUserIDs, users[:1]) || j.Resync || j.Message == "" {
		t.Errorf("joined_group: got %+v", j)
	}
	if j := b.join(g); j.OnlineCount != 2 || len(j.OnlineUserIDs) != 2 {
		t.Errorf("the second's joined_group: got %+v", j)
	}
	if got := a.socket.expect(t, "user_online"); got["userId"] != users[1] || got["groupId"] != g {
		t.Errorf("user_online: got %v", got)
	}

	booked := fields(a.do("book_pora", map[string]any{"poraId": "3", "groupId": g}).Data)
	if got := b.socket.expect(t, "pora_booked"); got["bookingId"] != booked["bookingId"] || got["seq"] != 2.0 {
		t.Errorf("pora_booked: got %v", got)
	}
	a.do("complete_pora", map[string]any{"bookingId": booked["bookingId"]})
	if got := b.socket.expect(t, "pora_completed"); got["totalFinished"] != 1.0 || got["seq"] != 3.0 {
		t.Errorf("pora_completed: got %v", got)
	}
	a.socket.untilSeq(t, g, 3)
	a.socket.wantSeqs(t, g, 2, 3)
	b.socket.wantSeqs(t, g, 2, 3)
}

func TestJoinNotAMember(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0])
	c := w.connect(users[1])
	for _, id := range []string{g, "no-such-group"} {
		if got := c.call("join_group", map[string]any{"groupId": id}); got.Error.Code != zikr.CodeNotMember {
			t.Errorf("%s: got %+v, want not_member", id, got)
		}
	}
	w.touch(users[0], g, 1)
	if got := c.socket.seqs(g); len(got) != 0 {
		t.Errorf("a stranger was sent %v", got)
	}
	if got := w.gateway.Stats(); got.Channels != 0 || got.Connections != 1 {
		t.Errorf("stats: got %+v, want one connection and no channel", got)
	}
}

func TestJoinSince(t *testing.T) {
	w := newWorld(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	w.fill(g, 500)
	for name, tt := range map[string]struct {
		since  int64
		resync bool
	}{
		"from the beginning":   {0, false},
		"in the middle":        {250, false},
		"a page's end":         {300, false},
		"all but one":          {499, false},
		"nothing missed":       {500, false},
		"above the latest seq": {501, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.connect(admin)
			j := c.join(g, tt.since)
			if j.Seq != 500 || j.Resync != tt.resync {
				t.Errorf("joined_group: got seq %d, resync %t, want 500, %t", j.Seq, j.Resync, tt.resync)
			}
			first := tt.since + 1
			if tt.resync {
				first = 501
			}
			c.socket.wantSeqs(t, g, first, 500)
			names := c.socket.names("group_updated")
			if diff := cmp.Diff([]string{"connection_status", "joined_group"}, names); diff != "" {
				t.Errorf("beside the replay (-want +got):\n%s", diff)
			}
			if c.socket.sent[len(c.socket.sent)-1].Event != "joined_group" {
				t.Error("joined_group was not the last")
			}
			c.leave()
		})
	}
}

// What was replayed is not sent again when the room it enters lags behind the log.
func TestReplayOvertakesTheRoom(t *testing.T) {
	hooked := &hookedStore{}
	silent := &badBus{lose: 1, rnd: rand.New(rand.NewPCG(1, 2))}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
		o.passBus = func(r zikr.Receiver) zikr.Receiver { silent.to = r; return silent }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	early := w.connect(users[0])
	early.join(g)
	late := w.connect(users[1])
	last := w.seq(g) + 150
	hooked.then(func() { w.fill(g, 150) }) // between standing and replay
	if j := late.join(g, 0); j.Seq != last {
		t.Errorf("joined_group: got seq %d, want %d", j.Seq, last)
	}
	late.socket.wantSeqs(t, g, 1, last)
	w.touch(users[0], g, 1)
	again := w.connect(users[0])
	again.join(g) // which brings the room up to date
	late.socket.untilSeq(t, g, last+1)
	late.socket.wantSeqs(t, g, 1, last+1)
}

// What is replayed has the same bytes as it had live.
func TestReplayIsAsItWasLive(t *testing.T) {
	w := newWorld(t)
	admin := w.user("Admin")
	g := w.group(zikr.QuranGroup, admin)
	early := w.connect(admin)
	early.join(g)
	w.fill(g, 150)
	early.do("book_pora", map[string]any{"poraId": "30", "groupId": g})
	early.socket.untilSeq(t, g, 151)
	late := w.connect(admin)
	late.join(g, 0)
	if diff := cmp.Diff(early.socket.logged(g), late.socket.logged(g)); diff != "" {
		t.Errorf("replayed (-live +replay):\n%s", diff)
	}
}

func TestJoinAgain(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	a, b := w.connect(users[0]), w.connect(users[1])
	a.join(g)
	b.join(g)
	w.touch(users[0], g, 3)
	if j := b.join(g, 0); j.Seq != 4 || j.Resync || j.OnlineCount != 2 {
		t.Errorf("joined_group: got %+v, want seq 4", j)
	}
	w.touch(users[0], g, 1)
	b.socket.untilSeq(t, g, 5)
	b.socket.wantSeqs(t, g, 2, 5) // nothing replayed
	a.socket.untilSeq(t, g, 5)
	if n := count(a.socket.names(), "user_online"); n != 1 {
		t.Errorf("got %d user_online, want 1", n)
	}
	b.do("leave_group", map[string]any{"groupId": g})
	a.socket.expect(t, "user_offline")
	if n := w.hub.size("group:" + g); n != 1 {
		t.Errorf("got %d in the room, want 1", n)
	}
}

func count(names []string, name string) (n int) {
	for _, got := range names {
		if got == name {
			n++
		}
	}
	return n
}

func TestLeave(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	a, b := w.connect(users[0]), w.connect(users[1])
	if got := fields(a.do("leave_group", map[string]any{"groupId": "never-joined"}).Data); got["groupId"] != "never-joined" {
		t.Errorf("left_group: got %v", got)
	}
	a.join(g)
	b.join(g)
	b.do("leave_group", map[string]any{"groupId": g})
	if got := a.socket.expect(t, "user_offline"); got["userId"] != users[1] {
		t.Errorf("user_offline: got %v", got)
	}
	w.touch(users[0], g, 1)
	a.socket.untilSeq(t, g, 2)
	if got := b.socket.seqs(g); len(got) != 0 {
		t.Errorf("who left was sent %v", got)
	}
	want := []string{"connection_status", "joined_group", "left_group"}
	if diff := cmp.Diff(want, b.socket.names()); diff != "" {
		t.Errorf("who left was sent (-want +got):\n%s", diff)
	}
	a.leave()
	if got := w.gateway.Stats(); got.Channels != 0 {
		t.Errorf("stats: got %+v, want no channel", got)
	}
}

// Who comes and goes again and again is not told of each time; how it ends is told.
func TestComingAndGoing(t *testing.T) {
	for end, offline := range map[string]int{"in": 3, "out": 4} {
		t.Run(end, func(t *testing.T) {
			leaves := &budget{}
			leaves.left.Store(3)
			w := newWorld(t, func(o *options) { o.live.Leaves, o.grace = leaves, time.Hour })
			users := w.users(2)
			g := w.group(zikr.QuranGroup, users[0], users[1])
			a, b := w.connect(users[0]), w.connect(users[1])
			a.join(g)
			for range 100 {
				b.join(g)
				b.do("leave_group", map[string]any{"groupId": g})
			}
			if end == "in" {
				b.join(g)
			}
			w.Service.EndGrace(context.Background(), users[1], g)
			w.touch(users[0], g, 1)
			a.socket.untilSeq(t, g, 2)
			if on, off := count(a.socket.names(), "user_online"), count(a.socket.names(), "user_offline"); on != 4 || off != offline {
				t.Errorf("the other was told %d times of coming and %d times of going, want 4 and %d", on, off, offline)
			}
		})
	}
}

// A replay is sent as fast as the client reads; that holds up nobody else, what the
// client sends meanwhile is answered afterwards, and draining ends it.
func TestSlowReader(t *testing.T) {
	w := newWorld(t, func(o *options) { o.live.Deadline = 2 * time.Second })
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	w.fill(g, 600)
	quick, slow := w.connect(users[0]), w.connect(users[1])
	quick.join(g)
	pages := make(chan chan struct{}, 10)
	slow.socket.slow = func(ctx context.Context) error {
		page := make(chan struct{})
		pages <- page
		select {
		case <-page:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	joined := slow.begin("join_group", map[string]any{"groupId": g, "since": 1})
	behind := slow.begin("get_notifications", nil)
	first := within(t, pages)
	w.touch(users[0], g, 1)
	quick.socket.untilSeq(t, g, 602)
	time.Sleep(2100 * time.Millisecond) // longer than an event may take
	close(first)
	for range 2 {
		close(within(t, pages))
	}
	for name, acks := range map[string]<-chan json.RawMessage{"join_group": joined, "what came behind it": behind} {
		if a := slow.wait(acks); !a.OK {
			t.Errorf("%s: got %+v", name, a.Error)
		}
	}
	slow.socket.wantSeqs(t, g, 2, 602)

	again := w.connect(users[1])
	again.socket.slow = slow.socket.slow
	again.send("join_group", map[string]any{"groupId": g, "since": 1})
	within(t, pages)
	if err := w.gateway.Drain(w.ctx); err != nil {
		t.Error(err)
	}
	again.ended(t, zikr.StatusDraining, false)
}
