package engineio

import (
	"context"
	"encoding/json"
	"errors"
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
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// testServer serves sessions that do what the test says.
type testServer struct {
	*Server
	url      string // http://host:port/engine.io/
	mu       sync.Mutex
	sessions []*testReceiver
}

// testReceiver records what its session gets; a nil hook does nothing.
type testReceiver struct {
	session  *Session
	opened   chan struct{}
	got      chan string // "text:..." and "binary:..."
	received chan uint32
	closed   chan Reason
	onOpen   func(*Session)
	onText   func(*Session, string) error
}

func (r *testReceiver) Open() {
	if r.onOpen != nil {
		r.onOpen(r.session)
	}
	close(r.opened)
}

func (r *testReceiver) Message(data []byte, binary bool) error {
	if binary {
		r.got <- "binary:" + string(data)
		return nil
	}
	if r.onText != nil {
		return r.onText(r.session, string(data))
	}
	r.got <- "text:" + string(data)
	return nil
}

func (r *testReceiver) Received(pings uint32) { r.received <- pings }
func (r *testReceiver) Close(reason Reason)   { r.closed <- reason }

// serve starts a server; each new session is passed to setup.
func serve(t *testing.T, opt Options, setup func(*testReceiver)) *testServer {
	t.Helper()
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	ts := &testServer{}
	ts.Server = NewServer(opt, func(s *Session) Receiver {
		r := &testReceiver{
			session: s, opened: make(chan struct{}), got: make(chan string, 1000),
			received: make(chan uint32, 100), closed: make(chan Reason, 2),
		}
		if setup != nil {
			setup(r)
		}
		ts.mu.Lock()
		defer ts.mu.Unlock()
		ts.sessions = append(ts.sessions, r)
		return r
	})
	httpServer := httptest.NewServer(ts.Server)
	ts.url = httpServer.URL + "/engine.io/"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// A client that polls and is never seen again would be waited for.
		ts.Sessions(func(s *Session) bool { s.Abort(); return true })
		if err := ts.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		httpServer.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return ts
}

// receiver waits for the n-th session to be open.
func (ts *testServer) receiver(t *testing.T, n int) *testReceiver {
	t.Helper()
	var r *testReceiver
	eventually(t, "the session is there", func() bool {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if n < len(ts.sessions) {
			r = ts.sessions[n]
		}
		return r != nil
	})
	wait(t, r.opened)
	return r
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

// wsClient is a WebSocket client that speaks frames.
type wsClient struct {
	t    *testing.T
	conn net.Conn
	r    io.Reader
}

// dial opens a WebSocket at the server's address with this query.
func (ts *testServer) dial(t *testing.T, query string) *wsClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, br, _, err := ws.Dial(ctx, strings.Replace(ts.url, "http", "ws", 1)+"?"+query)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &wsClient{t: t, conn: conn, r: conn}
	if br != nil {
		c.r = br
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	return c
}

// open dials a session and reads its open packet.
func (ts *testServer) open(t *testing.T) *wsClient {
	t.Helper()
	c := ts.dial(t, "EIO=4&transport=websocket")
	if got := c.read(); !strings.HasPrefix(got, "0{") {
		t.Fatalf("got %q, want an open packet", got)
	}
	return c
}

func (c *wsClient) send(text string) { c.frame(ws.NewTextFrame([]byte(text))) }

func (c *wsClient) frame(f ws.Frame) {
	c.t.Helper()
	if err := ws.WriteFrame(c.conn, ws.MaskFrame(f)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// next reads one frame.
func (c *wsClient) next() (ws.OpCode, []byte, error) {
	h, err := ws.ReadHeader(c.r)
	if err != nil {
		return 0, nil, err
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(c.r, payload)
	return h.OpCode, payload, err
}

// read reads one text frame.
func (c *wsClient) read() string {
	c.t.Helper()
	op, payload, err := c.next()
	if err != nil || op != ws.OpText {
		c.t.Fatalf("got frame %v %q and error %v, want text", op, payload, err)
	}
	return string(payload)
}

// readClose reads until a close frame, and returns its status; 0 is an end
// without one.
func (c *wsClient) readClose() ws.StatusCode {
	c.t.Helper()
	for {
		op, payload, err := c.next()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || err != nil && strings.Contains(err.Error(), "reset"):
			return 0
		case err != nil:
			c.t.Fatalf("read: %v", err)
		case op == ws.OpClose:
			code, _ := ws.ParseCloseFrameData(payload)
			return code
		}
	}
}

// get does a polling GET, post a POST.
func (ts *testServer) get(t *testing.T, query string) (int, string) {
	t.Helper()
	res, err := http.Get(ts.url + "?" + query)
	return answer(t, res, err)
}

func (ts *testServer) post(t *testing.T, query, body string) (int, string) {
	t.Helper()
	res, err := http.Post(ts.url+"?"+query, "text/plain", strings.NewReader(body))
	return answer(t, res, err)
}

func answer(t *testing.T, res *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("body: %v", err)
	}
	return res.StatusCode, string(body)
}

// openPoll opens a session on polling and returns the query for it.
func (ts *testServer) openPoll(t *testing.T) (query string) {
	t.Helper()
	status, body := ts.get(t, "EIO=4&transport=polling")
	var open struct {
		SID      string
		Upgrades []string
	}
	if status != 200 || body[0] != '0' || json.Unmarshal([]byte(body[1:]), &open) != nil {
		t.Fatalf("open: %d %q", status, body)
	}
	return "EIO=4&transport=polling&sid=" + open.SID
}

// bothReaders runs a test for each way that connections are read.
func bothReaders(t *testing.T, test func(t *testing.T, opt Options)) {
	t.Run("epoll", func(t *testing.T) { test(t, Options{}) })
	t.Run("goroutine", func(t *testing.T) { test(t, Options{NoEpoll: true}) })
}
