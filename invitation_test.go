package zikr_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestSendInvitation(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Friends", Type: zikr.QuranGroup})).ID
	w.bus.forget()

	sent := must(w.SendInvitation(w.ctx, ali, zikr.SendInvitation{GroupID: g, ReceiverID: vali}))
	want := &zikr.InvitationSent{ID: sent.ID, ReceiverID: vali, GroupID: g, Time: sent.Time}
	if diff := cmp.Diff(want, sent); diff != "" || sent.ID == "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	signals := w.bus.all()
	if len(signals) != 1 || signals[0].Name != "new_invitation" || !slices.Equal(signals[0].UserIDs, []string{vali}) {
		t.Fatalf("told: got %v", signals)
	}
	var told zikr.NewInvitation
	decode(t, signals[0].Data, &told)
	if want := (zikr.NewInvitation{ID: sent.ID, SenderID: ali, SenderName: "Ali Karimov", GroupID: g, GroupName: "Friends", Time: sent.Time}); told != want {
		t.Errorf("new_invitation: got %+v, want %+v", told, want)
	}
	stored := zikr.Notifications{{
		ID: sent.ID, Type: zikr.NotifyInvitation, SenderID: ali, SenderName: "Ali Karimov", GroupID: g, GroupName: "Friends", Time: sent.Time,
	}}
	if diff := cmp.Diff(stored, w.unread(vali)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if names := w.eventNames(g, 0); len(names) > 0 {
		t.Errorf("an invitation is no matter of the group's channel: %v", names)
	}
}

func TestSendInvitationRefusals(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest, gone, waiting := w.user("Ali"), w.user("Vali"), w.user("Guest"), w.user("Gone"), w.user("Waiting")
	g := w.group(zikr.QuranGroup, ali, vali)
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	w.invite(ali, g, waiting)
	for _, test := range []struct {
		name, user, group, receiver string
		want                        zikr.Code
	}{
		{"not a member comes before nobody", guest, g, "nobody", zikr.CodeNotMember},
		{"no such group", ali, "nothing", guest, zikr.CodeNotMember},
		{"not the admin comes before nobody", vali, g, "nobody", zikr.CodeNotAdmin},
		{"nobody", ali, g, "nobody", zikr.CodeUserNotFound},
		{"a deleted account", ali, g, gone, zikr.CodeUserNotFound},
		{"a member", ali, g, vali, zikr.CodeAlreadyMember},
		{"oneself", ali, g, ali, zikr.CodeAlreadyMember},
		{"who is invited already, also as a repeat", ali, g, waiting, zikr.CodeInvitationPending},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.SendInvitation(w.ctx, test.user, zikr.SendInvitation{GroupID: test.group, ReceiverID: test.receiver})
			wantCode(t, err, test.want)
		})
	}
	if got := w.unread(waiting); len(got) != 1 {
		t.Errorf("got %d invitations, want one", len(got))
	}
}

func TestAcceptInvitation(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Friends", Type: zikr.QuranGroup})).ID
	id := w.invite(ali, g, vali)
	w.bus.forget()

	got := must(w.respond(vali, id, true))
	want := &zikr.InvitationResponded{NotificationID: id, Accepted: true, GroupID: g, GroupName: "Friends", Timestamp: got.Timestamp, Joined: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	joined := lastEvent[zikr.MemberJoined](w, g)
	if joined.UserID != vali || joined.UserName != "Vali Karimov" || joined.Seq != 1 {
		t.Errorf("member_joined: got %+v", joined)
	}
	signals := w.bus.all()
	if len(signals) != 2 || signals[1].Name != "invitation_accepted" || !slices.Equal(signals[1].UserIDs, []string{ali}) {
		t.Fatalf("told: got %v, want invitation_accepted to the sender alone", signals)
	}
	wantRead(t, signals[0], vali)
	var told zikr.InvitationAccepted
	decode(t, signals[1].Data, &told)
	wantTold := zikr.InvitationAccepted{NotificationID: id, GroupID: g, GroupName: "Friends", UserID: vali, UserName: "Vali Karimov", Timestamp: got.Timestamp}
	if told != wantTold {
		t.Errorf("invitation_accepted: got %+v, want %+v", told, wantTold)
	}
	stored := w.unread(ali)
	if len(stored) != 1 || stored[0].Type != zikr.NotifyInvitationAccepted || stored[0].SenderID != vali || stored[0].SenderName != "Vali Karimov" {
		t.Errorf("stored for the sender: got %+v", stored)
	}
	if got := w.unread(vali); len(got) > 0 {
		t.Errorf("an answered invitation is read: got %v", got)
	}
}

func TestRejectInvitation(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	w.bus.forget()

	got := must(w.respond(vali, id, false))
	want := &zikr.InvitationResponded{NotificationID: id, GroupID: g, GroupName: "Friends", Timestamp: got.Timestamp}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	signals := w.bus.all()
	if len(signals) != 2 || signals[1].Name != "invitation_rejected" || !slices.Equal(signals[1].UserIDs, []string{ali}) {
		t.Fatalf("told: got %v, want invitation_rejected to the sender alone", signals)
	}
	wantRead(t, signals[0], vali)
	var told zikr.InvitationRejected
	decode(t, signals[1].Data, &told)
	if want := (zikr.InvitationRejected{NotificationID: id, GroupID: g, GroupName: "Friends", UserID: vali, Timestamp: got.Timestamp}); told != want {
		t.Errorf("invitation_rejected: got %+v, want %+v", told, want)
	}
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyInvitationRejected}, w.unreadTypes(ali)); diff != "" {
		t.Errorf("stored for the sender (-want +got):\n%s", diff)
	}
	if names := w.eventNames(g, 0); len(names) > 0 {
		t.Errorf("a rejection is no matter of the group's channel: %v", names)
	}
	if again := w.invite(ali, g, vali); again == id {
		t.Error("a new invitation has the id of the rejected one")
	}
}

