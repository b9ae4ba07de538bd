package zikr_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// registration is one that is fine.
func registration() zikr.Registration {
	return zikr.Registration{
		Name: " Ali ", Surname: " Karimov ", Email: " Ali@Example.ORG ", Password: goodPassword, Phone: pointer("+998 (90) 123-45.67"),
	}
}

// login signs in with goodPassword.
func (w *world) login(login string) (*zikr.SignedIn, error) {
	return w.Login(w.ctx, zikr.Credentials{Login: login, Password: goodPassword})
}

func TestRegister(t *testing.T) {
	w := newWorld(t)
	got := must(w.Register(w.ctx, registration()))
	want := zikr.Account{ID: got.User.ID, Name: "Ali", Surname: "Karimov", Email: pointer("ali@example.org"), Phone: pointer("+998901234567")}
	if diff := cmp.Diff(want, got.User); diff != "" || got.User.ID == "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	session := must(w.Authenticate(w.ctx, got.Token))
	if session.UserID != got.User.ID {
		t.Errorf("the token is %s's, want %s's", session.UserID, got.User.ID)
	}
	bare := registration()
	bare.Email, bare.Phone = "other@example.org", nil
	if got := must(w.Register(w.ctx, bare)); got.User.Phone != nil {
		t.Errorf("without a phone: got %q", *got.User.Phone)
	}
	empty := registration()
	empty.Email, empty.Phone = "third@example.org", pointer("")
	if got := must(w.Register(w.ctx, empty)); got.User.Phone != nil {
		t.Errorf("with an empty phone: got %q", *got.User.Phone)
	}
}

func TestRegisterRefusals(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	for _, test := range []struct {
		name   string
		change func(*zikr.Registration)
		want   zikr.Code
	}{
		{"no name", func(in *zikr.Registration) { in.Name = " " }, zikr.CodeInvalidPayload},
		{"a long name", func(in *zikr.Registration) { in.Name = strings.Repeat("ў", 101) }, zikr.CodeInvalidPayload},
		{"no surname", func(in *zikr.Registration) { in.Surname = "" }, zikr.CodeInvalidPayload},
		{"no email", func(in *zikr.Registration) { in.Email = "" }, zikr.CodeInvalidPayload},
		{"an email without @", func(in *zikr.Registration) { in.Email = "ali" }, zikr.CodeInvalidPayload},
		{"an email with a name", func(in *zikr.Registration) { in.Email = "Ali <ali@example.org>" }, zikr.CodeInvalidPayload},
		{"two emails", func(in *zikr.Registration) { in.Email = "a@example.org, b@example.org" }, zikr.CodeInvalidPayload},
		{"a long email", func(in *zikr.Registration) { in.Email = strings.Repeat("a", 243) + "@example.org" }, zikr.CodeInvalidPayload},
		{"a short password", func(in *zikr.Registration) { in.Password = "1234567" }, zikr.CodeInvalidPayload},
		{"a long password", func(in *zikr.Registration) { in.Password = strings.Repeat("ў", 201) }, zikr.CodeInvalidPayload},
		{"a short phone", func(in *zikr.Registration) { in.Phone = pointer("123456") }, zikr.CodeInvalidPayload},
		{"a long phone", func(in *zikr.Registration) { in.Phone = pointer("1234567890123456") }, zikr.CodeInvalidPayload},
		{"a phone with letters", func(in *zikr.Registration) { in.Phone = pointer("+99890CALLME") }, zikr.CodeInvalidPayload},
		{"another's email, written otherwise", func(in *zikr.Registration) { in.Email, in.Phone = "ALI@example.org", nil }, zikr.CodeEmailTaken},
		{"another's phone, written otherwise", func(in *zikr.Registration) { in.Email, in.Phone = "b@example.org", pointer("998901234567") }, zikr.CodePhoneTaken},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := registration()
			test.change(&in)
			_, err := w.Register(w.ctx, in)
			wantCode(t, err, test.want)
			if err != nil && strings.Contains(err.Error(), in.Password) {
				t.Errorf("the password is in the error: %v", err)
			}
		})
	}
	longest := zikr.Registration{
		Name: strings.Repeat("ў", 100), Surname: strings.Repeat("ў", 100), Email: strings.Repeat("a", 242) + "@example.org", Password: strings.Repeat("ўғ", 100),
	}
	_, err := w.Register(w.ctx, longest)
	wantCode(t, err, "")
}

