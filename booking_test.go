package zikr_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/zikr-app/zikr"
)

// pora returns a pora of the current hatm as the snapshot shows it.
func (w *world) pora(userID, groupID string, n int) zikr.PoraItem {
	return w.snapshot(userID, groupID).Poras[n-1]
}

func TestBookPora(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	since := w.seq(g)

	got := must(w.BookPora(w.ctx, vali, zikr.BookPora{GroupID: g, PoraID: "7"}))
	want := &zikr.BookingConfirmed{BookingID: got.BookingID, PoraID: "7", PoraName: "7-Juz", HatmNumber: 1, Timestamp: got.Timestamp}
	if diff := cmp.Diff(want, got); diff != "" || got.BookingID == "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	booked := lastEvent[zikr.PoraBooked](w, g)
	wantEvent := zikr.PoraBooked{
		BookingID: got.BookingID, PoraID: "7", PoraName: "7-Juz", GroupID: g, UserID: vali, UserName: "Vali Karimov", HatmNumber: 1,
		Stamp: zikr.Stamp{Seq: since + 1, Timestamp: got.Timestamp},
	}
	if diff := cmp.Diff(wantEvent, booked); diff != "" {
		t.Errorf("pora_booked (-want +got):\n%s", diff)
	}
	wantPora := zikr.PoraItem{
		PoraID: "7", PoraName: "7-Juz", Status: "booked", BookingID: &got.BookingID, UserID: &vali, UserName: pointer("Vali Karimov"),
	}
	if diff := cmp.Diff(wantPora, w.pora(ali, g, 7)); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}

	again := must(w.BookPora(w.ctx, vali, zikr.BookPora{GroupID: g, PoraID: "7"}))
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("a repeat is the first confirmation (-first +again):\n%s", diff)
	}
	if names := w.eventNames(g, since); len(names) != 1 {
		t.Errorf("a repeat told the group: got %v", names)
	}
}

func TestBookPoraRefusals(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest := w.user("Ali"), w.user("Vali"), w.user("Guest")
	quran, zikrs := w.group(zikr.QuranGroup, ali, vali), w.group(zikr.ZikrGroup, ali)
	w.book(ali, quran, 1)
	w.complete(ali, w.book(ali, quran, 2))
	since := w.seq(quran)

	for _, test := range []struct {
		name, user, group, pora string
		want                    zikr.Code
	}{
		{"no such group", ali, "nothing", "1", zikr.CodeNotMember},
		{"not a member comes before the wrong type", guest, zikrs, "1", zikr.CodeNotMember},
		{"not a member comes before a pora that is not", guest, quran, "31", zikr.CodeNotMember},
		{"the wrong type comes before a pora that is not", ali, zikrs, "31", zikr.CodeWrongGroupType},
		{"pora 0", ali, quran, "0", zikr.CodePoraNotFound},
		{"pora 31", ali, quran, "31", zikr.CodePoraNotFound},
		{"a pora by its name", ali, quran, "1-Juz", zikr.CodePoraNotFound},
		{"a number written otherwise", ali, quran, "01", zikr.CodePoraNotFound},
		{"a sign", ali, quran, "+1", zikr.CodePoraNotFound},
		{"a space", ali, quran, " 1", zikr.CodePoraNotFound},
		{"another's", vali, quran, "1", zikr.CodePoraBooked},
		{"done by another", vali, quran, "2", zikr.CodePoraCompleted},
		{"done by oneself", ali, quran, "2", zikr.CodePoraCompleted},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.BookPora(w.ctx, test.user, zikr.BookPora{GroupID: test.group, PoraID: test.pora})
			wantCode(t, err, test.want)
		})
	}
	if names := w.eventNames(quran, since); len(names) > 0 {
		t.Errorf("refusals told the group: %v", names)
	}
}

