package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/live"
)

// connectSession connects a user by a token of a session.
func (w *world) connectSession(userID, sessionID string) *client {
	w.t.Helper()
	token := fmt.Sprintf("good|%s|1|sid=%s", userID, sessionID)
	a, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: token})
	if refusal != nil {
		w.t.Fatal(refusal.Message)
	}
	return w.connected(a)
}

// One session ends with its connections; another one of the same user goes on.
func TestEndedSessionEndsItsConnections(t *testing.T) {
	w := newWorld(t)
	user := w.users(1)[0]
	now := time.Now()
	err := w.store.Update(w.ctx, zikr.UserKey(user), func(tx zikr.Tx) error {
		for _, id := range []string{"phone", "laptop"} {
			l := zikr.LogIn{ID: id, UserID: user, Version: 1, MadeAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}
			if err := tx.InsertLogIn(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	phone, again, laptop := w.connectSession(user, "phone"), w.connectSession(user, "phone"), w.connectSession(user, "laptop")
	if err := w.EndSession(w.ctx, zikr.Session{ID: "laptop", UserID: user, Version: 1}, "phone"); err != nil {
		t.Fatal(err)
	}
	phone.ended(t, zikr.StatusExpired, true)
	again.ended(t, zikr.StatusExpired, true)
	laptop.do("get_notifications", nil)
	if _, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: "good|" + user + "|1|sid=phone"}); refusal == nil || refusal.Data.Code != zikr.CodeUnauthenticated {
		t.Errorf("the ended session is let in again: %+v", refusal)
	}
}

// Who is suspended is told so, and connected no longer.
func TestSuspendedUserIsDisconnected(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	held, other := w.connect(users[0]), w.connect(users[1])
	yes := true
	must(w.ChangeAccount(w.ctx, zikr.Admin{}, users[0], zikr.AdminChange{IsSuspended: &yes}))
	held.ended(t, zikr.StatusExpired, true)
	other.do("get_notifications", nil)
	if _, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: w.token(users[0])}); refusal == nil || refusal.Data.Code != zikr.CodeSuspended {
		t.Errorf("got %+v, want %s", refusal, zikr.CodeSuspended)
	}
}
