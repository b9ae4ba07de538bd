package zikr_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// metBounds are the bounds that were met.
type metBounds struct {
	mu  sync.Mutex
	all []string
}

func (m *metBounds) tell(bound string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, bound)
}

// wantMet fails unless exactly this bound was met, once, since it was last asked.
func (m *metBounds) wantMet(t *testing.T, bound string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.all, []string{bound}) {
		t.Errorf("met %v, want %s once", m.all, bound)
	}
	m.all = nil
}

// boundedWorld is a world with bounds that a test changes.
func boundedWorld(t *testing.T, change func(*zikr.Bounds)) (*world, *metBounds) {
	t.Helper()
	met := &metBounds{}
	return newWorld(t, func(cfg *zikr.Config) {
		cfg.Bounds, cfg.Met = zikr.Unbounded(), met.tell
		change(&cfg.Bounds)
	}), met
}

func (w *world) newGroup(admin string) error {
	return second(w.CreateGroup(w.ctx, admin, zikr.NewGroup{Name: "Friends", Type: zikr.ZikrGroup}))
}

func TestGroupsADay(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.GroupsADay = 2 })
	ali, vali := w.user("Ali"), w.user("Vali")
	for _, want := range []zikr.Code{"", "", zikr.CodeRateLimited} {
		wantCode(t, w.newGroup(ali), want)
	}
	met.wantMet(t, "groups_a_day")
	wantCode(t, w.newGroup(vali), "")
	w.clock.at.Add((24 * time.Hour).Milliseconds())
	wantCode(t, w.newGroup(ali), "")
}

func TestGroupsInAll(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.Groups = 2 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	wantCode(t, w.newGroup(ali), "")
	wantCode(t, w.newGroup(ali), zikr.CodeLimitReached)
	met.wantMet(t, "groups")
	must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{AdminID: &vali}))
	wantCode(t, w.newGroup(ali), "")
}

// TestAssignmentsADay holds in bounds what an admin has others told of, by booking for them and releasing again.
func TestAssignmentsADay(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.AssignmentsADay = 2 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	assign := func() error {
		b, err := w.BookPora(w.ctx, ali, zikr.BookPora{GroupID: g, PoraID: "1", ForUserID: &vali})
		if err == nil {
			must(w.ReleasePora(w.ctx, ali, zikr.ReleasePora{BookingID: b.BookingID}))
		}
		return err
	}
	for _, want := range []zikr.Code{"", "", zikr.CodeRateLimited} {
		wantCode(t, assign(), want)
	}
	met.wantMet(t, "assignments_a_day")
	must(w.BookPora(w.ctx, ali, zikr.BookPora{GroupID: g, PoraID: "1"}))
	must(w.BookPora(w.ctx, vali, zikr.BookPora{GroupID: g, PoraID: "2"}))
}

