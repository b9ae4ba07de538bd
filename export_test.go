package zikr_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// anyMoment finds any moment right, but none where null is wanted.
var anyMoment = cmp.Comparer(func(zikr.Time, zikr.Time) bool { return true })

func TestExport(t *testing.T) {
	w := newWorld(t)
	account := must(w.Register(w.ctx, registration())).User
	me, ali := account.ID, w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, me)
	left := w.group(zikr.ZikrGroup, ali, me)
	z, other := w.zikr(ali, left, 0), w.zikr(ali, left, 0)
	first := w.count(me, left, z, 3)
	op := must(w.UpdateZikrCount(w.ctx, me, zikr.UpdateZikrCount{GroupID: left, ZikrID: z, Count: 4, OpID: pointer("op")}))
	w.count(ali, left, z, 50)
	w.count(me, left, other, 1)
	if err := w.DeleteZikr(w.ctx, ali, left, other); err != nil {
		t.Fatal(err)
	}
	if err := w.LeaveGroup(w.ctx, me, left); err != nil {
		t.Fatal(err)
	}
	booked, done, released := w.book(me, g, 1), w.book(me, g, 2), w.book(me, g, 3)
	w.complete(me, done)
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: released}))
	w.book(ali, g, 3)
	must(w.read(me, w.unread(me)[0].ID))

	got := must(w.Export(w.ctx, me))
	ended := new(zikr.Time)
	want := &zikr.Export{
		User:   zikr.ExportedUser{Account: account, SettingsItem: noSettings(), Findable: true},
		Groups: []zikr.ExportedGroup{{GroupID: g, GroupName: "Friends"}, {GroupID: left, GroupName: "Friends", LeftAt: ended}},
		Bookings: []zikr.ExportedBooking{
			{BookingID: booked, GroupID: g, HatmNumber: 1, PoraName: "1-Juz", Status: zikr.Booked},
			{BookingID: done, GroupID: g, HatmNumber: 1, PoraName: "2-Juz", Status: zikr.Completed, EndedAt: ended},
			{BookingID: released, GroupID: g, HatmNumber: 1, PoraName: "3-Juz", Status: zikr.Released, EndedAt: ended},
		},
		Zikrs: []zikr.ExportedShare{{ZikrID: z, Count: 7}, {ZikrID: other, Count: 1}},
		Counts: []zikr.ExportedCount{
			{ID: first.ID, GroupID: left, ZikrID: z, Count: 3}, {ID: op.ID, GroupID: left, ZikrID: z, Count: 4, OpID: pointer("op")},
			{ID: got.Counts[2].ID, GroupID: left, ZikrID: other, Count: 1},
		},
		Days: []zikr.ExportedDay{{g, nil, "2026-01-31", 1}, {left, &z, "2026-01-31", 7}, {left, &other, "2026-01-31", 1}},
		Notifications: []zikr.ExportedNotification{{NotificationItem: zikr.NotificationItem{
			ID: got.Notifications[0].ID, Type: zikr.NotifyPoraReleased, SenderID: ali, SenderName: "Vali Karimov", GroupID: g, GroupName: "Friends", IsRead: true,
			ReadAt:    got.Notifications[0].ReadAt.Time,
			AboutPora: zikr.AboutPora{BookingID: released, PoraID: "3", PoraName: "3-Juz", HatmNumber: 1},
		}, ReadAt: ended}},
		Links: []zikr.ExportedLinkUse{}, Bans: []zikr.ExportedBan{}, Banned: []zikr.ExportedBan{}, Budgets: []zikr.ExportedBudget{}, Sent: []zikr.ExportedSent{},
		Sessions: []zikr.SessionItem{{ID: got.Sessions[0].ID, ExpiresAt: got.Sessions[0].ExpiresAt}}, Blocks: []zikr.BlockItem{}, Acts: []zikr.ExportedAct{},
	}
	if diff := cmp.Diff(want, got, anyMoment); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !got.Counts[0].Time.Equal(first.Timestamp.Time) || got.Bookings[0].BookedAt.IsZero() || got.Groups[1].LeftAt.Before(got.Groups[1].JoinedAt.Time) {
		t.Errorf("moments: %+v", got)
	}
}

