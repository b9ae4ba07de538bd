package zikr_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// operator is who runs the server.
var operator = zikr.Admin{}

// admin makes an admin of the platform by the operator, and returns them.
func (w *world) admin(name string) zikr.Admin {
	id := w.user(name)
	must(w.ChangeAccount(w.ctx, operator, id, zikr.AdminChange{IsAdmin: pointer(true)}))
	return zikr.Admin{UserID: id}
}

// acts is the audit log's kinds, newest first.
func (w *world) acts() []zikr.ActKind {
	kinds := []zikr.ActKind{}
	for _, a := range must(w.Audit(w.ctx, operator, zikr.Page{})).Items {
		kinds = append(kinds, a.Act)
	}
	return kinds
}

func TestAuthenticateAdmin(t *testing.T) {
	w := newWorld(t)
	w.user("Ali")
	session, token := w.session("ali@example.org")
	who, s, err := w.AuthenticateAdmin(w.ctx, "Bearer "+token)
	if err != nil || who.UserID != session.UserID || s.ID != session.ID {
		t.Errorf("got %+v, %+v, %v", who, s, err)
	}
	w.tokens.accept("op", zikr.Claims{Operator: true, TokenID: "op"})
	if who, _, err := w.AuthenticateAdmin(w.ctx, "op"); err != nil || who.UserID != "" {
		t.Errorf("the operator: got %+v, %v", who, err)
	}
	_, err = w.Authenticate(w.ctx, "op") // is nobody else
	wantCode(t, err, zikr.CodeUnauthenticated)
	for _, bad := range []string{"", "rubbish"} {
		_, _, err := w.AuthenticateAdmin(w.ctx, bad)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
}

// Nobody but an admin of the platform may do any of it: a user, who was one, one who is suspended, or who is gone.
func TestOnlyAdmins(t *testing.T) {
	w := newWorld(t)
	user, former, held, gone := zikr.Admin{UserID: w.user("User")}, w.admin("Former"), w.admin("Held"), w.admin("Gone")
	target, heir := w.user("Target"), w.user("Heir")
	g := w.group(zikr.QuranGroup, target, heir)
	must(w.ChangeAccount(w.ctx, operator, former.UserID, zikr.AdminChange{IsAdmin: pointer(false)}))
	must(w.ChangeAccount(w.ctx, operator, held.UserID, zikr.AdminChange{IsSuspended: pointer(true)}))
	if err := w.DeleteMe(w.ctx, gone.UserID); err != nil {
		t.Fatal(err)
	}
	before := w.acts()
	for who, want := range map[zikr.Admin]zikr.Code{
		user: zikr.CodeNotAdmin, former: zikr.CodeNotAdmin, held: zikr.CodeNotAdmin, gone: zikr.CodeUnauthenticated, {UserID: "nobody"}: zikr.CodeUnauthenticated,
	} {
		in := registration()
		for name, try := range map[string]func() error{
			"find":      func() error { return second(w.FindAccounts(w.ctx, who, "", zikr.Page{})) },
			"show":      func() error { return second(w.ShowAccount(w.ctx, who, target)) },
			"add":       func() error { return second(w.AddAccount(w.ctx, who, in)) },
			"change":    func() error { return second(w.ChangeAccount(w.ctx, who, target, zikr.AdminChange{Name: pointer("X")})) },
			"sessions":  func() error { return w.EndAccountSessions(w.ctx, who, target) },
			"delete":    func() error { return w.DeleteAccount(w.ctx, who, target) },
			"groups":    func() error { return second(w.AllGroups(w.ctx, who, "", zikr.Page{})) },
			"group":     func() error { return second(w.ShowGroup(w.ctx, who, g)) },
			"hand over": func() error { return second(w.HandOverGroup(w.ctx, who, g, zikr.AdminGroupChange{AdminID: heir})) },
			"end group": func() error { return w.EndGroup(w.ctx, who, g) },
			"audit":     func() error { return second(w.Audit(w.ctx, who, zikr.Page{})) },
		} {
			if got := zikr.CodeOf(try()); got != want {
				t.Errorf("%s by %s: got %q, want %q", name, who.UserID, got, want)
			}
		}
	}
	if diff := cmp.Diff(before, w.acts()); diff != "" {
		t.Errorf("what was refused is on record (-before +after):\n%s", diff)
	}
	if got := w.snapshot(target, g); got.AdminID != target || must(w.Me(w.ctx, target)).Name != "Target" {
		t.Errorf("something was done after all: %+v", got)
	}
}

func TestFindAccounts(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	vali, gone := w.user("Vali"), w.user("Gone")
	must(w.ChangeAccount(w.ctx, operator, in.User.ID, zikr.AdminChange{IsSuspended: pointer(true)}))
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	find := func(q string, page zikr.Page) ([]string, *string) {
		list := must(w.FindAccounts(w.ctx, operator, q, page))
		ids := []string{}
		for _, u := range list.Items {
			ids = append(ids, u.ID)
		}
		return ids, list.Cursor
	}
	for q, want := range map[string][]string{
		"": {vali, in.User.ID}, "ali@example.org": {in.User.ID}, "+998 90 123 45 67": {in.User.ID}, in.User.ID: {in.User.ID}, "kari": {in.User.ID, vali},
		"ALI": {in.User.ID}, gone: {}, "nobody": {}, "gone@example.org": {},
	} {
		if got, cursor := find(q, zikr.Page{}); !slices.Equal(got, want) || cursor != nil {
			t.Errorf("%q: got %v, cursor %v, want %v", q, got, cursor, want)
		}
	}
	first, cursor := find("", zikr.Page{Limit: 1})
	if cursor == nil {
		t.Fatal("there is no second page")
	}
	if rest, none := find("", zikr.Page{Limit: 1, Cursor: *cursor}); !slices.Equal(append(first, rest...), []string{vali, in.User.ID}) || none != nil {
		t.Errorf("got %v and %v", first, rest)
	}
	shown := must(w.ShowAccount(w.ctx, operator, in.User.ID))
	if !shown.IsSuspended || shown.IsAdmin || *shown.Phone != "+998901234567" || len(shown.Sessions) != 1 {
		t.Errorf("got %+v", shown)
	}
	for _, id := range []string{gone, "nobody"} {
		_, err := w.ShowAccount(w.ctx, operator, id)
		wantCode(t, err, zikr.CodeUserNotFound)
	}
}

// Who is suspended is nobody, and is who they were when it is taken back.
func TestSuspend(t *testing.T) {
	w := newWorld(t, foreignOpens)
	by := w.admin("Admin")
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, Version: -1})
	session := *must(w.Authenticate(w.ctx, in.Token))
	set := func(suspended bool) {
		must(w.ChangeAccount(w.ctx, by, in.User.ID, zikr.AdminChange{IsSuspended: &suspended}))
	}
	w.bus.forget()
	set(true)
	set(true)
	if told := w.bus.all(); len(told) != 1 || !session.EndedBy(told[0]) {
		t.Errorf("told %+v, want that all connections end, once", told)
	}
	for _, token := range []string{in.Token, "foreign"} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeSuspended)
	}
	_, err := w.login("ali@example.org")
	wantCode(t, err, zikr.CodeSuspended)
	_, err = w.Login(w.ctx, zikr.Credentials{Login: "ali@example.org", Password: "wrong"}) // who guesses learns nothing
	wantCode(t, err, zikr.CodeBadCredentials)
	_, err = w.Renew(w.ctx, session, "")
	wantCode(t, err, zikr.CodeUnauthenticated)
	if ended := must(w.Ended(w.ctx, []zikr.Session{session})); !ended[0] {
		t.Error("the session has not ended")
	}
	for _, q := range []string{"ali", "ali@example.org", "+998901234567"} {
		if found := must(w.FindUsers(w.ctx, by.UserID, q)).Items; len(found) > 0 {
			t.Errorf("%q finds %+v", q, found)
		}
	}
	set(false)
	must(w.Authenticate(w.ctx, in.Token))
	must(w.login("ali@example.org"))
	if diff := cmp.Diff([]zikr.ActKind{zikr.ActUserRestored, zikr.ActUserSuspended, zikr.ActAdminMade}, w.acts()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

func TestChangeAccount(t *testing.T) {
	w := newWorld(t)
	by := w.admin("Admin")
	in := must(w.Register(w.ctx, registration()))
	got := must(w.ChangeAccount(w.ctx, by, in.User.ID, zikr.AdminChange{Name: pointer(" Olim "), Surname: pointer(""), Password: pointer("forgotten no more")}))
	if got.Name != "Olim" || got.Surname != "" || len(got.Sessions) != 0 {
		t.Errorf("got %+v", got)
	}
	_, err := w.Authenticate(w.ctx, in.Token)
	wantCode(t, err, zikr.CodeUnauthenticated)
	_, err = w.login("ali@example.org")
	wantCode(t, err, zikr.CodeBadCredentials)
	again := must(w.Login(w.ctx, zikr.Credentials{Login: "ali@example.org", Password: "forgotten no more"}))
	must(w.ChangeAccount(w.ctx, by, in.User.ID, zikr.AdminChange{Name: pointer("Olim")})) // nothing changes
	must(w.Authenticate(w.ctx, again.Token))
	want := []zikr.ActItem{
		{Act: zikr.ActPasswordSet}, {Act: zikr.ActUserRenamed}, {Act: zikr.ActAdminMade},
	}
	items := must(w.Audit(w.ctx, by, zikr.Page{})).Items
	for i := range items {
		if i < 2 && (*items[i].ActorID != by.UserID || *items[i].ActorName != "Admin Karimov" || *items[i].UserID != in.User.ID || *items[i].UserName != "Olim" || items[i].GroupID != nil) {
			t.Errorf("got %+v", items[i])
		}
		if i == 2 && (items[i].ActorID != nil || items[i].ActorName != nil) {
			t.Errorf("of the operator: got %+v", items[i])
		}
		items[i] = zikr.ActItem{Act: items[i].Act}
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	for _, bad := range []zikr.AdminChange{{Name: pointer("")}, {Password: pointer("short")}} {
		_, err := w.ChangeAccount(w.ctx, by, in.User.ID, bad)
		wantCode(t, err, zikr.CodeInvalidPayload)
	}
	_, err = w.ChangeAccount(w.ctx, by, "nobody", zikr.AdminChange{Name: pointer("X")})
	wantCode(t, err, zikr.CodeUserNotFound)
}

// A member who has no login gets no way in from an admin of the platform either, and nothing to do that needs one.
func TestAdminsAndMembersWithoutLogin(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	momo := must(w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: "Momo"})).UserID
	for _, change := range []zikr.AdminChange{{Password: pointer("another good password")}, {IsAdmin: pointer(true)}} {
		wantCode(t, second(w.ChangeAccount(w.ctx, operator, momo, change)), zikr.CodeUserNotFound)
	}
	wantCode(t, second(w.HandOverGroup(w.ctx, operator, g, zikr.AdminGroupChange{AdminID: momo})), zikr.CodeUserNotFound)
	if snap := w.snapshot(ali, g); snap.AdminID != ali {
		t.Errorf("the admin is %s", snap.AdminID)
	}
	got := must(w.ChangeAccount(w.ctx, operator, momo, zikr.AdminChange{Name: pointer("Mo"), IsAdmin: pointer(false)}))
	if got.Name != "Mo" || got.IsAdmin {
		t.Errorf("got %+v", got)
	}
}

