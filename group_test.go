package zikr_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestCreateGroup(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	got := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{
		Name: " Friends ", Type: zikr.ZikrGroup, Dedication: pointer("For all"), HatmGoal: number(3),
		Zikr: &zikr.NewZikr{Name: "Istighfar", Goal: number(70)},
	}))
	want := &zikr.Snapshot{
		ID: got.ID, Name: "Friends", Type: zikr.ZikrGroup, Dedication: pointer("For all"), HatmGoal: pointer(int64(3)), AdminID: ali,
		CreatedAt: got.CreatedAt, GroupSettingsItem: zikr.GroupSettingsItem{OpenHatms: 1, Division: zikr.Madani, TimeZone: "UTC"},
		Members: []zikr.MemberItem{{UserID: ali, UserName: "Ali Karimov", Role: zikr.RoleAdmin, JoinedAt: got.CreatedAt}},
		Zikrs: []zikr.ZikrItem{{
			ZikrID: got.Zikrs[0].ZikrID, Name: "Istighfar", Goal: pointer(int64(70)), Progress: "0.00", Members: []zikr.ShareItem{},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" || got.ID == "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
	quran := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Q", Type: zikr.QuranGroup}))
	if len(quran.Poras) != zikr.Poras || quran.Zikrs == nil || quran.Dedication != nil || quran.HatmGoal != nil || quran.IsPublic {
		t.Errorf("a bare quran group: got %+v", quran)
	}
}

func TestGroupTexts(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	fine := zikr.NewGroup{Name: "n", Type: zikr.QuranGroup}
	g := must(w.CreateGroup(w.ctx, ali, fine)).ID
	for _, test := range []struct {
		name   string
		change func(*zikr.NewGroup)
	}{
		{"no name", func(in *zikr.NewGroup) { in.Name = "" }},
		{"a name of spaces", func(in *zikr.NewGroup) { in.Name = " \t " }},
		{"a long name", func(in *zikr.NewGroup) { in.Name = strings.Repeat("ы", 101) }},
		{"a name that cannot be stored", func(in *zikr.NewGroup) { in.Name = "a\x00b" }},
		{"a name that is no text", func(in *zikr.NewGroup) { in.Name = "a\xffb" }},
		{"no type", func(in *zikr.NewGroup) { in.Type = "" }},
		{"another type", func(in *zikr.NewGroup) { in.Type = "Quran" }},
		{"a long dedication", func(in *zikr.NewGroup) { in.Dedication = pointer(strings.Repeat("ы", 2001)) }},
		{"a negative goal", func(in *zikr.NewGroup) { in.HatmGoal = number(-1) }},
		{"a bad zikr", func(in *zikr.NewGroup) { in.Zikr = &zikr.NewZikr{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := fine
			test.change(&in)
			_, err := w.CreateGroup(w.ctx, ali, in)
			wantCode(t, err, zikr.CodeInvalidPayload)
			if in.Type == fine.Type && in.Zikr == nil {
				_, err = w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{Name: &in.Name, Dedication: in.Dedication, HatmGoal: in.HatmGoal})
				wantCode(t, err, zikr.CodeInvalidPayload)
			}
		})
	}
	longest := zikr.NewGroup{Name: strings.Repeat("ы", 100), Type: zikr.QuranGroup, Dedication: pointer(strings.Repeat("ы", 2000))}
	_, err := w.CreateGroup(w.ctx, ali, longest)
	wantCode(t, err, "")
}

func TestUpdateGroup(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali, vali)
	since := w.seq(g)
	got := must(w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{
		Name: pointer("Brothers"), IsPublic: pointer(false), Dedication: pointer("d"), HatmGoal: number(5), AdminID: &vali,
	}))
	if got.Name != "Brothers" || got.IsPublic || *got.Dedication != "d" || *got.HatmGoal != 5 || got.AdminID != vali || got.Seq != since+1 {
		t.Errorf("got %+v", got)
	}
	roles := map[string]zikr.Role{}
	for _, m := range got.Members {
		roles[m.UserID] = m.Role
	}
	if diff := cmp.Diff(map[string]zikr.Role{ali: zikr.RoleMember, vali: zikr.RoleAdmin}, roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	e := lastEvent[zikr.GroupUpdated](w, g)
	if want := (zikr.GroupUpdated{GroupID: g, Stamp: zikr.Stamp{Seq: since + 1, Timestamp: e.Timestamp}}); e != want {
		t.Errorf("group_updated: got %+v, want %+v", e, want)
	}
	_, err := w.UpdateGroup(w.ctx, ali, g, zikr.GroupChange{Name: pointer("Mine")})
	wantCode(t, err, zikr.CodeNotAdmin)

	got = must(w.UpdateGroup(w.ctx, vali, g, zikr.GroupChange{Dedication: pointer(""), HatmGoal: number(0)}))
	if got.Dedication != nil || got.HatmGoal != nil || got.Name != "Brothers" {
		t.Errorf("what was taken away or left out: got %+v", got)
	}
	must(w.UpdateGroup(w.ctx, vali, g, zikr.GroupChange{Name: pointer("Brothers"), AdminID: &vali})) // changes nothing
	if diff := cmp.Diff([]string{"group_updated", "group_updated"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestGroupRefusals(t *testing.T) {
	w := newWorld(t)
	ali, vali, guest, gone := w.user("Ali"), w.user("Vali"), w.user("Guest"), w.user("Gone")
	g := w.group(zikr.QuranGroup, ali, vali, gone)
	if err := w.LeaveGroup(w.ctx, gone, g); err != nil {
		t.Fatal(err)
	}
	since := w.seq(g)
	update := func(user, group string, change zikr.GroupChange) func() error {
		return func() error { _, err := w.UpdateGroup(w.ctx, user, group, change); return err }
	}
	remove := func(user, member string) func() error {
		return func() error { return w.RemoveMember(w.ctx, user, g, member) }
	}
	bad, fine := zikr.GroupChange{Name: pointer("")}, zikr.GroupChange{Name: pointer("n")}
	for _, test := range []struct {
		name string
		act  func() error
		want zikr.Code
	}{
		{"update: what is wrong in itself comes before not a member", update(guest, g, bad), zikr.CodeInvalidPayload},
		{"update: not a member", update(guest, g, fine), zikr.CodeNotMember},
		{"update: no such group", update(ali, "nothing", fine), zikr.CodeNotMember},
		{"update: not the admin", update(vali, g, fine), zikr.CodeNotAdmin},
		{"update: an admin who is nobody", update(ali, g, zikr.GroupChange{AdminID: pointer("nobody")}), zikr.CodeUserNotFound},
		{"update: an admin who is no member", update(ali, g, zikr.GroupChange{AdminID: &guest}), zikr.CodeUserNotFound},
		{"update: an admin who has left", update(ali, g, zikr.GroupChange{AdminID: &gone}), zikr.CodeUserNotFound},
		{"delete: not a member", func() error { return w.DeleteGroup(w.ctx, guest, g) }, zikr.CodeNotMember},
		{"delete: not the admin", func() error { return w.DeleteGroup(w.ctx, vali, g) }, zikr.CodeNotAdmin},
		{"leave: not a member", func() error { return w.LeaveGroup(w.ctx, guest, g) }, zikr.CodeNotMember},
		{"leave: has left already", func() error { return w.LeaveGroup(w.ctx, gone, g) }, zikr.CodeNotMember},
		{"remove: not a member", remove(guest, vali), zikr.CodeNotMember},
		{"remove: not the admin comes before a member who is not", remove(vali, "nobody"), zikr.CodeNotAdmin},
		{"remove: nobody", remove(ali, "nobody"), zikr.CodeUserNotFound},
		{"remove: no member", remove(ali, guest), zikr.CodeUserNotFound},
		{"remove: who has left", remove(ali, gone), zikr.CodeUserNotFound},
	} {
		t.Run(test.name, func(t *testing.T) { wantCode(t, test.act(), test.want) })
	}
	if names := w.eventNames(g, since); len(names) > 0 {
		t.Errorf("refusals told the group: %v", names)
	}
}

func TestJoinPublicGroup(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali)
	private := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "p", Type: zikr.QuranGroup})).ID

	got := must(w.JoinPublicGroup(w.ctx, vali, g))
	if len(got.Members) != 2 || got.Members[1].UserID != vali || got.Members[1].Role != zikr.RoleMember || got.Seq != 1 {
		t.Errorf("snapshot: got %+v", got)
	}
	e := lastEvent[zikr.MemberJoined](w, g)
	want := zikr.MemberJoined{GroupID: g, GroupName: "Friends", UserID: vali, UserName: "Vali Karimov", Stamp: zikr.Stamp{Seq: 1, Timestamp: e.Timestamp}}
	if e != want {
		t.Errorf("member_joined: got %+v, want %+v", e, want)
	}
	must(w.JoinPublicGroup(w.ctx, vali, g))
	if diff := cmp.Diff([]string{"member_joined"}, w.eventNames(g, 0)); diff != "" {
		t.Errorf("joining twice (-want +got):\n%s", diff)
	}
	for _, id := range []string{private, "nothing"} {
		_, err := w.JoinPublicGroup(w.ctx, sami, id)
		wantCode(t, err, zikr.CodeNotMember)
	}
	if got := must(w.JoinPublicGroup(w.ctx, ali, private)); got.ID != private {
		t.Errorf("a member of a private group: got %+v", got)
	}
}

