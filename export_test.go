package zikr_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

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
		User:   zikr.ExportedUser{Account: account},
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
		Days: []zikr.ExportedDay{},
		Notifications: []zikr.NotificationItem{{
			ID: got.Notifications[0].ID, Type: zikr.NotifyPoraReleased, SenderID: ali, SenderName: "Vali Karimov", GroupID: g, GroupName: "Friends", IsRead: true,
		}},
	}
	anyMoment := cmp.Comparer(func(zikr.Time, zikr.Time) bool { return true }) // but none where null is wanted
	if diff := cmp.Diff(want, got, anyMoment); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !got.Counts[0].Time.Equal(first.Timestamp.Time) || got.Bookings[0].BookedAt.IsZero() || got.Groups[1].LeftAt.Before(got.Groups[1].JoinedAt.Time) {
		t.Errorf("moments: %+v", got)
	}
}

func TestExportOfNothing(t *testing.T) {
	w := newWorld(t)
	got := must(w.Export(w.ctx, w.user("Ali")))
	if got.Groups == nil || got.Bookings == nil || got.Zikrs == nil || got.Counts == nil || got.Days == nil || got.Notifications == nil {
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