func TestEndAndDeleteAccount(t *testing.T) {
	w := newWorld(t, foreignOpens)
	by := w.admin("Admin")
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, Version: -1, TokenID: "f", Issued: w.clock.now()})
	wantCode(t, w.EndAccountSessions(w.ctx, by, in.User.ID), "")
	for _, token := range []string{in.Token, "foreign"} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	again := must(w.login("ali@example.org"))
	wantCode(t, w.DeleteAccount(w.ctx, by, in.User.ID), "")
	_, err := w.Authenticate(w.ctx, again.Token)
	wantCode(t, err, zikr.CodeUnauthenticated)
	wantCode(t, w.DeleteAccount(w.ctx, by, in.User.ID), zikr.CodeUserNotFound)
	wantCode(t, w.EndAccountSessions(w.ctx, by, "nobody"), zikr.CodeUserNotFound)
	if diff := cmp.Diff([]zikr.ActKind{zikr.ActUserDeleted, zikr.ActSessionsEnded, zikr.ActAdminMade}, w.acts()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	if items := must(w.Audit(w.ctx, by, zikr.Page{Limit: 1})).Items; *items[0].UserName != "Former member" {
		t.Errorf("the audit log names %s", *items[0].UserName)
	}
}

func TestGroupsOfThePlatform(t *testing.T) {
	w := newWorld(t)
	by := w.admin("Admin")
	ali, vali := w.user("Ali"), w.user("Vali")
	private := must(w.CreateGroup(w.ctx, ali, zikr.NewGroup{Name: "Private", Type: zikr.QuranGroup})).ID
	g := w.group(zikr.QuranGroup, ali, vali)
	names := func(q string) []string {
		out := []string{}
		for _, item := range must(w.AllGroups(w.ctx, by, q, zikr.Page{})).Items {
			out = append(out, item.ID)
		}
		return out
	}
	if diff := cmp.Diff([]string{g, private}, names("")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{private}, names("RIVA")); diff != "" {
		t.Errorf("by name (-want +got):\n%s", diff)
	}
	if got := must(w.ShowGroup(w.ctx, by, private)); got.Name != "Private" || len(got.Members) != 1 {
		t.Errorf("got %+v", got)
	}
	since := w.seq(g)
	for range 2 { // the second changes nothing
		if got := must(w.HandOverGroup(w.ctx, by, g, zikr.AdminGroupChange{AdminID: vali})); got.AdminID != vali {
			t.Errorf("the admin is %s", got.AdminID)
		}
	}
	_, err := w.HandOverGroup(w.ctx, by, g, zikr.AdminGroupChange{AdminID: by.UserID})
	wantCode(t, err, zikr.CodeUserNotFound)
	_, err = w.HandOverGroup(w.ctx, by, "none", zikr.AdminGroupChange{AdminID: vali})
	wantCode(t, err, zikr.CodeNotMember)
	wantCode(t, w.EndGroup(w.ctx, by, g), "")
	wantCode(t, w.EndGroup(w.ctx, by, g), zikr.CodeNotMember)
	if diff := cmp.Diff([]string{"group_updated", "group_deleted"}, w.eventNames(g, since)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for _, member := range []string{ali, vali} {
		if diff := cmp.Diff([]zikr.NotificationType{zikr.NotifyRemoved}, w.unreadTypes(member)); diff != "" {
			t.Errorf("told to %s (-want +got):\n%s", member, diff)
		}
	}
	if diff := cmp.Diff([]zikr.ActKind{zikr.ActGroupDeleted, zikr.ActGroupHandedOver, zikr.ActAdminMade}, w.acts()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

// What admins did goes after two years, from who may see it only: everybody sees what was done to them.
func TestActsAreExported(t *testing.T) {
	w := newWorld(t)
	by := w.admin("Admin")
	ali := w.user("Ali")
	must(w.ChangeAccount(w.ctx, by, ali, zikr.AdminChange{Name: pointer("Olim")}))
	mine, theirs := must(w.Export(w.ctx, ali)).Acts, must(w.Export(w.ctx, by.UserID)).Acts
	if len(mine) != 1 || mine[0].Act != zikr.ActUserRenamed || mine[0].IsMine || *mine[0].UserID != ali {
		t.Errorf("of who was renamed: %+v", mine)
	}
	if len(theirs) != 2 || !theirs[0].IsMine || theirs[1].IsMine || theirs[1].Act != zikr.ActAdminMade {
		t.Errorf("of the admin: %+v", theirs)
	}
	w.later(zikr.KeepActs + 48*3600*1e9)
	wantRemoved(t, w.tidy(), map[string]int{zikr.RemovedActs: 2})
	if left := w.acts(); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestFindable(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	session, _ := w.session("ali@example.org")
	seeker := w.user("Seeker")
	found := func(q string) bool { return len(must(w.FindUsers(w.ctx, seeker, q)).Items) == 1 }
	for _, findable := range []bool{true, false, true} {
		if got := must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Findable: &findable})); got.Findable != findable {
			t.Errorf("got %+v", got)
		}
		for q, want := range map[string]bool{"ali@example.org": findable, "+998901234567": findable, "ali k": true} {
			if got := found(q); got != want {
				t.Errorf("findable %t: %q finds them: %t", findable, q, got)
			}
		}
	}
}
