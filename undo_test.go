package zikr_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// undo takes a counting back.
func (w *world) undo(userID, id string) (*zikr.ZikrUpdateConfirmed, error) {
	return w.UndoZikrCount(w.ctx, userID, zikr.UndoZikrCount{ID: id})
}

// agrees wants the total, the shares and the days of a zikr to be a sum.
func (w *world) agrees(member, groupID, zikrID string, want int64) {
	w.t.Helper()
	for _, z := range w.snapshot(member, groupID).Zikrs {
		if z.ZikrID != zikrID {
			continue
		}
		var shares, days int64
		for _, m := range z.Members {
			shares += m.Count
			_, _, d := w.counted(m.UserID, zikrID)
			days += d
		}
		if z.TotalCount != want || shares != want || days != want {
			w.t.Errorf("got the total %d, shares of %d and days of %d, want %d", z.TotalCount, shares, days, want)
		}
	}
}

func TestUndo(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 10)
	w.count(vali, g, z, 8)
	op := zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 7, OpID: pointer("op")}
	n := must(w.UpdateZikrCount(w.ctx, vali, op)) // over the goal
	if !n.GoalReached {
		t.Fatalf("the goal was not reached: %+v", n)
	}
	back := must(w.undo(vali, n.ID))
	want := &zikr.ZikrUpdateConfirmed{ID: back.ID, Count: -7, Undoes: n.ID, TotalCount: 8, Goal: pointer(int64(10)), Progress: "80.00"}
	if diff := cmp.Diff(want, back, anyMoment); diff != "" || back.ID == n.ID {
		t.Errorf("confirmation (-want +got):\n%s", diff)
	}
	told := lastEvent[zikr.ZikrCountUpdated](w, g)
	if told.Count != -7 || told.Undoes != n.ID || told.UserID != vali || told.UserName != "Vali Karimov" || told.TotalCount != 8 || told.GoalReached {
		t.Errorf("event: got %+v", told)
	}
	w.agrees(ali, g, z, 8)
	if again := must(w.undo(vali, n.ID)); cmp.Diff(again, back) != "" {
		t.Errorf("again: got %+v, want %+v", again, back)
	}
	if again := must(w.UpdateZikrCount(w.ctx, vali, op)); again.ID != n.ID { // the opId stays used
		t.Errorf("the opId: got %+v, want %s", again, n.ID)
	}
	w.agrees(ali, g, z, 8)
	if again := w.count(vali, g, z, 2); !again.GoalReached { // the goal is reached anew
		t.Errorf("over the goal again: got %+v", again)
	}
	wantCode(t, second(w.undo(vali, back.ID)), zikr.CodeCountNotFound)
	if seq := w.seq(g); seq != 6 { // joined, zikr, three countings, one that undoes
		t.Errorf("the log has %d events, want 6", seq)
	}
}

func TestUndoTakesAShareAway(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	n := w.count(vali, g, z, 3)
	must(w.undo(vali, n.ID))
	if members := w.snapshot(ali, g).Zikrs[0].Members; len(members) != 0 {
		t.Errorf("who counted: got %+v, want nobody", members)
	}
	wantDays(t, w.days(vali, "", ""))
	w.agrees(ali, g, z, 0)
}

func TestWhoMayUndo(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali, sami)
	z := w.zikr(ali, g, 0)
	n, kept := w.count(vali, g, z, 3), w.count(vali, g, z, 5)
	stranger := w.user("Stranger")
	wantCode(t, second(w.undo(sami, n.ID)), zikr.CodeNotAdmin)
	wantCode(t, second(w.undo(stranger, n.ID)), zikr.CodeCountNotFound)
	wantCode(t, second(w.undo(vali, "zzz")), zikr.CodeCountNotFound)
	w.clock.later(24*time.Hour + time.Minute)
	wantCode(t, second(w.undo(vali, n.ID)), zikr.CodeCountTooOld)
	back := must(w.undo(ali, n.ID)) // the admin may, for longer
	if again := must(w.undo(vali, n.ID)); again.ID != back.ID {
		t.Errorf("who made it sees it undone: got %+v, want %+v", again, back)
	}
	wantCode(t, second(w.undo(sami, n.ID)), zikr.CodeNotAdmin)
	w.agrees(ali, g, z, 5)
	counts := must(w.Export(w.ctx, vali)).Counts
	if last := counts[len(counts)-1]; last.Undoes == nil || *last.Undoes != n.ID || last.ByID == nil || *last.ByID != ali || last.Count != -3 {
		t.Errorf("Vali's export: got %+v", last)
	}
	if counts := must(w.Export(w.ctx, ali)).Counts; len(counts) != 0 {
		t.Errorf("Ali's export: got %+v, want nothing", counts)
	}
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	wantCode(t, second(w.undo(vali, kept.ID)), zikr.CodeCountNotFound)
	must(w.undo(ali, kept.ID)) // of a former member
	w.agrees(ali, g, z, 0)
}

