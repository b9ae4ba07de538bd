package live_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/live"
)

func TestAdmit(t *testing.T) {
	w := newWorld(t)
	users := w.users(3)
	t0, t1, t2 := w.token(users[0]), w.token(users[1]), w.token(users[2])
	auth := func(token any) string { return string(must(json.Marshal(map[string]any{"token": token}))) }
	for name, tt := range map[string]struct {
		auth          string
		header, query string
		user          string
		code          zikr.Code
	}{
		"auth first":                       {auth: auth(t0), header: t1, query: t2, user: users[0]},
		"then the header":                  {auth: `{}`, header: "Bearer " + t1, query: t2, user: users[1]},
		"then the query":                   {query: t2, user: users[2]},
		"with Bearer in auth":              {auth: auth("Bearer " + t0), user: users[0]},
		"with Bearer in the query":         {query: "Bearer " + t0, user: users[0]},
		"an empty one counts as absent":    {auth: auth(""), header: t1, user: users[1]},
		"one without a token, too":         {auth: auth("Bearer "), header: "Bearer", query: t2, user: users[2]},
		"a number counts as absent":        {auth: auth(7), query: t2, user: users[2]},
		"null counts as absent":            {auth: auth(nil), query: t2, user: users[2]},
		"an object counts as absent":       {auth: auth(map[string]string{"token": t0}), query: t2, user: users[2]},
		"auth that is not an object":       {auth: `"` + t0 + `"`, query: t2, user: users[2]},
		"the name is exact":                {auth: `{"Token":"` + t0 + `"}`, query: t2, user: users[2]},
		"a bad one does not fall through":  {auth: auth("bad"), header: t1, code: zikr.CodeUnauthenticated},
		"nor does a bad header":            {header: "Basic eA==", query: t2, code: zikr.CodeUnauthenticated},
		"none":                             {code: zikr.CodeUnauthenticated},
		"expired":                          {auth: auth("expired"), code: zikr.CodeTokenExpired},
		"a user that does not exist":       {auth: auth("good|nobody|1"), code: zikr.CodeUnauthenticated},
		"a token from before the password": {auth: auth("good|" + users[0] + "|0"), code: zikr.CodeUnauthenticated},
		"an outage":                        {auth: auth("outage"), code: zikr.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			a, refusal := w.gateway.Admit(w.ctx, json.RawMessage(tt.auth), live.Handshake{Authorization: tt.header, Token: tt.query})
			if tt.code == "" {
				if refusal != nil || a.UserID() != tt.user {
					t.Errorf("got refusal %+v, want user %s", refusal, tt.user)
				}
				return
			}
			if refusal == nil || refusal.Data.Code != tt.code || refusal.Message == "" {
				t.Fatalf("got %+v, want a refusal with %s", refusal, tt.code)
			}
			if strings.Contains(refusal.Message, "key server") {
				t.Errorf("inner detail is told: %s", refusal.Message)
			}
			got := fields(must(json.Marshal(refusal)))
			want := map[string]any{"message": refusal.Message, "data": map[string]any{"code": string(tt.code)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("on the wire (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConnectionStatus(t *testing.T) {
	w := newWorld(t)
	user := w.user("Ali")
	c := w.connect(user)
	if got := c.socket.expect(t, "connection_status"); got["status"] != "connected" || got["userId"] != user || got["timestamp"] == nil {
		t.Errorf("got %v, want connected", got)
	}
}

// ended waits until the server has said that the connection ends, and why; and, with packet, has
// ended it with a DISCONNECT packet.
func (c *client) ended(t *testing.T, status zikr.Status, packet bool) {
	t.Helper()
	for c.socket.expect(t, "connection_status")["status"] != string(status) {
	}
	if packet {
		c.socket.until(t, "waiting for the end", func() bool { return c.socket.disconnected })
	} else if c.socket.isGone() {
		t.Error("the gateway has ended the connection")
	}
	if names := c.socket.names(); names[len(names)-1] != "connection_status" {
		t.Errorf("the last event was %s, want connection_status", names[len(names)-1])
	}
}

func TestTokenExpires(t *testing.T) {
	w := newWorld(t)
	user := w.user("Ali")
	connect := func(token string) *client {
		a, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: token})
		if refusal != nil {
			t.Fatal(refusal.Message)
		}
		return w.connected(a)
	}
	later := connect(w.tokens.until(w.token(user), time.Now().Add(time.Hour)))
	soon := connect(w.tokens.until(w.token(user), time.Now().Add(50*time.Millisecond)))
	never := connect(w.token(user))
	soon.ended(t, zikr.StatusExpired, true)
	for _, c := range []*client{later, never} {
		c.do("get_notifications", nil)
	}
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	first, second, other := w.connect(users[0]), w.connect(users[0]), w.connect(users[1])
	kept := "good|" + users[0] + "|1|kept"
	a, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: kept})
	if refusal != nil {
		t.Fatal(refusal.Message)
	}
	mine := w.connected(a)
	w.changePassword(users[0], kept)
	first.ended(t, zikr.StatusExpired, true)
	second.ended(t, zikr.StatusExpired, true)
	for _, c := range []*client{mine, other} {
		c.do("get_notifications", nil)
	}
}

func (w *world) changePassword(userID, tokenID string) {
	old, changed := "a good password", "a better password"
	must(w.UpdateMe(w.ctx, zikr.Session{UserID: userID, TokenID: tokenID, Version: 1}, zikr.ProfileChange{Password: &changed, CurrentPassword: &old}))
}

// admitted are users who were let in, and whose connections are not there yet.
func (w *world) admitted(users []string) (all []*live.Admission) {
	for _, u := range users {
		a, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: w.token(u)})
		if refusal != nil {
			panic(refusal.Message)
		}
		all = append(all, a)
	}
	return all
}

