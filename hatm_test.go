package zikr_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// adjust changes the settings of a group.
func (w *world) adjust(admin, groupID string, change zikr.GroupSettingsChange) {
	must(w.UpdateGroup(w.ctx, admin, groupID, zikr.GroupChange{GroupSettingsChange: change}))
}

// wake does all that is due, and returns how much it was.
func (w *world) wake() (n int) {
	for {
		due := must(w.BookingsDue(w.ctx, zikr.DueBooking{}, 100))
		for _, d := range due {
			if err := w.WakeBookings(w.ctx, d.GroupID, []zikr.DueBooking{d}); err != nil {
				w.t.Fatal(err)
			}
		}
		if n += len(due); len(due) == 0 {
			return n
		}
	}
}

func TestGroupSettings(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Q", Type: zikr.QuranGroup, GroupSettingsChange: zikr.GroupSettingsChange{
		OpenHatms: number(3), ReadingDays: number(7), Division: pointer(zikr.IndoPak), CompletionText: pointer(" Omin "), TimeZone: pointer("Asia/Tashkent"),
	}}))
	want := zikr.GroupSettingsItem{
		OpenHatms: 3, ReadingDays: pointer(int64(7)), Division: zikr.IndoPak, CompletionText: pointer("Omin"), TimeZone: "Asia/Tashkent",
	}
	if diff := cmp.Diff(want, g.GroupSettingsItem); diff != "" {
		t.Errorf("of a new group (-want +got):\n%s", diff)
	}
	since := w.seq(g.ID)
	w.adjust(ali, g.ID, zikr.GroupSettingsChange{ReadingDays: number(0), CompletionText: pointer(""), PoraLimit: number(2), IsAnonymous: pointer(false)})
	w.adjust(ali, g.ID, zikr.GroupSettingsChange{PoraLimit: number(2)}) // which changes nothing
	want.ReadingDays, want.CompletionText, want.PoraLimit = nil, nil, pointer(int64(2))
	if diff := cmp.Diff(want, w.snapshot(ali, g.ID).GroupSettingsItem); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if got := w.eventNames(g.ID, since); !cmp.Equal(got, []string{"group_updated"}) {
		t.Errorf("got %v", got)
	}
	for name, change := range map[string]zikr.GroupSettingsChange{
		"no open hatm": {OpenHatms: number(0)}, "21 open hatms": {OpenHatms: number(21)}, "31 poras": {PoraLimit: number(31)},
		"-1 days": {ReadingDays: number(-1)}, "367 days": {ReadingDays: number(367)}, "3661 days": {HatmDays: number(3661)},
		"a division": {Division: pointer(zikr.Division("halves"))}, "no zone": {TimeZone: pointer("")}, "a zone": {TimeZone: pointer("Asia/Atlantis")},
		"this machine's zone": {TimeZone: pointer("Local")},
	} {
		_, err := w.UpdateGroup(w.ctx, ali, g.ID, zikr.GroupChange{GroupSettingsChange: change})
		if wantCode(t, err, zikr.CodeInvalidPayload); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A group that may have more hatms gets the next one at once, when it waits for one.
func TestMoreOpenHatms(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	for n := 1; n <= zikr.Poras; n++ {
		w.book(ali, g, n)
	}
	since := w.seq(g)
	w.adjust(ali, g, zikr.GroupSettingsChange{OpenHatms: number(2), HatmDays: number(3)})
	if got := w.eventNames(g, since); !cmp.Equal(got, []string{"group_updated", "hatm_opened"}) {
		t.Errorf("got %v", got)
	}
	opened := lastEvent[zikr.HatmOpened](w, g)
	if opened.HatmNumber != 2 || opened.DueAt == nil || opened.DueAt.Sub(opened.Timestamp.Time) != 3*day {
		t.Errorf("got %+v", opened)
	}
	w.adjust(ali, g, zikr.GroupSettingsChange{OpenHatms: number(1)})
	if got := len(w.snapshot(ali, g).Hatms); got != 2 {
		t.Errorf("fewer have closed some: %d are open", got)
	}
}

// Overdue poras: reminded of the day before, released when the date has passed, each once.
func TestOverdue(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.adjust(ali, g, zikr.GroupSettingsChange{ReadingDays: number(3), AutoRelease: pointer(true)})
	held, done := w.book(vali, g, 1), w.book(vali, g, 2)
	w.clock.later(2*day - time.Hour)
	if n := w.wake(); n != 0 {
		t.Errorf("%d were due a day too early", n)
	}
	w.clock.later(2 * time.Hour)
	w.wake()
	if got := w.unreadTypes(vali); !cmp.Equal(got, []zikr.NotificationType{zikr.NotifyPoraDueSoon, zikr.NotifyPoraDueSoon}) {
		t.Errorf("the day before: got %v", got)
	}
	w.clock.later(day)
	w.complete(vali, done) // in that moment
	since := w.seq(g)
	late := must(w.BookingsDue(w.ctx, zikr.DueBooking{}, 10))
	w.wake()
	if err := w.WakeBookings(w.ctx, g, late); err != nil { // another node, which found the same
		t.Fatal(err)
	}
	if got := w.eventNames(g, since); !cmp.Equal(got, []string{"pora_released"}) {
		t.Errorf("got %v", got)
	}
	if e := lastEvent[zikr.PoraReleased](w, g); e.BookingID != held || e.Reason != zikr.ReleasedOverdue || e.UserID != vali {
		t.Errorf("got %+v", e)
	}
	if n := w.unread(vali)[0]; n.Type != zikr.NotifyPoraReleased || n.SenderID != "" || n.SenderName != "" {
		t.Errorf("the notification: got %+v", n)
	}
}

// A date that passed while no server ran is not told as one that comes.
func TestDueSoonAfterTheDate(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.adjust(ali, g, zikr.GroupSettingsChange{ReadingDays: number(3)})
	w.book(vali, g, 1)
	w.clock.later(3 * day)
	if n := w.wake(); n != 1 || len(w.unread(vali)) > 0 {
		t.Errorf("%d were due; told: %v", n, w.unreadTypes(vali))
	}
}

// Without autoRelease nothing is released, until it is switched on.
func TestAutoReleaseIsSwitchedOn(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.adjust(ali, g, zikr.GroupSettingsChange{ReadingDays: number(1)})
	w.book(vali, g, 1)
	w.wake()
	w.clock.later(5 * day)
	if n := w.wake(); n != 0 || w.pora(ali, g, 1).Status != "booked" {
		t.Errorf("%d were due, and pora 1 is %s", n, w.pora(ali, g, 1).Status)
	}
	w.adjust(ali, g, zikr.GroupSettingsChange{AutoRelease: pointer(true)})
	if n := w.wake(); n != 1 || w.pora(ali, g, 1).Status != "available" {
		t.Errorf("switched on: %d were due, and pora 1 is %s", n, w.pora(ali, g, 1).Status)
	}
}

// The dates of bookings in a deleted group are looked at once more, and never again.
// A date that moves along with its hatm's may have passed already. The clock looks at it then, and not after it.
func TestMovedDateThatHasPassed(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	w.adjust(ali, g, zikr.GroupSettingsChange{ReadingDays: number(5)})
	setDue := func(in time.Duration) {
		must(w.SetHatmDue(w.ctx, ali, g, 1, pointer(zikr.At(w.clock.now().Add(in)))))
	}
	setDue(4 * day)
	id := w.book(ali, g, 1)
	w.clock.later(6 * day)
	setDue(10 * day)
	var b *zikr.Booking
	wantCode(t, w.store.View(w.ctx, func(r zikr.Reader) (err error) {
		b, err = r.Booking(id)
		return err
	}), "")
	if b.DueAt.Sub(b.BookedAt) != 5*day || b.WakeAt.After(b.DueAt) {
		t.Errorf("booked at %s, due at %s, looked at at %s", b.BookedAt, b.DueAt, b.WakeAt)
	}
	w.wake()
	if n := w.wake(); n != 0 {
		t.Errorf("%d are due again", n)
	}
}

func TestDatesOfDeletedGroup(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	w.adjust(ali, g, zikr.GroupSettingsChange{ReadingDays: number(1), AutoRelease: pointer(true)})
	w.book(ali, g, 1)
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	since := w.seq(g)
	w.clock.later(5 * day)
	if n := w.wake(); n != 1 || len(w.eventNames(g, since)) > 0 || len(w.unread(ali)) > 0 {
		t.Errorf("%d were due; told: %v, %v", n, w.eventNames(g, since), w.unreadTypes(ali))
	}
}

func TestHatmIsReopened(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.readHatm(g, ali, vali)
	_, err := w.ReopenHatm(w.ctx, vali, g, 1)
	wantCode(t, err, zikr.CodeNotAdmin)
	_, err = w.ReopenHatm(w.ctx, ali, g, 3)
	wantCode(t, err, zikr.CodeHatmNotFound)
	got := must(w.ReopenHatm(w.ctx, ali, g, 1))
	if again := must(w.ReopenHatm(w.ctx, ali, g, 1)); got.TotalFinished != zikr.Poras || got.CompletedAt != nil || !cmp.Equal(got, again) {
		t.Errorf("got %+v, again %+v", got, again)
	}
	if e := lastEvent[zikr.HatmReopened](w, g); e.HatmNumber != 1 || e.HatmCount != 0 {
		t.Errorf("got %+v", e)
	}
	snap := w.snapshot(ali, g)
	booking := *snap.Poras[4].BookingID
	must(w.ReopenPora(w.ctx, ali, zikr.ReopenPora{BookingID: booking}))
	w.complete(ali, booking)
	if e := lastEvent[zikr.HatmCompleted](w, g); e.HatmNumber != 1 || e.HatmCount != 1 || len(w.snapshot(ali, g).Hatms) != 1 {
		t.Errorf("completed again: got %+v, and %d open hatms", e, len(w.snapshot(ali, g).Hatms))
	}
	w.clock.later(7*day + time.Hour)
	_, err = w.ReopenHatm(w.ctx, ali, g, 1)
	wantCode(t, err, zikr.CodeHatmCompleted)
	_, err = w.ReopenPora(w.ctx, ali, zikr.ReopenPora{BookingID: booking})
	wantCode(t, err, zikr.CodeHatmCompleted)
}

// What a former member marked as read is free when it is taken back.
func TestReopenOfFormerMember(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	booking := w.book(vali, g, 9)
	w.complete(vali, booking)
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	since := w.seq(g)
	must(w.ReopenPora(w.ctx, ali, zikr.ReopenPora{BookingID: booking}))
	if got := w.eventNames(g, since); !cmp.Equal(got, []string{"pora_reopened", "pora_released"}) {
		t.Errorf("got %v", got)
	}
	if e := lastEvent[zikr.PoraReleased](w, g); e.Reason != zikr.ReleasedLeft || w.pora(ali, g, 9).Status != "available" {
		t.Errorf("got %+v, and pora 9 is %s", e, w.pora(ali, g, 9).Status)
	}
}

func TestGroupHatms(t *testing.T) {
	w := newWorld(t)
	ali, guest := w.user("Ali"), w.user("Guest")
	g := w.group(zikr.QuranGroup, ali)
	for range 3 {
		w.readHatm(g, ali)
	}
	var numbers []int64
	for page := (zikr.Page{Limit: 2}); ; {
		list := must(w.GroupHatms(w.ctx, ali, g, page))
		for _, h := range list.Items {
			numbers = append(numbers, h.HatmNumber)
			if done := h.HatmNumber < 4; done != (h.CompletedAt != nil) || done != (len(h.Readers) == zikr.Poras) {
				t.Errorf("hatm %d: got %+v", h.HatmNumber, h)
			}
		}
		if list.Cursor == nil {
			break
		}
		page.Cursor = *list.Cursor
	}
	if !cmp.Equal(numbers, []int64{4, 3, 2, 1}) {
		t.Errorf("got %v", numbers)
	}
	_, err := w.GroupHatms(w.ctx, guest, g, zikr.Page{})
	wantCode(t, err, zikr.CodeNotMember)
	_, err = w.GroupHatms(w.ctx, ali, g, zikr.Page{Cursor: "x"})
	wantCode(t, err, zikr.CodeInvalidPayload)
}

// What clients make grow is bounded, and who meets a bound is counted.
func TestBoundsOfHatms(t *testing.T) {
	met := map[string]int{}
	w := newWorld(t, func(cfg *zikr.Config) {
		cfg.Bounds = zikr.DefaultBounds()
		cfg.Bounds.OpenHatms, cfg.Bounds.Loginless, cfg.Bounds.LoginlessMade, cfg.Bounds.ShareOuts = 1, 2, 3, 1
		cfg.Met = func(bound string) { met[bound]++ }
	})
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	w.readHatm(g, ali)
	_, err := w.ReopenHatm(w.ctx, ali, g, 1)
	wantCode(t, err, zikr.CodeLimitReached)
	add := func(name string) (string, error) {
		m, err := w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: name})
		if err != nil {
			return "", err
		}
		return m.UserID, nil
	}
	first := must(add("A"))
	must(add("B"))
	_, err = add("C")
	wantCode(t, err, zikr.CodeLimitReached)
	if err := w.RemoveMember(w.ctx, ali, g, first); err != nil {
		t.Fatal(err)
	}
	second := must(add("C"))
	if err := w.RemoveMember(w.ctx, ali, g, second); err != nil {
		t.Fatal(err)
	}
	_, err = add("D")
	wantCode(t, err, zikr.CodeLimitReached)
	shared := must(w.ShareHatm(w.ctx, ali, g, 2, zikr.ShareOut{UserIDs: []string{ali}}))
	must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: shared.Bookings[0].BookingID}))
	_, err = w.ShareHatm(w.ctx, ali, g, 2, zikr.ShareOut{})
	wantCode(t, err, zikr.CodeRateLimited)
	w.clock.later(day)
	must(w.ShareHatm(w.ctx, ali, g, 2, zikr.ShareOut{}))
	if want := map[string]int{"open_hatms": 1, "loginless_members": 1, "loginless_members_made": 1, "share_outs": 1}; !cmp.Equal(met, want) {
		t.Errorf("met %v, want %v", met, want)
	}
}

