package zikr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// read marks a notification as read.
func (w *world) read(userID, id string) (*zikr.NotificationMarkedRead, error) {
	return w.ReadNotification(w.ctx, userID, zikr.MarkNotificationRead{NotificationID: id})
}

// types is what kinds of notifications a list has.
func types(items []zikr.NotificationItem) []zikr.NotificationType {
	out := []zikr.NotificationType{}
	for _, n := range items {
		out = append(out, n.Type)
	}
	return out
}

func TestHatmNotification(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami, late := w.user("Ali"), w.user("Vali"), w.user("Sami"), w.user("Late")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	for n := 1; n < zikr.Poras; n++ {
		w.complete(vali, w.book(vali, g, n))
	}
	last := w.book(vali, g, zikr.Poras)
	w.bus.forget()
	w.complete(ali, last) // the admin is the actor, the holder is notified

	signal := w.bus.await(t, "new_notification")
	slices.Sort(signal.UserIDs)
	if diff := cmp.Diff([]string{vali, sami}, signal.UserIDs); diff != "" {
		t.Errorf("told to (-want +got):\n%s", diff)
	}
	stored := w.unread(vali)
	if len(stored) != 1 {
		t.Fatalf("stored: got %v, want one", stored)
	}
	var told zikr.NewNotification
	decode(t, signal.Data, &told)
	want := zikr.NewNotification{
		ID: stored[0].ID, Type: zikr.NotifyHatmCompleted, SenderID: ali, SenderName: "Ali Karimov", GroupID: g, GroupName: "Friends", Time: stored[0].Time,
	}
	if told != want {
		t.Errorf("new_notification: got %+v, want %+v", told, want)
	}
	must(w.JoinPublicGroup(w.ctx, late, g))
	for _, id := range []string{ali, late} {
		if got := w.unread(id); len(got) > 0 {
			t.Errorf("%s was notified: %v", id, got)
		}
		_, err := w.read(id, told.ID)
		wantCode(t, err, zikr.CodeNotificationMissing)
	}
	if stored := w.unread(sami); len(stored) != 1 || stored[0].ID != told.ID {
		t.Errorf("stored for another: got %v", stored)
	}
	must(w.read(sami, told.ID))
	if len(w.unread(sami)) != 0 || len(w.unread(vali)) != 1 {
		t.Error("what one has read is read for one alone")
	}
}

// Each hatm is a notification of its own, other than a zikr's goals.
func TestHatmNotificationsAddUp(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.readHatm(g, ali)
	w.readHatm(g, ali)
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyHatmCompleted, zikr.NotifyHatmCompleted}, w.unreadTypes(vali)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOneUnreadGoalReached(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali, sami)
	z, z2 := w.zikr(ali, g, 10), w.zikr(ali, g, 10)
	for range 5 {
		w.count(ali, g, z, 10)
	}
	first := w.unread(vali)
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyGoalReached}, types(first)); diff != "" {
		t.Errorf("after five goals (-want +got):\n%s", diff)
	}
	if first[0].SenderID != ali || len(w.unread(ali)) != 0 {
		t.Errorf("sender %s, and the actor has %v", first[0].SenderID, w.unread(ali))
	}
	w.count(ali, g, z2, 10)
	if got := w.unread(vali); len(got) != 2 {
		t.Errorf("another zikr's goal: got %v, want two", got)
	}
	must(w.read(vali, first[0].ID))
	if got := w.unread(vali); len(got) != 1 {
		t.Errorf("after reading one: got %v", got)
	}
	w.count(sami, g, z, 10)
	if got := w.unread(vali); len(got) != 2 || got[0].SenderID != sami {
		t.Errorf("the next goal after reading: got %v, want it as well", got)
	}
	all := must(w.Notifications(w.ctx, vali, false, zikr.Page{})).Items
	unread := 0
	for _, n := range all {
		if !n.IsRead {
			unread++
		}
	}
	if len(all) != 7 || unread != 2 {
		t.Errorf("all: got %d with %d unread, want 7 with 2", len(all), unread)
	}
}

// A member is not told of a goal that was the member's own doing: it covers nothing for that member.
func TestOwnGoalCoversNothing(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali, sami)
	z := w.zikr(ali, g, 10)
	for _, step := range []struct {
		by   string
		want map[string]string // whose goal each has not read
	}{
		{ali, map[string]string{vali: ali, sami: ali}},
		{vali, map[string]string{ali: vali, vali: ali, sami: vali}},
		{vali, map[string]string{ali: vali, vali: ali, sami: vali}},
		{sami, map[string]string{ali: sami, vali: sami, sami: vali}},
		{ali, map[string]string{ali: sami, vali: ali, sami: ali}},
	} {
		w.count(step.by, g, z, 10)
		got := map[string]string{}
		for _, user := range []string{ali, vali, sami} {
			for _, n := range w.unread(user) {
				got[user] += n.SenderID
			}
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Fatalf("after a goal of %s (-want +got):\n%s", step.by, diff)
		}
	}
	own := w.unread(ali)[0].ID
	must(w.read(ali, own))
	w.count(ali, g, z, 10)
	if got := w.unread(ali); len(got) > 0 {
		t.Errorf("what was read is unread after another goal of one's own: %v", got)
	}
	for _, n := range must(w.Notifications(w.ctx, ali, false, zikr.Page{})).Items {
		if !n.IsRead {
			t.Errorf("the list of all: %+v is unread", n)
		}
	}
}