// Who made a counting for somebody else is answered with what that one has undone, also when they are no admin any more.
func TestUndoIsAnsweredToAllWhoMay(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali, sami)
	n := must(w.UpdateZikrCount(w.ctx, ali, zikr.UpdateZikrCount{GroupID: g, ZikrID: w.zikr(ali, g, 0), Count: 3, ForUserID: &vali}))
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{AdminID: &sami}))
	back := must(w.undo(vali, n.ID))
	for _, user := range []string{ali, sami} {
		if again := must(w.undo(user, n.ID)); again.ID != back.ID {
			t.Errorf("got %+v, want %+v", again, back)
		}
	}
}

// Of a deleted account the log names nobody.
func TestUndoOfADeletedAccount(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	n := w.count(vali, g, z, 3)
	if err := w.DeleteMe(w.ctx, vali); err != nil {
		t.Fatal(err)
	}
	must(w.undo(ali, n.ID))
	events := w.events(g, 0)
	last := events[len(events)-1]
	if told := lastEvent[zikr.ZikrCountUpdated](w, g); last.UserID != "" || told.UserName != "Former member" || told.Undoes != n.ID {
		t.Errorf("got %+v of user %q", told, last.UserID)
	}
}

func TestUndoAfterTheZikrIsDeleted(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	n, undone := w.count(ali, g, z, 3), w.count(ali, g, z, 4)
	back := must(w.undo(ali, undone.ID))
	if err := w.DeleteZikr(w.ctx, ali, g, z); err != nil {
		t.Fatal(err)
	}
	wantCode(t, second(w.undo(ali, n.ID)), zikr.CodeZikrNotFound)
	if again := must(w.undo(ali, undone.ID)); again.ID != back.ID { // as a remembered opId
		t.Errorf("again: got %+v, want %+v", again, back)
	}
}

// What was cut is too old, whoever asks; what never was is not there.
func TestUndoAfterCountsAreCut(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	n := w.count(ali, g, z, 3)
	w.clock.later(zikr.KeepCounts + 2*day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 1})
	wantCode(t, second(w.undo(ali, n.ID)), zikr.CodeCountTooOld)
	w.count(ali, g, z, 4)
	wantCode(t, second(w.undo(ali, n.ID)), zikr.CodeCountTooOld)
	wantCode(t, second(w.undo(ali, "zzz")), zikr.CodeCountNotFound)
	w.agrees(ali, g, z, 7)
}

// Only the undoing is kept still: it is answered again.
func TestUndoIsAnsweredAfterTheCountIsCut(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	n := w.count(ali, g, z, 3)
	w.clock.later(5 * day)
	back := must(w.undo(ali, n.ID))
	w.clock.later(zikr.KeepCounts - 3*day)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedCounts: 1})
	if again := must(w.undo(ali, n.ID)); again.ID != back.ID {
		t.Errorf("again: got %+v, want %+v", again, back)
	}
	w.agrees(ali, g, z, 0)
}

// The last second of a day: what is undone after midnight goes out of the day before.
func TestUndoInTheLastSecondOfADay(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.ZikrGroup, ali)
	z := w.zikr(ali, g, 0)
	must(w.prefer(ali, `{"timeZone":"Asia/Tashkent"}`))
	w.clock.to("2026-02-01 12:00:00", "Asia/Tashkent")
	w.count(ali, g, z, 1)
	w.clock.to("2026-02-01 23:59:59", "Asia/Tashkent")
	n := w.count(ali, g, z, 2)
	w.clock.to("2026-02-02 00:00:00", "Asia/Tashkent")
	must(w.prefer(ali, `{"timeZone":"UTC"}`))
	must(w.undo(ali, n.ID))
	wantDays(t, w.days(ali, "2026-01-01", "2026-02-28"), counted("2026-02-01", 1))
}