// What a user sent is the user's too: with the answers, and without what the sender was never told.
func TestExportOfSent(t *testing.T) {
	w := newWorld(t)
	me, vali, sami, late, gone := w.user("Me"), w.user("Vali"), w.user("Sami"), w.user("Late"), w.user("Gone")
	other := w.group(zikr.QuranGroup, vali)
	g := w.group(zikr.ZikrGroup, me, vali)
	z := w.zikr(me, g, 1)
	accepted, rejected, read := w.invite(me, g, sami), w.invite(me, g, gone), w.invite(me, g, late)
	yes := must(w.respond(sami, accepted, true))
	must(w.respond(gone, rejected, false))
	must(w.read(late, read))
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err) // and what they received is gone with them
	}
	own := must(w.respond(me, w.invite(vali, other, me), false))
	w.count(me, g, z, 1)
	if err := w.RemoveMember(w.ctx, me, g, vali); err != nil {
		t.Fatal(err)
	}
	must(w.UpdateMe(w.ctx, zikr.Session{UserID: sami}, zikr.ProfileChange{Name: pointer("Samiya")}))

	got := must(w.Export(w.ctx, me))
	sent := func(i int, t zikr.NotificationType, receiverID, receiverName, groupID string) zikr.ExportedSent {
		return zikr.ExportedSent{ID: got.Sent[i].ID, Type: t, ReceiverID: &receiverID, ReceiverName: &receiverName, GroupID: groupID, GroupName: "Friends"}
	}
	if len(got.Sent) != 5 {
		t.Fatalf("sent: got %+v, want 5", got.Sent)
	}
	reached := zikr.ExportedSent{ID: got.Sent[1].ID, Type: zikr.NotifyGoalReached, GroupID: g, GroupName: "Friends"}
	want := []zikr.ExportedSent{
		sent(0, zikr.NotifyRemoved, vali, "Vali Karimov", g),
		reached,
		sent(2, zikr.NotifyInvitationRejected, vali, "Vali Karimov", other),
		sent(3, zikr.NotifyInvitation, late, "Late Karimov", g), // whether it was read is not for the sender
		sent(4, zikr.NotifyInvitation, sami, "Samiya Karimov", g),
	}
	want[4].Answer, want[4].AnsweredAt = pointer(zikr.Accepted), &yes.Timestamp
	if diff := cmp.Diff(want, got.Sent, anyMoment); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if !got.Sent[4].AnsweredAt.Equal(yes.Timestamp.Time) || !got.Sent[4].Time.Before(yes.Timestamp.Time) {
		t.Errorf("moments: %+v", got.Sent[4])
	}
	received := got.Notifications[0]
	if *received.Answer != zikr.Rejected || !received.AnsweredAt.Equal(own.Timestamp.Time) || !received.ReadAt.Equal(own.Timestamp.Time) {
		t.Errorf("an invitation that was answered: %+v", received)
	}
	if waiting := must(w.Export(w.ctx, late)).Notifications[0]; waiting.Answer != nil || waiting.AnsweredAt != nil || waiting.ReadAt == nil {
		t.Errorf("an invitation that was read: %+v", waiting)
	}
	if len(got.Groups) != 1 || !got.Groups[0].IsAdmin || must(w.Export(w.ctx, sami)).Groups[0].IsAdmin {
		t.Errorf("groups: %+v", got.Groups)
	}
}

func TestExportOfNothing(t *testing.T) {
	w := newWorld(t)
	got := must(w.Export(w.ctx, w.user("Ali")))
	if got.Groups == nil || got.Bookings == nil || got.Zikrs == nil || got.Counts == nil || got.Days == nil || got.Notifications == nil || got.Sent == nil {
		t.Errorf("a list is null: %+v", got)
	}
}

// What is more than a page is exported too.
func TestExportIsComplete(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 1)
	const many = 1003
	if err := errors.Join(atOnce(many, func(int) error {
		return second(w.UpdateZikrCount(w.ctx, vali, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1}))
	})...); err != nil {
		t.Fatal(err)
	}
	counts, notifications := map[string]bool{}, map[string]bool{}
	for _, n := range must(w.Export(w.ctx, vali)).Counts {
		counts[n.ID] = true
	}
	for _, n := range must(w.Export(w.ctx, ali)).Notifications {
		notifications[n.ID] = true
	}
	if len(counts) != many || len(notifications) != many {
		t.Errorf("got %d counts and %d notifications, want %d of each", len(counts), len(notifications), many)
	}
}