// An update that goes past several multiples of the goal reaches it once.
func TestGoalReachedIsTold(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 10)
	w.bus.forget()
	w.count(ali, g, z, 9)
	w.count(ali, g, z, 91)
	w.Close()
	told := w.bus.toUser(vali)
	if len(told) != 1 || told[0].Name != "new_notification" {
		t.Fatalf("got %v, want one new_notification", told)
	}
	var n zikr.NewNotification
	decode(t, told[0].Data, &n)
	if n.Type != zikr.NotifyGoalReached || n.ID != w.unread(vali)[0].ID {
		t.Errorf("got %+v", n)
	}
}

// Reading the newest of a topic reads those that it covers.
func TestReadingANoticeAgain(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 10)
	w.count(ali, g, z, 10)
	older := w.unread(vali)[0].ID
	w.count(ali, g, z, 10)
	newer := w.unread(vali)[0].ID

	first := must(w.read(vali, newer))
	want := &zikr.NotificationMarkedRead{NotificationID: newer, Success: true, Timestamp: first.Timestamp}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	if again := must(w.read(vali, newer)); *again != *first {
		t.Errorf("again: got %+v, want the first %+v", again, first)
	}
	if got := must(w.read(vali, older)); got.Timestamp != first.Timestamp {
		t.Errorf("the covered one: read at %s, want %s", got.Timestamp, first.Timestamp)
	}
	if got := w.unread(vali); len(got) > 0 {
		t.Errorf("still unread: %v", got)
	}
}

func TestReadNotification(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali)
	booking := w.book(vali, g, 1)
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: booking}))
	id := w.unread(vali)[0].ID

	for _, user := range []string{ali, sami} {
		_, err := w.read(user, id)
		wantCode(t, err, zikr.CodeNotificationMissing)
	}
	_, err := w.read(vali, "nothing")
	wantCode(t, err, zikr.CodeNotificationMissing)
	if len(w.unread(vali)) != 1 {
		t.Error("another's attempt read it")
	}
	first := must(w.read(vali, id))
	if again := must(w.read(vali, id)); *again != *first || !first.Success || first.NotificationID != id {
		t.Errorf("again: got %+v, want the first %+v", again, first)
	}
	if got := must(w.Notifications(w.ctx, vali, false, zikr.Page{})).Items; len(got) != 1 || !got[0].IsRead {
		t.Errorf("the list of all: got %+v", got)
	}
	// What was told of a group stays its receiver's when the group is gone.
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	if again := must(w.read(vali, id)); *again != *first {
		t.Errorf("after the group was deleted: got %+v, want %+v", again, first)
	}
}

func TestUnreadNotificationsAre100AtMost(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	if got := w.unread(vali); got == nil || len(got) != 0 {
		t.Errorf("none: got %#v, want an empty list", got)
	}
	var want []string
	for range 103 {
		booking := w.book(vali, g, 1)
		must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: booking}))
	}
	for _, n := range must(w.Notifications(w.ctx, vali, true, zikr.Page{Limit: 200})).Items {
		want = append(want, n.ID)
	}
	var got []string
	for _, n := range w.unread(vali) {
		got = append(got, n.ID)
	}
	if !slices.Equal(got, want[:100]) || len(want) != 103 {
		t.Errorf("got %d of %d, want the 100 newest", len(got), len(want))
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("not newest first: %v", got)
	}
	page := must(w.Notifications(w.ctx, vali, true, zikr.Page{Limit: 100}))
	rest := must(w.Notifications(w.ctx, vali, true, zikr.Page{Limit: 100, Cursor: *page.Cursor}))
	if len(rest.Items) != 3 || rest.Cursor != nil || rest.Items[0].ID != want[100] {
		t.Errorf("the second page: got %+v", rest)
	}
}

// A notice costs one row and no work per member in the transaction that causes it.
func TestNoticeCostsOneRow(t *testing.T) {
	calls := &tap{}
	w := newWorld(t, withTap(calls))
	ids := w.users(30)
	g := w.group(zikr.ZikrGroup, ids[0], ids[1:]...)
	z := w.zikr(ids[0], g, 10)
	calls.reset(0)
	w.count(ids[0], g, z, 10)
	if got := calls.counted(); got["InsertNotice"] != 1 || got["InsertNotification"] != 0 || got["User"] > 3 {
		t.Errorf("called: got %v, want one notice and no work per member", got)
	}
	for _, id := range ids[1:] {
		if got := w.unread(id); len(got) != 1 {
			t.Fatalf("%s has %v, want one", id, got)
		}
	}
}

// What cannot be told is logged, and found with get_notifications.
func TestNoticeThatCannotBeTold(t *testing.T) {
	faults := &tap{}
	w := newWorld(t, withTap(faults))
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 10)
	w.bus.forget()
	faults.reset(0)
	w.count(ali, g, z, 9)
	calls := 0 // of one counting
	for _, n := range faults.counted() {
		calls += n
	}
	faults.reset(calls + 3) // the notice, and that it is told, are two more; the next call is the announcer's
	w.count(ali, g, z, 1)
	w.Close()
	if !strings.Contains(w.logged.String(), "a notice was stored and not told") || len(w.bus.all()) > 0 {
		t.Errorf("log %q, signals %v", w.logged, w.bus.all())
	}
	if got := w.unread(vali); len(got) != 1 {
		t.Errorf("stored: got %v", got)
	}
}

// A use case after Close still works; its notice waits to be found.
func TestNoticeAfterClose(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 10)
	w.Close()
	w.bus.forget()
	w.count(ali, g, z, 10)
	w.Close() // a second call does nothing
	if len(w.bus.all()) > 0 || len(w.unread(vali)) != 1 {
		t.Errorf("signals %v, stored %v", w.bus.all(), w.unread(vali))
	}
}