// Any number at once, while others count: one undoes.
func TestUndoAtOnce(t *testing.T) {
	w := newWorld(t)
	users := w.users(8)
	ali := users[0]
	g := w.group(zikr.ZikrGroup, ali, users[1:]...)
	z := w.zikr(ali, g, 10)
	n := w.count(users[1], g, z, 5)
	before := w.seq(g)
	answers := make([]string, 40)
	for _, err := range atOnce(len(answers), func(i int) error {
		if i%2 == 0 {
			_, err := w.UpdateZikrCount(w.ctx, users[i%8], zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1})
			return err
		}
		back, err := w.undo(users[i%4/2], n.ID) // the admin and who made it
		if err == nil {
			answers[i] = back.ID
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	slices.Sort(answers)
	if ids := slices.Compact(answers); len(ids) != 2 { // and "" of those who counted
		t.Errorf("they were answered with %v, want one id", ids)
	}
	w.agrees(ali, g, z, 20)
	if got := w.seq(g) - before; got != 21 {
		t.Errorf("%d events, want 20 countings and one that undoes", got)
	}
}

func TestUndoMember(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g, elsewhere := w.group(zikr.ZikrGroup, ali, vali, sami), w.group(zikr.ZikrGroup, vali)
	z, other := w.zikr(ali, g, 10), w.zikr(vali, elsewhere, 0)
	w.count(vali, g, z, 1)
	w.clock.later(time.Hour)
	since := zikr.MemberUndo{Since: zikr.At(w.clock.now())}
	for range 120 { // more than one step
		w.count(vali, g, z, 1)
	}
	undone := w.count(vali, g, z, 1)
	must(w.undo(vali, undone.ID))
	w.count(sami, g, z, 3)
	w.count(vali, elsewhere, other, 7)
	must(w.UpdateZikrCount(w.ctx, ali, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 2, ForUserID: &vali}))
	undo := func(user, member string, in zikr.MemberUndo) (*zikr.MemberUndone, error) {
		return w.UndoMember(w.ctx, user, g, member, in)
	}
	wantCode(t, second(undo(sami, vali, since)), zikr.CodeNotAdmin)
	wantCode(t, second(undo(w.user("Stranger"), vali, since)), zikr.CodeNotMember)
	wantCode(t, second(undo(ali, "nobody", since)), zikr.CodeUserNotFound)
	wantCode(t, second(undo(ali, vali, zikr.MemberUndo{Since: zikr.At(w.clock.now().Add(-7*day - time.Hour))})), zikr.CodeInvalidPayload)
	wantCode(t, second(undo(ali, vali, zikr.MemberUndo{Since: zikr.At(w.clock.now().Add(time.Hour))})), zikr.CodeInvalidPayload)
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil { // a former member's too
		t.Fatal(err)
	}
	if got := must(undo(ali, vali, since)); got.Counts != 121 {
		t.Errorf("got %+v, want 121 countings", got)
	}
	w.agrees(ali, g, z, 4)
	w.agrees(vali, elsewhere, other, 7)
	if got := must(undo(ali, vali, since)); got.Counts != 0 {
		t.Errorf("again: got %+v, want none", got)
	}
}

// What a former admin did for others is taken back with what they did for themselves: not what others did since.
func TestUndoMemberForOthers(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, vali, ali, sami)
	z := w.zikr(vali, g, 0)
	count := func(admin, reader string, n int64) {
		must(w.UpdateZikrCount(w.ctx, admin, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: zikr.Int(n), ForUserID: &reader}))
	}
	count(vali, sami, 1)
	w.clock.later(time.Hour)
	since := zikr.MemberUndo{Since: zikr.At(w.clock.now())}
	for range 60 { // more than one step
		count(vali, sami, 1)
	}
	count(vali, ali, 5)
	w.count(vali, g, z, 7)
	w.count(sami, g, z, 20)
	must(w.UpdateGroup(w.ctx, vali, g, zikr.GroupChange{AdminID: &ali}))
	count(ali, sami, 300)
	w.agrees(ali, g, z, 1+60+5+7+20+300)
	before := w.seq(g)
	if got := must(w.UndoMember(w.ctx, ali, g, vali, since)); *got != (zikr.MemberUndone{Counts: 62}) {
		t.Errorf("got %+v, want 62 countings", got)
	}
	w.agrees(ali, g, z, 1+20+300)
	if told := w.seq(g) - before; told != 62 {
		t.Errorf("%d events, want one for each counting", told)
	}
	if got := must(w.UndoMember(w.ctx, ali, g, vali, since)); *got != (zikr.MemberUndone{}) {
		t.Errorf("again: got %+v, want nothing", got)
	}
}

