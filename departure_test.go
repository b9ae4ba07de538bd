package zikr_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
)

// foreign makes up a token of another issuer, issued now.
func (w *world) foreign(token, subject string) string {
	w.tokens.accept(token, zikr.Claims{UserID: subject, TokenID: token, Version: -1, Name: "Sami", Email: "sami@example.org", Issued: w.clock.now()})
	return token
}

// Somebody of another issuer who deletes the account comes back as somebody new, with a token that was issued later.
func TestComingBack(t *testing.T) {
	w := newWorld(t)
	s := newProvisioning(w)
	ali := w.user("Ali")
	g := w.group(zikr.QuranGroup, ali)
	z := w.zikr(ali, g, 0)
	old := w.foreign("old", "issuer|sami")
	sami := must(s.Authenticate(w.ctx, old)).UserID
	must(w.JoinPublicGroup(w.ctx, sami, g))
	w.count(sami, g, z, 7)
	w.complete(sami, w.book(sami, g, 1))
	must(w.UpdateMe(w.ctx, zikr.Session{UserID: sami}, zikr.ProfileChange{Password: pointer(goodPassword)}))
	own := must(w.login("sami@example.org")).Token
	if err := w.DeleteMe(w.ctx, sami); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{old, own} {
		_, err := s.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	snap := w.snapshot(ali, g)
	shares := snap.Zikrs[0].Members
	if len(shares) != 1 || shares[0].UserID == sami || shares[0].UserName != "Former member" || shares[0].Count != 7 || *snap.Poras[0].UserID != shares[0].UserID {
		t.Errorf("what was done is %+v's, the pora %s's", shares, *snap.Poras[0].UserID)
	}
	for _, e := range w.events(g, 0) {
		if strings.Contains(string(e.Data), sami) {
			t.Errorf("the log has the subject still: %s %s", e.Name, e.Data)
		}
	}
	if _, err := viewOf(w.store, func(r zikr.Reader) (*zikr.User, error) { return r.User(sami) }); err == nil {
		t.Error("the tombstone has the subject as its id")
	}

	later := w.foreign("later", "issuer|sami")
	back := must(s.Authenticate(w.ctx, later))
	if back.UserID != sami || len(must(w.Groups(w.ctx, sami, zikr.Page{})).Items) != 0 || w.snapshot(sami, g).Zikrs[0].MyCount != 0 {
		t.Errorf("came back as %+v, who is not somebody new", back)
	}
	for _, token := range []string{old, own} {
		_, err := s.Authenticate(w.ctx, token)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	// An own token of before sessions, of the first life, is worthless too.
	w.tokens.accept("ancient", zikr.Claims{UserID: sami, Version: 1, TokenID: "x"})
	_, err := s.Authenticate(w.ctx, "ancient")
	wantCode(t, err, zikr.CodeUnauthenticated)

	must(w.JoinPublicGroup(w.ctx, sami, g)) // the group knows nobody of that name
	w.count(sami, g, z, 2)
	if err := w.DeleteMe(w.ctx, sami); err != nil { // and goes again
		t.Fatal(err)
	}
	_, err = s.Authenticate(w.ctx, later)
	wantCode(t, err, zikr.CodeUnauthenticated)
	must(s.Authenticate(w.ctx, w.foreign("latest", "issuer|sami")))
}

func viewOf[T any](s zikr.Store, read func(zikr.Reader) (T, error)) (out T, err error) {
	err = s.View(context.Background(), func(r zikr.Reader) (err error) {
		out, err = read(r)
		return err
	})
	return out, err
}

// A tombstone that a release before has left under the subject gives it up to the first token that comes.
func TestComingBackToATombstoneOfBefore(t *testing.T) {
	w := newWorld(t)
	s := newProvisioning(w)
	old := w.foreign("old", "issuer|sami")
	err := w.store.Update(w.ctx, zikr.UserKey("issuer|sami"), func(tx zikr.Tx) error {
		return tx.InsertUser(zikr.User{ID: "issuer|sami", TokenVersion: 4, CreatedAt: w.clock.now(), Deleted: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Authenticate(w.ctx, old) // a node that provisions nobody leaves it
	wantCode(t, err, zikr.CodeUnauthenticated)
	for range 2 {
		_, err := s.Authenticate(w.ctx, old)
		wantCode(t, err, zikr.CodeUnauthenticated)
	}
	must(s.Authenticate(w.ctx, w.foreign("later", "issuer|sami")))
	_, err = s.Authenticate(w.ctx, old)
	wantCode(t, err, zikr.CodeUnauthenticated)
}

// Own tokens bring nobody back and make nobody.
func TestOwnTokensProvisionNobody(t *testing.T) {
	w := newWorld(t)
	s := newProvisioning(w)
	w.tokens.accept("own", zikr.Claims{UserID: "u", Version: 1, Issued: w.clock.now().Add(time.Hour)})
	_, err := s.Authenticate(w.ctx, "own")
	wantCode(t, err, zikr.CodeUnauthenticated)
}

// A deletion that fails half-way can be asked for again.
func TestDepartureAfterAFailure(t *testing.T) {
	for call := 1; ; call++ {
		taps := &tap{}
		w := newWorldBeside(t, withTap(taps))
		s := newProvisioning(w)
		sami := must(s.Authenticate(w.ctx, w.foreign("old", "issuer|sami"))).UserID
		w.group(zikr.QuranGroup, sami, w.user("Ali"))
		taps.reset(call)
		err := w.DeleteMe(w.ctx, sami)
		done := !taps.failed()
		taps.reset(0)
		if done {
			return
		}
		if err == nil {
			t.Errorf("the failure of call %d was not told", call)
		}
		if err := w.DeleteMe(w.ctx, sami); err != nil {
			t.Errorf("after the failure of call %d: %v", call, err)
		}
		must(s.Authenticate(w.ctx, w.foreign("later", "issuer|sami")))
	}
}
