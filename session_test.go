package zikr_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
)

// foreignOpens lets another issuer's tokens open accounts that have a password here.
func foreignOpens(cfg *zikr.Config) { cfg.ForeignOpens = true }

// later sets the clock forward.
func (w *world) later(d time.Duration) { w.clock.at.Add(d.Milliseconds()) }

// logins signs in n times and returns the sessions, the oldest first, and their tokens.
func (w *world) logins(login string, n int) (sessions []zikr.Session, tokens []string) {
	for range n {
		session, token := w.session(login)
		sessions, tokens = append(sessions, session), append(tokens, token)
	}
	return sessions, tokens
}

// sessionIDs are those of the sessions that are listed, newest first.
func (w *world) sessionIDs(of zikr.Session) []string {
	ids := []string{}
	for _, item := range must(w.Sessions(w.ctx, of)).Items {
		ids = append(ids, item.ID)
	}
	return ids
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	in := registration()
	in.DeviceName = pointer(" Zaynab's phone ")
	must(w.Register(w.ctx, in))
	sessions, _ := w.logins("ali@example.org", 2)
	list := must(w.Sessions(w.ctx, sessions[0]))
	if list.Cursor != nil || len(list.Items) != 3 || list.Items[0].ID != sessions[1].ID || list.Items[1].ID != sessions[0].ID {
		t.Fatalf("got %+v, want three, the newest first", list)
	}
	first, current := list.Items[2], list.Items[1]
	if first.Device == nil || *first.Device != "Zaynab's phone" || current.Device != nil || first.IsCurrent || !current.IsCurrent {
		t.Errorf("got %+v and %+v", first, current)
	}
	if !current.ExpiresAt.After(current.CreatedAt.Time) || !current.SeenAt.Equal(current.CreatedAt.Time) || !sessions[0].Began.Equal(current.CreatedAt.Time) {
		t.Errorf("got %+v of a session that began at %s", current, sessions[0].Began)
	}
	in.Email, in.Phone, in.DeviceName = "long@example.org", nil, pointer(strings.Repeat("x", 101))
	_, err := w.Register(w.ctx, in)
	wantCode(t, err, zikr.CodeInvalidPayload)
}

// One session ends, and only that one: in whatever way.
func TestOneSessionEnds(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	w.user("Vali")
	stranger, _ := w.session("vali@example.org")
	sessions, tokens := w.logins("ali@example.org", 3)
	wantCode(t, w.EndSession(w.ctx, stranger, sessions[0].ID), zikr.CodeSessionNotFound)
	wantCode(t, w.EndSession(w.ctx, sessions[0], "none"), zikr.CodeSessionNotFound)
	for i, end := range []func() error{
		func() error { return w.Logout(w.ctx, sessions[0]) },
		func() error { return w.EndSession(w.ctx, sessions[2], sessions[1].ID) },
	} {
		w.bus.forget()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		_, err := w.Authenticate(w.ctx, tokens[i])
		wantCode(t, err, zikr.CodeUnauthenticated)
		told := w.bus.all()
		if len(told) != 1 || !sessions[i].EndedBy(told[0]) || sessions[2].EndedBy(told[0]) || told[0].TokenVersion == 0 {
			t.Errorf("told %+v, which must end session %d and no other", told, i)
		}
		// To a node that knows no sessions it says that nothing has changed.
		old := told[0]
		old.SessionIDs = nil
		if sessions[2].EndedBy(old) || sessions[i].EndedBy(old) {
			t.Errorf("without its ids %+v ends sessions", old)
		}
	}
	must(w.Authenticate(w.ctx, tokens[2]))
	wantCode(t, w.Logout(w.ctx, sessions[0]), zikr.CodeSessionNotFound) // ended already
	if got := w.sessionIDs(sessions[2]); len(got) != 2 || got[0] != sessions[2].ID {
		t.Errorf("left are %v, want the third and the one of the sign-up", got)
	}
}

// A token without a session is as good as it always was, and ends with all others.
func TestTokensOfBefore(t *testing.T) {
	w := newWorld(t)
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("old", zikr.Claims{UserID: in.User.ID, TokenID: "old", Version: 1})
	w.tokens.accept("older", zikr.Claims{UserID: in.User.ID, TokenID: "older", Version: 1})
	old := *must(w.Authenticate(w.ctx, "old"))
	wantCode(t, w.Logout(w.ctx, old), zikr.CodeSessionNotFound)
	renewed := must(w.Renew(w.ctx, old, "Radio"))
	session := *must(w.Authenticate(w.ctx, renewed.Token))
	if session.ID == "" || *must(w.Sessions(w.ctx, session)).Items[0].Device != "Radio" {
		t.Errorf("got %+v, want a session of its own", session)
	}
	if err := w.EndOtherSessions(w.ctx, old); err != nil { // the token that asks stays
		t.Fatal(err)
	}
	must(w.Authenticate(w.ctx, "old"))
	for _, token := range []string{"older", renewed.Token, in.Token} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
}

