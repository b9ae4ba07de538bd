package socketio

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr/internal/engineio"
)

// metBounds are the names of bounds that were met.
type metBounds struct {
	mu    sync.Mutex
	names []string
}

func (m *metBounds) add(bound string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = append(m.names, bound)
}

func (m *metBounds) has(bound string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.names, bound)
}

// syncBuffer is a log that may be written to and read at once.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// bounded serves within bounds, and returns which are met and what is logged.
func bounded(t *testing.T, opt Options) (*testServer, *metBounds, *syncBuffer) {
	t.Helper()
	met, log := &metBounds{}, &syncBuffer{}
	opt.Engine.Met = met.add
	opt.Engine.Logger = slog.New(slog.NewTextHandler(log, nil))
	return serve(t, opt, &testHandler{}), met, log
}

// Whose user has too many sockets waits for the refusal.
func TestUserWithTooManySocketsWaits(t *testing.T) {
	const pause = 50 * time.Millisecond
	ts, _, _ := bounded(t, Options{Engine: engineio.Options{RefuseAfter: pause}, Bounds: Bounds{UserSockets: 1}, Crowded: &ConnectError{Message: "too many"}})
	ts.connect(t, "/app", `{"user":"ann"}`)
	began := time.Now()
	c := ts.dial(t, "EIO=4")
	c.send(`40/app,{"user":"ann"}`)
	if got, took := c.read(), time.Since(began); got != `44/app,{"message":"too many"}` || took < pause {
		t.Errorf("got %s after %v", got, took)
	}
}