func TestMemberLeft(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.ZikrGroup, ali, vali)
	since := w.seq(g)
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	e := lastEvent[zikr.MemberLeft](w, g)
	want := zikr.MemberLeft{GroupID: g, UserID: vali, UserName: "Vali Karimov", Stamp: zikr.Stamp{Seq: since + 1, Timestamp: e.Timestamp}}
	if e != want {
		t.Errorf("member_left: got %+v, want %+v", e, want)
	}
	if got := w.unread(vali); len(got) > 0 {
		t.Errorf("leaving is no notification: got %v", got)
	}
}

func TestAdminLeaves(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	// Vali goes and comes back: Sami is of longer standing now.
	if err := w.LeaveGroup(w.ctx, vali, g); err != nil {
		t.Fatal(err)
	}
	must(w.JoinPublicGroup(w.ctx, vali, g))
	w.book(ali, g, 1)
	since := w.seq(g)
	if err := w.RemoveMember(w.ctx, ali, g, ali); err != nil { // is leaving
		t.Fatal(err)
	}
	if got := w.snapshot(vali, g).AdminID; got != sami {
		t.Errorf("the admin is %s, want the member of longest standing %s", got, sami)
	}
	if diff := cmp.Diff([]string{"pora_released", "member_left", "group_updated"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := w.unread(ali); len(got) > 0 {
		t.Errorf("leaving is no notification: got %v", got)
	}
}

func TestLastOneLeaves(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	g := w.group(zikr.QuranGroup, ali)
	invitation := w.invite(ali, g, vali)
	booking := w.book(ali, g, 1)
	since := w.seq(g)
	if err := w.LeaveGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pora_released", "member_left", "group_deleted"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	w.wantGone(ali, vali, g, booking, invitation)
}

func TestDeleteGroup(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami, guest := w.user("Ali"), w.user("Vali"), w.user("Sami"), w.user("Guest")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	invitation := w.invite(ali, g, guest)
	booking := w.book(ali, g, 1)
	w.bus.forget()
	since := w.seq(g)
	if err := w.DeleteGroup(w.ctx, ali, g); err != nil {
		t.Fatal(err)
	}
	e := lastEvent[zikr.GroupDeleted](w, g)
	want := zikr.GroupDeleted{GroupID: g, GroupName: "Friends", Stamp: zikr.Stamp{Seq: since + 1, Timestamp: e.Timestamp}}
	if e != want {
		t.Errorf("group_deleted: got %+v, want %+v", e, want)
	}
	signal := w.bus.await(t, "new_notification")
	slices.Sort(signal.UserIDs)
	if diff := cmp.Diff([]string{vali, sami}, signal.UserIDs); diff != "" {
		t.Errorf("told to (-want +got):\n%s", diff)
	}
	for _, id := range []string{vali, sami} {
		if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyRemoved}, w.unreadTypes(id)); diff != "" {
			t.Errorf("notifications of %s (-want +got):\n%s", id, diff)
		}
	}
	if got := w.unread(ali); len(got) > 0 {
		t.Errorf("the admin who deleted it was notified: %v", got)
	}
	w.wantGone(ali, guest, g, booking, invitation)
	wantCode(t, w.DeleteGroup(w.ctx, ali, g), zikr.CodeNotMember)
}