func TestCompletePora(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	booking := w.book(vali, g, 30)
	since := w.seq(g)

	got := w.complete(vali, booking)
	want := &zikr.CompletionConfirmed{BookingID: booking, PoraID: "30", PoraName: "30-Juz", HatmNumber: 1, Timestamp: got.Timestamp}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	wantEvent := zikr.PoraCompleted{
		BookingID: booking, PoraID: "30", PoraName: "30-Juz", GroupID: g, GroupName: "Friends", UserID: vali, UserName: "Vali Karimov",
		TotalFinished: 1, HatmNumber: 1, Stamp: zikr.Stamp{Seq: since + 1, Timestamp: got.Timestamp},
	}
	if diff := cmp.Diff(wantEvent, lastEvent[zikr.PoraCompleted](w, g)); diff != "" {
		t.Errorf("pora_completed (-want +got):\n%s", diff)
	}
	if got := w.pora(ali, g, 30).Status; got != "completed" {
		t.Errorf("snapshot: got %s, want completed", got)
	}

	for _, who := range []string{vali, ali} { // the admin's repeat is the same booking's
		if diff := cmp.Diff(got, w.complete(who, booking)); diff != "" {
			t.Errorf("a repeat is the first confirmation (-first +again):\n%s", diff)
		}
	}
	if names := w.eventNames(g, since); len(names) != 1 {
		t.Errorf("a repeat told the group: got %v", names)
	}
}

func TestAdminCompletesForTheHolder(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.complete(ali, w.book(vali, g, 5))

	e := lastEvent[zikr.PoraCompleted](w, g)
	if e.UserID != vali || e.UserName != "Vali Karimov" {
		t.Errorf("pora_completed names %s %q, want the holder", e.UserID, e.UserName)
	}
	if got := w.unreadTypes(vali); len(got) > 0 {
		t.Errorf("a completion by the admin is no notification: got %v", got)
	}
}

func TestBookingRefusals(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami, guest := w.user("Ali"), w.user("Vali"), w.user("Sami"), w.user("Guest")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	booked, done, released := w.book(vali, g, 1), w.book(vali, g, 2), w.book(vali, g, 3)
	w.complete(vali, done)
	must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: released}))

	for _, test := range []struct {
		name, user, booking string
		complete, release   zikr.Code
	}{
		{"no such booking", ali, "nothing", zikr.CodeBookingNotFound, zikr.CodeBookingNotFound},
		{"of a group that one is not in", guest, booked, zikr.CodeBookingNotFound, zikr.CodeBookingNotFound},
		{"another's", sami, booked, zikr.CodeNotYourBooking, zikr.CodeNotYourBooking},
		{"another's that is done", sami, done, zikr.CodeNotYourBooking, zikr.CodeNotYourBooking},
		{"done", vali, done, "", zikr.CodeBookingCompleted},
		{"released", vali, released, zikr.CodeBookingNotFound, ""},
		{"released, by the admin", ali, released, zikr.CodeBookingNotFound, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.CompletePora(w.ctx, test.user, zikr.CompletePora{BookingID: test.booking})
			wantCode(t, err, test.complete)
			_, err = w.ReleasePora(w.ctx, test.user, zikr.ReleasePora{BookingID: test.booking})
			wantCode(t, err, test.release)
		})
	}
}

func TestReleasePora(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	booking := w.book(vali, g, 3)
	since := w.seq(g)

	got := must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: booking}))
	want := &zikr.ReleaseConfirmed{BookingID: booking, PoraID: "3", PoraName: "3-Juz", HatmNumber: 1, Timestamp: got.Timestamp}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	wantEvent := zikr.PoraReleased{
		BookingID: booking, PoraID: "3", PoraName: "3-Juz", GroupID: g, UserID: vali, UserName: "Vali Karimov",
		HatmNumber: 1, Reason: zikr.ReleasedByHolder,
		Stamp: zikr.Stamp{Seq: since + 1, Timestamp: got.Timestamp},
	}
	if diff := cmp.Diff(wantEvent, lastEvent[zikr.PoraReleased](w, g)); diff != "" {
		t.Errorf("pora_released (-want +got):\n%s", diff)
	}
	if got := w.pora(ali, g, 3); got.Status != "available" || got.BookingID != nil || got.UserID != nil || got.UserName != nil {
		t.Errorf("snapshot: got %+v, want it free", got)
	}

	other := w.book(ali, g, 3)
	again := must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: booking}))
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("a repeat is the first confirmation (-first +again):\n%s", diff)
	}
	if got := w.pora(ali, g, 3).BookingID; got == nil || *got != other {
		t.Errorf("a late repeat took the pora from who booked it since: got %v", got)
	}
	if got := w.unreadTypes(vali); len(got) > 0 {
		t.Errorf("one's own release is no notification: got %v", got)
	}
}

