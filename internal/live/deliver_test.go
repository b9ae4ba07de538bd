package live_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/live"
)

// badBus stands between the bus and the gateway, and does what buses do: it
// loses publications, repeats them, and lets later ones overtake.
type badBus struct {
	to zikr.Receiver

	mu      sync.Mutex
	rnd     *rand.Rand
	lose    float64
	repeat  float64
	delay   float64
	held    [][]zikr.Event
	groupID string
}

func (b *badBus) Signal(s zikr.Signal) { b.to.Signal(s) }

func (b *badBus) Events(groupID string, events []zikr.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groupID = groupID
	switch roll := b.rnd.Float64(); {
	case roll < b.lose:
		return
	case roll < b.lose+b.delay:
		b.held = append(b.held, events)
		return
	case roll < b.lose+b.delay+b.repeat:
		b.to.Events(groupID, events)
	}
	b.to.Events(groupID, events)
	if len(b.held) > 2 {
		b.release()
	}
}

// release brings what was held back, latest first.
func (b *badBus) release() {
	for i := len(b.held) - 1; i >= 0; i-- {
		b.to.Events(b.groupID, b.held[i])
	}
	b.held = nil
}

func TestBadBus(t *testing.T) {
	for name, bad := range map[string]*badBus{
		"loses":      {lose: 0.4},
		"repeats":    {repeat: 0.5},
		"overtakes":  {delay: 0.5},
		"everything": {lose: 0.2, repeat: 0.2, delay: 0.3},
		"is silent":  {lose: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bad.rnd = rand.New(rand.NewPCG(1, 2))
			w := newWorld(t, func(o *options) {
				o.passBus = func(r zikr.Receiver) zikr.Receiver { bad.to = r; return bad }
				o.live.PollEvery = 5 * time.Millisecond
			})
			users := w.users(3)
			g := w.group(zikr.QuranGroup, users[0], users[1:]...)
			clients := make([]*client, len(users))
			for i, u := range users {
				clients[i] = w.connect(u)
				clients[i].join(g)
			}
			w.touch(users[0], g, 100)
			last := w.seq(g)
			for _, c := range clients {
				c.socket.untilSeq(t, g, last)
				c.socket.wantSeqs(t, g, 3, last)
			}
		})
	}
}