// wantGone shows that a deleted group is no group to who was a member or invited.
func (w *world) wantGone(member, invited, groupID, booking, invitation string) {
	w.t.Helper()
	errs := map[string]error{}
	_, errs["snapshot"] = w.Snapshot(w.ctx, member, groupID)
	_, errs["join"] = w.JoinPublicGroup(w.ctx, invited, groupID)
	_, errs["join again"] = w.JoinPublicGroup(w.ctx, member, groupID)
	_, errs["book"] = w.BookPora(w.ctx, member, zikr.BookPora{GroupID: groupID, PoraID: "1"})
	_, errs["standing"] = w.Standing(w.ctx, member, groupID)
	_, errs["events"] = w.Events(w.ctx, member, groupID, 0, 10)
	_, errs["invite"] = w.SendInvitation(w.ctx, member, zikr.SendInvitation{GroupID: groupID, ReceiverID: invited})
	for op, err := range errs {
		if got := zikr.CodeOf(err); got != zikr.CodeNotMember {
			w.t.Errorf("%s: got %q, want not_member", op, got)
		}
	}
	_, err := w.CompletePora(w.ctx, member, zikr.CompletePora{BookingID: booking})
	wantCode(w.t, err, zikr.CodeBookingNotFound)
	_, err = w.respond(invited, invitation, true)
	wantCode(w.t, err, zikr.CodeInvitationNotFound)
	if got := w.unreadTypes(invited); len(got) > 0 {
		w.t.Errorf("the invitation did not vanish: %v", got)
	}
	list := must(w.Groups(w.ctx, member, zikr.Page{}))
	public := must(w.PublicGroups(w.ctx, member, "", zikr.Page{}))
	if len(list.Items)+len(public.Items) > 0 {
		w.t.Errorf("it is still listed: %v, %v", list.Items, public.Items)
	}
	if me := must(w.Me(w.ctx, member)); me.QuranGroupCount != 0 {
		w.t.Errorf("it is still counted: %+v", me)
	}
}