func TestAdminReleases(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	booking := w.book(vali, g, 3)
	w.bus.forget()
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: booking}))

	if e := lastEvent[zikr.PoraReleased](w, g); e.UserID != vali || e.UserName != "Vali Karimov" || e.Reason != zikr.ReleasedByAdmin {
		t.Errorf("pora_released names %s %q, want the holder", e.UserID, e.UserName)
	}
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: booking})) // a repeat notifies nobody
	signals := w.bus.all()
	if len(signals) != 1 {
		t.Fatalf("got %d signals, want one new_notification: %v", len(signals), signals)
	}
	var told zikr.NewNotification
	decode(t, signals[0].Data, &told)
	stored := w.unread(vali)
	if len(stored) != 1 {
		t.Fatalf("stored: got %v, want one", stored)
	}
	want := zikr.NewNotification{
		ID: stored[0].ID, Type: zikr.NotifyPoraReleased, SenderID: ali, SenderName: "Ali Karimov", GroupID: g, GroupName: "Friends", Time: told.Time,
		AboutPora: zikr.AboutPora{BookingID: booking, PoraID: "3", PoraName: "3-Juz", HatmNumber: 1},
	}
	if diff := cmp.Diff(want, told); diff != "" || signals[0].Name != "new_notification" || !slices.Equal(signals[0].UserIDs, []string{vali}) {
		t.Errorf("%s to %v (-want +got):\n%s", signals[0].Name, signals[0].UserIDs, diff)
	}
}

// readHatm books and completes all 30 poras, by the members in turn.
func (w *world) readHatm(groupID string, members ...string) {
	for n := 1; n <= zikr.Poras; n++ {
		m := members[n%len(members)]
		w.complete(m, w.book(m, groupID, n))
	}
}

func TestHatm(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	for hatm := int64(1); hatm <= 2; hatm++ {
		since := w.seq(g)
		w.readHatm(g, ali, vali)
		var finished int64
		for _, e := range w.events(g, since) {
			switch e.Name {
			case "pora_completed":
				finished++
				var got zikr.PoraCompleted
				decode(t, e.Data, &got)
				if got.TotalFinished != finished || got.HatmNumber != hatm || got.HatmCompleted != (finished == zikr.Poras) {
					t.Errorf("completion %d of hatm %d: got %+v", finished, hatm, got)
				}
			case "hatm_completed":
				var got zikr.HatmCompleted
				decode(t, e.Data, &got)
				want := zikr.HatmCompleted{GroupID: g, GroupName: "Friends", HatmCount: hatm, HatmNumber: hatm, Stamp: got.Stamp}
				if diff := cmp.Diff(want, got); diff != "" || finished != zikr.Poras {
					t.Errorf("hatm_completed after %d (-want +got):\n%s", finished, diff)
				}
			}
		}
		names := w.eventNames(g, since)
		if tail := names[len(names)-3:]; !slices.Equal(tail, []string{"pora_completed", "hatm_completed", "hatm_opened"}) {
			t.Errorf("the last three events are %v", tail)
		}
		snap := w.snapshot(ali, g)
		free := 0
		for _, p := range snap.Poras {
			if p.Status == "available" {
				free++
			}
		}
		if snap.HatmCount != hatm || free != zikr.Poras || len(snap.Poras) != zikr.Poras {
			t.Errorf("after hatm %d: got hatmCount %d and %d of %d poras free", hatm, snap.HatmCount, free, len(snap.Poras))
		}
	}
}