// A member without a login is a member like any other, but for what needs a login.
func TestMemberWithoutLogin(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	_, err := w.AddMember(w.ctx, vali, g, zikr.NewMember{Name: "Momo"})
	wantCode(t, err, zikr.CodeNotAdmin)
	momo := must(w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: "Momo"})).UserID
	if e := lastEvent[zikr.MemberJoined](w, g); !e.Loginless || e.UserName != "Momo" {
		t.Errorf("got %+v", e)
	}
	if found := must(w.FindUsers(w.ctx, vali, "Momo")).Items; len(found) > 0 {
		t.Errorf("a search finds %v", found)
	}
	for name, refused := range map[string]error{
		"invited":                  second(w.SendInvitation(w.ctx, ali, zikr.SendInvitation{GroupID: g, ReceiverID: momo})),
		"the admin":                second(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{AdminID: &momo})),
		"renamed, who has a login": second(w.RenameMember(w.ctx, ali, g, vali, zikr.MemberChange{Name: pointer("Olim")})),
	} {
		if zikr.CodeOf(refused) != zikr.CodeUserNotFound {
			t.Errorf("%s: got %v", name, refused)
		}
	}
	booked := must(w.BookPora(w.ctx, ali, zikr.BookPora{GroupID: g, PoraID: "1", ForUserID: &momo}))
	w.complete(ali, booked.BookingID)
	if e := lastEvent[zikr.PoraCompleted](w, g); e.UserID != momo || e.UserName != "Momo" {
		t.Errorf("got %+v", e)
	}
	if renamed := must(w.RenameMember(w.ctx, ali, g, momo, zikr.MemberChange{Surname: pointer("Oyi")})); renamed.UserName != "Momo Oyi" || renamed.Surname != "Oyi" {
		t.Errorf("got %+v", renamed)
	}
	surname := func(viewer string) string {
		members := w.snapshot(viewer, g).Members
		return members[slices.IndexFunc(members, func(m zikr.MemberItem) bool { return m.UserID == momo })].Surname
	}
	if told, others := surname(ali), surname(vali); told != "Oyi" || others != "" {
		t.Errorf("the admin is told %q, a member %q", told, others)
	}
	opa := must(w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: "Opa"})).UserID
	if err := w.RemoveMember(w.ctx, ali, g, opa); err != nil {
		t.Fatal(err)
	}
	if e := lastEvent[zikr.MemberLeft](w, g); e.UserID != opa || !e.Loginless {
		t.Errorf("got %+v", e)
	}
	_, err = w.RenameMember(w.ctx, ali, g, momo, zikr.MemberChange{Surname: pointer("Oyi\nVali")})
	wantCode(t, err, zikr.CodeInvalidPayload)
	if renamed := must(w.RenameMember(w.ctx, ali, g, momo, zikr.MemberChange{Surname: pointer("")})); renamed.UserName != "Momo" || renamed.Surname != "" {
		t.Errorf("without a surname: got %+v", renamed)
	}
	for _, user := range []string{vali, ali} {
		if err := w.LeaveGroup(w.ctx, user, g); err != nil {
			t.Fatal(err)
		}
		if e := lastEvent[zikr.MemberLeft](w, g); e.UserID != user || e.Loginless {
			t.Errorf("got %+v", e)
		}
	}
	if e := lastEvent[zikr.GroupDeleted](w, g); e.GroupID != g {
		t.Errorf("only who has no login is left: got %+v", e)
	}
}

