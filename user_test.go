package zikr_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

func TestFullName(t *testing.T) {
	for _, test := range []struct {
		user zikr.User
		want string
	}{
		{zikr.User{Name: "Ali", Surname: "Karimov"}, "Ali Karimov"},
		{zikr.User{Name: "Ali"}, "Ali"},
		{zikr.User{Surname: "Karimov"}, "Karimov"},
		{zikr.User{Name: "Ali", Surname: "Karimov", Deleted: true}, "Former member"},
	} {
		if got := test.user.FullName(); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.user, got, test.want)
		}
	}
}

func TestHasNormalAddresses(t *testing.T) {
	for _, test := range []struct {
		email, phone string
		want         bool
	}{
		{"", "", true},
		{"ali@example.org", "+998901234567", true},
		{"Ali@example.org", "", false},
		{" ali@example.org", "", false},
		{"ali", "", false},
		{"", "998901234567", false},
		{"ali@example.org", "+998 90 1234567", false},
		{"", "phone", false},
	} {
		u := zikr.User{Email: test.email, Phone: test.phone}
		if got := u.HasNormalAddresses(); got != test.want {
			t.Errorf("%q, %q: got %t, want %t", test.email, test.phone, got, test.want)
		}
	}
}

func TestMe(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	ali, vali := in.User.ID, w.user("Vali")
	w.group(zikr.QuranGroup, ali)
	w.group(zikr.QuranGroup, vali, ali)
	w.group(zikr.ZikrGroup, vali, ali)
	left := w.group(zikr.ZikrGroup, vali, ali)
	if err := w.LeaveGroup(w.ctx, ali, left); err != nil {
		t.Fatal(err)
	}
	want := &zikr.Profile{Account: in.User, SettingsItem: noSettings(), QuranGroupCount: 2, ZikrGroupCount: 1, Findable: true}
	if diff := cmp.Diff(want, must(w.Me(w.ctx, ali))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err := w.Me(w.ctx, "nobody")
	wantCode(t, err, zikr.CodeUnauthenticated)
}

// session is that of a new login with goodPassword.
func (w *world) session(login string) (zikr.Session, string) {
	in := must(w.login(login))
	return *must(w.Authenticate(w.ctx, in.Token)), in.Token
}

func TestUpdateMe(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	g := w.group(zikr.QuranGroup, in.User.ID)
	session, _ := w.session("ali@example.org")
	got := must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{
		Name: pointer(" Olim "), Surname: pointer("Sobirov"), Email: pointer("OLIM@example.org"), Phone: pointer(""),
	}))
	want := &zikr.Profile{
		Account:      zikr.Account{ID: in.User.ID, Name: "Olim", Surname: "Sobirov", Email: pointer("olim@example.org")},
		SettingsItem: noSettings(), QuranGroupCount: 1, Findable: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.snapshot(in.User.ID, g).Members[0].UserName; got != "Olim Sobirov" {
		t.Errorf("others see %q", got)
	}
	same := must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{}))
	if diff := cmp.Diff(got, same); diff != "" {
		t.Errorf("what is left out stays (-want +got):\n%s", diff)
	}
	got = must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Phone: pointer("+998 90 765 43 21")}))
	if got.Phone == nil || *got.Phone != "+998907654321" {
		t.Errorf("phone: got %v", got.Phone)
	}
	must(w.login("olim@example.org"))
	must(w.login("+998907654321"))
	_, err := w.login("ali@example.org")
	wantCode(t, err, zikr.CodeBadCredentials)
	if got = must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Surname: pointer(" ")})); got.Surname != "" || got.Name != "Olim" {
		t.Errorf("the surname was taken away: got %+v", got)
	}
	if got := w.snapshot(in.User.ID, g).Members[0].UserName; got != "Olim" {
		t.Errorf("others see %q", got)
	}
}

