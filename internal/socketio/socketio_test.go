package socketio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/zikr-app/zikr/internal/engineio"
)

func TestConnect(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	c := ts.dial(t, "EIO=4")
	steps := []struct{ send, want string }{
		{"40/nowhere,", `44/nowhere,{"message":"Invalid namespace"}`},
		{`40/app,{"token":"bad"}`, `44/app,{"message":"Bad token","data":{"code":"unauthenticated"}}`},
		{`40/app,{"token":"broken"}`, `44/app,{"message":"Internal error"}`},
	}
	for _, s := range steps {
		c.send(s.send)
		if got := c.read(); got != s.want {
			t.Errorf("%s: got %s, want %s", s.send, got, s.want)
		}
	}
	c.enter("/app", `{"token":"good"}`)
	if got := c.read(); got != `42/app,["hello",false]` {
		t.Errorf("got %s", got)
	}
	if got := ts.h.socket(t, 0).Data(); got != `{"token":"good"}` {
		t.Errorf("got data %v", got)
	}
	if c.pid != "" || c.sid == "" || ts.h.socket(t, 0).ID() != c.sid {
		t.Errorf("got sid %q and pid %q", c.sid, c.pid)
	}
}

func TestEvents(t *testing.T) {
	events := make(chan Event, 10)
	h := &testHandler{}
	h.onEvent = func(_ *Socket, ev Event) { events <- ev }
	ts := serve(t, Options{}, h)
	c := ts.connect(t, "/app", "")
	tests := []struct {
		payload string
		name    string
		ok      bool
		args    []string
	}{
		{`["a"]`, "a", true, nil},
		{`["connect",1]`, "connect", true, []string{"1"}},
		{`["disconnecting"]`, "disconnecting", true, nil},
		{`["__proto__",{"a":1},null]`, "__proto__", true, []string{`{"a":1}`, "null"}},
		{`[1,2]`, "", false, []string{"2"}},
		{`[{"toString":1}]`, "", false, nil},
		{`[null]`, "", false, nil},
		{`["\u0061\"b"]`, `a"b`, true, nil},
	}
	for _, tc := range tests {
		c.send("42/app," + tc.payload)
		ev := wait(t, events)
		var args []string
		for _, a := range ev.Args {
			args = append(args, string(a))
		}
		if ev.Name != tc.name || ev.NameOK != tc.ok || ev.Ack != nil || !cmp.Equal(args, tc.args) {
			t.Errorf("%s: got %q %v %v", tc.payload, ev.Name, ev.NameOK, args)
		}
	}
	c.send(`43/app,99["nobody asked"]`)
	c.send(`42/app,0["a"]`)
	ev := wait(t, events)
	if ev.Ack == nil {
		t.Fatal("no ack")
	}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { ev.Ack.Send(raw(`{"ok":true}`), raw("2")) }) // only one counts
	}
	wg.Wait()
	h.socket(t, 0).Emit("after")
	if got := c.read(); got != `43/app,0[{"ok":true},2]` {
		t.Errorf("got %s", got)
	}
	if got := c.read(); got != `42/app,["after"]` {
		t.Errorf("got %s", got)
	}
}

func TestV3(t *testing.T) {
	ts := serve(t, Options{Recovery: time.Minute, Engine: engineio.Options{AllowV3: true}}, &testHandler{})
	c := ts.dial(t, "EIO=3")
	if got := c.read(); got != "40" {
		t.Errorf("got %s, want to be connected to /", got)
	}
	if got := c.read(); got != `42["hello",false]` {
		t.Errorf("got %s", got)
	}
	c.send("40/app?token=good&user=ann,")
	if got := c.read(); got != "40/app," {
		t.Errorf("got %s", got)
	}
	if got := c.read(); got != `42/app,["hello",false]` {
		t.Errorf("got %s", got)
	}
	s := ts.h.socket(t, 1)
	if got := s.Data(); got != `{"token":"good","user":"ann"}` {
		t.Errorf("got auth %v", got)
	}
	if id := ts.h.socket(t, 0).ID(); s.ID() != "/app#"+id {
		t.Errorf("got ids %q and %q", id, s.ID())
	}
	c.send("40/nowhere,")
	if got := c.read(); got != `44/nowhere,{"message":"Invalid namespace"}` {
		t.Errorf("got %s", got)
	}

	refused := ts.dial(t, "EIO=3&token=bad")
	if got := refused.read(); got != `44{"message":"Bad token","code":"unauthenticated"}` {
		t.Errorf("got %s", got)
	}
	refused.send("40/app?token=good,")
	if got := refused.read(); got != "40/app," {
		t.Errorf("got %s: the connection is kept for another try", got)
	}
}