func TestAnswerAgain(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for _, accept := range []bool{true, false} {
		vali := w.user(map[bool]string{true: "Vali", false: "Sami"}[accept])
		g := w.group(zikr.QuranGroup, ali)
		id := w.invite(ali, g, vali)
		first := must(w.respond(vali, id, accept))
		since := w.seq(g)
		w.bus.forget()
		unread := len(w.unread(ali))

		again := must(w.respond(vali, id, accept))
		first.Joined = 0 // a repeat lets nobody in
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("accept %t: a repeat is the first confirmation (-first +again):\n%s", accept, diff)
		}
		_, err := w.respond(vali, id, !accept)
		wantCode(t, err, zikr.CodeInvitationAnswered)
		if len(w.bus.all()) > 0 || len(w.unread(ali)) != unread || w.seq(g) != since {
			t.Errorf("accept %t: a repeat told %v, %v", accept, w.bus.all(), w.eventNames(g, since))
		}
	}
}

func TestAcceptAgainDoesNotBringBack(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	must(w.respond(vali, id, true))
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	if got := must(w.respond(vali, id, true)); !got.Accepted || got.Joined != 0 {
		t.Errorf("got %+v", got)
	}
	_, err := w.Standing(w.ctx, vali, g)
	wantCode(t, err, zikr.CodeNotMember)
	if w.invite(ali, g, vali) == id {
		t.Error("who left cannot be invited anew")
	}
}

func TestAcceptAsAMember(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	must(w.JoinPublicGroup(w.ctx, vali, g))
	since := w.seq(g)
	got := must(w.respond(vali, id, true))
	if !got.Accepted || got.Joined != 0 || w.seq(g) != since {
		t.Errorf("got %+v and events %v, want a confirmation without member_joined", got, w.eventNames(g, since))
	}
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyInvitationAccepted}, w.unreadTypes(ali)); diff != "" {
		t.Errorf("the sender is told all the same (-want +got):\n%s", diff)
	}
}

func TestReadInvitationCanBeAnswered(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	read := must(w.ReadNotification(w.ctx, vali, zikr.MarkNotificationRead{NotificationID: id}))
	if got := w.unread(vali); len(got) > 0 {
		t.Errorf("still unread: %v", got)
	}
	answered := must(w.respond(vali, id, true))
	if !answered.Timestamp.After(read.Timestamp.Time) {
		t.Errorf("answered at %s, read at %s", answered.Timestamp, read.Timestamp)
	}
	if again := must(w.ReadNotification(w.ctx, vali, zikr.MarkNotificationRead{NotificationID: id})); *again != *read {
		t.Errorf("reading again: got %+v, want the first %+v", again, read)
	}
	if got := w.snapshot(vali, g); len(got.Members) != 2 {
		t.Errorf("members: %v", got.Members)
	}
}

func TestInvitationIsItsReceivers(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	must(w.respond(vali, id, false))
	other := w.unread(ali)[0].ID // invitation_rejected: no invitation
	for user, id := range map[string]string{sami: id, ali: other, vali: "nothing"} {
		_, err := w.respond(user, id, true)
		wantCode(t, err, zikr.CodeInvitationNotFound)
		_, err = w.InvitedInto(w.ctx, user, id)
		wantCode(t, err, zikr.CodeInvitationNotFound)
	}
	if got := must(w.InvitedInto(w.ctx, vali, id)); got != g {
		t.Errorf("got %s, want %s", got, g)
	}
}

// An answered invitation of a deleted group is not found either, though it is kept.
func TestAnswerAfterTheGroupWasDeleted(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	id := w.invite(ali, g, vali)
	must(w.respond(vali, id, false))
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	_, err := w.respond(vali, id, false)
	wantCode(t, err, zikr.CodeInvitationNotFound)
}

// Who sent the invitation and deleted the account since is told nothing.
func TestAnswerToADeletedSender(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, sami)
	id := w.invite(ali, g, vali)
	if err := w.DeleteMe(w.ctx, ali); err != nil {
		t.Fatal(err)
	}
	if got := w.unread(vali); len(got) != 1 || got[0].SenderName != "Former member" {
		t.Errorf("the invitation of a former member: got %+v", got)
	}
	w.bus.forget()
	got := must(w.respond(vali, id, true))
	if got.Joined == 0 || len(w.bus.all()) != 1 {
		t.Errorf("got %+v and signals %v, want the member in and no other told", got, w.bus.all())
	}
	wantRead(t, w.bus.all()[0], vali)
}

// wantRead fails unless the signal tells the user's devices that a notification was read: an answer reads it too.
func wantRead(t *testing.T, got zikr.Signal, userID string) {
	t.Helper()
	if got.Name != "notification_marked_read" || !slices.Equal(got.UserIDs, []string{userID}) {
		t.Errorf("told: got %v, want notification_marked_read to %s", got, userID)
	}
}