func TestBoundsOfAGroup(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.Members, b.Bans, b.Zikrs, b.GroupText = 2, 1, 2, 200 })
	u := w.users(5)
	g := w.group(zikr.ZikrGroup, u[0], u[1])
	wantCode(t, second(w.JoinPublicGroup(w.ctx, u[2], g)), zikr.CodeLimitReached)
	met.wantMet(t, "members")
	wantCode(t, second(w.respond(u[2], w.invite(u[0], g, u[2]), true)), zikr.CodeLimitReached)
	met.wantMet(t, "members")
	wantCode(t, second(w.AddMember(w.ctx, u[0], g, zikr.NewMember{Name: "Momo"})), zikr.CodeLimitReached)
	met.wantMet(t, "members")
	wantCode(t, w.ban(u[0], g, u[3]), "")
	wantCode(t, w.ban(u[0], g, u[4]), zikr.CodeLimitReached)
	met.wantMet(t, "bans")

	add := func(body string) error {
		return second(w.CreateZikr(w.ctx, u[0], g, zikr.NewZikr{Name: "Zikr", Body: &body}))
	}
	wantCode(t, add(strings.Repeat("x", 200)), zikr.CodeLimitReached)
	met.wantMet(t, "group_text")
	wantCode(t, add(strings.Repeat("x", 100)), "")
	wantCode(t, second(w.UpdateGroup(w.ctx, u[0], g, zikr.GroupChange{Dedication: pointer(strings.Repeat("x", 100))})), zikr.CodeLimitReached)
	met.wantMet(t, "group_text")
	z := w.snapshot(u[0], g).Zikrs[0].ZikrID
	wantCode(t, second(w.UpdateZikr(w.ctx, u[0], g, z, zikr.ZikrChange{Hint: pointer(strings.Repeat("x", 100))})), zikr.CodeLimitReached)
	met.wantMet(t, "group_text")
	wantCode(t, second(w.UpdateZikr(w.ctx, u[0], g, z, zikr.ZikrChange{Body: pointer("x")})), "")
	wantCode(t, second(w.UpdateGroup(w.ctx, u[0], g, zikr.GroupChange{Dedication: pointer(strings.Repeat("x", 100))})), "")
	wantCode(t, add("x"), "")
	wantCode(t, add("x"), zikr.CodeLimitReached)
	met.wantMet(t, "zikrs")
	wantCode(t, w.DeleteZikr(w.ctx, u[0], g, z), "")
	wantCode(t, add("x"), "")
}

// Who joins and leaves again and again tells a group's members so only so often.
func TestJoinsADay(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.JoinsADay = 2 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali)
	for _, want := range []zikr.Code{"", "", zikr.CodeRateLimited} {
		err := second(w.JoinPublicGroup(w.ctx, vali, g))
		wantCode(t, err, want)
		if err == nil {
			must(w.JoinPublicGroup(w.ctx, vali, g)) // again counts nothing
			wantCode(t, w.LeaveGroup(w.ctx, vali, g), "")
		}
	}
	met.wantMet(t, "joins_a_day")
	link := w.link(ali, g, zikr.NewLink{})
	wantCode(t, second(w.JoinByLink(w.ctx, vali, link)), zikr.CodeRateLimited) // is no way round it
	met.wantMet(t, "joins_a_day")
	sami := w.user("Sami")
	for _, want := range []zikr.Code{"", "", zikr.CodeRateLimited} {
		err := second(w.JoinByLink(w.ctx, sami, link))
		wantCode(t, err, want)
		if err == nil {
			must(w.JoinByLink(w.ctx, sami, link))
			wantCode(t, w.LeaveGroup(w.ctx, sami, g), "")
		}
	}
	met.wantMet(t, "joins_a_day")
}

func TestBookingsADay(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.BookingsADay = 2 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	book := func(user string, pora int) error {
		return second(w.BookPora(w.ctx, user, zikr.BookPora{GroupID: g, PoraID: fmt.Sprint(pora)}))
	}
	w.book(vali, g, 1)
	must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: w.book(vali, g, 2)}))
	wantCode(t, book(vali, 1), "") // confirmed again
	wantCode(t, book(vali, 2), zikr.CodeRateLimited)
	met.wantMet(t, "bookings_a_day")
	for pora := 3; pora < 9; pora++ {
		wantCode(t, book(ali, pora), "") // the admin
	}
	wantCode(t, w.LeaveGroup(w.ctx, vali, g), "")
	must(w.JoinPublicGroup(w.ctx, vali, g))
	wantCode(t, book(vali, 2), zikr.CodeRateLimited) // as before
	met.wantMet(t, "bookings_a_day")
	w.clock.at.Add((24 * time.Hour).Milliseconds())
	wantCode(t, book(vali, 2), "")
}