func TestDisconnect(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	c := ts.connect(t, "/app", "")
	c.send("40")
	c.read()
	c.read()
	app, root := ts.h.socket(t, 0), ts.h.socket(t, 1)
	root.Join("room")
	c.send("41")
	if got := wait(t, ts.h.reasons); got != ClientDisconnect || got.Recoverable() || !got.Meant() {
		t.Errorf("got %v", got)
	}
	eventually(t, "the room is empty", func() bool { return ts.rooms.find("room") == nil })
	if root.Emit("late") || root.Join("again") {
		t.Error("a socket that has left takes an event or joins")
	}
	app.Emit("only here")
	if got := c.read(); got != `42/app,["only here"]` {
		t.Errorf("got %s", got)
	}
	app.Disconnect(true)
	app.Disconnect(true) // again changes nothing
	if got := c.read(); got != "41/app," {
		t.Errorf("got %s, want a DISCONNECT packet", got)
	}
	if got := wait(t, ts.h.reasons); got != ServerDisconnect {
		t.Errorf("got %v", got)
	}
	c.readClosed()
	if n := len(ts.h.reasons); n != 0 {
		t.Errorf("%d more told to have left", n)
	}
}

// A connection that never was in a namespace is closed after a while; one that has been in one stays.
func TestConnectTimeout(t *testing.T) {
	ts := serve(t, Options{Engine: engineio.Options{ConnectTimeout: 100 * time.Millisecond}}, &testHandler{})
	ts.dial(t, "EIO=4").readClosed()
	stays := ts.connect(t, "/", "")
	refused := ts.dial(t, "EIO=4")
	refused.send(`40{"token":"bad"}`)
	refused.readClosed()
	left := ts.connect(t, "/", "")
	left.send("41")
	ts.dial(t, "EIO=4").readClosed() // which came after it
	left.enter("/app", "")
	stays.send(`421["a",1]`)
	if got := stays.read(); got != "431[1]" {
		t.Errorf("got %s", got)
	}
}