func TestHatmGoalIsForDisplay(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "One", Type: zikr.QuranGroup, HatmGoal: number(1)})).ID
	w.readHatm(g, ali)
	if w.book(ali, g, 1) == "" {
		t.Error("the hatm after the goal did not open")
	}
}

// A completion that is repeated after its hatm is over is still known.
func TestCompleteAgainAfterHatm(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	booking := w.book(ali, g, 1)
	first := w.complete(ali, booking)
	for n := 2; n <= zikr.Poras; n++ {
		w.complete(ali, w.book(ali, g, n))
	}
	since := w.seq(g)
	if diff := cmp.Diff(first, w.complete(ali, booking)); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	_, err := w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: booking})
	wantCode(t, err, zikr.CodeBookingCompleted)
	if names := w.eventNames(g, since); len(names) > 0 {
		t.Errorf("the group was told %v", names)
	}
}

// Whoever leaves gives back what was booked; what is done stays done.
func TestLeavingFreesPoras(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	done := w.book(vali, g, 1)
	w.complete(vali, done)
	second, third := w.book(vali, g, 2), w.book(vali, g, 3)
	w.book(sami, g, 4)
	since := w.seq(g)
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}

	want := []string{"pora_released", "pora_released", "member_left"}
	if diff := cmp.Diff(want, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	statuses := []string{}
	for _, p := range w.snapshot(ali, g).Poras[:4] {
		statuses = append(statuses, p.Status)
	}
	if diff := cmp.Diff([]string{"completed", "available", "available", "booked"}, statuses); diff != "" {
		t.Errorf("poras 1 to 4 (-want +got):\n%s", diff)
	}
	if name := w.pora(ali, g, 1).UserName; name == nil || *name != "Vali Karimov" {
		t.Errorf("who read pora 1 and left is named %v", name)
	}
	for _, booking := range []string{done, second, third} {
		_, err := w.CompletePora(w.ctx, vali, zikr.CompletePora{BookingID: booking})
		wantCode(t, err, zikr.CodeBookingNotFound)
	}
	must(w.JoinPublicGroup(w.ctx, vali, g))
	_, err := w.CompletePora(w.ctx, vali, zikr.CompletePora{BookingID: second})
	wantCode(t, err, zikr.CodeBookingNotFound)
	if again := w.book(vali, g, 2); again == second {
		t.Error("a new booking has the id of the released one")
	}
}

func TestPoraNames(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for i, p := range w.snapshot(ali, w.group(zikr.QuranGroup, ali)).Poras {
		id := fmt.Sprint(i + 1)
		if diff := cmp.Diff(zikr.PoraItem{PoraID: id, PoraName: id + "-Juz", Status: "available"}, p); diff != "" {
			t.Errorf("pora %s (-want +got):\n%s", id, diff)
		}
	}
}

// countedStore counts how often it is read.
type countedStore struct {
	zikr.Store
	views atomic.Int64
}

func (s *countedStore) View(ctx context.Context, query func(zikr.Reader) error) error {
	s.views.Add(1)
	return s.Store.View(ctx, query)
}

// TestBookingsGroup ends bookings on the node that made them, which knows their group, and on another, which
// has to ask for it once.
func TestBookingsGroup(t *testing.T) {
	var store countedStore
	w := newWorld(t, func(cfg *zikr.Config) { store.Store, cfg.Store = cfg.Store, &store })
	other := zikr.New(zikr.Config{Store: w.store, Bus: w.bus, Tokens: w.tokens, Passwords: w.passwords, NewID: uuid.NewString, Now: w.clock.now})
	defer other.Close()
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	first, second := w.book(ali, g, 1), w.book(ali, g, 2)

	complete := func(s *zikr.Service, booking string, want int64) {
		t.Helper()
		before := store.views.Load()
		if _, err := s.CompletePora(w.ctx, ali, zikr.CompletePora{BookingID: booking}); err != nil {
			t.Fatal(err)
		}
		if got := store.views.Load() - before; got != want {
			t.Errorf("the store was read %d times, want %d", got, want)
		}
	}
	complete(w.Service, first, 0)
	complete(other, second, 1)
	complete(other, second, 0)
}