// A share-out begins for each after the pora that they read last, and tells each reader once.
func TestShareHatm(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	w.complete(vali, w.book(vali, g, 12))
	w.book(sami, g, 3)
	since := w.seq(g)
	got := must(w.ShareHatm(w.ctx, ali, g, 1, zikr.ShareOut{UserIDs: []string{vali, sami}}))
	shares := map[string][]string{}
	for _, p := range got.Bookings {
		shares[p.UserID] = append(shares[p.UserID], p.PoraID)
	}
	if len(shares[vali]) != 14 || len(shares[sami]) != 14 || len(shares) != 2 || fmt.Sprint(w.pora(ali, g, 13).UserID) == "" || *w.pora(ali, g, 13).UserID != vali {
		t.Errorf("got %v", shares)
	}
	if names := w.eventNames(g, since); len(names) != 28 {
		t.Errorf("the group was told %v", names)
	}
	for _, user := range []string{vali, sami} {
		if got := w.unreadTypes(user); !cmp.Equal(got, []zikr.NotificationType{zikr.NotifyPoraAssigned}) {
			t.Errorf("got %v", got)
		}
	}
	since = w.seq(g)
	if again := must(w.ShareHatm(w.ctx, ali, g, 1, zikr.ShareOut{})); len(again.Bookings) > 0 || len(w.eventNames(g, since)) > 0 {
		t.Errorf("with no free pora: got %+v", again)
	}
	_, err := w.ShareHatm(w.ctx, ali, g, 1, zikr.ShareOut{UserIDs: []string{"nobody"}})
	wantCode(t, err, zikr.CodeUserNotFound)
	_, err = w.ShareHatm(w.ctx, ali, g, 2, zikr.ShareOut{})
	wantCode(t, err, zikr.CodeHatmNotFound)
}