// Connected comes before any event, and what it emits after the CONNECT packet.
func TestConnectedComesFirst(t *testing.T) {
	var mu sync.Mutex
	order := map[string][]string{}
	note := func(s *Socket, what string) {
		mu.Lock()
		defer mu.Unlock()
		order[s.ID()] = append(order[s.ID()], what)
	}
	h := &testHandler{}
	h.onConnected = func(s *Socket, _ bool) {
		time.Sleep(time.Millisecond)
		note(s, "connected")
		s.Emit("first")
	}
	h.onEvent = func(s *Socket, ev Event) {
		note(s, ev.Name)
		ev.Ack.Send()
	}
	ts := serve(t, Options{}, h)
	for range 20 {
		c := ts.dial(t, "EIO=4")
		c.send("40/app,")
		c.send(`42/app,1["one"]`)
		c.send(`42/app,2["two"]`)
		if got := c.read(); !strings.HasPrefix(got, `40/app,{"sid":`) {
			t.Fatalf("got %s", got)
		}
		for _, want := range []string{`42/app,["first"]`, "43/app,1[]", "43/app,2[]"} {
			if got := c.read(); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for id, got := range order {
		if diff := cmp.Diff([]string{"connected", "one", "two"}, got); diff != "" {
			t.Errorf("%s:\n%s", id, diff)
		}
	}
}

func TestServerCloseSendsNoDisconnect(t *testing.T) {
	ts := serve(t, Options{Recovery: time.Minute}, &testHandler{})
	c := ts.connect(t, "/app", "")
	ts.Sockets(func(s *Socket) bool { return s.Emit("draining") })
	done := make(chan error)
	go func() { done <- ts.Close(t.Context()) }()
	if got := c.readEvent(); !strings.HasPrefix(got, `["draining",`) {
		t.Errorf("got %s", got)
	}
	if op, got, err := c.next(); op != ws.OpClose {
		t.Errorf("got %v %q %v, want a close frame", op, got, err)
	}
	_ = c.conn.Close()
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
	if got := wait(t, ts.h.reasons); got != Shutdown {
		t.Errorf("got %v", got)
	}
}

func TestEmitWait(t *testing.T) {
	const n, size = 3000, 1000 // three times what a queue holds
	h := &testHandler{}
	failed := make(chan error, 1)
	h.onEvent = func(s *Socket, ev Event) {
		messages := make([]Message, n)
		for i := range messages {
			messages[i] = NewMessage("missed", raw("%d", i), raw("%q", strings.Repeat("x", size)))
		}
		failed <- s.EmitWait(t.Context(), messages...)
		ev.Ack.Send()
	}
	ts := serve(t, Options{}, h)
	c := ts.connect(t, "/", "")
	c.send(`421["replay"]`)
	for i := range n {
		if got, want := c.readEvent(), fmt.Sprintf(`["missed",%d,"`, i); !strings.HasPrefix(got, want) {
			t.Fatalf("got %.40s, want %s", got, want)
		}
	}
	if got := c.read(); got != "431[]" {
		t.Errorf("got %s", got)
	}
	if err := wait(t, failed); err != nil {
		t.Error(err)
	}
	s := h.socket(t, 0)
	s.Disconnect(true)
	if err := s.EmitWait(t.Context(), NewMessage("late")); !errors.Is(err, errGone) {
		t.Errorf("got %v", err)
	}
}

// CloseTransport says nothing to the client, which may then come back.
func TestCloseTransport(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	c := ts.connect(t, "/app", `{"user":"ann"}`)
	s := ts.h.socket(t, 0)
	if s.Namespace() != "/app" || s.User() != "user ann" || !s.Handshake().Address.IsLoopback() {
		t.Errorf("got %q in %q", s.User(), s.Namespace())
	}
	s.SetData(1)
	s.Emit("last")
	s.CloseTransport()
	if got := c.read(); got != `42/app,["last"]` || s.Data() != 1 {
		t.Errorf("got %s and data %v", got, s.Data())
	}
	if op, got, err := c.next(); op != ws.OpClose {
		t.Errorf("got %v %q %v, want a close frame", op, got, err)
	}
	if got := wait(t, ts.h.reasons); got != ServerClose || got.String() != "server close" {
		t.Errorf("got %v", got)
	}
	if got := ts.Stats().Opened; got != 1 {
		t.Errorf("%d sessions counted", got)
	}
}

// The same over long-polling.
func TestPolling(t *testing.T) {
	ts := serve(t, Options{}, &testHandler{})
	get := func(q string) string {
		res, err := http.Get(ts.url + "?transport=polling&EIO=4" + q)
		return body(t, res, err)
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(get("")[1:]), &open); err != nil {
		t.Fatal(err)
	}
	q := "&sid=" + open.SID
	post := func(packets string) {
		res, err := http.Post(ts.url+"?transport=polling&EIO=4"+q, "text/plain", strings.NewReader(packets))
		if got := body(t, res, err); got != "ok" {
			t.Errorf("post: %s", got)
		}
	}
	post(`40/app,` + "\x1e" + `42/app,1["a",1]` + "\x1e" + `42/app,2["a",2]`)
	got := strings.Split(get(q), "\x1e")
	if want := []string{`42/app,["hello",false]`, "43/app,1[1]", "43/app,2[2]"}; !strings.HasPrefix(got[0], `40/app,{"sid":`) || !cmp.Equal(got[1:], want) {
		t.Errorf("got %q", got)
	}
	post("41/app,\x1e1")
	if got := wait(t, ts.h.reasons); got != ClientDisconnect {
		t.Errorf("got %v", got)
	}
}