// A pora that a former admin booked for another is free again unless that one has read it; one that they marked as read
// for another is to be read again.
func TestUndoMemberFreesPorasOfOthers(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, vali, ali, sami)
	give := func(admin string, pora int) string {
		return must(w.BookPora(w.ctx, admin, zikr.BookPora{GroupID: g, PoraID: fmt.Sprint(pora), ForUserID: &sami})).BookingID
	}
	give(vali, 1)
	early, own := give(vali, 2), w.book(sami, g, 3)
	w.clock.later(time.Hour)
	since := zikr.MemberUndo{Since: zikr.At(w.clock.now())}
	w.complete(vali, early)
	w.complete(vali, own)
	give(vali, 4)
	w.complete(sami, give(vali, 5))
	w.complete(vali, give(vali, 6))
	w.complete(sami, w.book(sami, g, 7))
	must(w.UpdateGroup(w.ctx, vali, g, zikr.GroupChange{AdminID: &ali}))
	give(ali, 8)
	w.complete(ali, give(ali, 9))
	before := w.seq(g)
	if got := must(w.UndoMember(w.ctx, ali, g, vali, since)); *got != (zikr.MemberUndone{Poras: 4}) {
		t.Errorf("got %+v, want 4 poras: 2, 3, 4 and 6", got)
	}
	want := []string{"booked", "booked", "booked", "available", "completed", "available", "completed", "booked", "completed"}
	for i, p := range w.snapshot(ali, g).Poras[:len(want)] {
		if p.Status != want[i] {
			t.Errorf("pora %d is %s, want %s", i+1, p.Status, want[i])
		}
	}
	if told := w.seq(g) - before; told != 5 {
		t.Errorf("%d events, want three poras reopened and two released", told)
	}
	if got := must(w.UndoMember(w.ctx, ali, g, vali, since)); *got != (zikr.MemberUndone{}) {
		t.Errorf("again: got %+v, want nothing", got)
	}
}

// What a share-out gave others is taken back too.
func TestUndoMemberTakesShareOutsBack(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, vali, ali, w.user("Sami"))
	since := zikr.MemberUndo{Since: zikr.At(w.clock.now())}
	must(w.ShareHatm(w.ctx, vali, g, 1, zikr.ShareOut{}))
	must(w.UpdateGroup(w.ctx, vali, g, zikr.GroupChange{AdminID: &ali}))
	if got := must(w.UndoMember(w.ctx, ali, g, vali, since)); *got != (zikr.MemberUndone{Poras: 30}) {
		t.Errorf("got %+v, want 30 poras", got)
	}
}

func TestCountForAnother(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 5)
	in := zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 5, OpID: pointer("op"), ForUserID: &vali}
	n := must(w.UpdateZikrCount(w.ctx, ali, in))
	if told := lastEvent[zikr.ZikrCountUpdated](w, g); told.UserID != vali || told.UserName != "Vali Karimov" {
		t.Errorf("the event names %s, %s, want Vali", told.UserID, told.UserName)
	}
	if again := must(w.UpdateZikrCount(w.ctx, ali, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1, OpID: pointer("op")})); again.ID != n.ID {
		t.Errorf("the opId is Ali's: got %+v, want %s", again, n.ID)
	}
	if other := must(w.UpdateZikrCount(w.ctx, vali, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1, OpID: pointer("op")})); other.ID == n.ID {
		t.Error("the opId is not Vali's, and was answered with Ali's counting")
	}
	if got := w.snapshot(vali, g).Zikrs[0].MyCount; got != 6 {
		t.Errorf("Vali's share: got %d, want 6", got)
	}
	if types := w.unreadTypes(vali); !slices.Equal(types, []zikr.NotificationType{zikr.NotifyGoalReached}) {
		t.Errorf("Vali, for whom Ali reached the goal, is told %v", types)
	}
	wantDays(t, w.days(vali, "", ""), counted("2026-01-31", 6))
	wantDays(t, w.days(ali, "", ""))
	own := in
	own.OpID, own.ForUserID = nil, &ali
	must(w.UpdateZikrCount(w.ctx, ali, own)) // for oneself is as without
	own.ForUserID = &ali
	wantCode(t, second(w.UpdateZikrCount(w.ctx, vali, own)), zikr.CodeNotAdmin)
	own.ForUserID = &sami
	wantCode(t, second(w.UpdateZikrCount(w.ctx, ali, own)), zikr.CodeUserNotFound)
	must(w.undo(vali, n.ID)) // whose it is may take it back
}