func TestLogin(t *testing.T) {
	w := newWorld(t)
	registered := must(w.Register(w.ctx, registration()))
	for _, login := range []string{"ali@example.org", " ALI@example.org ", "+998901234567", "998 90 123-45-67"} {
		got := must(w.login(login))
		if diff := cmp.Diff(registered.User, got.User); diff != "" || got.Token == "" || got.Token == registered.Token {
			t.Errorf("%q: token %q, user (-want +got):\n%s", login, got.Token, diff)
		}
	}
}

// Many sessions are looked at together: over are those whose account is gone, or whose token was revoked.
func TestEnded(t *testing.T) {
	w := newWorld(t)
	ali, changed, gone := w.user("Ali"), w.user("Changed"), w.user("Gone")
	own := zikr.Session{UserID: changed, TokenID: "mine", Version: 1}
	must(w.UpdateMe(w.ctx, own, zikr.ProfileChange{Password: pointer("another password"), CurrentPassword: pointer(goodPassword)}))
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	got := must(w.Ended(w.ctx, []zikr.Session{
		{UserID: ali, Version: 1}, {UserID: changed, Version: 1}, own, {UserID: changed, Version: 2}, {UserID: changed, Version: -1},
		{UserID: gone, Version: 1}, {UserID: gone, Version: -1}, {UserID: "nobody", Version: -1}, {UserID: ali, Version: -1},
	}))
	if diff := cmp.Diff([]bool{false, true, false, false, false, true, true, true, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The password is verified for unknown accounts too, against a hash that
// matches nothing: who guesses learns nothing from the time it takes.
func TestLoginTakesItsTimeForUnknownAccounts(t *testing.T) {
	w := newWorld(t)
	w.user("Ali")
	gone := w.user("Gone")
	if err := w.DeleteMe(w.ctx, gone); err != nil {
		t.Fatal(err)
	}
	w.tokens.accept("foreign", zikr.Claims{UserID: "f1", Version: -1, Name: "Sami", Email: "sami@example.org"})
	provisioned := newProvisioning(w)
	must(provisioned.Authenticate(w.ctx, "foreign"))

	messages := map[string]bool{}
	for _, in := range []zikr.Credentials{
		{Login: "ali@example.org", Password: "a wrong password"},
		{Login: "nobody@example.org", Password: goodPassword},
		{Login: "+998900000000", Password: goodPassword},
		{Login: "neither email nor phone", Password: goodPassword},
		{Login: "@\x00", Password: goodPassword},
		{Login: "", Password: ""},
		{Login: "gone@example.org", Password: goodPassword},
		{Login: "sami@example.org", Password: ""}, // has no password here
	} {
		w.passwords.verified = nil
		_, err := w.Login(w.ctx, in)
		wantCode(t, err, zikr.CodeBadCredentials)
		messages[err.Error()] = true
		if len(w.passwords.verified) != 1 {
			t.Errorf("%q: the password was verified %d times, want once", in.Login, len(w.passwords.verified))
		}
	}
	if len(messages) != 1 {
		t.Errorf("the refusals differ: %v", messages)
	}
}

// carefree is Passwords that accept everything.
type carefree struct{ *fakePasswords }

func (carefree) Verify(context.Context, string, string) (bool, error) { return true, nil }

// Where there is no password nobody gets in, even if the hashes are broken.
func TestLoginWithoutAPassword(t *testing.T) {
	w := newWorld(t, func(cfg *zikr.Config) { cfg.Passwords = carefree{} })
	w.tokens.accept("foreign", zikr.Claims{UserID: "f1", Version: -1, Name: "Sami", Email: "sami@example.org"})
	must(newProvisioning(w).Authenticate(w.ctx, "foreign"))
	for _, login := range []string{"sami@example.org", "nobody@example.org"} {
		_, err := w.login(login)
		wantCode(t, err, zikr.CodeBadCredentials)
	}
}

// newProvisioning is a second Service over the world's store, which provisions.
func newProvisioning(w *world) *zikr.Service {
	ids := &counter{}
	s := zikr.New(zikr.Config{
		Store: w.store, Bus: w.bus, Tokens: w.tokens, Passwords: w.passwords, Provision: true, Now: w.clock.now,
		NewID: func() string { return "other-" + ids.next() },
	})
	w.t.Cleanup(s.Close)
	return s
}

func TestAuthenticate(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	expires := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	w.tokens.accept("known", zikr.Claims{UserID: in.User.ID, TokenID: "jti", Version: 1, Expires: expires})
	w.tokens.accept("foreign", zikr.Claims{UserID: "elsewhere", Version: -1})
	must(newProvisioning(w).Authenticate(w.ctx, "foreign"))
	w.tokens.accept("foreign for a password", zikr.Claims{UserID: in.User.ID, Version: -1})
	w.tokens.accept("nobody", zikr.Claims{UserID: "nobody", Version: 1})
	w.tokens.accept("newer", zikr.Claims{UserID: in.User.ID, Version: 2})

	want := &zikr.Session{UserID: in.User.ID, TokenID: "jti", Expires: expires, Version: 1}
	for _, token := range []string{"known", "Bearer known", "bearer  known ", " known", "BEARER known"} {
		if diff := cmp.Diff(want, must(w.Authenticate(w.ctx, token))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", token, diff)
		}
	}
	if got := must(w.Authenticate(w.ctx, "foreign")); got.Version != -1 || !got.Expires.IsZero() {
		t.Errorf("another issuer's: got %+v", got)
	}
	for _, token := range []string{"", "  ", "Bearer ", "Bearer", "rubbish", "nobody", "newer", "Basic known", "foreign for a password"} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
		if strings.Contains(err.Error(), "rubbish") {
			t.Errorf("the token is in the error: %v", err)
		}
	}
	w.tokens.fail = zikr.Errorf(zikr.CodeTokenExpired, "The token has expired.")
	_, err := w.Authenticate(w.ctx, "known")
	wantCode(t, err, zikr.CodeTokenExpired)
}

// TestForeignTokensOpenAccounts only where the operator says so.
func TestForeignTokensOpenAccounts(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, Version: -1})
	s := zikr.New(zikr.Config{Store: w.store, Bus: w.bus, Tokens: w.tokens, Passwords: w.passwords, ForeignOpens: true, Now: w.clock.now})
	t.Cleanup(s.Close)
	if got := must(s.Authenticate(w.ctx, "foreign")); got.UserID != in.User.ID {
		t.Errorf("got %+v", got)
	}
}