func TestUpdateMeRefusals(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	w.user("Vali")
	session, token := w.session("vali@example.org")
	before := must(w.Me(w.ctx, session.UserID))
	for _, test := range []struct {
		name   string
		change zikr.ProfileChange
		want   zikr.Code
	}{
		{"an empty name", zikr.ProfileChange{Name: pointer("")}, zikr.CodeInvalidPayload},
		{"a surname of two lines", zikr.ProfileChange{Surname: pointer("Karimov\nOlim")}, zikr.CodeInvalidPayload},
		{"no email", zikr.ProfileChange{Email: pointer("")}, zikr.CodeInvalidPayload},
		{"a phone that is none", zikr.ProfileChange{Phone: pointer("phone")}, zikr.CodeInvalidPayload},
		{"a short password", zikr.ProfileChange{Password: pointer("short"), CurrentPassword: pointer(goodPassword)}, zikr.CodeInvalidPayload},
		{"a wrong name comes before a wrong password", zikr.ProfileChange{Name: pointer(""), Password: pointer("another password")}, zikr.CodeInvalidPayload},
		{"another's email", zikr.ProfileChange{Email: pointer("ali@example.org")}, zikr.CodeEmailTaken},
		{"another's phone", zikr.ProfileChange{Phone: pointer("+998901234567")}, zikr.CodePhoneTaken},
		{"a password without the current one", zikr.ProfileChange{Password: pointer("another password")}, zikr.CodeBadCredentials},
		{"a password with a wrong one", zikr.ProfileChange{Password: pointer("another password"), CurrentPassword: pointer("wrong")}, zikr.CodeBadCredentials},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.UpdateMe(w.ctx, session, test.change)
			wantCode(t, err, test.want)
		})
	}
	if diff := cmp.Diff(before, must(w.Me(w.ctx, session.UserID))); diff != "" {
		t.Errorf("a refusal changed the account (-before +after):\n%s", diff)
	}
	must(w.Authenticate(w.ctx, token))
	_, err := w.UpdateMe(w.ctx, zikr.Session{UserID: "nobody"}, zikr.ProfileChange{})
	wantCode(t, err, zikr.CodeUnauthenticated)
	_, err = w.UpdateMe(w.ctx, zikr.Session{UserID: "nobody"}, zikr.ProfileChange{Password: pointer(goodPassword)})
	wantCode(t, err, zikr.CodeUnauthenticated)
}

// Tokens of another issuer open accounts that have a password here if the operator says so.
func TestForeignTokensMayOpenAccounts(t *testing.T) {
	w := newWorld(t, func(c *zikr.Config) { c.ForeignOpens = true })
	w.tokens.accept("foreign", zikr.Claims{UserID: w.user("Ali"), Version: -1})
	must(w.Authenticate(w.ctx, "foreign"))
}

// A new password revokes every token but the one that changed it.
func TestNewPassword(t *testing.T) {
	w := newWorld(t)
	id := w.user("Ali")
	stolen := must(w.login("ali@example.org")).Token
	session, token := w.session("ali@example.org")
	w.tokens.accept("foreign", zikr.Claims{UserID: id, Version: -1})
	w.bus.forget()

	change := zikr.ProfileChange{Password: pointer("another password"), CurrentPassword: pointer(goodPassword), Name: pointer("Olim")}
	if got := must(w.UpdateMe(w.ctx, session, change)); got.Name != "Olim" {
		t.Errorf("got %+v", got)
	}
	want := []zikr.Signal{{UserIDs: []string{id}, Expire: true, TokenVersion: 2, KeepTokenID: session.TokenID, KeepSessionID: session.ID}}
	if diff := cmp.Diff(want, w.bus.all()); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
	if session.EndedBy(w.bus.all()[0]) {
		t.Error("the session that changed it ends")
	}
	_, err := w.Authenticate(w.ctx, stolen)
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(w.Authenticate(w.ctx, token))
	_, err = w.Authenticate(w.ctx, "foreign") // the account has a password here
	wantCode(t, err, zikr.CodeUnauthenticated)
	_, err = w.login("ali@example.org")
	wantCode(t, err, zikr.CodeBadCredentials)
	next := must(w.Login(w.ctx, zikr.Credentials{Login: "ali@example.org", Password: "another password"}))
	must(w.Authenticate(w.ctx, next.Token))

	// The next change, by another token, ends the one that was kept.
	other := *must(w.Authenticate(w.ctx, next.Token))
	must(w.UpdateMe(w.ctx, other, zikr.ProfileChange{Password: pointer(goodPassword), CurrentPassword: pointer("another password")}))
	_, err = w.Authenticate(w.ctx, token)
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(w.Authenticate(w.ctx, next.Token))
}