// A room that lacks what the log no longer has is told to resync, and goes on from there.
func TestBehindTheLog(t *testing.T) {
	cut := &cutStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { cut.Store = s; return cut }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	c := w.connect(users[1])
	c.join(g)
	c.socket.expect(t, "joined_group")
	cut.setOldest(60)
	event := func(seq int64) zikr.Event {
		return zikr.Event{GroupID: g, Seq: seq, Name: "group_updated", Data: fmt.Appendf(nil, `{"groupId":%q,"seq":%d}`, g, seq)}
	}
	w.gateway.Events(g, []zikr.Event{event(65), event(66)})
	got := c.socket.expect(t, "joined_group")
	if got["seq"] != 59.0 || got["resync"] != true || got["onlineCount"] != 1.0 {
		t.Errorf("joined_group: got %v, want resync at 59", got)
	}
	c.socket.untilSeq(t, g, 66)
	c.socket.wantSeqs(t, g, 60, 66)
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

func TestSignalsToUsers(t *testing.T) {
	w := newWorld(t)
	users := w.users(3)
	a1, a2, b, c := w.connect(users[0]), w.connect(users[0]), w.connect(users[1]), w.connect(users[2])
	w.bus.Signal(zikr.Signal{UserIDs: users[:2], Name: "new_notification", Data: []byte(`{"id":"n1"}`)})
	w.bus.Signal(zikr.Signal{UserIDs: users, ExceptID: a2.socket.id, Name: "new_notification", Data: []byte(`{"id":"n2"}`)})
	for _, tt := range []struct {
		c    *client
		want []string
	}{{a1, []string{"n1", "n2"}}, {a2, []string{"n1"}}, {b, []string{"n1", "n2"}}, {c, []string{"n2"}}} {
		var got []string
		for _, m := range tt.c.socket.sent {
			if m.Event == "new_notification" {
				got = append(got, fields(m.Data)["id"].(string))
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.c.socket.id, diff)
		}
	}
	if got := w.hub.toRooms.Load(); got != 2 {
		t.Errorf("%d messages to many users went to all their rooms at once, want 2", got)
	}
	w.bus.Signal(zikr.Signal{UserIDs: users[:1], Name: "new_notification", Data: []byte(`{"id":"n3"}`)})
	if got := w.hub.toRooms.Load(); got != 2 {
		t.Error("a message to one user is not as simple as it can be")
	}
}

func TestMemberLeft(t *testing.T) {
	w := newWorld(t)
	users := w.users(3)
	g, other := w.group(zikr.QuranGroup, users[0], users[1:]...), w.group(zikr.QuranGroup, users[1])
	admin, leaver1, leaver2, outside := w.connect(users[0]), w.connect(users[1]), w.connect(users[1]), w.connect(users[1])
	for _, c := range []*client{admin, leaver1, leaver2} {
		c.join(g)
	}
	leaver1.join(other)
	leaver1.do("book_pora", map[string]any{"poraId": "1", "groupId": g})
	if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
		t.Fatal(err)
	}
	w.touch(users[0], g, 1)
	admin.socket.untilSeq(t, g, 6)
	admin.socket.wantSeqs(t, g, 3, 6)
	admin.socket.expect(t, "user_offline")
	want := []string{"pora_booked", "pora_released", "member_left", "left_group"}
	for _, c := range []*client{leaver1, leaver2} {
		c.socket.expect(t, "left_group")
		if diff := cmp.Diff(want, c.socket.names("connection_status", "joined_group", "booking_confirmed", "user_online")); diff != "" {
			t.Errorf("%s was sent (-want +got):\n%s", c.socket.id, diff)
		}
	}
	if diff := cmp.Diff([]string{"connection_status"}, outside.socket.names()); diff != "" {
		t.Errorf("who was not in the channel was sent (-want +got):\n%s", diff)
	}
	if n := w.hub.size("group:" + other); n != 1 {
		t.Errorf("got %d in the other group's room, want 1", n)
	}
	if n, _ := must2(w.Online(w.ctx, g)); n != 1 {
		t.Errorf("got %d online, want 1", n)
	}
	if names := admin.socket.names(); count(names, "user_offline") != 1 {
		t.Errorf("got %v, want one user_offline", names)
	}
}

// Who left and came back is not thrown out by the news of the earlier leaving, however late.
func TestOldMemberLeftSparesNewJoin(t *testing.T) {
	late := &badBus{rnd: rand.New(rand.NewPCG(1, 2)), delay: 1}
	w := newWorld(t, func(o *options) {
		o.passBus = func(r zikr.Receiver) zikr.Receiver { late.to = r; return late }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	admin, before := w.connect(users[0]), w.connect(users[1])
	admin.join(g)
	before.join(g)
	if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
		t.Fatal(err)
	}
	must(w.JoinPublicGroup(w.ctx, users[1], g))
	after := w.connect(users[1])
	after.join(g)
	before.socket.expect(t, "left_group") // brought up to date before after was let in

	late.mu.Lock()
	late.release()
	late.mu.Unlock()
	w.gateway.Events(g, must(w.EventsAfter(w.ctx, g, 0, 100)))
	late.mu.Lock()
	late.delay = 0
	late.mu.Unlock()
	w.touch(users[0], g, 1)
	after.socket.untilSeq(t, g, 4)
	after.socket.wantSeqs(t, g, 4, 4)
	admin.socket.wantSeqs(t, g, 2, 4)
	if names := after.socket.names(); count(names, "left_group") != 0 {
		t.Errorf("the new connection was sent %v", names)
	}
	if n := w.hub.size("group:" + g); n != 2 {
		t.Errorf("got %d in the room, want 2", n)
	}
	// A connection of the old membership may come in again.
	if j := before.join(g); j.Seq != 4 || j.OnlineCount != 2 {
		t.Errorf("joined_group: got %+v", j)
	}
}

// Membership that ends between its check and the entry is no membership.
func TestLeftWhileJoining(t *testing.T) {
	hooked := &hookedStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	admin, c := w.connect(users[0]), w.connect(users[1])
	admin.join(g)
	hooked.then(func() { // behind the first reading of the standing
		if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
			t.Error(err)
		}
		admin.socket.untilSeq(t, g, 2)
	})
	if got := c.call("join_group", map[string]any{"groupId": g}); got.Error.Code != zikr.CodeNotMember {
		t.Errorf("got %+v, want not_member", got)
	}
	if n := w.hub.size("group:" + g); n != 1 {
		t.Errorf("got %d in the room, want 1", n)
	}
	admin.socket.expect(t, "user_offline")
	if n, _ := must2(w.Online(w.ctx, g)); n != 1 {
		t.Errorf("got %d online, want 1", n)
	}
}