func TestInvitationsThatAreTooMany(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) {
		b.InvitationsAMinute, b.InvitationsADay, b.PendingSent, b.PendingReceived = 3, 4, 100, 1
	})
	u := w.users(9)
	g, other := w.group(zikr.ZikrGroup, u[0]), w.group(zikr.ZikrGroup, u[8])
	send := func(admin, groupID, to string) error {
		return second(w.SendInvitation(w.ctx, admin, zikr.SendInvitation{GroupID: groupID, ReceiverID: to}))
	}
	for i, want := range []zikr.Code{"", "", "", zikr.CodeRateLimited} {
		wantCode(t, send(u[0], g, u[i+1]), want)
	}
	met.wantMet(t, "invitations_a_minute")
	wantCode(t, send(u[8], other, u[1]), zikr.CodeLimitReached)
	met.wantMet(t, "pending_received")
	w.clock.at.Add(time.Minute.Milliseconds())
	wantCode(t, send(u[0], g, u[4]), "")
	wantCode(t, send(u[0], g, u[5]), zikr.CodeRateLimited)
	met.wantMet(t, "invitations_a_day")
}

func TestPendingSent(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.PendingSent = 1 })
	u := w.users(3)
	g := w.group(zikr.ZikrGroup, u[0])
	id := w.invite(u[0], g, u[1])
	wantCode(t, second(w.SendInvitation(w.ctx, u[0], zikr.SendInvitation{GroupID: g, ReceiverID: u[2]})), zikr.CodeLimitReached)
	met.wantMet(t, "pending_sent")
	must(w.respond(u[1], id, false))
	w.invite(u[0], g, u[2])
}

// Whoever refuses an invitation again and again is left alone for a week.
func TestRefusals(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.Refusals = 2 })
	u := w.users(3)
	g := w.group(zikr.ZikrGroup, u[0])
	send := func(to string) error {
		return second(w.SendInvitation(w.ctx, u[0], zikr.SendInvitation{GroupID: g, ReceiverID: to}))
	}
	for range 2 {
		must(w.respond(u[1], w.invite(u[0], g, u[1]), false))
	}
	wantCode(t, send(u[1]), zikr.CodeRateLimited)
	met.wantMet(t, "invitation_refusals")
	wantCode(t, send(u[2]), "")
	w.clock.at.Add((7*24*time.Hour + time.Minute).Milliseconds())
	wantCode(t, send(u[1]), "")
}

// What one user stores in a day is bounded, whatever it is, and no other user is the worse for it.
func TestBytesADay(t *testing.T) {
	w, met := boundedWorld(t, func(b *zikr.Bounds) { b.BytesADay = 32 << 10 })
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 0)
	count := func(user string) error {
		return second(w.UpdateZikrCount(w.ctx, user, zikr.UpdateZikrCount{GroupID: g, ZikrID: z, Count: 1}))
	}
	own, into, first := w.group(zikr.ZikrGroup, vali), w.link(ali, w.group(zikr.ZikrGroup, ali), zikr.NewLink{}), w.count(vali, g, z, 1)
	n := 0
	var err error
	for ; err == nil && n < 1000; n++ {
		err = count(vali)
	}
	wantCode(t, err, zikr.CodeRateLimited)
	met.wantMet(t, "bytes_a_day")
	if n < 10 || n > 100 {
		t.Errorf("%d countings until the bound of 32 KiB", n)
	}
	wantCode(t, count(vali), zikr.CodeRateLimited)
	met.wantMet(t, "bytes_a_day")
	for what, err := range map[string]error{
		"link": second(w.CreateLink(w.ctx, vali, own, zikr.NewLink{})), "join by link": second(w.JoinByLink(w.ctx, vali, into)), "undo": second(w.undo(vali, first.ID)),
	} {
		if zikr.CodeOf(err) != zikr.CodeRateLimited {
			t.Errorf("%s: got %v", what, err)
		}
	}
	wantCode(t, count(ali), "")
	must(w.UndoMember(w.ctx, ali, g, vali, zikr.MemberUndo{Since: zikr.At(w.clock.now().Add(-time.Hour))})) // the admin puts in order
	wantCode(t, w.LeaveGroup(w.ctx, vali, g), "")                                                           // what makes less is always possible
	w.clock.at.Add((24 * time.Hour).Milliseconds())
	must(w.JoinPublicGroup(w.ctx, vali, g))
	wantCode(t, count(vali), "")
}