func TestRemoveMember(t *testing.T) {
	w := newWorld(t)
	ali, vali, sami := w.user("Ali"), w.user("Vali"), w.user("Sami")
	g := w.group(zikr.QuranGroup, ali, vali, sami)
	w.book(vali, g, 1)
	since := w.seq(g)
	w.bus.forget()
	if err := w.RemoveMember(w.ctx, ali, g, vali); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pora_released", "member_left"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyRemoved}, w.unreadTypes(vali)); diff != "" {
		t.Errorf("notifications (-want +got):\n%s", diff)
	}
	if told := w.bus.toUser(vali); len(told) != 1 || told[0].Name != "new_notification" || len(w.bus.all()) != 1 {
		t.Errorf("told: got %v", w.bus.all())
	}
	_, err := w.Standing(w.ctx, vali, g)
	wantCode(t, err, zikr.CodeNotMember)
	must(w.JoinPublicGroup(w.ctx, vali, g)) // removal is no ban
}

func TestGroupLists(t *testing.T) {
	w := newWorld(t)
	ali, vali := w.user("Ali"), w.user("Vali")
	var want []string
	for i := range 5 {
		g := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: fmt.Sprint("Masjid ", i), Type: zikr.QuranGroup, IsPublic: i != 2}))
		want = append([]string{g.ID}, want...)
	}
	if got := pages(t, 2, func(p zikr.Page) (*zikr.List[zikr.GroupItem], error) { return w.Groups(w.ctx, ali, p) }); !slices.Equal(got, want) {
		t.Errorf("the caller's, two a page: got %v, want %v", got, want)
	}
	public := slices.Concat(want[:2], want[3:])
	if got := pages(t, 2, func(p zikr.Page) (*zikr.List[zikr.GroupItem], error) { return w.PublicGroups(w.ctx, vali, "SJID ", p) }); !slices.Equal(got, public) {
		t.Errorf("public ones, two a page: got %v, want %v", got, public)
	}
	if got := must(w.PublicGroups(w.ctx, vali, "%", zikr.Page{})); len(got.Items) != 0 {
		t.Errorf("a wildcard is a letter like others: got %v", got.Items)
	}
	if got := must(w.Groups(w.ctx, vali, zikr.Page{})); got.Items == nil || len(got.Items) != 0 || got.Cursor != nil {
		t.Errorf("no groups: got %+v, want an empty list", got)
	}
	_, err := w.PublicGroups(w.ctx, vali, strings.Repeat("x", 101), zikr.Page{})
	wantCode(t, err, zikr.CodeInvalidPayload)

	must(w.JoinPublicGroup(w.ctx, vali, want[0]))
	got := must(w.Groups(w.ctx, vali, zikr.Page{})).Items
	item := zikr.GroupItem{
		ID: want[0], Name: "Masjid 4", Type: zikr.QuranGroup, IsPublic: true, AdminID: ali, MemberCount: 2, CreatedAt: got[0].CreatedAt,
		Hatms:             []zikr.HatmStanding{{GroupID: want[0], HatmNumber: 1}},
		GroupSettingsItem: zikr.GroupSettingsItem{OpenHatms: 1, Division: zikr.Madani, TimeZone: "UTC"},
	}
	if diff := cmp.Diff([]zikr.GroupItem{item}, got); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
}