// A user of another issuer chooses a first password without a current one, with a token that is young; a
// session without a token id keeps no token of ours. The issuer's tokens open the account as before.
func TestFirstPassword(t *testing.T) {
	w := newWorld(t)
	issued := func(at time.Time) *zikr.Session {
		w.tokens.accept("foreign", zikr.Claims{UserID: "u", Version: -1, Name: "Sami", Email: "sami@example.org", Issued: at})
		return must(newProvisioning(w).Authenticate(w.ctx, "foreign"))
	}
	for _, at := range []time.Time{{}, w.clock.now().Add(-10 * time.Minute)} {
		_, err := w.UpdateMe(w.ctx, *issued(at), zikr.ProfileChange{Password: pointer(goodPassword)})
		wantCode(t, err, zikr.CodeBadCredentials)
	}
	session := issued(w.clock.now().Add(-9 * time.Minute))
	must(w.UpdateMe(w.ctx, *session, zikr.ProfileChange{Password: pointer(goodPassword)}))
	in := must(w.login("sami@example.org"))
	must(w.Authenticate(w.ctx, in.Token))
	must(w.UpdateMe(w.ctx, *session, zikr.ProfileChange{Password: pointer("another password"), CurrentPassword: pointer(goodPassword)}))
	_, err := w.Authenticate(w.ctx, in.Token)
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(w.Authenticate(w.ctx, "foreign"))
}

// Of two changes of the password at once, that know the same current one, one holds.
func TestPasswordChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.user("Ali")
	session, _ := w.session("ali@example.org")
	other, _ := w.session("ali@example.org")
	change := func(s zikr.Session, to string) error {
		return second(w.UpdateMe(w.ctx, s, zikr.ProfileChange{Password: &to, CurrentPassword: pointer(goodPassword)}))
	}
	w.passwords.between = func() {
		w.passwords.between = nil
		wantCode(t, change(other, "the faster one"), "")
	}
	wantCode(t, change(session, "the slower one"), zikr.CodeBadCredentials)
	must(w.Login(w.ctx, zikr.Credentials{Login: "ali@example.org", Password: "the faster one"}))
}

func TestFindUsers(t *testing.T) {
	w := newWorld(t)
	ali := w.user("Ali")
	in := registration()
	in.Name, in.Surname, in.Email = "Olim", "Aliev", "olim@example.org"
	olim := must(w.Register(w.ctx, in)).User.ID
	gone := w.user("Alibek")
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string][]string{
		"ali": {ali, olim}, "ALI K": {ali}, "Aliev": {olim}, "lim": {}, "": {}, " ": {}, "%": {}, "alibek": {}, "former": {}, "gone@example.org": {},
		"OLIM@example.org": {olim}, "+998 90 123 45 67": {olim}, "olim@example": {}, "99890123": {},
	} {
		got := []string{}
		list := must(w.FindUsers(w.ctx, ali, q))
		for _, u := range list.Items {
			got = append(got, u.ID)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || list.Cursor != nil {
			t.Errorf("%q (-want +got):\n%s", q, diff)
		}
	}
	want := []zikr.UserItem{{ID: olim, Name: "Olim", Surname: "Aliev"}}
	if diff := cmp.Diff(want, must(w.FindUsers(w.ctx, ali, "aliev")).Items); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	for _, q := range []string{strings.Repeat("x", 255), "a\x00"} {
		_, err := w.FindUsers(w.ctx, ali, q)
		wantCode(t, err, zikr.CodeInvalidPayload)
	}
}

// At most 20 are found, the one with the exact address first and once.
func TestFindUsersFinds20(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, must(w.Register(w.ctx, zikr.Registration{
			Name: "olim@example.org", Surname: fmt.Sprint("Nr", i), Email: fmt.Sprintf("u%d@example.org", i), Password: goodPassword,
		})).User.ID)
	}
	if got := must(w.FindUsers(w.ctx, ids[0], "OLIM")).Items; len(got) != 20 {
		t.Errorf("by name: got %d, want 20", len(got))
	}
	session := *must(w.Authenticate(w.ctx, must(w.login("u3@example.org")).Token))
	must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Email: pointer("olim@example.org")}))
	got := must(w.FindUsers(w.ctx, ids[0], "olim@example.org")).Items
	if len(got) != 20 || got[0].ID != ids[3] {
		t.Errorf("by address too: got %d, first %+v, want 20, first %s", len(got), got[0], ids[3])
	}
	slices.SortFunc(got, func(a, b zikr.UserItem) int { return strings.Compare(a.ID, b.ID) })
	if n := len(slices.Compact(got)); n != 20 {
		t.Errorf("%d different users, want 20", n)
	}
}