// TestForeignTokensAndGuests opens nobody who came in here, and nobody without a login.
func TestForeignTokensAndGuests(t *testing.T) {
	w := newWorld(t, func(cfg *zikr.Config) { cfg.Guests = true })
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	link := must(w.CreateLink(w.ctx, ali, g, zikr.NewLink{Guests: true}))
	guest := must(w.RegisterGuest(w.ctx, zikr.NewGuest{Name: "Guest", Link: link.Code}))
	loginless := must(w.AddMember(w.ctx, ali, g, zikr.NewMember{Name: "Oyi"}))
	for _, id := range []string{guest.User.ID, loginless.UserID} {
		w.tokens.accept("foreign", zikr.Claims{UserID: id, Version: -1})
		_, err := w.Authenticate(w.ctx, "foreign")
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
}

// marks is a zikr.Devices whose devices are easy to write.
type marks struct{}

func (marks) NewDevice(userID string) string { return "device of " + userID }
func (marks) DeviceID(device, userID string) (string, bool) {
	return "phone", device == "device of "+userID
}

func TestKnownDevice(t *testing.T) {
	w := newWorld(t)
	s := zikr.New(zikr.Config{Store: w.store, Bus: w.bus, Tokens: w.tokens, Passwords: w.passwords, Devices: marks{}, NewID: func() string { return "u1" }, Now: w.clock.now})
	t.Cleanup(s.Close)
	in := must(s.Register(w.ctx, registration()))
	w.tokens.accept("mine", zikr.Claims{UserID: in.User.ID, Version: 1})
	w.tokens.accept("another's", zikr.Claims{UserID: "another", Version: 1})
	login := *in.User.Email
	for _, tt := range []struct {
		login string
		by    zikr.KnownBy
		want  string
	}{
		{login, zikr.KnownBy{}, ""},
		{login, zikr.KnownBy{Device: in.Device}, "phone"},
		{strings.ToUpper(login), zikr.KnownBy{Device: in.Device}, "phone"},
		{"nobody@example.org", zikr.KnownBy{Device: in.Device, Token: "mine"}, ""},
		{login, zikr.KnownBy{Device: "device of another"}, ""},
		{login, zikr.KnownBy{Device: "rubbish", Token: "Bearer mine"}, zikr.OwnDevice(in.User.ID)},
		{login, zikr.KnownBy{Token: "another's"}, ""},
		{login, zikr.KnownBy{Token: "rubbish"}, ""},
	} {
		if got := must(s.KnownDevice(w.ctx, tt.login, tt.by)); got != tt.want {
			t.Errorf("%s by %+v: got %q, want %q", tt.login, tt.by, got, tt.want)
		}
	}
	if got := must(w.KnownDevice(w.ctx, login, zikr.KnownBy{Token: "mine"})); got != "" {
		t.Errorf("where devices are not known: got %q", got)
	}
}

func TestDeletedAccountIsNobody(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, Version: -1, Name: "Ali"})
	if err := w.DeleteMe(w.ctx, in.User.ID); err != nil {
		t.Fatal(err)
	}
	provisioning := newProvisioning(w)
	for _, token := range []string{in.Token, "foreign"} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
		_, err = provisioning.Authenticate(w.ctx, token) // does not bring it back
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	_, err := w.login("ali@example.org")
	wantCode(t, err, zikr.CodeBadCredentials)
	must(w.Register(w.ctx, registration())) // email and phone are free again
}

