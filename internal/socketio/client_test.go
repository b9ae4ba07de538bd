package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/zikr-app/zikr/internal/engineio"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// testHandler lets in whom the token allows, and calls the test's hooks.
type testHandler struct {
	onConnected func(s *Socket, recovered bool)
	onEvent     func(s *Socket, ev Event)

	mu      sync.Mutex
	sockets []*Socket // by Connected, in order
	reasons chan Reason
	returns chan bool // of each reason, whether the client may return
}

func (h *testHandler) Connect(_ context.Context, hs *Handshake, auth json.RawMessage) (Identity, error) {
	var a struct{ Token, User string }
	_ = json.Unmarshal(auth, &a)
	if a.Token == "" {
		a.Token = hs.Query("token")
	}
	switch a.Token {
	case "bad":
		return Identity{}, &ConnectError{Message: "Bad token", Data: json.RawMessage(`{"code":"unauthenticated"}`)}
	case "broken":
		return Identity{}, fmt.Errorf("the database is away")
	case "panic":
		panic("on purpose")
	}
	return Identity{User: "user " + a.User, Data: string(auth)}, nil
}

func (h *testHandler) Connected(s *Socket, recovered bool) {
	h.mu.Lock()
	h.sockets = append(h.sockets, s)
	h.mu.Unlock()
	if h.onConnected != nil {
		h.onConnected(s, recovered)
		return
	}
	s.Emit("hello", raw("%v", recovered))
}

func (h *testHandler) Event(s *Socket, ev Event) {
	if h.onEvent != nil {
		h.onEvent(s, ev)
		return
	}
	if ev.Ack != nil {
		ev.Ack.Send(ev.Args...)
	}
}

func (h *testHandler) Disconnected(_ *Socket, reason Reason, mayReturn bool) {
	h.returns <- mayReturn
	h.reasons <- reason
}

// socket waits for the n-th Connected.
func (h *testHandler) socket(t *testing.T, n int) *Socket {
	t.Helper()
	var s *Socket
	eventually(t, "the socket is connected", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if n < len(h.sockets) {
			s = h.sockets[n]
		}
		return s != nil
	})
	return s
}

func raw(format string, args ...any) json.RawMessage { return fmt.Appendf(nil, format, args...) }

// testServer serves / and /app with one handler.
type testServer struct {
	*Server
	h   *testHandler
	url string
}

func serve(t *testing.T, opt Options, h *testHandler) *testServer {
	t.Helper()
	h.reasons, h.returns = make(chan Reason, 1000), make(chan bool, 1000)
	if opt.Engine.Logger == nil {
		opt.Engine.Logger = slog.New(slog.DiscardHandler)
	}
	opt.Engine.KeepQuery = []string{"token"}
	ts := &testServer{Server: NewServer(opt), h: h}
	ts.Of("/", h)
	ts.Of("/app", h)
	httpServer := httptest.NewServer(ts.Server)
	ts.url = httpServer.URL + "/socket.io/"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ts.engine.Sessions(func(s *engineio.Session) bool { s.Abort(); return true })
		if err := ts.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		httpServer.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return ts
}

// client is a WebSocket client that speaks packets.
type client struct {
	t    *testing.T
	conn net.Conn
	r    io.Reader
	pid  string
	sid  string
}

func (ts *testServer) dial(t *testing.T, query string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, br, _, err := ws.Dial(ctx, strings.Replace(ts.url, "http", "ws", 1)+"?transport=websocket&"+query)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{t: t, conn: conn, r: conn}
	if br != nil {
		c.r = br
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	if got := c.read(); !strings.HasPrefix(got, "0{") {
		t.Fatalf("got %q, want an open packet", got)
	}
	return c
}

// connect enters a namespace with this auth, and takes the CONNECT packet and
// the hello.
func (ts *testServer) connect(t *testing.T, namespace, auth string) *client {
	t.Helper()
	c := ts.dial(t, "EIO=4")
	c.enter(namespace, auth)
	if got := c.readEvent(); !strings.HasPrefix(got, `["hello",false`) {
		t.Fatalf("got %q, want hello", got)
	}
	return c
}

func (c *client) enter(namespace, auth string) {
	c.t.Helper()
	head := "40"
	if namespace != "/" {
		head += namespace + ","
	}
	c.send(head + auth)
	got, ok := strings.CutPrefix(c.read(), head)
	var answer struct{ SID, PID string }
	if !ok || json.Unmarshal([]byte(got), &answer) != nil {
		c.t.Fatalf("got %q, want a CONNECT packet", got)
	}
	c.sid, c.pid = answer.SID, answer.PID
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.write(ws.NewTextFrame([]byte(text))); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *client) write(f ws.Frame) error { return ws.WriteFrame(c.conn, ws.MaskFrame(f)) }

// next reads one frame; pings are skipped.
func (c *client) next() (ws.OpCode, string, error) {
	for {
		h, err := ws.ReadHeader(c.r)
		if err != nil {
			return 0, "", err
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(c.r, payload); err != nil {
			return 0, "", err
		}
		if string(payload) != "2" || h.OpCode != ws.OpText {
			return h.OpCode, string(payload), nil
		}
		if err := c.write(ws.NewTextFrame([]byte("3"))); err != nil {
			return 0, "", err
		}
	}
}

func (c *client) read() string {
	c.t.Helper()
	op, payload, err := c.next()
	if err != nil || op != ws.OpText {
		c.t.Fatalf("got frame %v %q and error %v, want text", op, payload, err)
	}
	return payload
}

// readEvent reads an EVENT packet of any namespace and returns its array.
func (c *client) readEvent() string {
	c.t.Helper()
	got := c.read()
	i := strings.IndexByte(got, '[')
	if !strings.HasPrefix(got, "42") || i < 0 {
		c.t.Fatalf("got %q, want an event", got)
	}
	return got[i:]
}

// readClosed reads until the connection ends.
func (c *client) readClosed() {
	c.t.Helper()
	for {
		op, _, err := c.next()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			c.t.Fatal("the connection is not closed")
		}
		if err != nil || op == ws.OpClose {
			return
		}
	}
}

// eventually polls for something that has no channel to wait for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so within %v: %s", patience, what)
		}
	}
}

// wait receives from c.
func wait[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("nothing came within %v", patience)
	}
	return v
}

func body(t *testing.T, res *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