func TestEndOtherSessions(t *testing.T) {
	w := newWorld(t, foreignOpens)
	in := must(w.Register(w.ctx, registration()))
	sessions, tokens := w.logins("ali@example.org", 3)
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, TokenID: "f", Version: -1, Issued: w.clock.now()})
	w.tokens.accept("nameless", zikr.Claims{UserID: in.User.ID, Version: -1})
	foreign, nameless := *must(w.Authenticate(w.ctx, "foreign")), *must(w.Authenticate(w.ctx, "nameless"))
	w.bus.forget()
	if err := w.EndOtherSessions(w.ctx, sessions[1]); err != nil {
		t.Fatal(err)
	}
	told := w.bus.all()
	if len(told) != 1 || sessions[1].EndedBy(told[0]) {
		t.Fatalf("told %+v, which must not end the session that asks", told)
	}
	for i, other := range []zikr.Session{sessions[0], sessions[2], foreign, nameless} {
		if !other.EndedBy(told[0]) {
			t.Errorf("the signal does not end %d", i)
		}
	}
	for _, token := range []string{in.Token, tokens[0], tokens[2], "foreign", "nameless"} {
		_, err := w.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	must(w.Authenticate(w.ctx, tokens[1]))
	w.tokens.accept("later", zikr.Claims{UserID: in.User.ID, Version: -1, Issued: w.clock.now()})
	must(w.Authenticate(w.ctx, "later"))

	// What came after stays whatever else ends, and the one that asked can be ended by it.
	newer, token := w.session("ali@example.org")
	if newer.EndedBy(told[0]) {
		t.Error("a session that began afterwards is ended")
	}
	ended := must(w.Ended(w.ctx, []zikr.Session{sessions[0], sessions[1], newer, foreign}))
	if diff := cmp.Diff([]bool{true, false, false, true}, ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if err := w.EndOtherSessions(w.ctx, newer); err != nil {
		t.Fatal(err)
	}
	_, err := w.Authenticate(w.ctx, tokens[1])
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(w.Authenticate(w.ctx, token))
	wantCode(t, w.EndOtherSessions(w.ctx, sessions[1]), zikr.CodeUnauthenticated) // checked before it ended
}

// Another issuer's token that ends all others stays itself.
func TestForeignTokenEndsOthers(t *testing.T) {
	w := newWorld(t, foreignOpens)
	in := must(w.Register(w.ctx, registration()))
	w.tokens.accept("foreign", zikr.Claims{UserID: in.User.ID, TokenID: "f", Version: -1, Issued: w.clock.now()})
	if err := w.EndOtherSessions(w.ctx, *must(w.Authenticate(w.ctx, "foreign"))); err != nil {
		t.Fatal(err)
	}
	must(w.Authenticate(w.ctx, "foreign"))
	_, err := w.Authenticate(w.ctx, in.Token)
	wantCode(t, err, zikr.CodeUnauthenticated)
	_, err = w.Renew(w.ctx, *must(w.Authenticate(w.ctx, "foreign")), "")
	wantCode(t, err, zikr.CodeUnauthenticated)
}

func TestRenew(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	session, token := w.session("ali@example.org")
	before := must(w.Sessions(w.ctx, session)).Items[0]
	w.later(20 * 24 * time.Hour)
	renewed := must(w.Renew(w.ctx, session, "ignored"))
	again := *must(w.Authenticate(w.ctx, renewed.Token))
	after := must(w.Sessions(w.ctx, again)).Items[0]
	if renewed.Token == token || again.ID != session.ID || !after.ExpiresAt.After(before.ExpiresAt.Time) || !again.Began.Equal(session.Began) {
		t.Errorf("got %+v and %+v after %+v", again, after, before)
	}
	must(w.Authenticate(w.ctx, token)) // until it ends by itself
	if err := w.Logout(w.ctx, again); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{token, renewed.Token} {
		_, err := w.Authenticate(w.ctx, old)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	_, err := w.Renew(w.ctx, again, "")
	wantCode(t, err, zikr.CodeUnauthenticated)
}

// A session is noted as seen once an hour, without a query for it, and nobody waits for it.
func TestSessionIsSeen(t *testing.T) {
	taps := &tap{}
	w := newWorld(t, withTap(taps))
	must(w.Register(w.ctx, registration()))
	session, token := w.session("ali@example.org")
	seen := func() time.Time { return must(w.Sessions(w.ctx, session)).Items[0].SeenAt.Time }
	first := seen()
	w.later(50 * time.Minute)
	taps.reset(0)
	must(w.Authenticate(w.ctx, token))
	if diff := cmp.Diff(map[string]int{"Holder": 1}, taps.counted()); diff != "" || len(taps.commands()) > 0 {
		t.Errorf("%v, calls of the store (-want +got):\n%s", taps.commands(), diff)
	}
	w.later(20 * time.Minute)
	for range 10 {
		must(w.Authenticate(w.ctx, token))
	}
	w.Close() // which waits for it
	if got := seen(); got.Sub(first) < time.Hour {
		t.Errorf("seen at %s, first at %s", got, first)
	}
}

// Of too many sessions the one that was not used for longest ends.
func TestTooManySessions(t *testing.T) {
	var met []string
	w := newWorld(t, func(cfg *zikr.Config) {
		cfg.Bounds = zikr.DefaultBounds()
		cfg.Bounds.UserSessions = 3
		cfg.Met = func(bound string) { met = append(met, bound) }
	})
	must(w.Register(w.ctx, registration()))
	sessions, tokens := w.logins("ali@example.org", 2)
	if len(met) > 0 {
		t.Errorf("met %v within the bounds", met)
	}
	w.bus.forget()
	newest, token := w.session("ali@example.org")
	if diff := cmp.Diff([]string{newest.ID, sessions[1].ID, sessions[0].ID}, w.sessionIDs(newest)); diff != "" || !slices.Equal(met, []string{"user_sessions"}) {
		t.Errorf("met %v (-want +got):\n%s", met, diff)
	}
	w.later(2 * time.Hour)
	must(w.Renew(w.ctx, sessions[0], "")) // is used
	latest, _ := w.session("ali@example.org")
	if diff := cmp.Diff([]string{latest.ID, newest.ID, sessions[0].ID}, w.sessionIDs(latest)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err := w.Authenticate(w.ctx, tokens[1])
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(w.Authenticate(w.ctx, token))
	if told := w.bus.all(); len(told) != 2 || !sessions[1].EndedBy(told[1]) || latest.EndedBy(told[1]) {
		t.Errorf("told %+v", told)
	}
}

// However many log in at once, no more sessions stay than may be.
func TestTooManySessionsAtOnce(t *testing.T) {
	w := newWorld(t, func(cfg *zikr.Config) {
		cfg.Bounds = zikr.DefaultBounds()
		cfg.Bounds.UserSessions = 5
	})
	must(w.Register(w.ctx, registration()))
	if err := errors.Join(atOnce(20, func(int) error { return second(w.login("ali@example.org")) })...); err != nil {
		t.Fatal(err)
	}
	session, _ := w.session("ali@example.org")
	if got := w.sessionIDs(session); len(got) != 5 {
		t.Errorf("got %d sessions, want 5", len(got))
	}
}

// What a stolen token must not do needs the password, or a session younger than ten minutes.
func TestOwnerIsAsked(t *testing.T) {
	w := newWorld(t)
	must(w.Register(w.ctx, registration()))
	session, _ := w.session("ali@example.org")
	wrong, right := pointer("not the password"), pointer(goodPassword)
	type attempt struct {
		name string
		in   zikr.ProfileChange
		want zikr.Code
	}
	try := func(attempts []attempt) {
		t.Helper()
		for _, a := range attempts {
			_, err := w.UpdateMe(w.ctx, session, a.in)
			if got := zikr.CodeOf(err); got != a.want {
				t.Errorf("%s: got %q (%v), want %q", a.name, got, err, a.want)
			}
		}
	}
	try([]attempt{
		{"young, an email", zikr.ProfileChange{Email: pointer("a@example.org")}, ""},
		{"young, a phone", zikr.ProfileChange{Phone: pointer("+998911111111")}, ""},
		{"young, an email with a wrong password", zikr.ProfileChange{Email: pointer("b@example.org"), CurrentPassword: wrong}, zikr.CodeBadCredentials},
		{"young, a password alone", zikr.ProfileChange{Password: pointer("another one")}, zikr.CodeBadCredentials},
	})
	w.later(11 * time.Minute)
	try([]attempt{
		{"a name", zikr.ProfileChange{Name: pointer("Olim")}, ""},
		{"findable", zikr.ProfileChange{Findable: pointer(false)}, ""},
		{"the same email", zikr.ProfileChange{Email: pointer("A@example.org")}, ""},
		{"the same phone", zikr.ProfileChange{Phone: pointer("+998 91 111 11 11")}, ""},
		{"an email", zikr.ProfileChange{Email: pointer("b@example.org")}, zikr.CodeBadCredentials},
		{"a phone", zikr.ProfileChange{Phone: pointer("+998922222222")}, zikr.CodeBadCredentials},
		{"no phone", zikr.ProfileChange{Phone: pointer("")}, zikr.CodeBadCredentials},
		{"an email with a wrong password", zikr.ProfileChange{Email: pointer("b@example.org"), CurrentPassword: wrong}, zikr.CodeBadCredentials},
		{"an email with the password", zikr.ProfileChange{Email: pointer("b@example.org"), CurrentPassword: right}, ""},
		{"a phone with the password", zikr.ProfileChange{Phone: pointer("+998922222222"), CurrentPassword: right}, ""},
	})
	wantCode(t, w.EraseMe(w.ctx, session, zikr.Confirmation{}), zikr.CodeBadCredentials)
	wantCode(t, w.EraseMe(w.ctx, session, zikr.Confirmation{CurrentPassword: wrong}), zikr.CodeBadCredentials)
	wantCode(t, w.EraseMe(w.ctx, session, zikr.Confirmation{CurrentPassword: right}), "")
	_, err := w.login("b@example.org")
	wantCode(t, err, zikr.CodeBadCredentials)
}

// Without a password there is none to ask for; a token of another issuer is as young as it is.
func TestOwnerOfAForeignAccountIsNotAsked(t *testing.T) {
	w := newWorld(t)
	w.tokens.accept("foreign", zikr.Claims{UserID: "f1", Version: -1, Name: "Sami"})
	session := *must(newProvisioning(w).Authenticate(w.ctx, "foreign"))
	w.later(time.Hour)
	must(w.UpdateMe(w.ctx, session, zikr.ProfileChange{Email: pointer("sami@example.org")}))
	young := session
	young.Began = w.clock.now()
	must(w.UpdateMe(w.ctx, young, zikr.ProfileChange{Password: pointer(goodPassword)}))
	_, err := w.UpdateMe(w.ctx, session, zikr.ProfileChange{Email: pointer("sami2@example.org")})
	wantCode(t, err, zikr.CodeBadCredentials)
	must(w.UpdateMe(w.ctx, young, zikr.ProfileChange{Email: pointer("sami2@example.org")}))
}

func TestSessionEndedBySignals(t *testing.T) {
	moment := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	own := zikr.Session{ID: "s1", TokenID: "t1", Version: 1}
	foreign := zikr.Session{Version: -1, TokenID: "f", Began: moment}
	for i, test := range []struct {
		session zikr.Session
		signal  zikr.Signal
		want    bool
	}{
		{own, zikr.Signal{Expire: true, TokenVersion: 2, KeepSessionID: "s1"}, false},
		{own, zikr.Signal{Expire: true, TokenVersion: 2, KeepSessionID: "s2"}, true},
		{own, zikr.Signal{Expire: true, TokenVersion: 1}, false},
		{own, zikr.Signal{Expire: true, SessionIDs: []string{"s2"}}, false},
		{own, zikr.Signal{Expire: true, SessionIDs: []string{"s2", "s1"}}, true},
		{zikr.Session{Version: 1}, zikr.Signal{Expire: true, SessionIDs: []string{""}}, false},
		{zikr.Session{Version: 1}, zikr.Signal{Expire: true, TokenVersion: 2, KeepSessionID: ""}, true},
		{foreign, zikr.Signal{Expire: true, TokenVersion: 2, ForeignAfter: moment}, true},
		{foreign, zikr.Signal{Expire: true, TokenVersion: 2, ForeignAfter: moment.Add(-1)}, false},
		{foreign, zikr.Signal{Expire: true, TokenVersion: 2, ForeignAfter: moment, KeepTokenID: "f"}, false},
		{foreign, zikr.Signal{Expire: true}, true},
	} {
		if got := test.session.EndedBy(test.signal); got != test.want {
			t.Errorf("%d: %+v by %+v: got %t, want %t", i, test.session, test.signal, got, test.want)
		}
	}
}

func TestRegistrations(t *testing.T) {
	for who, want := range map[zikr.Registrations]zikr.Code{
		"": "", zikr.RegistrationOpen: "", zikr.RegistrationInvited: zikr.CodeRegistrationClosed, zikr.RegistrationClosed: zikr.CodeRegistrationClosed,
	} {
		t.Run(fmt.Sprintf("%q", who), func(t *testing.T) {
			w := newWorld(t, func(cfg *zikr.Config) { cfg.Registration = who })
			_, err := w.Register(w.ctx, registration())
			wantCode(t, err, want)
			other := registration()
			other.Email, other.Phone = "vali@example.org", nil
			must(w.AddAccount(w.ctx, zikr.Admin{}, other)) // the operator always may
			must(w.login("vali@example.org"))
		})
	}
}