// TestGroupListTellsOfHatms: a list says how far each group's open hatms are, also to a stranger and of an
// anonymous group, since it names nobody.
func TestGroupListTellsOfHatms(t *testing.T) {
	w := newWorld(t)
	ali, vali, stranger := w.user("Ali"), w.user("Vali"), w.user("Stranger")
	quiet := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{
		Name: "Quiet", Type: zikr.QuranGroup, IsPublic: true,
		GroupSettingsChange: zikr.GroupSettingsChange{IsAnonymous: pointer(true), OpenHatms: number(2)},
	})).ID
	must(w.JoinPublicGroup(w.ctx, vali, quiet))
	w.group(zikr.ZikrGroup, ali)
	fresh := w.group(zikr.QuranGroup, ali)
	for pora := 1; pora <= zikr.Poras; pora++ { // the thirtieth opens the second hatm
		booking := w.book([]string{ali, vali}[pora%2], quiet, pora)
		if pora <= 12 {
			must(w.CompletePora(w.ctx, []string{ali, vali}[pora%2], zikr.CompletePora{BookingID: booking}))
		}
	}
	given := w.book(vali, quiet, 7) // of the second hatm
	must(w.ReleasePora(w.ctx, vali, zikr.ReleasePora{BookingID: given}))
	w.book(ali, quiet, 8)

	far := func(list *zikr.List[zikr.GroupItem]) map[string][]zikr.HatmStanding {
		out := map[string][]zikr.HatmStanding{}
		for _, item := range list.Items {
			out[item.ID] = item.Hatms
		}
		return out
	}
	want := []zikr.HatmStanding{{GroupID: quiet, HatmNumber: 1, TotalFinished: 12, TotalBooked: 18}, {GroupID: quiet, HatmNumber: 2, TotalBooked: 1}}
	mine := far(must(w.Groups(w.ctx, ali, zikr.Page{})))
	if diff := cmp.Diff(want, mine[quiet]); diff != "" {
		t.Errorf("to a member (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]zikr.HatmStanding{{GroupID: fresh, HatmNumber: 1}}, mine[fresh]); diff != "" {
		t.Errorf("of a new group (-want +got):\n%s", diff)
	}
	told := 0
	for _, hatms := range mine {
		told += len(hatms)
	}
	if len(mine) != 3 || told != 3 {
		t.Errorf("got %v: want 3 groups, of which two read", mine)
	}
	if diff := cmp.Diff(want, far(must(w.PublicGroups(w.ctx, stranger, "Quiet", zikr.Page{})))[quiet]); diff != "" {
		t.Errorf("to a stranger (-want +got):\n%s", diff)
	}
}

// pages reads all pages of a list of groups, each of at most limit items, and returns the ids.
func pages(t *testing.T, limit int, read func(zikr.Page) (*zikr.List[zikr.GroupItem], error)) (ids []string) {
	t.Helper()
	for page := (zikr.Page{Limit: limit}); ; {
		list := must(read(page))
		if len(list.Items) > limit || len(ids) > 100 {
			t.Fatalf("a page of %d items after %d", len(list.Items), len(ids))
		}
		for _, g := range list.Items {
			ids = append(ids, g.ID)
		}
		if list.Cursor == nil {
			return ids
		}
		page.Cursor = *list.Cursor
	}
}

func TestPageLimits(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	for range 201 {
		must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "g", Type: zikr.QuranGroup}))
	}
	for limit, want := range map[int]int{0: 50, -1: 50, 7: 7, 200: 200, 201: 200, 100_000: 200} {
		if got := must(w.Groups(w.ctx, ali, zikr.Page{Limit: limit})); len(got.Items) != want || got.Cursor == nil {
			t.Errorf("limit %d: got %d items, cursor %v, want %d and more", limit, len(got.Items), got.Cursor, want)
		} else if i := slices.IndexFunc(got.Items, func(g zikr.GroupItem) bool { return len(g.Hatms) != 1 || g.Hatms[0].GroupID != g.ID }); i >= 0 {
			t.Errorf("limit %d: of group %d the hatms are %v", limit, i, got.Items[i].Hatms)
		}
	}
	if me := must(w.Me(w.ctx, ali)); me.QuranGroupCount != 201 {
		t.Errorf("got %d groups counted, want 201", me.ZikrGroupCount)
	}
}