// A user may have so many sockets, in all namespaces; a connection that has left its namespace counts
// until it ends, and once.
func TestUserSocketsAreBounded(t *testing.T) {
	ts, met, _ := bounded(t, Options{Recovery: time.Minute, Bounds: Bounds{UserSockets: 2}, Crowded: &ConnectError{Message: "too many"}})
	ann := `{"user":"ann"}`
	refused := func(c *client, namespace string) {
		t.Helper()
		c.send("40" + namespace + "," + ann)
		if got, want := c.read(), `44`+namespace+`,{"message":"too many"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	first := ts.connect(t, "/app", ann)
	first.send("40" + ann)
	first.read()
	offset := offsetOf(t, first.readEvent())
	third := ts.dial(t, "EIO=4")
	refused(third, "/app")
	if !met.has(boundUserSockets) {
		t.Error("nobody was told")
	}
	ts.connect(t, "/app", `{"user":"eve"}`)

	// Leaving makes no room, and coming back on the same connection needs none.
	first.send("41/app,")
	wait(t, ts.h.reasons)
	refused(third, "/app")
	first.send("40/app," + ann)
	if got := first.read(); !strings.HasPrefix(got, "40/app,{") {
		t.Errorf("got %s", got)
	}
	first.readEvent()

	// A client that has lost its connection comes back, although the old one still looks open.
	again := ts.dial(t, "EIO=4")
	again.send(fmt.Sprintf(`40{"user":"ann","pid":%q,"offset":%q}`, pidOf(t, ts, "/"), offset))
	if got := again.read(); !strings.HasPrefix(got, `40{"sid":`) {
		t.Errorf("got %s", got)
	}
	_ = again.conn.Close()
	eventually(t, "there is room", func() bool {
		ts.holdings.mu.Lock()
		defer ts.holdings.mu.Unlock()
		return ts.holdings.users["user ann"].sockets == 0
	})
	third.enter("/app", ann)
}

// pidOf is the private id of the first socket in a namespace.
func pidOf(t *testing.T, ts *testServer, namespace string) string {
	t.Helper()
	ts.h.mu.Lock()
	defer ts.h.mu.Unlock()
	for _, s := range ts.h.sockets {
		if s.Namespace() == namespace {
			return s.pid
		}
	}
	t.Fatalf("nobody is in %s", namespace)
	return ""
}

// A connection is closed that tries again and again with a bad token; the log says from where.
func TestRefusedConnectsAreBounded(t *testing.T) {
	ts, met, log := bounded(t, Options{Bounds: Bounds{Refusals: 3}})
	c := ts.dial(t, "EIO=4")
	for range 4 {
		c.send(`40{"token":"bad"}`)
		if got := c.read(); !strings.HasPrefix(got, `44{"message":"Bad token"`) {
			t.Errorf("got %s", got)
		}
	}
	c.readClosed()
	if got := log.String(); !met.has(boundRefusals) || strings.Count(got, `msg="socketio: connect refused" address=127.0.0.1`) != 4 {
		t.Errorf("logged:\n%s", got)
	}
	eventually(t, "the log tells why it was closed", func() bool { return strings.Contains(log.String(), "address=127.0.0.1 user=\"\" reason=flood") })
}

// An app that connects in two places sends two CONNECTs: the second one changes nothing.
func TestSecondConnectIsIgnored(t *testing.T) {
	ts := serve(t, Options{Recovery: time.Minute, Engine: engineio.Options{AllowV3: true}}, &testHandler{})
	c := ts.dial(t, "EIO=4")
	c.send("40/app,")
	c.send("40/app,")
	c.send(`42/app,1["a"]`)
	for _, want := range []string{"40/app,{", `42/app,["hello",false,`, "43/app,1[]"} {
		if got := c.read(); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	old := ts.dial(t, "EIO=3")
	old.send("40")
	old.send("40/app?token=x,")
	old.send("40/app?token=y,")
	old.send(`421["a"]`)
	for _, want := range []string{"40", `42["hello",false]`, "40/app,", `42/app,["hello",false]`, "431[]"} {
		if got := old.read(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What a client has sent to a namespace before it heard that the server has ended that does not take its
// other namespace with it; what it sends after it has left itself does.
func TestEventsOnTheirWayToTheEnd(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	c := ts.connect(t, "/app", "")
	c.send("40")
	c.read()
	c.readEvent()
	ts.h.socket(t, 0).Disconnect(false)
	c.send(`42/app,1["a"]`)
	c.send("43/app,1[]")
	c.send("41/app,")
	c.send(`422["b"]`)
	for _, want := range []string{"41/app,", "432[]"} {
		if got := c.read(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	c.send("41")
	c.send(`42["c"]`)
	c.readClosed()
}

// What is kept for a user's lost connections is bounded: beyond it they cannot come back to where they
// were, and those before can.
func TestRecoveryIsBoundedByUser(t *testing.T) {
	ts, met, log := bounded(t, Options{Recovery: time.Minute, Bounds: Bounds{UserRecovery: 250_000}})
	var lost []*client
	var offsets []string
	for i := range 4 {
		c, offset := connectAs(t, ts, "ann")
		ts.h.socket(t, i).Emit("much", raw("%q", strings.Repeat("x", 100_000)))
		c.readEvent()
		_ = c.conn.Close()
		wait(t, ts.h.reasons)
		lost, offsets = append(lost, c), append(offsets, offset)
	}
	if ts.Kept() > 250_000 || !met.has(boundUserRecovery) {
		t.Errorf("%d bytes are kept", ts.Kept())
	}
	if got := log.String(); !strings.Contains(got, `msg="socketio: not kept for recovery" user="user ann" bound=user_recovery_bytes`) {
		t.Errorf("logged:\n%s", got)
	}
	for i, want := range []bool{true, true, false, false} {
		again := ts.back(t, lost[i], "ann", offsets[i])
		if got := again.sid == lost[i].sid; got != want {
			t.Errorf("client %d was recovered: %v, want %v", i, got, want)
		}
		again.send("41/app,")
		wait(t, ts.h.reasons)
	}
	eventually(t, "nothing is kept", func() bool { return ts.Kept() == 0 })
}

// The same for all, with what rooms keep.
func TestRecoveryIsBoundedInAll(t *testing.T) {
	ts, met, _ := bounded(t, Options{Recovery: time.Minute, Bounds: Bounds{Recovery: 300_000}})
	c, offset := connectAs(t, ts, "ann")
	s := ts.h.socket(t, 0)
	for i := range 10 {
		room := fmt.Sprint("room", i)
		s.Join(room)
		for range 10 {
			ts.Broadcast(Target{Room: room}, NewMessage("n", raw("%q", strings.Repeat("x", 5000))))
			c.readEvent()
		}
		if kept := ts.Kept(); kept > 300_000 {
			t.Fatalf("%d bytes are kept", kept)
		}
	}
	if !met.has(boundRecovery) {
		t.Error("nobody was told")
	}
	_ = c.conn.Close()
	wait(t, ts.h.reasons)
	if again := ts.back(t, c, "ann", offset); again.sid == c.sid {
		t.Error("it was recovered, although not all is kept that it missed")
	}
	for i := range 10 {
		s.Leave(fmt.Sprint("room", i))
	}
	eventually(t, "what empty rooms kept is not", func() bool { return ts.Kept() < 10_000 })
}

// What is sent to many users is encoded and kept once for all of them, and each of them can recover it.
func TestBroadcastAll(t *testing.T) {
	const users = 50
	ts, _, _ := bounded(t, Options{Recovery: time.Minute})
	var clients []*client
	var offsets, rooms []string
	for i := range users {
		c, offset := connectAs(t, ts, fmt.Sprint("u", i))
		room := fmt.Sprint("user:", i)
		ts.h.socket(t, i).Join(room)
		clients, offsets, rooms = append(clients, c), append(offsets, offset), append(rooms, room)
	}
	_ = clients[0].conn.Close()
	wait(t, ts.h.reasons)
	before := ts.Kept()
	message := NewMessage("new_notification", raw("%q", strings.Repeat("x", 10_000)))
	ts.BroadcastAll(append(rooms, "user:nobody"), Target{Except: ts.h.socket(t, 1).ID()}, message)
	if kept := ts.Kept() - before; kept < 20_000 || kept > 30_000 {
		t.Errorf("%d bytes are kept of it: want one copy of what was to be encoded, and one encoded", kept)
	}
	var got string
	for i, c := range clients[2:] {
		event := c.readEvent()
		if got == "" {
			got = event
		}
		if event != got {
			t.Fatalf("user %d got other bytes", i+2)
		}
	}
	ts.h.socket(t, 1).Emit("next")
	if got := names(t, clients[1], 1); got[0] != "next" {
		t.Errorf("who is excepted got %v", got)
	}
	again := ts.back(t, clients[0], "u0", offsets[0])
	if diff := cmp.Diff([]string{"new_notification", "hello"}, names(t, again, 2)); diff != "" || again.sid != clients[0].sid {
		t.Error(diff)
	}
}

// Who joins a room while a message goes to many rooms gets it live if it came after, and recovers it
// in that case only: positions do not tell.
func TestJoiningBetweenRooms(t *testing.T) {
	ts, _, _ := bounded(t, Options{Recovery: time.Minute})
	c, offset := connectAs(t, ts, "ann")
	s := ts.h.socket(t, 0)
	ts.connect(t, "/app", "")
	keeper := ts.h.socket(t, 1)
	keeper.Join("early")
	keeper.Join("late")
	keeper.Join("later")
	ts.Broadcast(Target{Room: "late"}, NewMessage("before it joined"))

	b := ts.newBatch([]Message{NewMessage("n")}, 3)
	room := func(name string) []*room { return []*room{ts.rooms.find(name)} }
	ts.send(room("early"), Target{}, b, nil)
	s.Join("late") // its position is taken, but the room has not got it yet
	ts.send(room("late"), Target{}, b, nil)
	ts.send(room("later"), Target{}, b, nil)
	s.Join("later")
	if got := names(t, c, 1); got[0] != "n" {
		t.Fatalf("live: got %v", got)
	}
	_ = c.conn.Close()
	wait(t, ts.h.reasons)
	again := ts.back(t, c, "ann", offset)
	if diff := cmp.Diff([]string{"n", "hello"}, names(t, again, 2)); diff != "" || again.sid != c.sid {
		t.Error(diff)
	}
}

// Both namespaces of a connection are told before its transport ends.
func TestBothNamespacesReadTheLastWords(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	for range 20 {
		c := ts.connect(t, "/app", "")
		c.send("40")
		c.read()
		c.readEvent()
		ts.Sockets(func(s *Socket) bool { s.Emit("draining"); return true })
		if got := []string{c.read(), c.read()}; !slices.Contains(got, `42["draining"]`) || !slices.Contains(got, `42/app,["draining"]`) {
			t.Errorf("got %v", got)
		}
		_ = c.conn.Close()
		wait(t, ts.h.reasons)
		wait(t, ts.h.reasons)
	}
}
