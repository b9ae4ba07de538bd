package live_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// A client that comes back in time is where it was: in its channels, with what it
// missed, and nobody was told that it was away.
func TestRecovery(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g, h := w.group(zikr.QuranGroup, users[0], users[1]), w.group(zikr.QuranGroup, users[0], users[1])
	admin, lost := w.connect(users[0]), w.connect(users[1])
	admin.join(g)
	lost.join(g)
	lost.join(h)
	lost.lose()
	w.touch(users[0], g, 3)
	w.touch(users[0], h, 1)
	back := lost.comeBack(users[1])
	w.touch(users[0], g, 1)
	back.socket.untilSeq(t, g, 5)
	back.socket.wantSeqs(t, g, 2, 5)
	back.socket.wantSeqs(t, h, 2, 2)
	if n := count(back.socket.names(), "connection_status"); n != 2 {
		t.Errorf("got %d connection_status, want 2", n)
	}
	if j := back.join(g, 0); j.Seq != 5 || j.OnlineCount != 2 { // it is in already
		t.Errorf("joined_group: got %+v", j)
	}
	back.leave()
	admin.socket.expect(t, "user_offline")
	if names := admin.socket.names(); count(names, "user_online") != 1 || count(names, "user_offline") != 1 {
		t.Errorf("the other was sent %v", names)
	}
}

// Who is taken out of the group while away is told so, and sent nothing of it any more.
func TestRecoveryOfAFormerMember(t *testing.T) {
	w := newWorld(t, func(o *options) { o.grace = time.Hour })
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	admin, lost := w.connect(users[0]), w.connect(users[1])
	admin.join(g)
	lost.join(g)
	lost.lose()
	if err := w.RemoveMember(w.ctx, users[0], g, users[1]); err != nil {
		t.Fatal(err)
	}
	w.touch(users[0], g, 1)
	admin.socket.untilSeq(t, g, 3)
	admin.socket.expect(t, "user_offline") // the grace ended with the membership
	back := lost.comeBack(users[1])
	w.touch(users[0], g, 1)
	admin.socket.untilSeq(t, g, 4)
	back.socket.wantSeqs(t, g, 2, 2) // member_left
	if n := w.hub.size("group:" + g); n != 1 {
		t.Errorf("got %d in the room, want 1", n)
	}
	if n, _ := must2(w.Online(w.ctx, g)); n != 1 {
		t.Errorf("got %d online, want 1", n)
	}
}

// A lost connection that is taken out of a channel was counted out before, when its grace was over.
func TestLostIsCountedOutOnce(t *testing.T) {
	late := &badBus{rnd: rand.New(rand.NewPCG(1, 2)), delay: 1}
	w := newWorld(t, func(o *options) {
		o.passBus = func(r zikr.Receiver) zikr.Receiver { late.to = r; return late }
		o.grace = time.Millisecond
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	lost := w.connect(users[1])
	lost.join(g)
	lost.lose()
	waitFor(t, "the grace to end", func() bool { n, _ := must2(w.Online(w.ctx, g)); return n == 0 })
	if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
		t.Fatal(err)
	}
	must(w.JoinPublicGroup(w.ctx, users[1], g))
	w.connect(users[1]).join(g) // the room is told of member_left first
	lost.socket.expect(t, "left_group")
	if n, _ := must2(w.Online(w.ctx, g)); n != 1 {
		t.Errorf("got %d online, want 1", n)
	}
}

// A place in a channel is not kept for ever.
func TestRecoveryEnds(t *testing.T) {
	w := newWorld(t, func(o *options) {
		start, began := time.Now(), time.Now()
		o.live.Now = func() time.Time { return start.Add(time.Since(began) * 10_000) } // 10 s a millisecond
		o.live.PollEvery = time.Millisecond
		o.live.Deadline = time.Hour
	})
	user := w.user("Ali")
	g := w.group(zikr.QuranGroup, user)
	c := w.connect(user)
	c.join(g)
	c.lose()
	waitFor(t, "the place to be given up", func() bool { return w.gateway.Stats().Channels == 0 })
	if n := w.hub.size("group:" + g); n != 0 {
		t.Errorf("got %d in the room, want none", n)
	}
}

// One that was in no channel, and one whose recovery failed, begin anew.
func TestRecoveryOfNothing(t *testing.T) {
	w := newWorld(t)
	user := w.user("Ali")
	g := w.group(zikr.QuranGroup, user)
	c := w.connect(user)
	c.lose()
	back := c.comeBack(user)
	if diff := cmp.Diff([]string{"connection_status", "connection_status"}, back.socket.names()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if j := back.join(g); j.OnlineCount != 1 {
		t.Errorf("joined_group: got %+v", j)
	}
	back.lose()
	fresh := w.connect(user)
	if j := fresh.join(g); j.OnlineCount != 1 {
		t.Errorf("joined_group: got %+v", j)
	}
}

func TestManyDevices(t *testing.T) {
	w := newWorld(t, func(o *options) { o.grace = 300 * time.Millisecond })
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	watcher, phone, tablet := w.connect(users[0]), w.connect(users[1]), w.connect(users[1])
	watcher.join(g)
	phone.join(g)
	tablet.join(g)
	phone.leave()
	tablet.drop()
	phone = w.connect(users[1]) // back within the grace
	if j := phone.join(g); j.OnlineCount != 2 {
		t.Errorf("joined_group: got %+v", j)
	}
	w.touch(users[0], g, 1)
	watcher.socket.untilSeq(t, g, 2)
	if names := watcher.socket.names(); count(names, "user_online") != 1 || count(names, "user_offline") != 0 {
		t.Errorf("the other was sent %v", names)
	}
	began := time.Now()
	phone.drop()
	watcher.socket.expect(t, "user_offline")
	if took := time.Since(began); took < 250*time.Millisecond {
		t.Errorf("user_offline came after %s, want the grace", took)
	}
}