// A hatm may be open for as long as its group goes on. Who read least is told by the latest thirty hatms, and no more of
// them are read.
func TestShareOldHatm(t *testing.T) {
	w := newWorld(t)
	ali, before, lately := w.user("Ali"), w.user("Before"), w.user("Lately")
	g := w.group(zikr.QuranGroup, ali, before, lately)
	wantCode(t, w.store.Update(w.ctx, zikr.GroupKey(g), func(tx zikr.Tx) error {
		of, err := tx.Group(g)
		if err != nil {
			return err
		}
		of.HatmCount = 9 + zikr.Poras
		errs := []error{tx.UpdateGroup(*of), tx.UpdateHatm(zikr.Hatm{GroupID: g, Number: 1, Finished: zikr.Poras - 1, OpenedAt: of.CreatedAt})}
		for hatm := int64(1); hatm <= 1+of.HatmCount; hatm++ {
			if hatm > 1 {
				errs = append(errs, tx.InsertHatm(zikr.Hatm{GroupID: g, Number: hatm, Finished: zikr.Poras, OpenedAt: of.CreatedAt, CompletedAt: of.CreatedAt}))
			}
			for pora := 1; pora <= zikr.Poras; pora++ {
				reader := ali
				switch {
				case hatm == 1 && pora == zikr.Poras:
					continue // is free
				case hatm > 1 && hatm <= 10:
					reader = before
				case hatm > 10 && pora <= 3:
					reader = lately
				}
				errs = append(errs, tx.InsertBooking(zikr.Booking{
					ID: fmt.Sprintf("booking-%d-%d", hatm, pora), GroupID: g, HatmNumber: hatm, Pora: pora, UserID: reader, Status: zikr.Completed,
					BookedAt: of.CreatedAt, EndedAt: of.CreatedAt,
				}))
			}
		}
		return errors.Join(errs...)
	}), "")
	shared := must(w.ShareHatm(w.ctx, ali, g, 1, zikr.ShareOut{UserIDs: []string{before, lately}}))
	if len(shared.Bookings) != 1 || shared.Bookings[0].UserID != before {
		t.Errorf("got %+v, want the one that is free for who read nothing lately", shared.Bookings)
	}
}