// A session that is ended between its CONNECT packet and its connection is ended all the same.
func TestRevokedWhileConnecting(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	admitted := w.admitted(users)
	w.changePassword(users[0], "another")
	gone, other := w.connected(admitted[0]), w.connected(admitted[1])
	gone.ended(t, zikr.StatusExpired, true)
	other.do("get_notifications", nil)
}

// While the store does not say whether a session is over, nobody is told that it is, and clients sign nobody out. As soon
// as it says so, those that are over end.
func TestRevokedWhileTheStoreIsAway(t *testing.T) {
	broken := &brokenStore{failed: make(chan struct{}, 2)}
	w := newWorld(t, func(o *options) {
		o.live.PollEvery = 50 * time.Millisecond
		o.passStore = func(s zikr.Store) zikr.Store { broken.Store = s; return broken }
	})
	users := w.users(2)
	admitted := w.admitted(users)
	w.changePassword(users[0], "another")
	broken.fail("the database is away")
	gone, other := w.connected(admitted[0]), w.connected(admitted[1])
	<-broken.failed
	<-broken.failed
	broken.fail("")
	gone.ended(t, zikr.StatusExpired, true)
	other.do("get_notifications", nil)
	if got := fields(other.socket.last("connection_status")); got["status"] != "connected" {
		t.Errorf("connection_status of a session that goes on: got %v", got)
	}
}

func TestAccountDeleted(t *testing.T) {
	w := newWorld(t)
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	a, b := w.connect(users[0]), w.connect(users[1])
	a.join(g)
	b.join(g)
	if err := w.DeleteMe(w.ctx, users[1]); err != nil {
		t.Fatal(err)
	}
	a.socket.expect(t, "member_left")
	a.socket.expect(t, "user_offline")
	b.socket.until(t, "waiting for the end", func() bool { return b.socket.disconnected })
	if got := fields(b.socket.last("connection_status")); got["status"] != "expired" {
		t.Errorf("connection_status: got %v, want expired", got)
	}
}

func TestDrain(t *testing.T) {
	hooked := &hookedStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	users := w.users(2)
	g := w.group(zikr.QuranGroup, users[0], users[1])
	a, b := w.connect(users[0]), w.connect(users[1])
	a.join(g)

	// What is under way is answered; what comes later is not taken.
	reading, read := make(chan struct{}), make(chan struct{})
	hooked.then(func() { close(reading); <-read })
	acks := a.begin("get_notifications", nil)
	<-reading
	drained := make(chan error, 1)
	go func() { drained <- w.gateway.Drain(context.Background()) }()
	waitFor(t, "the gateway to drain", func() bool {
		acks := b.begin("explode", nil)
		select {
		case <-acks: // still served
			return false
		case <-time.After(20 * time.Millisecond):
			return true
		}
	})
	close(read)
	if got := a.wait(acks); !got.OK {
		t.Errorf("what was under way: got %+v", got)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
	a.ended(t, zikr.StatusDraining, false)
	b.ended(t, zikr.StatusDraining, false)

	// Whoever still comes is sent away again.
	late := w.connect(users[0])
	late.ended(t, zikr.StatusDraining, false)
}

// Draining does not wait for ever.
func TestDrainInTime(t *testing.T) {
	hooked := &hookedStore{}
	w := newWorld(t, func(o *options) {
		o.passStore = func(s zikr.Store) zikr.Store { hooked.Store = s; return hooked }
	})
	c := w.connect(w.user("Ali"))
	reading, read := make(chan struct{}), make(chan struct{})
	hooked.then(func() { close(reading); <-read })
	c.send("get_notifications", nil)
	<-reading
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
	defer cancel()
	if err := w.gateway.Drain(ctx); err == nil {
		t.Error("got no error, want that of the context")
	}
	c.ended(t, zikr.StatusDraining, false)
	close(read)
}

// waitFor waits until holds is true.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