// A bound of none lets nothing in, and the default ones are all there.
func TestDefaultBounds(t *testing.T) {
	if b := zikr.DefaultBounds(); b.Members < 10_000 || b == (zikr.Bounds{}) {
		t.Errorf("got %+v", b)
	}
	w, _ := boundedWorld(t, func(b *zikr.Bounds) { b.GroupsADay = 0 })
	wantCode(t, w.newGroup(w.user("Ali")), zikr.CodeRateLimited)
}

// However often one zikr reaches its goal, a member is told once a minute; the last one is in the list.
func TestGoalIsToldOnceAMinute(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z, other := w.zikr(ali, g, 1), w.zikr(ali, g, 1)
	told := func() (n int) {
		w.Close() // waits until what is to be told is told
		for _, s := range w.bus.toUser(vali) {
			if s.Name == "new_notification" {
				n++
			}
		}
		return n
	}
	for range 20 {
		w.count(ali, g, z, 1)
	}
	w.count(ali, g, other, 1)
	w.bus.await(t, "new_notification")
	if got := w.unread(vali); len(got) != 2 {
		t.Errorf("unread: got %v, want the latest of each zikr", got)
	}
	if got := told(); got != 2 {
		t.Errorf("told %d times, want once for each zikr", got)
	}
}

// However many hatms a group completes, a member is told once a minute; all of them are in the list.
func TestHatmIsToldOnceAMinute(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	w.bus.forget()
	for range 3 {
		w.readHatm(g, ali)
	}
	w.bus.await(t, "new_notification")
	if got := w.unread(vali); len(got) != 3 {
		t.Errorf("unread: got %v, want each hatm", got)
	}
	w.clock.at.Add(time.Minute.Milliseconds())
	w.readHatm(g, ali)
	w.Close() // waits until what is to be told is told
	told := 0
	for _, s := range w.bus.toUser(vali) {
		if s.Name == "new_notification" {
			told++
		}
	}
	if told != 2 {
		t.Errorf("told %d times, want once in each minute", told)
	}
}

func TestGoalIsToldAgain(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	z := w.zikr(ali, g, 1)
	for range 2 {
		w.bus.forget()
		w.count(ali, g, z, 1)
		if s := w.bus.await(t, "new_notification"); !slices.Contains(s.UserIDs, vali) {
			t.Errorf("told to %v", s.UserIDs)
		}
		w.clock.at.Add(time.Minute.Milliseconds())
	}
}

// What is read on one device is told to the others, once.
func TestReadIsTold(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali)
	id := w.invite(ali, g, vali)
	w.bus.forget()
	in := zikr.MarkNotificationRead{NotificationID: id, ConnID: "phone"}
	must(w.ReadNotification(w.ctx, vali, in))
	must(w.ReadNotification(w.ctx, vali, in))
	must(w.RespondToInvitation(w.ctx, vali, zikr.RespondToInvitation{NotificationID: id, ConnID: "phone"}))
	told := w.bus.toUser(vali)
	if len(told) != 1 || told[0].Name != "notification_marked_read" || told[0].ExceptID != "phone" {
		t.Errorf("got %+v", told)
	}
}

// Who is online is for members to know.
func TestStrangersDoNotSeeWhoIsOnline(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.ZikrGroup, ali, vali)
	if err := w.Enter(w.ctx, ali, g, "c1"); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]bool{vali: true, sami: false} {
		online := slices.ContainsFunc(w.snapshot(user, g).Members, func(m zikr.MemberItem) bool { return m.Online })
		if online != want {
			t.Errorf("%s sees somebody online: %v, want %v", user, online, want)
		}
	}
}
