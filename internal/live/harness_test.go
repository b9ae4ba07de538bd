package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/zikr-app/zikr"
	"github.com/zikr-app/zikr/internal/bus"
	"github.com/zikr-app/zikr/internal/live"
	"github.com/zikr-app/zikr/internal/sqlstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// world is a server without its protocols: the real domain over a real database, a
// gateway, and sockets that keep what they are sent.
type world struct {
	*zikr.Service
	t       testing.TB
	ctx     context.Context
	store   *sqlstore.Store
	bus     *bus.Local
	tokens  *fakeTokens
	hub     *hub
	gateway *live.Gateway
}

// options is what a test may change about a world.
type options struct {
	live      live.Config
	grace     time.Duration
	passStore func(zikr.Store) zikr.Store       // what stands between domain and store
	passBus   func(zikr.Receiver) zikr.Receiver // what stands between bus and gateway
}

func newWorld(t testing.TB, set ...func(*options)) *world {
	t.Helper()
	o := options{
		passStore: func(s zikr.Store) zikr.Store { return s },
		passBus:   func(r zikr.Receiver) zikr.Receiver { return r },
	}
	o.live.PollEvery = time.Hour // only tests of the poll poll
	for _, f := range set {
		f(&o)
	}
	w := &world{t: t, ctx: context.Background(), bus: bus.NewLocal(), hub: newHub(), tokens: &fakeTokens{}}
	quiet := slog.New(slog.DiscardHandler)
	store, err := sqlstore.Open(w.ctx, sqlstore.Options{Dir: t.TempDir(), Publish: w.bus.Publish, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	w.Service = zikr.New(zikr.Config{
		Store: o.passStore(store), Bus: w.bus, Presence: bus.NewLocalPresence(), Tokens: w.tokens, Passwords: plainPasswords{},
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, Log: quiet, Grace: o.grace, Bounds: zikr.Unbounded(),
	})
	o.live.Service, o.live.Broadcaster, o.live.Log = w.Service, w.hub, quiet
	w.gateway = live.New(o.live)
	w.bus.Attach(o.passBus(w.gateway))
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	for _, c := range w.hub.clients() {
		c.drop()
	}
	w.gateway.Close()
	w.Service.Close()
	if err := w.store.Close(); err != nil {
		w.t.Errorf("close the store: %v", err)
	}
}

// must returns the result of what cannot fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// user makes an account.
func (w *world) user(name string) string {
	return must(w.Register(w.ctx, zikr.Registration{
		Name: name, Surname: "Karimov", Email: strings.ToLower(name) + "@example.org", Password: "a good password",
	})).User.ID
}

func (w *world) users(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.user("User" + strconv.Itoa(i))
	}
	return ids
}

// group makes a public group of an admin and members.
func (w *world) group(kind zikr.GroupType, admin string, members ...string) string {
	g := must(w.CreateGroup(w.ctx, admin, zikr.NewGroup{Name: "Friends", Type: kind, IsPublic: true}))
	for _, m := range members {
		must(w.JoinPublicGroup(w.ctx, m, g.ID))
	}
	return g.ID
}

// touch appends an event to a group's log, n times.
func (w *world) touch(admin, groupID string, n int) {
	for i := range n {
		goal := zikr.Int(time.Now().UnixNano()/1000%1_000_000_000 + int64(i))
		must(w.UpdateGroup(w.ctx, admin, groupID, zikr.GroupChange{HatmGoal: &goal}))
	}
}

// fill appends n events to a group's log at once.
func (w *world) fill(groupID string, n int) {
	err := w.store.Update(w.ctx, zikr.GroupKey(groupID), func(tx zikr.Tx) error {
		g := must(tx.Group(groupID))
		for range n {
			g.Seq++
			data := fmt.Appendf(nil, `{"groupId":%q,"seq":%d,"timestamp":"2026-01-31T09:05:00.000Z"}`, groupID, g.Seq)
			if err := tx.AppendEvent(zikr.Event{GroupID: groupID, Seq: g.Seq, Name: "group_updated", Data: data, At: time.Now()}); err != nil {
				return err
			}
		}
		return tx.UpdateGroup(*g)
	})
	if err != nil {
		panic(err)
	}
}

// seq is the number of the latest event of a group.
func (w *world) seq(groupID string) int64 {
	events := must(w.EventsAfter(w.ctx, groupID, 0, 100_000))
	return int64(len(events))
}

// connect connects a user.
func (w *world) connect(userID string) *client {
	w.t.Helper()
	a, refusal := w.gateway.Admit(w.ctx, nil, live.Handshake{Token: w.token(userID)})
	if refusal != nil {
		w.t.Fatalf("connect %s: %s", userID, refusal.Message)
	}
	return w.connected(a)
}

func (w *world) connected(a *live.Admission) *client {
	s := w.hub.open()
	c := &client{w: w, socket: s}
	c.conn = w.gateway.Connected(a, s, false)
	w.hub.serve(s, c)
	return c
}

// token is a good token of a user.
func (w *world) token(userID string) string {
	u := must(viewOf(w.store, func(r zikr.Reader) (*zikr.User, error) { return r.User(userID) }))
	token, _, err := w.tokens.Issue(zikr.Claims{UserID: userID, Version: u.TokenVersion})
	return must(token, err)
}

func viewOf[T any](s zikr.Store, read func(zikr.Reader) (T, error)) (out T, err error) {
	err = s.View(context.Background(), func(r zikr.Reader) (err error) {
		out, err = read(r)
		return err
	})
	return out, err
}

// client is a connection with somebody at the other end of it.
type client struct {
	w      *world
	socket *socket
	conn   *live.Conn
}

// send sends an event without an ack.
func (c *client) send(event string, payload any) {
	c.conn.Event(event, true, []json.RawMessage{must(json.Marshal(payload))}, nil)
}

// ack is what a client is acknowledged.
type ack struct {
	OK    bool
	Data  json.RawMessage
	Error struct {
		Code         zikr.Code
		Message      string
		RetryAfterMs int64
		ErrorID      string
	}
}

// call sends an event and waits for its ack.
func (c *client) call(event string, payload any) ack {
	c.w.t.Helper()
	return c.wait(c.begin(event, payload))
}

// begin sends an event; its ack will be in the channel.
func (c *client) begin(event string, payload any) <-chan json.RawMessage {
	acks := make(chan json.RawMessage, 2)
	c.conn.Event(event, true, []json.RawMessage{must(json.Marshal(payload))}, func(data json.RawMessage) { acks <- data })
	return acks
}

func (c *client) wait(acks <-chan json.RawMessage) (a ack) {
	c.w.t.Helper()
	select {
	case data := <-acks:
		if err := json.Unmarshal(data, &a); err != nil {
			c.w.t.Fatalf("ack %s: %v", data, err)
		}
		return a
	case <-time.After(patience):
		c.w.t.Fatalf("no ack within %s; sent so far:\n%s", patience, c.socket)
		return a
	}
}

// do is call for what must succeed.
func (c *client) do(event string, payload any) ack {
	c.w.t.Helper()
	a := c.call(event, payload)
	if !a.OK {
		c.w.t.Fatalf("%s was refused: %s: %s", event, a.Error.Code, a.Error.Message)
	}
	return a
}

// join joins a group's channel, with a since if one is given, and returns joined_group.
func (c *client) join(groupID string, since ...int64) (j zikr.JoinedGroup) {
	c.w.t.Helper()
	payload := map[string]any{"groupId": groupID}
	if len(since) > 0 {
		payload["since"] = since[0]
	}
	if err := json.Unmarshal(c.do("join_group", payload).Data, &j); err != nil {
		c.w.t.Fatal(err)
	}
	return j
}

// leave says goodbye; drop is a connection that is lost for good; lose is one
// whose client may come back.
func (c *client) leave() { c.end(true, false) }
func (c *client) drop()  { c.end(false, false) }
func (c *client) lose()  { c.end(false, true) }

func (c *client) end(meant, mayReturn bool) {
	c.w.hub.end(c.socket, mayReturn)
	c.conn.Disconnected(meant, mayReturn)
}

// comeBack recovers a connection that was lost.
func (c *client) comeBack(userID string) *client {
	c.w.t.Helper()
	a, refusal := c.w.gateway.Admit(c.w.ctx, nil, live.Handshake{Token: c.w.token(userID)})
	if refusal != nil {
		c.w.t.Fatal(refusal.Message)
	}
	c.socket.revive()
	back := &client{w: c.w, socket: c.socket}
	back.conn = c.w.gateway.Connected(a, c.socket, true)
	c.w.hub.serve(c.socket, back)
	return back
}

// fakeTokens issues tokens that anybody can read.
type fakeTokens struct {
	mu      sync.Mutex
	expires map[string]time.Time // by token
}

func (f *fakeTokens) Issue(of zikr.Claims) (string, time.Time, error) {
	token := fmt.Sprintf("good|%s|%d", of.UserID, of.Version)
	if of.SessionID != "" {
		token += "|sid=" + of.SessionID
	}
	return token, time.Now().Add(time.Hour), nil
}

// until makes a token that expires.
func (f *fakeTokens) until(token string, t time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	token += "|" + t.String()
	if f.expires == nil {
		f.expires = make(map[string]time.Time)
	}
	f.expires[token] = t
	return token
}

func (f *fakeTokens) Verify(_ context.Context, token string) (zikr.Claims, error) {
	parts := strings.Split(token, "|")
	switch {
	case token == "expired":
		return zikr.Claims{}, zikr.Errorf(zikr.CodeTokenExpired, "The token has expired.")
	case token == "outage":
		return zikr.Claims{}, errors.New("the key server is down")
	case len(parts) < 3:
		return zikr.Claims{}, zikr.Errorf(zikr.CodeUnauthenticated, "The token is not good.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	claims := zikr.Claims{UserID: parts[1], TokenID: token, Version: must(strconv.ParseInt(parts[2], 10, 64)), Expires: f.expires[token]}
	if len(parts) > 3 {
		claims.SessionID, _ = strings.CutPrefix(parts[3], "sid=")
		if claims.SessionID == parts[3] {
			claims.SessionID = ""
		}
	}
	return claims, nil
}

// plainPasswords is quick, unlike a real hash.
type plainPasswords struct{}

func (plainPasswords) Hash(_ context.Context, p string) (string, error) { return "plain:" + p, nil }
func (plainPasswords) Verify(_ context.Context, hash, p string) (bool, error) {
	return hash == "plain:"+p, nil
}