// The same when nobody else is in the channel, so that nobody is told of what happens.
func TestLeftWhileJoiningAlone(t *testing.T) {
	hooked := &hookedStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	c := w.connect(users[1])
	hooked.then(func() { w.touch(users[0], g, 1) })
	if j := c.join(g); j.Seq != 2 {
		t.Errorf("joined_group: got seq %d, want 2: the latest", j.Seq)
	}
	c.do("leave_group", map[string]any{"groupId": g})
	hooked.then(func() {
		if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
			t.Error(err)
		}
	})
	if got := c.call("join_group", map[string]any{"groupId": g}); got.Error.Code != zikr.CodeNotMember {
		t.Errorf("got %+v, want not_member", got)
	}
}

// A connection of an earlier membership that joins again is taken out first, then let in.
func TestJoinAgainAsANewMember(t *testing.T) {
	late := &badBus{rnd: rand.New(rand.NewPCG(1, 2)), delay: 1}
	w := newWorld(t, func(o *options) {
		o.passBus = func(r zikr.Receiver) zikr.Receiver { late.to = r; return late }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	c := w.connect(users[1])
	c.join(g)
	if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
		t.Fatal(err)
	}
	must(w.JoinPublicGroup(w.ctx, users[1], g))
	if j := c.join(g, 2); j.Seq != 3 || j.OnlineCount != 1 {
		t.Errorf("joined_group: got %+v, want seq 3", j)
	}
	want := []string{"connection_status", "joined_group", "member_left", "left_group", "member_joined", "joined_group"}
	if diff := cmp.Diff(want, c.socket.names("user_offline", "user_online")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if n := w.hub.size("group:" + g); n != 1 {
		t.Errorf("got %d in the room, want 1", n)
	}
}

func TestGroupDeleted(t *testing.T) {
	w := newWorld(t)
	users := w.users(3)
	g := w.group(zikr.QuranGroup, users[0], users[1:]...)
	var in []*client
	for _, u := range users[:2] {
		in = append(in, w.connect(u))
	}
	for _, c := range in {
		c.join(g)
	}
	out := w.connect(users[2])
	if err := w.DeleteGroup(w.ctx, users[0], g); err != nil {
		t.Fatal(err)
	}
	for _, c := range in {
		c.socket.expect(t, "group_deleted")
		c.socket.expect(t, "left_group")
		if got := c.call("join_group", map[string]any{"groupId": g}); got.Error.Code != zikr.CodeNotMember {
			t.Errorf("got %+v, want not_member", got)
		}
	}
	if got := out.socket.expect(t, "new_notification"); got["type"] != "removed_from_group" {
		t.Errorf("got %v, want removed_from_group", got)
	}
	waitFor(t, "nobody to be online", func() bool { n, _ := must2(w.Online(w.ctx, g)); return n == 0 })
	if got := w.gateway.Stats(); got.Channels != 0 {
		t.Errorf("stats: got %+v, want no channel", got)
	}
}

// Events of one publication go out together.
func TestOneBroadcastForABatch(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	c := w.connect(users[0])
	c.join(g)
	var events []zikr.Event
	for i := range 5 {
		events = append(events, zikr.Event{GroupID: g, Seq: int64(i + 2), Name: "group_updated", Data: []byte(`{"groupId":"` + g + `","seq":` + string(rune('2'+i)) + `}`)})
	}
	w.gateway.Events(g, events)
	c.socket.untilSeq(t, g, 6)
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if got := w.hub.broadcasts[len(w.hub.broadcasts)-1]; len(got) != 5 {
		t.Errorf("the last broadcast had %d messages, want 5", len(got))
	}
}

var _ live.Broadcaster = (*hub)(nil)