func TestProvision(t *testing.T) {
	w := newWorld(t)
	w.user("Taken")
	s := newProvisioning(w)
	long := strings.Repeat("ў", 120)
	for i, test := range []struct {
		name   string
		claims zikr.Claims
		want   zikr.Account
	}{
		{"all", zikr.Claims{Name: " Sami ", Surname: "Aliev", Email: "Sami@example.org"}, zikr.Account{Name: "Sami", Surname: "Aliev", Email: pointer("sami@example.org")}},
		{"nothing", zikr.Claims{}, zikr.Account{Name: "Member"}},
		{"a surname alone", zikr.Claims{Surname: "Aliev"}, zikr.Account{Name: "Aliev"}},
		{"an email that is none", zikr.Claims{Name: "S", Email: "sami"}, zikr.Account{Name: "S"}},
		{"another's email", zikr.Claims{Name: "S", Email: "taken@example.org"}, zikr.Account{Name: "S"}},
		{"a long name", zikr.Claims{Name: long}, zikr.Account{Name: long[:200]}},
		{"a name that cannot be stored", zikr.Claims{Name: "S\x00a\xffmi"}, zikr.Account{Name: "Sami"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.claims.UserID, test.claims.Version = "issuer|"+string(rune('a'+i)), -1
			w.tokens.accept("token", test.claims)
			_, err := w.Authenticate(w.ctx, "token")
			wantCode(t, err, zikr.CodeUnauthenticated) // this one does not provision
			for range 2 {
				session := must(s.Authenticate(w.ctx, "token"))
				if session.UserID != test.claims.UserID {
					t.Fatalf("got %s, want %s", session.UserID, test.claims.UserID)
				}
			}
			test.want.ID = test.claims.UserID
			if diff := cmp.Diff(test.want, must(w.Me(w.ctx, test.claims.UserID)).Account); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// All connections of an unknown user may come at once.
func TestProvisionOnce(t *testing.T) {
	w := newWorld(t)
	s := newProvisioning(w)
	w.tokens.accept("token", zikr.Claims{UserID: "u", Version: -1, Name: "Sami", Email: "sami@example.org"})
	errs := atOnce(20, func(int) error { return second(s.Authenticate(w.ctx, "token")) })
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func TestSessionEndedBy(t *testing.T) {
	for _, test := range []struct {
		name    string
		session zikr.Session
		signal  zikr.Signal
		want    bool
	}{
		{"another signal", zikr.Session{Version: 1}, zikr.Signal{}, false},
		{"the account is gone", zikr.Session{Version: 1, TokenID: "t"}, zikr.Signal{Expire: true, KeepTokenID: "t"}, true},
		{"the account is gone, another issuer's", zikr.Session{Version: -1}, zikr.Signal{Expire: true}, true},
		{"an older version", zikr.Session{Version: 1, TokenID: "t"}, zikr.Signal{Expire: true, TokenVersion: 2}, true},
		{"an older version that is kept", zikr.Session{Version: 1, TokenID: "t"}, zikr.Signal{Expire: true, TokenVersion: 2, KeepTokenID: "t"}, false},
		{"an older version, another is kept", zikr.Session{Version: 1, TokenID: "t"}, zikr.Signal{Expire: true, TokenVersion: 2, KeepTokenID: "u"}, true},
		{"no ids", zikr.Session{Version: 1}, zikr.Signal{Expire: true, TokenVersion: 2}, true},
		{"the version", zikr.Session{Version: 2}, zikr.Signal{Expire: true, TokenVersion: 2}, false},
		{"another issuer's", zikr.Session{Version: -1}, zikr.Signal{Expire: true, TokenVersion: 2}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.session.EndedBy(test.signal); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
