package live_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestAcceptEntersTheChannel(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0])
	w.touch(users[0], g, 4)
	admin, guest, second := w.connect(users[0]), w.connect(users[1]), w.connect(users[1])
	admin.join(g)
	id := w.invite(users[0], g, users[1])
	if got := guest.socket.expect(t, "new_invitation"); got["id"] != id {
		t.Errorf("new_invitation: got %v", got)
	}
	respond := map[string]any{"notificationId": id, "accept": true}
	if got := fields(guest.do("respond_to_invitation", respond).Data); got["accepted"] != true || got["groupId"] != g || got["Joined"] != nil {
		t.Errorf("invitation_responded: got %v", got)
	}
	w.touch(users[0], g, 2)
	for _, c := range []*client{admin, guest} {
		c.socket.untilSeq(t, g, 7)
		c.socket.wantSeqs(t, g, 5, 7)
		if got := c.socket.logged(g)[0]; got.Event != "member_joined" {
			t.Errorf("%s: got %s first, want member_joined", c.socket.id, got.Event)
		}
	}
	admin.socket.until(t, "waiting for the others' news", func() bool {
		names := namesOf(admin.socket.sent)
		return count(names, "user_online") == 1 && count(names, "invitation_accepted") == 1
	})
	if names := guest.socket.names(); count(names, "joined_group")+count(names, "user_online") != 0 {
		t.Errorf("the guest was sent %v", names)
	}
	if got := second.socket.seqs(g); len(got) != 0 {
		t.Errorf("the guest's other connection was sent %v", got)
	}

	// Once more: confirmed, on a connection that is in and on one that is not.
	for _, c := range []*client{guest, second} {
		c.do("respond_to_invitation", respond)
	}
	w.touch(users[0], g, 1)
	second.socket.untilSeq(t, g, 8)
	second.socket.wantSeqs(t, g, 8, 8)
	guest.socket.untilSeq(t, g, 8)
	guest.socket.wantSeqs(t, g, 5, 8)
	if names := admin.socket.names(); count(names, "user_online") != 1 || count(names, "member_joined") != 1 {
		t.Errorf("the admin was sent %v", names)
	}
}

// A bus that brings member_joined late, or never, changes nothing.
func TestAcceptWithALateBus(t *testing.T) {
	for name, bad := range map[string]*badBus{"late": {delay: 1}, "silent": {lose: 1}} {
		t.Run(name, func(t *testing.T) {
			bad.rnd = rand.New(rand.NewPCG(1, 2))
			w := newWorld(t, func(o *options) {
				o.passBus = func(r zikr.Receiver) zikr.Receiver { bad.to = r; return bad }
			})
			users := w.users(2)
			g := w.group(zikr.QuranGroup, users[0])
			admin, guest := w.connect(users[0]), w.connect(users[1])
			admin.join(g)
			w.touch(users[0], g, 3)
			guest.do("respond_to_invitation", map[string]any{"notificationId": w.invite(users[0], g, users[1]), "accept": true})
			w.touch(users[0], g, 1)
			w.gateway.Events(g, must(w.EventsAfter(w.ctx, g, 0, 100)))
			guest.socket.untilSeq(t, g, 5)
			guest.socket.wantSeqs(t, g, 4, 5)
			admin.socket.wantSeqs(t, g, 1, 5)
		})
	}
}

func TestReject(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0])
	admin, guest := w.connect(users[0]), w.connect(users[1])
	id := w.invite(users[0], g, users[1])
	guest.do("respond_to_invitation", map[string]any{"notificationId": id, "accept": false})
	admin.socket.expect(t, "invitation_rejected")
	if n := w.hub.size("group:" + g); n != 0 {
		t.Errorf("got %d in the room, want none", n)
	}
}

// Who is a member by another way meanwhile is confirmed, and enters without a second member_joined.
func TestAcceptAsAMember(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0])
	id := w.invite(users[0], g, users[1])
	must(w.JoinPublicGroup(w.ctx, users[1], g))
	guest := w.connect(users[1])
	guest.do("respond_to_invitation", map[string]any{"notificationId": id, "accept": true})
	w.touch(users[0], g, 1)
	guest.socket.untilSeq(t, g, 2)
	guest.socket.wantSeqs(t, g, 2, 2)
}

// Who left again since is confirmed, and stays out.
func TestAcceptAgainAfterLeaving(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0])
	guest := w.connect(users[1])
	respond := map[string]any{"notificationId": w.invite(users[0], g, users[1]), "accept": true}
	guest.do("respond_to_invitation", respond)
	if err := w.LeaveGroup(w.ctx, users[1], g); err != nil {
		t.Fatal(err)
	}
	guest.socket.expect(t, "left_group")
	guest.do("respond_to_invitation", respond)
	want := []string{"member_joined", "member_left", "left_group", "invitation_responded"}
	got := guest.socket.names("connection_status", "new_invitation")
	if got[0] == "invitation_responded" { // no order is promised between it and member_joined
		got = got[1:]
	} else {
		got = append(got[:1:1], got[2:]...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the guest was sent (-want +got):\n%s", diff)
	}
	if n := w.hub.size("group:" + g); n != 0 {
		t.Errorf("got %d in the room, want none", n)
	}
}
